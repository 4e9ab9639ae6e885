"""What an operator can say, and what is refused before anything is touched."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from taizhang import environment
from taizhang.kit.refusal import Refusal


def read(tmp_path: Path, **variables: str) -> environment.Environment:
    return environment.read({"TAIZHANG_DATA": str(tmp_path / "data"), **variables})


def test_without_a_word_everything_has_its_default() -> None:
    chosen = environment.read({})
    assert chosen.data == Path.cwd() / "data"
    assert chosen.key_file == Path.cwd() / "data.key"
    assert (chosen.database, chosen.owner, chosen.https, chosen.debug) == (None, None, False, False)
    assert chosen.hosts == ("127.0.0.1", "localhost", "[::1]")
    assert (chosen.digest, chosen.seal) == ("sha256", "aes-256-gcm")


def test_the_key_file_lies_beside_the_data_and_not_among_them(tmp_path: Path) -> None:
    assert read(tmp_path).key_file == tmp_path / "data.key"
    assert read(tmp_path, TAIZHANG_KEY_FILE=str(tmp_path / "else")).key_file == tmp_path / "else"


def test_a_database_is_entered_as_the_site_unless_the_command_owns_the_tables(tmp_path: Path) -> None:
    two = {
        "TAIZHANG_DATABASE_URL": "postgres://site:s%40e@db:5433/ledger",
        "TAIZHANG_OWNER_DATABASE_URL": "postgresql://owner@db/ledger",
    }
    site = read(tmp_path, **two).entered_as
    assert site == environment.PostgresAddress("ledger", "site", "s@e", "db", "5433")
    owner = read(tmp_path, **two, TAIZHANG_AS_OWNER="1").entered_as
    assert owner == environment.PostgresAddress("ledger", "owner", "", "db", "")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TAIZHANG_DATABASE_URL", "mysql://u:secret@h/d", "TAIZHANG_DATABASE_URL is not the address"),
        ("TAIZHANG_DATABASE_URL", "postgres://host-only", "TAIZHANG_DATABASE_URL is not the address"),
        ("TAIZHANG_HTTPS", "yes", "TAIZHANG_HTTPS is either 0 or 1"),
        ("TAIZHANG_DIGEST", "md5", "TAIZHANG_DIGEST cannot be 'md5'"),
        ("TAIZHANG_SEAL", "rot13", "TAIZHANG_SEAL cannot be 'rot13'"),
    ],
)
def test_a_value_that_means_nothing_is_refused(tmp_path: Path, name: str, value: str, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, **{name: value})
    assert refused.value.code == "environment"
    assert told in refused.value.sentence("en")
    assert "secret" not in refused.value.sentence("en")


def test_a_password_is_not_printed_with_the_settings(tmp_path: Path) -> None:
    assert "geheim" not in repr(read(tmp_path, TAIZHANG_DATABASE_URL="postgres://u:geheim@h/d"))


def test_keys_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    chosen = read(tmp_path)
    assert environment.keys(chosen.key_file) is None
    made = environment.make_keys(chosen)
    assert stat.S_IMODE(chosen.key_file.stat().st_mode) == 0o600
    assert environment.make_keys(chosen) == made == environment.keys(chosen.key_file)
    assert len({made.site, made.wrapping, made.lookup}) == 3
    assert made.wrapping.hex() not in repr(made)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    chosen = read(tmp_path)
    environment.make_keys(chosen)
    chosen.key_file.chmod(0o640)
    with pytest.raises(Refusal, match="chmod 600"):
        environment.keys(chosen.key_file)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"site": "00", "wrapping": "00", "lookup": "00"}'])
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "data.key"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(Refusal) as refused:
        environment.keys(path)
    assert "is damaged" in refused.value.sentence("en")


def test_no_new_key_is_made_for_data_that_were_sealed_under_a_lost_one(tmp_path: Path) -> None:
    chosen = read(tmp_path)
    chosen.data.mkdir()
    (chosen.data / environment.SQLITE_NAME).touch()
    with pytest.raises(Refusal) as refused:
        environment.make_keys(chosen)
    assert refused.value.code == "key_file"
    assert not chosen.key_file.exists()

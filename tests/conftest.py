"""How the whole suite runs: on SQLite or on a real PostgreSQL, with a fixed instant and one small district."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from _pytest import runner
from django.utils.module_loading import import_string

from tests import cluster

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from tests.databases import Furnished
    from tests.district import SmallDistrict

ROOT = Path(__file__).resolve().parents[1]
# Properties are held against the same examples each time, so that what passed here passes on any machine; new ones are
# looked for with HYPOTHESIS_PROFILE=explore (CONTRIBUTING.md).
hypothesis.settings.register_profile("explore")
hypothesis.settings.register_profile("same", derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
LONGEST = ("rights", "equality")  # folders of tests, each of which keeps one process busy for minutes
NOW = datetime(2021, 12, 20, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai, the instant at which the demo district starts


# --- one run, one kind of database ----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--db` chooses the database under test; `TAIZHANG_TEST_DB` does the same."""
    parser.addoption(
        "--db",
        choices=("sqlite", "postgres"),
        default=os.environ.get("TAIZHANG_TEST_DB", "sqlite"),
        help="run the suite on SQLite (default) or on a PostgreSQL that it starts itself",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Lay out a data directory and a database for this process before Django reads its settings."""
    from django.conf import settings

    if settings.configured:
        pytest.exit("Unset DJANGO_SETTINGS_MODULE: the tests choose their own settings.", returncode=4)
    given = os.environ.get("TAIZHANG_TESTS_POSTGRES")  # a worker of pytest-xdist uses the cluster of its controller
    for name in [name for name in os.environ if name.startswith("TAIZHANG_")]:
        del os.environ[name]  # never the operator's own data
    if config.getoption("--db") == "postgres":
        if given is None:
            server = cluster.start()
            config.add_cleanup(server.stop)
            given = f"{server.port}"
        os.environ["TAIZHANG_TESTS_POSTGRES"] = given
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # this process only hands tests out: its workers lay out their own, and inherit no settings from it
    data = Path(tempfile.mkdtemp(prefix="taizhang-tests-")) / "data"
    config.add_cleanup(lambda: shutil.rmtree(data.parent, ignore_errors=True))
    os.environ.update(TAIZHANG_DATA=str(data), DJANGO_SETTINGS_MODULE="taizhang.settings")
    if config.getoption("--db") == "postgres":
        for name, role in (("TAIZHANG_DATABASE_URL", cluster.SITE), ("TAIZHANG_OWNER_DATABASE_URL", cluster.OWNER)):
            os.environ[name] = f"postgres://{role}@127.0.0.1:{given}/{cluster.DATABASE}"
    from taizhang import environment

    environment.make_keys(environment.read(os.environ))
    data.mkdir(mode=0o700)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # half a second a log-in otherwise
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.WHITENOISE_AUTOREFRESH = True
    test_database = settings.DATABASES["default"].setdefault("TEST", {})
    if config.getoption("--db") == "sqlite":
        test_database["NAME"] = str(data / "taizhang.sqlite3")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """Each test with room for deep calls, as the site answers and commands run."""
    from taizhang.kit.frames import roomy

    return roomy(runner.pytest_runtest_protocol)(item, nextitem)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What this database has no say in is deselected (not skipped in silence: the count is printed).

    That is what is marked for the other database; and on PostgreSQL every test that asks for no database. Such a test cannot
    reach one (`tests/house/test_databases.py`), so it does on SQLite what it would do here.
    """
    other = "sqlite" if config.getoption("--db") == "postgres" else "postgres"

    def concerned(item: pytest.Item) -> bool:
        if item.get_closest_marker(other):
            return False
        asks = "django_db_setup" in getattr(item, "fixturenames", ()) or item.get_closest_marker("django_db")
        return bool(asks or other == "postgres" or item.get_closest_marker("postgres"))

    elsewhere = [item for item in items if not concerned(item)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if concerned(item)]
    items.sort(key=_long_ones_first)


def _long_ones_first(item: pytest.Item) -> tuple[bool, int]:
    """So that no process ends with one of them while the others wait."""
    folder = item.path.parent.name
    return item.get_closest_marker("slow") is None, LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests counted (`record_property("counted: …", n)`), added up over all of them and all workers."""
    counted: dict[str, int] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, number in getattr(report, "user_properties", ()):
            if name.startswith("counted: "):
                counted[name] = counted.get(name, 0) + number
    for name, number in counted.items():
        terminalreporter.write_line(f"{name}, {number:,}")


# --- the database ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The test database, migrated by the owner and then used as the site's role."""
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    from taizhang.core import append_only
    from tests import databases

    with django_db_blocker.unblock(), databases.as_owner() as connection:
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        append_only.grant(connection, settings.SITE_ROLE)
    yield
    with django_db_blocker.unblock(), databases.as_owner():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Iterator[Path]:
    """A database of this test alone, with real commits: for threads, other processes and triggers that forbid clean-up.

    Gives the data directory that holds it (its file on SQLite).
    """
    from tests import databases

    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with django_db_blocker.unblock():
        with databases.copied(data) as copy:
            yield data
        databases.dropped(copy)


@pytest.fixture
def owner(committed: Path) -> Iterator[Any]:
    """The connection as the owner role, on a database of this test alone."""
    from tests import databases

    with databases.as_owner() as connection:
        yield connection


# --- time, place and law --------------------------------------------------------------------------------------------


@dataclass
class FixedClock:
    """A clock that stands until it is moved."""

    instant: datetime = NOW

    def now(self) -> datetime:
        """The instant at which the clock stands (UTC)."""
        return self.instant

    def advance(self, **span: float) -> None:
        """Move on by a span in the words of `timedelta`: `clock.advance(days=5)`."""
        self.instant += timedelta(**span)


@pytest.fixture
def clock() -> FixedClock:
    """20 December 2021, 09:00 in Shanghai, until the test moves it."""
    return FixedClock()


@pytest.fixture
def district(db: None) -> SmallDistrict:
    """A founded district with few areas and a person in each post, in a transaction that is rolled back."""
    from tests.district import build

    return build(NOW)


@pytest.fixture
def committed_district(committed: Path) -> SmallDistrict:
    """The same with real commits, in a database of this test alone."""
    from tests.district import build

    return build(NOW)


def _furnished(name: str, build: str) -> Any:
    """A fixture that gives a district filled once per worker, by a function that is named because it needs the settings."""

    @pytest.fixture(scope="session", name=f"furnished_{name}")
    def furnished(
        django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Furnished]:
        from tests import databases

        with django_db_blocker.unblock():
            room = databases.furnish(tmp_path_factory.mktemp(name), name, import_string(build))
        yield room
        with django_db_blocker.unblock():
            databases.dropped(room.database)

    return furnished


furnished_office = _furnished("office", "tests.core.sending.furnish")
furnished_sent = _furnished("sent", "tests.core.test_screening_site.furnish")
furnished_asked = _furnished("asked", "tests.core.test_assets.furnish")
furnished_demo_office = _furnished("demo_office", "tests.web.scene.furnish")


# --- a site that runs, and a browser ---------------------------------------------------------------------------------


@pytest.fixture
def site(committed_district: SmallDistrict, committed: Path) -> Iterator[str]:
    """The address of a real server, in processes of its own, over the committed district."""
    from tests.site import running

    with running(committed) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium under Playwright; fails with what to install where it is missing."""
    from tests.site import launched

    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def library_folder() -> Path:
    """The library that the product ships."""
    return ROOT / "library"

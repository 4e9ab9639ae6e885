"""The commands as a person or a script meets them: exit code, one sentence, nothing made by accident."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from taizhang.cli import main
from tests.site import environment

PROGRAM = [sys.executable, "-m", "taizhang.cli"]


def taizhang(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an operator does, in a process and a directory of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "DJANGO_"))}
    command = [sys.executable, "-c", "from taizhang.cli import main; main()", *words]
    return subprocess.run(command, cwd=folder, env={**own, **variables}, capture_output=True, text=True, check=False)


def test_help_names_every_command_with_a_sentence(tmp_path: Path) -> None:
    done = taizhang("--help", folder=tmp_path)
    assert done.returncode == 0
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert name in done.stdout
        assert command is not None
        assert (command.help or "").strip().endswith((".", ")", "。"))


def test_asking_for_help_loads_no_web_framework(tmp_path: Path) -> None:
    code = "import sys; from taizhang import cli; print([name for name in sys.modules if name.startswith('django')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("language", ["zh_CN.UTF-8", "en_GB.UTF-8"])
def test_a_directory_without_a_ledger_is_refused_in_one_sentence_and_stays_as_it_is(
    tmp_path: Path, language: str
) -> None:
    done = taizhang("serve", "--data", "nothing", folder=tmp_path, LC_ALL=language)
    assert done.returncode == 2
    assert done.stdout == ""
    told = "里没有台账。演示请执行 taizhang demo" if language.startswith("zh") else "There is no ledger in"
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_means_nothing_is_refused_in_one_sentence(tmp_path: Path) -> None:
    done = taizhang("serve", folder=tmp_path, TAIZHANG_HTTPS="maybe")
    assert done.returncode == 2
    assert done.stderr == "TAIZHANG_HTTPS 只能是 0 或 1。现在是“maybe”。\n"


@pytest.mark.slow
def test_a_site_comes_up_answers_once_and_leaves_nothing_running(tmp_path: Path) -> None:
    assert taizhang("manage", "migrate", "--verbosity", "0", folder=tmp_path).returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = taizhang("serve", "--check", "--port", f"{port}", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"ready http://127.0.0.1:{port}\n"), done.stderr
    with socket.socket() as again:
        assert again.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.slow
def test_a_port_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    assert taizhang("manage", "migrate", "--verbosity", "0", folder=tmp_path).returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = taizhang("serve", "--check", "--port", f"{port}", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"端口 {port} 已被占用。请换一个端口，例如 PORT=8001。\n"


def test_an_unknown_command_of_the_site_is_left_to_django(committed: Path, tmp_path: Path) -> None:
    done = taizhang("manage", "nonsense", folder=tmp_path, **environment(committed))
    assert done.returncode == 1
    assert "nonsense" in done.stderr

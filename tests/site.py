"""Starting what a person would start: the site as `taizhang serve` runs it, and Chromium to look at it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

CHROMIUM = Path("/usr/bin/chromium-headless-shell")
# no sandbox, because the tests may run as root; nothing that talks to the outside
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--renderer-process-limit=1", "--in-process-gpu"),
)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data: Path) -> dict[str, str]:
    """The variables by which another process works on the present test's database and keys."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "DJANGO_"))}
    own |= {"TAIZHANG_DATA": str(data), "TAIZHANG_KEY_FILE": str(settings.ENVIRONMENT.key_file), "LC_ALL": "C.UTF-8"}
    kept = connection.settings_dict
    if connection.vendor == "postgresql":
        own["TAIZHANG_DATABASE_URL"] = f"postgres://{kept['USER']}@{kept['HOST']}:{kept['PORT']}/{kept['NAME']}"
    return own


@contextmanager
def running(data: Path) -> Iterator[str]:
    """`taizhang serve` over a data directory, from its first answer until the end of the block; gives its address."""
    command = [sys.executable, "-c", "from taizhang.cli import main; main()", "serve", "--port", f"{free_port()}"]
    with subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            told = server.stdout.readline()
            assert told.startswith("ready "), f"the site did not come up: {told!r}, exit code {server.poll()}"
            yield told.removeprefix("ready ").strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


@contextmanager
def launched() -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        pytest.fail(
            "Chromium is missing. Run: scripts/system-packages.sh   (or: apt-get install chromium-headless-shell)"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()

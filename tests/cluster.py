"""A real PostgreSQL for the tests: own directory, own port, gone afterwards; needs no running server."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OWNER = "taizhang_owner"
SITE = "taizhang_site"
DATABASE = "taizhang"


@dataclass(frozen=True)
class Cluster:
    """A running server that holds the two roles: the owner migrates, the site's role owns nothing."""

    home: Path
    programs: Path
    port: int

    def address(self, role: str) -> str:
        """The database address for a role, as the environment variables spell it."""
        return f"postgres://{role}@127.0.0.1:{self.port}/{DATABASE}"

    def stop(self) -> None:
        """Stop the server and remove its directory."""
        _run([self.programs / "pg_ctl", "-D", self.home / "data", "-m", "immediate", "-w", "stop"], self.home)
        shutil.rmtree(self.home, ignore_errors=True)


def start() -> Cluster:
    """A fresh cluster on a free port; the first one of a machine is kept as a template, which saves three seconds."""
    programs = _programs()
    home = Path(tempfile.mkdtemp(prefix="taizhang-postgres-"))
    home.chmod(0o755)  # the server's own user has to get in
    _give(home)
    template = _template(programs)
    _run(["cp", "-a", template, home / "data"], home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = (
        f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=60 "
        "-c autovacuum=off "  # its worker would hold on to a database that a test wants to drop
        "-c update_process_title=off -c track_activities=off -c track_counts=off"  # nobody watches it
    )
    _run([programs / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log", "-o", options, "start"], home)
    return Cluster(home, programs, port)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.exit(
            "PostgreSQL is not installed, so nothing can be said about it. "
            "Run: scripts/system-packages.sh   (or: apt-get install postgresql-15 postgresql-contrib)",
            returncode=4,
        )
    return found[-1].parent


def _template(programs: Path) -> Path:
    version = programs.parent.name
    template = Path(tempfile.gettempdir()) / f"taizhang-postgres-template-{version}-{os.getuid()}"
    if template.exists():
        return template
    making = Path(tempfile.mkdtemp(prefix="taizhang-postgres-making-"))
    making.chmod(0o755)
    _give(making)
    data = making / "data"
    _run(
        [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ],
        making,
    )
    roles = (
        f"CREATE ROLE {OWNER} LOGIN CREATEDB;\n\n"
        f"CREATE ROLE {SITE} LOGIN NOINHERIT;\n\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n\n"
    )
    _run([programs / "postgres", "--single", "-F", "-j", "-D", data, "postgres"], making, text=roles)
    with contextlib.suppress(OSError):  # another run has just made one
        data.rename(template)
    shutil.rmtree(making, ignore_errors=True)
    return template


def _server_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: there it runs as the user that its package made."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give(folder: Path) -> None:
    user = _server_user()
    if user:
        os.chown(folder, user["user"], user["group"])


def _run(command: list[str | Path], folder: Path, text: str | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **_server_user(),
    )
    if done.returncode:
        log = folder / "log"
        pytest.exit(
            f"PostgreSQL did not start:\n{done.stdout}\n{log.read_text() if log.exists() else ''}", returncode=4
        )

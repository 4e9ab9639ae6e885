"""`taizhang serve`: the web server, the worker of background jobs and the sweep, which live and end together."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType

from taizhang.environment import Environment
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

FIRST_ANSWER_SECONDS = 60
STOP_SECONDS = 15
SWEEP_SECONDS = 60
LOOK = Text("原因见上面的日志；也可执行 taizhang doctor。", "The log above says why; `taizhang doctor` looks further.")
WEB_PROCESSES = 2
WEB_THREADS = 4


def serve(environment: Environment, *, host: str, port: int, once: bool, ready: Callable[[str], None]) -> int:
    """Run the site until Ctrl-C (or until the first answer where `once`) and return the exit code.

    Calls `ready` with the address after the first answer. Raises Refusal: `port` in use, `no_answer` from a site that
    ends or keeps silent for a minute, `broken` when its first page fails.
    """
    _claim(host, port)
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    children = [_start(command) for command in _commands(host, port)]
    try:
        began = time.monotonic()
        answered = False
        while not stopping:
            ended = [child for child in children if child.poll() is not None]
            if ended or (not answered and time.monotonic() - began > FIRST_ANSWER_SECONDS):
                raise _silent(ended)
            status = None if answered else _answer(host, port, https=environment.https)
            if status is not None and status >= http.client.INTERNAL_SERVER_ERROR:
                raise Refusal("broken", Text(f"首页出错（{status}）。", f"The first page fails ({status})."), LOOK)
            if status is not None:
                answered = True
                ready(f"http://{host}:{port}")
                if once:
                    break
            time.sleep(0.5 if answered else 0.1)
        return 0
    finally:
        _stop(children)
        for number, handler in before.items():
            signal.signal(number, handler)


def _commands(host: str, port: int) -> list[list[str]]:
    web = ["gunicorn", "taizhang.wsgi", "--bind", f"{host}:{port}", "--workers", f"{WEB_PROCESSES}"]
    web += ["--threads", f"{WEB_THREADS}", "--preload", "--no-control-socket", "--log-level", "warning"]
    worker = ["django", "db_worker", "--no-startup-delay", "--interval", "1"]
    sweep = ["taizhang.cli", "sweep", "--every", f"{SWEEP_SECONDS}"]
    return [[sys.executable, "-m", *program] for program in (web, worker, sweep)]


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "taizhang.settings", "TAIZHANG_SERVING": "1"}
    # a session of its own: Ctrl-C reaches this process alone, which then ends its children in order; what they say goes to
    # standard error, so that the address is the line that standard output ends with
    return subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True)


def _claim(host: str, port: int) -> None:
    """Refuse a port that somebody else listens on, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Refusal(
                "port",
                Text(f"端口 {port} 已被占用。", f"Port {port} is in use."),
                Text("请换一个端口，例如 PORT=8001。", "Choose another, for example PORT=8001."),
            ) from None


def _answer(host: str, port: int, *, https: bool) -> int | None:
    """The status of the first page, or None while nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request("GET", "/", headers={"X-Forwarded-Proto": "https"} if https else {})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _silent(ended: list[subprocess.Popen[bytes]]) -> Refusal:
    if ended:
        what = Text("网站进程意外结束。", "A process of the site ended by itself.")
    else:
        what = Text("网站一分钟内没有回应。", "The site did not answer within a minute.")
    return Refusal("no_answer", what, LOOK)


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

"""What every command shares: the data directory, the language of the terminal, refusals, progress, exit codes."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from taizhang import environment
from taizhang.kit.frames import roomy
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger.faults import Fault, LedgerFaults

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

WRONG: Final = 1  # the command ran and found something wrong
REFUSED: Final = 2  # nothing was done
PATIENCE: Final = 2.0  # seconds after which somebody wants to see that it goes on

NEW: Final = Text(
    "演示请执行 taizhang demo；正式安装请执行 taizhang found。",
    "For a demo run `taizhang demo`; to found a real district run `taizhang found`.",
)

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A refusal of the product is one sentence and what to do next, never a traceback. Only the command asked for is loaded."""

    def __init__(self, *args: Any, homes: Mapping[str, str] | None = None, **more: Any):
        super().__init__(*args, **more)
        self._homes = homes or {}  # command -> the module that holds it, under the same name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, loaded or not."""
        return sorted({*super().list_commands(ctx), *self._homes})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now if it was not."""
        if cmd_name in self._homes and cmd_name not in self.commands:
            self.add_command(getattr(importlib.import_module(self._homes[cmd_name]), cmd_name))
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a Refusal ends with exit code 2."""
        try:
            return roomy(super().invoke)(ctx)
        except Refusal as refusal:
            say(Text(refusal.sentence("zh"), refusal.sentence("en")), error=True)
            ctx.exit(REFUSED)
        except LedgerFaults as wrong:
            for fault in wrong.faults:
                click.echo(as_line(fault), err=True)
            ctx.exit(REFUSED)


def language() -> str:
    """`en` in an English terminal, else `zh`."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "en" if spoken.startswith("en") else "zh"


def say(text: Text, *, error: bool = False) -> None:
    """Print a sentence in the language of the terminal."""
    click.echo(text.within(language()), err=error)


def as_line(fault: Fault) -> str:
    """A fault of a library file as editors and compilers write one: file, line, place, sentence."""
    return f"{fault.file}:{fault.line}: {fault.where}: {fault.text.within(language())}"


def print_json(value: object) -> None:
    """Print what a program will read: one JSON value in UTF-8, in the order in which it was made."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def with_data(function: F) -> F:
    """Give a command `--data DIR`, the data directory (else TAIZHANG_DATA, else ./data)."""

    def choose(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
        if value is not None:
            os.environ["TAIZHANG_DATA"] = str(value.absolute())

    option = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        callback=choose,
        expose_value=False,
        is_eager=True,
        help="The data directory (else TAIZHANG_DATA, else ./data).",
    )
    return option(function)


def with_json(function: F) -> F:
    """Give a command `--json`, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for a program instead of sentences.")(
        function
    )


def load_site(*, as_owner: bool = False, creates: bool = False, empty: bool = False) -> environment.Environment:
    """Load the site in this process: as the role that owns the tables where the command changes the schema.

    Only a command that `creates` an installation makes a data directory and keys; any other is refused without them,
    but for one that works on an `empty` place too.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "taizhang.settings"
    os.environ["TAIZHANG_AS_OWNER"] = "1" if as_owner else "0"
    chosen = environment.read(os.environ)
    if creates:
        environment.make_keys(chosen)
        chosen.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not empty and chosen.database is None and not (chosen.data / environment.SQLITE_NAME).exists():
        raise Refusal("no_data", Text(f"{chosen.data} 里没有台账。", f"There is no ledger in {chosen.data}."), NEW)
    import django

    django.setup()
    return chosen


class Bar:
    """What a long piece of work says while it goes on; shown on a terminal once it has taken more than two seconds."""

    def __init__(self, what: Text):
        self._began = time.monotonic()
        self._says, self._done, self._of = what.within(language()), 0, None  # type: str, int, int | None
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, of: int | None = None) -> None:
        """So many are done, of so many (None: nobody knows)."""
        self._done, self._of = done, of
        self._show()

    def tell(self, what: Text) -> None:
        """Another part of the work begins."""
        self._says, self._done, self._of = what.within(language()), 0, None
        self._show()

    def _show(self) -> None:
        if self._bar is None and sys.stderr.isatty() and time.monotonic() - self._began > PATIENCE:
            self._start()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=self._says, completed=self._done, total=self._of)

    def _start(self) -> None:
        from rich.console import Console  # here, because most work is done before anybody waits for a bar
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bar = Progress(*columns, console=Console(file=sys.stderr), transient=True)
        self._task = self._bar.add_task(self._says, total=self._of)
        self._bar.start()

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress(what: Text) -> Iterator[Bar]:
    """A bar for the time of the block."""
    bar = Bar(what)
    try:
        yield bar
    finally:
        bar.end()

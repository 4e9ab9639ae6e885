"""What stories of mechanisms have in common: a case is begun about somebody, and what a page looks like can be kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.people import PHONE, Visitor


def choose(visitor: Visitor, ledger: str, act: str, subject: str) -> None:
    """Go to the form that opens a case, by choosing whom or what it is about from the list."""
    visitor.go(f"/ledgers/{ledger}/open/{act}/")
    visitor.page.locator("main a[href*='subject=']").filter(has_text=subject).first.click()
    visitor.page.wait_for_selector("#act")


def begin(
    visitor: Visitor,
    ledger: str,
    act: str,
    subject: str,
    values: Mapping[str, str],
    papers: Mapping[str, Sequence[bytes]] | None = None,
) -> str:
    """Open a case by its form; its address."""
    choose(visitor, ledger, act, subject)
    visitor.fill(values, papers)
    said = visitor.send()
    assert "已办" in said, said
    return str(visitor.page.url)


def act(
    visitor: Visitor,
    case: str,
    name: str,
    values: Mapping[str, str] | None = None,
    papers: Mapping[str, Sequence[bytes]] | None = None,
) -> None:
    """Do an act that is not refused."""
    said = visitor.act(case, name, values, papers)
    assert "已办" in said, said


def barred(visitor: Visitor, case: str, name: str, values: Mapping[str, str] | None = None) -> str:
    """Try an act to which no button leads, by its address; what the page then says."""
    visitor.go(f"{case.rstrip('/')}/{name}/")
    visitor.fill(values or {})
    return visitor.send()


def row(visitor: Visitor, address: str, text: str) -> str:
    """The address to which the row of a list leads in which something stands."""
    visitor.go(address)
    link = visitor.page.locator("main tbody tr").filter(has_text=text).locator("a").first
    return str(link.get_attribute("href"))


def look(visitor: Visitor, name: str) -> None:
    """Take the picture of a page to look at it, where LOOK names a folder for it."""
    if folder := os.environ.get("LOOK"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        kept = visitor.page.screenshot(full_page=True, animations="disabled")
        (Path(folder) / f"{name}.png").write_bytes(kept)


@contextmanager
def desks(chromium: Any, address: str) -> Iterator[Callable[..., Visitor]]:
    """People who log in once and stay at their browsers for all stories of a module: `visit("zhen")`, `visit("", phone=True)`."""
    sitting: dict[tuple[str, bool], Visitor] = {}

    def visit(username: str, *, phone: bool = False) -> Visitor:
        one = sitting.get((username, phone))
        if one is None:
            size = PHONE if phone else None
            one = sitting[username, phone] = Visitor(chromium, address, javascript=bool(username), size=size)
            if username:
                one.log_in(username)
        return one

    yield visit
    faults = [fault for one in sitting.values() for fault in one.faults]
    for one in sitting.values():
        one.close()
    assert faults == [], "what the browser complained about"

"""Holds the running site against the table: every cell asked, and everything that is not as the table says, told."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.cookies import SimpleCookie
from typing import Any, Final

from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import URLResolver, get_resolver, reverse

from tests.client import Client
from tests.district import PASSWORD
from tests.rights.scene import Scene
from tests.rights.table import (
    ANSWERED,
    HIDDEN,
    NO_METHOD,
    PAGE,
    REFUSED,
    TO_LOGIN,
    TO_PASSWORD,
    Cell,
    Person,
    Table,
)

BACKEND: Final = "taizhang.core.logins.Accounts"
OWN_TABLES: Final = re.compile(r"django_session|axes_.*|sqlite_.*")  # being logged in leaves traces of its own
KINDS: Final = {404: HIDDEN, 405: NO_METHOD, 403: REFUSED}
WRITES: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|ALTER|DROP|CREATE)\b", re.IGNORECASE)
# what differs between two answers of the same page: tokens, the hour, and the address that was asked for
CHANGING: Final = re.compile(
    r'\b\w{64}\b|nonce="[^"]+"|\d\d:\d\d|/[\w/%-]*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[\w/%-]*'
)


def names() -> list[str]:
    """The name of every address of the site; one without a name is told by its pattern."""

    def walk(resolver: Any) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern)
            else:
                yield pattern.name or str(pattern.pattern)

    return list(walk(get_resolver()))


def entered(scene: Scene, person: Person) -> Client:
    """The browser of a person, as far into the site as they get."""
    client = Client(raise_request_exception=False)
    account = scene.people.accounts.get(person.key)
    if account is None:
        return client
    if person.key == "locked":
        for word in [*["falsch"] * 5, PASSWORD]:
            client.post("/login/", {"username": person.key, "password": word})
        return client
    client.force_login(account, backend=BACKEND)
    if person.key == "disabled":
        account.is_active = False
        account.save(update_fields=["is_active"])
    return client


def outcome(answer: HttpResponse, method: str) -> str:
    """What came of a request, in the words of the table."""
    if answer.status_code == 302:
        to = answer.headers["Location"].split("?")[0]
        if to in ("/login/", "/password/"):
            return TO_LOGIN if to == "/login/" else TO_PASSWORD
        return ANSWERED if method == "POST" else f"302 to {to}"
    if answer.status_code in KINDS:
        return KINDS[answer.status_code]
    if method == "GET" and answer.status_code == 200:
        return PAGE
    return ANSWERED if method == "POST" and answer.status_code in (200, 401, 409, 422, 429) else str(answer.status_code)


def digest() -> str:
    """One digest of every row of every table, but those of the log-in."""
    told = hashlib.sha256()
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names(cursor)):
            if not OWN_TABLES.fullmatch(name):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")  # noqa: S608 - every table there is
                told.update(name.encode())
                told.update("\n".join(sorted(repr(row) for row in cursor.fetchall())).encode())
    return told.hexdigest()


class Writes:
    """Notes whether a request sent a statement that writes to any table but those of the log-in."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Look at a statement and let it through."""
        if WRITES.match(sql) and not re.search(r"django_session|axes_", sql):
            self.seen.append(sql[:80])
        return execute(sql, params, many, context)


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """Whatever happens inside is undone: rows by a savepoint, cookies by their copy."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = SimpleCookie({name: morsel.value for name, morsel in cookies.items()})


@contextmanager
def quiet() -> Iterator[None]:
    """Thousands of refusals are expected here: none of them is logged."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@quiet()
def check(
    scene: Scene, people: Iterable[str] | None = None, urls: Iterable[str] | None = None
) -> tuple[int, list[str]]:
    """Ask every cell (of some people and addresses, where named); how many there were and what is not as it should be."""
    table = Table(scene)
    wrong: list[str] = []
    asked = 0
    clients = {person: entered(scene, person) for person in table.people if people is None or person.key in people}
    before = digest()  # once everybody is in: entering is what leaves traces
    for person, client in clients.items():
        hidden = _by_beginning(table.hidden(person))
        known: dict[str, bytes] = {}
        for cell in table.cells(person):
            if urls is None or cell.url in urls:
                asked += 1
                wrong += [f"{cell}: {fault}" for fault in _faults(client, cell, hidden, known)]
        if digest() != before:
            wrong.append(f"{person.key}: rows have changed though every request was refused or only read")
            before = digest()
    return asked, wrong


def _by_beginning(words: set[str]) -> dict[str, list[str]]:
    """Words under the few beginnings that they share, which are looked for first: a surname, the area of a number."""
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(word[:6] if word[0].isdecimal() else word[0], []).append(word)
    return found


def _faults(client: Client, cell: Cell, hidden: dict[str, list[str]], known: dict[str, bytes]) -> Iterator[str]:
    """What is wrong with one cell."""
    writes = Writes()
    with connection.execute_wrapper(writes):
        if cell.expected == ANSWERED or (cell.url, cell.method) == ("logout", "POST"):
            with taken_back(client):
                answer = _ask(client, cell)
        else:
            answer = _ask(client, cell)
    found = outcome(answer, cell.method)
    if (found, cell.expected) == (ANSWERED, REFUSED) and answer.status_code != 302 and not writes.seen:
        found = REFUSED  # a form that answers itself
    if found != cell.expected:
        yield f"{found} instead of {cell.expected}"
    if cell.expected != ANSWERED and writes.seen and not (cell.trial and found == PAGE):
        yield f"wrote {writes.seen[0]}"
    if cell.expected == ANSWERED and cell.sent and not writes.seen:
        yield f"did nothing ({answer.status_code})"
    body = b"" if answer.streaming or "text/" not in answer.headers.get("Content-Type", "") else answer.content
    text = body.decode()
    said = {word for head, words in hidden.items() if head in text for word in words if word in text}
    said -= {*answer.wsgi_request.path.split("/"), cell.names}
    if said and not (cell.expected == ANSWERED and cell.url.startswith("reveal")):
        yield f"says {sorted(said)}, which this person must not read"
    if cell.expected == HIDDEN and cell.absent is not None:
        key = f"{cell.method} {cell.url}"
        if key not in known:
            there = _ask(client, replace(cell, kwargs=cell.absent))
            known[key] = CHANGING.sub("", there.content.decode()).encode()
        if CHANGING.sub("", body.decode()).encode() != known[key]:
            told = [line for line in CHANGING.sub("", body.decode()).splitlines() if line not in known[key].decode()]
            yield f"a hidden thing is not answered like one that is not there: {told[:2]}"


def _ask(client: Client, cell: Cell) -> Any:
    address = reverse(cell.url, kwargs=dict(cell.kwargs))
    return client.get(address, cell.sent) if cell.method == "GET" else client.post(address, cell.sent)

"""The library a district governs by: roles, catalogues, policy numbers and the calendar, read from one folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from taizhang.kit.days import Calendar
from taizhang.kit.text import Text
from taizhang.ledger import catalogue, policies, yaml12
from taizhang.ledger.catalogue import Catalogue
from taizhang.ledger.faults import Fault, LedgerFaults
from taizhang.ledger.policies import Policy, PolicyValue
from taizhang.ledger.registers import REGISTERS, THINGS, AttributeType

LEVELS = ("village", "town", "district")


@dataclass(frozen=True)
class Role:
    """A kind of post at one level: `cadre@village`."""

    name: str
    level: str
    label: Text
    organisation: bool  # whether such a post belongs to an organisation
    capabilities: frozenset[str]
    cases: Literal["area", "party", "none"] = "area"  # which cases it reads: those in its area, those it is a party of
    apart: bool = False  # whoever holds it may hold no other post
    speaks: bool = True  # whether a post of an organisation acts in its name
    register: str = ""  # the register (enterprise) of whose rows such a post is the log-in

    @property
    def token(self) -> str:
        """As ledgers write it."""
        return f"{self.name}@{self.level}"


@dataclass(frozen=True)
class Library:
    """Everything a ledger may refer to by name."""

    roles: Mapping[str, Role]  # by token
    catalogues: Mapping[str, Catalogue]
    policies: Mapping[str, Policy]
    calendar: Calendar
    registers: Mapping[str, Mapping[str, AttributeType]] = field(default_factory=lambda: REGISTERS)

    def policy(self, name: str, area: str, day: date) -> PolicyValue | None:
        """The value of a policy number for an area code on a day; None when none is published."""
        policy = self.policies.get(name)
        found = policy.in_force(area, day) if policy else None
        return found.value if found else None


def read(path: Path) -> Library:
    """Read a library folder. What is not there is empty; what is wrong raises LedgerFaults, all at once."""
    faults: list[Fault] = []
    roles = _roles(path / "roles.yaml", faults)
    numbers = _policies(path / "policies.yaml", faults)
    catalogues: dict[str, Catalogue] = {}
    for file in sorted((path / "catalogues").glob("*.csv")):
        try:
            catalogues[file.stem] = catalogue.read(file)
        except (ValueError, OSError) as error:
            faults.append(_fault(file, 1, file.stem, str(error)))
    calendar = Calendar("none", {})
    try:
        if (path / "calendar.csv").exists():
            calendar = Calendar.read(path / "calendar.csv")
    except (ValueError, KeyError) as error:
        faults.append(_fault(path / "calendar.csv", 1, "calendar", str(error)))
    if faults:
        raise LedgerFaults(faults)
    return Library(roles, catalogues, numbers, calendar)


def _fault(file: Path, line: int, where: str, sentence: str) -> Fault:
    return Fault(str(file), line, where, Text(f"无法读取：{sentence}", f"cannot be read: {sentence}"), "library")


def _yaml(file: Path, faults: list[Fault]) -> yaml12.Read:
    if not file.exists():
        return yaml12.Read(data={})
    result = yaml12.read(file.read_text(encoding="utf-8"))
    faults += [Fault(str(file), s.line, ".".join(map(str, s.path)), s.text, s.code) for s in result.slips]
    if not isinstance(result.data, dict):
        faults.append(_fault(file, 1, file.stem, "a mapping of names is wanted"))
        return yaml12.Read(data={})
    return result


def _roles(file: Path, faults: list[Fault]) -> dict[str, Role]:
    result = _yaml(file, faults)
    found: dict[str, Role] = {}
    for token, raw in result.data.items():
        name, _, level = str(token).partition("@")
        if level not in LEVELS or not isinstance(raw, dict) or not raw.get("zh") or not raw.get("en"):
            faults.append(
                _fault(
                    file,
                    result.line((token,)),
                    str(token),
                    f"a role is role@level ({', '.join(LEVELS)}) with zh and en",
                )
            )
            continue
        cases = raw.get("cases", "area")
        if cases not in ("area", "party", "none"):
            faults.append(_fault(file, result.line((token, "cases")), str(token), "`cases` is area, party or none"))
            continue
        if raw.get("register") and raw["register"] not in THINGS:
            faults.append(_fault(file, result.line((token, "register")), str(token), f"`register` is one of {THINGS}"))
            continue
        able = frozenset(raw.get("capabilities") or ())
        label = Text(raw["zh"], raw["en"])
        found[str(token)] = Role(
            name,
            level,
            label,
            raw.get("organisation") in (True, "member"),
            able,
            cases,
            raw.get("apart") is True,
            raw.get("organisation") != "member",
            str(raw.get("register") or ""),
        )
    return found


def _policies(file: Path, faults: list[Fault]) -> dict[str, Policy]:
    result = _yaml(file, faults)
    found: dict[str, Policy] = {}
    for name, raw in result.data.items():
        try:
            if not isinstance(raw, dict):
                raise ValueError(f"{name}: a mapping with zh, en, type, unit and values is wanted")
            found[str(name)] = policies.read(str(name), raw)
        except (ValueError, AttributeError, TypeError) as error:
            faults.append(_fault(file, result.line((name,)), str(name), str(error)))
    return found

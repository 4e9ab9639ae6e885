"""Conditions: CEL with a static type for every name, compiled once per edition; what is not known is not met."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cel_expr_python import cel

from taizhang.kit import money
from taizhang.kit.text import Text
from taizhang.ledger.faults import join, near

T = cel.Type
ROWS: Final = T.List(T.Map(T.STRING, T.DYN))
STRINGS: Final = T.List(T.STRING)
_FAILED: Final = T.ERROR


class _Unknown:
    """The value of what is not known; nothing is met by it."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = _Unknown()

_FUNCTIONS: Final = [
    cel.FunctionDecl("yuan", [cel.Overload("yuan_int", T.INT, [T.INT], False, lambda yuan: yuan * money.FEN_PER_YUAN)]),
    cel.FunctionDecl("sum", [cel.Overload("sum_list", T.INT, [T.List(T.INT)], False, lambda values: sum(values))]),
    cel.FunctionDecl(
        "max", [cel.Overload("max_list", T.INT, [T.List(T.INT)], False, lambda values: max(values, default=0))]
    ),
    cel.FunctionDecl(
        "min", [cel.Overload("min_list", T.INT, [T.List(T.INT)], False, lambda values: min(values, default=0))]
    ),
]
FUNCTIONS: Final = ("yuan", "sum", "max", "min", "total", "size", "int", "string", "double")
# Only clocks know the time, so that a light turns at instants that can be computed beforehand.
_TIMELY: Final = re.compile(r"\b(timestamp|duration|now|today|get[A-Z]\w*)\s*\(|\b(now|today)\b")
_FORBIDDEN: Final = re.compile(r"\b(has|dyn|type)\s*\(")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAME: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_TOTAL: Final = re.compile(r"\btotal\(\s*(['\"])([a-z0-9_.]+)\1\s*(?:,\s*(['\"])([a-z_]+)\3\s*)?\)")
_ERROR: Final = re.compile(r"ERROR: <input>:1:(\d+): (.*)")
WINDOWS: Final = ("all", "month", "quarter", "half_year", "year")


class ConditionError(ValueError):
    """A condition that does not compile, with a sentence that says what to do."""

    def __init__(self, code: str, text: Text):
        super().__init__(text.en)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Condition:
    """A compiled expression and the names it reads."""

    text: str
    names: tuple[str, ...]
    totals: Mapping[str, tuple[str, str | None]]  # stand-in name -> indicator, window
    type: cel.Type
    _expression: cel.Expression

    def value(self, read: Callable[[str], Any], total: Callable[[str, str | None], int] | None = None) -> Any:
        """Its value, or UNKNOWN when something it needs is not known (or it divides by zero)."""
        data = {}
        for name in self.names:
            value = read(name)
            if value is not UNKNOWN and value is not None:
                data[name] = value
        for stand_in, (indicator, window) in self.totals.items():
            if total is not None:
                data[stand_in] = total(indicator, window)
        result = self._expression.eval(data=data)
        return UNKNOWN if result.type() == _FAILED else result.plain_value()


class Environment:
    """The names that conditions of one place may use, with their types."""

    def __init__(self, variables: Mapping[str, cel.Type]):
        self.variables = variables
        self._plain = cel.NewEnv(variables=variables, functions=_FUNCTIONS)

    def compile(self, text: str, wants: cel.Type | None = None) -> Condition:
        """Compile an expression; `wants` is the type it must give. Raises ConditionError."""
        text = " ".join(text.splitlines())
        bare = _QUOTED.sub(lambda match: "'" + "_" * (len(match[0]) - 2) + "'", text)
        self._forbid(text, bare)
        ready, totals = _totals(text)
        env = self._plain
        if totals:
            env = cel.NewEnv(variables={**self.variables, **dict.fromkeys(totals, T.INT)}, functions=_FUNCTIONS)
        try:
            expression = env.compile(ready)
        except (RuntimeError, ValueError) as error:
            raise self._explained(text, str(error)) from None
        given = expression.return_type()
        if wants is not None and not _fits(wants, given):
            raise ConditionError("type", Text(
                f"这里要得到{_called(wants).zh}，而“{text}”得到{_called(given).zh}。",
                f"{_called(wants).en} is wanted here, and “{text}” gives {_called(given).en}."))  # fmt: skip
        self._literal(text, bare)
        return Condition(text, tuple(dict.fromkeys(self.names(bare))), totals, given, expression)

    def names(self, bare: str) -> Iterator[str]:
        """The variables a text reads: of `case.kind.department`, the longest beginning that is declared."""
        for match in _NAME.finditer(bare):
            steps = match[0].split(".")
            for length in range(len(steps), 0, -1):
                if ".".join(steps[:length]) in self.variables:
                    yield ".".join(steps[:length])
                    break

    def _forbid(self, text: str, bare: str) -> None:
        if match := _FORBIDDEN.search(bare):
            if match[1] == "has":
                raise ConditionError("has", Text(f"第 {match.start() + 1} 个字符：不能用 has()，请写 known.字段。",
                                                 f"at character {match.start() + 1}: has() is not used; write known.FIELD."))  # fmt: skip
            raise ConditionError("forbidden", Text(f"第 {match.start() + 1} 个字符：不能用 {match[1]}()。",
                                                   f"at character {match.start() + 1}: {match[1]}() is not used."))  # fmt: skip
        if match := _TIMELY.search(bare):
            raise ConditionError("time", Text(
                f"第 {match.start() + 1} 个字符：条件里不能谈时间，请用时限 (clocks)、after、within 或 notice。",
                f"at character {match.start() + 1}: no time in conditions; use a clock, after, within or notice."))  # fmt: skip

    def _literal(self, text: str, bare: str) -> None:
        """Money is fen inside: a bare number beside it is nearly always meant as yuan."""
        named = {name for name in self.names(bare) if getattr(self, "money", None) and name in self.money}
        for name in named:
            for pattern in (
                rf"{re.escape(name)}\s*[<>=!]=?\s*(\d+)",
                rf"(\d+)\s*[<>=!]=?\s*{re.escape(name)}(?![\w.])",
            ):
                found = re.search(pattern, bare)
                if found and found[1] != "0":
                    raise ConditionError("money", Text(f"“{name}”是金额：请写 yuan({found[1]})。",
                                                       f"“{name}” is money: write yuan({found[1]})."))  # fmt: skip

    money: frozenset[str] = frozenset()

    def _explained(self, text: str, error: str) -> ConditionError:
        match = _ERROR.search(error)
        column, problem = (int(match[1]), match[2]) if match else (1, error)
        at = Text(f"“{text}”第 {column} 个字符：", f"at character {column} of “{text}”:")
        code, said = _said(problem, text, self.variables)
        return ConditionError(code, join(at, said))


def _totals(text: str) -> tuple[str, dict[str, tuple[str, str | None]]]:
    """Replace `total('ledger.indicator', 'month')` by a name of the same length, so that columns stay true."""
    found: dict[str, tuple[str, str | None]] = {}

    def stand_in(match: re.Match[str]) -> str:
        name = f"total_{len(found)}".ljust(len(match[0]), "_")
        found[name] = (match[2], match[4])
        return name

    return _TOTAL.sub(stand_in, text), found


def _said(problem: str, text: str, variables: Mapping[str, cel.Type]) -> tuple[str, Text]:
    """What the compiler says, as a sentence that says what to do."""
    if match := re.match(r"undeclared reference to '([^']+)'", problem):
        name = match[1]
        if re.search(rf"\b{re.escape(name)}\s*\(", text):
            if name == "total":
                return "total", Text("total 要写成 total('台账.指标') 或 total('台账.指标', 'month')。",
                                     "write total('ledger.indicator') or total('ledger.indicator', 'month').")  # fmt: skip
            return "name", join(
                Text(f"没有“{name}”这个函数。", f"there is no function “{name}”."), near(name, FUNCTIONS)
            )
        alike = [known for known in variables if known.split(".")[0] == name.split(".")[0]] or list(variables)
        return "name", join(Text(f"没有“{name}”。", f"there is no “{name}”."), near(name, alike))
    if match := re.match(r"found no matching overload for '([^']+)' applied to '\((.*)\)'", problem):
        if "double" in match[2] and "int" in match[2]:
            return "type", Text("整数和小数不能直接比较：小数要写成 2.0。",
                                "numbers with and without decimals do not mix: write 2.0 beside a field with decimals.")  # fmt: skip
        kinds = [_called_by_name(kind) for kind in re.sub(r"\(.*?\)", "", match[2]).split(", ")]
        sign = match[1].strip("_")
        return "type", Text(f"{'和'.join(k.zh for k in kinds)}不能用“{sign}”：请比较同类的值。",
                            f"“{sign}” does not join {' and '.join(k.en for k in kinds)}: compare values of one kind.")  # fmt: skip
    if "cannot be the operand of a select" in problem:
        return "name", Text("这个字段没有下级：请查字段类型，或目录里有没有这一列。",
                            "this field has nothing below it: look at its type, or at the catalogue's columns.")  # fmt: skip
    if "Syntax error" in problem:
        return "syntax", _grammar(text)
    return "type", Text(f"不成立（{problem}）。", f"this does not hold ({problem}).")


def _grammar(text: str) -> Text:
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return Text("比较要写 ==。", "to compare write ==.")
    if re.search(r"\b(and|or|not)\b", text):
        return Text("请写 &&、|| 和 !，不写 and、or、not。", "write &&, || and !, not and, or, not.")
    if text.count("(") != text.count(")") or text.count("'") % 2 or text.count('"') % 2:
        return Text("括号或引号不成对。", "a bracket or quote has no partner.")
    return Text(
        "语法不对：请查运算符两边是否都有值。", "wrong grammar: look whether both sides of each sign have a value."
    )


_CALLED: Final[Mapping[str, Text]] = {
    "bool": Text("真假", "true or false"),
    "int": Text("整数或金额", "a whole number or money"),
    "double": Text("小数", "a number with decimals"),
    "string": Text("文字", "a text"),
    "google.protobuf.Timestamp": Text("日期", "a date"),
    "timestamp": Text("日期", "a date"),
    "list": Text("列表", "a list"),
    "map": Text("表格行", "a row"),
}


def _called_by_name(name: str) -> Text:
    return _CALLED.get(name.strip().lower(), _CALLED.get(name.strip(), Text(name, name)))


def _called(kind: cel.Type) -> Text:
    return _called_by_name(kind.name().split("<")[0])


def _fits(wants: cel.Type, given: cel.Type) -> bool:
    return bool(wants == given or given == T.DYN or (wants.name().startswith("LIST") and given.name() == "LIST<DYN>"))

"""The parsing behind `yaml12`: from text to nodes, from nodes to plain values with their lines and slips."""

from __future__ import annotations

from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from taizhang.kit.text import Text
from taizhang.ledger.yaml12 import MAX_DEPTH, Path, Read, Slip

_TAG: Final = "tag:yaml.org,2002:"


def read(text: str) -> Read:
    """Parse one document. After a syntax error there is only that slip, because nothing after it is sure."""
    result = Read()
    try:
        node = _yaml().compose(text)
    except MarkedYAMLError as error:
        result.slips.append(_syntax(error))
        return result
    except RecursionError:
        result.slips.append(_too_deep(1))
        return result
    except (YAMLError, ValueError) as error:
        result.slips.append(_slip(1, (), "syntax", f"无法读取：{error}", f"cannot be read: {error}"))
        return result
    if node is not None:
        result.data = _value(node, (), result)
    return result


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml


def _slip(line: int, path: Path, code: str, zh: str, en: str) -> Slip:
    return Slip(line, path, code, Text(zh, en))


def _too_deep(line: int) -> Slip:
    return _slip(
        line,
        (),
        "too_deep",
        f"嵌套超过 {MAX_DEPTH} 层，请改得更平。",
        f"more than {MAX_DEPTH} levels deep: make it flatter.",
    )


def _syntax(error: MarkedYAMLError) -> Slip:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    problem = str(error.problem or error.context or "")
    if "tab" in problem or "\\t" in problem:
        zh, en = "缩进只能用空格，不能用制表符。", "indent with blanks, not with tabs."
    elif "cannot start any token" in problem:
        zh, en = (
            '以 @、` 或 % 开头的文字要加引号，如 "@helper"。',
            'quote a text that begins with @, ` or %: "@helper".',
        )
    elif "mapping values are not allowed" in problem:
        zh, en = "含有“: ”或“ ? ”的文字要加引号。", "quote a text with “: ” or “ ? ” in it."
    else:
        zh, en = "请检查缩进、括号和引号是否成对。", "look at indentation, brackets and quotes."
    return _slip(line, (), "syntax", f"YAML 语法错误：{zh}", f"no YAML ({problem}): {en}")


def _value(node: Node, path: Path, result: Read) -> Any:
    line = node.start_mark.line + 1
    result.lines.setdefault(path, line)
    if len(path) > MAX_DEPTH:
        if all(slip.code != "too_deep" for slip in result.slips):
            result.slips.append(_too_deep(line))
        return None
    if id(node) not in result.made:
        if node.anchor is not None:
            zh = f"不能用锚点或别名（{node.anchor}）：请把内容写出来；以 & 或 * 开头的文字要加引号。"
            en = f"no anchors or aliases ({node.anchor}): write it out; quote a text that begins with & or *."
            result.slips.append(_slip(line, path, "anchor", zh, en))
        result.made[id(node)] = None  # what contains itself is nothing
        result.made[id(node)] = _fresh(node, path, result)
    return result.made[id(node)]


def _fresh(node: Node, path: Path, result: Read) -> Any:
    tag = str(node.tag)
    if not tag.startswith(_TAG):
        result.slips.append(_slip(node.start_mark.line + 1, path, "tag", f"“{tag}”被读成了标签：以 ! 开头的文字要加引号。",
                                  f"“{tag}” is read as a tag: quote a text that begins with !."))  # fmt: skip
        return None
    if isinstance(node, MappingNode):
        return _mapping(node, path, result)
    if isinstance(node, SequenceNode):
        return [_value(child, (*path, index), result) for index, child in enumerate(node.value)]
    return _scalar(node) if isinstance(node, ScalarNode) else None


def _mapping(node: MappingNode, path: Path, result: Read) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            result.slips.append(_slip(line, path, "odd_key", "键必须是一个词；含 { } [ ] ? 的文字要加引号。",
                                      "a key is one word; quote a text with { } [ ] ? in it."))  # fmt: skip
            continue
        name = key.value
        if key.style is None and key.tag in (_TAG + "bool", _TAG + "null"):
            result.slips.append(_slip(line, (*path, name), "bool_key", f"“{name}”在 YAML 中是真假值，不能作键：请换一个词。",
                                      f"“{name}” is a truth value in YAML and no key: use another word."))  # fmt: skip
            continue
        if name in found:
            result.slips.append(_slip(line, (*path, name), "twice", f"“{name}”写了两次：请合并或删去一个。",
                                      f"“{name}” stands twice: join them or take one out."))  # fmt: skip
            continue
        result.lines[(*path, name)] = line
        found[name] = _value(child, (*path, name), result)
    return found


def _scalar(node: ScalarNode) -> Any:
    """Plain values: whole numbers, truth, nothing, text. A number with decimals stays text, so no float ever arises."""
    tag, value = str(node.tag).removeprefix(_TAG), str(node.value)
    if node.style is not None or tag not in ("int", "bool", "null"):
        return value
    if tag == "int":
        return int(value) if value.lstrip("+-").isdigit() else value
    return value.lower() == "true" if tag == "bool" else None

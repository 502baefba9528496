"""Telegram's ways to format text, read as strictly as its server does: what is left is what a user sees."""

from collections.abc import Callable, Mapping
import html
import re
from typing import Final

from .faults import BadRequestError

_LEGACY_MARKS: Final = "_*`["
_RESERVED: Final = frozenset("_*[]()~`>#+-=|{}.!")
_LAST_ESCAPABLE: Final = 126
_MARKS: Final = ("__", "||", "_", "*", "~", "[")
_LINK: Final = re.compile(r"\((?:[^()\\\n]|\\.)*\)")
_TAGS: Final = frozenset(
    "b strong i em u ins s strike del span tg-spoiler a tg-emoji code pre blockquote".split()  # noqa: SIM905 - as a line
)
_ENTITY: Final = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);?")
_HTML: Final = re.compile(r"<(?P<end>/?)(?P<name>[^\s<>/]*)(?P<rest>[^<>]*)>|<")


def plain(text: str, parse_mode: str | None) -> str:
    """Return what a user sees of a text. Raises ``BadRequestError`` as Telegram refuses to read it."""
    if not parse_mode:
        return text
    reader = _READERS.get(parse_mode.lower())
    if reader is None:
        raise BadRequestError("unsupported parse_mode")
    return reader(text)


def _refuse(reason: str) -> BadRequestError:
    return BadRequestError(f"can't parse entities: {reason}")


def _offset(text: str, index: int) -> int:
    return len(text[:index].encode())


def _legacy(text: str) -> str:
    shown, index = [], 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] in tuple(_LEGACY_MARKS):
            shown.append(text[index + 1])
            index += 2
        elif text[index] in _LEGACY_MARKS:
            inner, index = _legacy_entity(text, index)
            shown.append(inner)
        else:
            shown.append(text[index])
            index += 1
    return "".join(shown)


def _legacy_entity(text: str, begin: int) -> tuple[str, int]:
    """Return an entity's text and where it ends. There is no escaping and no nesting within."""
    mark = "```" if text.startswith("```", begin) else text[begin]
    end_mark = "]" if mark == "[" else mark
    end = text.find(end_mark, begin + len(mark))
    if end < 0:
        raise _refuse(f"Can't find end of the entity starting at byte offset {_offset(text, begin)}")
    inner, after = text[begin + len(mark) : end], end + len(end_mark)
    if mark == "[" and text.startswith("(", after):
        close = text.find(")", after)
        after = close + 1 if close >= 0 else len(text)
    return inner, after


def _v2(text: str) -> str:
    shown: list[str] = []
    opened: list[tuple[str, int]] = []
    index = 0
    while index < len(text):
        if text[index] == "\\" and 0 < ord(text[index + 1 : index + 2] or "\0") <= _LAST_ESCAPABLE:
            shown.append(text[index + 1])
            index += 2
        elif text[index] == "`":
            inner, index = _v2_code(text, index)
            shown.append(inner)
        elif text[index] in _RESERVED:
            index = _v2_mark(text, index, opened)
        else:
            shown.append(text[index])
            index += 1
    if opened:
        mark, begin = opened[-1]
        raise _refuse(f"Can't find end of {_V2_NAMES[mark]} entity at byte offset {begin}")
    return "".join(shown)


_V2_NAMES: Final = {
    "__": "Underline",
    "||": "Spoiler",
    "_": "Italic",
    "*": "Bold",
    "~": "Strikethrough",
    "[": "TextUrl",
}


def _v2_code(text: str, begin: int) -> tuple[str, int]:
    mark = "```" if text.startswith("```", begin) else "`"
    found = re.compile(r"((?:[^`\\]|\\.)*)" + mark, re.DOTALL).match(text, begin + len(mark))
    if found is None:
        name = "Pre" if mark == "```" else "Code"
        raise _refuse(f"Can't find end of {name} entity at byte offset {_offset(text, begin)}")
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), found.end()


def _v2_mark(text: str, index: int, opened: list[tuple[str, int]]) -> int:
    """Open or close an entity, and return where the text goes on."""
    if text[index] == "]" and opened and opened[-1][0] == "[":
        opened.pop()
        link = _LINK.match(text, index + 1)
        return link.end() if link else index + 1
    if text[index] == ">" and (index == 0 or text[index - 1] == "\n"):
        return index + 1
    mark = next((mark for mark in _MARKS if text.startswith(mark, index)), None)
    if mark is None:
        raise _refuse(f"Character '{text[index]}' is reserved and must be escaped with the preceding '\\'")
    if opened and opened[-1][0] == mark:
        opened.pop()
    else:
        opened.append((mark, _offset(text, index)))
    return index + len(mark)


def _html(text: str) -> str:
    shown: list[str] = []
    opened: list[str] = []
    last = 0
    for tag in _HTML.finditer(text):
        shown.append(_unescaped(text[last : tag.start()]))
        last = tag.end()
        name, at = (tag["name"] or "").lower(), f"at byte offset {_offset(text, tag.start())}"
        if tag["end"]:
            if not opened or opened[-1] != name:
                expected = f', expected "</{opened[-1]}>", found "</{name}>"' if opened else ""
                raise _refuse(f"Unmatched end tag {at}{expected}" if opened else f"Unexpected end tag {at}")
            opened.pop()
        elif name not in _TAGS:
            raise _refuse(f'Unsupported start tag "{name}" {at}')
        else:
            opened.append(name)
    if opened:
        raise _refuse(f'Can\'t find end tag corresponding to start tag "{opened[-1]}"')
    return "".join([*shown, _unescaped(text[last:])])


def _unescaped(text: str) -> str:
    """Replace the few entities Telegram knows; others are shown as they came."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


_READERS: Final[Mapping[str, Callable[[str], str]]] = {"markdown": _legacy, "markdownv2": _v2, "html": _html}

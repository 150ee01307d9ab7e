"""The prose of a model card: which sections it has.

Only headings are told, as a reader of the rendered page sees them; the prose is for people. Every line is looked at
once, so that a card takes time by its length, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LARGEST: Final = 256 * 1024
"""Bytes; more is no prose."""

_FRONT: Final = re.compile(r"---[ \t]*\n(.*?\n|)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_ATX: Final = re.compile(r" {0,3}(#{1,6})(?![^ \t])(.*)")
_CLOSING: Final = re.compile(r"(?:^|[ \t])#+[ \t]*\Z")
_FENCE: Final = re.compile(r" {0,3}(`{3,}(?=[^`]*\Z)|~{3,})")
_UNDERLINE: Final = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_RULE: Final = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
# What begins something else than a paragraph: an item of a list, a quotation, a piece of HTML.
_OTHER: Final = re.compile(r" {0,3}(?:[-+*](?:[ \t]|\Z)|[0-9]{1,9}[.)](?:[ \t]|\Z)|>|<)")
_ITEM: Final = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)])(?: {1,4}(?! )| )?")
_LINK: Final = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*\)|\[[^\[\]]*\])")
_MARKS: Final = re.compile(r"[*`]+|(?<![^\W_])_+|_+(?![^\W_])")


def front_matter(text: str) -> str | None:
    """The YAML between two lines of `---` at the very beginning of a card; None where it has none."""
    found = _FRONT.match(text)
    return None if found is None else found[1]


def sections(text: str) -> tuple[str, ...]:
    """The headings of a card in their order, without marks: `## **Known** limits ##` is "Known limits".

    Front matter, fenced and indented code, and comments have none; nor has what lists and quotations hold.
    """
    found = _FRONT.match(text)
    body = text if found is None else text[found.end() :]
    return tuple(title for raw in _headings(body) if (title := _plain(raw)))


def _headings(text: str) -> Iterator[str]:
    paragraph: list[str] = []
    inside = 0
    for line in _prose(text):
        if inside and line.strip() and _indent(line) >= inside:
            # It belongs to the item of a list; behind a heading there no paragraph goes on.
            paragraph = [] if _ATX.fullmatch(line, inside) or _RULE.fullmatch(line, inside) else [""]
            continue
        # A line that continues a paragraph leaves it where it is; every other one with letters ends the item.
        is_lazy = bool(paragraph) and not (_ATX.fullmatch(line) or _RULE.fullmatch(line))
        inside = inside if is_lazy or not line.strip() else 0
        if paragraph and paragraph[0] and _UNDERLINE.fullmatch(line):
            yield " ".join(paragraph)
            paragraph = []
        elif heading := _ATX.fullmatch(line):
            yield _CLOSING.sub("", heading[2])
            paragraph = []
        elif not line.strip() or _RULE.fullmatch(line):
            paragraph = []
        elif _OTHER.match(line):
            # Its lines are no heading even where a line of hyphens follows.
            paragraph = [""]
            item = _ITEM.match(line)
            inside = max(len(item[0]), len(item[0].strip()) + 1) if item is not None else 0
        elif paragraph or not line.startswith(("    ", "\t")):
            paragraph.append(line.strip())


def _prose(text: str) -> Iterator[str]:
    """The lines that are neither fenced code nor comment; a rule stands where such a block was."""
    fence = ""
    is_comment = False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if is_comment:
            is_comment = "-->" not in line
        elif fence:
            closing = line.strip()
            if _indent(line) < 4 and len(closing) >= len(fence) and closing == fence[0] * len(closing):
                fence = ""
        elif opened := _FENCE.match(line):
            fence = opened[1]
            yield " " * _indent(line) + "***"
        elif _indent(line) < 4 and line.lstrip(" ").startswith("<!--"):
            is_comment = "-->" not in line
            yield " " * _indent(line) + "***"
        else:
            yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _plain(raw: str) -> str:
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", raw)).split())

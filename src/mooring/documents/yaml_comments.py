"""Which key or item each comment of a YAML text belongs to.

A comment on a line of its own belongs to what comes below it, or to the end of the collection that it is indented
as; one behind something belongs to that. A blank line is kept beside a comment and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from mooring.documents.yaml_reader import JsonValue, Parsed

BLANK: Final = ""
"""A blank line among comments."""

_MARK = re.compile(r"#[^\n]*+|\n|---|[-\[\]{}:,]")
_IN_HEADER = re.compile(r"[|>][^ #\n]*+[ ]++(#[^\n]*+)")
_TRAILING: Final = " \t\r"

_Piece: TypeAlias = "tuple[int, str, Entry | None]"


@dataclass(slots=True, eq=False)
class Entry:
    """A key or an item with its value, and the comments about it; the top of a text has neither key nor parent."""

    key: str | None
    value: JsonValue
    parent: Entry | None
    children: list[Entry] = field(default_factory=list)
    column: int = 0
    """Where its children begin, from 0."""
    is_block: bool = False
    """Whether its children are written on lines of their own."""
    head: list[str] = field(default_factory=list)
    """Lines above it."""
    side: list[str] = field(default_factory=list)
    """What stands behind it."""
    foot: list[str] = field(default_factory=list)
    """Lines below its last child."""
    has_comments: bool = False
    """Whether any are about what lies inside it."""

    @property
    def is_item(self) -> bool:
        """Whether it stands behind a dash."""
        return self.key is None and self.parent is not None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A comment on a line of its own that has met nothing yet."""

    column: int
    text: str
    blank_above: bool


def read_comments(text: str, parsed: Parsed) -> Entry:
    """The entries of a text that was read as `parsed`, each with its comments."""
    reader = _Reader(text, parsed)
    reader.run()
    return reader.root


def comments_in(text: str, parsed: Parsed) -> list[str]:
    """All comments of a text in its order, without white space at their ends."""
    found: list[str] = []
    edge = 0
    for start, end in [*parsed.scalars, (len(text), len(text))]:
        found += [mark.group() for mark in _MARK.finditer(text, edge, start) if mark.group()[0] == "#"]
        if text[start : start + 1] in ("|", ">") and (header := _IN_HEADER.match(text, start, end)):
            found.append(header.group(1))
        edge = end
    return [comment.rstrip(_TRAILING) for comment in found]


class _Reader:
    """One pass over the marks of a text, in step with its entries."""

    def __init__(self, text: str, parsed: Parsed) -> None:
        self._text = text
        self._parsed = parsed
        self._scalars: list[Entry] = []  # whose key or value each scalar is
        self._opened: dict[int, Entry] = {}  # whose collection begins or ends at an index
        self._dashes: list[Entry] = []
        self._entries: list[Entry] = []
        self.root = self._build()
        self._last = self.root  # what the mark read last belongs to
        self._waiting: list[_Waiting] = []
        self._newlines = 0
        self._begins_line = True

    def _build(self) -> Entry:
        collections = iter(self._parsed.collections)
        root = Entry(None, self._parsed.value, None)
        stack = [root]
        while stack:
            entry = stack.pop()
            self._entries.append(entry)
            if entry.is_item and entry.parent is not None and entry.parent.is_block:
                self._dashes.append(entry)
            if entry.key is not None:
                self._scalars.append(entry)
            if not isinstance(entry.value, (dict, list)):
                self._scalars.append(entry)
                continue
            start, end = next(collections)
            entry.is_block = self._text[start] not in "[{"
            entry.column = self._column(start, entry)
            if not entry.is_block:
                self._opened[start] = self._opened[end - 1] = entry
            if isinstance(entry.value, dict):
                entry.children = [Entry(key, item, entry) for key, item in entry.value.items()]
            else:
                entry.children = [Entry(None, item, entry) for item in entry.value]
            stack.extend(reversed(entry.children))
        return root

    def _column(self, start: int, entry: Entry) -> int:
        column = start - (self._text.rfind("\n", 0, start) + 1)
        parent = entry.parent
        # A list may stand at the column of its key; a comment there is then about the next key.
        is_unindented = entry.key is not None and parent is not None and column == parent.column
        return column + 1 if is_unindented else column

    def run(self) -> None:
        for index, mark, owner in self._pieces():
            if mark == "\n":
                self._newlines += 1
                self._begins_line = True
            elif mark.startswith("#"):
                self._comment(index, mark.rstrip(_TRAILING))
            elif mark != "---":  # what stands behind '---' is about the whole document
                if owner is not None:
                    self._meet(index, mark, owner)
                self._newlines = 0
                self._begins_line = False
        self._meet(len(self._text), "", None)
        for entry in reversed(self._entries):  # what lies inside before what it lies in
            entry.has_comments |= bool(entry.foot)
            if entry.parent is not None:
                entry.parent.has_comments |= bool(entry.has_comments or entry.head or entry.side)

    def _pieces(self) -> Iterator[_Piece]:
        """Marks with their index and owner; a scalar is one mark."""
        dashes = iter(self._dashes)
        edge = 0
        ends = (len(self._text), len(self._text))
        for number, (start, end) in enumerate([*self._parsed.scalars, ends]):
            for found in _MARK.finditer(self._text, edge, start):
                mark, index = found.group(), found.start()
                owner = next(dashes) if mark == "-" else self._opened.get(index) if mark in "[]{}" else None
                yield index, mark, owner
            if number < len(self._scalars):
                yield start, "scalar", self._scalars[number]
                if self._text[start] in "|>" and (header := _IN_HEADER.match(self._text, start, end)):
                    yield header.start(1), header.group(1), None
            edge = end

    def _comment(self, index: int, text: str) -> None:
        if self._begins_line:
            column = index - (self._text.rfind("\n", 0, index) + 1)
            self._waiting.append(_Waiting(column, text, self._newlines > 1))
        else:
            self._last.side.append(text)
        self._newlines = 0

    def _meet(self, index: int, mark: str, owner: Entry | None) -> None:
        """Give the comments that wait to what comes below them, or to what ends there."""
        if self._waiting:
            if mark in ("]", "}") and owner is not None:
                owner.foot += _lines(self._waiting)
            else:
                self._share_out(index, owner)
            self._waiting = []
        self._last = owner or self._last

    def _share_out(self, index: int, below: Entry | None) -> None:
        around: set[int] = set()
        outer = below.parent if below is not None else None
        while outer is not None:
            around.add(id(outer))
            outer = outer.parent
        ending: list[Entry] = []
        inner = self._last.parent if below is not None else self._last.parent or self.root
        while inner is not None and id(inner) not in around:
            ending.append(inner)
            inner = inner.parent
        column = -1 if below is None else index - (self._text.rfind("\n", 0, index) + 1)
        for number, waiting in enumerate(self._waiting):
            while ending and not _is_end_of(ending[0], waiting.column, column):
                ending.pop(0)
            if not ending:
                rest = _lines(self._waiting[number:])
                if below is None:
                    self.root.foot += rest
                else:
                    below.head += [*rest, BLANK] if self._newlines > 1 else rest
                return
            ending[0].foot += _lines([waiting])


def _is_end_of(entry: Entry, comment: int, below: int) -> bool:
    """Whether a comment at the column `comment` is indented as the children of an entry that ends there."""
    return entry.is_block and comment > below and comment >= entry.column


def _lines(waiting: list[_Waiting]) -> list[str]:
    return [line for one in waiting for line in ([BLANK] if one.blank_above else []) + [one.text]]

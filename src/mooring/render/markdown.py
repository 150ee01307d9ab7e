"""Markdown for a forge: foreign text stays text, and a page is never longer than a comment may be.

A value stands in a code span, or in a `<code>` element with every sign written as an entity where a span could be left.
Forges look for mentions, issue numbers, commits and emoji in neither.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mooring.render.visible import visible

LIMIT: Final = 65_536
"""The characters that GitHub takes for a comment or a body; counted here as bytes, which are never fewer."""

LONGEST_VALUE: Final = 400
"""Characters of one value; the documents themselves say the rest."""

_SIGNS: Final = {ord(sign): f"&#{ord(sign)};" for sign in string.punctuation}
# An address is found in the text after entities were read; a comment in its middle is no text.
_SIGNS[ord("@")] = "&#64;<!-- -->"


def code(value: str) -> str:
    """A foreign value in a line of Markdown, so that nothing of it is markup; cut where it is too long."""
    shown = _shown(value)
    if not shown.strip():
        return "`-`"
    # A span takes away one blank at each end, and nothing in it has a meaning but the backquote.
    return _entities(shown) if "`" in shown or shown != shown.strip() else f"`{shown}`"


def cell(value: str) -> str:
    """As `code`, in a cell of a table, where a bar or backslash would count before anything else."""
    shown = _shown(value)
    if not shown.strip() or shown == "-":
        return "-"
    return _entities(shown) if "|" in shown or "\\" in shown else code(value)


def _shown(value: str) -> str:
    shown = visible(value)
    return shown if len(shown) <= LONGEST_VALUE else f"{shown[: LONGEST_VALUE - 1]}…"


def _entities(shown: str) -> str:
    return f"<code>{shown.translate(_SIGNS)}</code>"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The head of a table and its rows, each a line; `columns` are our own words, the cells of `rows` foreign ones."""
    head = (f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}")
    return head, tuple(f"| {' | '.join(map(cell, row))} |" for row in rows)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: a title and lines of our own, then rows that may be left out where there is no room.

    A `folded` section shows its title alone until it is opened.
    """

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    folded: bool = False

    def lines(self, shown: int) -> list[str]:
        """The section with its first `shown` rows."""
        left_out = len(self.rows) - shown
        body = [*self.head, *self.rows[:shown]]
        if left_out:
            body += ["", f"… and {left_out:,} more."]
        if not self.folded:
            return [self.title, "", *body, ""] if body else [self.title, ""]
        return [f"<details><summary>{self.title}</summary>", "", *body, "", "</details>", ""]


def bounded(sections: Sequence[Section], *, first: str = "", last: str = "", limit: int = LIMIT) -> str:
    """A page of `sections` in at most `limit` bytes, between the lines `first` and `last`.

    Where they do not fit, the longest give up rows until they do, so that no section starves another; where not even
    the titles fit, the last sections go, and the page says how many.
    """
    ends = _size([first, "", last]) + len("… and 1,000,000 more sections.") + 8
    kept: list[Section] = []
    room = limit - ends
    for section in sections:
        bare = _size(section.lines(0)) + 24
        if bare > room:
            break
        kept.append(section)
        room -= bare
    shares = _shares([_size(section.rows) for section in kept], room)
    lines = [first] if first else []
    for section, share in zip(kept, shares, strict=True):
        lines += section.lines(_fitting(section.rows, share))
    if len(kept) < len(sections):
        lines += [f"… and {len(sections) - len(kept):,} more sections.", ""]
    return "\n".join([*lines, *([last] if last else [])]).rstrip("\n") + "\n"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8")) + 1 for line in lines)


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """How much of `room` each gets: what it needs, where that is less than an equal share of what is left."""
    shares = [0] * len(sizes)
    for rank, place in enumerate(sorted(range(len(sizes)), key=lambda one: sizes[one])):
        shares[place] = min(sizes[place], room // (len(sizes) - rank))
        room -= shares[place]
    return shares


def _fitting(rows: Sequence[str], share: int) -> int:
    """How many of the first rows fit into a share."""
    count = 0
    for row in rows:
        share -= _size([row])
        if share < 0:
            break
        count += 1
    return count

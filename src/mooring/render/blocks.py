"""What a command shows, as a few kinds of blocks; how they look is decided where they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Named values, one a line."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `numbers` are the columns (from 0) that stand to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Prose:
    """Text in lines of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A part that could not be shown, and why: it never hides the rest."""

    text: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a log: a line of aligned cells, and lines of detail below it."""

    cells: Sequence[str]
    details: Sequence[str]


@dataclass(frozen=True, slots=True)
class Log:
    """Events: for people as entries, for programs in a pipe as the rows of a table."""

    entries: Sequence[LogEntry]
    rows: Grid


Block: TypeAlias = Heading | Facts | Grid | Log | Prose | Problem


def left_out(count: int) -> list[Block]:
    """What is said where `count` older rows are not shown; nothing for none."""
    return [Prose(f"--limit 0 shows {count} older too")] if count else []

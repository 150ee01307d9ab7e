"""The words of a comparison: which bump it asks for, what differs, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Bump(IntEnum):
    """The size of a version step, in order: PATCH < MINOR < MAJOR."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Bump:
        """The bump called `major`, `minor` or `patch`; ValueError for any other word."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is not one of major, minor, patch") from None


class Side(StrEnum):
    """Which half of an interface a difference belongs to."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One change a reader can check, with the smallest bump that allows it.

    `place` is the key path inside the schema of `side`: in the new schema, or in the old one for something that
    is gone. `text` is the whole line for people ("amount: number → integer").
    """

    side: Side
    place: tuple[str | int, ...]
    before: str
    after: str
    text: str
    required: Bump

    @property
    def where(self) -> str:
        """The key path in the manifest: `interface.input.properties.amount.type`."""
        return ".".join(("interface", str(self.side), *map(str, self.place)))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The smallest bump two interfaces allow; `certain` is False when it is MAJOR only for want of a proof."""

    required: Bump
    differences: tuple[Difference, ...]
    reason: str
    certain: bool

    def told(self, most: int = 3) -> str:
        """What decided: at most `most` differences with their places, or why nothing could be decided or listed."""
        lines = [f"{one.text} ({one.where})" for one in self.differences if one.required is self.required]
        more = [f"and {len(lines) - most} more"] if len(lines) > most else []
        words = f"{self.reason[:1].lower()}{self.reason[1:]}".removesuffix(".")
        undecided = [] if self.certain and lines else [words]
        return "; ".join([*undecided, *lines[:most], *more])

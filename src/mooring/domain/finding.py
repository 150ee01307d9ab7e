"""Findings: what a rule has to say, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KeyPath = tuple[str | int, ...]


class Level(StrEnum):
    """How much a finding weighs: an error fails the check; a warning, and an error that is waived, do not."""

    ERROR = "error"
    WARNING = "warning"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file and a key path in it; lines are looked up only when a finding is printed."""

    path: str
    keys: KeyPath = ()

    def __str__(self) -> str:
        return self.path + (":" + ".".join(str(key) for key in self.keys) if self.keys else "")


@dataclass(frozen=True, slots=True)
class Waived:
    """Why an error is tolerated, on whose word, and until when; as `registry/waivers.yaml` of the base says it."""

    reason: str
    approved_by: str
    expires: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one rule.

    `value` is the canonical text of what stands at the place: two findings are the same finding, in base and in head,
    only when rule, place and value agree (DESIGN section 10). `line` and `column` are set where the text could not
    be read as a document, so that no key path exists. `waiver` is set where, and only where, the level is WAIVED.
    """

    rule: str
    place: Place
    message: str
    hint: str | None = None
    level: Level = Level.ERROR
    value: str = ""
    line: int | None = None
    column: int | None = None
    commit: str | None = None
    waiver: Waived | None = None

    @property
    def identity(self) -> tuple[str, Place, str]:
        """What makes two findings the same one."""
        return (self.rule, self.place, self.value)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is no document of its kind; `line` and `column` (1-based) tell where, in the text that was read."""

    rule: str
    keys: KeyPath
    message: str
    hint: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that should be a document and is not: an answer like any other, so that one never blinds the rest."""

    path: str
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        first = self.problems[0]
        where = self.path + (f":{first.line}:{first.column}" if first.line is not None else "")
        keys = ".".join(str(key) for key in first.keys)
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"{where}: {keys + ': ' if keys else ''}{first.message}{more}"

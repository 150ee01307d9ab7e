"""What Git tells its hooks about a push. Imports nothing heavy: most pushes concern no guarded ref and end here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mooring.errors import UsageError
from mooring.stores.git.grammar import is_oid

STATEMENTS = "refs/mooring/"
"""Below it lie approvals and checks, and nothing that a server takes unread."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a push is refused: which rule, where, what is wrong and what to do."""

    rule: str
    place: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class RefLine:
    """One line of what Git gives `pre-receive`: a ref, and its value before and after (None: it does not exist)."""

    old: str | None
    new: str | None
    ref: str


@dataclass(frozen=True, slots=True)
class PushLine:
    """One line of what Git gives `pre-push`: what goes where (None: it is deleted, or is new there)."""

    local: str | None
    remote_ref: str
    remote: str | None


def parse_ref_lines(text: str) -> tuple[RefLine, ...]:
    """The lines `OLD NEW REF` of `pre-receive`; raises UsageError for anything else."""
    found: list[RefLine] = []
    for line in text.splitlines():
        words = line.split(" ", 2)
        if len(words) != 3 or not is_oid(words[0]) or not is_oid(words[1]):
            raise _odd("pre-receive", line)
        found.append(RefLine(_oid(words[0]), _oid(words[1]), words[2]))
    return tuple(found)


def parse_push_lines(text: str) -> tuple[PushLine, ...]:
    """The lines `LOCAL-REF LOCAL-OID REMOTE-REF REMOTE-OID` of `pre-push`; raises UsageError for anything else."""
    found: list[PushLine] = []
    for line in text.splitlines():
        words = line.split(" ")
        if len(words) != 4 or not is_oid(words[1]) or not is_oid(words[3]):
            raise _odd("pre-push", line)
        found.append(PushLine(_oid(words[1]), words[2], _oid(words[3])))
    return tuple(found)


def guarded(lines: Iterable[RefLine], main_ref: str) -> bool:
    """Whether a push concerns main (or a branch that differs from it by capitals) or an approval."""
    return any(
        line.ref.casefold() == main_ref.casefold() or line.ref.startswith(STATEMENTS) for line in lines
    )


def _oid(text: str) -> str | None:
    return text if text.strip("0") else None


def _odd(hook: str, line: str) -> UsageError:
    return UsageError(f"not a line of {hook}: {line!r}", "Git itself runs this hook; see githooks(5).")

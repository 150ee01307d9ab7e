"""Which pointers a change moves, and what each move is: a promotion, a rollback, or the revert of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mooring.domain.change import Change, FileChange
from mooring.domain.events import EventKind, PointerHistory, judge
from mooring.domain.finding import KeyPath, Unreadable
from mooring.domain.layout import FileKind
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry


@dataclass(frozen=True, slots=True)
class PointerMove:
    """One pointer that differs between base and head; `restores` is None where its new state never was there before."""

    environment: str
    model: str
    path: str
    before: Pointer | Unreadable | None
    after: Pointer | Unreadable | None
    blob: str | None
    history: PointerHistory
    restores: EventKind | None

    @property
    def command(self) -> str:
        """The beginning of the command that promotes this model to this environment."""
        return f"mooring promote {self.model}@VERSION --to {self.environment}"


@dataclass(frozen=True, slots=True)
class NewPointer:
    """A move to a readable pointer that never was there before: what most rules about promotions look at."""

    move: PointerMove
    after: Pointer


def moves(change: Change) -> tuple[PointerMove, ...]:
    """Every pointer that the change moves, by path."""
    return tuple(_move(change, file) for file in change.of_kind(FileKind.POINTER) if not _same_bytes(file))


def _same_bytes(file: FileChange) -> bool:
    """Whether only the right to run the file differs: the pointer says what it said."""
    before, after = file.before, file.after
    if before is None or after is None:
        return False
    return before.oid == after.oid and before.is_regular and after.is_regular


def new_pointers(change: Change) -> tuple[NewPointer, ...]:
    """The moves that restore nothing: rollbacks were judged when their state was new, and unreadable ones say
    nothing.
    """
    return tuple(
        NewPointer(move, move.after)
        for move in moves(change)
        if move.restores is None and isinstance(move.after, Pointer)
    )


def named_versions(pointer: Pointer) -> Iterator[tuple[KeyPath, str]]:
    """Every version that a pointer lets answer, with its key path: its own, then the others of an A/B test."""
    if pointer.version is not None:
        yield ("version",), pointer.version
    weights = pointer.rollout.weights if pointer.rollout is not None else {}
    for version in weights:
        if version != pointer.version:
            yield ("rollout", "weights", version), version


def _move(change: Change, file: FileChange) -> PointerMove:
    identity = file.identity
    environment = (identity.environment if identity else None) or ""
    model = (identity.model if identity else None) or ""
    history = change.past.of(environment, model)
    blob = _blob(file.after)
    return PointerMove(
        environment,
        model,
        file.path,
        change.base.load(file.path, Pointer),
        change.head.load(file.path, Pointer),
        blob,
        history,
        judge(history, blob),
    )


def _blob(entry: Entry | None) -> str | None:
    return None if entry is None or entry.kind != "blob" else entry.oid

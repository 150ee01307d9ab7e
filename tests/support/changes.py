"""Changes between two states of a registry held in memory, with a history of main before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from mooring.documents.memory import MemoryFiles
from mooring.domain import layout
from mooring.domain.change import Change, FileChange
from mooring.domain.events import Moment, PointerHistory, Step, fold_pointer
from mooring.domain.layout import FileKind
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry, Registry
from tests.support.said import SaidProofs

State = Mapping[str, bytes]
DAY = 86_400
START = 1_767_323_045


class MemoryPast:
    """The history of pointers over `states`, one first-parent commit a day, the last of them the base of a change."""

    def __init__(self, states: Sequence[State], *, complete: bool = True) -> None:
        self._states = [MemoryFiles({}), *(MemoryFiles(state) for state in states)]
        self._complete = complete

    def is_complete(self) -> bool:
        """Whether the whole history is there."""
        return self._complete

    def of(self, environment: str, model: str) -> PointerHistory:
        """All that ever happened to one pointer, oldest first."""
        path = layout.pointer_path(environment, model)
        steps, documents = [], {}
        for number, (before, after) in enumerate(zip(self._states, self._states[1:], strict=False)):
            old, new = before.entry(path), after.entry(path)
            if (old and old.oid) != (new and new.oid):
                steps.append(Step(_moment(number), old.oid if old else None, new.oid if new else None))
            if new is not None:
                documents[new.oid] = next(after.documents([new], Pointer))[1]
        return fold_pointer(environment, model, path, steps, documents)

    @cached_property
    def _owners(self) -> dict[str, tuple[str, str]]:
        owners: dict[str, tuple[str, str]] = {}
        for number, state in enumerate(self._states[1:]):
            for entry in state.walk(layout.ENVIRONMENTS):
                identity = layout.identify(entry.path)
                if identity is not None and identity.kind is FileKind.POINTER:
                    found = next(state.documents([entry], Pointer))[1]
                    if isinstance(found, Pointer):
                        owners.setdefault(found.promotion, (entry.path, _moment(number).commit))
        return owners

    def promotion_owner(self, promotion: str) -> tuple[str, str] | None:
        """The path and commit of the pointer that first used this promotion id, or None."""
        return self._owners.get(promotion)


def _moment(number: int) -> Moment:
    return Moment(f"{number + 1:02x}" * 20, START + number * DAY, "Alex", "Alex", f"Commit {number + 1}")


def change_between(
    base: State,
    head: State,
    *,
    history: Sequence[State] = (),
    base_modes: Mapping[str, str] | None = None,
    head_modes: Mapping[str, str] | None = None,
    complete: bool = True,
    rewritten: str | None = None,
    author: str | None = None,
    signed: str | None = None,
) -> Change:
    """The change from `base` to `head`; `history` are the states of main before base, oldest first.

    With `signed` (as `SaidProofs` reads it) it is a commit of main.
    """
    before = MemoryFiles(base, base_modes or {}, "b" * 40)
    after = MemoryFiles(head, head_modes or {})
    paths = sorted(base.keys() | head.keys())
    pairs = [(path, before.entry(path), after.entry(path)) for path in paths]
    return Change(
        base=Registry(before),
        head=Registry(after),
        files=tuple(
            FileChange(path, _file(old), _file(new)) for path, old, new in pairs if _file(old) != _file(new)
        ),
        past=MemoryPast([*history, base], complete=complete),
        now=START + len(history) * DAY,
        rewritten=rewritten,
        author=author,
        commit="c" * 40 if signed is not None else None,
        landed=signed is not None,
        proofs=SaidProofs(signed) if signed is not None else None,
    )


def _file(entry: Entry | None) -> Entry | None:
    return None if entry is None or entry.kind == "tree" else entry

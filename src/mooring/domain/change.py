"""Two states of the registry and what lies between them: the only input of rules about history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mooring.domain import layout
from mooring.domain.events import PointerHistory
from mooring.domain.layout import FileKind, Identity
from mooring.domain.proof import Proofs
from mooring.domain.registry import Entry, Registry


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path that differs: `before` is None where it was added, `after` where it was removed."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def identity(self) -> Identity | None:
        """What the path stands for."""
        return layout.identify(self.path)


class PastPointers(Protocol):
    """The history of every pointer up to the base of a change, read when asked."""

    def of(self, environment: str, model: str) -> PointerHistory:
        """All that ever happened to one pointer, oldest first."""

    def promotion_owner(self, promotion: str) -> tuple[str, str] | None:
        """The path and commit of the pointer that first used this promotion id, or None."""

    def is_complete(self) -> bool:
        """Whether the repository has the whole history (a shallow clone has not)."""


@dataclass(frozen=True)
class Change:
    """From `base` to `head`.

    `files` are the differing paths, sorted. `commit` is the commit that makes the change where there is one: a range on
    main is judged commit by commit, a pull request as one change from its base to its merge result.
    `now` is the committer time of the base commit in seconds: rules take no clock (DESIGN section 10). `author` is who
    the commit says made it, `Name <address>`, where it is one: it proves nothing. `landed` says that `commit` is on
    main already, and nobody can make another one of it; `proofs` tell who provably made what.
    """

    base: Registry
    head: Registry
    files: Sequence[FileChange]
    past: PastPointers
    now: int
    commit: str | None = None
    rewritten: str | None = None
    author: str | None = None
    landed: bool = False
    proofs: Proofs | None = None
    _by_kind: dict[FileKind, tuple[FileChange, ...]] = field(default_factory=dict, repr=False, compare=False)

    def of_kind(self, kind: FileKind) -> tuple[FileChange, ...]:
        """The changed files that stand for something of `kind`."""
        if not self._by_kind:
            found: dict[FileKind, list[FileChange]] = {}
            for change in self.files:
                if (identity := change.identity) is not None:
                    found.setdefault(identity.kind, []).append(change)
            self._by_kind.update({key: tuple(value) for key, value in found.items()})
        return self._by_kind.get(kind, ())

    def changed(self) -> Mapping[str, FileChange]:
        """The changed files by path."""
        return {change.path: change for change in self.files}

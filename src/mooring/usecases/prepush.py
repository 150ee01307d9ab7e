"""What a clone pushes by hand: a pointer on main is not among it. A convenience; the server's hook is the control."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mooring.domain import layout
from mooring.domain.layout import FileKind, Identity
from mooring.domain.pointer import Pointer
from mooring.stores.hub import Hub
from mooring.usecases.pushed import PushLine


@dataclass(frozen=True, slots=True)
class UnreviewedPointer:
    """A pointer that a push by hand would change on main."""

    path: str
    environment: str
    model: str
    version: str | None

    @property
    def command(self) -> str:
        """What to run in place of the push."""
        if self.version is None:
            return f"mooring withdraw {self.model} --from {self.environment} --reason '...'"
        return f"mooring promote {self.model}@{self.version} --to {self.environment} --reason '...'"


def unreviewed(hub: Hub, lines: Iterable[PushLine]) -> tuple[UnreviewedPointer, ...]:
    """The pointers that the push of `lines` would change on main, by path.

    Where the remote's main is not known here, Git will refuse the push anyway, so nothing is said.
    """
    found: list[UnreviewedPointer] = []
    for line in lines:
        if line.remote_ref != f"refs/heads/{hub.branch}" or line.local is None:
            continue
        if line.remote is not None and not hub.repository.has_object(line.remote):
            continue
        registry = hub.registry(line.local)
        for change in hub.repository.changed_paths(line.remote, line.local, [layout.ENVIRONMENTS]):
            identity = layout.identify(change.path)
            if identity is not None and identity.kind is FileKind.POINTER:
                pointer = registry.load(change.path, Pointer) if change.new_oid is not None else None
                found.append(_told(change.path, identity, pointer))
    return tuple(found)


def _told(path: str, identity: Identity, pointer: object) -> UnreviewedPointer:
    version = pointer.version if isinstance(pointer, Pointer) else None
    return UnreviewedPointer(path, identity.environment or "", identity.model or "", version)

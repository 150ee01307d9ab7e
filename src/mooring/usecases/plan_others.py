"""What a change does besides moving pointers and registering versions, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mooring.domain import layout
from mooring.domain.change import Change, FileChange
from mooring.domain.layout import FileKind, Identity
from mooring.domain.model import VersionStatus

MOST: Final = 20
_OF_STEPS: Final = frozenset({FileKind.POINTER, FileKind.MANIFEST})


def others_of(change: Change) -> tuple[str, ...]:
    """The other changes of registry files, at most 20 of them by name, and how many files lie elsewhere."""
    found = [line for file in change.files if (line := _line(change, file)) is not None]
    lines = found[:MOST]
    if len(found) > MOST:
        lines.append(f"and changes {len(found) - MOST} more files of the registry")
    outside = sum(file.identity is None and not layout.is_registry_path(file.path) for file in change.files)
    if outside:
        lines.append(f"changes {outside} file{'s' if outside > 1 else ''} outside the registry")
    return tuple(lines)


def _line(change: Change, file: FileChange) -> str | None:
    place = file.identity
    verb = "adds" if file.before is None else "removes" if file.after is None else "changes"
    if place is None:
        stray = layout.is_registry_path(file.path) and layout.version_of_path(file.path) is None
        return f"{verb} {file.path}" if stray else None
    if place.kind in _OF_STEPS and not (place.kind is FileKind.MANIFEST and file.before is not None):
        return None
    return next(_told(change, file.path, place, verb), None)


def _told(change: Change, path: str, place: Identity, verb: str) -> Iterator[str]:
    ref = f"{place.model}@{place.version}"
    match place.kind:
        case FileKind.STATUS:
            status = change.head.load(path, VersionStatus)
            where = (
                f" in {', '.join(status.environments)}"
                if isinstance(status, VersionStatus) and status.environments
                else ""
            )
            if isinstance(status, VersionStatus):
                yield f"{ref} becomes {status.state}{where}: {status.reason}"
            else:
                yield f"{verb} the status of {ref}"
        case FileKind.MODEL:
            yield f"{verb} the model {place.model}"
        case FileKind.CARD:
            yield f"{verb} the card of {ref}"
        case FileKind.SIGNATURE:
            yield f"{verb} the signature of {ref}"
        case FileKind.POLICY:
            yield f"{verb} the policy of {place.environment}"
        case FileKind.MANIFEST:
            yield f"{verb} the manifest of {ref}"
        case FileKind.ARTIFACT:
            return
        case _:
            yield f"{verb} {path}"

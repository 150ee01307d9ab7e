"""Objects of a remote held against the local files that they should be: DVC only looks at their names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mooring.errors import MooringError, UnavailableError
from mooring.stores.artifacts import Limits
from mooring.stores.remotes import FolderRemote, Presence, Remote

_REACH: Final = 10.0


@dataclass(frozen=True, slots=True)
class LocalObject:
    """One object of the remote with the local file that has its bytes."""

    md5: str
    source: Path
    size: int


def is_there(remote: Remote, md5: str) -> bool:
    """Whether an object is in the remote, of whatever bytes; UnavailableError when the remote does not say."""
    look = remote.look(md5, seconds=_REACH)
    if look.presence is Presence.UNKNOWN:
        # The first push makes the folder; a folder whose parent is missing too is a disk that is not mounted.
        if isinstance(remote, FolderRemote) and not remote.folder.exists() and remote.folder.parent.is_dir():
            return False
        raise UnavailableError(
            f"the remote {remote.name} cannot be reached: {look.reason}",
            "Nothing was stored. Check the network, the credentials and the URL.",
        )
    return look.presence is Presence.PRESENT


def is_right(one: LocalObject, remote: Remote, *, read: bool) -> bool:
    """Whether the remote has the object with the right size and, when it is `read`, the right bytes."""
    look = remote.look(one.md5, seconds=_REACH)
    if look.presence is not Presence.PRESENT or (look.size is not None and look.size != one.size):
        return False
    return not read or _holds(one, remote)


def _holds(one: LocalObject, remote: Remote) -> bool:
    """Whether the remote's object has the very bytes of the local file."""
    deadline = Limits().deadline(one.size)
    try:
        with one.source.open("rb") as file:
            for chunk in remote.chunks(one.md5, deadline):
                deadline.check(f"the remote {remote.name}")
                if chunk != file.read(len(chunk)):
                    return False
            return not file.read(1)
    except UnavailableError:
        raise
    except MooringError:
        return False

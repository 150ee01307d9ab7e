"""Where the bytes of artifacts lie: DVC's content-addressed layout, read without DVC.

DVC stores; reading for use never runs it. A remote answers whether an object is there and gives its bytes. It is no
trust boundary: whoever reads compares the bytes with the manifest.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from mooring.documents.dvcconfig import RemoteConfig
from mooring.errors import IntegrityError, NotFoundError, UnavailableError
from mooring.stores.deadline import Deadline, call_within, iterate_within

CHUNK: Final = 2**20
"""Bytes that are read at once."""

STALL: Final = 30.0
"""Seconds without a byte after which a remote is given up."""

_MD5: Final = re.compile(r"[0-9a-f]{32}(?:\.dir)?")


class Presence(StrEnum):
    """Whether an object is in a remote; `unknown` when the remote did not say in time."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Look:
    """What a remote says about an object: is it there, with how many bytes, and why that is not known."""

    presence: Presence
    size: int | None = None
    reason: str | None = None


class Remote(Protocol):
    """A store of objects by MD5, in DVC 3's layout."""

    @property
    def name(self) -> str:
        """The remote's name in DVC's configuration."""

    def address(self, md5: str) -> str:
        """Where an object is, for people."""

    def look(self, md5: str, *, seconds: float = 2.0) -> Look:
        """Whether an object is there, answered within `seconds`.

        Raises IntegrityError when the remote's host key is not the one known; nothing else.
        """

    def chunks(self, md5: str, deadline: Deadline) -> Iterator[bytes]:
        """The bytes of an object, in pieces.

        Raises NotFoundError without the object, UnavailableError when the remote fails, is silent or `deadline` passes,
        IntegrityError when its host key is not the one known.
        """


def object_key(md5: str) -> str:
    """The key of an object in DVC 3's layout: `files/md5/ab/cdef...`."""
    if not _MD5.fullmatch(md5):
        raise IntegrityError(f"{md5!r} is no MD5 that DVC could have written")
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def missing(remote: Remote, md5: str) -> NotFoundError:
    """The error that says that `remote` does not have an object."""
    return NotFoundError(
        f"the remote {remote.name} has no object {md5}: {remote.address(md5)}",
        "Store it again from a copy ('dvc push', or 'mooring doctor --heal'), or name another remote.",
    )


@dataclass(frozen=True, slots=True)
class InnerRemote:
    """A remote inside the repository, read from a commit's tree: `read` gives the bytes at a path, or None."""

    name: str
    folder: str
    read: Callable[[str], bytes | None]

    def address(self, md5: str) -> str:
        """The path in the repository."""
        return f"{self.folder}/{object_key(md5)}"

    def look(self, md5: str, *, seconds: float = 2.0) -> Look:  # noqa: ARG002 - a tree answers at once
        """Whether the commit has the object."""
        data = self.read(self.address(md5))
        return Look(Presence.MISSING) if data is None else Look(Presence.PRESENT, len(data))

    def chunks(self, md5: str, deadline: Deadline) -> Iterator[bytes]:
        """The object's bytes."""
        data = self.read(self.address(md5))
        if data is None:
            raise missing(self, md5)
        for start in range(0, len(data), CHUNK):
            deadline.check(f"the remote {self.name}")
            yield data[start : start + CHUNK]


@dataclass(frozen=True, slots=True)
class FolderRemote:
    """A remote that is a folder of this machine, or of a network file system."""

    name: str
    folder: Path

    def address(self, md5: str) -> str:
        """The file's path."""
        return str(self.folder / object_key(md5))

    def look(self, md5: str, *, seconds: float = 2.0) -> Look:
        """Whether the file is there; unknown when even the remote's folder is not, as before a mount."""
        what = f"the remote {self.name}"
        try:
            return call_within(Deadline(seconds), what, lambda: self._look(md5))
        except (OSError, UnavailableError) as error:
            return Look(Presence.UNKNOWN, reason=str(error))

    def _look(self, md5: str) -> Look:
        try:
            found = os.lstat(self.address(md5))
        except (FileNotFoundError, NotADirectoryError):
            if not self.folder.is_dir():
                return Look(Presence.UNKNOWN, reason=f"there is no folder {self.folder}")
            return Look(Presence.MISSING)
        if not stat.S_ISREG(found.st_mode):
            return Look(Presence.UNKNOWN, reason=f"{self.address(md5)} is no regular file")
        return Look(Presence.PRESENT, found.st_size)

    def chunks(self, md5: str, deadline: Deadline) -> Iterator[bytes]:
        """The file's bytes; links and devices are refused."""
        try:
            yield from iterate_within(
                deadline, f"the remote {self.name}", lambda: self._read(md5), stall=STALL
            )
        except (FileNotFoundError, NotADirectoryError):
            if self.folder.is_dir():
                raise missing(self, md5) from None
            raise UnavailableError(
                f"the folder of the remote {self.name} is not there: {self.folder}",
                "Is the disk mounted, and the path in DVC's configuration right?",
            ) from None
        except OSError as error:
            raise UnavailableError(f"the remote {self.name} cannot be read: {error}") from error

    def _read(self, md5: str) -> Iterator[bytes]:
        # Without O_NONBLOCK, opening a pipe that somebody put there would wait for ever.
        handle = os.open(self.address(md5), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(f"{self.address(md5)} is no regular file")
            while chunk := os.read(handle, CHUNK):
                yield chunk
        finally:
            os.close(handle)


def open_remote(config: RemoteConfig, *, read: Callable[[str], bytes | None] | None = None) -> Remote:
    """The remote that `config` describes; `read` gives files of the commit, for a remote inside the repository.

    Nothing is reached yet. Raises UnavailableError, naming what to install, where the library for the URL is missing.
    """
    if config.inner is not None and read is not None:
        return InnerRemote(config.name, config.inner, read)
    if config.scheme:
        from mooring.stores.fsspec_remote import FsspecRemote

        return FsspecRemote.open(config)
    if not config.url:
        raise UnavailableError(
            f"the remote {config.name} is the folder {config.inner!r} of a work tree, and there is none here"
        )
    return FolderRemote(config.name, Path(config.url))


def first_known(looks: Iterable[Look]) -> Presence:
    """One answer of several remotes: present in any, missing only where all say so, else unknown."""
    found = [look.presence for look in looks]
    if Presence.PRESENT in found:
        return Presence.PRESENT
    return Presence.UNKNOWN if Presence.UNKNOWN in found or not found else Presence.MISSING

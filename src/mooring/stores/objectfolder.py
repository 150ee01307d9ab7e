"""A folder of files named by their SHA-256: written whole or not at all, and never trusted when read.

What is there after a crash or a power cut is an old file, the new one or nothing: a file is written under a passing
name, synchronised, renamed, and the folder synchronised. Passing names are locked while somebody writes, so whoever
comes next can tell what a killed process left behind, and remove it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mooring.errors import IntegrityError, UnavailableError
from mooring.stores.deadline import Deadline

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_POLL: Final = 0.02
_WRITE_BACK: Final = 8 * 2**20
_SYNC_FILE_RANGE_WRITE: Final = 2


@dataclass
class Draft:
    """A file that is being written; `size` counts the bytes so far and `sha256` hashes them."""

    path: Path
    handle: int
    size: int = 0
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    _started: int = 0

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes; every one of them is written, or OSError is raised."""
        self.sha256.update(data)
        view = memoryview(data)
        while view:
            # A short write is no error of the kernel's, and has been taken for a whole one before.
            view = view[os.write(self.handle, view) :]
        self.size += len(data)
        if self.size - self._started >= _WRITE_BACK:
            _start_writing(self.handle, self._started, self.size - self._started)
            self._started = self.size


@dataclass(frozen=True, slots=True)
class ObjectFolder:
    """The files below `root`; nothing is ever written outside it."""

    root: Path

    def path(self, sha256: str) -> Path:
        """Where the file with this SHA-256 is or would be."""
        if not _SHA256.fullmatch(sha256):
            raise IntegrityError(f"{sha256!r} is no SHA-256")
        return self.root / "sha256" / sha256[:2] / sha256[2:]

    def check_room(self, size: int) -> None:
        """Raise UnavailableError when the folder cannot be made, or its disk has no room for `size` bytes."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.root).free
        except OSError as error:
            raise self._failed(error) from error
        if free < size:
            raise UnavailableError(
                f"the cache needs {size} bytes and its disk has {free} free: {self.root}",
                "Free some space, or set MOORING_CACHE to a folder on a larger disk.",
            )

    def verified(self, sha256: str, size: int) -> Path | None:
        """The file when all of its bytes are right; None without it. A wrong one is put aside first."""
        path = self.path(sha256)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise UnavailableError(f"the cache cannot be read: {error}") from error
            self.quarantine(path)
            return None
        try:
            right = _is_right(handle, sha256, size)
        except OSError as error:
            raise UnavailableError(f"the cache cannot be read: {error}") from error
        finally:
            os.close(handle)
        if right:
            return path
        self.quarantine(path)
        return None

    def quarantine(self, path: Path) -> None:
        """Put a wrong file aside, for people to look at; a cache that may only be read keeps it."""
        aside = self.root / "quarantine" / f"{path.parent.name}{path.name}.{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            aside.parent.mkdir(parents=True, exist_ok=True)
            path.rename(aside)

    @contextlib.contextmanager
    def draft(self) -> Iterator[Draft]:
        """A new file under a passing name, removed at the end unless it was kept.

        Raises UnavailableError when the disk is full or fails.
        """
        try:
            path, handle = self._create()
        except OSError as error:
            raise self._failed(error) from error
        draft = Draft(path, handle)
        try:
            yield draft
        except OSError as error:
            raise self._failed(error) from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            os.close(handle)

    def _create(self) -> tuple[Path, int]:
        folder = self.root / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = folder / secrets.token_hex(16)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(path, flags, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Between the two calls a sweep may have taken it for left behind.
            if os.fstat(handle).st_nlink:
                return path, handle
            os.close(handle)

    def keep(self, draft: Draft) -> Path:
        """Make `draft` the file of its own SHA-256, for good: it survives a power cut from here on."""
        if os.fstat(draft.handle).st_size != draft.size:
            raise UnavailableError(
                f"the disk kept {os.fstat(draft.handle).st_size} of {draft.size} bytes: {self.root}"
            )
        path = self.path(draft.sha256.hexdigest())
        os.fchmod(draft.handle, 0o444)
        os.fsync(draft.handle)
        for folder in (path.parent.parent, path.parent):
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                sync_folder(folder.parent)
        draft.path.rename(path)
        sync_folder(path.parent)
        return path

    @contextlib.contextmanager
    def locked(self, name: str, deadline: Deadline) -> Iterator[None]:
        """Hold the lock `name` against other processes and threads; UnavailableError when it is not free in time."""
        path = self.root / "locks" / f"{name}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._failed(error) from error
        try:
            self._wait_for(handle, path, deadline)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)

    def _wait_for(self, handle: int, path: Path, deadline: Deadline) -> None:
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if deadline.left <= 0:
                    holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
                    raise UnavailableError(
                        f"process {holder} has been fetching the same file for {deadline.seconds:g} s",
                        f"Its lock is {path}; it is free again when that process ends.",
                    ) from None
                time.sleep(_POLL)

    def sweep(self) -> int:
        """Remove what killed processes left half written; the number of files removed."""
        removed = 0
        with contextlib.suppress(OSError):
            for path in sorted((self.root / "tmp").iterdir()):
                removed += self._remove_if_left(path)
        return removed

    def _remove_if_left(self, path: Path) -> bool:
        if not path.is_file():
            return False
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        except OSError:
            return False
        else:
            return True
        finally:
            os.close(handle)

    def _failed(self, error: OSError) -> UnavailableError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return UnavailableError(
                f"the disk of the cache is full: {self.root}", "Free some space, or set MOORING_CACHE."
            )
        return UnavailableError(
            f"the cache {self.root} cannot be written: {error.strerror or error}",
            "Set MOORING_CACHE to a folder that can be written.",
        )


@functools.cache
def _sync_file_range() -> Callable[..., int] | None:
    import ctypes

    found = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if found is not None:
        found.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return found


def _start_writing(handle: int, start: int, length: int) -> None:
    """Let the disk begin with what is written so far, so that the final fsync need not wait for all of it.

    Only a hint, and only on Linux; errors of the disk are still told by fsync.
    """
    if (start_range := _sync_file_range()) is not None:
        start_range(handle, start, length, _SYNC_FILE_RANGE_WRITE)


def _is_right(handle: int, sha256: str, size: int) -> bool:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        return False
    with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

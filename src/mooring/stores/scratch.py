"""Folders to work in that nobody else sees, and that are gone afterwards even when the process was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from mooring.errors import UnavailableError


@contextlib.contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A new folder below `root`, removed at the end with everything in it.

    What killed processes left is removed first: a folder belongs to whoever holds the lock beside it. Raises
    UnavailableError when `root` cannot be written.
    """
    parent = root / "scratch"
    name = secrets.token_hex(8)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        lock = parent / f"{name}.lock"
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        folder = parent / name
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise UnavailableError(f"the cache cannot be written: {error}", f"It is in {root}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(handle)


def _sweep(parent: Path) -> None:
    for lock in parent.glob("*.lock"):
        with contextlib.suppress(OSError):
            handle = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()
            finally:
                os.close(handle)

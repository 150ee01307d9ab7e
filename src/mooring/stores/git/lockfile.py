"""One process at a time: a lock on a file that the kernel lets go when its holder dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mooring.errors import UnavailableError

_STEP_SECONDS = 0.02


@contextmanager
def exclusive(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock `path` (made if absent, never removed); UnavailableError after `timeout` seconds of waiting."""
    import fcntl

    ends = time.monotonic() + timeout
    try:
        file = path.open("ab")
    except OSError as error:
        raise UnavailableError(
            f"cannot write {path}: {error.strerror}", "is the disk full or read-only?"
        ) from error
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= ends:
                    raise UnavailableError(
                        f"another process has held {path} for {timeout:g} s", "wait for it, or end it"
                    ) from None
                time.sleep(_STEP_SECONDS)
        yield

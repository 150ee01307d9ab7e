"""Tell in microseconds whether a ref may have moved, from the files that Git keeps refs in."""

from __future__ import annotations

import os
from pathlib import Path

Signature = tuple[tuple[int, int, int] | None, ...]


class RefWatch:
    """Watches one ref of one repository.

    `signature` differs whenever the ref moved; it may also differ when it did not. None means that the repository keeps
    its refs in another form (a reftable), where nothing can be told without asking Git.
    """

    def __init__(self, common_dir: Path, ref: str) -> None:
        self._files = (str(common_dir / ref), str(common_dir / "packed-refs"), str(common_dir / "HEAD"))
        self._has_files = not (common_dir / "reftable").exists()

    def signature(self) -> Signature | None:
        """What the files look like now."""
        if not self._has_files:
            return None
        return tuple(_look(path) for path in self._files)


def _look(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path costs more than the call
    except OSError:
        return None
    # Git replaces these files by renaming, so that the inode changes even within one tick of the clock.
    return (found.st_mtime_ns, found.st_ino, found.st_size)

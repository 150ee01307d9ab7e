"""Take a user's file into the cache: read once, copied and hashed on the way, whatever becomes of it later."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mooring.documents import dvcfile
from mooring.domain import formats
from mooring.errors import IntegrityError, NotFoundError, RefusedError, UsageError
from mooring.stores.artifacts import Progress
from mooring.stores.objectfolder import ObjectFolder

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Taken:
    """A file in the cache: where, its size in bytes, and the two hashes of its bytes."""

    cached: Path
    size: int
    sha256: str
    md5: str


def take(objects: ObjectFolder, name: str, source: Path, progress: Progress) -> Taken:
    """Copy `source` into the cache and say what its bytes are; `name` is what `progress` hears.

    Raises NotFoundError without the file, RefusedError when it is no regular file, cannot be read or changes meanwhile,
    UnavailableError when the cache's disk is full.
    """
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {source}") from None
    except OSError as error:
        raise RefusedError(f"{source} cannot be read: {error.strerror}") from error
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise RefusedError(f"{source} is no regular file", "Name the files of the artifact themselves.")
        taken = _copy(objects, name, handle, before.st_size, progress)
        after = os.fstat(handle)
        if taken.size != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
            raise RefusedError(f"{source} changed while it was read", "Try again when nobody writes it.")
        return taken
    finally:
        os.close(handle)


def _copy(objects: ObjectFolder, name: str, handle: int, size: int, progress: Progress) -> Taken:
    md5 = hashlib.md5(usedforsecurity=False)
    hashed: Future[None] | None = None
    # MD5 is slower than SHA-256 and the disk together, and runs beside them: hashlib frees the interpreter's lock.
    with objects.draft() as draft, ThreadPoolExecutor(1) as beside:
        progress(name, 0, size)
        while chunk := os.read(handle, _CHUNK):
            if hashed is not None:
                hashed.result()
            hashed = beside.submit(md5.update, chunk)
            draft.write(chunk)
            progress(name, draft.size, size)
        if hashed is not None:
            hashed.result()
        sha256 = draft.sha256.hexdigest()
        return Taken(objects.keep(draft), draft.size, sha256, md5.hexdigest())


def check_storable(files: Mapping[str, Path], declared: Mapping[str, str]) -> None:
    """Raise UsageError for paths that cannot be stored, RefusedError for a format that nothing tells."""
    if not files:
        raise UsageError("an artifact has at least one file")
    try:
        dvcfile.check_paths(files)
    except IntegrityError as error:
        raise UsageError(error.message, "Rename the file.") from None
    for path in files:
        if part := dvcfile.unstored_part(path):
            raise UsageError(f"DVC does not store {part!r}: {path}", "Rename or leave out the file.")
        if path not in declared and formats.guess(path) is None:
            raise RefusedError(
                f"the format of {path} is not known by its name",
                f"Name its format, one of {', '.join(sorted(formats.Format))}: --format {path}=FORMAT",
            )


def check_space(files: Mapping[str, Path], root: Path) -> None:
    """Raise UnavailableError when the disk of the cache at `root` has no room for `files`."""
    size = sum(source.stat().st_size for source in files.values() if source.exists())
    ObjectFolder(root).check_room(size)

"""Look at the files that are to be registered: sizes, digests, formats, and the address that DVC will give them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from mooring.documents import dvcfile
from mooring.domain import formats, names
from mooring.domain.model import ArtifactFile, DvcOutput
from mooring.errors import IntegrityError, NotFoundError, RefusedError, UsageError
from mooring.stores.artifacts import ArtifactCache, Progress
from mooring.stores.intake import Taken, take

_CHUNK: Final = 2**20
_PREPROCESSORS: Final = (
    "scaler",
    "preprocess",
    "encoder",
    "vectorizer",
    "imputer",
    "tokenizer",
    "vocab",
    "transform",
)
_DATA: Final = frozenset({formats.Format.TEXT, formats.Format.JSON})


@dataclass(frozen=True, slots=True)
class Described:
    """The files of an artifact as its manifest lists them, and where DVC will keep them.

    `taken` are the files as they were copied into the cache on the way; none where nothing was to be written.
    """

    files: tuple[ArtifactFile, ...]
    dvc: DvcOutput
    taken: Mapping[str, Taken] = field(default_factory=dict)


def describe(
    sources: Mapping[str, Path],
    *,
    allow_unsafe_format: bool = False,
    roles: Mapping[str, str] | None = None,
    declared: Mapping[str, str] | None = None,
    into: ArtifactCache | None = None,
    progress: Progress | None = None,
) -> Described:
    """Read every file once and say what it is; with `into` it is copied there in the same pass.

    `sources` gives the file at each path of the artifact; `roles` and `declared` its role and format where its name
    does not tell them.

    Raises NotFoundError for a missing file, RefusedError for links, unknown or unsafe formats, and bytes that are not
    what their format says, UsageError for a path that an artifact cannot have.
    """
    if not sources:
        raise UsageError("there are no files to register", "Name a file or a folder that has some.")
    try:
        dvcfile.check_paths(sources)
    except IntegrityError as error:
        raise UsageError(error.message, "Rename the file.") from None
    chosen, named = dict(roles or {}), dict(declared or {})
    for path in [*chosen, *named]:
        if path not in sources:
            there = ", ".join(sorted(sources))
            raise UsageError(f"there is no file {path!r} in the artifact", f"The files are: {there}.")
    files, listed, total = [], [], 0
    taken: dict[str, Taken] = {}
    for path in sorted(sources):
        if problem := names.relative_path_problem(path):
            raise UsageError(f"{path!r} cannot be a file of an artifact: {problem}", "Rename it.")
        source = sources[path]
        declared_as = _format(path, source, named.get(path), allow_unsafe_format=allow_unsafe_format)
        if into is not None:
            taken[path] = take(into.objects, path, source, progress or _silent)
            size, sha256, md5 = taken[path].size, taken[path].sha256, taken[path].md5
        else:
            size, sha256, md5 = _hashes(source)
        role = chosen.get(path) or _role(path, declared_as, alone=len(sources) == 1)
        file = ArtifactFile(path=path, role=role, format=declared_as, size=size, sha256=sha256)
        files.append(file)
        listed.append(dvcfile.ListedFile(path, md5))
        total += file.size
    address = dvcfile.listing_md5(dvcfile.write_listing(listed))
    return Described(tuple(files), DvcOutput(md5=address, size=total, nfiles=len(files)), taken)


def _format(path: str, source: Path, named: str | None, *, allow_unsafe_format: bool) -> str:
    """The format of a file, to its last byte; raises RefusedError where it has none that may be registered."""
    with _opened(source) as file:
        view = _OnDisk(file)
        declared = named or formats.guess(path) or formats.sniff(view)
        if declared is None:
            raise RefusedError(
                f"{source} has no format that Mooring knows",
                f"Save it as, or name with --format {path}=FORMAT, one of: {', '.join(sorted(formats.Format))}.",
            )
        if reason := formats.unsafe_problem(declared, allowed=allow_unsafe_format):
            raise RefusedError(f"{source}: {reason}", "If it is really wanted: --allow-unsafe-format")
        if reason := formats.problem(declared, view):
            raise RefusedError(f"{source} is no sound {declared} file: {reason}", "Save the model again.")
    return str(declared)


def _hashes(source: Path) -> tuple[int, str, str]:
    """Size in bytes, SHA-256 and MD5."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with _opened(source) as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
    return size, sha256.hexdigest(), md5.hexdigest()


def _opened(source: Path) -> BinaryIO:
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if source.is_symlink():
            raise RefusedError(f"{source} is a link", "Give the file itself.") from None
        raise NotFoundError(f"{source} cannot be read: {error.strerror}") from None
    file = os.fdopen(handle, "rb")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        file.close()
        raise RefusedError(f"{source} is no regular file", "Give the file itself.")
    return file


def _silent(_path: str, _done: int, _size: int) -> None:
    return None


def _role(path: str, declared: str, *, alone: bool) -> str:
    name = path.rpartition("/")[2].lower()
    if alone:
        return "model"
    if any(word in name for word in _PREPROCESSORS):
        return "preprocessor"
    return "data" if declared in _DATA and not name.startswith("model") else "model"


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """An open file, read in places."""

    file: BinaryIO

    @property
    def size(self) -> int:
        """The number of bytes."""
        return os.fstat(self.file.fileno()).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on."""
        self.file.seek(offset)
        return self.file.read(length)

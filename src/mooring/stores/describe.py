"""Look at the files that are to be registered: sizes, digests, formats, and the address that DVC will give them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from mooring.documents import dvcfile
from mooring.domain import formats, names
from mooring.domain.model import ArtifactFile, DvcOutput
from mooring.errors import IntegrityError, NotFoundError, RefusedError, UsageError

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
    """The files of an artifact as its manifest lists them, and where DVC will keep them."""

    files: tuple[ArtifactFile, ...]
    dvc: DvcOutput


def describe(
    sources: Mapping[str, Path],
    *,
    allow_unsafe_format: bool = False,
    roles: Mapping[str, str] | None = None,
    declared: Mapping[str, str] | None = None,
) -> Described:
    """Read every file once and say what it is.

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
    for path in sorted(sources):
        if problem := names.relative_path_problem(path):
            raise UsageError(f"{path!r} cannot be a file of an artifact: {problem}", "Rename it.")
        file, md5 = _read(path, sources[path], named.get(path), allow_unsafe_format=allow_unsafe_format)
        role = chosen.get(path) or _role(path, file, alone=len(sources) == 1)
        files.append(file.model_copy(update={"role": role}))
        listed.append(dvcfile.ListedFile(path, md5))
        total += file.size
    address = dvcfile.listing_md5(dvcfile.write_listing(listed))
    return Described(tuple(files), DvcOutput(md5=address, size=total, nfiles=len(files)))


def _read(
    path: str, source: Path, named: str | None, *, allow_unsafe_format: bool
) -> tuple[ArtifactFile, str]:
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if source.is_symlink():
            raise RefusedError(f"{source} is a link", "Give the file itself.") from None
        raise NotFoundError(f"{source} cannot be read: {error.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise RefusedError(f"{source} is no regular file", "Give the file itself.")
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
        file.seek(0)
        sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
    described = ArtifactFile(path=path, format=str(declared), size=size, sha256=sha256.hexdigest())
    return described, md5.hexdigest()


def _role(path: str, file: ArtifactFile, *, alone: bool) -> str:
    name = path.rpartition("/")[2].lower()
    if alone:
        return "model"
    if any(word in name for word in _PREPROCESSORS):
        return "preprocessor"
    return "data" if file.format in _DATA and not name.startswith("model") else "model"


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

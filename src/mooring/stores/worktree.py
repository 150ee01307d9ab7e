"""The documents of a work tree: found, read, and replaced whole or not at all. Links are never followed."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mooring.documents.canonical import layout_of
from mooring.documents.yaml_text import LARGEST_DOCUMENT
from mooring.domain import layout
from mooring.errors import NotFoundError, RefusedError, UnavailableError, UsageError

_TOPS = (layout.SETTINGS, layout.REGISTRY, layout.ENVIRONMENTS)


class WorkTree:
    """The files below the top folder of a checkout, by their paths in the repository."""

    def __init__(self, top: Path) -> None:
        self._top = Path(os.path.realpath(top))

    def path_of(self, place: Path) -> str:
        """The path in the repository of a file or folder; "" for the top.

        Raises NotFoundError where nothing is there, UsageError outside the work tree.
        """
        if not os.path.lexists(place):
            raise NotFoundError(f"there is no file or folder {place}", "Check the name.")
        # The last part is kept as it is named: a link is judged as a link, not as what it leads to.
        real = Path(os.path.realpath(place.parent)) / place.name if place.name not in ("", "..") else place
        real = Path(os.path.realpath(real)) if real.is_dir() and not real.is_symlink() else real
        if not real.is_relative_to(self._top):
            raise UsageError(f"{place} is not in the registry {self._top}", "Name files of this work tree.")
        inside = real.relative_to(self._top).as_posix()
        return "" if inside == "." else inside

    def documents(self, folder: str = "") -> Iterator[str]:
        """The paths of all documents with a layout below a folder, or of the file itself, sorted."""
        tops = _TOPS if not folder else (folder,)
        for top in tops:
            place = self._top / top
            if place.is_dir() and not place.is_symlink():
                yield from sorted(self._below(place))
            elif os.path.lexists(place) and layout_of(top) is not None:
                yield top

    def _below(self, place: Path) -> Iterator[str]:
        for folder, _, names in os.walk(place):
            for name in names:
                path = (Path(folder) / name).relative_to(self._top).as_posix()
                if layout_of(path) is not None:
                    yield path

    def holds(self, path: str) -> bool:
        """Whether anything lies at a path."""
        return os.path.lexists(self._top / path)

    def is_folder(self, path: str) -> bool:
        """Whether a folder lies at a path, and no link to one."""
        place = self._top / path
        return place.is_dir() and not place.is_symlink()

    def read(self, path: str) -> bytes:
        """The bytes of a file, at most one more than a document may have.

        Raises RefusedError for what is no regular file, UnavailableError where it cannot be read.
        """
        try:
            # Opened without following a link, and without waiting for whoever writes into a named pipe.
            descriptor = os.open(self._top / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if (self._top / path).is_symlink():
                raise RefusedError(f"{path}: it is a link", "A registry holds files.") from None
            raise _unavailable(path, "read", error) from None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise RefusedError(f"{path}: it is no file", "A registry holds files.")
            return file.read(LARGEST_DOCUMENT + 1)

    def replace(self, path: str, old: bytes, new: bytes) -> None:
        """Replace a file whose bytes are `old`; its mode stays, and whoever reads it sees the old one or the new.

        Raises RefusedError where it changed in between, UnavailableError where it cannot be written.
        """
        place = self._top / path
        try:
            descriptor, name = tempfile.mkstemp(prefix=".mooring-", dir=place.parent)
        except OSError as error:
            raise _unavailable(path, "written", error) from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(new)
                os.fchmod(descriptor, stat.S_IMODE(place.lstat().st_mode))
                file.flush()
                os.fsync(descriptor)
            if self.read(path) != old:
                raise RefusedError(f"{path}: somebody changed it just now", "Run the command again.")
            Path(name).replace(place)
        except OSError as error:
            raise _unavailable(path, "written", error) from None
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()


def _unavailable(path: str, what: str, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"{path} cannot be {what}: {error.strerror or error}", "Check the disk and the file's permissions."
    )

"""The formats that are zip archives: skops and npz.

An archive is read only after its table of contents was found to be small, at the very end, and about the whole file:
before a million members or a terabyte of zeros are unpacked.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import TYPE_CHECKING, Final

from mooring.domain import format_tensors

if TYPE_CHECKING:
    from mooring.domain.formats import Bytes

MOST_MEMBERS: Final = 20_000
LARGEST_CONTENTS: Final = 8 * 2**20
LARGEST_SCHEMA: Final = 64 * 2**20
MOST_EXPANSION: Final = 200
"""How many times larger than the archive its members may be; beside that, 64 MiB are always allowed."""

_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_LOCATOR_SIZE: Final = 20
_SKOPS_MEMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,64}\.(?:npy|npz|bin|txt)|[0-9]{1,20}")
_NPZ_MEMBER: Final = re.compile(r"[0-9A-Za-z_.\[\]-]{1,200}\.npy")


def member_names(file: Bytes) -> frozenset[str] | None:
    """The names in an archive, or None when it is none that may be opened."""
    opened = _open(file)
    return None if isinstance(opened, str) else frozenset(opened.namelist())


def skops_problem(file: Bytes) -> str | None:
    """Why `file` is no skops file, or None; whether its types may be loaded is not judged here."""
    opened = _open(file)
    if isinstance(opened, str):
        return opened
    names = opened.namelist()
    if "schema.json" not in names:
        return "it has no schema.json"
    if opened.getinfo("schema.json").file_size > LARGEST_SCHEMA:
        return "its schema.json is too large"
    for name in names:
        if name != "schema.json" and not _SKOPS_MEMBER.fullmatch(name):
            return f"it has the member {name!r}"
    return _arrays_problem(opened, [name for name in names if name.endswith(".npy")])


def npz_problem(file: Bytes) -> str | None:
    """Why `file` is no npz archive of plain arrays, or None."""
    opened = _open(file)
    if isinstance(opened, str):
        return opened
    names = opened.namelist()
    for name in names:
        if not _NPZ_MEMBER.fullmatch(name):
            return f"it has the member {name!r}"
    return _arrays_problem(opened, names) if names else "it is empty"


def _arrays_problem(opened: zipfile.ZipFile, names: list[str]) -> str | None:
    for name in names:
        size = opened.getinfo(name).file_size
        try:
            with opened.open(name) as member:
                found = format_tensors.npy_problem(_Head(member.read(64 * 1024 + 16), size))
        except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
            return f"its member {name!r} cannot be read: {error}"
        if found is not None:
            return f"its member {name!r} is no array: {found}"
    return None


class _Head:
    """The beginning of a file whose size is known."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data = data
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


class _Seekable(io.RawIOBase):
    """What zipfile reads from."""

    def __init__(self, file: Bytes) -> None:
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = max(0, offset + (0, self._place, self._file.size)[whence])
        return self._place

    def read(self, size: int = -1) -> bytes:
        length = self._file.size - self._place if size is None or size < 0 else size
        data = self._file.read_at(self._place, max(0, length))
        self._place += len(data)
        return data


def _open(file: Bytes) -> zipfile.ZipFile | str:
    """The archive, or why it must not be opened."""
    if problem := _contents_problem(file):
        return problem
    try:
        opened = zipfile.ZipFile(_Seekable(file))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        return f"it is no zip archive: {error}"
    infos = opened.infolist()
    if len({info.filename.casefold() for info in infos}) != len(infos):
        return "two of its members have one name"
    if any(info.flag_bits & 1 for info in infos):
        return "it is encrypted"
    if sum(info.file_size for info in infos) > MOST_EXPANSION * file.size + 64 * 2**20:
        return "unpacked it would be too large"
    # Members that share their bytes are how a small file hides a large one.
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            return "its members overlap"
        end = info.header_offset + 30 + len(info.filename) + info.compress_size
    return opened


def _contents_problem(file: Bytes) -> str | None:
    if file.read_at(0, 4) != b"PK\x03\x04":
        return "it does not begin as a zip archive does"
    tail = file.read_at(max(0, file.size - _END_SIZE), _END_SIZE)
    if len(tail) != _END_SIZE or tail[:4] != _END:
        return "it does not end with its table of contents"
    members, length, offset = struct.unpack("<10xHII2x", tail)
    start = file.size - _END_SIZE
    if members == 0xFFFF or 0xFFFFFFFF in (length, offset):
        locator = file.read_at(start - _LOCATOR_SIZE, _LOCATOR_SIZE)
        if locator[:4] != b"PK\x06\x07":
            return "its table of contents is not understood"
        (place,) = struct.unpack("<8xQ4x", locator)
        record = file.read_at(place, 56)
        if record[:4] != b"PK\x06\x06" or place + 56 != start - _LOCATOR_SIZE:
            return "its table of contents is not understood"
        members, length, offset = struct.unpack("<32xQQQ", record)
        start = place
    if members > MOST_MEMBERS or length > LARGEST_CONTENTS:
        return f"it has {members} members; {MOST_MEMBERS} are allowed"
    return None if offset + length == start else "its table of contents is not where it says"

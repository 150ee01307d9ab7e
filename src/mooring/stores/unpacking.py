"""The bytes of a file one after the other, unpacked on the way where joblib compressed it: never more than a limit."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import BinaryIO, Final, Protocol

from mooring.domain.pickled_values import NotUnderstoodError

MOST_EXPANSION: Final = 200
"""How many times larger than the file its unpacked contents may be."""
ALWAYS: Final = 64 * 2**20
"""Unpacked bytes that are allowed whatever the size of the file, beside those."""
_CHUNK: Final = 2**20
_LONGEST_LINE: Final = 2**16


class PlainStream:
    """The bytes of a file as they are."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._place = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        data = self._file.read(max(0, min(size, self._size - self._place)))
        self._place += len(data)
        return data

    def readline(self) -> bytes:
        """The next bytes up to and with a newline; raises NotUnderstoodError for a line that is too long."""
        data = self._file.readline(_LONGEST_LINE)
        self._place += len(data)
        return _whole_line(data)

    def tell(self) -> int:
        """How many bytes were read."""
        return self._place

    def skip(self, size: int) -> None:
        """Pass over bytes; raises EOFError where there are fewer."""
        if size > self._size - self._place:
            raise EOFError("it ends too early")
        self._place += size
        self._file.seek(self._place)


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


class UnpackedStream:
    """The bytes that a compressed file stands for; raises NotUnderstoodError when there are more than `limit`."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        head = file.read(8)
        file.seek(0)
        self._zlib: zlib._Decompress | None = None
        self._other: bz2.BZ2Decompressor | lzma.LZMADecompressor | None = None
        if head.startswith((b"\x1f\x8b", b"\x78")):
            self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        elif head.startswith(b"BZh"):
            self._other = bz2.BZ2Decompressor()
        elif head.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
            self._other = lzma.LZMADecompressor()
        else:
            raise NotUnderstoodError("it is compressed in a way that is not read")
        self._ready = b""
        self._taken = 0  # of what is ready
        self._place = 0
        self._made = 0
        self._ended = False

    def _more(self) -> bool:
        """Unpack a little more; False at the end."""
        while not self._ended:
            try:
                data = self._step()
            except (zlib.error, OSError, lzma.LZMAError, EOFError) as error:
                raise NotUnderstoodError(f"it cannot be unpacked: {error}") from None
            self._made += len(data)
            if self._made > self._limit:
                raise NotUnderstoodError(f"it unpacks to more than {self._limit} bytes")
            if data:
                self._ready, self._taken = self._ready[self._taken :] + data, 0
                return True
        return False

    def _step(self) -> bytes:
        if self._zlib is not None:
            waiting = self._zlib.unconsumed_tail or self._file.read(_CHUNK)
            if not waiting:
                raise EOFError("it ends too early")
            data = self._zlib.decompress(waiting, _CHUNK)
            self._end_if(self._zlib)
            return data
        if self._other is None:
            raise AssertionError("no way to unpack was chosen")
        more = self._file.read(_CHUNK) if self._other.needs_input else b""
        if self._other.needs_input and not more:
            raise EOFError("it ends too early")
        data = self._other.decompress(more, _CHUNK)
        self._end_if(self._other)
        return data

    def _end_if(self, unpacker: _Unpacker) -> None:
        if unpacker.eof:
            self._ended = True
            # Readers differ in whether a second stream belongs to the first.
            if unpacker.unused_data or self._file.read(1):
                raise EOFError("there are bytes after its end")

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        parts: list[bytes] = []
        missing = size
        while missing > 0 and (self._taken < len(self._ready) or self._more()):
            part = self._ready[self._taken : self._taken + missing]
            self._taken += len(part)
            parts.append(part)
            missing -= len(part)
        self._place += size - missing
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readline(self) -> bytes:
        """The next bytes up to and with a newline; raises NotUnderstoodError for a line that is too long."""
        while (end := self._ready.find(b"\n", self._taken)) < 0:
            if len(self._ready) - self._taken >= _LONGEST_LINE or not self._more():
                break
        length = end + 1 - self._taken if end >= 0 else _LONGEST_LINE
        return _whole_line(self.read(min(length, _LONGEST_LINE)))

    def tell(self) -> int:
        """How many bytes were read."""
        return self._place

    def skip(self, size: int) -> None:
        """Pass over bytes; raises EOFError where there are fewer."""
        while size > 0:
            passed = len(self.read(min(size, _CHUNK)))
            if not passed:
                raise EOFError("it ends too early")
            size -= passed


def _whole_line(data: bytes) -> bytes:
    if len(data) >= _LONGEST_LINE and not data.endswith(b"\n"):
        raise NotUnderstoodError("it has a line that is too long")
    return data


def unpacked(file: BinaryIO, size: int) -> PlainStream | UnpackedStream:
    """The bytes of a file that joblib wrote, as `size` bytes from its beginning on."""
    first = file.read(1)
    file.seek(0)
    if first == b"\x80":
        return PlainStream(file, size)
    return UnpackedStream(file, MOST_EXPANSION * size + ALWAYS)

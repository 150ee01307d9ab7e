"""Which file formats an artifact may have: a list, judged by the bytes and never by the name alone.

A format is accepted when the whole file is what the format says and nothing else, so that no file is two things at
once: a header that promises less than there is, a tail, a gap or a hidden member refuses it. Formats that can run code
when they are loaded are on the list as unsafe; what may load them is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn, Protocol

from mooring.domain import format_archives, format_tensors


class Format(StrEnum):
    """A format of the list."""

    SAFETENSORS = "safetensors"
    ONNX = "onnx"
    SKOPS = "skops"
    JSON = "json"
    NPY = "npy"
    NPZ = "npz"
    TEXT = "text"
    JOBLIB = "joblib"
    PICKLE = "pickle"


FORMATS: Final = frozenset(Format)
"""The list."""
UNSAFE: Final = frozenset({Format.JOBLIB, Format.PICKLE})
"""They need `allow_unsafe_format` in the manifest, the environment's consent and the caller's `trust`."""

_EXTENSIONS: Final[Mapping[str, Format]] = {
    "safetensors": Format.SAFETENSORS,
    "onnx": Format.ONNX,
    "skops": Format.SKOPS,
    "json": Format.JSON,
    "npy": Format.NPY,
    "npz": Format.NPZ,
    "joblib": Format.JOBLIB,
    "pkl": Format.PICKLE,
    "pickle": Format.PICKLE,
} | dict.fromkeys(("txt", "csv", "tsv", "md", "yaml", "yml", "toml", "ini", "jsonl", "vocab"), Format.TEXT)

LARGEST_TEXT: Final = 64 * 2**20
"""Bytes of a JSON or text file; larger tables belong into an array format."""


class Bytes(Protocol):
    """A file's bytes, read in places."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on; fewer only at the end."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Bytes that are in memory as a whole."""

    data: bytes

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset` on."""
        return self.data[offset : offset + length]


def guess(path: str) -> Format | None:
    """The format that the ending of `path` stands for, or None."""
    return _EXTENSIONS.get(path.rpartition("/")[2].rpartition(".")[2].lower()) if "." in path else None


def sniff(file: Bytes) -> Format | None:
    """The format that the first bytes speak for, or None; JSON and text look alike and are both TEXT here."""
    head = file.read_at(0, 16)
    if head.startswith(b"\x93NUMPY"):
        return Format.NPY
    if head.startswith(b"PK\x03\x04"):
        names = format_archives.member_names(file)
        return Format.SKOPS if names and "schema.json" in names else Format.NPZ
    if _is_pickle(head):
        return Format.PICKLE
    if head.startswith(_COMPRESSED):
        return Format.JOBLIB
    if format_tensors.looks_like_safetensors(head, file.size):
        return Format.SAFETENSORS
    if head[:1] == b"\x08" and format_tensors.onnx_problem(file) is None:
        return Format.ONNX
    return Format.TEXT if _text_problem(InMemory(file.read_at(0, 4096)), cut=True) is None else None


def problem(declared: str, file: Bytes) -> str | None:
    """Why `file` is not what `declared` says, or None when it is, to its last byte."""
    try:
        judge = _JUDGES[Format(declared)]
    except ValueError:
        listed = ", ".join(sorted(Format))
        return f"the format {declared!r} is not on the list ({listed})"
    found = judge(file)
    if found is None:
        return None
    seen = sniff(file)
    looks = f"; it looks like {seen}" if seen is not None and seen != declared else ""
    return f"it is no {declared} file: {found}{looks}"


def unsafe_problem(declared: str, *, allowed: bool) -> str | None:
    """Why a manifest may not hold a file of the format `declared`, or None; `allowed` is its allow_unsafe_format."""
    if declared in UNSAFE and not allowed:
        return (
            f"{declared} runs code when it is loaded; set artifact.allow_unsafe_format if that is really wanted, "
            "or save the model as skops, ONNX or safetensors"
        )
    return None


# zlib, gzip, bz2, lzma, xz and lz4: what joblib compresses with.
_COMPRESSED: Final = (
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
    b"\x1f\x8b",
    b"BZh",
    b"\x5d\x00\x00",
    b"\xfd7zXZ",
    b"\x04\x22\x4d\x18",
)


def _is_pickle(head: bytes) -> bool:
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _pickle_problem(file: Bytes) -> str | None:
    if not _is_pickle(file.read_at(0, 16)):
        return "it does not begin with a pickle's protocol (2 to 5)"
    return None if file.read_at(file.size - 1, 1) == b"." else "it does not end as a pickle does"


def _joblib_problem(file: Bytes) -> str | None:
    head = file.read_at(0, 16)
    if head.startswith(_COMPRESSED):
        return None
    return _pickle_problem(file)


def _text_problem(file: Bytes, *, cut: bool = False) -> str | None:
    if file.size > LARGEST_TEXT:
        return f"it has {file.size} bytes; text may have {LARGEST_TEXT}"
    data = file.read_at(0, file.size)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not (cut and error.reason == "unexpected end of data"):
            return f"byte {error.start} is not UTF-8"
        text = data[: error.start].decode("utf-8")
    control = next((c for c in text if c < " " and c not in "\t\n\r"), None)
    return None if control is None else f"it holds the control character U+{ord(control):04X}"


def _json_problem(file: Bytes) -> str | None:
    """Strict JSON (RFC 8259): what Python's reader takes beside it means other things to other readers."""
    import json

    if problem := _text_problem(file):
        return problem
    text = file.read_at(0, file.size).decode("utf-8")
    if text.startswith("\ufeff"):
        return "it begins with a byte order mark"
    try:
        json.loads(text, parse_constant=_no_json, parse_float=_finite, object_pairs_hook=_without_duplicates)
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(written: str) -> float:
    number = float(written)
    if math.isinf(number):
        raise ValueError(f"the number {written[:40]} is too large for a double")
    return number


def _without_duplicates(pairs: list[tuple[str, object]]) -> None:
    """Objects are read and thrown away: 64 MiB of text would be a gigabyte of them."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise ValueError(f"the key {key[:60]!r} stands twice in one object")
        seen.add(key)


_JUDGES: Final[Mapping[Format, Callable[[Bytes], str | None]]] = {
    Format.SAFETENSORS: format_tensors.safetensors_problem,
    Format.ONNX: format_tensors.onnx_problem,
    Format.SKOPS: format_archives.skops_problem,
    Format.JSON: _json_problem,
    Format.NPY: format_tensors.npy_problem,
    Format.NPZ: format_archives.npz_problem,
    Format.TEXT: _text_problem,
    Format.JOBLIB: _joblib_problem,
    Format.PICKLE: _pickle_problem,
}

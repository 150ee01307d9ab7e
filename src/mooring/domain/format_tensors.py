"""The formats that are one block of numbers with a description: safetensors, ONNX and npy."""

from __future__ import annotations

import ast
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mooring.domain.formats import Bytes

LARGEST_HEADER: Final = 100_000_000
"""Bytes; the limit of the safetensors library itself."""

_BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64,
}  # fmt: skip


def looks_like_safetensors(head: bytes, size: int) -> bool:
    """Whether a file of `size` bytes that begins with `head` begins as safetensors do."""
    if len(head) < 10 or head[8:9] != b"{":
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return bool(length <= min(LARGEST_HEADER, size - 8))


def safetensors_problem(file: Bytes) -> str | None:
    """Why `file` is no safetensors file without gaps, overlaps and tail, or None."""
    head = file.read_at(0, 16)
    if not looks_like_safetensors(head, file.size):
        return "it does not begin with the length of a JSON header"
    (length,) = struct.unpack("<Q", head[:8])
    try:
        header = json.loads(file.read_at(8, length), object_pairs_hook=_object)
    except RecursionError:
        return "its header is nested too deeply"
    except ValueError as error:
        return f"its header is no JSON: {error}"
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        return "its __metadata__ is more than texts"
    spans = []
    for name, tensor in header.items():
        span = _span(tensor)
        if isinstance(span, str):
            return f"the tensor {name!r} {span}"
        spans.append(span)
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            return f"its tensors leave a gap or overlap at byte {min(start, end)} of the data"
        end = stop
    return None if 8 + length + end == file.size else "there are bytes after its last tensor"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _span(tensor: object) -> tuple[int, int] | str:
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        return "is not {dtype, shape, data_offsets}"
    shape, offsets = tensor["shape"], tensor["data_offsets"]
    if not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        return "has a shape or offsets that are no whole numbers"
    bits = _BITS.get(tensor["dtype"]) if isinstance(tensor["dtype"], str) else None
    if bits is None:
        return f"has the unknown type {tensor['dtype']!r}"
    if math.prod(shape) * bits != (offsets[1] - offsets[0]) * 8:
        return "is not as large as its shape says"
    return offsets[0], offsets[1]


def _are_counts(value: object) -> bool:
    return isinstance(value, list) and all(type(one) is int and 0 <= one < 2**63 for one in value)


_NPY_HEADER: Final = re.compile(r"\{[^{}]*\}[ ]*\n")
_NPY_TYPE: Final = re.compile(r"[<>|=][biufcSUVmM]([0-9]{1,6})(?:\[[^\]]*\])?")


def npy_problem(file: Bytes) -> str | None:
    """Why `file` is no npy array of plain numbers or texts (never of objects, which are pickles), or None."""
    head = file.read_at(0, 12)
    if head[:6] != b"\x93NUMPY" or len(head) < 12 or head[6] not in (1, 2, 3):
        return "it does not begin as an npy array does"
    start, length = (
        (10, int.from_bytes(head[8:10], "little"))
        if head[6] == 1
        else (12, int.from_bytes(head[8:12], "little"))
    )
    if length > 64 * 1024:
        return f"its header has {length} bytes"
    try:
        text = file.read_at(start, length).decode("latin-1")
        header = ast.literal_eval(text.strip()) if _NPY_HEADER.fullmatch(text) else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        header = None
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        return "its header is not {descr, fortran_order, shape}"
    descr, shape = header["descr"], header["shape"]
    width = _width(descr)
    if width is None:
        return f"its elements are of the type {descr!r}, and only numbers and texts are read"
    if not isinstance(shape, tuple) or not _are_counts(list(shape)):
        return "its shape is no tuple of whole numbers"
    whole = start + length + math.prod(shape) * width == file.size
    return None if whole else "it is not as large as its shape says"


def _width(descr: object, depth: int = 0) -> int | None:
    """The bytes of one element, or None where an element is no plain number, text or record of those."""
    if isinstance(descr, str):
        kind = _NPY_TYPE.fullmatch(descr)
        return None if kind is None else int(kind[1]) * (4 if descr[1] == "U" else 1)
    if not isinstance(descr, list) or depth > 8:
        return None
    total = 0
    for field in descr:
        if not isinstance(field, tuple) or len(field) not in (2, 3) or not isinstance(field[0], str):
            return None
        width = _width(field[1], depth + 1)
        shape = list(field[2]) if len(field) == 3 and isinstance(field[2], tuple) else []
        if width is None or not _are_counts(shape):
            return None
        total += width * math.prod(shape)
    return total


# ModelProto of onnx.proto: field number -> wire type (0 varint, 2 length-delimited).
_ONNX_MODEL: Final = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_GRAPH, _OPSETS, _FUNCTIONS = 7, 8, 25
# Where a tensor can be inside: message -> field -> message.
_NESTED: Final = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_DEEPEST: Final = 64


class _NotProtobufError(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    wire: int
    value: int
    start: int
    end: int


def onnx_problem(file: Bytes) -> str | None:
    """Why `file` is no ONNX model that is complete in itself (no data in other files), or None."""
    seen: dict[int, int] = {}
    try:
        for found in _fields(file, 0, file.size):
            if _ONNX_MODEL.get(found.number) != found.wire:
                return f"it has the field {found.number}, which no ONNX model has"
            seen[found.number] = seen.get(found.number, 0) + 1
        if seen.get(1) != 1 or seen.get(_GRAPH) != 1 or not seen.get(_OPSETS):
            return "it has no version, graph or operator set"
        if _has_external_data(file, "model", 0, file.size, 0):
            return "it keeps tensors in other files (external data)"
    except _NotProtobufError as error:
        return f"it is no protocol buffer: {error}"
    return None


def _has_external_data(file: Bytes, message: str, start: int, end: int, depth: int) -> bool:
    if depth > _DEEPEST:
        raise _NotProtobufError("it is nested too deeply")
    inner = _NESTED.get(message, {})
    for found in _fields(file, start, end):
        if message == "tensor":
            if found.number == _EXTERNAL_DATA or (found.number == _DATA_LOCATION and found.value):
                return True
        elif (
            found.number in inner
            and found.wire == 2
            and _has_external_data(file, inner[found.number], found.start, found.end, depth + 1)
        ):
            return True
    return False


def _fields(file: Bytes, start: int, end: int) -> Iterator[_Field]:
    while start < end:
        key, start = _varint(file, start, end)
        number, wire = key >> 3, key & 7
        value = 0
        stop = start
        if wire == 0:
            value, stop = _varint(file, start, end)
        elif wire == 2:
            length, start = _varint(file, start, end)
            stop = start + length
        elif wire in (1, 5):
            stop = start + (8 if wire == 1 else 4)
        else:
            raise _NotProtobufError(f"wire type {wire}")
        if not number or stop > end:
            raise _NotProtobufError("a field goes beyond the end")
        yield _Field(number, wire, value, start, stop)
        start = stop


def _varint(file: Bytes, start: int, end: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(file.read_at(start, min(10, end - start))):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, start + place + 1
    raise _NotProtobufError("a number does not end")

"""What stands for the values of a pickle while its program is followed, and what they say of joblib's arrays."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Protocol


class NotUnderstoodError(Exception):
    """A pickle does something that cannot be judged; the text says what, and where."""


class Stream(Protocol):
    """Bytes that come one after the other."""

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""

    def readline(self) -> bytes:
        """The next bytes up to and with a newline."""

    def tell(self) -> int:
        """How many bytes were read."""

    def skip(self, size: int) -> None:
        """Pass over bytes; raises EOFError where there are fewer."""


@dataclass(frozen=True, slots=True)
class Name:
    """A global that a pickle names: `module.name`."""

    module: str
    name: str

    @property
    def full(self) -> str:
        """As it is written on a list."""
        return f"{self.module}.{self.name}"


class Unknown:
    """A value that need not be known."""


UNKNOWN: Final = Unknown()
MARK: Final = Unknown()
"""Where the arguments of an instruction begin on the stack."""
ARRAY: Final = Name("joblib.numpy_pickle", "NumpyArrayWrapper")
DTYPE: Final = Name("numpy", "dtype")
_MOST_KEYS: Final = 64
_DEEPEST: Final = 8


@dataclass(slots=True)
class Table:
    """A dictionary: what its first keys hold; `is_whole` as long as these are all, and texts."""

    items: dict[str, object] = field(default_factory=dict)
    is_whole: bool = True

    def put(self, key: object, value: object) -> None:
        """Set one key, as the program does."""
        if isinstance(key, str) and (key in self.items or len(self.items) < _MOST_KEYS):
            self.items[key] = value
        else:
            self.is_whole = False


@dataclass(slots=True)
class Made:
    """What calling a global gives; `states` is what BUILD put into it."""

    name: Name
    arguments: object
    states: list[object] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ArrayBytes:
    """What follows the description of an array: a pickle of its objects, or so many bytes (after a padding)."""

    size: int | None
    is_padded: bool


def array_bytes(state: object) -> ArrayBytes:
    """What joblib will read after a description; raises NotUnderstoodError for one that joblib never writes."""
    if not isinstance(state, Table) or not state.is_whole:
        raise NotUnderstoodError("an array is described in a way that joblib never does")
    width, holds_objects = _dtype(state.items.get("dtype"), 0)
    shape = state.items.get("shape")
    if not isinstance(shape, tuple):
        raise NotUnderstoodError("an array has no shape")
    count = 1
    for length in shape:
        if type(length) is not int or length < 0:
            raise NotUnderstoodError("an array has a shape that is no tuple of whole numbers")
        count *= length
    alignment = state.items.get("numpy_array_alignment_bytes")
    if alignment is not None and type(alignment) is not int:
        raise NotUnderstoodError("an array is aligned to no whole number")
    return ArrayBytes(None if holds_objects else count * width, alignment is not None)


_CODE: Final = re.compile(r"[<>|=]?([biufcmMVSUO])([0-9]{1,9})")


def _dtype(value: object, depth: int) -> tuple[int, bool]:
    """The bytes of one element, and whether it holds objects, which are pickled and not written as bytes."""
    if not isinstance(value, Made) or value.name != DTYPE or depth > _DEEPEST or len(value.states) > 1:
        raise NotUnderstoodError("the elements of an array are of no type of numpy")
    arguments = value.arguments
    code = arguments[0] if isinstance(arguments, tuple) and arguments else None
    found = _CODE.fullmatch(code) if isinstance(code, str) else None
    if found is None:
        raise NotUnderstoodError("the elements of an array are of an unknown type")
    kind, width = found[1], int(found[2]) * (4 if found[1] == "U" else 1)
    holds_objects = kind == "O"
    if value.states:
        state = value.states[0]
        if not isinstance(state, tuple) or len(state) not in (8, 9):
            raise NotUnderstoodError("the type of an array's elements has a state that numpy never writes")
        # (version, order, subarray, names, fields, size, alignment, flags): numpy believes what is said here.
        if state[5] != (width if kind in "VSU" else -1):
            raise NotUnderstoodError("the elements of an array have two sizes")
        holds_objects = holds_objects or any(_dtype(one, depth + 1)[1] for one in _inner(state[2], state[4]))
        flags = state[7]
        if type(flags) is not int or bool(flags & 1) is not holds_objects:
            raise NotUnderstoodError("the elements of an array are objects, or not, as one looks at them")
    return width, holds_objects


def _inner(subarray: object, fields: object) -> list[object]:
    """The types that a type is made of."""
    found: list[object] = []
    if isinstance(subarray, tuple) and subarray:
        found.append(subarray[0])
    elif subarray is not None:
        raise NotUnderstoodError("the elements of an array are arrays of an unknown type")
    if isinstance(fields, Table) and fields.is_whole:
        found += [one[0] if isinstance(one, tuple) and one else None for one in fields.items.values()]
    elif fields is not None:
        raise NotUnderstoodError("the elements of an array have fields of an unknown type")
    return found

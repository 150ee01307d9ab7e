"""What a pickle would name if it were loaded, found by following its program without running it.

A pickle is a program for a stack machine. Here every instruction is followed with stand-ins: texts, whole numbers and
tuples of them are kept, everything else is forgotten, and nothing is imported, called or built. So it costs time and
memory in proportion to the file, and what a name is cannot be hidden behind the memo, a copy or a nested tuple.

Whatever is not understood is refused: an instruction that does not fit, a name put together from unknown parts, a
program that stops early or goes on after its end. (Scanners that report what they saw up to an error have been passed
by pickles that break after they have done harm.)
"""

from __future__ import annotations

import pickletools
import struct
from typing import IO, Final, cast

from mooring.domain.pickled_values import (
    ARRAY,
    MARK,
    UNKNOWN,
    Made,
    Name,
    NotUnderstoodError,
    Stream,
    Table,
    array_bytes,
)

LARGEST_TEXT: Final = 2**20
"""Bytes of one text; texts are names and keys, and data are bytes."""
_DEEPEST: Final = 8
# What pickletools itself goes by; its type hints leave it out.
_INSTRUCTIONS: Final = {one.code: one for one in pickletools.opcodes}

# Length-prefixed data that need not be read: the width of the length in bytes.
_DATA: Final = {"BINBYTES": 4, "SHORT_BINBYTES": 1, "BINBYTES8": 8, "BYTEARRAY8": 8, "LONG1": 1, "LONG4": 4}
_TEXTS: Final = {"BINUNICODE": 4, "SHORT_BINUNICODE": 1, "BINUNICODE8": 8}
_OLD_TEXTS: Final = frozenset({"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE"})
_NUMBERS: Final = frozenset({"BININT", "BININT1", "BININT2", "INT"})
_PLAIN: Final = frozenset({"NEWTRUE", "NEWFALSE", "FLOAT", "BINFLOAT", "LONG", "EMPTY_LIST", "EMPTY_SET"})


class Reader:
    """Follows one pickle, and what is nested in it; `names` are all globals that it names, in order."""

    def __init__(self, stream: Stream, *, arrays: bool) -> None:
        """`arrays`: whether joblib reads it, which keeps the bytes of arrays between the instructions."""
        self.stream = stream
        self.arrays = arrays
        self.names: list[Name] = []
        self._depth = 0
        self._known: set[Name] = set()

    def read(self) -> None:
        """Follow one pickle up to its end; raises NotUnderstoodError, EOFError, ValueError, struct.error."""
        _Program(self).run()

    def read_inner(self) -> None:
        """Follow a pickle that stands in this one, as an array of objects does."""
        if self._depth >= _DEEPEST:
            raise NotUnderstoodError("pickles are nested too deeply")
        self._depth += 1
        _Program(self, arrays=False).run()
        self._depth -= 1

    def note(self, module: object, name: object) -> Name:
        """Remember a global that is named."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise NotUnderstoodError("it names a global by something else than two texts")
        found = Name(module, name)
        if found not in self._known:
            self._known.add(found)
            self.names.append(found)
        return found


class _Program:
    """One pickle: its stack and its memo."""

    def __init__(self, reader: Reader, *, arrays: bool | None = None) -> None:
        self.reader = reader
        self.stream = reader.stream
        self.arrays = reader.arrays if arrays is None else arrays
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.frame_end = 0

    def run(self) -> None:
        while True:
            place = self.stream.tell()
            code = self.stream.read(1)
            if not code:
                raise NotUnderstoodError("it ends before its last instruction")
            opcode = _INSTRUCTIONS.get(code.decode("latin-1"))
            if opcode is None:
                raise NotUnderstoodError(f"byte {place} is no instruction of a pickle")
            if opcode.name == "STOP":
                self._pop()
                if self.stream.tell() < self.frame_end:
                    # Python's two readers go on at different places after it.
                    raise NotUnderstoodError("it ends inside a frame")
                return
            try:
                self._follow(opcode)
            except NotUnderstoodError as error:
                raise NotUnderstoodError(f"{error} (byte {place}, {opcode.name})") from None

    def _follow(self, opcode: pickletools.OpcodeInfo) -> None:
        name = opcode.name
        if name in _DATA:
            self.stream.skip(self._length(_DATA[name]))
            self.stack.append(UNKNOWN)
        elif name in _TEXTS:
            self.stack.append(self._text(_TEXTS[name]))
        elif (act := getattr(self, f"_do_{name.lower()}", None)) is not None:
            act()
        else:
            self._follow_simple(opcode)

    def _follow_simple(self, opcode: pickletools.OpcodeInfo) -> None:
        name = opcode.name
        argument = opcode.arg.reader(cast("IO[bytes]", self.stream)) if opcode.arg is not None else None
        if name in _OLD_TEXTS or (name in _NUMBERS and type(argument) is int):
            self.stack.append(argument)
        elif name in _PLAIN or name in _NUMBERS:
            self.stack.append(UNKNOWN)
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            self._tuple_of(int(name[-1]))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._memoize(argument)
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            if not isinstance(argument, int) or argument not in self.memo:
                raise NotUnderstoodError("it takes from the memo what was never put there")
            self.stack.append(self.memo[argument])
        elif name == "GLOBAL":
            # One text "module name"; a space cannot stand in either.
            module, _, attribute = str(argument).partition(" ")
            self.stack.append(self.reader.note(module, attribute))
        elif name == "INST":
            module, _, attribute = str(argument).partition(" ")
            self._call(self.reader.note(module, attribute), tuple(self._pop_to_mark()))
        elif name == "FRAME":
            self._begin_frame(argument)
        elif name != "PROTO":
            # Persistent ids, the extension registry, out-of-band buffers: they name what is not in the file.
            raise NotUnderstoodError("it takes something from outside the file")

    def _length(self, width: int) -> int:
        data = self.stream.read(width)
        if len(data) != width:
            raise EOFError
        return int.from_bytes(data, "little")

    def _text(self, width: int) -> object:
        length = self._length(width)
        if length > LARGEST_TEXT:
            self.stream.skip(length)
            return UNKNOWN
        data = self.stream.read(length)
        if len(data) != length:
            raise EOFError
        return data.decode("utf-8", "surrogatepass")

    def _pop(self) -> object:
        value = self._top()
        self._refuse_bare_array(value)
        return self.stack.pop()

    def _top(self) -> object:
        if not self.stack or self.stack[-1] is MARK:
            raise NotUnderstoodError("it takes something from an empty stack")
        return self.stack[-1]

    def _refuse_bare_array(self, value: object) -> None:
        """joblib makes its descriptions in one way; in another one they would be read unseen."""
        if value == ARRAY:
            raise NotUnderstoodError(f"it uses {ARRAY.full} in a way that joblib never does")

    def _pop_to_mark(self) -> list[object]:
        found: list[object] = []
        while self.stack:
            value = self.stack.pop()
            if value is MARK:
                return found[::-1]
            self._refuse_bare_array(value)
            found.append(value)
        raise NotUnderstoodError("it looks for a mark that is not there")

    def _memoize(self, place: object) -> None:
        if not isinstance(place, int) or place < 0:
            raise NotUnderstoodError("it puts something into the memo under no number")
        self.memo[place] = self._top()

    def _do_memoize(self) -> None:
        self._memoize(len(self.memo))

    def _begin_frame(self, length: object) -> None:
        # Python's own reader takes the rest of a frame from a buffer, which joblib's arrays do not come from.
        if not isinstance(length, int) or self.stream.tell() < self.frame_end:
            raise NotUnderstoodError("a frame begins in another one")
        self.frame_end = self.stream.tell() + length

    def _do_none(self) -> None:
        self.stack.append(None)

    def _do_mark(self) -> None:
        self.stack.append(MARK)

    def _do_pop(self) -> None:
        if not self.stack:
            raise NotUnderstoodError("it takes something from an empty stack")
        self.stack.pop()  # A mark may go too.

    def _do_pop_mark(self) -> None:
        self._pop_to_mark()

    def _do_dup(self) -> None:
        self.stack.append(self._top())

    def _do_tuple(self) -> None:
        self.stack.append(tuple(self._pop_to_mark()))

    def _do_empty_tuple(self) -> None:
        self.stack.append(())

    def _tuple_of(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self.stack.append(tuple(values[::-1]))

    def _do_list(self) -> None:
        self._pop_to_mark()
        self.stack.append(UNKNOWN)

    _do_frozenset = _do_list

    def _do_append(self) -> None:
        self._pop()
        self._holder()

    def _do_appends(self) -> None:
        self._pop_to_mark()
        self._holder()

    _do_additems = _do_appends

    def _do_empty_dict(self) -> None:
        self.stack.append(Table())

    def _do_dict(self) -> None:
        table = Table()
        self._put_all(table, self._pop_to_mark())
        self.stack.append(table)

    def _do_setitem(self) -> None:
        value, key = self._pop(), self._pop()
        self._put_all(self._holder(), [key, value])

    def _do_setitems(self) -> None:
        pairs = self._pop_to_mark()
        self._put_all(self._holder(), pairs)

    def _put_all(self, holder: object, pairs: list[object]) -> None:
        if len(pairs) % 2:
            raise NotUnderstoodError("a key has no value")
        if isinstance(holder, Table):
            for key, value in zip(pairs[::2], pairs[1::2], strict=True):
                holder.put(key, value)

    def _holder(self) -> object:
        """What items are put into: it stays on the stack, and is something that was made here."""
        holder = self._top()
        if isinstance(holder, Name):
            raise NotUnderstoodError(f"it changes {holder.full} itself")
        return holder

    def _do_stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self.stack.append(self.reader.note(module, name))

    def _call(self, callee: object, arguments: object) -> None:
        if not isinstance(callee, Name):
            raise NotUnderstoodError("it calls something that it does not name")
        self.stack.append(Made(callee, arguments))

    def _do_reduce(self) -> None:
        arguments, callee = self._pop(), self._pop()
        self._call(callee, arguments)

    def _do_newobj(self) -> None:
        arguments, callee = self._pop(), self._top()
        if callee == ARRAY and arguments != ():
            raise NotUnderstoodError(f"it uses {ARRAY.full} in a way that joblib never does")
        self.stack.pop()
        self._call(callee, arguments)

    def _do_newobj_ex(self) -> None:
        self._pop()
        self._do_reduce()

    def _do_obj(self) -> None:
        callee, *arguments = self._pop_to_mark() or [None]
        self._call(callee, tuple(arguments))

    def _do_build(self) -> None:
        state, made = self._pop(), self._pop()
        if not isinstance(made, Made):
            raise NotUnderstoodError("it gives a state to something that it did not make")
        made.states.append(state)
        if made.name == ARRAY and len(made.states) > 1:
            raise NotUnderstoodError("an array is described twice")
        if made.name == ARRAY:
            if not self.arrays:
                raise NotUnderstoodError("an array of joblib stands where joblib writes none")
            self._skip_array(state)
            self.stack.append(UNKNOWN)
        else:
            self.stack.append(made)

    def _skip_array(self, state: object) -> None:
        """Pass over the bytes of an array, as many as its description says that joblib will read."""
        what = array_bytes(state)
        if self.frame_end > self.stream.tell():
            raise NotUnderstoodError("an array begins inside a frame")
        if what.size is None:
            self.reader.read_inner()
            return
        if what.is_padded:
            self.stream.skip(self._length(1))
        self.stream.skip(what.size)


def list_names(stream: Stream, *, arrays: bool) -> tuple[Name, ...]:
    """The globals that a pickle names; with `arrays` it is one that joblib wrote, uncompressed.

    Raises NotUnderstoodError where something in it cannot be judged, and for bytes after its end.
    """
    reader = Reader(stream, arrays=arrays)
    try:
        reader.read()
    except (EOFError, ValueError, struct.error, OverflowError, MemoryError, RecursionError) as error:
        raise NotUnderstoodError(f"it is damaged: {error or 'it ends too early'}") from None
    if stream.read(1):
        raise NotUnderstoodError("there are bytes after its end")
    return tuple(reader.names)

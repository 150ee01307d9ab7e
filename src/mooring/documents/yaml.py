"""Strict YAML: text to plain data, with the place of everything in it.

A small language inside YAML that PyYAML (1.1), ruamel.yaml (1.2) and the readers of other languages read
alike (promise 13): UTF-8, one document, string keys, no anchors, tags or merge keys, no guessing of types.
Values are built from the event stream with an explicit stack, so that size, number of events and depth are
limited before memory is spent, and no depth can exhaust Python's stack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from mooring.documents.yaml_problem import Span, YamlProblem, problem_at
from mooring.documents.yaml_scalars import AmbiguousScalarError, read_plain
from mooring.documents.yaml_text import check_between, decode

try:
    from yaml._yaml import CParser

    Parser: Callable[[str], Any] = CParser
except ImportError:  # PyYAML was built without libyaml: the same events, ten times slower
    from yaml import SafeLoader

    Parser = SafeLoader

__all__ = ["Document", "JsonValue", "KeyPath", "Span", "YamlProblem", "load", "load_with_spans", "locate"]

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
KeyPath: TypeAlias = tuple[str | int, ...]

MOST_EVENTS: Final = 20_000
DEEPEST: Final = 64
LONGEST_KEY: Final = 1000
"""Characters as written; YAML readers look for the ':' of a key within 1024."""

_BLOCK_HEADER = re.compile(r"[|>](?:[1-9][-+]?|[-+][1-9]?)?[ ]*+(?:(?<=[ ])#[^\n]*+)?\r?\n")
_HINTS: Final = {
    "mapping values are not allowed": "quote text that holds ': '",
    "could not find expected ':'": "write key: value",
    "cannot start any token": "quote the text",
    "did not find expected <document start>": "one document is one mapping; check the indentation",
    "did not find expected key": "check the indentation, or quote the text",
    "invalid Unicode character escape": "escapes name Unicode characters, not halves of a surrogate pair",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A value and where its parts stand; paths are keys and indices from the top, `()` is the whole."""

    value: JsonValue
    spans: Mapping[KeyPath, Span]
    """Of values."""
    key_spans: Mapping[KeyPath, Span]
    """Of the keys that lead to the values."""
    plain: Mapping[KeyPath, str]
    """The text as written of every value that is null, a boolean or a number: `1.10` for 1.1."""


def load(data: bytes, *, any_top: bool = False) -> JsonValue:
    """The value of a strict YAML document; its top level is a mapping unless `any_top`.

    Raises YamlProblem for whatever is not strict, and nothing else for any bytes.
    """
    return _Reader(decode(data)).read(any_top=any_top)


def load_with_spans(data: bytes, *, any_top: bool = False) -> Document:
    """Like `load`, with the place of every key and value."""
    reader = _Reader(decode(data))
    value = reader.read(any_top=any_top)
    return Document(
        value,
        spans=MappingProxyType({path: _span(place) for path, place in reader.places.items()}),
        key_spans=MappingProxyType({path: _span(place) for path, place in reader.key_places.items()}),
        plain=MappingProxyType(reader.plain),
    )


def locate(data: bytes, path: KeyPath) -> Span | None:
    """Where the value at `path` stands, or its nearest ancestor that is there; None for unreadable text."""
    try:
        spans = load_with_spans(data, any_top=True).spans
    except YamlProblem:
        return None
    for length in range(len(path), -1, -1):
        if path[:length] in spans:
            return spans[path[:length]]
    return None


_Place: TypeAlias = tuple[int, int, int, int]
_Event: TypeAlias = Any  # PyYAML's stubs call every mark optional; both parsers always set it


def _span(place: _Place) -> Span:
    line, column, end_line, end_column = place
    return Span(line + 1, column + 1, end_line + 1, end_column + 1)


class _Frame:
    """A collection that is still open."""

    __slots__ = ("items", "key", "keys", "path", "start")

    def __init__(self, items: list[JsonValue] | dict[str, JsonValue], path: KeyPath, start: Any) -> None:
        self.items = items
        self.path = path
        self.start = start
        self.key: str | None = None
        self.keys: set[str] = set()  # normalised, so that two spellings of one name are one key


class _Reader:
    """One pass over the events of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[KeyPath, _Place] = {}
        self.key_places: dict[KeyPath, _Place] = {}
        self.plain: dict[KeyPath, str] = {}
        self._scalars: list[tuple[int, int]] = []
        self._stack: list[_Frame] = []
        self._top: list[JsonValue] = []
        self._flow_depth = 0
        self._end = (0, 0)  # line and column after the last thing read

    def read(self, *, any_top: bool) -> JsonValue:
        for event in self._events():
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._open(event)
            elif isinstance(event, CollectionEndEvent):
                self._close(event)
            elif isinstance(event, AliasEvent):
                raise self._problem(event, f"alias '*{event.anchor}'", "write the value out")
            elif isinstance(event, DocumentStartEvent):
                self._start_document(event)
        if not self._top:
            raise problem_at(self.text, 0, "the document is empty")
        check_between(self.text, self._scalars)
        if not (any_top or isinstance(self._top[0], dict)):
            raise problem_at(self.text, 0, "the top level is not a mapping", "write key: value lines")
        return self._top[0]

    def _events(self) -> Iterator[_Event]:
        count = 0
        try:
            parser = Parser(self.text)
            while (event := parser.get_event()) is not None:
                count += 1
                if count > MOST_EVENTS:
                    reason = f"more than {MOST_EVENTS} YAML events (keys, values, brackets)"
                    raise self._problem(event, reason, "keep long lists in files of their own")
                yield event
        except YAMLError as error:
            raise self._syntax(error) from None
        except (ValueError, OverflowError):  # the pure parser's chr() of an escape such as \UFFFFFFFF
            raise problem_at(self.text, 0, "an escape that is not a Unicode character") from None

    def _start_document(self, event: _Event) -> None:
        if event.version or event.tags:
            raise self._problem(event, "a YAML directive", "remove the line that begins with %")
        if self._top:
            raise self._problem(event, "a second document", "keep one document in a file; remove '---'")

    def _open(self, event: _Event) -> None:
        self._refuse_properties(event)
        if len(self._stack) >= DEEPEST:
            raise self._problem(event, f"nested deeper than {DEEPEST} levels")
        if event.flow_style:
            self._flow_depth += 1
            if self.text[event.start_mark.index] not in "[{":
                raise self._problem(event, "a key inside [ ] without { }", "write [{key: value}] or quote it")
        path = self._next_path(event)
        items: list[JsonValue] | dict[str, JsonValue] = {} if isinstance(event, MappingStartEvent) else []
        self._add(items)
        self._stack.append(_Frame(items, path, event.start_mark))

    def _close(self, event: _Event) -> None:
        frame = self._stack.pop()
        mark = event.end_mark
        if self.text[frame.start.index] in "[{":
            self._flow_depth -= 1
            self._end = (mark.line, mark.column)
        self.places[frame.path] = (frame.start.line, frame.start.column, *self._end)

    def _scalar(self, event: _Event) -> None:
        self._refuse_properties(event)
        place = self._record(event)
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.items, dict) and frame.key is None:
            self._key(event, frame, place)
            return
        path = self._next_path(event)
        value = event.value if event.style else self._plain(event)
        if not isinstance(value, str):
            self.plain[path] = event.value
        self.places[path] = place
        self._add(value)

    def _record(self, event: _Event) -> _Place:
        start, end = event.start_mark, event.end_mark
        stop = end.index
        self._end = (end.line, end.column)
        if event.style in ("|", ">"):
            if not event.value.strip(" \n") or event.value.startswith("\n"):
                raise self._problem(event, "a block scalar that begins with an empty line", "quote the text")
            # The parser counts the blank lines after a block scalar to it; they belong to nothing.
            written = self.text[start.index : stop].rstrip(" \r\n")
            if not _BLOCK_HEADER.match(written):
                raise self._problem(
                    event, "text after the mark of a block scalar", "begin it on the next line"
                )
            stop = start.index + len(written)
            lines = written.count("\n")
            column = start.column + len(written) if not lines else len(written) - written.rfind("\n") - 1
            self._end = (start.line + lines, column)
        elif not event.style and "\t" in self.text[start.index : stop]:
            raise self._problem(event, "a tab in unquoted text", "quote the text")
        self._scalars.append((start.index, stop))
        return (start.line, start.column, *self._end)

    def _key(self, event: _Event, frame: _Frame, place: _Place) -> None:
        key = event.value
        if not event.style and not isinstance(self._plain(event), str):
            raise self._problem(event, f"key {key} is not a string", f'write "{key}" in quotes')
        if event.end_mark.index - event.start_mark.index > LONGEST_KEY:
            raise self._problem(event, f"a key longer than {LONGEST_KEY} characters")
        normal = key if key.isascii() else unicodedata.normalize("NFC", key)
        if normal in frame.keys:
            raise self._problem(event, f"duplicate key {key!r}", "keep one of the two")
        frame.keys.add(normal)
        frame.key = key
        self.key_places[(*frame.path, key)] = place

    def _plain(self, event: _Event) -> JsonValue:
        if not event.value:
            hint = (
                "in { } write key: value" if self._flow_depth else 'write null, "", [] or {} if that is meant'
            )
            raise self._problem(event, "no value", hint)
        if self._flow_depth and "?" in event.value:
            raise self._problem(event, "'?' in unquoted text between brackets", "quote the text")
        try:
            return read_plain(event.value)
        except AmbiguousScalarError as error:
            raise self._problem(event, str(error), f'write "{event.value}" in quotes') from None

    def _next_path(self, event: _Event) -> KeyPath:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if isinstance(frame.items, list):
            return (*frame.path, len(frame.items))
        if frame.key is None:
            raise self._problem(event, "a key that is not a string", "keys are plain words or quoted text")
        return (*frame.path, frame.key)

    def _add(self, value: JsonValue) -> None:
        if not self._stack:
            self._top.append(value)
            return
        frame = self._stack[-1]
        if isinstance(frame.items, list):
            frame.items.append(value)
        elif frame.key is not None:
            frame.items[frame.key] = value
            frame.key = None

    def _refuse_properties(self, event: _Event) -> None:
        if event.anchor is not None:
            raise self._problem(event, f"anchor '&{event.anchor}'", "write the value out where it is needed")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self._problem(
                event, f"tag {tag!r}", "remove it; only strings, numbers, true, false and null"
            )

    def _problem(self, event: _Event, reason: str, hint: str | None = None) -> YamlProblem:
        mark = event.start_mark
        return YamlProblem(reason, line=mark.line + 1, column=mark.column + 1, hint=hint)

    def _syntax(self, error: YAMLError) -> YamlProblem:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        words = " ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
        hint = next((cure for sign, cure in _HINTS.items() if sign in words), None)
        reason = f"not YAML: {words or error}"
        if mark is None:
            return problem_at(self.text, 0, reason, hint)
        return YamlProblem(reason, line=mark.line + 1, column=mark.column + 1, hint=hint)

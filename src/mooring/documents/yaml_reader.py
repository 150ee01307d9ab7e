"""From YAML events to plain data, with an explicit stack: no depth can exhaust Python's, no size its memory."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from mooring.documents.yaml_problem import YamlProblem
from mooring.documents.yaml_scalars import AmbiguousScalarError, read_plain
from mooring.documents.yaml_text import check_between

try:
    from yaml._yaml import CParser

    Parser: Callable[[str], Any] = CParser
except ImportError:  # PyYAML was built without libyaml: the same events, ten times slower
    from yaml import SafeLoader

    Parser = SafeLoader

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MOST_EVENTS: Final = 20_000
DEEPEST: Final = 64
LONGEST_KEY: Final = 1000
"""Characters as written; YAML readers look for the ':' of a key within 1024."""

_BLOCK_HEADER = re.compile(r"[|>](?:[1-9][-+]?|[-+][1-9]?)?[ ]*+(?:(?<=[ ])#[^\n]*+)?\r?\n")
_INDENT = re.compile(r"[ ]*+")
_QUOTES: Final = ("'", '"')
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_HINTS: Final = {
    "mapping values are not allowed": "quote text that holds ': '",
    "could not find expected ':'": "write key: value",
    "cannot start any token": "quote the text",
    "did not find expected <document start>": "one document is one mapping; check the indentation",
    "did not find expected key": "check the indentation, or quote the text",
    "invalid Unicode character escape": "escapes name Unicode characters, not halves of a surrogate pair",
}
_Event: TypeAlias = Any  # PyYAML's stubs call every mark optional; both parsers always set it


@dataclass(slots=True)
class Parsed:
    """A value, and the start and end indices in the text of its scalars (keys too) and of its collections.

    Both lists are in the order of the text, which is the order of a walk through the value.
    """

    value: JsonValue = None
    scalars: list[tuple[int, int]] = field(default_factory=list)
    collections: list[tuple[int, int]] = field(default_factory=list)


def read(text: str, *, any_top: bool) -> Parsed:
    """Read one document; raises YamlProblem for what is not strict, and nothing else."""
    reader = _Reader(text)
    try:
        reader.run()
    except YAMLError as error:
        raise _syntax(text, error) from None
    except (ValueError, OverflowError):  # the pure parser's chr() of an escape such as \UFFFFFFFF
        raise YamlProblem.at_index(text, 0, "an escape that is not a Unicode character") from None
    if reader.value is None and not reader.parsed.scalars:
        raise YamlProblem.at_index(text, 0, "the document is empty")
    check_between(text, reader.parsed.scalars)
    if not (any_top or isinstance(reader.value, dict)):
        raise YamlProblem.at_index(text, 0, "the top level is not a mapping", "write key: value lines")
    reader.parsed.value = reader.value
    return reader.parsed


class _Reader:
    """One pass over one text; the innermost open collection is held in attributes, the others on a stack."""

    def __init__(self, text: str) -> None:
        self.parsed = Parsed()
        self.value: JsonValue = None
        self._text = text
        self._tabs = "\t" in text
        self._documents = 0
        self._flow_depth = 0
        self._stack: list[tuple[Any, str | None, set[str], int, int]] = []
        self._items: Any = None  # the innermost collection: None, a list or a dict
        self._key: str | None = None  # the key that waits for its value
        self._keys: set[str] = set()  # in NFC, so that two spellings of one name are one key
        self._end = (
            0  # of the scalar or flow collection read last, which ends the block collections around it
        )
        self._number = -1  # of the innermost collection, in parsed.collections
        self._column = -1  # where the innermost block collection stands; what is inside is indented more

    def run(self) -> None:
        handlers: dict[type, Callable[[_Event], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._open,
            SequenceStartEvent: self._open,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        next_event = Parser(self._text).get_event
        count = 0
        while (event := next_event()) is not None:
            count += 1
            if count > MOST_EVENTS:
                reason = f"more than {MOST_EVENTS} YAML events (keys, values, brackets)"
                raise _problem(event, reason, "keep long lists in files of their own")
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def _document(self, event: _Event) -> None:
        self._documents += 1
        if event.version or event.tags:
            raise _problem(event, "a YAML directive", "remove the line that begins with %")
        if self._documents > 1:
            raise _problem(event, "a second document", "keep one document in a file; remove '---'")

    def _alias(self, event: _Event) -> None:
        raise _problem(event, f"alias '*{event.anchor}'", "write the value out")

    def _open(self, event: _Event) -> None:
        if event.anchor is not None or event.tag is not None:
            raise _properties(event)
        if len(self._stack) >= DEEPEST:
            raise _problem(event, f"nested deeper than {DEEPEST} levels")
        start = event.start_mark.index
        if event.flow_style:
            if self._text[start] not in "[{":
                raise _problem(event, "a key inside [ ] without { }", "write [{key: value}] or quote it")
            self._check_indentation(event)
            self._flow_depth += 1
        is_mapping = isinstance(event, MappingStartEvent)
        items: Any = {} if is_mapping else []
        if isinstance(self._items, dict) and self._key is None:
            raise _problem(event, "a key that is not a string", "keys are plain words or quoted text")
        self._add(items)
        self._stack.append((self._items, self._key, self._keys, self._number, self._column))
        if not event.flow_style:
            self._column = event.start_mark.column
        self._items, self._key, self._keys = items, None, set()
        self._number = len(self.parsed.collections)
        self.parsed.collections.append((start, start))

    def _close(self, event: _Event) -> None:
        start, _ = self.parsed.collections[self._number]
        if self._text[start] in "[{":
            self._flow_depth -= 1
            end = self._end = event.end_mark.index
            if not self._flow_depth:
                self._check_lines(start, end, in_quotes=False)
        else:
            end = self._end
        self.parsed.collections[self._number] = (start, end)
        self._items, self._key, self._keys, self._number, self._column = self._stack.pop()

    def _check_indentation(self, event: _Event) -> None:
        """A value on a line of its own is indented more than its key; to libyaml that is all one."""
        if event.start_mark.column <= self._column and not self._flow_depth:
            raise _problem(event, "a value that is not indented more than its key", "indent it")

    def _check_lines(self, start: int, end: int, *, in_quotes: bool) -> None:
        """Lines inside quotes and brackets are indented more than what they stand in, as YAML 1.2 demands.

        The closing bracket too; comments between brackets stand where they like.
        """
        text = self._text
        line_end = text.find("\n", start, end)
        while line_end >= 0:
            begin = line_end + 1
            line_end = text.find("\n", begin, end)
            found = _INDENT.match(text, begin)
            first = found.end() if found else begin
            is_free = text[first] in "\r\n" or (text[first] == "#" and not in_quotes)
            if first - begin <= self._column and not is_free:
                reason = "a line that is not indented more than what it continues"
                raise YamlProblem.at_index(text, first, reason, "indent it, a closing bracket too")

    def _scalar(self, event: _Event) -> None:
        if event.anchor is not None or event.tag is not None:
            raise _properties(event)
        start = event.start_mark.index
        stop = event.end_mark.index
        style = event.style
        value = event.value
        if not style:
            value = self._plain(event, start, stop)
        elif style in "|>":
            stop = self._block_end(event, start, stop)
        elif not value.isascii() and _HALF_PAIR.search(value):  # libyaml has refused them already
            raise _problem(event, "half of a surrogate pair", "write the character itself")
        self.parsed.scalars.append((start, stop))
        self._end = stop
        if self._key is None and isinstance(self._items, dict):
            self._start_key(event, value)
        else:
            self._check_indentation(event)
            if style in _QUOTES and event.start_mark.line != event.end_mark.line:
                self._check_lines(start, stop, in_quotes=True)
            self._add(value)

    def _plain(self, event: _Event, start: int, stop: int) -> JsonValue:
        text = event.value
        if not text:
            hint = (
                "in { } write key: value" if self._flow_depth else 'write null, "", [] or {} if that is meant'
            )
            raise _problem(event, "no value", hint)
        if self._flow_depth and "?" in text:
            raise _problem(event, "'?' in unquoted text between brackets", "quote the text")
        if self._flow_depth and (text == "-" or text.endswith(" -")):
            raise _problem(event, "'-' alone at the end of unquoted text between brackets", "quote the text")
        if self._tabs and "\t" in self._text[start:stop]:
            raise _problem(event, "a tab in unquoted text", "quote the text")
        try:
            return read_plain(text)
        except AmbiguousScalarError as error:
            raise _problem(event, str(error), f"write {_shown(text)} in quotes") from None

    def _block_end(self, event: _Event, start: int, stop: int) -> int:
        if not event.value.strip(" \n") or event.value.startswith("\n"):
            raise _problem(event, "a block scalar that begins with an empty line", "quote the text")
        if stop == len(self._text) and self._text[-1] != "\n":
            raise _problem(event, "a block scalar that ends the file without a newline", "end the last line")
        # The parser counts the blank lines after a block scalar to it; they belong to nothing.
        written = self._text[start:stop].rstrip(" \r\n")
        if not _BLOCK_HEADER.match(written):
            raise _problem(event, "text after the mark of a block scalar", "begin it on the next line")
        return start + len(written)

    def _start_key(self, event: _Event, key: JsonValue) -> None:
        if not isinstance(key, str):
            raise _problem(
                event, f"key {event.value} is not a string", f"write {_shown(event.value)} in quotes"
            )
        if event.end_mark.index - event.start_mark.index > LONGEST_KEY:
            raise _problem(event, f"a key longer than {LONGEST_KEY} characters")
        normal = key if key.isascii() else unicodedata.normalize("NFC", key)
        if normal in self._keys:
            raise _problem(event, f"duplicate key {key!r}", "keep one of the two")
        self._keys.add(normal)
        self._key = key

    def _add(self, value: JsonValue) -> None:
        items = self._items
        if items is None:
            self.value = value
        elif self._key is None:
            items.append(value)
        else:
            items[self._key] = value
            self._key = None


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


def _problem(event: _Event, reason: str, hint: str | None = None) -> YamlProblem:
    mark = event.start_mark
    return YamlProblem(reason, line=mark.line + 1, column=mark.column + 1, hint=hint)


def _properties(event: _Event) -> YamlProblem:
    if event.anchor is not None:
        return _problem(
            event, f"anchor {_shown('&' + event.anchor)}", "write the value out where it is needed"
        )
    return _problem(
        event, f"tag {_shown(event.tag)}", "remove it; quotes make a string, nothing else is needed"
    )


def _syntax(text: str, error: YAMLError) -> YamlProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = " ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
    hint = next((cure for sign, cure in _HINTS.items() if sign in words), None)
    reason = f"not YAML: {words or error}"
    if mark is None:
        return YamlProblem.at_index(text, 0, reason, hint)
    return YamlProblem(reason, line=mark.line + 1, column=mark.column + 1, hint=hint)

"""Strict YAML: text to plain data, with the place of everything in it.

A small language inside YAML that PyYAML (1.1), ruamel.yaml (1.2) and the readers of other languages read alike
(promise 13): UTF-8, one document, string keys, no anchors, tags or merge keys, no guessing of types, at most
256 KiB, 20 000 events and 64 levels.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import TypeAlias

from mooring.documents.yaml_problem import Span, YamlProblem
from mooring.documents.yaml_reader import JsonValue, Parsed, read
from mooring.documents.yaml_text import decode

__all__ = ["Document", "JsonValue", "KeyPath", "Span", "YamlProblem", "load", "load_with_spans", "locate"]

KeyPath: TypeAlias = tuple[str | int, ...]


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
    return read(decode(data), any_top=any_top).value


def load_with_spans(data: bytes, *, any_top: bool = False) -> Document:
    """Like `load`, with the place of every key and value."""
    text = decode(data)
    return _place(text, read(text, any_top=any_top))


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


def line_starts(text: str) -> list[int]:
    """The index of the first character of each line."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def _place(text: str, parsed: Parsed) -> Document:
    # Scalars and collections were noted in the order in which this walk meets them.
    starts = line_starts(text)
    scalars = iter(parsed.scalars)
    collections = iter(parsed.collections)
    spans: dict[KeyPath, Span] = {}
    key_spans: dict[KeyPath, Span] = {}
    plain: dict[KeyPath, str] = {}

    def span(indices: tuple[int, int]) -> Span:
        start, end = indices
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        return Span(line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    waiting: list[tuple[KeyPath, JsonValue, bool]] = [((), parsed.value, False)]
    while waiting:
        path, value, has_key = waiting.pop()
        if has_key:
            key_spans[path] = span(next(scalars))
        if isinstance(value, dict):
            spans[path] = span(next(collections))
            waiting.extend(((*path, key), item, True) for key, item in reversed(value.items()))
        elif isinstance(value, list):
            spans[path] = span(next(collections))
            waiting.extend(((*path, index), value[index], False) for index in range(len(value) - 1, -1, -1))
        else:
            indices = next(scalars)
            spans[path] = span(indices)
            if not isinstance(value, str):
                plain[path] = text[slice(*indices)]
    return Document(
        value=parsed.value,
        spans=MappingProxyType(spans),
        key_spans=MappingProxyType(key_spans),
        plain=MappingProxyType(plain),
    )

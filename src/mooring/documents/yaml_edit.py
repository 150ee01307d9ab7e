"""Changing one value of a YAML text: comments, order and every other line stay as they are."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from mooring.documents.yaml import (
    Document,
    JsonValue,
    KeyPath,
    Span,
    YamlProblem,
    line_starts,
    load_with_spans,
)
from mooring.documents.yaml_write import WIDTH, as_plain, entry, flow_text, same

_Rendering: TypeAlias = tuple[str, list[str]]

_DASH = re.compile(r"(?:[ \r\n]|#[^\n]*)*+-")
_COLON = re.compile(r"[ ]*:")


def set_value(data: bytes, path: KeyPath, value: object) -> bytes:
    """The text with `value` at `path`, which must exist; only the lines of that value change.

    The result was read again and holds what was asked for, and nothing else differs. Raises YamlProblem when the
    text is not strict, the path is not in it, or the value cannot be written there.
    """
    document = load_with_spans(data)
    if not path or path not in document.spans:
        raise _problem(document, path, "there is no value to replace")
    plain = as_plain(value)
    wanted = _replaced(document.value, path, plain)
    text = data.decode("utf-8")
    edit = _Edit(text, document, path)
    for rendering in edit.renderings(plain):
        changed = edit.apply(rendering).encode("utf-8")
        try:
            if same(load_with_spans(changed).value, wanted):
                return changed
        except YamlProblem:
            continue
    raise _problem(document, path, "the value cannot be written at this place")


class _Edit:
    """The place of one value in one text, and how a new value is put there."""

    def __init__(self, text: str, document: Document, path: KeyPath) -> None:
        self._text = text
        self._document = document
        self._path = path
        self._starts = line_starts(text)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._start, self._end = self._indices(document.spans[path])
        ancestors = (self._indices(document.spans[path[:length]])[0] for length in range(len(path)))
        self._in_flow = any(text[index] in "[{" for index in ancestors)

    def renderings(self, value: JsonValue) -> list[_Rendering]:
        """How the value may be written, the best way first."""
        one_line: _Rendering = (flow_text(value), [])
        if self._in_flow:
            return [one_line]
        span = self._document.spans[self._path]
        parent = self._document.spans[self._path[:-1]]
        return [entry(value, indent=parent.column + 1, room=WIDTH - span.column - 1), one_line]

    def apply(self, rendering: _Rendering) -> str:
        """The whole text with the value replaced."""
        head, below = rendering
        if self._in_flow:
            return self._text[: self._start] + head + self._text[self._end :]
        mark = self._after_mark()
        first = self._text[mark : self._line_end(mark)].removesuffix("\r")
        begins_on_next_line = self._start > mark + len(first)
        if begins_on_next_line:
            comment = first.rstrip(" ")
            between = self._text[self._line_end(mark) : self._starts[self._line_of(self._start)]]
        else:
            comment = self._comment_of_value()
            between = self._newline
        after = self._text[self._line_end(self._end) :]
        line = f" {head}{comment}" if head else comment
        new = "".join(self._newline + below_line for below_line in below)
        return self._text[:mark] + line + between.removesuffix(self._newline) + new + after

    def _comment_of_value(self) -> str:
        """The comment on the line of a value that is replaced, with the white space before it."""
        written = self._text[self._start : self._end]
        if written[0] in "|>":
            found = re.match(r"[^ #\r\n]*([ ]+#[^\r\n]*)?", written)
            return (found and found.group(1)) or ""
        return self._text[self._end : self._line_end(self._end)].rstrip(" \r")

    def _after_mark(self) -> int:
        """The index after the colon or dash that the value follows."""
        key = self._path[-1]
        if isinstance(key, str):
            _, end = self._indices(self._document.key_spans[self._path])
            found = _COLON.match(self._text, end)
        elif key == 0:
            start, _ = self._indices(self._document.spans[self._path[:-1]])
            return start + 1
        else:
            _, end = self._indices(self._document.spans[(*self._path[:-1], key - 1)])
            found = _DASH.match(self._text, end)
        return found.end() if found else self._start

    def _indices(self, span: Span) -> tuple[int, int]:
        return (
            self._starts[span.line - 1] + span.column - 1,
            self._starts[span.end_line - 1] + span.end_column - 1,
        )

    def _line_of(self, index: int) -> int:
        return self._text.count("\n", 0, index)

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        if end < 0:
            return len(self._text)
        return end - 1 if self._text[end - 1 : end] == "\r" else end


def _replaced(value: JsonValue, path: KeyPath, new: JsonValue) -> JsonValue:
    if not path:
        return new
    copy: Any = value.copy() if isinstance(value, (dict, list)) else value
    copy[path[0]] = _replaced(copy[path[0]], path[1:], new)
    return copy  # type: ignore[no-any-return]


def _problem(document: Document, path: KeyPath, reason: str) -> YamlProblem:
    shown = ".".join(map(str, path)) or "the top level"
    known = next(path[:length] for length in range(len(path), -1, -1) if path[:length] in document.spans)
    span = document.spans[known]
    hint = "edit the file by hand" if known == path else f"add {shown} to the file by hand"
    return YamlProblem(f"cannot set {shown}: {reason}", line=span.line, column=span.column, hint=hint)

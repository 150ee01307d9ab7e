"""Everything in a document has a place."""

from __future__ import annotations

import pytest
from hypothesis import given

from mooring.documents.yaml import (
    Document,
    JsonValue,
    KeyPath,
    Span,
    YamlProblem,
    load,
    load_with_spans,
    locate,
)
from mooring.documents.yaml_write import dump
from tests.documents.yaml_corpus import damaged, json_mappings, token_soups

POINTER = b"""\
# who is live
version: "1.2.0"   # quoted
weight: 1.10
rollout:
  steps:
  - {weight: 5, hold: 2h}
  - weight: 100
    hold: null

note: |
  two
  lines

last: [a,
  b]
"""


def cut(data: bytes, span: Span) -> str:
    lines = data.decode().split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    middle = lines[span.line : span.end_line - 1]
    return "\n".join(
        [lines[span.line - 1][span.column - 1 :], *middle, lines[span.end_line - 1][: span.end_column - 1]]
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("version",), '"1.2.0"'),
        (("weight",), "1.10"),
        (("rollout", "steps", 0), "{weight: 5, hold: 2h}"),
        (("rollout", "steps", 0, "hold"), "2h"),
        (("rollout", "steps", 1), "weight: 100\n    hold: null"),
        (("rollout", "steps", 1, "hold"), "null"),
        (("note",), "|\n  two\n  lines"),
        (("last",), "[a,\n  b]"),
        (("last", 1), "b"),
    ],
)
def test_the_span_of_a_value_holds_its_text(path: KeyPath, text: str) -> None:
    assert cut(POINTER, load_with_spans(POINTER).spans[path]) == text


def test_the_span_of_a_key_holds_the_key() -> None:
    document = load_with_spans(POINTER)

    assert document.key_spans[("rollout", "steps")] == Span(5, 3, 5, 8)
    assert all(cut(POINTER, span) == path[-1] for path, span in document.key_spans.items())


def test_the_span_of_the_whole_begins_at_the_first_key_and_ends_with_the_last_value() -> None:
    assert load_with_spans(POINTER).spans[()] == Span(2, 1, 15, 5)


def test_a_block_collection_ends_with_the_bracket_of_its_last_value() -> None:
    assert cut(b"a:\n  b: [[c], d]\n", load_with_spans(b"a:\n  b: [[c], d]\n").spans[("a",)]) == "b: [[c], d]"


def test_the_raw_text_of_what_is_not_a_string_is_kept() -> None:
    assert load_with_spans(POINTER).plain == {
        ("weight",): "1.10",
        ("rollout", "steps", 0, "weight"): "5",
        ("rollout", "steps", 1, "weight"): "100",
        ("rollout", "steps", 1, "hold"): "null",
    }


def test_a_place_that_is_missing_is_located_at_its_nearest_ancestor() -> None:
    assert locate(POINTER, ("rollout", "steps", 0, "until", "x")) == Span(6, 5, 6, 26)
    assert locate(POINTER, ("absent",)) == Span(2, 1, 15, 5)


@pytest.mark.parametrize("data", [b"", b"a: [", b"\xff", b"a: 1\na: 2\n"])
def test_an_unreadable_text_has_no_places(data: bytes) -> None:
    assert locate(data, ("a",)) is None


def _value_at(value: JsonValue, path: KeyPath) -> JsonValue:
    for part in path:
        value = value[part]  # type: ignore[index, call-overload]
    return value


def _check(data: bytes, document: Document) -> None:
    for path, span in document.spans.items():
        value = _value_at(document.value, path)
        # Indented as it stood, the text of a value alone is that value; only block scalars need the lines after them.
        alone = " " * (span.column - 1) + cut(data, span)
        if not (isinstance(value, str) or "|" in alone or ">" in alone):
            assert load(alone.encode(), any_top=True) == value
        assert (path in document.plain) == (not isinstance(value, (str, list, dict)))
    assert document.spans.keys() - {()} >= document.key_spans.keys()


@given(token_soups | damaged())
def test_spans_and_values_belong_together(text: str) -> None:
    try:
        document = load_with_spans(text.encode(), any_top=True)
    except YamlProblem:
        return
    _check(text.encode(), document)


@pytest.mark.slow
@given(json_mappings)
def test_spans_and_values_of_written_documents_belong_together(value: dict[str, JsonValue]) -> None:
    try:
        data = dump(value)
    except YamlProblem:
        return
    _check(data, load_with_spans(data))

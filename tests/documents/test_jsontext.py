"""Strict JSON: the same value for every reader, or a refusal with its place."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.documents.jsontext import JsonProblem, load
from mooring.documents.yaml_write import same
from mooring.errors import ExitCode

REFUSED: dict[str, tuple[bytes, int, int, str]] = {
    "duplicate key": (b'{"auc": 1,\n "auc": 2}', 2, 2, "duplicate key 'auc'"),
    "duplicate key, inner": (b'{"a": {"b": 1}, "c": {"b": 2, "b": 3}}', 1, 31, "duplicate key 'b'"),
    "duplicate key, escaped": (b'{"a": 1, "\\u0061": 2}', 1, 10, "duplicate key 'a'"),
    "duplicate key, normalised": ('{"é": 1, "e\u0301": 2}'.encode(), 1, 10, "duplicate key"),
    "duplicate key before a syntax error": (b'{"a": 1, "a": 2,', 1, 10, "duplicate key 'a'"),
    "NaN": (b'{"auc":\n  NaN}', 2, 3, "NaN is not JSON"),
    "Infinity": (b"[1, -Infinity]", 1, 5, "-Infinity is not JSON"),
    "overflow": (b"[1e999]", 1, 2, "too large for a double"),
    "large integer": (b'{"n": 9007199254740993}', 1, 7, "larger than 2^53"),
    "long integer": (b"9" * 5000, 1, 1, "more than 40 characters"),
    "long decimal": (b"0." + b"1" * 5000, 1, 1, "more than 40 characters"),
    "65 levels": (b"[" * 65 + b"]" * 65, 1, 65, "nested deeper than 64"),
    "100 000 levels": (b"[" * 100_000, 1, 65, "nested deeper than 64"),
    "100 000 objects": (b'{"a":' * 100_000, 1, 321, "nested deeper than 64"),
    "half surrogate": (b'["\\ud83d"]', 1, 2, "half of a surrogate pair"),
    "half surrogate in a key": (b'{"a": 1, "\\udc00x": 2}', 1, 10, "half of a surrogate pair"),
    "not UTF-8": (b'{"a":\n"\xff"}', 2, 2, "byte 0xff is not UTF-8"),
    "BOM": (b"\xef\xbb\xbf{}", 1, 1, "byte order mark"),
    "empty": (b"", 1, 1, "not JSON"),
    "text after the value": (b'{"a": 1} x', 1, 10, "extra data"),
    "single quotes": (b"{'a': 1}", 1, 2, "not JSON"),
    "line break in a string": (b'["a\nb"]', 1, 4, "control character"),
    "comment": (b"{} // x", 1, 4, "extra data"),
    "open string": (b'["a', 1, 2, "not JSON"),
    "too large": (b" " * 101, 1, 1, "101 bytes"),
}


@pytest.mark.parametrize(("data", "line", "column", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_what_is_wrong_and_where(data: bytes, line: int, column: int, words: str) -> None:
    with pytest.raises(JsonProblem) as caught:
        load(data, largest=100 if data.isspace() else 10**6)

    assert words in caught.value.reason
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.at("metrics.json").message == f"metrics.json:{line}:{column}: {caught.value.reason}"
    assert caught.value.exit_code is ExitCode.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        '{"accuracy": 0.973, "n": 9007199254740992, "ok": true, "none": null, "small": 1e-07}',
        '[{"md5": "3863", "relpath": "model.skops"}, {"md5": "77ab", "relpath": "é/x"}]',
        '"\\ud83d\\ude00"',
        '{"x": ["x", "x"], "y": {"x": "x"}}',
        "[" * 64 + "]" * 64,
        ' \n{"a" :1}\t\r\n',
        "-0.0",
    ],
)
def test_json_in_order_is_read_as_python_reads_it(text: str) -> None:
    assert same(load(text.encode()), json.loads(text))


_keys = st.text('ab"\\é\n{}[],:', max_size=6)
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=15,
)


@given(_values, st.booleans(), st.sampled_from([None, 2]))
def test_every_json_value_is_read_back(value: Any, ascii_only: bool, indent: int | None) -> None:
    assert same(load(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()), value)


@given(st.binary(max_size=40) | st.text('{}[],:"\\ntrue1e9.-NaIfiy \n\ud7ff', max_size=40).map(str.encode))
def test_no_bytes_raise_anything_but_a_problem(data: bytes) -> None:
    try:
        value = load(data)
    except JsonProblem as problem:
        place = (problem.line, problem.column)
    else:
        place = (1, 1)
        json.dumps(value, allow_nan=False).encode()

    assert min(place) >= 1


@pytest.mark.parametrize(
    "data",
    [
        b'"' * 200_000,
        b'"\\' * 100_000,
        b"[1," * 70_000,
        b'{"a":1,' * 30_000,
        b"-" * 200_000,
        b"{}" * 100_000,
        b":" * 200_000,
    ],
    ids=["quotes", "escapes", "arrays", "objects", "signs", "extra", "colons"],
)
def test_a_hostile_text_is_refused_in_linear_time(data: bytes) -> None:
    begin = time.process_time()
    with pytest.raises(JsonProblem):
        load(data)

    # Some milliseconds; a quadratic reader takes minutes.
    assert time.process_time() - begin < 2

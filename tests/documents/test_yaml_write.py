"""Canonical YAML: what is written reads back as the same value, in one way only."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mooring.documents.yaml import YamlProblem, load
from mooring.documents.yaml_write import WIDTH, dump, same
from tests.documents.yaml_corpus import AMBIGUOUS, json_mappings

POINTER = {
    "apiVersion": "mooring/v1",
    "kind": "Pointer",
    "version": "1.2.0",
    "manifest": "sha256:9f2c",
    "promotion": "01JB2Q8ZK3T5N6V7W8X9Y0ZABC",
    "replaces": None,
    "reason": "AUC +0.8 points; CHG-1234",
    "requested_by": "Alex Turner <alex.turner@example.com>",
    "created_at": "2026-06-02T15:30:00.000Z",
    "framework": {"name": "scikit-learn", "version": "1.5.2"},
    "files": [{"path": "model.skops", "size": 183211, "sha256": "9f2c" * 16, "role": "model"}],
    "commit": "abc1234",
    "rates": [1e-07, 1.0, 0.973],
    "rollout": {"strategy": "canary", "steps": [{"weight": 5, "hold": "2h"}], "abort_on": ["a > 200ms"]},
    "training": {"data": [], "duration": "3h24m", "notes": {}},
    "changelog": "First line.\n\n  - indented\nLast line.\n",
}

WRITTEN = """\
apiVersion: mooring/v1
kind: Pointer
version: "1.2.0"
manifest: sha256:9f2c
promotion: 01JB2Q8ZK3T5N6V7W8X9Y0ZABC
replaces: null
reason: AUC +0.8 points; CHG-1234
requested_by: Alex Turner <alex.turner@example.com>
created_at: "2026-06-02T15:30:00.000Z"
framework: {name: scikit-learn, version: "1.5.2"}
files:
  - path: model.skops
    size: 183211
    sha256: "9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c"
    role: model
commit: "abc1234"
rates: [1.0e-07, 1.0, 0.973]
rollout:
  strategy: canary
  steps:
    - {weight: 5, hold: 2h}
  abort_on: [a > 200ms]
training:
  data: []
  duration: 3h24m
  notes: {}
changelog: |
  First line.

    - indented
  Last line.
"""


class Stage(StrEnum):
    CANARY = "canary"


def test_a_pointer_is_written_as_people_write_it() -> None:
    assert dump(POINTER).decode() == WRITTEN


@given(json_mappings)
def test_what_is_written_reads_back_as_the_same_value(value: dict[str, Any]) -> None:
    try:
        data = dump(value)
    except YamlProblem as problem:
        assume("equal after Unicode normalisation" not in problem.reason)
        raise
    assert same(load(data), value)
    assert dump(load(data)) == data  # type: ignore[arg-type]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_a_key_a_value_and_an_item(text: str) -> None:
    value = {text: text, "inner list": [text, [text, {}]], "flow": {"k": text}}
    assume(len({*value}) == 3)

    assert same(load(dump(value)), value)


@given(json_mappings)
def test_the_written_text_has_no_trailing_white_space_and_one_final_newline(value: dict[str, Any]) -> None:
    try:
        lines = dump(value).decode().split("\n")
    except YamlProblem:
        assume(False)
    else:
        assert lines.pop() == ""
        assert lines[-1]
        assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    "scalar", [*AMBIGUOUS, "1.10", "12", "2026-06-02T15:30:00Z", "1.2.0", "v2.0", "", "a: b", "# x"]
)
def test_what_might_be_read_differently_is_quoted(scalar: str) -> None:
    assert f'a: "{scalar}"\n'.encode() == dump({"a": scalar})


@pytest.mark.parametrize(
    "text", ["word", "two words", "a/b", "x.y@z", "sha256:ab", "it's", "3h24m", "50 %", "città"]
)
def test_plain_words_stay_plain(text: str) -> None:
    assert f"a: {text}\n".encode() == dump({"a": text})


def test_invisible_characters_are_written_as_escapes() -> None:
    assert dump({"a": "x\u202ey\x00\U000e0041"}) == b'a: "x\\u202ey\\x00\\U000e0041"\n'


def test_brackets_are_used_while_the_line_stays_short() -> None:
    short = {"tags": ["x" * 10] * 7}
    long = {"tags": ["x" * 10] * 8}

    assert dump(short).count(b"\n") == 1
    assert dump(long).count(b"\n") == 9
    assert all(len(line) < WIDTH for line in dump(short).splitlines())


def test_equal_values_are_written_equally_whatever_holds_them() -> None:
    class Custom(Mapping[str, object]):
        def __getitem__(self, key: str) -> object:
            return {"stage": Stage.CANARY, "list": (1, 2)}[key]

        def __iter__(self) -> Any:
            return iter(["stage", "list"])

        def __len__(self) -> int:
            return 2

    expected = b"stage: canary\nlist: [1, 2]\n"

    assert dump(Custom()) == expected
    assert dump(MappingProxyType({"stage": "canary", "list": [1, 2]})) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": float("nan")}, "nan"),
        ({"a": [1, float("-inf")]}, "at a.1"),
        ({"a": 2**53 + 1}, "2^53"),
        ({"a": datetime.date(2026, 6, 2)}, "date"),
        ({"a": b"bytes"}, "bytes"),
        ({"a": {1: 2}}, "key 1 is not a string"),
        ({"é": 1, "e\u0301": 2}, "equal after Unicode normalisation"),
        ({"a": "\ud83d"}, "surrogate"),
        ({"k" * 1001: 1}, "key longer"),
        ({"a": "x" * 300_000}, "bytes"),
        ({"a": [1] * 30_000}, "events"),
    ],
)
def test_what_strict_yaml_cannot_hold_is_refused(value: dict[str, object], words: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        dump(value)

    assert words in caught.value.reason


def test_a_value_that_holds_itself_is_refused() -> None:
    value: dict[str, object] = {}
    value["self"] = value

    with pytest.raises(YamlProblem, match="nested deeper"):
        dump(value)


def test_64_levels_are_written_and_65_are_not() -> None:
    def nested(levels: int) -> dict[str, object]:
        value: dict[str, object] = {"a": 1}
        for _ in range(levels - 1):
            value = {"a": value}
        return value

    assert load(dump(nested(64))) == nested(64)
    with pytest.raises(YamlProblem, match="nested deeper"):
        dump(nested(65))


def test_many_floats_survive() -> None:
    chance = random.Random(1)
    value = {"floats": [chance.uniform(-1, 1) * 10.0 ** chance.randint(-300, 300) for _ in range(2_000)]}

    assert same(load(dump(value)), value)

"""An edit changes one value and keeps everything else, comments too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mooring.documents.yaml import KeyPath, YamlProblem, load, load_with_spans
from mooring.documents.yaml_edit import set_value
from mooring.documents.yaml_write import dump, same
from tests.documents.yaml_corpus import ACCEPTED, damaged, json_mappings, json_values

POLICY = """\
# the policy
required: 1   # one
gates:     # all of them
  # about accuracy
  - accuracy  # first
  - {metric: f1, range: [0.9, 1.0]}  # second

  -  metric: auc
     min: 0.5 # third
note: |  # prose
  text
  more

# names
owner: "q"
steps:
- 1
-
  # deep
  weight: 5
- last
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("required",), 2, "required: 1   # one", "required: 2   # one"),
        (("owner",), "1.10", 'owner: "q"', 'owner: "1.10"'),
        (("owner",), "a\nb", 'owner: "q"', "owner: |-\n  a\n  b"),
        (("required",), {"x": {"z": 1}}, "required: 1   # one", "required:   # one\n  x: {z: 1}"),
        (("gates", 0), None, "- accuracy  # first", "- null  # first"),
        (("gates", 1, "range", 0), "a, b", "[0.9, 1.0]", '["a, b", 1.0]'),
        (("gates", 1, "metric"), {"a": ["b"]}, "{metric: f1,", "{metric: {a: [b]},"),
        (("gates", 2, "min"), 0.75, "min: 0.5 # third", "min: 0.75 # third"),
        (
            ("note",),
            {"a": 1, "b": {"c": []}},
            "note: |  # prose\n  text\n  more\n",
            "note:  # prose\n  a: 1\n  b:\n    c: []\n",
        ),
        (("note",), "short", "note: |  # prose\n  text\n  more\n", "note: short  # prose\n"),
        (("note",), "x\ny\n", "  text\n  more\n", "  x\n  y\n"),
        (("steps", 1), 3, "-\n  # deep\n  weight: 5\n", "- 3\n  # deep\n"),
        (("steps", 1), {"weight": {"a": 1}}, "  weight: 5\n", "  weight: {a: 1}\n"),
        (("steps", 2), {"a": {"b": 1}}, "- last\n", "-\n  a: {b: 1}\n"),
        (("steps",), [], "steps:\n- 1\n-\n  # deep\n  weight: 5\n- last\n", "steps: []\n"),
        (
            ("gates",),
            ["x"],
            POLICY[POLICY.index("gates:") : POLICY.index("note:")],
            "gates: [x]     # all of them\n  # about accuracy\n",
        ),
    ],
)
def test_only_the_lines_of_the_value_change(path: KeyPath, value: object, old: str, new: str) -> None:
    assert POLICY.count(old) == 1

    assert set_value(POLICY.encode(), path, value).decode() == POLICY.replace(old, new)


def test_the_line_ends_of_the_text_are_kept() -> None:
    data = POLICY.replace("\n", "\r\n").encode()

    changed = set_value(data, ("owner",), {"a": {"b": 1}})

    assert changed == data.replace(b'owner: "q"', b"owner:\r\n  a: {b: 1}")


def test_a_text_without_final_newline_is_edited() -> None:
    assert set_value(b"a: 1", ("a",), {"b": {"c": 1}}) == b"a:\n  b: {c: 1}"


def replaced(value: Any, path: KeyPath, new: object) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def holdable(value: Any) -> bool:
    """Keys that are equal after Unicode normalisation can stand in no text."""
    try:
        dump({"a": value})
    except YamlProblem:
        return False
    return True


def check_any_edit(data: bytes, draw: st.DataObject) -> None:
    document = load_with_spans(data)
    paths = [path for path in document.spans if path]
    assume(paths)
    path = draw.draw(st.sampled_from(paths))
    value = draw.draw(json_values.filter(holdable))
    before = data.decode().split("\n")
    # A value begins after its key; an item may begin on a line below its dash, but not above its list.
    first = document.key_spans.get(path, document.spans[path[:-1]]).line
    last = document.spans[path].end_line

    after = set_value(data, path, value)
    lines = after.decode().split("\n")

    assert same(load(after), replaced(document.value, path, value))
    assert lines[: first - 1] == before[: first - 1]
    assert last == len(before) or lines[last - len(before) :] == before[last:]


@given(st.sampled_from(sorted(ACCEPTED)), st.data())
def test_any_value_can_be_set_anywhere_in_an_accepted_document(name: str, draw: st.DataObject) -> None:
    check_any_edit(ACCEPTED[name][0].encode(), draw)


@pytest.mark.slow
@given(json_mappings, st.data())
def test_any_value_can_be_set_anywhere_in_a_written_document(
    value: dict[str, Any], draw: st.DataObject
) -> None:
    try:
        data = dump(value)
    except YamlProblem:
        assume(False)
    else:
        check_any_edit(data, draw)


@given(damaged(), st.data())
def test_an_edit_of_any_accepted_document_is_right_or_refused(text: str, draw: st.DataObject) -> None:
    try:
        document = load_with_spans(text.encode())
    except YamlProblem:
        return
    paths = [path for path in document.spans if path]
    assume(paths)
    path = draw.draw(st.sampled_from(paths))
    try:
        changed = set_value(text.encode(), path, "new")
    except YamlProblem:
        return

    assert same(load(changed), replaced(document.value, path, "new"))


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        (b"a: 1\nb: {c: 2}\n", ("b", "d"), "cannot set b.d: there is no value"),
        (b"a: 1\n", (), "cannot set the top level"),
        (b"a: 1\na: 2\n", ("a",), "duplicate key"),
        (b"a: [1]\n", ("a", 1), "cannot set a.1"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(data: bytes, path: KeyPath, words: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        set_value(data, path, 1)

    assert words in caught.value.reason


def test_a_value_that_strict_yaml_cannot_hold_is_refused() -> None:
    with pytest.raises(YamlProblem, match="nan"):
        set_value(b"a: 1\n", ("a",), float("nan"))

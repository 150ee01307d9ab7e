"""The one layout: nothing is lost, nothing else is said, and what is laid out stays as it is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mooring.documents.yaml import YamlProblem, load
from mooring.documents.yaml_comments import comments_in
from mooring.documents.yaml_layout import Order, arrange, ordered
from mooring.documents.yaml_reader import read
from mooring.documents.yaml_write import dump, same
from tests.documents.yaml_corpus import ACCEPTED, commented, damaged, json_mappings, token_soups

UNTIDY = """\
# The policy of production

# who
kind: Environment   # a kind
name:    'production'
apiVersion: mooring/v1
# One maintainer
approvals: {required: 0 # nobody
  , principals: [  # none
   ] }


gates:
- # about accuracy
  min: 0.90
  # the metric
  metric: accuracy
  # below the gate
- { soak: {in: staging,
    for: 24h } }  # a day
 # below the gates
# what it is

description: >
  folded
  text
# the end
"""

TIDY = """\
# The policy of production

apiVersion: mooring/v1
# who
kind: Environment  # a kind
name: production
# what it is

description: |
  folded text
# One maintainer
approvals:
  required: 0  # nobody
  principals: []  # none
gates:
  # about accuracy
  # the metric
  - metric: accuracy
    min: 0.9
    # below the gate
  # a day
  - soak: {in: staging, for: 24h}
  # below the gates
# the end
"""

ORDER = Order(
    {
        "apiVersion": None,
        "kind": None,
        "name": None,
        "description": None,
        "approvals": Order({"required": None, "principals": None}),
        "gates": Order(items=Order({"metric": None, "min": None})),
    }
)


def comments_of(data: bytes) -> Counter[str]:
    text = data.decode()
    return Counter(comments_in(text, read(text, any_top=False)))


def orders(value: Any) -> st.SearchStrategy[Order | None]:
    """Some order for a value: of some of its keys, and of what is inside."""
    if isinstance(value, dict) and value:
        known = {key: orders(item) for key, item in value.items()}
        return st.none() | st.permutations(sorted(known)).flatmap(
            lambda keys: st.fixed_dictionaries({key: known[key] for key in keys[: len(keys) // 2 + 1]}).map(
                Order
            )
        )
    if isinstance(value, list) and value:
        return st.none() | orders(value[0]).map(lambda items: Order(items=items))
    return st.none()


def check_laws(data: bytes, order: Order | None) -> None:
    """Every law of the layout, for a text that was accepted."""
    value, comments = load(data), comments_of(data)

    arranged = arrange(data, order)

    assert same(load(arranged), ordered(value, order))
    assert load(arranged) == value
    assert comments_of(arranged) == comments
    assert arrange(arranged, order) == arranged
    assert arrange(arranged.replace(b"\n", b"\r\n"), order) == arranged
    lines = arranged.decode().split("\n")
    assert lines.pop() == ""
    assert all(line == line.rstrip(" \t") for line in lines)
    if not comments:
        assert arranged == dump(ordered(value, order))  # type: ignore[arg-type]


def test_a_text_is_laid_out_and_its_comments_stay_with_what_they_are_about() -> None:
    assert arrange(UNTIDY.encode(), ORDER).decode() == TIDY
    assert arrange(TIDY.encode(), ORDER).decode() == TIDY


@pytest.mark.slow
@given(commented(), st.data())
def test_the_laws_hold_for_texts_with_comments_anywhere(text: str, data: st.DataObject) -> None:
    check_laws(text.encode(), data.draw(orders(load(text.encode()))))


@pytest.mark.slow
@given(st.one_of(damaged(), token_soups), st.data())
def test_the_laws_hold_for_whatever_is_accepted(text: str, data: st.DataObject) -> None:
    try:
        value = load(text.encode())
    except YamlProblem:
        assume(False)
    else:
        check_laws(text.encode(), data.draw(orders(value)))


@pytest.mark.parametrize("text", [text for text, _ in ACCEPTED.values()], ids=ACCEPTED)
def test_the_laws_hold_for_each_accepted_document(text: str) -> None:
    check_laws(text.encode(), None)


@pytest.mark.slow
@given(json_mappings)
def test_what_is_written_is_laid_out_already(value: dict[str, Any]) -> None:
    try:
        data = dump(value)
    except YamlProblem:
        assume(False)
    else:
        assert arrange(data) == data


@pytest.mark.parametrize(
    ("untidy", "tidy"),
    [
        ("# a\nb: 1", "# a\nb: 1\n"),
        ("--- # begin\na: 1\n", "# begin\na: 1\n"),
        ("{a: 1}  # b\n", "# b\na: 1\n"),
        ("# a\n\n\n\nb: 1\n\nc: 2\n\n\n# d\n\n\ne: 3\n", "# a\n\nb: 1\nc: 2\n\n# d\n\ne: 3\n"),
        ("a:\n- b\n# about c\nc: 1\n", "a: [b]\n# about c\nc: 1\n"),
        ("a:\n- b\n# the end\n", "a: [b]\n# the end\n"),
        ("a:\n- b  # one\n# about c\nc: 1\n", "a:\n  - b  # one\n# about c\nc: 1\n"),
        ("a: # x\n  b\n", "a: b  # x\n"),
        ("a: # x\n  b # y\n", "# x\na: b  # y\n"),
        ("a: [b, c]  # x\n", "a: [b, c]  # x\n"),
        ("a: [b, # x\n  c]\n", "a:\n  - b  # x\n  - c\n"),
        ("a: [ # x\n ]\n", "a: []  # x\n"),
        ("a: [\n  # x\n ]\n", "# x\na: []\n"),
        ("a: [b\n  # x\n  ]\n", "a:\n  - b\n  # x\n"),
        ("a: |  # x\n  b\n  c\n# y\n", "a: |  # x\n  b\n  c\n# y\n"),
        ("a: >  # x\n  b\n  c\n", "a: |  # x\n  b c\n"),
        ("a:\n- - b # x\n  - c\n", "a:\n  - - b  # x\n    - c\n"),
        ("a:\n-\n  # x\n  b: 1\n", "a:\n  # x\n  - {b: 1}\n"),
        ("a:\n  b:\n    c: 1 # x\n  # of a\nd: 2\n", "a:\n  b:\n    c: 1  # x\n  # of a\nd: 2\n"),
        ("a: 1\n  # odd\nb: 2\n", "a: 1\n# odd\nb: 2\n"),
        ("a: 'b # c'\n", 'a: "b # c"\n'),
        ("a: b#c\n", "a: b#c\n"),
    ],
)
def test_where_a_comment_goes(untidy: str, tidy: str) -> None:
    assert arrange(untidy.encode()).decode() == tidy


def test_what_is_no_strict_yaml_is_refused_with_its_place() -> None:
    with pytest.raises(YamlProblem) as caught:
        arrange(b"a: 1\na: 2\n")

    assert (caught.value.line, caught.value.reason) == (2, "duplicate key 'a'")


def test_a_text_that_would_become_too_large_is_refused() -> None:
    with pytest.raises(YamlProblem, match="bytes; at most"):
        arrange(b"a: [" + b"[x," * 60 + b"[" + b"b," * 15_000 + b"]" * 61 + b"]\n")

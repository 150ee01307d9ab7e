"""jsonschema, an independent implementation, is the oracle: what is called compatible must be so for every payload."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import jsonschema
import pytest
from hypothesis import assume, event, given, note
from hypothesis import strategies as st
from referencing import Registry

from mooring.domain.compatibility import Bump, compare
from mooring.domain.compatibility.closing import UnclosableError, close
from mooring.domain.compatibility.shape import Document
from tests.support.schemas import pairs, payloads, schemas


@dataclass(frozen=True)
class Interface:
    input: dict[str, object] | None = None
    output: dict[str, object] | None = None


def oracle(schema):
    return jsonschema.Draft202012Validator(
        schema, registry=Registry(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


VALUE_KEYWORDS = ("items", "additionalProperties")


def closed_by_the_oracle(schema, *, around=False):
    """The schema with `unevaluatedProperties: false` wherever a described object names members."""
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for keyword, value in schema.items():
        if keyword in ("properties", "patternProperties"):
            result[keyword] = {name: closed_by_the_oracle(item) for name, item in value.items()}
        elif keyword in VALUE_KEYWORDS:
            result[keyword] = closed_by_the_oracle(value)
        elif keyword == "prefixItems":
            result[keyword] = [closed_by_the_oracle(item) for item in value]
        elif keyword in ("allOf", "anyOf"):
            result[keyword] = [closed_by_the_oracle(item, around=True) for item in value]
    if (
        not around
        and names_members(schema)
        and not {"additionalProperties", "unevaluatedProperties"} & schema.keys()
    ):
        result["unevaluatedProperties"] = False
    return result


def names_members(schema):
    """Whether the schema or a branch of it does: branches describe the same value."""
    if not isinstance(schema, dict):
        return False
    branches = [*schema.get("allOf", []), *schema.get("anyOf", [])]
    return bool(
        schema.get("properties") or schema.get("patternProperties") or any(map(names_members, branches))
    )


def inlined(schema, root):
    if isinstance(schema, list):
        return [inlined(item, root) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and isinstance(schema["$ref"], str):
        target = inlined(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
        rest = {word: inlined(value, root) for word, value in schema.items() if word != "$ref"}
        return target if not rest else {"allOf": [target], **rest}
    return {word: inlined(value, root) for word, value in schema.items() if word != "$defs"}


def has_conditions(schema):
    """Whether the schema asks what closing must leave as it is written."""
    return any(f"'{word}'" in repr(schema) for word in ("oneOf", "if", "not", "contains"))


@given(pairs, st.data())
def test_an_input_that_was_valid_stays_valid_unless_the_bump_is_major(pair, data):
    before, after = pair
    found = compare(Interface(input=before), Interface(input=after))
    note(found)
    event(f"{found.required}, {'certain' if found.certain else 'undecided'}")
    if found.required is Bump.MAJOR:
        return
    was, now = oracle(close(Document(before))), oracle(close(Document(after)))
    written = oracle(after)
    for payload in data.draw(st.lists(payloads(before, before), min_size=5, max_size=12)):
        if was.is_valid(payload):
            assert now.is_valid(payload)
            assert written.is_valid(payload)
    if found.required is Bump.PATCH:
        for payload in data.draw(st.lists(payloads(after, after), max_size=8)):
            assert not now.is_valid(payload) or was.is_valid(payload)


@pytest.mark.slow
@given(pairs, st.data())
def test_an_output_that_may_come_was_possible_before_unless_the_bump_is_major(pair, data):
    before, after = pair
    found = compare(Interface(output=before), Interface(output=after))
    note(found)
    event(f"{found.required}, {'certain' if found.certain else 'undecided'}")
    if found.required is Bump.MAJOR:
        return
    was, now = oracle(before), oracle(after)
    for payload in data.draw(st.lists(payloads(after, after), min_size=5, max_size=12)):
        assert not now.is_valid(payload) or was.is_valid(payload)


@pytest.mark.slow
@given(schemas(), st.data())
def test_closing_only_narrows_and_agrees_with_the_oracle(schema, data):
    try:
        closed = oracle(close(Document(schema)))
    except UnclosableError:
        event("unclosable")
        assume(False)
    written = oracle(schema)
    twin = None if has_conditions(schema) else oracle(closed_by_the_oracle(inlined(schema, schema)))
    for payload in data.draw(st.lists(payloads(schema, schema), min_size=5, max_size=12)):
        if closed.is_valid(payload):
            assert written.is_valid(payload)
        if twin is not None:
            assert closed.is_valid(payload) == twin.is_valid(payload)


@pytest.mark.slow
@given(schemas())
def test_a_schema_is_a_patch_of_itself_however_it_is_written(schema):
    annotated = {"title": "t", "description": "d"} | copy.deepcopy(schema)
    annotated["$defs"] = annotated.get("$defs", {}) | {"unused": {"type": "null"}}

    for side in ("input", "output"):
        assert compare(Interface(**{side: schema}), Interface(**{side: annotated})).required is Bump.PATCH


@pytest.mark.slow
@given(pairs)
def test_the_verdict_is_never_below_a_listed_difference_nor_above_all_of_them(pair):
    before, after = pair
    for side in ("input", "output"):
        found = compare(Interface(**{side: before}), Interface(**{side: after}))
        listed = [difference.required for difference in found.differences]

        assert max(listed, default=Bump.PATCH) == found.required
        assert found.certain or found.required is Bump.MAJOR
        assert found.reason


# A dimension that is fixed, bounded on one side, or free.
DIMENSIONS = st.sampled_from(
    [{"minItems": 2, "maxItems": 2}, {"minItems": 1}, {"maxItems": 2}, {"maxItems": 3}, {}]
)


def tensor(kind, dimensions, *, nullable):
    """A tensor as nested arrays of numbers, outermost dimension first."""
    schema = {"type": kind}
    for dimension in reversed(dimensions):
        schema = {"type": "array", "items": schema, **dimension}
    return {"anyOf": [schema, {"type": "null"}]} if nullable else schema


@st.composite
def tensor_pairs(draw):
    """A tensor and one that mostly differs from it in one respect."""
    kind, nullable = draw(st.sampled_from(["number", "integer"])), draw(st.booleans())
    dimensions = draw(st.lists(DIMENSIONS, min_size=1, max_size=3))
    before = tensor(kind, dimensions, nullable=nullable)
    match draw(st.integers(0, 3)):
        case 0:
            kind = "number"
        case 1:
            nullable = True
        case 2:
            dimensions = [*dimensions[:-1], draw(DIMENSIONS)]
        case 3:
            dimensions = draw(st.lists(DIMENSIONS, min_size=1, max_size=3))
    return before, tensor(kind, dimensions, nullable=nullable)


@st.composite
def arrays_of_numbers(draw, rank=4):
    """What is sent for a tensor: mostly of one shape."""
    if rank == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([0, 1, 0.5, None]))
    row = draw(arrays_of_numbers(rank - 1))
    return [row] * draw(st.integers(0, 3))


@given(tensor_pairs(), st.lists(arrays_of_numbers(), min_size=5, max_size=20))
def test_tensors_given_as_arrays_stay_valid_unless_the_bump_is_major(pair, values):
    before, after = pair
    was, now = oracle(before), oracle(after)
    sent = compare(Interface(input=before), Interface(input=after))
    received = compare(Interface(output=before), Interface(output=after))
    event(f"{sent.required}, {'certain' if sent.certain else 'undecided'}")

    for value in values:
        if sent.required is not Bump.MAJOR and was.is_valid(value):
            assert now.is_valid(value)
        if received.required is not Bump.MAJOR and now.is_valid(value):
            assert was.is_valid(value)


def test_the_oracle_opens_nothing():
    with pytest.raises(Exception, match="example"):
        oracle({"$ref": "https://example.com/x.json"}).is_valid(1)

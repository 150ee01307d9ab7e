"""Which schemas a document may hold: valid, self-contained, bounded, with patterns matched in linear time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.compatibility import check_schema
from mooring.domain.compatibility.ambiguity import pattern_problems, sample
from mooring.domain.compatibility.checking import MAX_DEPTH


def deep(levels):
    schema = {"type": "integer"}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


GOOD = [
    {},
    {
        "type": "object",
        "properties": {"a": {"type": "number"}},
        "required": ["a"],
        "additionalProperties": False,
    },
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.com/a.json",
        "type": "array",
    },
    {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "properties": {"next": {"$ref": "#/$defs/a"}}}}},
    {"$ref": "#/definitions/a%20b", "definitions": {"a b": True}},
    {"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": True}},
    {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "integer"}}},
    {"properties": {"$ref": {"type": "string"}, "pattern": {"const": "(a+)+"}, "$id": {"enum": ["x"]}}},
    {"type": "string", "pattern": "^[A-Z]{3}[0-9]+(-[a-z]+)*"},
    {"const": {"$ref": "https://example.com/", "$schema": "x"}},
    {"x-unit": "metres", "type": "number", "format": "acme"},
    deep(60),
]
BAD = [
    ({"type": "objet"}, ("type",), "objet"),
    ({"properties": {"a": {"minLength": -1}}}, ("properties", "a", "minLength"), "minimum"),
    ({"required": ["a", "a"]}, ("required",), "non-unique"),
    ({"items": [{"type": "integer"}]}, ("items",), "type"),
    (
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        ("$schema",),
        "only https://json-schema.org/draft/2020-12",
    ),
    ({"items": {"$ref": "https://example.com/a.json"}}, ("items", "$ref"), "leads out of the document"),
    ({"$ref": "file:///etc/passwd"}, ("$ref",), "leads out of the document"),
    ({"$ref": "other.json#/a"}, ("$ref",), "leads out of the document"),
    ({"$ref": "#/$defs/a"}, ("$ref",), "names no schema here"),
    ({"$ref": "#/properties", "properties": {}}, ("$ref",), "names no schema here"),
    ({"$ref": "#/components/a", "components": {"a": {}}}, ("$ref",), "names no schema here"),
    ({"items": {"$id": "https://example.com/inner"}}, ("items", "$id"), "embedded schema"),
    ({"$dynamicRef": "#a"}, ("$dynamicRef",), "use `$ref`"),
    ({"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}, ("$defs", "b", "$anchor"), "stands twice"),
    ({"$ref": "#"}, ("$ref",), "comes back to itself"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}, None, "comes back to itself"),
    ({"not": {"$ref": "#"}}, None, "comes back to itself"),
    ({"minimum": float("inf")}, ("minimum",), "not a finite number"),
    ({"const": {1: 2}}, ("const",), "not a string"),
    ({"enum": [b"x"]}, ("enum", 0), "is a bytes"),
    (deep(MAX_DEPTH + 1), None, "nested deeper than 64"),
    ({"enum": list(range(20_000))}, (), "more than 10000 values"),
    ({"pattern": "(a+)+"}, ("pattern",), "exponential"),
    ({"pattern": "a$"}, ("pattern",), "line break"),
    ({"pattern": "("}, ("pattern",), ""),
    ({"patternProperties": {"^(x|x)*": True}}, ("patternProperties", "^(x|x)*"), "exponential"),
    ({"properties": {"a": {"pattern": r"(a)\1"}}}, ("properties", "a", "pattern"), "linear"),
]


@pytest.mark.parametrize("schema", GOOD)
def test_it_is_accepted(schema):
    assert check_schema(schema) == []


@pytest.mark.parametrize(("schema", "place", "text"), BAD)
def test_it_is_refused_at_its_place(schema, place, text):
    problems = check_schema(schema)

    assert problems
    assert place is None or place in [problem.place for problem in problems] or problems[0].place == ()
    assert any(text in problem.text for problem in problems), problems


def test_patterns_that_end_in_a_dollar_are_accepted_where_the_caller_says_so():
    schema = {"pattern": "^[a-z]+$", "patternProperties": {"^x$": True}}

    assert [problem.place for problem in check_schema(schema)] == [("pattern",), ("patternProperties", "^x$")]
    assert check_schema(schema, dollar_ends=True) == []
    assert str(check_schema(schema)[0]).startswith("pattern: ends in `$`")


def test_a_schema_made_of_bad_parts_gives_a_bounded_list():
    assert len(check_schema({"allOf": [{"$ref": f"x{index}"} for index in range(500)]})) == 20


def test_references_that_multiply_on_one_value_are_refused():
    doubling = {"d0": {"type": "integer"}} | {
        f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level - 1}"}] * 2} for level in range(1, 30)
    }
    chain = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}]} for level in range(1_000)} | {
        "d1000": True
    }

    for definitions in (doubling, chain):
        assert "to one value" in check_schema({"$defs": definitions})[0].text


LINEAR = [
    "^[a-z0-9]+(-[a-z0-9]+)*", "^[0-9]{4}-[0-9]{2}-[0-9]{2}", "(ab|cd)*", "^(?:a|b)+c", "a{2,3}", "x*",
    r"^\w+@\w+\.com", "(a{3})*", "^(?=a)b", "[^/]+(/[^/]+)*", r"\$", "(?<year>[0-9]{4})", "[a-c-]+", r"[\]\-]",
    "", "a|", "é+", r"\u0041", "(?:aa|ba)+",
]  # fmt: skip
EXPONENTIAL = [
    "(a+)+",
    "(a*)*",
    "(a|a)*",
    "(a|ab)*",
    "(a+)*b",
    "([a-z]+)*",
    "(a?)*",
    "(.*a){9}",
    "((a+)b?)+",
    r"(\w+\d?)+",
    "(a|b|ab)*",
]
BROKEN = [
    r"a\Z",
    r"a\z",
    "[^]",
    r"[\b]",
    "]",
    "}",
    "{1}",
    "a*+",
    "(",
    ")",
    "[",
    "[]",
    "a**",
    "*a",
    "(?i)a",
    "a{2,1}",
    "a{9999}",
    "[z-a]",
    r"\q",
    "a{",
    "(" * 30 + ")" * 30,
    "\\",
    r"\x1",
    "a" * 1001,
]


@pytest.mark.parametrize("pattern", LINEAR)
def test_a_linear_pattern_is_accepted_and_its_sample_matches(pattern):
    assert pattern_problems(pattern, dollar_ends=True) == []
    if "(?=" not in pattern:
        assert re.search(pattern.replace("(?<", "(?P<"), sample(pattern))


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_an_ambiguous_repetition_is_refused(pattern):
    assert "exponential" in pattern_problems(pattern, dollar_ends=True)[0]


@pytest.mark.parametrize("pattern", BROKEN)
def test_what_is_no_pattern_of_the_common_subset_is_refused_with_a_reason(pattern):
    assert len(pattern_problems(pattern, dollar_ends=True)) == 1
    assert sample(pattern) is None


@given(st.text(alphabet="ab()[]{}|*+?-^$\\,12.d", max_size=30))
def test_any_text_is_judged_and_an_accepted_pattern_is_one_to_python_too(pattern):
    if pattern_problems(pattern, dollar_ends=True) == []:
        re.compile(pattern)


@given(st.text(alphabet="ab(|)*+", max_size=14))
def test_an_accepted_pattern_never_takes_python_long(pattern):
    if pattern_problems(pattern, dollar_ends=True) == []:
        began = time.process_time()
        for text in ("a" * 24, "ab" * 12, "b" * 24):
            re.fullmatch(pattern, text + "!")
        assert time.process_time() - began < 0.5


def test_a_sample_of_a_huge_repetition_is_not_made():
    assert sample("(((a{1000}){1000}){1000}){1000}") is None

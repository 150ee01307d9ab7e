"""Promise 14: pydantic accepts => the published JSON Schema accepts; no validation opens a URL."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from referencing import Registry

from mooring.cli.main import run
from mooring.cli.schema import KINDS as NAMED
from mooring.documents import codec, schemas
from mooring.domain.finding import Unreadable
from tests.support.samples import SAMPLES, with_right_digest

if TYPE_CHECKING:
    from mooring.domain.document import Document


def validator(kind: str) -> Draft202012Validator:
    # An explicit empty registry: the default one would open the address of a $ref.
    return Draft202012Validator(schemas.published(kind), registry=Registry())


JUDGES = {kind: validator(kind) for kind in schemas.KINDS}


def accepted(kind: str, value: object) -> bool:
    document: type[Document] = schemas.KINDS[kind]
    try:
        document.model_validate_json(json.dumps(value), by_alias=True, by_name=False)
    except (ValidationError, ValueError):
        return False
    return True


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += paths(item, (*path, key))
    return found


LETTERS = st.text(st.sampled_from("09azAZ.-_/@:+ ~[]{}$^\u00a0\u00fc\u2028\n\t"), max_size=3)
STRANGE = st.none() | st.booleans() | st.integers(-1, 2**54) | st.floats(allow_nan=False) | LETTERS
NEW = STRANGE | st.lists(STRANGE, max_size=2) | st.dictionaries(LETTERS, STRANGE, max_size=2)


@st.composite
def changed(draw: st.DrawFn, sample: dict[str, object]) -> object:
    """A sample with one place removed, replaced, written a little differently, or joined by something new."""
    value = json.loads(json.dumps(sample))
    path = draw(st.sampled_from(paths(value)[1:]))
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    old, how = holder[path[-1]], draw(st.sampled_from(["remove", "replace", "edit", "add"]))
    if how == "remove":
        del holder[path[-1]]
    elif how == "edit" and isinstance(old, str):
        at = draw(st.integers(0, len(old)))
        holder[path[-1]] = old[:at] + draw(LETTERS) + old[at + draw(st.integers(0, 2)) :]
    elif how == "edit" and isinstance(old, int | float):
        holder[path[-1]] = old + draw(st.sampled_from([-1, 0.5, 1, 1e9, 2.0**60]))
    elif how == "add" and isinstance(old, dict):
        old[draw(LETTERS | st.sampled_from(["labels", "accuracy", "from_", "api_version"]))] = draw(NEW)
    elif how == "add" and isinstance(old, list):
        old.append(draw(st.sampled_from(old) if old else NEW))
    else:
        holder[path[-1]] = draw(NEW)
    return with_right_digest(value)


@pytest.mark.parametrize("kind", schemas.KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_what_pydantic_accepts_the_published_schema_accepts(kind: str, data: st.DataObject) -> None:
    value = data.draw(changed(SAMPLES[kind]))
    if accepted(kind, value):
        assert list(JUDGES[kind].iter_errors(value)) == []


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_a_document_that_says_everything_is_accepted_by_both(kind: str) -> None:
    value = with_right_digest(json.loads(json.dumps(SAMPLES[kind])))

    assert accepted(kind, value)
    assert list(JUDGES[kind].iter_errors(value)) == []
    assert not accepted(kind, {**value, "unknown": 1})
    assert not JUDGES[kind].is_valid({**value, "unknown": 1})


def fields_of(schema: dict[str, Any], part: dict[str, Any], prefix: str = "") -> set[str]:
    """Every key path that a schema knows, with `[]` for items and `{}` for free keys."""
    if "$ref" in part:
        return fields_of(schema, schema["$defs"][part["$ref"].rpartition("/")[2]], prefix)
    found: set[str] = set()
    for name, inner in part.get("properties", {}).items():
        found |= {f"{prefix}.{name}", *fields_of(schema, inner, f"{prefix}.{name}")}
    if isinstance(part.get("items"), dict):
        found |= fields_of(schema, part["items"], f"{prefix}[]")
    if isinstance(part.get("additionalProperties"), dict):
        found |= fields_of(schema, part["additionalProperties"], f"{prefix}{{}}")
    for either in ("anyOf", "oneOf", "allOf"):
        for inner in part.get(either, ()):
            found |= fields_of(schema, inner, prefix)
    return found


def said_in(value: object, prefix: str = "") -> set[str]:
    """Every key path that a document uses, in both ways in which a map may be meant."""
    if isinstance(value, dict):
        found: set[str] = set()
        for key, item in value.items():
            for path in (f"{prefix}.{key}", f"{prefix}{{}}"):
                found |= {path, *said_in(item, path)}
        return found
    if isinstance(value, list):
        return {path for item in value for path in said_in(item, f"{prefix}[]")}
    return set()


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_sample_of_a_kind_says_every_field(kind: str) -> None:
    """So that what is tried above is everything: a new field is added to tests/support/samples.py."""
    published = schemas.published(kind)

    assert sorted(fields_of(published, published) - said_in(SAMPLES[kind])) == []


def test_every_kind_of_document_has_a_schema_and_a_sample() -> None:
    assert set(schemas.KINDS.values()) == set(codec.KINDS.values())
    assert set(SAMPLES) == set(schemas.KINDS)


FIELDS = [
    ("version", ["1.2.0", "2024.01.15", "2024.01.15.3.prod", "10.20.30-rc.1", "0.0.0-0-0.a"]),
    ("promotion", ["01JB2Q8ZK3T5AAAAAAAAAAAAAA", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]),
    ("reason", ["x", "ü" * 500, "tab\u00a0space", "a\u2014b"]),
    ("requested_by", ["Alex Turner <alex.turner@example.com>"]),
]


@pytest.mark.parametrize(("field", "texts"), FIELDS, ids=[name for name, _ in FIELDS])
def test_a_pointer_that_is_read_fits_its_schema(field: str, texts: list[str]) -> None:
    whole = {
        "apiVersion": "mooring/v1",
        "kind": "Pointer",
        "version": "1.2.0",
        "manifest": "sha256:" + "a" * 64,
        "promotion": "01JB2Q8ZK3T5AAAAAAAAAAAAAA",
        "replaces": None,
        "reason": "Better",
        "requested_by": "Alex",
    }
    for text in texts:
        value = {**whole, field: text}
        found = codec.decode(schemas.KINDS["pointer"], json.dumps(value).encode(), "p")

        assert not isinstance(found, Unreadable), found
        assert list(validator("pointer").iter_errors(value)) == []


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_a_published_schema_is_one_and_points_nowhere(kind: str) -> None:
    published = schemas.published(kind)
    Draft202012Validator.check_schema(published)
    text = json.dumps({key: value for key, value in published.items() if key != "$schema"})

    assert "http" not in text
    assert published["$id"] == f"urn:mooring:schema:v1:{kind}"
    assert published["additionalProperties"] is False


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_no_validation_opens_a_connection(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a validation opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    assert not validator(kind).is_valid({"$ref": "https://example.com/schema.json"})


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_command_prints_what_is_published(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", kind]) == 0
    assert json.loads(capsys.readouterr().out) == schemas.published(kind)


def test_the_command_names_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    assert (
        tuple(line.split("\t")[0] for line in capsys.readouterr().out.splitlines())
        == NAMED
        == tuple(schemas.KINDS)
    )
    assert run(["schema", "nothing"]) == 3

"""Whether a JSON Schema may stand in a document: valid, self-contained and bounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mooring.domain.compatibility import solver
from mooring.domain.compatibility.ambiguity import pattern_problems
from mooring.domain.compatibility.shape import CircularError, Document, Json, Place, mapping

MAX_DEPTH = 64
MAX_VALUES = 10_000
MAX_APPLIED = 2_000
MAX_PROBLEMS = 20
_REFUSED = {
    "$dynamicRef": "a reference whose target depends on the caller; use `$ref`",
    "$dynamicAnchor": "the target of a dynamic reference; use `$anchor`",
    "$recursiveRef": "not part of JSON Schema 2020-12; use `$ref`",
    "$recursiveAnchor": "not part of JSON Schema 2020-12",
    "$vocabulary": "for dialects, not for schemas",
}


@dataclass(frozen=True)
class SchemaProblem:
    """What is wrong at one key path inside a schema."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.place)) or 'schema'}: {self.text}"


class NotJsonError(ValueError):
    """A value is not JSON, or is too deep or too large."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.problem = SchemaProblem(place, text)


def check(schema: Mapping[str, object], *, dollar_ends: bool) -> list[SchemaProblem]:
    """Every problem of a schema, at most MAX_PROBLEMS of them."""
    try:
        root = plain(schema)
    except NotJsonError as error:
        return [error.problem]
    return list(_problems(json.dumps(root), dollar_ends=dollar_ends))


@lru_cache(maxsize=256)
def _problems(text: str, *, dollar_ends: bool) -> tuple[SchemaProblem, ...]:
    """As `check`, of JSON text: most versions of a model have the interface of the version before."""
    root: Json = json.loads(text)
    problems = structure_problems(root)
    if not problems:
        problems = list(_patterns(Document(root), dollar_ends=dollar_ends))
    return tuple(problems[:MAX_PROBLEMS])


def plain(value: object) -> Json:
    """The value as nested dictionaries and lists; NotJsonError with the place if it is not bounded JSON."""
    count = 0

    def copy(value: object, place: Place) -> Json:
        nonlocal count
        count += 1
        if count > MAX_VALUES:
            raise NotJsonError((), f"holds more than {MAX_VALUES} values")
        if len(place) > MAX_DEPTH:
            raise NotJsonError(place, f"is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, float) and not math.isfinite(value):
            raise NotJsonError(place, "is not a finite number")
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, Mapping):
            if odd := next((key for key in value if not isinstance(key, str)), None):
                raise NotJsonError(place, f"has the key {odd!r}, which is not a string")
            return {str(key): copy(item, (*place, str(key))) for key, item in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
            return [copy(item, (*place, index)) for index, item in enumerate(value)]
        raise NotJsonError(place, f"is a {type(value).__name__}, which JSON does not have")

    return copy(value, ())


def structure_problems(root: Json) -> list[SchemaProblem]:
    """Problems that keep a schema from being compared: another dialect, references that lead out or in circles."""
    dialect = mapping(root).get("$schema", solver.DIALECT)
    if not isinstance(dialect, str) or dialect.removesuffix("#") != solver.DIALECT:
        return [SchemaProblem(("$schema",), f"is {dialect!r}; only {solver.DIALECT} is read")]
    if errors := solver.dialect_errors(root):
        return [SchemaProblem(place, text) for place, text in errors]
    document = Document(root)
    problems = [*_references(document), *_anchors(document)]
    if not problems:
        problems.extend(_expansion(document))
    if not problems and (reason := solver.unusable(root)) is not None:
        problems.append(SchemaProblem((), reason))
    return problems


def _references(document: Document) -> Iterator[SchemaProblem]:
    for place, schema in document.subschemas.items():
        keywords = mapping(schema)
        reference = keywords.get("$ref")
        if isinstance(reference, str) and document.resolve(reference) is None:
            outside = not reference.startswith("#")
            reason = (
                "leads out of the document; copy the schema under `$defs`"
                if outside
                else "names no schema here"
            )
            yield SchemaProblem((*place, "$ref"), f"{reference!r} {reason}")
        if place and "$id" in keywords:
            yield SchemaProblem((*place, "$id"), "an embedded schema; move it under `$defs` without `$id`")
        for keyword, reason in _REFUSED.items():
            if keyword in keywords:
                yield SchemaProblem((*place, keyword), f"is {reason}")


def _anchors(document: Document) -> Iterator[SchemaProblem]:
    for place, schema in document.subschemas.items():
        anchor = mapping(schema).get("$anchor")
        if isinstance(anchor, str) and document.anchors[anchor] != place:
            yield SchemaProblem((*place, "$anchor"), f"{anchor!r} stands twice in the document")


def _expansion(document: Document) -> Iterator[SchemaProblem]:
    """References that never end, or that apply too many schemas to one value."""
    try:
        places = document.inner_first
    except CircularError as error:
        yield SchemaProblem(
            (*error.place, "$ref"), "comes back to itself without entering a member or an element"
        )
        return
    applied: dict[Place, int] = {}
    chain: dict[Place, int] = {}
    for place in places:
        inner = list(document.same_value(place))
        applied[place] = 1 + sum(applied[target] for target in inner)
        chain[place] = 1 + max((chain[target] for target in inner), default=0)
        if applied[place] > MAX_APPLIED or chain[place] > MAX_DEPTH:
            yield SchemaProblem(
                place, f"applies more than {MAX_APPLIED} schemas, or a chain of {MAX_DEPTH}, to one value"
            )
            return


def _patterns(document: Document, *, dollar_ends: bool) -> Iterator[SchemaProblem]:
    for place, schema in document.subschemas.items():
        keywords = mapping(schema)
        pattern = keywords.get("pattern")
        if isinstance(pattern, str):
            for text in pattern_problems(pattern, dollar_ends=dollar_ends):
                yield SchemaProblem((*place, "pattern"), text)
        for name in mapping(keywords.get("patternProperties")):
            for text in pattern_problems(name, dollar_ends=dollar_ends):
                yield SchemaProblem((*place, "patternProperties", name), text)

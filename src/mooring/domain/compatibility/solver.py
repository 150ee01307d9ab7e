"""The one place that knows jsonschema-rs, whose canonical API is experimental (pinned to 0.60)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema_rs import CanonicalSchema, Draft202012Validator

    from mooring.domain.compatibility.shape import Json, Place

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Asked to refute, the solver's time grows out of bounds with the size (117 s for 200 required members); a proof takes
# milliseconds at any size. Above this many subschemas it is asked only where the intersection promises a proof.
MAX_REFUTED = 60


class Answer(StrEnum):
    """Whether one schema admits every value another one does."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Ruling:
    """An answer, and for UNKNOWN what stood in the way."""

    answer: Answer
    why: str = ""


def admits_all(wide: Json, narrow: Json, *, size: int) -> Ruling:
    """Whether `wide` admits every value that `narrow` admits; only YES is a proof of it.

    `size` is the number of subschemas in both together.
    """
    from jsonschema_rs import canonical

    try:
        outer, inner = _canonical(wide), _canonical(narrow)
        for schema in (outer, inner):
            view = schema.view()
            if isinstance(view, canonical.RawView):
                return Ruling(Answer.UNKNOWN, f"the solver does not model this schema ({view.reason.value})")
        if size > MAX_REFUTED and outer.intersect(inner) != inner:
            return Ruling(
                Answer.UNKNOWN, "the solver found no proof, and the schemas are too large to search further"
            )
        answer = outer.covers(inner)
    except (
        ValueError
    ) as error:  # ValidationError and CanonicalizationError; its only other base is Exception.
        return Ruling(Answer.UNKNOWN, f"the solver refused the question: {_line(error)}")
    if answer == canonical.Containment.YES:
        return Ruling(Answer.YES)
    if answer == canonical.Containment.NO:
        return Ruling(Answer.NO)
    return Ruling(Answer.UNKNOWN, "the solver found neither a proof nor a counterexample")


def _canonical(schema: Json) -> CanonicalSchema:
    import jsonschema_rs

    return jsonschema_rs.canonicalize(
        _root(schema), draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
    )


def validator(schema: Json) -> Draft202012Validator:
    """A validator of payloads that asserts formats and opens nothing; ValueError if the schema is unusable."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_root(schema), validate_formats=True, offline=True)


def dialect_errors(schema: Json) -> list[tuple[Place, str]]:
    """Where the schema breaks the rules of JSON Schema 2020-12 itself, with the reason."""
    return [(tuple(error.instance_path), _line(error)) for error in _dialect().iter_errors(schema)]


@cache
def _dialect() -> Draft202012Validator:
    """The rules of JSON Schema itself; made once, since that takes a millisecond."""
    import jsonschema_rs

    # The dialect is built into the library: this reference opens nothing.
    return jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, offline=True)


def unusable(schema: Json) -> str | None:
    """Why the solver cannot read a schema of the right dialect (a pattern it cannot compile), or None."""
    try:
        _canonical(schema)
        validator(schema)
    except ValueError as error:
        return _line(error)
    return None


def _root(schema: Json) -> dict[str, Json] | bool:
    if isinstance(schema, dict | bool):
        return schema
    raise ValueError("a schema is an object or a boolean")


def _line(error: ValueError) -> str:
    message = str(getattr(error, "message", error))
    first = message.splitlines()[0] if message else type(error).__name__
    return first if len(first) <= 200 else f"{first[:199]}…"

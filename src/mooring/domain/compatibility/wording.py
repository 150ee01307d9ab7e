"""How a schema and its parts are called in a line for people."""

from __future__ import annotations

import json

from mooring.domain.compatibility.shape import ANNOTATIONS, Document, Json, mapping, sequence

_NONE = "(none)"
_SHOWN = 80


def describe(schema: Json, document: Document) -> str:
    """A schema in a word or two: "number", "array of string", "one of \\"a\\", \\"b\\"", "object"."""
    for _ in range(20):
        target = document.resolve(mapping(schema).get("$ref"))
        if target is None:
            break
        schema = document.subschemas[target]
    if not isinstance(schema, dict):
        return "nothing" if schema is False else "anything"
    listed = allowed(schema)
    if listed is not None:
        return values_words(listed)
    kinds = types(schema)
    if kinds == ("array",) and isinstance(schema.get("items"), dict):
        inner = mapping(schema["items"])
        return f"array of {type_words(types(inner))}"
    return type_words(kinds)


def types(schema: dict[str, Json]) -> tuple[str, ...]:
    """The JSON types a schema names itself or by a union of bare types; empty where it names none."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,)
    if isinstance(kind, list):
        return tuple(sorted((str(item) for item in kind), key=_null_last))
    if is_plain_union(schema) and any(keyword in schema for keyword in ("anyOf", "oneOf")):
        branches = sequence(schema.get("anyOf")) or sequence(schema.get("oneOf"))
        return tuple(sorted({name for branch in branches for name in types(mapping(branch))}, key=_null_last))
    return ()


def _null_last(name: str) -> tuple[bool, str]:
    return name == "null", name


def is_plain_union(schema: dict[str, Json]) -> bool:
    """Whether every alternative, if there are any, is nothing but a type."""
    if "allOf" in schema or ("anyOf" in schema and "oneOf" in schema):
        return False
    branches = sequence(schema.get("anyOf")) + sequence(schema.get("oneOf"))
    return all(
        "type" in mapping(branch) and all(word == "type" or word in ANNOTATIONS for word in mapping(branch))
        for branch in branches
    )


def type_words(kinds: tuple[str, ...]) -> str:
    """Types joined for a reader."""
    return " or ".join(kinds) or "anything"


def allowed(schema: dict[str, Json]) -> list[Json] | None:
    """The values an `enum` or `const` lists, or None."""
    if "const" in schema:
        return [schema["const"]]
    return sequence(schema["enum"]) if "enum" in schema else None


def required(schema: dict[str, Json]) -> dict[str, None]:
    """The names of the required members, in order."""
    return dict.fromkeys(name for name in sequence(schema.get("required")) if isinstance(name, str))


def need(names: dict[str, None], name: str) -> str:
    """The word for whether a member must be there."""
    return "required" if name in names else "optional"


def further_words(value: Json, document: Document) -> str:
    """What is said of members no keyword names."""
    if isinstance(value, dict):
        return describe(value, document)
    return {False: "refused", True: "allowed"}.get(value is True, "") if value is not None else "(unsaid)"


def element_words(value: Json, document: Document) -> str:
    """What is said of the elements."""
    return "(unsaid)" if value is None else describe(value, document)


def refers(schema: Json) -> bool:
    """Whether equal text may still mean different schemas, because it names definitions."""
    return "$ref" in text(schema)


def key(schema: Json, document: Document) -> str:
    """A schema as text, a reference replaced by what it names: equal for twins."""
    target = document.resolve(mapping(schema).get("$ref"))
    return text(schema if target is None else document.subschemas[target])


def text(value: Json) -> str:
    """A value as canonical text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def value_words(value: Json) -> str:
    """A value, cut to a readable length."""
    if value is None:
        return _NONE
    shown = text(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"


def values_words(values: list[Json] | None) -> str:
    """Some values, cut to a readable number."""
    if values is None:
        return "(any)"
    shown = ", ".join(value_words(value) if value is not None else "null" for value in values[:10])
    return shown if len(values) <= 10 else f"{shown} and {len(values) - 10} more"

"""Where a JSON Schema (2020-12) holds other schemas, and what its local references name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import TypeAlias
from urllib.parse import unquote

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Place: TypeAlias = "tuple[str | int, ...]"


class Role(Enum):
    """How a schema uses one of its subschemas."""

    VALUE = auto()  # it describes a member or an element
    IN_PLACE = auto()  # it describes the same value
    TEST = auto()  # it only asks something of the same value
    TEST_VALUE = auto()  # it only asks something of a member, an element or a name
    DEFINITION = auto()  # it waits to be referred to


SINGLE: dict[str, Role] = {
    "items": Role.VALUE,
    "additionalProperties": Role.VALUE,
    "unevaluatedItems": Role.VALUE,
    "unevaluatedProperties": Role.VALUE,
    "contains": Role.TEST_VALUE,
    "propertyNames": Role.TEST_VALUE,
    "not": Role.TEST,
    "if": Role.TEST,
    "then": Role.IN_PLACE,
    "else": Role.IN_PLACE,
    "contentSchema": Role.DEFINITION,
}
LISTS: dict[str, Role] = {
    "prefixItems": Role.VALUE,
    "allOf": Role.IN_PLACE,
    "anyOf": Role.IN_PLACE,
    "oneOf": Role.IN_PLACE,
}
MAPS: dict[str, Role] = {
    "properties": Role.VALUE,
    "patternProperties": Role.VALUE,
    "dependentSchemas": Role.IN_PLACE,
    "$defs": Role.DEFINITION,
    "definitions": Role.DEFINITION,
}
ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"}
)
DEFINITIONS = frozenset({"$defs", "definitions"})
IDENTITY = frozenset({"$schema", "$id", "$anchor"})
ASSERTIONS = frozenset(
    {
        "$ref", "type", "enum", "const", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minContains",
        "maxContains", "minProperties", "maxProperties", "required", "dependentRequired", "contentEncoding",
        "contentMediaType",
    }
)  # fmt: skip


def asserts(keyword: str) -> bool:
    """Whether the keyword can change which values are valid."""
    return (
        keyword in ASSERTIONS
        or keyword in SINGLE
        or keyword in LISTS
        or (keyword in MAPS and keyword not in DEFINITIONS)
    )


def children(schema: Json) -> Iterator[tuple[Place, Json, Role]]:
    """The subschemas directly inside `schema`, each with its key path from there."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in SINGLE:
            yield (keyword,), value, SINGLE[keyword]
        elif keyword in LISTS and isinstance(value, list):
            for index, item in enumerate(value):
                yield (keyword, index), item, LISTS[keyword]
        elif keyword in MAPS and isinstance(value, dict):
            for name, item in value.items():
                yield (keyword, name), item, MAPS[keyword]


def mapping(value: Json) -> dict[str, Json]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> list[Json]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


class CircularError(ValueError):
    """References come back to themselves without going into a member or an element."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True)
class Document:
    """One self-contained schema."""

    root: Json

    @cached_property
    def subschemas(self) -> dict[Place, Json]:
        """Every schema in the document by key path, in the order of writing."""
        found: dict[Place, Json] = {}
        waiting: list[tuple[Place, Json]] = [((), self.root)]
        while waiting:
            place, schema = waiting.pop()
            found[place] = schema
            waiting.extend((place + suffix, child) for suffix, child, _ in reversed(list(children(schema))))
        return found

    @cached_property
    def anchors(self) -> dict[str, Place]:
        """The first place of each `$anchor`."""
        found: dict[str, Place] = {}
        for place, schema in self.subschemas.items():
            if isinstance(name := mapping(schema).get("$anchor"), str):
                found.setdefault(name, place)
        return found

    def same_value(self, place: Place) -> Iterator[Place]:
        """The schemas that are applied to a value because the one at `place` is: targets, branches, conditions."""
        schema = self.subschemas[place]
        target = self.resolve(mapping(schema).get("$ref"))
        if target is not None:
            yield target
        for suffix, _, role in children(schema):
            if role in (Role.IN_PLACE, Role.TEST):
                yield place + suffix

    @cached_property
    def inner_first(self) -> tuple[Place, ...]:
        """Every place after those `same_value` gives for it; CircularError where that comes back to itself."""
        done: dict[Place, None] = {}
        for start in self.subschemas:
            path: set[Place] = set()
            stack = [(start, False)]
            while stack:
                place, left = stack.pop()
                if left:
                    path.discard(place)
                    done[place] = None
                elif place in path:
                    raise CircularError(place)
                elif place not in done:
                    path.add(place)
                    stack.append((place, True))
                    stack.extend((target, False) for target in self.same_value(place))
        return tuple(done)

    def resolve(self, reference: Json) -> Place | None:
        """The place a `$ref` names, or None if it is not a schema of this document."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        fragment = unquote(reference[1:])
        if fragment and not fragment.startswith("/"):
            return self.anchors.get(fragment)
        place: Place = ()
        node = self.root
        for part in fragment.split("/")[1:]:
            token = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and token in node:
                place, node = (*place, token), node[token]
            elif isinstance(node, list) and token.isdecimal() and int(token) < len(node):
                place, node = (*place, int(token)), node[int(token)]
            else:
                return None
        return place if place in self.subschemas else None

    def follow(self, place: Place) -> Place:
        """Where a chain of bare references that starts at `place` ends."""
        seen: set[Place] = set()
        while place not in seen:
            seen.add(place)
            schema = mapping(self.subschemas[place])
            target = self.resolve(schema.get("$ref"))
            if target is None or any(asserts(keyword) for keyword in schema if keyword != "$ref"):
                break
            place = target
        return place

    def bare(self) -> Json:
        """The document without annotations and identity: two that are equal here admit the same values."""
        return _bare(self.root)


def _bare(schema: Json) -> Json:
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Json] = {}
    for keyword, value in schema.items():
        if keyword in SINGLE:
            kept[keyword] = _bare(value)
        elif keyword in LISTS:
            kept[keyword] = [_bare(item) for item in sequence(value)]
        elif keyword in MAPS:
            kept[keyword] = {name: _bare(item) for name, item in mapping(value).items()}
        elif asserts(keyword) or keyword == "$anchor":
            kept[keyword] = value
    return kept

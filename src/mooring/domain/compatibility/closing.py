"""A schema with its objects closed: an object holds only members that some schema names for it.

Closing only ever narrows: whatever the closed schema admits, the schema as written admits too. Conditions (`not`,
`if`, `contains`, `propertyNames`) therefore stay as written, and `oneOf` stays beside its closed branches, since
narrower branches would overlap less. An object that says `additionalProperties` itself, or that names no member at
all, stays as it is.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from itertools import combinations

from mooring.domain.compatibility.shape import (
    ANNOTATIONS,
    DEFINITIONS,
    IDENTITY,
    LISTS,
    MAPS,
    SINGLE,
    Document,
    Json,
    Place,
    Role,
    asserts,
    children,
    mapping,
    sequence,
)


class UnclosableError(ValueError):
    """Two schemas that hold at once describe the inside of one member: closing each would leave nothing."""


class _Mode(Enum):
    CLOSED = "closed"  # the value's objects and everything in them
    INNER = "inner"  # only what is in them: the schema around closes the object
    WRITTEN = "written"


def close(document: Document) -> Json:
    """The document with its objects closed; UnclosableError if an `allOf` describes one member twice."""
    return _Closer(document).run()


class _Closer:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._names: dict[tuple[Place, _Mode], str] = {}
        self._waiting: list[tuple[Place, _Mode]] = []

    def run(self) -> Json:
        root = self._schema((), self._document.root, _Mode.CLOSED)
        definitions: dict[str, Json] = {}
        while self._waiting:
            place, mode = self._waiting.pop()
            definitions[self._names[place, mode]] = self._schema(
                place, self._document.subschemas[place], mode
            )
        if not isinstance(root, dict) or not definitions:
            return root
        return {**root, "$defs": definitions}

    def _reference(self, place: Place, mode: _Mode) -> str:
        key = (place, mode)
        if key not in self._names:
            self._names[key] = f"s{len(self._names)}"
            self._waiting.append(key)
        return f"#/$defs/{self._names[key]}"

    def _schema(self, place: Place, schema: Json, mode: _Mode) -> Json:
        if not isinstance(schema, dict):
            return schema
        alternatives = _chooses(self._document, place)
        closed = {
            keyword: self._keyword(place, keyword, value, mode, alternatives=alternatives)
            for keyword, value in schema.items()
            if keyword not in DEFINITIONS | IDENTITY | ANNOTATIONS and asserts(keyword)
        }
        if mode is _Mode.WRITTEN:
            return closed
        also: list[Json] = []
        if "oneOf" in schema:
            branches = sequence(schema["oneOf"])
            inner = mode if alternatives else _Mode.INNER
            also.append(
                {"anyOf": [self._schema((*place, "oneOf", i), b, inner) for i, b in enumerate(branches)]}
            )
        if mode is _Mode.CLOSED and not alternatives:
            _refuse_overlap(self._document, place)
            self._limit(place, closed)
        if also:
            closed["allOf"] = [*sequence(closed.get("allOf")), *also]
        return closed

    def _limit(self, place: Place, closed: dict[str, Json]) -> None:
        if closed.keys() & {"additionalProperties", "unevaluatedProperties"}:
            return
        if _names_own_members(self._document, place):
            alone = _stands_alone(self._document.subschemas[place])
            closed["additionalProperties" if alone else "unevaluatedProperties"] = False

    def _keyword(self, place: Place, keyword: str, value: Json, mode: _Mode, *, alternatives: bool) -> Json:
        if keyword == "$ref":
            target = self._document.resolve(value)
            return (
                value if target is None else self._reference(target, mode if alternatives else _inner(mode))
            )
        role = SINGLE.get(keyword) or LISTS.get(keyword) or MAPS.get(keyword)
        if role is None:
            return value
        child = _child_mode(keyword, role, mode, alternatives=alternatives)
        if keyword in SINGLE:
            return self._schema((*place, keyword), value, child)
        if isinstance(value, list):
            return [self._schema((*place, keyword, index), item, child) for index, item in enumerate(value)]
        return {
            name: self._schema((*place, keyword, name), item, child) for name, item in mapping(value).items()
        }


def _inner(mode: _Mode) -> _Mode:
    return _Mode.WRITTEN if mode is _Mode.WRITTEN else _Mode.INNER


def _child_mode(keyword: str, role: Role, mode: _Mode, *, alternatives: bool) -> _Mode:
    if mode is _Mode.WRITTEN or role in (Role.TEST, Role.TEST_VALUE) or keyword == "oneOf":
        return _Mode.WRITTEN
    if role is Role.VALUE:
        return _Mode.CLOSED
    return mode if alternatives else _Mode.INNER


def _stands_alone(schema: Json) -> bool:
    """Whether no other schema describes the same value from inside this one."""
    return "$ref" not in mapping(schema) and not any(
        role is Role.IN_PLACE or suffix == ("if",) for suffix, _, role in children(schema)
    )


def _chooses(document: Document, place: Place) -> bool:
    """Whether the schema only refers to another, or chooses between ones no value shares: each closes itself.

    Where a value may match several alternatives it may hold the members of all that it matches, which only
    `unevaluatedProperties` can say; the solver loses its way in it beyond a handful of alternatives.
    """
    schema = mapping(document.subschemas[place])
    about_members = [
        keyword
        for keyword in schema
        if keyword
        in ("$ref", "properties", "patternProperties", "additionalProperties", "unevaluatedProperties")
        or (LISTS.get(keyword) or MAPS.get(keyword) or SINGLE.get(keyword)) is Role.IN_PLACE
        or keyword == "if"
    ]
    if about_members == ["$ref"]:
        return True
    if about_members not in (["anyOf"], ["oneOf"]):
        return False
    keyword = about_members[0]
    branches = [document.follow((*place, keyword, index)) for index in range(len(sequence(schema[keyword])))]
    marks = [_marks(mapping(document.subschemas[branch])) for branch in branches]
    return all(_apart(left, right) for left, right in combinations(marks, 2))


def _marks(schema: dict[str, Json]) -> dict[str, frozenset[str]]:
    """What tells a value of this schema: its type (under "") and the listed values of its required members."""
    kind = schema.get("type")
    kinds = (
        frozenset(str(item) for item in (kind if isinstance(kind, list) else [kind])) if kind else frozenset()
    )
    marks: dict[str, frozenset[str]] = {"": kinds}
    members = mapping(schema.get("properties"))
    for name in sequence(schema.get("required")):
        member = mapping(members.get(str(name)))
        values = [member["const"]] if "const" in member else sequence(member.get("enum"))
        # Only texts: of 1 and 1.0 it would have to be known that they are equal.
        texts = frozenset(value for value in values if isinstance(value, str))
        if texts and len(texts) == len(values) and kinds == {"object"}:
            marks[f".{name}"] = texts
    return marks


def _apart(left: dict[str, frozenset[str]], right: dict[str, frozenset[str]]) -> bool:
    if any(name and not left[name] & right[name] for name in left.keys() & right.keys()):
        return True
    numbers = {"integer", "number"}
    kinds = left[""], right[""]
    return all(kinds) and not kinds[0] & kinds[1] and not (kinds[0] & numbers and kinds[1] & numbers)


def _names_own_members(document: Document, place: Place) -> bool:
    """Whether the schema, or one that holds for the same value, names members."""
    seen: set[Place] = set()
    waiting = [place]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        schema = mapping(document.subschemas[here])
        if schema.get("properties") or schema.get("patternProperties"):
            return True
        target = document.resolve(schema.get("$ref"))
        waiting.extend([] if target is None else [target])
        waiting.extend(
            here + suffix
            for suffix, _, role in children(schema)
            if role is Role.IN_PLACE or suffix == ("if",)
        )
    return False


def _refuse_overlap(document: Document, place: Place) -> None:
    described = _described(document, place, frozenset())
    anywhere = described.pop("*", 0)
    for name, count in described.items():
        if count + anywhere > 1:
            raise UnclosableError(
                f"two schemas that hold at once describe what is inside {name!r}; write it in one place"
            )
    if anywhere > 1:
        raise UnclosableError("two schemas that hold at once describe the inside of further members")


def _described(document: Document, place: Place, above: frozenset[Place]) -> Counter[str]:
    """How many schemas that hold at once describe the inside of each member ("*": of any member, "[]": of elements)."""
    if place in above:
        return Counter()
    above |= {place}
    schema = mapping(document.subschemas[place])
    found: Counter[str] = Counter()
    alone = _stands_alone(schema)
    elements = 0
    alternatives: dict[str, Counter[str]] = {}
    target = document.resolve(schema.get("$ref"))
    if target is not None:
        found += _described(document, target, above)
    for suffix, _, role in children(schema):
        inside = place + suffix
        if role is Role.VALUE and _names_members(document, inside):
            if suffix[0] == "properties":
                found[str(suffix[1])] += 1
            elif suffix[0] == "patternProperties" or (
                suffix[0] in _FURTHER and not (alone and len(above) == 1)
            ):
                found["*"] += 1
            elif suffix[0] not in _FURTHER:
                elements = 1
        elif role is Role.IN_PLACE:
            counts = _described(document, inside, above)
            group = {"anyOf": "anyOf", "oneOf": "oneOf", "then": "if", "else": "if"}.get(str(suffix[0]))
            if group is None:
                found += counts
            else:
                alternatives[group] = alternatives.get(group, Counter()) | counts
    for counts in alternatives.values():
        found += counts
    found["[]"] += elements
    return found


_FURTHER = ("additionalProperties", "unevaluatedProperties")


def _names_members(document: Document, place: Place) -> bool:
    """Whether closing would change the schema at `place` or one inside it."""
    seen: set[Place] = set()
    waiting = [place]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        schema = mapping(document.subschemas[here])
        if schema.get("properties") or schema.get("patternProperties"):
            return True
        target = document.resolve(schema.get("$ref"))
        waiting.extend([] if target is None else [target])
        waiting.extend(
            here + suffix for suffix, _, role in children(schema) if role in (Role.VALUE, Role.IN_PLACE)
        )
    return False

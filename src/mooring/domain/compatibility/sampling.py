"""Payloads made from schemas: a search for one that one schema accepts and another refuses.

The solver proves containment well and refutes it badly (it cannot tell that some number is no integer), so a
refutation is looked for first. Whatever is made here is only proposed; a validator has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mooring.domain.compatibility import solver
from mooring.domain.compatibility.ambiguity import sample
from mooring.domain.compatibility.making import DEPTH, FORMATS, NUMBERS, Maker, size
from mooring.domain.compatibility.shape import Document, Json, Place, Role, children, mapping, sequence

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

MAX_TRIED = 3_000
MAX_VALUES_TRIED = 1_000_000
MAX_SHRINKS = 200
MAX_BURDEN = 20_000
_BRANCHES = 4
_PLACES = 150
_INSIDE = (Role.VALUE, Role.TEST_VALUE)
_PROBES = 40
_COMMON: tuple[Json, ...] = (0, 1, -1, 0.5, 1.5, 7, "", "a", "unexpected", "2026-01-31", True, None, [], {})


@dataclass(frozen=True)
class Witness:
    """A payload that stands on one side only."""

    payload: Json


def witness(*, accepted: Json, refused: Json, hints: tuple[Document, Document]) -> Witness | None:
    """A payload `accepted` accepts and `refused` refuses, if one is found among at most MAX_TRIED made from the hints.

    It is then made smaller, for it is shown to people as the example.
    """
    if any(_burden(document) > MAX_BURDEN for document in hints):
        return None
    try:
        inside, outside = solver.validator(accepted), solver.validator(refused)
    except ValueError:
        return None
    spent = 0
    for payload, cost in islice(_payloads(hints), MAX_TRIED):
        if _tells_apart(payload, inside, outside):
            return Witness(_smaller(payload, inside, outside))
        spent += cost
        if spent > MAX_VALUES_TRIED:
            break
    return None


def _burden(document: Document) -> int:
    """At most how many schemas are applied to one path into a payload: it doubles where two describe one member."""
    places = document.inner_first
    before = dict.fromkeys(places, 0)
    for _ in range(DEPTH):
        burden: dict[Place, int] = {}
        for place in places:
            members = (
                before[place + suffix]
                for suffix, _, role in children(document.subschemas[place])
                if role in _INSIDE
            )
            burden[place] = min(
                1 + sum(burden[target] for target in document.same_value(place)) + max(members, default=0),
                MAX_BURDEN + 1,
            )
        if burden == before:
            break
        before = burden
    return before[()]


def _smaller(payload: Json, inside: Draft202012Validator, outside: Draft202012Validator) -> Json:
    """The payload without the members and elements that the refusal does not need."""
    smaller = payload
    tries = min(MAX_SHRINKS, MAX_VALUES_TRIED // size(payload))
    for _, place in zip(range(tries), reversed(list(_places(payload, ()))), strict=False):
        if not place:
            continue
        holder, last = _at(smaller, place[:-1]), place[-1]
        rest: Json
        if isinstance(holder, dict):
            rest = {name: item for name, item in holder.items() if name != last}
        else:
            rest = [item for index, item in enumerate(sequence(holder)) if index != last]
        candidate = _with(smaller, place[:-1], rest)
        if _tells_apart(candidate, inside, outside):
            smaller = candidate
    return smaller


def _tells_apart(payload: Json, inside: Draft202012Validator, outside: Draft202012Validator) -> bool:
    try:
        return inside.is_valid(payload) and not outside.is_valid(payload)
    except ValueError:  # A pattern ran out of its budget: this payload says nothing.
        return False


def _payloads(hints: tuple[Document, Document]) -> Iterator[tuple[Json, int]]:
    """Payloads with their sizes: what the schemas describe first, then the same with one place changed."""
    bases: list[Json] = []
    for branch in range(_BRANCHES):
        for full in (True, False):
            made = [Maker(document, branch=branch, full=full).make() for document in hints]
            if full and all(isinstance(base, dict) for base in made):
                made.append({**mapping(made[1]), **mapping(made[0])})
            bases.extend(base for base in made if base not in bases)
    probes = _probes(hints)
    costs = [size(base) for base in bases]
    yield from zip(bases, costs, strict=True)
    yield from ((probe, size(probe)) for probe in probes)
    mutations = [(_mutations(base, probes), cost) for base, cost in zip(bases, costs, strict=True)]
    while mutations:
        # In turn, so that one large payload does not use up the budget of all.
        for pair in list(mutations):
            chunk = list(islice(pair[0], 100))
            yield from ((payload, pair[1]) for payload in chunk)
            if not chunk:
                mutations.remove(pair)


def _probes(hints: tuple[Document, Document]) -> list[Json]:
    found: list[Json] = []
    for document in hints:
        for schema in document.subschemas.values():
            found.extend(_limits(mapping(schema)))
    distinct: dict[tuple[str, str], Json] = {}
    for value in (*_COMMON, *found):
        distinct.setdefault((type(value).__name__, repr(value)), value)
    return list(distinct.values())[:_PROBES]


def _limits(schema: dict[str, Json]) -> Iterator[Json]:
    yield from sequence(schema.get("enum"))[:10]
    if "const" in schema:
        yield schema["const"]
    for keyword in NUMBERS:
        limit = schema.get(keyword)
        if isinstance(limit, int | float):
            yield from (limit, limit - 1, limit + 1, limit / 2 if abs(limit) < 1e300 else limit)
    for keyword in ("minLength", "maxLength"):
        length = schema.get(keyword)
        if isinstance(length, int) and length <= 1_000:
            yield from ("a" * length, "a" * max(length - 1, 0), "a" * (length + 1))
    name = schema.get("format")
    if isinstance(name, str) and name in FORMATS:
        yield FORMATS[name]
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and (text := sample(pattern)) is not None:
        yield text


def _mutations(base: Json, probes: list[Json]) -> Iterator[Json]:
    places = list(islice(_places(base, ()), _PLACES))
    for place in places:
        here = _at(base, place)
        if isinstance(here, dict):
            yield from (_with(base, place, {k: v for k, v in here.items() if k != name}) for name in here)
            yield _with(base, place, {**here, "unexpected": 0})
        if isinstance(here, list):
            yield _with(base, place, here[:-1])
            yield _with(base, place, here + (here[-1:] or [0]))
            yield _with(base, place, here[:1])
    for probe in probes:
        for place in places:
            yield _with(base, place, probe)


def _places(value: Json, place: Place) -> Iterator[Place]:
    yield place
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value[:3]):
            yield from _places(item, (*place, index))


def _at(value: Json, place: Place) -> Json:
    for part in place:
        value = mapping(value)[part] if isinstance(part, str) else sequence(value)[part]
    return value


def _with(value: Json, place: Place, new: Json) -> Json:
    if not place:
        return new
    head, rest = place[0], place[1:]
    if isinstance(head, str):
        members = mapping(value)
        return {**members, head: _with(members[head], rest, new)}
    elements = list(sequence(value))
    elements[head] = _with(elements[head], rest, new)
    return elements

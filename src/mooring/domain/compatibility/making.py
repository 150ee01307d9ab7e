"""One payload made from a schema; nothing promises that it is valid, so it is validated before it counts."""

from __future__ import annotations

from mooring.domain.compatibility.ambiguity import sample
from mooring.domain.compatibility.shape import Document, Json, mapping, sequence

MAX_STEPS = 2_000
MAX_SIZE = 200_000
DEPTH = 16
FORMATS: dict[str, Json] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "a@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/a",
    "uri-reference": "/a",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/a",
    "regex": "a",
}
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def size(value: Json) -> int:
    """How many values there are in a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(size(item) for item in value.values())
    if isinstance(value, list):
        total, last, its_size = 1, None, 0
        for item in value:
            if item is not last or its_size == 0:
                last, its_size = item, size(item)
            total += its_size
        return total
    return 1


class Maker:
    """One payload of a document: the chosen branch everywhere, with all members or only the required ones."""

    def __init__(self, document: Document, *, branch: int, full: bool) -> None:
        self._document = document
        self._branch = branch
        self._full = full
        self._steps = 0

    def make(self) -> Json:
        """The payload; it may be invalid where keywords depend on each other."""
        return self._value(self._document.root, 0)

    def _value(self, schema: Json, depth: int) -> Json:
        self._steps += 1
        flat = self._flat(schema, depth)
        if "const" in flat:
            return flat["const"]
        if options := sequence(flat.get("enum")):
            return options[self._branch % len(options)]
        kind = _kind(flat, self._branch)
        spent = depth > DEPTH or self._steps > MAX_STEPS
        if kind == "object":
            return {} if spent else self._object(flat, depth)
        if kind == "array":
            return [] if spent else self._array(flat, depth)
        if kind == "string":
            return _string(flat)
        if kind in ("integer", "number"):
            return _number(flat, whole=kind == "integer", full=self._full)
        return True if kind == "boolean" else None

    def _flat(self, schema: Json, depth: int) -> dict[str, Json]:
        """The schema with everything that holds for the same value merged into it."""
        merged = dict(mapping(schema))
        parts: list[Json] = []
        target = self._document.resolve(merged.pop("$ref", None))
        if target is not None:
            parts.append(self._document.subschemas[target])
        parts.extend(sequence(merged.pop("allOf", None)))
        unions = [sequence(merged.pop(keyword, None)) for keyword in ("anyOf", "oneOf")]
        parts.extend(branches[self._branch % len(branches)] for branches in unions if branches)
        if depth <= DEPTH * 2:
            for part in parts:
                merged = _both(merged, self._flat(part, depth + 1))
        return merged

    def _object(self, schema: dict[str, Json], depth: int) -> Json:
        members = mapping(schema.get("properties"))
        required = [name for name in sequence(schema.get("required")) if isinstance(name, str)]
        wanted = dict.fromkeys(required) | (
            dict.fromkeys(members) if self._full and depth <= DEPTH // 2 else {}
        )
        made = {
            name: self._value(members.get(name, {}), depth + 1)
            for name in wanted
            if members.get(name) is not False
        }
        further = schema.get("additionalProperties")
        least = schema.get("minProperties")
        if isinstance(further, dict) and (self._full or isinstance(least, int)):
            for index in range(min(least, 20) if isinstance(least, int) else 1):
                made.setdefault(f"member{index}", self._value(further, depth + 1))
        if self._full:
            for pattern, member in mapping(schema.get("patternProperties")).items():
                if (name := sample(pattern)) is not None:
                    made.setdefault(name, self._value(member, depth + 1))
        return made

    def _array(self, schema: dict[str, Json], depth: int) -> Json:
        prefix = sequence(schema.get("prefixItems"))
        least, most = schema.get("minItems"), schema.get("maxItems")
        wanted = max(least if isinstance(least, int) else 0, len(prefix) if self._full else 0)
        if self._full and wanted == 0:
            wanted = 1
        wanted = min(wanted, most if isinstance(most, int) else wanted, MAX_SIZE)
        further = schema.get("items", schema.get("contains", {}))
        made: list[Json] = []
        for index in range(wanted):
            if index > len(prefix) and made and not schema.get("uniqueItems"):
                # All the same element: a tensor costs one row, and is cut where a validator would take too long.
                rest = min(wanted - index, MAX_SIZE // size(made[-1]))
                return made + made[-1:] * rest
            if index < len(prefix):
                made.append(self._value(prefix[index], depth + 1))
            elif further is not False:
                made.append(self._value(further, depth + 1))
        return made


def _both(left: dict[str, Json], right: dict[str, Json]) -> dict[str, Json]:
    """One schema that roughly asks for both: enough to make a payload, which is validated afterwards."""
    merged = {**left, **right}
    if "properties" in left and "properties" in right:
        first, second = mapping(left["properties"]), mapping(right["properties"])
        shared: dict[str, Json] = {
            name: {"allOf": [first[name], second[name]]} for name in first if name in second
        }
        merged["properties"] = {**first, **second, **shared}
    if "required" in left and "required" in right:
        merged["required"] = [*sequence(left["required"]), *sequence(right["required"])]
    if "type" in left and "type" in right:
        common = [kind for kind in _kinds(left) if kind in _kinds(right)]
        merged["type"] = [*common] or right["type"]
    return merged


def _kinds(schema: dict[str, Json]) -> list[str]:
    kind = schema.get("type")
    return [str(item) for item in (kind if isinstance(kind, list) else [kind])]


def _kind(schema: dict[str, Json], branch: int) -> str:
    if "type" in schema:
        kinds = _kinds(schema)
        return kinds[branch % len(kinds)]
    for keywords, kind in (
        (("properties", "required", "patternProperties", "minProperties"), "object"),
        (("items", "prefixItems", "minItems", "contains"), "array"),
        (("pattern", "format", "minLength", "maxLength"), "string"),
        (NUMBERS, "number"),
    ):
        if any(keyword in schema for keyword in keywords):
            return kind
    return "integer"


def _string(schema: dict[str, Json]) -> str:
    pattern, name, least = schema.get("pattern"), schema.get("format"), schema.get("minLength")
    if isinstance(pattern, str) and (text := sample(pattern)) is not None:
        made = text
    elif isinstance(name, str) and isinstance(known := FORMATS.get(name), str):
        made = known
    else:
        made = "a"
    wanted = min(least, 10_000) if isinstance(least, int) else 0
    return made + "a" * max(wanted - len(made), 0)


def _number(schema: dict[str, Json], *, whole: bool, full: bool) -> int | float:
    """A number within the bounds: the full payload gets one that is no integer, where that is allowed."""
    low = _limit(schema, "minimum", "exclusiveMinimum")
    high = _limit(schema, "maximum", "exclusiveMaximum")
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step > 0:
        count = 1 if low is None else -(-low // step) + 1
        return count * step
    if low is None and high is None:
        return 0.5 if full and not whole else 1
    if low is not None and high is not None and not whole:
        return low + (high - low) / 2
    exact = isinstance(schema.get("minimum"), int | float) or isinstance(schema.get("maximum"), int | float)
    offset = 0 if exact else 1
    if low is not None:
        return int(-(-low // 1)) + offset if whole else low + (0.5 if full else offset)
    return int((high or 0) // 1) - offset


def _limit(schema: dict[str, Json], *keywords: str) -> int | float | None:
    limits = [
        value
        for word in keywords
        if isinstance(value := schema.get(word), int | float) and abs(value) < 1e300
    ]
    return None if not limits else max(limits) if keywords[0] == "minimum" else min(limits)

"""Random JSON Schemas, edits of them, and payloads that fit them in most places."""

from __future__ import annotations

import copy

from hypothesis import strategies as st

NAMES = ("a", "b", "c")
WORDS = ("", "a", "b", "ab", "abc", "x1", "2026-01-31", "b@example.com")
PATTERNS = ("^a", "^[a-c]+", "^[0-9]{4}", "b")
FORMATS = ("date", "email")

small = st.integers(-3, 5)
values = st.one_of(
    st.none(), st.booleans(), small, st.sampled_from([0.5, 1.5, -0.5, 1.0]), st.sampled_from(WORDS)
)


@st.composite
def numbers(draw):
    schema = {"type": draw(st.sampled_from(["integer", "number"]))}
    for keyword in draw(
        st.sets(st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), max_size=2)
    ):
        schema[keyword] = draw(small)
    if draw(st.integers(0, 5)) == 0:
        schema["multipleOf"] = draw(st.sampled_from([1, 2, 0.5]))
    return schema


@st.composite
def strings(draw):
    schema = {"type": "string"}
    match draw(st.integers(0, 5)):
        case 0:
            schema["pattern"] = draw(st.sampled_from(PATTERNS))
        case 1:
            schema["format"] = draw(st.sampled_from(FORMATS))
        case 2:
            schema["minLength"] = draw(st.integers(0, 3))
        case 3:
            schema["maxLength"] = draw(st.integers(0, 3))
    return schema


leaves = st.one_of(
    numbers(),
    strings(),
    st.just({"type": "boolean"}),
    st.builds(
        lambda kinds: {"type": sorted(kinds)},
        st.sets(st.sampled_from(["null", "string", "integer", "number", "object", "array"]), min_size=1),
    ),
    st.builds(lambda listed: {"enum": listed}, st.lists(values, min_size=1, max_size=3, unique_by=repr)),
    st.builds(lambda value: {"const": value}, values),
    st.sampled_from([{}, True, False, {"$ref": "#/$defs/p"}, {"$ref": "#/$defs/q"}]),
)


@st.composite
def objects(draw, inner):
    schema = {
        "type": "object",
        "properties": draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
    }
    needed = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
    if needed:
        schema["required"] = needed
    match draw(st.integers(0, 7)):
        case 0:
            schema["additionalProperties"] = False
        case 1:
            schema["additionalProperties"] = True
        case 2:
            schema["additionalProperties"] = draw(inner)
        case 3:
            schema["maxProperties"] = draw(st.integers(0, 3))
        case 4:
            schema["patternProperties"] = {"^b": draw(leaves)}
    return schema


@st.composite
def arrays(draw, inner):
    schema = {"type": "array"}
    if draw(st.booleans()):
        schema["items"] = draw(inner)
    if draw(st.integers(0, 2)) == 0:
        schema["prefixItems"] = draw(st.lists(inner, min_size=1, max_size=2))
    for keyword in draw(st.sets(st.sampled_from(["minItems", "maxItems"]))):
        schema[keyword] = draw(st.integers(0, 3))
    match draw(st.integers(0, 7)):
        case 0:
            schema["contains"] = draw(leaves)
        case 1:
            schema["uniqueItems"] = True
    return schema


@st.composite
def combined(draw, inner):
    branches = draw(st.lists(inner, min_size=2, max_size=2))
    match draw(st.integers(0, 5)):
        case 0:
            return {"if": branches[0], "then": branches[1]}
        case 1:
            return {"not": branches[0]}
        case 2:
            base = draw(objects(leaves))
            return base | {draw(st.sampled_from(["allOf", "anyOf", "oneOf"])): branches}
        case 3:
            return {"allOf": branches}
        case 4:
            return {"oneOf": branches}
    return {"anyOf": branches}


nested = st.recursive(
    leaves,
    lambda inner: st.one_of(objects(inner), objects(inner), arrays(inner), combined(inner)),
    max_leaves=6,
)


@st.composite
def schemas(draw):
    root = draw(st.one_of(objects(nested), nested.filter(lambda schema: isinstance(schema, dict))))
    definitions = {
        "p": draw(st.one_of(leaves.filter(no_reference), objects(leaves.filter(no_reference)))),
        "q": draw(objects(leaves.filter(no_reference))),
    }
    return root if no_reference(root) else root | {"$defs": definitions}


def no_reference(schema):
    return "$ref" not in repr(schema)


@st.composite
def changed(draw, schema):
    """The schema after an edit or two somewhere in it."""
    result = copy.deepcopy(schema)
    for _ in range(draw(st.integers(1, 3))):
        places = list(dictionaries(result))
        place = draw(st.sampled_from(places))
        match draw(st.integers(0, 7)):
            case 0 if len(place) > 1:
                word = draw(st.sampled_from(sorted(place.keys() - {"$defs"}) or [None]))
                place.pop(word, None)
            case 1 if isinstance(place.get("properties"), dict):
                place["properties"][draw(st.sampled_from(NAMES))] = draw(leaves)
            case 2 if isinstance(place.get("properties"), dict):
                place["required"] = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
            case 3 if place.get("type") == "integer":
                place["type"] = "number"
            case 4 if isinstance(place.get("enum"), list):
                place["enum"] = draw(st.lists(values, min_size=1, max_size=3, unique_by=repr))
            case 5 if isinstance(place.get("minimum"), int):
                place["minimum"] -= 1
            case 6 if place.get("properties"):
                gone = draw(st.sampled_from(sorted(place["properties"])))
                del place["properties"][gone]
                place["required"] = [name for name in place.get("required", ()) if name != gone]
            case _ if place is not result and "$ref" not in place:
                place.update(draw(leaves.filter(lambda new: isinstance(new, dict) and no_reference(new))))
    return result


def dictionaries(schema):
    """Every subschema that can be edited in place."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        if keyword in ("properties", "patternProperties", "$defs"):
            for item in value.values():
                yield from dictionaries(item)
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for item in value:
                yield from dictionaries(item)
        elif keyword in ("items", "additionalProperties", "not", "if", "then", "contains"):
            yield from dictionaries(value)


@st.composite
def payloads(draw, schema, root):
    """A payload that follows the schema in most places and leaves it in some."""
    if not isinstance(schema, dict) or draw(st.integers(0, 9)) == 0:
        return draw(values)
    if "$ref" in schema:
        return draw(payloads(root["$defs"][schema["$ref"].rpartition("/")[2]], root))
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            parts = [draw(payloads(branch, root)) for branch in schema[keyword]]
            if draw(st.booleans()) and all(isinstance(part, dict) for part in parts):
                own = draw(objects_like(schema, root)) if "properties" in schema else {}
                return parts[0] | parts[1] | own
            return draw(st.sampled_from(parts))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = draw(st.sampled_from(kind))
    if kind == "object":
        return draw(objects_like(schema, root))
    if kind == "array":
        prefix = [draw(payloads(item, root)) for item in schema.get("prefixItems", [])]
        further = draw(st.integers(0, 3))
        items = [
            draw(payloads(schema.get("items", schema.get("contains", {})), root)) for _ in range(further)
        ]
        return prefix[: draw(st.integers(0, 2))] if draw(st.integers(0, 4)) == 0 else prefix + items
    if kind in ("integer", "number"):
        return draw(st.one_of(small, st.sampled_from([0.5, 1.5, 2.5]))) if kind == "number" else draw(small)
    return draw(st.sampled_from(WORDS)) if kind == "string" else draw(values)


@st.composite
def objects_like(draw, schema, root):
    made = {}
    for name, member in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or draw(st.booleans()):
            made[name] = draw(payloads(member, root))
    for name in schema.get("required", ()):
        made.setdefault(name, draw(values))
    if draw(st.integers(0, 3)) == 0:
        made[draw(st.sampled_from((*NAMES, "d")))] = draw(values)
    return made


pairs = schemas().flatmap(
    lambda before: st.tuples(st.just(before), st.one_of(changed(before), changed(before), schemas()))
)

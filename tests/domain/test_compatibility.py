# ruff: noqa: E501 - one case a line, so that the cases read as a table.
"""Every kind of interface change, with the bump it requires and the line people read about it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from mooring.domain.compatibility import Bump, Comparison, Side, compare

PATCH, MINOR, MAJOR = Bump.PATCH, Bump.MINOR, Bump.MAJOR
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
STRING = {"type": "string"}
NULL = {"type": "null"}


@dataclass(frozen=True)
class Interface:
    input: dict[str, object] | None = None
    output: dict[str, object] | None = None


def thing(*required: str, **properties: object) -> dict[str, object]:
    """An object schema as people write it: open unless it says otherwise."""
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


def closed(*required: str, **properties: object) -> dict[str, object]:
    return thing(*required, **properties) | {"additionalProperties": False}


def rows(items: object, **more: object) -> dict[str, object]:
    return {"type": "array", "items": items, **more}


def tensor(*shape: int, of: str = "number") -> dict[str, object]:
    schema: dict[str, object] = {"type": of}
    for size in reversed(shape):
        schema = rows(schema, minItems=size, maxItems=size)
    return schema


def text(**more: object) -> dict[str, object]:
    return {"type": "string", **more}


def number(**more: object) -> dict[str, object]:
    return {"type": "number", **more}


def union(keyword: str, *branches: object) -> dict[str, object]:
    return {keyword: list(branches)}


def of_kind(kind: str, **properties: object) -> dict[str, object]:
    return thing("kind", kind={"const": kind}, **properties)


@dataclass(frozen=True)
class Case:
    name: str
    before: dict[str, object]
    after: dict[str, object]
    bump: Bump
    lines: tuple[str, ...]
    certain: bool = field(default=True)


def case(name, before, after, bump, *lines, certain=True):
    return pytest.param(Case(name, before, after, bump, lines, certain), id=name)


NODE = {"type": "object", "properties": {"value": INTEGER, "next": {"$ref": "#/$defs/node"}}}
WIDER_NODE = {"type": "object", "properties": {"value": NUMBER, "next": {"$ref": "#/$defs/node"}}}

INPUTS = [
    case("equal", thing(a=NUMBER), thing(a=NUMBER), PATCH),
    case("integer becomes number", thing(amount=INTEGER), thing(amount=NUMBER), MINOR, "amount: integer → number"),
    case("number becomes integer", thing(amount=NUMBER), thing(amount=INTEGER), MAJOR, "amount: number → integer"),
    case("another type", thing(id=INTEGER), thing(id=STRING), MAJOR, "id: integer → string"),
    case("nullable by a type list", thing(a=NUMBER), thing(a={"type": ["number", "null"]}), MINOR, "a: number → number or null"),
    case("nullable by anyOf", thing(a=NUMBER), thing(a=union("anyOf", NUMBER, NULL)), MINOR, "a: number → number or null"),
    case("no longer nullable", thing(a={"type": ["number", "null"]}), thing(a=NUMBER), MAJOR, "a: number or null → number"),
    case("one nullable written as another", thing(a=union("anyOf", NUMBER, NULL)), thing(a={"type": ["null", "number"]}), PATCH),
    case("optional member added", thing(a=NUMBER), thing(a=NUMBER, b=STRING), MINOR, "b: added (string, optional)"),
    case("required member added", thing(a=NUMBER), thing("b", a=NUMBER, b=STRING), MAJOR, "b: added (string, required)"),
    case("optional member removed", thing(a=NUMBER, b=STRING), thing(a=NUMBER), MAJOR, "b: removed (string, optional)"),
    case("required member removed", thing("b", a=NUMBER, b=STRING), thing(a=NUMBER), MAJOR, "b: removed (string, required)"),
    case("member renamed", thing("age", age=NUMBER), thing("years", years=NUMBER), MAJOR, "years: added (number, required)", "age: removed (number, required)"),
    case("optional becomes required", thing(a=NUMBER), thing("a", a=NUMBER), MAJOR, "a: optional → required"),
    case("required becomes optional", thing("a", a=NUMBER), thing(a=NUMBER), MINOR, "a: required → optional"),
    case("members in another order", thing("a", "b", a=NUMBER, b=STRING), thing("b", "a", b=STRING, a=NUMBER), PATCH),
    case("an open object says that it is closed", thing(a=NUMBER), closed(a=NUMBER), PATCH, "the whole input: other members (unsaid) → refused"),
    case("a closed object opens", closed(a=NUMBER), thing(a=NUMBER) | {"additionalProperties": True}, MINOR, "the whole input: other members refused → allowed"),
    case("a really open object closes", thing(a=NUMBER) | {"additionalProperties": True}, closed(a=NUMBER), MAJOR, "the whole input: other members allowed → refused"),
    case("a map's values widen", {"type": "object", "additionalProperties": INTEGER}, {"type": "object", "additionalProperties": NUMBER}, MINOR, "*: integer → number"),
    case("a map's values narrow", {"type": "object", "additionalProperties": NUMBER}, {"type": "object", "additionalProperties": INTEGER}, MAJOR, "*: number → integer"),
    case("named members of a map", {"type": "object"}, thing(a=NUMBER), MAJOR, "a: added (number, optional)"),
    case("nested member narrows", thing(user=thing(age=NUMBER)), thing(user=thing(age=INTEGER)), MAJOR, "user.age: number → integer"),
    case("nested optional member", thing(user=thing(age=NUMBER)), thing(user=thing(age=NUMBER, city=STRING)), MINOR, "user.city: added (string, optional)"),
    case("nested required member", thing(user=thing(age=NUMBER)), thing(user=thing("city", age=NUMBER, city=STRING)), MAJOR, "user.city: added (string, required)"),
    case("elements widen", thing(xs=rows(INTEGER)), thing(xs=rows(NUMBER)), MINOR, "xs[]: integer → number"),
    case("member of elements removed", rows(thing(a=NUMBER, b=NUMBER)), rows(thing(a=NUMBER)), MAJOR, "[].b: removed (number, optional)"),
    case("a batch may be longer", rows(NUMBER, maxItems=10), rows(NUMBER, maxItems=100), MINOR, "the whole input: maxItems 10 → 100"),
    case("a batch must not be empty", rows(NUMBER), rows(NUMBER, minItems=1), MAJOR, "the whole input: minItems (none) → 1"),
    case("elements must differ", rows(NUMBER), rows(NUMBER, uniqueItems=True), MAJOR, "the whole input: uniqueItems (none) → true"),
    case("elements described", {"type": "array"}, rows(NUMBER), MAJOR, "the whole input: elements (unsaid) → number"),
    case("a tensor of another shape", tensor(3, 224), tensor(3, 256), MAJOR, "[]: minItems 224 → 256", "[]: maxItems 224 → 256"),
    case("a tensor of one rank more", tensor(4), tensor(1, 4), MAJOR, "[]: number → array"),
    case("a tensor of a wider type", tensor(2, 2, of="integer"), tensor(2, 2), MINOR, "[][]: integer → number"),
    case("a tensor with a free batch", tensor(8, 4), rows(tensor(4)), MINOR, "the whole input: minItems 8 → (none)", "the whole input: maxItems 8 → (none)"),
    case("a place of a tuple narrows", {"type": "array", "prefixItems": [NUMBER, STRING], "items": False}, {"type": "array", "prefixItems": [INTEGER, STRING], "items": False}, MAJOR, "[0]: number → integer"),
    case("a place added to a tuple", {"type": "array", "prefixItems": [NUMBER], "items": False}, {"type": "array", "prefixItems": [NUMBER, STRING], "items": False}, MINOR, "[1]: added (string)"),
    case("a value added", thing(c={"enum": ["a", "b"]}), thing(c={"enum": ["a", "b", "c"]}), MINOR, 'c: values added: "c"'),
    case("a value removed", thing(c={"enum": ["a", "b"]}), thing(c={"enum": ["a"]}), MAJOR, 'c: values removed: "b"'),
    case("values in another order", thing(c={"enum": ["a", "b"]}), thing(c={"enum": ["b", "a"]}), PATCH),
    case("another constant", thing(c={"const": 1}), thing(c={"const": 2}), MAJOR, "c: values removed: 1", "c: values added: 2"),
    case("a constant becomes a choice", thing(c={"const": 1}), thing(c={"enum": [1, 2]}), MINOR, "c: values added: 2"),
    case("any text becomes a choice", thing(c=STRING), thing(c=text(enum=["a"])), MAJOR, 'c: values (any) → "a"'),
    case("a lower minimum", thing(a=number(minimum=0)), thing(a=number(minimum=-1)), MINOR, "a: minimum 0 → -1"),
    case("a higher minimum", thing(a=number(minimum=0)), thing(a=number(minimum=1)), MAJOR, "a: minimum 0 → 1"),
    case("a new maximum", thing(a=NUMBER), thing(a=number(maximum=120)), MAJOR, "a: maximum (none) → 120"),
    case("a bound becomes exclusive", thing(a=number(minimum=0)), thing(a=number(exclusiveMinimum=0)), MAJOR, "a: minimum 0 → (none)", "a: exclusiveMinimum (none) → 0"),
    case("a finer step", thing(a=number(multipleOf=1)), thing(a=number(multipleOf=0.5)), MINOR, "a: multipleOf 1 → 0.5"),
    case("a coarser step", thing(a=number(multipleOf=0.5)), thing(a=number(multipleOf=1)), MAJOR, "a: multipleOf 0.5 → 1"),
    case("longer text", thing(t=text(maxLength=10)), thing(t=text(maxLength=20)), MINOR, "t: maxLength 10 → 20"),
    case("a pattern comes", thing(t=STRING), thing(t=text(pattern="^[a-z]+")), MAJOR, 't: pattern (none) → "^[a-z]+"'),
    case("a pattern goes", thing(t=text(pattern="^[a-z]+")), thing(t=STRING), MINOR, 't: pattern "^[a-z]+" → (none)'),
    case("a pattern narrows", thing(t=text(pattern="^[a-z]+")), thing(t=text(pattern="^[b-c]+")), MAJOR, 't: pattern "^[a-z]+" → "^[b-c]+"'),
    case("a pattern widens beyond the solver", thing(t=text(pattern="^[a-c]+")), thing(t=text(pattern="^[a-z]+")), MAJOR, 't: pattern "^[a-c]+" → "^[a-z]+"', certain=False),
    case("a format comes", thing(t=STRING), thing(t=text(format="email")), MAJOR, 't: format (none) → "email"'),
    case("another format", thing(t=text(format="date")), thing(t=text(format="date-time")), MAJOR, 't: format "date" → "date-time"'),
    case("a format nobody knows", thing(t=STRING), thing(t=text(format="acme-id")), MAJOR, 't: format (none) → "acme-id"', certain=False),
    case("a definition gets a name", thing(a=thing(x=NUMBER)), thing(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": thing(x=NUMBER)}}, PATCH),
    case("a definition narrows", thing(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": thing(x=NUMBER)}}, thing(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": thing(x=INTEGER)}}, MAJOR, "a.x: number → integer"),
    case("an unused definition changes", thing(a=NUMBER) | {"$defs": {"a": NUMBER}}, thing(a=NUMBER) | {"$defs": {"a": STRING}}, PATCH),
    case("a recursive schema beyond the solver", {"$ref": "#/$defs/node", "$defs": {"node": NODE}}, {"$ref": "#/$defs/node", "$defs": {"node": WIDER_NODE}}, MAJOR, "value: integer → number", certain=False),
    case("a recursive schema narrows", {"$ref": "#/$defs/node", "$defs": {"node": WIDER_NODE}}, {"$ref": "#/$defs/node", "$defs": {"node": NODE}}, MAJOR, "value: number → integer"),
    case("an alternative comes", union("oneOf", of_kind("a", x=NUMBER)), union("oneOf", of_kind("a", x=NUMBER), of_kind("b", y=NUMBER)), MINOR, "the whole input: alternative added (object)"),
    case("an alternative goes", union("oneOf", of_kind("a", x=NUMBER), of_kind("b", y=NUMBER)), union("oneOf", of_kind("a", x=NUMBER)), MAJOR, "the whole input: alternative removed (object)"),
    case("an alternative narrows", union("anyOf", of_kind("a", x=NUMBER), of_kind("b", y=NUMBER)), union("anyOf", of_kind("a", x=NUMBER), of_kind("b", y=INTEGER)), MAJOR, "y: number → integer"),
    case("an extended base gets a member", {"allOf": [{"$ref": "#/$defs/base"}, thing(b=NUMBER)], "$defs": {"base": thing(a=NUMBER)}}, {"allOf": [{"$ref": "#/$defs/base"}, thing(b=NUMBER)], "$defs": {"base": thing(a=NUMBER, c=NUMBER)}}, MINOR, "c: added (number, optional)"),
    case("an extended base loses a member", {"allOf": [{"$ref": "#/$defs/base"}, thing(b=NUMBER)], "$defs": {"base": thing(a=NUMBER, c=NUMBER)}}, {"allOf": [{"$ref": "#/$defs/base"}, thing(b=NUMBER)], "$defs": {"base": thing(a=NUMBER)}}, MAJOR, "c: removed (number, optional)"),
    case("one member described twice", {"allOf": [thing(a=thing(x=NUMBER)), thing(a=thing(y=NUMBER))]}, {"allOf": [thing(a=thing(x=NUMBER)), thing(a=thing(y=NUMBER, z=NUMBER))]}, MAJOR, "a.z: added (number, optional)", certain=False),
    case("a condition comes", thing(a=NUMBER, b=NUMBER), thing(a=NUMBER, b=NUMBER) | {"dependentRequired": {"a": ["b"]}}, MAJOR, 'the whole input: dependentRequired (none) → {"a": ["b"]}'),
    case("descriptions change", thing(a=number(description="metres", title="A")), thing(a=number(description="feet", title="A")), PATCH, 'a: description "metres" → "feet"'),
    case("examples and defaults change", thing(a=number(examples=[1], default=1)), thing(a=number(examples=[2], default=2)), PATCH, "a: examples [1] → [2]", "a: default 1 → 2"),
    case("a member called like a keyword", thing(title=STRING), thing(title=NUMBER), MAJOR, "title: string → number"),
    case("members by pattern", closed() | {"patternProperties": {"^f_": NUMBER}}, closed() | {"patternProperties": {"^f_": INTEGER}}, MAJOR, "/^f_/: number → integer"),
]  # fmt: skip

OUTPUTS = [
    case("equal", thing(a=NUMBER), thing(a=NUMBER), PATCH),
    case("integer becomes number", thing(score=INTEGER), thing(score=NUMBER), MAJOR, "score: integer → number"),
    case("number becomes integer", thing(score=NUMBER), thing(score=INTEGER), MINOR, "score: number → integer"),
    case("another type", thing(label=INTEGER), thing(label=STRING), MAJOR, "label: integer → string"),
    case("nullable", thing(a=NUMBER), thing(a={"type": ["number", "null"]}), MAJOR, "a: number → number or null"),
    case("no longer nullable", thing(a={"type": ["number", "null"]}), thing(a=NUMBER), MINOR, "a: number or null → number"),
    case("member added to an open object", thing("label", label=STRING), thing("label", label=STRING, score=NUMBER), MINOR, "score: added (number, optional)"),
    case("sure member added to an open object", thing("label", label=STRING), thing("label", "score", label=STRING, score=NUMBER), MINOR, "score: added (number, required)"),
    case("member added to a closed object", closed("label", label=STRING), closed("label", label=STRING, score=NUMBER), MAJOR, "score: added (number, optional)"),
    case("sure member removed", thing("label", "score", label=STRING, score=NUMBER), thing("label", label=STRING), MAJOR, "score: removed (number, required)"),
    case("possible member removed", thing("label", label=STRING, score=NUMBER), thing("label", label=STRING), MAJOR, "score: removed (number, optional)"),
    case("possible member can no longer come", thing("label", label=STRING, score=NUMBER), closed("label", label=STRING), MINOR, "score: removed (number, optional)"),
    case("sure member only possible", thing("label", label=STRING), thing(label=STRING), MAJOR, "label: required → optional"),
    case("possible member sure", thing(label=STRING), thing("label", label=STRING), MINOR, "label: optional → required"),
    case("another class", thing(label={"enum": ["a", "b"]}), thing(label={"enum": ["a", "b", "c"]}), MAJOR, 'label: values added: "c"'),
    case("one class fewer", thing(label={"enum": ["a", "b", "c"]}), thing(label={"enum": ["a", "b"]}), MINOR, 'label: values removed: "c"'),
    case("a bound comes", thing(p=NUMBER), thing(p=number(minimum=0, maximum=1)), MINOR, "p: minimum (none) → 0", "p: maximum (none) → 1"),
    case("a bound goes", thing(p=number(minimum=0, maximum=1)), thing(p=number(minimum=0)), MAJOR, "p: maximum 1 → (none)"),
    case("a vector of another length", tensor(768), tensor(1024), MAJOR, "the whole output: minItems 768 → 1024"),
    case("probabilities instead of a label", STRING, rows(NUMBER), MAJOR, "the whole output: string → array"),
    case("an object closes", thing(a=NUMBER), closed(a=NUMBER), MINOR, "the whole output: other members (unsaid) → refused"),
    case("an object opens", closed(a=NUMBER), thing(a=NUMBER), MAJOR, "the whole output: other members refused → (unsaid)"),
    case("an alternative comes", union("anyOf", of_kind("a")), union("anyOf", of_kind("a"), of_kind("b")), MAJOR, "the whole output: alternative added (object)"),
    case("a description changes", thing(a=number(description="x")), thing(a=number(description="y")), PATCH, 'a: description "x" → "y"'),
    case("a definition is written out", {"$ref": "#/$defs/p", "$defs": {"p": thing(p=NUMBER)}}, thing(p=NUMBER), PATCH),
]  # fmt: skip


def check(side: Side, case: Case) -> Comparison:
    found = compare(Interface(**{side.value: case.before}), Interface(**{side.value: case.after}))
    texts = [difference.text for difference in found.differences]

    assert (found.required, found.certain) == (case.bump, case.certain), found
    assert [line for line in case.lines if line not in texts] == [], texts
    assert max([difference.required for difference in found.differences], default=PATCH) == found.required
    assert {difference.side for difference in found.differences} <= {side}
    return found


@pytest.mark.parametrize("case", INPUTS)
def test_an_input_change_requires(case):
    check(Side.INPUT, case)


@pytest.mark.parametrize("case", OUTPUTS)
def test_an_output_change_requires(case):
    check(Side.OUTPUT, case)


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS])
@pytest.mark.parametrize("side", Side)
def test_differences_stand_at_places_that_exist(case, side):
    found = compare(Interface(**{side.value: case.before}), Interface(**{side.value: case.after}))

    def exists(node, place):
        for part in place:
            if (isinstance(node, dict) and part in node) or (
                isinstance(node, list) and isinstance(part, int) and part < len(node)
            ):
                node = node[part]
            else:
                return False
        return True

    lost = [d for d in found.differences if not (exists(case.after, d.place) or exists(case.before, d.place))]
    assert lost == []


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS])
def test_a_patch_is_a_patch_in_both_directions_and_on_both_sides(case):
    def step(side, before, after):
        return compare(Interface(**{side.value: before}), Interface(**{side.value: after})).required

    for side in Side:
        there, back = step(side, case.before, case.after), step(side, case.after, case.before)
        assert (there is PATCH) == (back is PATCH)
        assert step(side, case.before, case.before) is PATCH


def test_a_side_that_appears_is_a_new_capability_and_one_that_goes_is_a_break():
    described = Interface(input=thing(a=NUMBER), output=STRING)

    assert compare(None, described).required is MINOR
    assert compare(Interface(), described).required is MINOR
    assert compare(Interface(input=thing(a=NUMBER)), described).required is MINOR
    assert compare(described, None).required is MAJOR
    assert compare(described, Interface(input=thing(a=NUMBER))).required is MAJOR
    assert compare(None, Interface()).required is PATCH
    assert [d.text for d in compare(described, Interface(input=thing(a=NUMBER))).differences] == [
        "the whole output: declared → (none)"
    ]


def test_the_larger_requirement_of_the_two_sides_counts_and_its_reason_is_given():
    found = compare(
        Interface(input=thing(a=NUMBER), output=thing("label", label=STRING)),
        Interface(input=thing(a=NUMBER, b=NUMBER), output=thing("label", label=NUMBER)),
    )

    assert found.required is MAJOR
    assert [(d.side.value, d.required) for d in found.differences] == [("input", MINOR), ("output", MAJOR)]
    assert found.reason == 'The output may hold what it never held before, for example {"label": 0.5}.'


def test_a_break_is_shown_by_the_smallest_payload_that_proves_it():
    found = compare(
        Interface(input=thing("a", "b", a=NUMBER, b=rows(thing(x=NUMBER, y=STRING)))),
        Interface(input=thing("a", "b", a=NUMBER, b=rows(thing(x=INTEGER, y=STRING)))),
    )

    assert (
        found.reason
        == 'The input refuses what it accepted before, for example {"a": 0.5, "b": [{"x": 0.5}]}.'
    )


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"type": "objet"}, "type"),
        ({"$ref": "https://example.com/schema.json"}, "leads out of the document"),
        ({"$ref": "file:///etc/passwd"}, "leads out of the document"),
        ({"$ref": "#/$defs/missing"}, "names no schema here"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft-07"),
        ({"allOf": [{"$ref": "#"}]}, "comes back to itself"),
        ({"minimum": float("nan")}, "not a finite number"),
        ({"const": b"x"}, "is a bytes"),
    ],
)
def test_an_unusable_schema_counts_as_major_and_says_why(broken, why):
    for pair in ((Interface(broken), Interface(STRING)), (Interface(STRING), Interface(broken))):
        found = compare(*pair)

        assert (found.required, found.certain) == (MAJOR, False)
        assert why in found.reason
        assert found.reason.endswith("which counts as major.")


def test_five_hundred_members_are_compared_one_by_one():
    names = [f"f{index}" for index in range(500)]
    before, after = thing(**dict.fromkeys(names, INTEGER)), thing(**dict.fromkeys(names, NUMBER))

    widened = compare(Interface(before), Interface(after))
    narrowed = compare(Interface(after), Interface(before))

    assert (widened.required, widened.certain) == (MINOR, True)
    assert (narrowed.required, narrowed.certain) == (MAJOR, True)
    assert len(narrowed.differences) == 500


@pytest.mark.slow
def test_references_that_double_at_every_level_are_compared_once_each():
    def doubling(leaf):
        definitions = {"d0": leaf}
        for index in range(1, 30):
            definitions[f"d{index}"] = {
                "type": "array",
                "prefixItems": [{"$ref": f"#/$defs/d{index - 1}"}] * 2,
            }
        return {"$ref": "#/$defs/d29", "$defs": definitions}

    found = compare(Interface(doubling(INTEGER)), Interface(doubling(NUMBER)))

    assert len([d for d in found.differences if d.text.endswith("integer → number")]) == 1


def test_members_described_ten_times_at_every_level_are_compared_without_waiting():
    def tenfold(leaf):
        definitions = {"d0": leaf}
        for index in range(1, 12):
            definitions[f"d{index}"] = {"allOf": [thing(x={"$ref": f"#/$defs/d{index - 1}"})] * 10}
        return {"$ref": "#/$defs/d11", "$defs": definitions}

    found = compare(Interface(output=tenfold(INTEGER)), Interface(output=tenfold(NUMBER)))

    assert found.required is MAJOR


def test_bumps_are_ordered_named_and_read_back():
    assert PATCH < MINOR < MAJOR
    assert [str(bump) for bump in sorted(Bump)] == ["patch", "minor", "major"]
    assert [Bump.parse(str(bump)) for bump in Bump] == list(Bump)
    with pytest.raises(ValueError, match="not one of major, minor, patch"):
        Bump.parse("huge")


def test_importing_the_package_loads_no_solver():
    code = "import sys, mooring.domain.compatibility as c; print('jsonschema_rs' in sys.modules, 'jsonschema' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert out.split() == ["False", "False"]


def test_what_decided_is_told_with_its_places_and_doubt_comes_first():
    names = ("a", "b", "c", "d")
    narrowed = compare(
        Interface(thing(**dict.fromkeys(names, NUMBER))), Interface(thing(**dict.fromkeys(names, INTEGER)))
    )
    doubtful = compare(
        Interface(thing(t=text(pattern="^[a-c]+"))), Interface(thing(t=text(pattern="^[a-z]+")))
    )

    assert narrowed.told(2) == (
        "a: number → integer (interface.input.properties.a.type); "
        "b: number → integer (interface.input.properties.b.type); and 2 more"
    )
    assert doubtful.told().startswith("whether the input stays compatible could not be decided (")
    assert doubtful.told().endswith("(interface.input.properties.t.pattern)")
    assert compare(None, None).told() == "no interface is declared, before or after"

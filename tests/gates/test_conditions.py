"""Checks, baselines, required models and parents: what is missing or unknown never passes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mooring.domain.environment import GateSpec, Policy
from mooring.domain.events import Moment, PointerHistory, Step, fold_pointer
from mooring.domain.model import MetricSpec
from mooring.domain.pointer import Pointer
from mooring.domain.requires import parse_required
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import CheckStatement, Evidence, Undoing, assess_all
from mooring.stores.forge.statement import CheckResult, Role, Statement, Subject, parse

ULIDS = [f"01JB2Q8ZK3T5{letter * 14}" for letter in "ABCD"]
CHECK = GateSpec(check="load-test", by=("CI@example.com", "kim"))
NOW = 1_767_355_200


def pointer(version: str, number: int = 0) -> Pointer:
    return Pointer(
        version=version,
        manifest="sha256:" + "1" * 64,
        promotion=ULIDS[number],
        replaces=None,
        reason="better",
        requested_by="Alex <alex@example.com>",
    )


EVIDENCE = Evidence("production", "iris", pointer("1.0.0"), pointer("2.0.0", 1), "Alex <alex@example.com>")


def judged(seen: Evidence, *gates: GateSpec) -> list[Verdict]:
    return list(assess_all(Policy(name="production", gates=gates), seen, NOW))


def states(seen: Evidence, *gates: GateSpec) -> list[GateState]:
    return [verdict.state for verdict in judged(seen, *gates)]


def said(principal: str, *names: str, passed: bool = True, check: str = "load-test") -> CheckStatement:
    return CheckStatement(check, passed, principal, frozenset(names), f"SHA256:{principal}")


def live(*versions: str | None) -> PointerHistory:
    """A history in which each of `versions` took the place of the one before; one that comes again is a rollback."""
    steps, documents, before = [], {}, None
    for number, version in enumerate(versions):
        after = f"{version}".encode().hex().zfill(40) if version is not None else None
        if version is not None and after is not None:
            documents[after] = pointer(version, list(versions).index(version))
        steps.append(Step(Moment(f"{number:040x}", number, "A <a@b.c>", "A <a@b.c>", "x"), before, after))
        before = after
    return fold_pointer("production", "base", "environments/production/base.yaml", steps, documents)


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ((), GateState.PENDING),
        ((said("ci@example.com"),), GateState.PASS),
        ((said("robot", "KIM"),), GateState.PASS),
        ((said("sam@example.com"),), GateState.PENDING),
        ((said("ci@example.com", check="fairness"),), GateState.PENDING),
        ((said("ci@example.com", passed=False),), GateState.FAIL),
        ((said("sam@example.com", passed=False),), GateState.PENDING),
        ((said("ci@example.com"), said("kim", passed=False)), GateState.FAIL),
    ],
)
def test_a_check_passes_by_the_word_of_those_who_are_named_and_no_other(
    statements: tuple[CheckStatement, ...], state: GateState
) -> None:
    assert states(replace(EVIDENCE, checks=statements), CHECK) == [state]


def test_a_check_and_parents_wait_for_no_rollback_and_no_withdrawal() -> None:
    gates = (CHECK, GateSpec(parents="live"))
    gone = Pointer.model_validate(pointer("1.0.0").model_dump() | {"version": None, "manifest": None})
    unknown = replace(EVIDENCE, parents=None, requires=None)

    assert states(replace(unknown, undoing=Undoing.PREVIOUS), *gates) == []
    assert states(replace(unknown, after=gone), *gates) == []


HIGHER = {"accuracy": MetricSpec.model_validate_json('{"direction": "higher"}')}


@pytest.mark.parametrize(
    ("against", "there", "value", "state"),
    [
        ("1.0.0", {"accuracy": 0.9}, 0.9, GateState.PASS),
        ("1.0.0", {"accuracy": 0.9}, 0.85, GateState.FAIL),
        ("other@1.0.0", {"accuracy": 0.9}, 0.91, GateState.PASS),
        ("1.0.0", {}, 0.99, GateState.FAIL),
        ("1.0.0", {"accuracy": math.nan}, 0.99, GateState.FAIL),
        ("1.0.0", None, 0.99, GateState.FAIL),
        ("1.0.0", {"accuracy": 0.9}, math.nan, GateState.FAIL),
    ],
)
def test_a_baseline_that_is_missing_or_not_measured_never_passes(
    against: str, there: dict[str, float] | None, value: float, state: GateState
) -> None:
    seen = replace(
        EVIDENCE,
        metrics={"accuracy": value},
        specs=HIGHER,
        baselines={} if there is None else {against: there},
    )

    assert states(seen, GateSpec(metric="accuracy", against=against)) == [state]
    # Without a direction there is no better and no worse.
    assert states(replace(seen, specs={}), GateSpec(metric="accuracy", against=against)) == [GateState.FAIL]


def test_a_tolerance_is_that_of_the_gate_or_else_of_the_metric() -> None:
    seen = replace(EVIDENCE, metrics={"accuracy": 0.89}, specs=HIGHER, baselines={"1.0.0": {"accuracy": 0.9}})

    assert states(seen, GateSpec(metric="accuracy", against="1.0.0", tolerance=0.02)) == [GateState.PASS]
    assert states(seen, GateSpec(metric="accuracy", against="1.0.0", tolerance=0.001)) == [GateState.FAIL]


def test_a_gate_for_other_models_says_nothing() -> None:
    assert states(EVIDENCE, CHECK.model_copy(update={"models": ("churn",)})) == []
    assert states(EVIDENCE, CHECK.model_copy(update={"models": ("churn", "iris")})) == [GateState.PENDING]


@pytest.mark.parametrize(
    ("there", "state"),
    [
        ({}, GateState.PENDING),
        ({"encoder": ()}, GateState.PENDING),
        ({"encoder": ("1.1.0",)}, GateState.PENDING),
        ({"encoder": ("1.2.0",)}, GateState.PASS),
        ({"encoder": ("1.9.0", "1.2.0")}, GateState.PASS),
        # Both halves of an A/B test answer.
        ({"encoder": ("1.9.0", "1.1.0")}, GateState.PENDING),
        ({"encoder": ("2.0.0",)}, GateState.FAIL),
        ({"encoder": ("1.2.0", "2.0.0")}, GateState.FAIL),
        ({"encoder": ("2024.01.15",)}, GateState.FAIL),
    ],
)
def test_a_required_model_must_be_live_in_its_range(
    there: dict[str, tuple[str, ...]], state: GateState
) -> None:
    seen = replace(EVIDENCE, requires=(parse_required("encoder>=1.2.0,<2.0.0"),), live=there)

    assert states(seen) == [state]
    (verdict,) = judged(seen)
    assert (verdict.remedy is not None) == (state is GateState.PENDING)
    assert verdict.required == "encoder>=1.2.0,<2.0.0"


@pytest.mark.parametrize(
    ("history", "state"),
    [
        (live(), GateState.PENDING),
        (live("1.0.0"), GateState.PASS),
        (live("1.0.0", "1.1.0"), GateState.PASS),
        (live("1.0.0", None), GateState.FAIL),
        (live("0.9.0", "1.0.0", "0.9.0"), GateState.FAIL),
        (live("0.9.0"), GateState.PENDING),
    ],
)
def test_a_parent_was_live_before_its_child_and_not_rolled_back(
    history: PointerHistory, state: GateState
) -> None:
    seen = replace(EVIDENCE, parents={"base@1.0.0": history})

    assert states(seen, GateSpec(parents="live")) == [state]


def test_without_parents_there_is_nothing_to_wait_for_and_an_unreadable_manifest_fails() -> None:
    gate = GateSpec(parents="live")

    assert states(EVIDENCE, gate) == [GateState.PASS]
    assert states(replace(EVIDENCE, parents=None), gate) == [GateState.FAIL]
    assert states(replace(EVIDENCE, requires=None)) == [GateState.FAIL]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exactly one of"),
        ({"check": "a", "metric": "m", "min": 1.0}, "exactly one of"),
        ({"check": "load-test"}, "whose word counts"),
        ({"check": "Load Test", "by": ("a",)}, "no name of a check"),
        ({"metric": "m", "min": 1.0, "by": ("a",)}, "'by' belongs to"),
        ({"parents": "live", "min": 1.0}, "only a metric has bounds"),
        ({"metric": "m"}, "min, max or against"),
        ({"metric": "m", "against": "staging"}, "neither live, nor a version"),
        ({"metric": "m", "against": "iris@latest"}, "neither live, nor a version"),
        ({"metric": "m", "min": 1.0, "tolerance": 0.1}, "belongs to against"),
    ],
)
def test_a_gate_is_one_whole_condition(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        GateSpec.model_validate(fields)


LINES = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\n"), min_size=1, max_size=60
)


@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True), st.booleans(), st.none() | LINES, LINES, LINES
)
def test_a_statement_about_a_check_reads_back_as_itself(
    name: str, passed: bool, detail: str | None, principal: str, path: str
) -> None:
    subject = Subject(path, None, "a" * 40, ULIDS[0])
    statement = Statement(subject, principal, Role.CHECK, CheckResult(name, passed, detail))

    assert parse(statement.text) == statement
    assert parse(statement.text.replace("role: check", "role: approve", 1)) is None
    plain = Statement(subject, principal, Role.APPROVE)
    assert parse(plain.text) == plain
    assert parse(plain.text.replace("role: approve", "role: check", 1)) is None

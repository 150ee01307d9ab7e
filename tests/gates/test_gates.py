"""Gates say pass, fail or pending about evidence; they read nothing and ask no clock."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.environment import Policy
from mooring.domain.events import Moment, PointerHistory, Step, fold_pointer
from mooring.domain.model import MetricSpec
from mooring.domain.pointer import Pointer
from mooring.domain.verdict import GateState, Verdict, span, state_of
from mooring.gates.approvals import counted, is_requester
from mooring.gates.gate import Approver, Evidence, Undoing, assess_all

HOUR = 3_600
NOON = 1_767_355_200
ULIDS = [f"01JB2Q8ZK3T5{letter * 14}" for letter in "ABCDEFGH"]
ALEX = "Alex Turner <alex@example.com>"


def pointer(version: str | None, number: int = 0, **more: object) -> Pointer:
    digest = f"sha256:{version.replace('.', '')[0] * 64}" if version else None
    data = {
        "version": version,
        "manifest": digest,
        "promotion": ULIDS[number],
        "replaces": None,
        "reason": "better",
        "requested_by": ALEX,
    }
    return Pointer.model_validate(data | more)


def policy(**fields: object) -> Policy:
    import json

    return Policy.model_validate_json(
        json.dumps({"apiVersion": "mooring/v1", "kind": "Environment", "name": "production"} | fields)
    )


def evidence(**fields: object) -> Evidence:
    plain = Evidence("production", "iris", pointer("1.0.0"), pointer("2.0.0", 1), ALEX)
    return replace(plain, **fields)


def only(verdicts: tuple[Verdict, ...]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def history(*states: tuple[int, Pointer | None]) -> PointerHistory:
    steps, documents, before = [], {}, None
    names: dict[Pointer, str] = {}
    for number, (time, state) in enumerate(states):
        after = None if state is None else names.setdefault(state, f"{len(names):040x}")
        if state is not None and after is not None:
            documents[after] = state
        steps.append(Step(Moment(f"{number:040x}", time, "A <a@b.c>", "A <a@b.c>", "x"), before, after))
        before = after
    return fold_pointer("staging", "iris", "environments/staging/iris.yaml", steps, documents)


def approver(principal: str, *names: str, key: str | None = None) -> Approver:
    return Approver(principal, frozenset(names) | {principal}, key or f"SHA256:{principal}")


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0.95, GateState.PASS),
        (0.949, GateState.FAIL),
        (None, GateState.FAIL),
        (math.nan, GateState.FAIL),
        (math.inf, GateState.FAIL),
    ],
)
def test_a_missing_or_nan_metric_fails_as_a_low_one_does(value: float | None, state: GateState) -> None:
    metrics: Mapping[str, float] = {} if value is None else {"accuracy": value}
    gates = policy(gates=[{"metric": "accuracy", "min": 0.95}])

    assert only(assess_all(gates, evidence(metrics=metrics), NOON)).state is state


@pytest.mark.parametrize(
    ("direction", "new", "live", "tolerance", "state"),
    [
        ("higher", 0.96, 0.95, None, GateState.PASS),
        ("higher", 0.95, 0.95, None, GateState.PASS),
        ("higher", 0.94, 0.95, None, GateState.FAIL),
        ("higher", 0.94, 0.95, 0.02, GateState.PASS),
        ("lower", 2.0, 2.4, None, GateState.PASS),
        ("lower", 2.5, 2.4, None, GateState.FAIL),
        ("lower", 2.5, 2.4, 0.2, GateState.PASS),
    ],
)
def test_a_comparison_with_live_follows_the_direction_of_the_model(
    direction: str, new: float, live: float, tolerance: float | None, state: GateState
) -> None:
    gate: dict[str, object] = {"metric": "m", "against": "live"}
    gates = policy(gates=[gate | ({"tolerance": tolerance} if tolerance is not None else {})])
    spec = MetricSpec.model_validate_json(f'{{"direction": "{direction}"}}')
    seen = evidence(metrics={"m": new}, live_metrics={"m": live}, specs={"m": spec})

    assert only(assess_all(gates, seen, NOON)).state is state


def test_a_comparison_without_data_about_what_is_live_fails_and_without_anything_live_passes() -> None:
    gates = policy(gates=[{"metric": "m", "against": "live"}])
    spec = {"m": MetricSpec.model_validate_json('{"direction": "higher"}')}
    measured = evidence(metrics={"m": 0.9}, specs=spec)

    assert only(assess_all(gates, replace(measured, live_metrics=None), NOON)).state is GateState.PASS
    assert only(assess_all(gates, replace(measured, live_metrics={}), NOON)).state is GateState.FAIL
    unknown = replace(measured, live_metrics={"m": 0.8}, specs={})
    assert "which way" in only(assess_all(gates, unknown, NOON)).reason


SOAK = policy(gates=[{"soak": {"in": "staging", "for": "24h"}}])


def soaked(*states: tuple[int, Pointer | None], now: int = NOON) -> Verdict:
    return only(assess_all(SOAK, evidence(soaks={"staging": history(*states)}), now))


def test_a_soak_is_pending_until_the_very_second_and_then_passes() -> None:
    start = NOON - 23 * HOUR
    waiting = soaked((start, pointer("2.0.0")))

    assert (waiting.state, waiting.ready_at) == (GateState.PENDING, start + 24 * HOUR)
    assert waiting.ready_at is not None
    assert soaked((start, pointer("2.0.0")), now=waiting.ready_at - 1).state is GateState.PENDING
    assert soaked((start, pointer("2.0.0")), now=waiting.ready_at).state is GateState.PASS


def test_a_soak_counts_the_same_manifest_only_and_without_a_break() -> None:
    day = 24 * HOUR
    other = pointer("2.0.0", 3, manifest="sha256:" + "f" * 64)

    assert soaked((NOON - 2 * day, pointer("1.0.0"))).state is GateState.FAIL
    assert soaked((NOON - 2 * day, other)).state is GateState.FAIL
    broken = soaked((NOON - 30 * HOUR, pointer("2.0.0")), (NOON - 20 * HOUR, pointer("3.0.0", 4)))
    assert broken.state is GateState.FAIL
    again = (NOON - 5 * HOUR, pointer("2.0.0", 5))
    resumed = soaked((NOON - 30 * HOUR, pointer("2.0.0")), (NOON - 20 * HOUR, pointer("3.0.0", 4)), again)
    assert resumed.state is GateState.PENDING
    assert soaked((NOON - 30 * HOUR, pointer("2.0.0")), again).state is GateState.PASS


def test_a_version_that_was_rolled_back_where_it_soaked_has_not_soaked() -> None:
    old, new = pointer("1.0.0"), pointer("2.0.0", 1)
    verdict = soaked((NOON - 90 * HOUR, old), (NOON - 60 * HOUR, new), (NOON - 2 * HOUR, old))

    assert (verdict.state, "rollback" in verdict.reason) == (GateState.FAIL, True)


def test_a_freeze_ends_at_its_end() -> None:
    window = {"name": "sale", "from": "2026-01-02T12:00:00Z", "to": "2026-01-03T00:00:00Z", "reason": "peak"}
    frozen = policy(freeze=[window])
    during = only(assess_all(frozen, evidence(), NOON))

    assert (during.state, during.ready_at) == (GateState.PENDING, NOON + 12 * HOUR)
    assert only(assess_all(frozen, evidence(), NOON - 1)).state is GateState.PASS
    assert only(assess_all(frozen, evidence(), NOON + 12 * HOUR)).state is GateState.PASS


def test_neither_freeze_nor_soak_nor_metrics_block_a_rollback() -> None:
    window = {"name": "sale", "from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z", "reason": "peak"}
    gates = [{"metric": "accuracy", "min": 0.99}, {"soak": {"in": "staging", "for": "24h"}}]
    strict = policy(freeze=[window], gates=gates)

    for undoing in (Undoing.PREVIOUS, Undoing.OLDER):
        assert state_of(assess_all(strict, evidence(undoing=undoing), NOON)) is GateState.PASS
    assert state_of(assess_all(strict, evidence(), NOON)) is GateState.FAIL


@pytest.mark.parametrize(
    ("undoing", "mode", "state"),
    [
        (Undoing.PREVIOUS, "direct", GateState.PASS),
        (Undoing.OLDER, "direct", GateState.PENDING),
        (Undoing.PREVIOUS, "propose", GateState.PENDING),
        (Undoing.NO, "direct", GateState.PENDING),
    ],
)
def test_only_the_state_directly_before_returns_without_approvals(
    undoing: Undoing, mode: str, state: GateState
) -> None:
    strict = policy(approvals={"required": 1}, rollback=mode)

    assert only(assess_all(strict, evidence(undoing=undoing), NOON)).state is state


def test_the_requester_never_counts_whatever_name_the_key_goes_by() -> None:
    strict = policy(approvals={"required": 1})
    own = [approver("ALEX@example.com"), approver("alex", "alex@example.com"), approver(ALEX)]

    for one in own:
        assert only(assess_all(strict, evidence(approvers=(one,)), NOON)).state is GateState.PENDING
    other = evidence(approvers=(approver("bo@example.com"),))
    assert only(assess_all(strict, other, NOON)).state is GateState.PASS


def test_one_person_counts_once_by_name_and_by_key() -> None:
    strict = policy(approvals={"required": 2})
    twice = evidence(
        approvers=(approver("bo", key="SHA256:k"), approver("bo@work", key="SHA256:k"), approver("BO"))
    )

    assert [one.principal for one in counted(strict, twice)] == ["BO"]
    verdict = only(assess_all(strict, twice, NOON))
    assert (verdict.state, verdict.observed, verdict.required) == (GateState.PENDING, "1", "2")


def test_only_the_principals_of_the_policy_count() -> None:
    strict = policy(approvals={"required": 1, "principals": ["cleo@example.com"]})
    bo, cleo = approver("bo@example.com"), approver("cleo@example.com")

    assert only(assess_all(strict, evidence(approvers=(bo,)), NOON)).state is GateState.PENDING
    assert only(assess_all(strict, evidence(approvers=(bo, cleo)), NOON)).state is GateState.PASS


def test_a_version_that_comes_back_needs_one_approval_even_where_none_is_asked_for() -> None:
    back = pointer("2.0.0", 1, override={"promotion": ULIDS[2], "reason": "fixed the data"})
    free = policy()

    assert assess_all(free, evidence(), NOON) == ()
    assert only(assess_all(free, evidence(after=back), NOON)).state is GateState.PENDING


def test_where_requests_are_signed_an_unproven_requester_holds_the_change() -> None:
    strict = policy(approvals={"required": 1}, signed=True)
    approved = evidence(approvers=(approver("bo@example.com"),))

    assert state_of(assess_all(strict, approved, NOON)) is GateState.PENDING
    assert state_of(assess_all(strict, replace(approved, request_is_proven=True), NOON)) is GateState.PASS


def test_a_signature_is_asked_for_even_where_no_approval_is() -> None:
    strict = policy(signed=True, rollback="direct")

    assert only(assess_all(strict, evidence(), NOON)).gate == "signed request"
    assert state_of(assess_all(strict, evidence(request_is_proven=True), NOON)) is GateState.PASS
    assert assess_all(strict, evidence(undoing=Undoing.PREVIOUS), NOON) == ()


@pytest.mark.parametrize("undoing", list(Undoing))
def test_a_version_that_may_not_be_served_fails_even_as_the_target_of_a_rollback(undoing: Undoing) -> None:
    banned = evidence(undoing=undoing, unfit="iris@2.0.0 is quarantined: it leaks")

    assert only(assess_all(policy(), banned, NOON)).state is GateState.FAIL


def test_a_failure_outweighs_what_is_pending() -> None:
    made = [Verdict("a", state, "") for state in (GateState.PASS, GateState.PENDING, GateState.FAIL)]

    assert state_of(tuple(made)) is GateState.FAIL
    assert state_of(tuple(made[:2])) is GateState.PENDING
    assert state_of(()) is GateState.PASS


@given(st.sets(st.sampled_from(["bo", "cleo", "dan", "eve"])), st.integers(0, 4))
def test_approvals_pass_exactly_when_enough_others_approved(people: set[str], needed: int) -> None:
    strict = policy(approvals={"required": needed})
    seen = evidence(approvers=tuple(approver(person) for person in people))

    assert (state_of(assess_all(strict, seen, NOON)) is GateState.PASS) == (len(people) >= needed)


def test_a_requester_is_told_by_address_or_whole_name() -> None:
    assert is_requester(["alex@example.com"], ALEX)
    assert not is_requester(["alex"], ALEX)
    assert is_requester(["alex"], "alex")


def test_durations_are_told_by_their_two_largest_units() -> None:
    assert [span(seconds) for seconds in (0, 59, 3_600, 100_000, 86_400)] == ["0s", "59s", "1h", "1d3h", "1d"]

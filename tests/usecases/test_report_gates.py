"""Every gate of a proposal is a status of its newest commit, and what has not changed is not written again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.domain.environment import GateSpec, Settings
from mooring.domain.model import State
from mooring.domain.verdict import GateState, Verdict
from mooring.stores.forge.port import StatusState
from mooring.usecases.report_gates import ALL, Reported, report_gates, statuses_of
from mooring.usecases.status_change import StatusRequest, change_status
from tests.support.hubs import AtHub, at_hub
from tests.support.scene import NOW, Person, Scene, standard

PEOPLE = {f"{name}@example.com": f"{name}-at-hub" for name in ("alex", "sam")}
BRANCH = "promote/production/iris/1.1.0"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[AtHub]:
    gates = [GateSpec(metric="accuracy", min=0.9)]
    scene = Scene.build(
        tmp_path,
        lambda signers: standard(signers=signers, gates=gates, settings=Settings(people=PEOPLE)),
    )
    with at_hub(scene) as there:
        yield there


@pytest.fixture
def alex(hub: AtHub) -> Person:
    person = hub.person("alex")
    person.promote("iris@1.1.0", "production")
    hub.forge.open(BRANCH, base="main", title="Promote iris", body="")
    return person


def _report(hub: AtHub, person: Person) -> Reported:
    (done,) = report_gates(person.hub(), hub.forge, now_ms=NOW * 1000)
    return done


def _shown(hub: AtHub, person: Person) -> dict[str, StatusState]:
    commit = person.hub().branches(BRANCH)[BRANCH]
    return {status.context: status.state for status in hub.forge.statuses(commit)}


def test_each_gate_is_a_status_and_so_are_all_of_them(hub: AtHub, alex: Person) -> None:
    done = _report(hub, alex)

    assert done.state is GateState.PENDING
    assert _shown(hub, alex) == {
        "mooring/rules": StatusState.SUCCESS,
        "mooring/metric-accuracy": StatusState.SUCCESS,
        "mooring/approvals": StatusState.PENDING,
        ALL: StatusState.PENDING,
    }


def test_a_review_makes_them_pass_and_only_what_changed_is_written(hub: AtHub, alex: Person) -> None:
    _report(hub, alex)
    again = _report(hub, alex)
    hub.server.review(1, "sam-at-hub")
    reviewed = _report(hub, alex)

    assert again.written == ()
    assert [status.context for status in reviewed.written] == ["mooring/approvals", ALL]
    assert set(_shown(hub, alex).values()) == {StatusState.SUCCESS}


@pytest.mark.slow
def test_a_branch_that_is_no_proposal_fails_with_the_reason(hub: AtHub, alex: Person) -> None:
    alex.push(alex.commit({"registry/x": b"x"}, on=f"origin/{BRANCH}"), f"refs/heads/{BRANCH}")
    done = _report(hub, alex)

    assert done.state is GateState.FAIL
    assert _shown(hub, alex)[ALL] is StatusState.FAILURE


@pytest.mark.slow
def test_a_proposal_that_moves_no_pointer_passes(hub: AtHub, alex: Person) -> None:
    """Else a ruleset that requires the status would never let a registration or a quarantine pass."""
    request = StatusRequest("iris@1.1.0", State.DEPRECATED, "old")
    change_status(alex.hub(), request, now_ms=NOW * 1000)
    done = {one.proposal.branch: one.state for one in report_gates(alex.hub(), hub.forge, now_ms=NOW * 1000)}

    assert done == {BRANCH: GateState.PENDING, "status/iris/1.1.0": GateState.PASS}
    head = hub.server.git("rev-parse", "status/iris/1.1.0")
    assert [(status.context, status.state) for status in hub.forge.statuses(head)] == [
        (ALL, StatusState.SUCCESS)
    ]


def test_two_gates_of_one_name_are_two_statuses() -> None:
    verdict = Verdict("soak in staging", GateState.PASS, "it was")

    contexts = [status.context for status in statuses_of((verdict, verdict), None)]

    assert contexts == ["mooring/soak-in-staging", "mooring/soak-in-staging-2", ALL]

"""What a plan says of a change, on a real repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring import wiring
from mooring.domain.compatibility import Bump
from mooring.domain.metric_deltas import Standing
from mooring.domain.plan import Action, Plan, Relation, Step
from mooring.domain.verdict import GateState
from mooring.errors import NotFoundError, UsageError
from mooring.stores.artifacts import ArtifactCache
from mooring.usecases.load import stored_of
from mooring.usecases.plan import Range, plan, range_of
from tests.support.gitrepo import commit, git
from tests.support.plan_scene import NOW, PlanScene, plan_scene

POINTER = "environments/production/fraud.yaml"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> PlanScene:
    return plan_scene(tmp_path_factory.mktemp("plans"))


def planned(scene: PlanScene, what: str, *, now: int = NOW) -> Plan:
    hub = wiring.open_hub(scene.path)
    cache = ArtifactCache(scene.path.parent / "cache")
    asked = range_of(hub, f"{scene.bases.get(what, 'main')}..{scene.branches[what]}")
    found = plan(hub, asked, now=now, presence=lambda *all_of: stored_of(hub, cache, *all_of).value)
    hub.repository.close()
    hub.cache.close()
    return found.plan


def only(found: Plan) -> Step:
    (step,) = found.steps
    return step


def test_a_promotion_waits_for_its_gates_and_passes_when_they_do(scene: PlanScene) -> None:
    found = planned(scene, "promotion")
    later = planned(scene, "promotion", now=NOW + 3_600)

    assert found.state is GateState.PENDING
    assert [verdict.state.value for verdict in only(found).gates] == ["pass", "pass", "pending", "pending"]
    assert [verdict.state.value for verdict in only(later).gates] == ["pass", "pass", "pass", "pending"]


def test_metrics_are_told_by_direction_and_tolerance(scene: PlanScene) -> None:
    standings = {one.name: one.standing for one in only(planned(scene, "promotion")).metrics}

    assert standings == {
        "accuracy": Standing.WITHIN,
        "latency_ms": Standing.BETTER,
        "auc": Standing.MISSING,
        "f1_score": Standing.NEW,
    }


def test_a_version_that_never_was_live_there_is_skipped(scene: PlanScene) -> None:
    assert only(planned(scene, "promotion")).skipped == ("1.3.1",)
    assert only(planned(scene, "rollback")).skipped == ()


def test_what_was_made_from_a_version_and_what_requires_it_depend_on_it(scene: PlanScene) -> None:
    step = only(planned(scene, "promotion"))
    found = [(one.ref, one.relation, one.needs, one.live, one.suits) for one in step.dependents.shown]

    assert found == [
        ("scorer@1.0.0", Relation.REQUIRES, "fraud>=1.3.0,<1.4.0", ("production",), False),
        ("scorer@1.0.0", Relation.PARENT, "fraud@1.3.0", ("production",), None),
    ]
    assert step.notes == (
        "scorer@1.0.0 is live in production and requires fraud>=1.3.0,<1.4.0; this brings 1.4.0",
    )


def test_the_way_back_is_a_command_and_says_whether_the_bytes_are_there(
    scene: PlanScene, tmp_path: Path
) -> None:
    step = only(planned(scene, "promotion"))
    assert step.way_back is not None
    assert step.way_back.command == "mooring rollback fraud --in production --reason '...'"
    assert (step.way_back.restores, step.way_back.there) == ("fraud@1.3.0", "present")

    # The same registry, whose store lost what production serves now.
    git(tmp_path, "clone", "--quiet", str(scene.path), "lost")
    lost = tmp_path / "lost"
    git(lost, "fetch", "--quiet", "origin", "refs/heads/*:refs/kept/*")
    md5 = git(lost, "show", "main:registry/fraud/versions/1.3.0/artifact.dvc").split("md5: ")[1].split()[0]
    commit(lost, {f"store/files/md5/{md5[:2]}/{md5[2:]}": None}, "Lose it", minute=8)
    git(lost, "remote", "remove", "origin")
    hub = wiring.open_hub(lost)
    cache = ArtifactCache(tmp_path / "cache")
    asked = Range(hub.tip(), git(lost, "rev-parse", "refs/kept/promote/production/fraud/1.4.0"))
    found = plan(hub, asked, now=NOW, presence=lambda *all_of: stored_of(hub, cache, *all_of).value).plan
    hub.repository.close()
    hub.cache.close()

    assert only(found).way_back is not None
    assert only(found).way_back.there == "missing"
    assert only(found).artifact is not None
    assert only(found).artifact.there == "present"


def test_a_registration_brings_its_own_bytes_and_says_which_bump_it_needs(scene: PlanScene) -> None:
    found = planned(scene, "registration")
    step = only(found)

    assert (step.action, step.previous, step.version) == (Action.REGISTER, "1.4.0", "1.5.0")
    assert (step.required, step.given) == (Bump.MAJOR, Bump.MINOR)
    assert [one.text for one in step.interface.differences] == [
        "amount: number → integer",
        "country: removed (string, optional)",
    ]
    assert step.artifact.there == "present"
    assert [finding.rule for finding in found.findings] == ["insufficient-bump"]
    assert found.state is GateState.FAIL


def test_a_rollback_says_when_the_state_was_live_and_passes_every_soak(scene: PlanScene) -> None:
    step = only(planned(scene, "rollback"))

    assert step.action is Action.ROLLBACK
    assert (step.stretch.since, step.stretch.until) == (NOW - 9 * 60, NOW - 4 * 60)
    assert step.state is GateState.PASS
    assert step.way_back.command.startswith("mooring promote fraud@1.4.0 --to production --override ")


def test_a_withdrawal_leaves_nothing_for_what_requires_it(scene: PlanScene) -> None:
    step = only(planned(scene, "withdrawal"))

    assert (step.action, step.version, step.previous) == (Action.WITHDRAW, None, "1.3.0")
    assert step.notes[0].endswith("requires fraud>=1.3.0,<1.4.0; this brings nothing")


def test_a_change_without_a_step_is_told_in_lines(scene: PlanScene) -> None:
    found = planned(scene, "nothing")

    assert found.steps == ()
    assert found.also == ("changes the policy of production", "changes 1 file outside the registry")


def test_several_things_in_a_range_are_a_step_each(scene: PlanScene) -> None:
    hub = wiring.open_hub(scene.path)
    first = git(scene.path, "rev-list", "--max-parents=0", "main")
    found = plan(hub, range_of(hub, f"{first}..main"), now=NOW, presence=lambda *_: "unknown").plan
    hub.repository.close()
    hub.cache.close()

    assert [(step.action.value, step.model, step.version, step.environment) for step in found.steps] == [
        ("register", "fraud", "1.3.0", None),
        ("register", "fraud", "1.3.1", None),
        ("register", "fraud", "1.4.0", None),
        ("register", "scorer", "1.0.0", None),
        ("promote", "fraud", "1.3.0", "production"),
        ("promote", "scorer", "1.0.0", "production"),
        ("promote", "fraud", "1.4.0", "staging"),
    ]


def test_a_plan_is_asked_for_by_branch_promotion_model_or_commit(scene: PlanScene) -> None:
    hub = wiring.open_hub(scene.path)
    branch = scene.branches["registration"]
    tip = hub.tip()
    by_branch, by_version = range_of(hub, branch), range_of(hub, "fraud@1.5.0")
    by_commit = range_of(hub, "stricter")
    checked_out = range_of(hub, None)
    halves = [range_of(hub, f"main..{branch}"), range_of(hub, f"..{branch}")]

    with pytest.raises(NotFoundError, match="nothing is proposed for nobody"):
        range_of(hub, "nobody")
    with pytest.raises(UsageError, match="three dots"):
        range_of(hub, f"main...{branch}")
    hub.repository.close()
    hub.cache.close()

    assert (by_branch.proposal.branch, by_branch.base) == (branch, tip)
    assert by_version == by_branch
    assert by_commit.proposal is None
    assert checked_out == Range(tip, tip)
    assert halves[0] == halves[1]

"""Merging: judged again on the fetched main, one commit, and it happens once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from mooring.domain import layout
from mooring.domain.environment import GateSpec
from mooring.domain.events import EventKind
from mooring.domain.model import State
from mooring.domain.verdict import GateState
from mooring.errors import NotFoundError, RefusedError, UsageError
from mooring.stores.git.repository import Repository
from mooring.usecases.judging import FindingsError
from mooring.usecases.merge import GatesError, MergeOutcome, NotReadyError
from mooring.usecases.proposals import proposals, withdraw_proposal
from tests.support.builder import Builder
from tests.support.scene import NOW, Person, Scene, standard


def scene_with(root: Path, **options: object) -> Scene:
    states = partial(_states, options)
    return Scene.build(root, states, hook=False)


def _states(options: dict[str, object], signers: bytes) -> Sequence[tuple[str, Builder]]:
    return standard(signers=signers, **options)  # type: ignore[arg-type]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, hook=False)


def approved(scene: Scene, reference: str = "iris@1.1.0") -> tuple[Person, str]:
    alex, sam = scene.person("alex"), scene.person("sam")
    branch = alex.promote(reference, "production").branch
    sam.approve(branch)
    return alex, branch


def test_an_approved_proposal_becomes_one_commit_and_its_branch_goes(scene: Scene) -> None:
    alex, branch = approved(scene)
    before = scene.log()
    done = alex.merge(branch)

    assert done.outcome is MergeOutcome.MERGED
    assert scene.log() == ["Promote iris 1.0.0 -> 1.1.0 in production", *before]
    assert scene.live("production") == "1.1.0"
    assert not [ref for ref in scene.refs() if ref.startswith("refs/heads/promote/")]
    with Repository.open(scene.remote, environ=alex.environ) as repository:
        newest = next(repository.first_parent("refs/heads/main"))
    assert [change.path for change in newest.changes] == ["environments/production/iris.yaml"]
    assert len(newest.parents) == 1
    assert newest.message.endswith("Requested-By: Alex <alex@example.com>\nApproved-By: sam@example.com\n")


@pytest.mark.slow
def test_author_is_who_proposed_and_committer_is_who_merged(scene: Scene) -> None:
    _, branch = approved(scene)
    scene.person("kim").merge(branch)
    with Repository.open(scene.remote, environ={}) as repository:
        newest = next(repository.first_parent("refs/heads/main"))

    assert (newest.author_email, newest.committer_email) == ("alex@example.com", "kim@example.com")


def test_merging_twice_changes_nothing_the_second_time(scene: Scene) -> None:
    alex, branch = approved(scene)
    done = alex.merge(branch)
    log = scene.log()
    promotion = done.proposal.promotion if done.proposal is not None else ""

    for selector, environment in [
        (branch, None),
        (promotion, None),
        ("iris@1.1.0", "production"),
        ("iris", "production"),
    ]:
        again = scene.person("sam").merge(selector or "", environment)
        assert again.outcome is MergeOutcome.ALREADY, selector
        assert again.note
    assert scene.log() == log


def test_without_the_approval_it_says_exactly_what_is_missing_and_who_may_give_it(scene: Scene) -> None:
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    refs = scene.refs()
    with pytest.raises(NotReadyError) as caught:
        alex.merge(branch)

    assert caught.value.exit_code == 4
    assert "1 approval missing" in caught.value.message
    assert f"mooring approve {branch}" in (caught.value.hint or "")
    assert scene.refs() == refs


def test_a_dry_run_writes_no_ref(scene: Scene) -> None:
    alex, branch = approved(scene)
    refs = scene.refs()

    assert alex.merge(branch, dry_run=True).outcome is MergeOutcome.WOULD_MERGE
    assert scene.refs() == refs


def test_of_two_proposals_on_one_pointer_the_second_is_told_what_won(scene: Scene) -> None:
    alex, branch = approved(scene)
    sam, kim = scene.person("sam"), scene.person("kim")
    other = kim.promote("iris@2.0.0", "production").branch
    sam.approve(other)
    won = alex.merge(branch)
    with pytest.raises(RefusedError) as caught:
        kim.merge(other)

    promotion = won.proposal.promotion if won.proposal is not None else ""
    for fact in (promotion or "?", "iris@1.1.0", "Alex <alex@example.com>"):
        assert fact in caught.value.message
    assert scene.live("production") == "1.1.0"


@pytest.mark.slow
def test_a_proposal_made_on_an_older_main_merges_when_its_pointer_did_not_move(scene: Scene) -> None:
    alex, branch = approved(scene)
    sam = scene.person("sam")
    elsewhere = sam.promote("iris@1.0.0", "staging").branch
    sam.merge(elsewhere)

    assert alex.merge(branch).outcome is MergeOutcome.MERGED
    assert (scene.live("production"), scene.live("staging")) == ("1.1.0", "1.0.0")


def test_a_failing_gate_refuses_and_a_missing_metric_is_one(tmp_path: Path) -> None:
    gate = GateSpec(metric="auc", min=0.9)
    scene = scene_with(tmp_path, approvals=0, gates=[gate])
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    with pytest.raises(GatesError, match="auc was not measured") as caught:
        alex.merge(branch)

    assert (caught.value.exit_code, caught.value.verdicts[0].state) == (1, GateState.FAIL)
    assert scene.live("production") == "1.0.0"


@pytest.mark.slow
def test_a_soak_is_pending_until_its_time_has_come(tmp_path: Path) -> None:
    soak = GateSpec.model_validate({"soak": {"in": "staging", "for": "24h"}})
    scene = scene_with(tmp_path, approvals=0, gates=[soak])
    alex = scene.person("alex")
    branch = alex.promote("iris@2.0.0", "production").branch
    with pytest.raises(NotReadyError, match="23h59m to go"):
        alex.merge(branch)
    scene.clock[0] = NOW + 24 * 3_600

    assert alex.merge(branch).outcome is MergeOutcome.MERGED


@pytest.mark.slow
def test_a_version_that_is_banned_while_its_promotion_waits_is_not_merged(scene: Scene) -> None:
    """Both changes were green alone (threat T36)."""
    alex, branch = approved(scene)
    kim = scene.person("kim")
    banned = Builder().model("iris").status("1.1.0", State.QUARANTINED, reason="It leaks").files
    path = layout.status_path("iris", "1.1.0")
    assert kim.push(kim.commit({path: banned[path]})).returncode == 0
    with pytest.raises(FindingsError, match="quarantined: It leaks"):
        alex.merge(branch)

    assert scene.live("production") == "1.0.0"


def test_a_proposal_that_changes_more_than_its_pointer_is_never_merged(scene: Scene) -> None:
    alex = scene.person("alex")
    done = alex.promote("iris@1.1.0", "production")
    more = alex.commit({"README.md": b"hello\n"}, on=done.commit)
    assert alex.push(more, f"refs/heads/{done.branch}").returncode == 0

    with pytest.raises(RefusedError, match=r"README\.md"):
        alex.merge(done.branch)
    with pytest.raises(RefusedError, match="cannot be approved"):
        scene.person("sam").approve(done.branch)


def test_a_rollback_proposal_is_approved_and_merged_like_any_other(scene: Scene) -> None:
    alex, branch = approved(scene)
    alex.merge(branch)
    asked = alex.roll_back("iris", "production", propose=True)
    (proposal,) = proposals(alex.hub())

    assert proposal.branch == asked.branch
    assert proposal.promotion == f"{asked.plan.undone and asked.plan.undone.promotion}-to-01JB{4:022d}"
    # The state directly before needs nobody where rollbacks are direct.
    done = alex.merge(proposal.branch)
    assert (done.outcome, scene.live("production")) == (MergeOutcome.MERGED, "1.0.0")
    newest = scene.hub().history().of("production", "iris").newest
    assert newest is not None
    assert newest.kind is EventKind.ROLLED_BACK
    assert alex.merge(asked.branch or "").outcome is MergeOutcome.ALREADY
    assert alex.merge(proposal.promotion or "").outcome is MergeOutcome.ALREADY


def test_an_older_state_returns_only_with_the_approvals_of_its_environment(scene: Scene) -> None:
    alex, sam = scene.person("alex"), scene.person("sam")
    for reference in ("iris@1.1.0", "iris@2.0.0"):
        branch = alex.promote(reference, "production").branch
        sam.approve(branch)
        alex.merge(branch)
    asked = alex.roll_back("iris", "production", to_version="1.0.0")
    assert asked.branch is not None
    with pytest.raises(NotReadyError):
        alex.merge(asked.branch)
    with pytest.raises(RefusedError, match="cannot approve"):
        alex.approve(asked.branch)
    sam.approve(asked.branch)

    assert alex.merge(asked.branch).outcome is MergeOutcome.MERGED
    assert scene.live("production") == "1.0.0"


def test_a_registration_merges_itself_on_green(scene: Scene) -> None:
    alex = scene.person("alex")
    branch = _register(alex, "1.2.0")
    done = alex.merge("iris@1.2.0")

    assert (done.outcome, done.proposal and done.proposal.branch) == (MergeOutcome.MERGED, branch)
    assert "1.2.0" in [str(version) for version in scene.hub().registry().versions("iris")]
    assert alex.merge(branch).outcome is MergeOutcome.ALREADY
    assert alex.merge("iris@1.2.0").outcome is MergeOutcome.ALREADY


def test_a_registration_that_changes_something_else_is_refused(scene: Scene) -> None:
    alex = scene.person("alex")
    branch = _register(alex, "1.2.0", {"README.md": b"x\n"})

    with pytest.raises(RefusedError, match=r"README\.md"):
        alex.merge(branch)


def _register(person: Person, version: str, more: dict[str, bytes] | None = None) -> str:
    made = Builder().model("iris").version(version, metrics={"accuracy": 0.9}).files
    folder = layout.version_folder("iris", version)
    files = {path: data for path, data in made.items() if path.startswith(folder)} | (more or {})
    branch = layout.registration_branch("iris", version)
    assert (
        person.push(
            person.commit(dict(files), f"Register iris {version}\n"), f"refs/heads/{branch}"
        ).returncode
        == 0
    )
    return branch


@pytest.mark.slow
def test_a_selector_that_fits_several_names_them_and_one_that_fits_none_lists_what_there_is(
    scene: Scene,
) -> None:
    alex = scene.person("alex")
    one = alex.promote("iris@1.1.0", "production").branch
    other = alex.promote("iris@2.0.0", "production").branch

    with pytest.raises(UsageError) as several:
        alex.merge("iris", "production")
    assert one in several.value.message
    assert other in several.value.message
    with pytest.raises(NotFoundError) as none:
        alex.merge("tulip", "production")
    assert one in (none.value.hint or "")
    with pytest.raises(UsageError):
        alex.merge("iris@latest")


@pytest.mark.slow
def test_a_proposal_can_be_taken_back_and_then_is_gone(scene: Scene) -> None:
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    withdraw_proposal(alex.hub(), branch, dry_run=True)
    assert [one.branch for one in proposals(alex.hub())] == [branch]
    withdraw_proposal(alex.hub(), branch)

    assert proposals(alex.hub()) == ()
    with pytest.raises(NotFoundError):
        alex.merge(branch)


@pytest.mark.slow
def test_neither_work_tree_nor_index_nor_branches_of_the_clone_are_touched(scene: Scene) -> None:
    alex = scene.person("alex")
    alex.git("checkout", "--quiet", "main")
    (alex.folder / "mooring.yaml").write_text("half an edit")
    (alex.folder / "notes.txt").write_text("mine")
    alex.git("add", "notes.txt")

    def mine() -> tuple[str, str, str]:
        heads = alex.git("for-each-ref", "refs/heads").stdout
        return alex.git("status", "--porcelain").stdout, heads, (alex.folder / "mooring.yaml").read_text()

    before = mine()
    branch = alex.promote("iris@1.1.0", "production").branch
    scene.person("sam").approve(branch)
    alex.merge(branch)

    assert mine() == before

"""Who asks twice changes nothing the second time, and who is too late is told what won."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mooring.domain.model import ModelVersion
from mooring.domain.registry import Registry
from mooring.errors import RefusedError
from mooring.stores.remotes import Presence
from mooring.usecases.merge import MergeOutcome, merge
from mooring.usecases.promote import Outcome
from mooring.usecases.rollback import RollbackOutcome
from tests.laws.lines import Way
from tests.laws.world import World
from tests.support.gitrepo import git

NOW = 1_767_400_000


@pytest.fixture
def three(world: World) -> list[str]:
    """1.0.0, 1.1.0 and 1.2.0 were promoted one after the other; their promotion ids."""
    return world.past("1.0.0", "1.1.0", "1.2.0")


@pytest.mark.parametrize(
    ("options", "live"),
    [
        ({}, "1.1.0"),
        ({"to_version": "1.1.0"}, "1.1.0"),
        ({"to_version": "1.0.0"}, "1.0.0"),
        ({"promotion": 2}, "1.1.0"),
        ({"promotion": 1}, "1.0.0"),
    ],
)
def test_a_rollback_asked_twice_changes_nothing_the_second_time(
    world: World, three: list[str], options: dict[str, object], live: str
) -> None:
    if "promotion" in options:
        options = {"promotion": three[int(str(options["promotion"]))]}
    first = world.roll_back(**options)
    refs = world.refs()
    second = world.roll_back(**options)

    assert (first.outcome, second.outcome) == (RollbackOutcome.DONE, RollbackOutcome.ALREADY)
    assert second.plan.already
    assert world.refs() == refs
    assert world.live() == live


def test_a_bare_rollback_after_any_rollback_never_brings_the_bad_version_back(
    world: World, three: list[str]
) -> None:
    world.roll_back(to_version="1.0.0")
    refs = world.refs()
    again = world.roll_back()

    assert again.outcome is RollbackOutcome.ALREADY
    assert "it serves iris@1.0.0" in str(again.plan.already)
    assert world.refs() == refs


def test_undoing_the_first_promotion_is_done_once_and_only_where_nothing_is_said(world: World) -> None:
    world.past("1.0.0")
    with pytest.raises(RefusedError, match="nothing live in staging before"):
        world.roll_back()
    first = world.roll_back(to_nothing=True)
    refs = world.refs()

    assert first.outcome is RollbackOutcome.DONE
    assert world.blob() is None
    assert world.roll_back(to_nothing=True).outcome is RollbackOutcome.ALREADY
    assert world.roll_back().outcome is RollbackOutcome.ALREADY
    assert world.refs() == refs


def test_to_nothing_is_not_taken_for_done_while_something_is_live(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    world.roll_back()
    refs = world.refs()
    with pytest.raises(RefusedError, match="withdraw"):
        world.roll_back(to_nothing=True)

    assert world.refs() == refs
    assert world.live() == "1.0.0"


@pytest.mark.slow
def test_a_rollback_to_a_withdrawal_serves_nothing_and_may_be_said_so(world: World) -> None:
    world.past("1.0.0")
    world.merge(world.withdraw().branch)
    withdrawn = world.blob()
    world.make_live("1.1.0")
    first = world.roll_back(to_nothing=True)

    assert first.outcome is RollbackOutcome.DONE
    assert world.blob() == withdrawn


def test_a_proposed_rollback_is_proposed_once(world: World, three: list[str]) -> None:
    first = world.roll_back(propose=True)
    refs = world.refs()
    second = world.roll_back(propose=True)

    assert first.outcome is second.outcome is RollbackOutcome.PROPOSED
    assert first.commit == second.commit
    assert world.refs() == refs
    assert world.live() == "1.2.0"


def test_a_dry_run_changes_no_ref(world: World, three: list[str]) -> None:
    refs = world.refs()

    assert world.roll_back(dry_run=True).outcome is RollbackOutcome.WOULD_DO
    assert world.promote("1.0.0", dry_run=True).outcome is Outcome.WOULD_PROPOSE
    assert world.refs() == refs


@pytest.mark.parametrize("ask", [lambda world: world.promote("1.1.0"), World.withdraw])
def test_the_same_request_is_proposed_once(world: World, ask: Callable[[World], object]) -> None:
    world.past("1.0.0")
    ask(world)
    refs = world.refs()
    second = ask(world)

    assert second.outcome is Outcome.UNCHANGED  # type: ignore[attr-defined]
    assert world.refs() == refs


def test_what_is_live_is_not_promoted_again(world: World) -> None:
    world.past("1.0.0")
    refs = world.refs()

    assert world.promote("1.0.0").outcome is Outcome.LIVE_ALREADY
    assert world.refs() == refs


def test_the_proposal_of_somebody_else_is_named_and_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.promote("1.0.0")
    refs = world.refs()
    git(world.clone, "config", "user.name", "Kim")
    with pytest.raises(RefusedError, match=r"Test Author .* proposes iris@1\.0\.0") as refused:
        world.promote("1.0.0")

    assert made.plan.after is not None
    assert made.plan.after.promotion in str(refused.value)
    assert world.refs() == refs
    assert world.promote("1.0.0", replace=True).outcome is Outcome.UPDATED


@pytest.mark.slow
@pytest.mark.parametrize("way", [Way.SQUASH, Way.MERGE])
def test_a_branch_that_a_forge_left_after_the_merge_is_no_proposal_any_more(world: World, way: Way) -> None:
    first = world.promote("1.0.0")
    left = git(world.remote, "rev-parse", f"refs/heads/{first.branch}")
    world.merge(first.branch, way)
    git(world.remote, "update-ref", f"refs/heads/{first.branch}", left)
    world.make_live("1.1.0")
    git(world.clone, "config", "user.name", "Kim")
    again = world.promote("1.0.0")

    assert again.outcome is Outcome.PROPOSED
    assert again.plan.after is not None
    assert first.plan.after is not None
    assert again.plan.after.promotion != first.plan.after.promotion
    world.merge(again.branch)
    assert world.live() == "1.0.0"


class Meanwhile:
    """Lets something happen once, after a rollback was planned and before it is pushed."""

    def __init__(self, deed: Callable[[], object]) -> None:
        self.deed: Callable[[], object] | None = deed

    def __call__(self, registry: Registry, manifest: ModelVersion) -> Presence:
        deed, self.deed = self.deed, None
        if deed is not None:
            deed()
        return Presence.PRESENT


@pytest.mark.parametrize("options", [{}, {"to_version": "1.0.0"}])
def test_a_promotion_that_comes_in_between_is_named_and_nothing_is_undone(
    world: World, options: dict[str, object]
) -> None:
    world.past("1.0.0", "1.1.0")
    late = world.promote("1.2.0")
    meanwhile = Meanwhile(lambda: world.merge(late.branch))
    with pytest.raises(RefusedError, match=r"promoted iris@1\.2\.0 meanwhile") as refused:
        world.roll_back(presence=meanwhile, **options)

    assert late.plan.after is not None
    assert late.plan.after.promotion in str(refused.value)
    assert world.live() == "1.2.0"


def test_something_else_that_comes_in_between_does_not_matter(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    done = world.roll_back(presence=Meanwhile(lambda: world.commit({"README.md": b"# New\n"}, "Edit")))

    assert done.outcome is RollbackOutcome.DONE
    assert world.live() == "1.0.0"
    assert git(world.remote, "show", "refs/heads/main:README.md") == "# New"


def test_of_two_who_roll_back_at_once_one_does_it_and_the_other_hears_so(world: World) -> None:
    world.past("1.0.0", "1.1.0")

    def kim_rolls_back() -> None:
        # In the tests' fixed second, two commits of one person would be one and the same.
        git(world.clone, "config", "user.name", "Kim")
        world.roll_back()
        git(world.clone, "config", "--unset", "user.name")

    second = world.roll_back(presence=Meanwhile(kim_rolls_back))

    assert second.outcome is RollbackOutcome.ALREADY
    assert world.live() == "1.0.0"
    assert git(world.remote, "rev-list", "--count", "refs/heads/main") == "4"


def test_a_rollback_of_something_newer_is_not_taken_for_the_one_that_was_meant(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    late = world.promote("1.2.0")

    def promoted_and_undone() -> None:
        world.merge(late.branch)
        world.roll_back()

    with pytest.raises(RefusedError, match=r"iris@1\.1\.0 is live still") as refused:
        world.roll_back(presence=Meanwhile(promoted_and_undone))

    assert "--to-version 1.0.0" in str(refused.value)
    assert world.live() == "1.1.0"


@pytest.mark.parametrize("versions", [("1.0.0", "1.1.0"), ("1.1.0", "1.1.0")])
def test_of_two_proposals_on_one_pointer_the_second_hears_what_won(
    world: World, versions: tuple[str, str]
) -> None:
    first = world.promote(versions[0])
    git(world.remote, "update-ref", "refs/heads/promote/staging/iris/kept", f"refs/heads/{first.branch}")
    git(world.remote, "update-ref", "-d", f"refs/heads/{first.branch}")
    git(world.clone, "config", "user.name", "Kim")
    second = world.promote(versions[1], reason="The other one is worse")
    world.merge("promote/staging/iris/kept")
    refs = world.refs()
    with pytest.raises(RefusedError, match=r"Test Author .* was first") as refused:
        merge(world.hub, second.branch, now=NOW)

    assert first.plan.after is not None
    assert first.plan.after.promotion in str(refused.value)
    assert world.refs() == refs


def test_a_merge_asked_twice_merges_once(world: World) -> None:
    made = world.promote("1.0.0")
    first = merge(world.hub, made.branch, now=NOW)
    refs = world.refs()
    second = merge(world.hub, made.branch, now=NOW)

    assert (first.outcome, second.outcome) == (MergeOutcome.MERGED, MergeOutcome.ALREADY)
    assert world.refs() == refs

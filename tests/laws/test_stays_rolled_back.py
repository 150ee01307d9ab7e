"""What was rolled back stays rolled back: told by blobs, whoever writes the commit and whatever it says."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mooring.domain import events
from mooring.domain.events import EventKind
from mooring.domain.finding import Level
from mooring.domain.pointer import Override
from mooring.errors import RefusedError
from mooring.rules.engine import check_change
from mooring.stores.cache import Cache
from mooring.stores.git.repository import Repository
from mooring.stores.hub import Hub
from mooring.usecases.rollback import RollbackOutcome
from tests.laws.lines import PATHS, SPOTS, Line, Way, pointer, start
from tests.laws.world import World
from tests.support.gitrepo import blob_id, git, make_repository

PROMOTED, BACK, AGAIN = EventKind.PROMOTED, EventKind.ROLLED_BACK, EventKind.REVERTED_ROLLBACK
# Each letter is one pointer blob, 0 is no file; what the last step is.
SEQUENCES = [
    ("A", PROMOTED),
    ("AB", PROMOTED),
    ("ABA", BACK),
    ("ABAB", AGAIN),
    ("ABC", PROMOTED),
    ("ABCB", BACK),
    ("ABCBC", AGAIN),
    ("ABCA", BACK),
    ("ABCAC", AGAIN),
    # B was replaced, not undone: to go from A to B is a rollback of A.
    ("ABCAB", BACK),
    ("ABCABA", AGAIN),
    ("ABAC", PROMOTED),
    ("ABACA", BACK),
    ("ABACAB", AGAIN),
    ("ABACAC", AGAIN),
    ("ABACAD", PROMOTED),
    # A reverted rollback that got to main all the same is undone like any other bad state.
    ("ABABA", BACK),
    ("A0", BACK),
    ("A0A", AGAIN),
    ("A0B", PROMOTED),
    ("A0B0", BACK),
    ("AB0", EventKind.REMOVED),
    ("ABA0", EventKind.REMOVED),
    # Nobody undid B: it was lost, and comes back.
    ("AB0B", BACK),
]


def spell(letters: str) -> Line:
    """A line whose pointer of iris in staging was each of these blobs in turn."""
    line, blobs = start(), dict[str, bytes]()
    for letter in letters:
        state = dict(line.state)
        if letter == "0":
            del state[PATHS[0]]
        else:
            version = {"A": "1.0.0", "B": "1.1.0", "C": "1.2.0", "D": "1.0.0"}[letter]
            if letter not in blobs:
                blobs[letter] = pointer(line, SPOTS[0], version)
            state[PATHS[0]] = blobs[letter]
        line.add(state, f"Now {letter}")
    return line


def rules(hub: Hub, base: str, head: str) -> set[str]:
    """The rules that refuse a change."""
    return {found.rule for found in check_change(hub.change(base, head)) if found.level is Level.ERROR}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """One bare repository for all sequences, each below a ref of its own."""
    path = make_repository(tmp_path_factory.mktemp("sequences") / "bare.git", bare=True)
    with Repository.open(path, environ=dict(os.environ)) as repository:
        yield Hub(repository, Cache(None), None)


@pytest.mark.parametrize(("letters", "kind"), SEQUENCES, ids=[letters for letters, _ in SEQUENCES])
def test_each_step_is_told_by_its_blob(bare: Hub, letters: str, kind: EventKind) -> None:
    line = spell(letters).plant(bare.repository.path)
    base, head = (line.ids[place] for place in line.main[-2:])
    data = line.state.get(PATHS[0])
    before = bare.history(base).of(*SPOTS[0])
    newest = bare.history(head).of(*SPOTS[0]).newest

    assert newest is not None
    assert newest.kind is kind
    assert events.judge(before, None if data is None else blob_id(data)) is (
        None if kind is PROMOTED else kind
    )
    refused = rules(bare, base, head)
    assert ("reverted-rollback" in refused) == (kind is AGAIN)
    assert ("deleted-pointer" in refused) == (kind is EventKind.REMOVED)
    if kind is BACK:
        assert refused == set()


def rolled_back_by_hand(world: World, how: str) -> str:
    """Undo the newest promotion without Mooring; the id of the commit on main."""
    newest = world.tip
    parents = git(world.remote, "rev-list", "--parents", "-1", newest).split()[1:]
    made = world.revert(newest, *(["-m", "1"] if len(parents) > 1 else []))
    if how == "git revert":
        world.push(made)
    elif how == "squashed by a forge":
        path = {PATHS[0]: git(world.clone, "show", f"{made}:{PATHS[0]}").encode() + b"\n"}
        world.commit(path, "Undo (#1480)\n\nReverts acme/models#1479\n")
    else:
        git(world.clone, "checkout", "--quiet", "--detach", "origin/main")
        git(world.clone, "merge", "--quiet", "--no-ff", "-m", "Merge pull request #1480", made)
        world.push(git(world.clone, "rev-parse", "HEAD"))
    return newest


@pytest.mark.slow
@pytest.mark.parametrize("way", [Way.SQUASH, Way.MERGE])
@pytest.mark.parametrize("how", ["git revert", "squashed by a forge", "merged by a forge"])
def test_a_revert_by_other_hands_is_a_rollback_and_holds(world: World, way: Way, how: str) -> None:
    world.past("1.0.0")
    earlier = world.blob()
    world.merge(world.promote("1.1.0").branch, way)
    bad = world.blob()
    rolled_back_by_hand(world, how)
    history = world.history()

    assert world.blob() == earlier
    assert history.newest is not None
    assert history.newest.kind is BACK
    assert history.pointers[bad or ""].promotion == history.newest.undoes
    assert world.roll_back().outcome is RollbackOutcome.ALREADY
    with pytest.raises(RefusedError, match=r"iris@1\.1\.0 left staging by a rollback"):
        world.promote("1.1.0")
    # Reverting the revert is what a stale branch or a merge button does.
    again = world.revert(world.tip, *(["-m", "1"] if how == "merged by a forge" else []))
    assert git(world.clone, "rev-parse", f"{again}:{PATHS[0]}") == bad
    assert rules(world.hub, world.tip, again) == {"reverted-rollback"}


def test_with_a_reason_a_version_comes_back_as_a_promotion_of_its_own(world: World) -> None:
    ids = world.past("1.0.0", "1.1.0")
    world.roll_back()
    proposal = world.promote("1.1.0", override="The sensor was mended")
    assert proposal.plan.after is not None
    assert proposal.plan.after.override == Override(promotion=ids[1], reason="The sensor was mended")
    world.merge(proposal.branch)
    history = world.history()

    assert history.newest is not None
    assert history.newest.kind is PROMOTED
    assert "1.1.0" not in history.undone_versions


@pytest.mark.slow
def test_once_it_came_back_it_can_be_rolled_back_again(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    world.roll_back()
    back = world.promote("1.1.0", override="The sensor was mended")
    world.merge(back.branch)
    world.roll_back()

    assert world.live() == "1.0.0"
    assert back.plan.after is not None
    assert world.history().undone_versions == {"1.1.0": back.plan.after.promotion}


@pytest.mark.slow
def test_a_version_greater_than_the_bad_one_needs_no_override(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    world.roll_back()
    world.merge(world.promote("1.2.0").branch)

    assert world.live() == "1.2.0"


def test_a_rollback_never_goes_to_a_state_that_was_itself_rolled_back(world: World) -> None:
    world.plant(spell("ABAC"))
    with pytest.raises(RefusedError, match="left staging by a rollback; no rollback brings it back"):
        world.roll_back(to_version="1.1.0")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("past", "undo", "bad"),
    [
        # 1.1.0 was promoted twice, and both promotions were undone at once.
        (("1.0.0", "1.1.0", "1.1.0"), {"to_version": "1.0.0"}, "1.1.0"),
        # 1.0.0 was live before, came again, and was taken back then.
        (("1.0.0", "1.1.0", "1.0.0"), {}, "1.0.0"),
    ],
)
def test_an_older_pointer_is_no_way_back_for_a_version_that_was_rolled_back(
    world: World, past: tuple[str, ...], undo: dict[str, str], bad: str
) -> None:
    ids = world.past(*past)
    world.roll_back(**undo)
    live, refs = world.live(), world.refs()
    with pytest.raises(RefusedError, match=rf"iris@{bad} left staging by a rollback"):
        world.roll_back(to_version=bad)
    if bad == "1.0.0":
        with pytest.raises(RefusedError, match=rf"iris@{bad} left staging by a rollback"):
            world.roll_back(promotion=ids[1])

    assert world.refs() == refs
    assert world.live() == live

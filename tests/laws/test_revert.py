"""`git revert` of the newest promotion, and our rollback, give the same commit: the earlier pointer, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring.domain.events import EventKind
from mooring.usecases.rollback import RollbackOutcome
from tests.laws.lines import PATHS, ROLLOUTS, SPOTS, Deed, Line, Story, Way, do, examples, start, tell
from tests.laws.world import World, Worlds
from tests.support.gitrepo import git

FORWARD = st.tuples(
    st.sampled_from([Deed.PROMOTE, Deed.PROMOTE, Deed.WITHDRAW, Deed.UNRELATED]),
    st.sampled_from(SPOTS),
    st.integers(0, 8),
    st.sampled_from(list(Way)),
    st.integers(0, 3),
    st.just(0),
)
AFTERWARDS = st.lists(
    st.tuples(
        st.just(Deed.UNRELATED),
        st.just(SPOTS[0]),
        st.integers(0, 2),
        st.sampled_from(list(Way)),
        st.integers(0, 3),
        st.just(0),
    ),
    max_size=2,
)
# From 2.43 on, git calls the revert of a 'Revert "..."' a 'Reapply "..."'; no promotion's subject begins like that.
SUBJECTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60
).filter(lambda text: text.strip() and text.isprintable() and not text.startswith("Revert"))


def promoted_last(story: Story, way: Way, choice: int, message: str, after: Story) -> tuple[Line, int]:
    """A line whose newest promotion of iris in staging came to main in a given way, and that commit's place."""
    line = tell(start(), story)
    done = do(line, Deed.PROMOTE, SPOTS[0], choice)
    assert done is not None
    line.add(done[0], message, way=way)
    place = line.main[-1]
    return tell(line, after), place


@examples(10)
@given(
    story=st.lists(FORWARD, max_size=5),
    way=st.sampled_from([Way.SQUASH, Way.MERGE]),
    choice=st.integers(0, 8),
    subject=SUBJECTS,
    body=st.sampled_from(
        ["", "\n\nwhy\n", "\n\nwhy\n\nModel: iris\nPromotion-Id: 01J\n", "\nno blank line\n"]
    ),
    after=AFTERWARDS,
)
@example(story=[], way=Way.MERGE, choice=0, subject="# no comment", body="", after=[])
@example(story=[], way=Way.SQUASH, choice=4, subject='Say "yes"  twice', body="\n\n\n\nwhy", after=[])
def test_git_and_we_write_the_same_tree_and_message(
    worlds: Worlds, story: Story, way: Way, choice: int, subject: str, body: str, after: Story
) -> None:
    line, place = promoted_last(story, way, choice, subject + body, after)
    with worlds.new() as world:
        planted = world.plant(line)
        before = world.blob(commit=f"{planted.ids[place]}^1")
        by_git = world.revert(planted.ids[place], *(["-m", "1"] if way is Way.MERGE else []))
        by_hand = git(world.clone, "log", "-1", "--format=%T%x00%B", by_git).split("\0")
        done = world.roll_back(to_nothing=before is None)
        by_us = git(world.remote, "log", "-1", "--format=%T%x00%P%x00%B", "refs/heads/main").split("\0")

        assert done.outcome is RollbackOutcome.DONE
        assert world.blob() == before
        assert by_us[0] == by_hand[0]
        assert by_us[1] == planted.tip
        trailers = by_us[2].removeprefix(by_hand[1].rstrip("\n") + "\n\n")
        assert trailers != by_us[2]
        keys = [line.partition(": ")[0] for line in trailers.strip().split("\n")]
        assert keys == ["Rollback-Of", "Reason", "Requested-By"]


def test_what_came_together_with_the_promotion_stays(world: World) -> None:
    world.past("1.0.0")
    line = tell(start(), [(Deed.PROMOTE, SPOTS[0], 0, Way.SQUASH, 0, 0)] * 2)
    earlier = world.blob()
    bundled = line.state[PATHS[0]]
    world.commit({PATHS[0]: bundled, "README.md": b"# Other\n"}, "Promote iris and edit the README")
    done = world.roll_back()

    assert world.blob() == earlier
    assert git(world.remote, "show", "refs/heads/main:README.md") == "# Other"
    assert git(world.remote, "diff", "--name-only", done.base, world.tip) == PATHS[0]
    assert git(world.remote, "log", "-1", "--format=%s", world.tip).startswith(
        "Roll back iris 1.0.0 -> 1.0.0"
    )


@pytest.mark.slow
@pytest.mark.parametrize("way", [Way.SQUASH, Way.MERGE])
@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_a_promotion_by_the_use_case_is_undone_to_the_byte(world: World, way: Way, rollout: object) -> None:
    world.past("1.0.0")
    earlier, tree = world.blob(), git(world.remote, "rev-parse", "refs/heads/main^{tree}")
    proposal = world.promote("1.1.0", rollout=rollout)
    world.merge(proposal.branch, way)
    done = world.roll_back()

    assert world.blob() == earlier
    assert git(world.remote, "rev-parse", "refs/heads/main^{tree}") == tree
    assert done.undone_commit == git(world.remote, "rev-parse", "refs/heads/main~1")
    newest = world.history().newest
    assert newest is not None
    assert newest.kind is EventKind.ROLLED_BACK
    assert newest.undoes == proposal.plan.after.promotion if proposal.plan.after else None
    assert newest.reason == "It was worse"


def test_the_right_promotion_is_undone_where_the_tip_of_main_is_about_something_else(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    promoted = world.tip
    world.commit({"README.md": b"# Busy\n"}, "Edit")
    world.commit({"docs/x.md": b"x\n"}, "Add")
    done = world.roll_back()

    assert done.undone_commit == promoted
    assert world.live() == "1.0.0"

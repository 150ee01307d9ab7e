"""Order is the order of merges; a wrong clock moves nothing but the time that is told, and that never falls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mooring.usecases.rollback import RollbackOutcome
from tests.laws.lines import SPOTS, VERSIONS, Deed, Way, do, examples, start
from tests.laws.world import World, Worlds
from tests.support.gitrepo import FIRST_SECOND

YEAR_1990, YEAR_2030 = 631_152_000, 1_893_456_000
CLOCKS = st.lists(
    st.tuples(st.sampled_from([0, YEAR_1990 - FIRST_SECOND, YEAR_2030 - FIRST_SECOND]), st.sampled_from(Way)),
    min_size=2,
    max_size=5,
)


def promoted_by(world: World, clocks: list[tuple[int, Way]]) -> list[str]:
    """Promote one version after the other, each by a machine with a clock of its own; the versions."""
    line, versions = start(), []
    for number, (skew, way) in enumerate(clocks):
        done = do(line, Deed.PROMOTE, SPOTS[0], number % 3)
        assert done is not None
        line.add(*done, way=way, skew=skew)
        versions.append(VERSIONS[number % 3])
    world.plant(line)
    return versions


@examples(5)
@given(clocks=CLOCKS)
def test_what_is_live_and_what_came_before_follow_main_and_no_clock(
    worlds: Worlds, clocks: list[tuple[int, Way]]
) -> None:
    with worlds.new() as world:
        versions = promoted_by(world, clocks)
        history = world.history()

        assert world.live() == versions[-1]
        assert [event.version for event in history.events] == versions
        # This rollback itself is made by a clock that may be decades behind.
        done = world.roll_back()
        assert done.outcome is RollbackOutcome.DONE
        after = world.history()
        assert [event.version for event in after.events] == [*versions, versions[-2]]
        assert after.is_rolled_back


def test_a_clock_from_2030_holds_the_time_and_not_the_order(world: World) -> None:
    versions = promoted_by(
        world,
        [(0, Way.SQUASH), (YEAR_2030 - FIRST_SECOND, Way.SQUASH), (0, Way.SQUASH), (-900_000_000, Way.MERGE)],
    )
    history = world.history()
    times = [event.moment.time for event in history.events]
    now, then = FIRST_SECOND + 3_600, max(times)

    assert times == sorted(times)
    assert times[1] == times[2] == times[3] == then
    assert then >= YEAR_2030
    # In 2026 one could not know of what the clock calls 2030; from then on the newest of that time is live.
    live = [found.version if (found := history.live_at(time)) else None for time in (0, now, then - 1, then)]
    assert live == [None, versions[0], versions[0], versions[3]]

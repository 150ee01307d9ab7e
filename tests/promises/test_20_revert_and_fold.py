"""Promise 20: reverting a promotion gives back the byte-identical pointer; folding history gives the state at HEAD.

The laws over random histories are in tests/laws (test_revert, test_never_a_mixture, test_folding); here is one life
of a pointer from end to end, by the commands that people use.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.domain.events import EventKind
from mooring.stores.cache import Cache
from mooring.stores.history import GitHistory
from tests.laws.lines import Way
from tests.laws.world import IRIS, Worlds
from tests.support.gitrepo import git


@pytest.mark.parametrize("way", [Way.SQUASH, Way.MERGE])
def test_git_revert_gives_the_earlier_pointer_and_the_fold_the_newest(tmp_path: Path, way: Way) -> None:
    with Worlds(tmp_path).new() as world:
        world.merge(world.promote("1.0.0").branch, way)
        earlier = git(world.remote, "show", f"refs/heads/main:{IRIS}")
        world.merge(world.promote("1.1.0").branch, way)
        reverted = world.revert(world.tip, *(["-m", "1"] if way is Way.MERGE else []))
        world.push(reverted)

        assert git(world.remote, "show", f"refs/heads/main:{IRIS}") == earlier
        world.merge(world.promote("1.2.0").branch, way)
        world.merge(world.withdraw().branch, way)
        world.roll_back()
        history = world.history()
        assert [(event.kind, event.version) for event in history.events] == [
            (EventKind.PROMOTED, "1.0.0"),
            (EventKind.PROMOTED, "1.1.0"),
            (EventKind.ROLLED_BACK, "1.0.0"),
            (EventKind.PROMOTED, "1.2.0"),
            (EventKind.WITHDRAWN, None),
            (EventKind.ROLLED_BACK, "1.2.0"),
        ]
        assert history.blob == world.blob()
        afresh = GitHistory(world.hub.repository, world.tip, Cache(None)).of("staging", "iris")
        assert afresh == history

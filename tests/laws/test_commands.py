"""Whatever is asked in whatever order: a refusal writes nothing, and what is written moves one pointer lawfully."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from mooring.domain.finding import Level
from mooring.errors import MooringError
from mooring.rules.engine import check_change
from mooring.usecases.merge import merge
from tests.laws.lines import VERSIONS, examples
from tests.laws.world import IRIS, World, Worlds
from tests.support.gitrepo import git

REQUESTS = st.one_of(
    st.tuples(st.just("promote"), st.sampled_from(VERSIONS)),
    st.tuples(st.just("promote anyway"), st.sampled_from(VERSIONS)),
    st.tuples(st.just("roll back"), st.none()),
    st.tuples(st.just("roll back to version"), st.sampled_from(VERSIONS)),
    st.tuples(st.just("roll back promotion"), st.integers(0, 4)),
    st.tuples(st.just("roll back to nothing"), st.none()),
    st.tuples(st.just("withdraw"), st.none()),
    st.tuples(st.just("edit something else"), st.none()),
)


def ask(world: World, what: str, about: Any) -> MooringError | None:
    """Do one request, as a person would who merges what is proposed; the refusal, if it was refused."""
    try:
        match what:
            case "promote" | "promote anyway":
                made = world.promote(about, override="It is needed" if what == "promote anyway" else None)
                if made.commit is not None:
                    merge(world.hub, made.branch, now=1_767_400_000)
            case "withdraw":
                made = world.withdraw()
                if made.commit is not None:
                    merge(world.hub, made.branch, now=1_767_400_000)
            case "roll back":
                world.roll_back()
            case "roll back to version":
                world.roll_back(to_version=about)
            case "roll back promotion":
                used = [found.promotion for found in world.history().events if found.undoes is None]
                world.roll_back(promotion=used[about % len(used)] if used else "01JB0000000000000000000099")
            case "roll back to nothing":
                world.roll_back(to_nothing=True)
            case _:
                world.commit({"README.md": world.tip.encode()}, "Edit the README")
    except MooringError as error:
        return error
    return None


@examples(4)
@given(requests=st.lists(REQUESTS, min_size=4, max_size=7))
def test_any_sequence_of_requests_keeps_the_promises(worlds: Worlds, requests: list[tuple[str, Any]]) -> None:
    with worlds.new() as world:
        for what, about in requests:
            tip, refs, seen = world.tip, world.refs(), world.history().introduced
            refusal = ask(world, what, about)
            history = world.history()
            event(f"{what}: {'refused' if refusal else 'done' if world.tip != tip else 'nothing to do'}")

            assert refusal is None or (refusal.hint and world.refs() == refs)
            assert history.blob == world.blob()
            for commit in git(
                world.remote, "rev-list", "--first-parent", f"{tip}..refs/heads/main"
            ).splitlines():
                change = world.hub.change(f"{commit}^", commit)
                assert [found for found in check_change(change) if found.level is Level.ERROR] == []
                assert {file.path for file in change.files} in ({IRIS}, {"README.md"})
            pointer = history.pointer
            if pointer is not None and pointer.version in history.undone_versions:
                # It could come back only by saying so.
                assert pointer.override is not None
            if what.startswith("roll back") and history.blob is not None:
                assert history.blob in seen

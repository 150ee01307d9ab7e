"""A rollback leads only to what can be served: gone bytes and banned versions are refused, and what is fit is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.model import ModelVersion, State, VersionStatus
from mooring.domain.registry import Registry
from mooring.errors import NotFoundError, RefusedError
from mooring.stores.remotes import Presence
from mooring.usecases.rollback import RollbackOutcome
from tests.laws.world import World

GONE, UNKNOWN = Presence.MISSING, Presence.UNKNOWN
ALL = ("1.0.0", "1.1.0", "1.2.0")


def remote_with(known: Mapping[str, Presence]) -> Callable[[Registry, ModelVersion], Presence]:
    """A remote that answers so about some versions and has the bytes of all others."""
    return lambda _, manifest: known.get(manifest.version, Presence.PRESENT)


def ban(world: World, version: str, state: State = State.QUARANTINED) -> None:
    """Give a version of iris a status."""
    status = VersionStatus(
        model="iris",
        version=version,
        state=state,
        reason="It learned the answers by heart",
        by="Sam Rivera <sam.rivera@example.com>",
        at="2026-01-02T03:04:05.000Z",
    )
    world.commit({layout.status_path("iris", version): codec.encode(status)}, f"Ban {version}")


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        ({"1.1.0": GONE}, "mooring rollback iris --in staging --to-version 1.0.0"),
        # Only bytes that are surely there are offered.
        ({"1.1.0": GONE, "1.0.0": UNKNOWN}, "mooring withdraw iris --from staging"),
        ({"1.1.0": GONE, "1.0.0": GONE}, "mooring withdraw iris --from staging"),
    ],
)
def test_gone_bytes_are_refused_and_the_nearest_that_are_there_are_named(
    world: World, known: Mapping[str, Presence], hint: str
) -> None:
    world.past(*ALL)
    refs = world.refs()
    with pytest.raises(RefusedError, match=r"bytes of iris@1\.1\.0 are not in the remote") as refused:
        world.roll_back(presence=remote_with(known))

    assert refused.value.hint is not None
    assert hint in refused.value.hint
    assert world.refs() == refs


def test_the_named_command_then_works(world: World) -> None:
    world.past(*ALL)
    there = remote_with({"1.1.0": GONE})
    with pytest.raises(RefusedError):
        world.roll_back(presence=there)
    done = world.roll_back(presence=there, to_version="1.0.0")

    assert done.outcome is RollbackOutcome.DONE
    assert done.bytes == "present"
    assert world.live() == "1.0.0"


def test_a_silent_remote_does_not_hold_a_rollback_up_and_is_told(world: World) -> None:
    world.past(*ALL)
    done = world.roll_back(presence=remote_with({"1.1.0": UNKNOWN}))

    assert done.outcome is RollbackOutcome.DONE
    assert done.bytes == "unknown"
    assert world.live() == "1.1.0"


def test_to_serve_nothing_needs_no_bytes(world: World) -> None:
    world.past("1.0.0")
    done = world.roll_back(to_nothing=True, presence=remote_with(dict.fromkeys(ALL, GONE)))

    assert done.outcome is RollbackOutcome.DONE
    assert done.bytes == "not needed"


@pytest.mark.parametrize("state", [State.QUARANTINED, State.ARCHIVED])
def test_a_banned_version_does_not_return_and_the_nearest_that_may_is_named(
    world: World, state: State
) -> None:
    world.past(*ALL)
    ban(world, "1.1.0", state)
    refs = world.refs()
    with pytest.raises(RefusedError, match=rf"iris@1\.1\.0 is {state}: It learned") as refused:
        world.roll_back()

    assert "--to-version 1.0.0" in str(refused.value.hint)
    assert world.refs() == refs
    assert world.roll_back(to_version="1.0.0").outcome is RollbackOutcome.DONE


def test_a_deprecated_version_may_return(world: World) -> None:
    world.past(*ALL)
    ban(world, "1.1.0", State.DEPRECATED)

    assert world.roll_back().outcome is RollbackOutcome.DONE


def test_where_no_earlier_version_is_fit_withdrawal_is_named(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    ban(world, "1.0.0")
    with pytest.raises(RefusedError) as refused:
        world.roll_back()

    assert "mooring withdraw iris --from staging" in str(refused.value.hint)


def test_what_was_never_live_is_no_target(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    with pytest.raises(NotFoundError, match=r"iris@1\.2\.0 was never live in staging") as refused:
        world.roll_back(to_version="1.2.0")
    with pytest.raises(NotFoundError, match="no promotion 01JB0000000000000000000099"):
        world.roll_back(promotion="01JB0000000000000000000099")
    with pytest.raises(NotFoundError, match="never deployed in production"):
        world.roll_back(environment="production")

    assert "1.0.0, 1.1.0" in str(refused.value.hint)

"""What keeps a pointer where it is: the rollback that holds it, and the freezes of its environment."""

from __future__ import annotations

from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.events import Event, EventKind, PointerHistory
from mooring.domain.holds import held_by
from mooring.domain.people import is_one_of
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry, Registry
from mooring.render.status_page import Frozen


def frozen(registry: Registry, *, now: int) -> tuple[Frozen, ...]:
    """The environments in which nothing is promoted at `now` (seconds since 1970), and until when."""
    paths = {layout.policy_path(name): name for name in registry.environment_names()}
    found: list[Frozen] = []
    for path, policy in registry.load_many(list(paths), Policy).items():
        if not isinstance(policy, Policy) or not policy.freeze:
            continue
        from mooring.gates.freeze import opening

        running = [freeze for freeze in policy.freeze if any(freeze.windows(now, now))]
        if running:
            names = tuple(f"{freeze.name}: {freeze.reason}" for freeze in running)
            found.append(Frozen(paths[path], opening(policy.freeze, now), names))
    return tuple(found)


def unread(past: PointerHistory, automation: tuple[str, ...]) -> list[Entry]:
    """The states that must be read to know whether a rollback holds a pointer: few or none, whatever its age.

    Who promoted since the last rollback decides; once a person did, nothing is held.
    """
    since = _since_rollback(past)
    if not since:
        return []
    newest, live = since[-1], past.pointer
    if newest.kind is EventKind.PROMOTED and live is not None and not _is_automatic(live, newest, automation):
        return []
    blobs = [since[0].before_blob, *(event.blob for event in since[1:])]
    wanted = [blob for blob in dict.fromkeys(blobs) if blob is not None and blob not in past.pointers]
    return [Entry(since[0].path, "100644", "blob", blob) for blob in wanted]


def held(past: PointerHistory, automation: tuple[str, ...]) -> str | None:
    """The version that left last by a rollback, while automation may not move the pointer because of that."""
    versions = held_by(past, automation) if _since_rollback(past) else ()
    return versions[-1] if versions else None


def _since_rollback(past: PointerHistory) -> list[Event]:
    """The last rollback and what happened after it; empty where there was none."""
    last = max(
        (number for number, event in enumerate(past.events) if event.kind is EventKind.ROLLED_BACK),
        default=None,
    )
    return list(past.events[last:]) if last is not None else []


def _is_automatic(live: Pointer, event: Event, automation: tuple[str, ...]) -> bool:
    return any(is_one_of(automation, one) for one in (live.requested_by, event.moment.author))

"""A pointer that was rolled back stays where it is until a person moves it (DESIGN 4.3).

Automation sees "the newest version is not live" and would bring it back within minutes. It may go on only to a version
that is greater than every one that harmed.
"""

from __future__ import annotations

from mooring.domain import versions
from mooring.domain.events import Event, EventKind, PointerHistory
from mooring.domain.people import is_one_of
from mooring.domain.registry import Registry
from mooring.domain.versions import Version
from mooring.errors import RefusedError


class HeldError(RefusedError):
    """Automation asked to move a pointer that a rollback holds."""


def held_by(history: PointerHistory, automation: tuple[str, ...]) -> tuple[str, ...]:
    """The versions that left by a rollback since a person last promoted one here, in the order in which they left."""
    held: list[str] = []
    for event in history.events:
        if event.kind is EventKind.ROLLED_BACK and event.previous is not None:
            held += [event.previous] if event.previous != event.version else []
        elif event.kind is EventKind.PROMOTED and not _is_automatic(event, automation):
            held.clear()
    return tuple(dict.fromkeys(held))


def _is_automatic(event: Event, automation: tuple[str, ...]) -> bool:
    asking = (event.requested_by or "", event.moment.author)
    return any(is_one_of(automation, one) for one in asking)


def hold_problem(
    registry: Registry, history: PointerHistory, version: str, *requesters: str | None
) -> str | None:
    """Why automation may not move a pointer to `version`; None where it may, or where people ask for it.

    `requesters` are those who ask: as the pointer says, and as its commit says. Who is automation says `mooring.yaml`.
    """
    automation = registry.settings.automation
    robot = next((one for one in requesters if one is not None and is_one_of(automation, one)), None)
    if robot is None:
        return None
    held = held_by(history, automation)
    if not held or _is_greater(registry, history.model, version, held):
        return None
    return (
        f"{history.environment} was rolled back from {history.model}@{held[-1]}, and {robot} is automation: "
        f"only a person moves it to {version} now"
    )


def hold_hint(environment: str, model: str, version: str) -> str:
    """What a person does to move a pointer that automation may not move."""
    return f"A person may: mooring promote {model}@{version} --to {environment} --reason '...'"


def _is_greater(registry: Registry, model: str, version: str, held: tuple[str, ...]) -> bool:
    scheme = registry.versioning(model)
    parsed: list[Version | None] = [versions.try_parse(one, scheme) for one in (version, *held)]
    wanted, *bad = parsed
    return wanted is not None and all(one is not None and one < wanted for one in bad)

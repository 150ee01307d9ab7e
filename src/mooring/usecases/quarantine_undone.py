"""The quarantine that follows a rollback: of the version that was undone, where it was undone."""

from __future__ import annotations

from mooring.domain.events import EventKind
from mooring.domain.model import Severity, State
from mooring.domain.promotion import retirement
from mooring.stores.hub import Hub
from mooring.usecases.rollback import RolledBack
from mooring.usecases.status_change import StatusRequest


def quarantine_of(hub: Hub, done: RolledBack, *, reason: str) -> StatusRequest | None:
    """What to ask for so that the undone version never comes back to its environment; None where nothing is to be done.

    That is so when no version was undone, when the one that returns is the same, and when it is banned there already.
    After a rollback that had been done before it is the version that this one undid. A quarantine of other environments
    goes on there: the version has one status.
    """
    plan = done.plan
    version = _undone(hub, done)
    returned = plan.target.version if plan.target is not None else None
    if version is None or version == returned:
        return None
    tip = hub.tip()
    registry, now = hub.registry(tip), hub.repository.committer_time(tip)
    if retirement(registry, plan.environment, plan.model, version, now=now) is not None:
        return None
    environments: tuple[str, ...] = (plan.environment,)
    there = registry.status(plan.model, version)
    reference = f"{plan.model}@{version}"
    if there is None or there.state is not State.QUARANTINED or there.has_expired(now):
        return StatusRequest(reference, State.QUARANTINED, reason, environments)
    # It holds elsewhere, else it would hold here.
    return StatusRequest(
        reference,
        State.QUARANTINED,
        reason,
        tuple(sorted({*there.environments, *environments})),
        Severity.BLOCK if there.severity is Severity.BLOCK else Severity.WARN,
        there.evidence,
    )


def _undone(hub: Hub, done: RolledBack) -> str | None:
    if done.plan.undone is not None:
        return done.plan.undone.version
    newest = hub.history(hub.tip()).of(done.plan.environment, done.plan.model).newest
    return newest.previous if newest is not None and newest.kind is EventKind.ROLLED_BACK else None

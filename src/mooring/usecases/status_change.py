"""Deprecate, quarantine or archive a version, or lift that again: fetch → read → rules → commit → propose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.document import API_VERSION
from mooring.domain.environment import Registration
from mooring.domain.finding import Finding, Unreadable
from mooring.domain.model import Severity, State, VersionStatus
from mooring.domain.reasons import check_reason
from mooring.domain.references import parse_reference
from mooring.domain.registry import Registry
from mooring.errors import RefusedError, UsageError
from mooring.stores.hub import Hub
from mooring.usecases.draft import timestamp
from mooring.usecases.judging import judge
from mooring.usecases.messages import status_message
from mooring.usecases.promote import push_branch

if TYPE_CHECKING:
    from mooring.stores.git.remote import RefUpdate


class StatusOutcome(StrEnum):
    """What became of a request for a status."""

    DONE = "done"
    PROPOSED = "proposed"
    UNCHANGED = "unchanged"
    WOULD_DO = "would-do"


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """What is asked for: `state` None lifts the status that is there. `expires` is an instant in UTC."""

    reference: str
    state: State | None
    reason: str
    environments: tuple[str, ...] = ()
    severity: Severity = Severity.WARN
    evidence: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A status as it is now (`after` None: lifted) and where that lies; `live_in` are environments that serve it."""

    ref: str
    before: VersionStatus | None
    after: VersionStatus | None
    outcome: StatusOutcome
    base: str
    branch: str | None = None
    commit: str | None = None
    live_in: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()


def change_status(
    hub: Hub, request: StatusRequest, *, now_ms: int, merge: bool = False, dry_run: bool = False
) -> StatusChanged:
    """Give a version another status, in the one file about it that may change.

    It lands as a registration does: at once where the registry says `registration: direct` or `merge` is given, else it
    is proposed. Asked twice, the second time changes nothing. Raises RefusedError (rules, or nothing to lift),
    NotFoundError, UsageError for a reason that cannot be kept, UnavailableError.
    """
    reason = check_reason(request.reason)
    hub.require_remote()
    tip = hub.refresh()
    registry = hub.registry(tip)
    found = registry.resolve(parse_reference(request.reference))
    model, version = found.model, found.version
    path = layout.status_path(model, version)
    there = registry.load(path, VersionStatus)
    before = None if isinstance(there, Unreadable) else there
    after = _wanted(hub, request, model, version, reason, now_ms)
    told = after or _lifted(hub, before, found.ref, reason)
    live_in = _live_in(registry, model, version)
    done = StatusChanged(found.ref, before, after, StatusOutcome.WOULD_DO, tip, live_in=live_in)
    if after is not None and before is not None and _same(before, after):
        return replace(done, after=before, outcome=StatusOutcome.UNCHANGED)
    files = {path: codec.encode(after) if after is not None else None}
    message = status_message(told, lifted=after is None)
    what = f"the status of {found.ref}"
    commit = hub.repository.commit_with(tip, files, message=message)
    done = replace(done, warnings=judge(hub, tip, commit, what=what))
    if dry_run:
        return done
    if not merge and registry.settings.registration is not Registration.DIRECT:
        branch = layout.status_branch(model, version)
        push_branch(hub, branch, commit, hub.branches(branch).get(branch))
        return replace(done, outcome=StatusOutcome.PROPOSED, branch=branch, commit=commit)

    def build(now: str) -> list[RefUpdate] | None:
        from mooring.stores.git.remote import RefUpdate

        if hub.repository.blob_ids(now, [path]) != hub.repository.blob_ids(tip, [path]):
            raise RefusedError(
                f"somebody changed the status of {found.ref} meanwhile", f"See: mooring show {found.ref}"
            )
        landing = hub.repository.commit_with(now, files, message=message)
        judge(hub, now, landing, what=what)
        return [RefUpdate(landing, f"refs/heads/{hub.branch}", now)]

    landed = hub.land(build, what=what, fetched=tip)
    return replace(done, outcome=StatusOutcome.DONE, commit=landed)


def _wanted(
    hub: Hub, request: StatusRequest, model: str, version: str, reason: str, now_ms: int
) -> VersionStatus | None:
    if request.state is None:
        return None
    given: dict[str, object] = {
        "apiVersion": API_VERSION,
        "kind": "VersionStatus",
        "model": model,
        "version": version,
        "state": str(request.state),
        "reason": reason,
        "by": str(hub.repository.identity()),
        "at": timestamp(now_ms),
        "environments": list(request.environments) or None,
        "severity": str(request.severity) if request.severity is not Severity.WARN else None,
        "evidence": request.evidence,
        "expires": request.expires,
    }
    path = layout.status_path(model, version)
    found = codec.build(
        VersionStatus, {key: value for key, value in given.items() if value is not None}, path
    )
    if isinstance(found, Unreadable):
        raise UsageError(f"this is no status: {found.problems[0].message}", found.problems[0].hint)
    return found


def _lifted(hub: Hub, before: VersionStatus | None, ref: str, reason: str) -> VersionStatus:
    if before is None:
        raise RefusedError(f"{ref} has no status that could be lifted", f"See: mooring show {ref}")
    return before.model_copy(update={"reason": reason, "by": str(hub.repository.identity())})


def _same(before: VersionStatus, after: VersionStatus) -> bool:
    """Whether the same is asked for again: who asks and when makes no difference."""
    return before.model_copy(update={"by": after.by, "at": after.at}) == after


def _live_in(registry: Registry, model: str, version: str) -> tuple[str, ...]:
    return tuple(
        environment for environment, pointer in registry.pointers(model).items() if version in pointer.served
    )

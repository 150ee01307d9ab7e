"""Rules about what becomes of a version after its release: quarantine, its lifting, and the archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mooring.domain import layout
from mooring.domain.change import Change, FileChange
from mooring.domain.finding import Level, Place
from mooring.domain.layout import FileKind
from mooring.domain.model import Severity, State, VersionStatus
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Registry
from mooring.domain.retention import reasons_to_keep
from mooring.errors import UnavailableError
from mooring.rules.rule import Fault, change_rule


def _status(registry: Registry, path: str) -> VersionStatus | None:
    found = registry.load(path, VersionStatus)
    return found if isinstance(found, VersionStatus) else None


def _changed(change: Change, state: State) -> Iterator[tuple[FileChange, VersionStatus]]:
    """The status files of readable statuses that say `state` now."""
    for file in change.of_kind(FileKind.STATUS):
        after = _status(change.head, file.path)
        if after is not None and after.state is state:
            yield file, after


@change_rule(severity=Level.WARNING)
def quarantined_live_version(change: Change) -> Iterator[Fault]:
    """A version is quarantined while it is live.

    Why it matters: a quarantine bans promotions, it takes nothing away. What serves the version goes on
    serving it, with a warning; with `severity: block` a process that starts anew serves nothing.

    How to mend it: roll it back as well: `mooring rollback MODEL --in ENVIRONMENT --reason '...'`.
    """
    for file, status in _changed(change, State.QUARANTINED):
        before = _status(change.base, file.path)
        for environment in change.head.environment_names():
            if not status.applies_to(environment) or _bans(before, environment):
                continue
            pointer = change.head.load(layout.pointer_path(environment, status.model), Pointer)
            if isinstance(pointer, Pointer) and status.version in pointer.served:
                yield Fault(
                    Place(file.path, ("state",)),
                    f"{status.model}@{status.version} is live in {environment} and stays so",
                    f"Take it away: mooring rollback {status.model} --in {environment} --reason '...'",
                    value=f"{status.version} {environment}",
                )


def _bans(status: VersionStatus | None, environment: str) -> bool:
    return status is not None and status.state is State.QUARANTINED and status.applies_to(environment)


@change_rule(waivable=False)
def archived_live_version(change: Change) -> Iterator[Fault]:
    """A version is archived that somebody may still need.

    Needed is what a pointer serves, what an environment served within its `retention`, and every parent of a
    version that is live. Where a policy states no retention it is 400 days, and nothing in an environment that
    others promote from.

    Why it matters: the bytes of an archived version may be removed. The next process that starts, or the
    rollback at night, then finds nothing to load.

    How to mend it: deprecate the version now (`mooring deprecate`), and archive it when the time has passed.
    """
    for file, status in _changed(change, State.ARCHIVED):
        before = _status(change.base, file.path)
        if before is not None and before.state is State.ARCHIVED:
            continue
        if not change.past.is_complete():
            raise UnavailableError(
                "this clone is shallow, and what may be archived is judged by the whole history of main",
                "Run 'git fetch --unshallow'; in GitHub Actions give actions/checkout 'fetch-depth: 0'.",
            )
        model, version = status.model, status.version
        for environment, reason in reasons_to_keep(
            change.head, change.past.of, model, version, now=change.now
        ):
            yield Fault(
                Place(file.path, ("state",)),
                reason,
                f"Archive it later; until then: mooring deprecate {model}@{version} --reason '...'",
                value=f"{version} {environment} {reason}",
            )


@change_rule(waivable=False)
def bundled_reinstatement(change: Change) -> Iterator[Fault]:
    """A status is lifted or loosened together with something else.

    Found are statuses that are removed, made weaker, for fewer environments or for a shorter time, in a change
    that holds any other file than statuses.

    Why it matters: whoever approves a new card or a registration does not look for the ban that goes with it.
    Lifting a ban is a decision of its own, with its own reviewers and its own entry in the history.

    How to mend it: make two changes; the status first, alone (`mooring quarantine MODEL@VERSION --lift`).
    """
    others = [
        file.path
        for file in change.files
        if file.identity is None or file.identity.kind is not FileKind.STATUS
    ]
    if not others:
        return
    for file in change.of_kind(FileKind.STATUS):
        before, after = _status(change.base, file.path), _status(change.head, file.path)
        if before is None or before.has_expired(change.now):
            continue
        if (how := _loosened(change, before, after)) is not None:
            yield Fault(
                Place(file.path),
                f"{before.model}@{before.version} {how}, together with {_named(others)}",
                _alone(before, after),
                value=" ".join(others),
            )


def _loosened(change: Change, before: VersionStatus, after: VersionStatus | None) -> str | None:
    """How a status became weaker; None where it did not."""
    if after is None:
        return f"is {before.state} no more"
    if _strength(after) < _strength(before):
        return f"was {_called(before)} and is {_called(after)} now"
    environments = set(change.base.environment_names()) | set(change.head.environment_names())
    freed = [name for name in sorted(environments) if before.applies_to(name) and not after.applies_to(name)]
    if freed:
        return f"is {before.state} in {', '.join(freed)} no more"
    if after.expires is not None and (before.expires is None or _at(after.expires) < _at(before.expires)):
        return f"is {before.state} until {after.expires} only"
    return None


def _at(expires: str) -> datetime:
    return datetime.fromisoformat(expires)


def _strength(status: VersionStatus) -> tuple[int, bool]:
    order = (State.DEPRECATED, State.QUARANTINED, State.ARCHIVED)
    return order.index(status.state), status.severity is Severity.BLOCK


def _called(status: VersionStatus) -> str:
    return f"{status.state} ({status.severity})" if status.state is State.QUARANTINED else str(status.state)


def _alone(before: VersionStatus, after: VersionStatus | None) -> str:
    if after is not None:
        return f"Change {layout.status_path(before.model, before.version)} alone, then the rest."
    verb = {State.QUARANTINED: "quarantine", State.DEPRECATED: "deprecate", State.ARCHIVED: "archive"}[
        before.state
    ]
    return (
        f"Lift it alone, then the rest: mooring {verb} {before.model}@{before.version} --lift --reason '...'"
    )


def _named(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")

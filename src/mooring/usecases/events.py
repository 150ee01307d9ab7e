"""What each commit of main did, in the words of the registry: for histories, and for the outputs of CI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from mooring.domain import layout
from mooring.domain.events import Event, EventKind, Moment, Step
from mooring.domain.layout import FileKind, Identity
from mooring.domain.model import ModelVersion, State, VersionStatus
from mooring.domain.registry import Entry, Registry
from mooring.errors import UsageError
from mooring.render.event_list import EventRange
from mooring.stores.hub import Hub
from mooring.usecases.revisions import commit_named, require_history

_STATES = {
    State.DEPRECATED: EventKind.DEPRECATED,
    State.QUARANTINED: EventKind.QUARANTINED,
    State.ARCHIVED: EventKind.ARCHIVED,
}
_SIMPLE = {
    FileKind.POLICY: EventKind.POLICY_CHANGED,
    FileKind.SETTINGS: EventKind.SETTINGS_CHANGED,
    FileKind.MODEL: EventKind.MODEL_CHANGED,
}
D = TypeVar("D", VersionStatus, ModelVersion)
WATCHED = (layout.REGISTRY, layout.ENVIRONMENTS, layout.SETTINGS)


def events_in(hub: Hub, span: str) -> EventRange:
    """What each first-parent commit of `BASE..HEAD` did; an all-zero BASE (a new branch) means from the beginning.

    Raises UsageError for another notation, NotFoundError for an unknown commit, UnavailableError in a shallow clone,
    where a rollback could not be told from a promotion.
    """
    before, dots, after = span.partition("..")
    if not dots or not before or after.startswith("."):
        raise UsageError(f"{span!r} is no range", "Write BASE..HEAD, such as main~5..main.")
    base = None if not before.strip("0") else commit_named(hub, before)
    head = commit_named(hub, after) if after else hub.tip()
    require_history(hub, "the meaning of a change of a pointer")
    history = hub.history(head)
    found: list[Event] = []
    for record in reversed(list(hub.repository.first_parent(head, since=base, paths=WATCHED))):
        moment = Moment(
            record.oid,
            history.times[record.oid],
            f"{record.author_name} <{record.author_email}>",
            f"{record.committer_name} <{record.committer_email}>",
            record.message.rstrip("\n"),
        )
        # A version is registered before it is promoted, even where one commit does both.
        for change in sorted(record.changes, key=lambda change: change.path.startswith(layout.ENVIRONMENTS)):
            identity = layout.identify(change.path)
            if identity is not None and identity.kind is FileKind.POINTER:
                past = history.of(identity.environment or "", identity.model or "")
                found += [event for event in past.events if event.moment.commit == record.oid]
            elif identity is not None:
                found += file_events(change.path, identity, Step(moment, change.old_oid, change.new_oid))
    return EventRange(base, head, described(hub.registry(head), found))


def file_events(path: str, identity: Identity, step: Step) -> Iterator[Event]:
    """What a change of one file that is no pointer did; nothing for cards, signatures and the like."""
    kind = _SIMPLE.get(identity.kind)
    if identity.kind is FileKind.MANIFEST and step.before is None:
        kind = EventKind.REGISTERED
    elif identity.kind is FileKind.MODEL and step.before is None:
        kind = EventKind.MODEL_ADDED
    elif identity.kind is FileKind.STATUS:
        # Which status it is, the document says (`described`).
        kind = EventKind.REINSTATED if step.after is None else EventKind.UNREADABLE
    if kind is not None:
        yield Event(
            kind=kind,
            moment=step.moment,
            path=path,
            model=identity.model,
            version=identity.version,
            environment=identity.environment,
            requested_by=step.moment.author,
            reason=step.moment.trailer("Reason"),
            blob=step.after,
            before_blob=step.before,
        )


def described(registry: Registry, events: Iterable[Event]) -> tuple[Event, ...]:
    """The events with what their documents say of them, read in bulk: the status, the reason, who."""
    listed = list(events)
    statuses = _documents(registry, listed, FileKind.STATUS, VersionStatus)
    manifests = _documents(registry, listed, FileKind.MANIFEST, ModelVersion)
    return tuple(_described(event, statuses, manifests) for event in listed)


def _documents(registry: Registry, events: Sequence[Event], sort: FileKind, kind: type[D]) -> dict[str, D]:
    entries = [
        Entry(event.path, "100644", "blob", event.blob)
        for event in events
        if event.blob is not None and _sort(event) is sort
    ]
    return {
        entry.oid: found
        for entry, found in registry.files.documents(entries, kind)
        if isinstance(found, kind)
    }


def _sort(event: Event) -> FileKind | None:
    identity = layout.identify(event.path)
    return identity.kind if identity is not None else None


def _described(
    event: Event, statuses: Mapping[str, VersionStatus], manifests: Mapping[str, ModelVersion]
) -> Event:
    blob = event.blob or ""
    if (status := statuses.get(blob)) is not None:
        return replace(
            event,
            kind=_STATES[status.state],
            reason=status.reason,
            requested_by=status.by,
            promotion=status.promotion,
        )
    if (manifest := manifests.get(blob)) is not None:
        return replace(event, reason=manifest.changelog or manifest.description, requested_by=manifest.author)
    return event

"""Events: one as a line and as plain data, and what each commit of a range did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from mooring.domain.events import Event, EventKind
from mooring.render.blocks import Block, Grid, Log, LogEntry, Prose
from mooring.render.wording import NOTHING, iso, minute, name_of

SCHEMA: Final = "mooring/events/v1"
_COLUMNS: Final = (
    "time",
    "event",
    "model",
    "environment",
    "from",
    "to",
    "by",
    "reason",
    "promotion",
    "undoes",
    "commit",
)


Approved: TypeAlias = tuple[tuple[str, ...] | None, ...]
"""For each of some events who approved it; None for one that nobody approves, such as a registration."""


@dataclass(frozen=True, slots=True)
class EventRange:
    """The events of `base`..`head`, oldest first; `base` is None for "from the beginning"."""

    base: str | None
    head: str
    events: tuple[Event, ...]


def blocks(found: EventRange) -> list[Block]:
    """The events of a range, oldest first."""
    if not found.events:
        return [Prose("Nothing happened to the registry in this range.")]
    return [log(found.events, with_model=True)]


def log(events: tuple[Event, ...], *, with_model: bool, approved: Approved | None = None) -> Log:
    """Events as a log; `with_model` names the model of each, `approved` says for each who approved it."""
    if approved is None:
        entries = [LogEntry(_cells(event, with_model=with_model), _details(event)) for event in events]
        return Log(entries, Grid(_COLUMNS, [_row(event) for event in events]))
    entries, rows = [], []
    for event, who in zip(events, approved, strict=True):
        words = [f"approved by {', '.join(who) or 'nobody'}"] if who is not None else []
        *reason, ids = _details(event)
        entries.append(LogEntry(_cells(event, with_model=with_model), [*reason, *words, ids]))
        rows.append([*_row(event), ", ".join(who or ()) or NOTHING])
    return Log(entries, Grid([*_COLUMNS, "approved by"], rows))


def change(event: Event) -> str:
    """What changed, in a few words: `1.0.0 -> 1.1.0`, or the version alone."""
    if event.environment is None or _is_policy(event):
        return event.version or ""
    return f"{event.previous or 'nothing'} -> {event.version or 'nothing'}"


def _is_policy(event: Event) -> bool:
    return event.kind is EventKind.POLICY_CHANGED


def _cells(event: Event, *, with_model: bool) -> list[str]:
    words = str(event.kind).replace("-", " ")
    subject = [event.model or NOTHING] if with_model else []
    return [
        minute(event.moment.time),
        words,
        *subject,
        event.environment or NOTHING,
        change(event) or NOTHING,
        f"by {name_of(event.requested_by or event.moment.author)}",
    ]


def _details(event: Event) -> list[str]:
    ids = [f"commit {event.moment.commit[:12]}"]
    if event.promotion is not None:
        ids.insert(0, f"promotion {event.promotion}")
    if event.undoes is not None:
        ids.insert(0, f"undoes {event.undoes}")
    reason = [event.reason.split("\n")[0]] if event.reason else []
    return [*reason, ", ".join(ids)]


def _row(event: Event) -> list[str]:
    return [
        iso(event.moment.time),
        str(event.kind),
        event.model or NOTHING,
        event.environment or NOTHING,
        event.previous or NOTHING,
        event.version or NOTHING,
        event.requested_by or event.moment.author,
        event.reason or NOTHING,
        event.promotion or NOTHING,
        event.undoes or NOTHING,
        event.moment.commit,
    ]


def event_data(event: Event) -> dict[str, object]:
    """One event as plain data, the same in every shape that holds events."""
    return {
        "event": str(event.kind),
        "time": iso(event.moment.time),
        "commit": event.moment.commit,
        "path": event.path,
        "model": event.model,
        "version": event.version,
        "environment": event.environment,
        "previous": event.previous,
        "promotion": event.promotion,
        "undoes": event.undoes,
        "reason": event.reason,
        "by": event.requested_by,
        "author": event.moment.author,
        "committer": event.moment.committer,
        "subject": event.moment.subject,
    }


def as_matrix(found: EventRange) -> dict[str, object]:
    """The pointers that a range moved, each with its last state, as a matrix of jobs for GitHub and GitLab."""
    last: dict[tuple[str, str], Event] = {}
    for event in found.events:
        if event.environment is not None and event.model is not None:
            # What was moved last is listed last.
            last.pop((event.environment, event.model), None)
            last[event.environment, event.model] = event
    return {
        "include": [
            {
                "environment": environment,
                "model": model,
                "version": event.version or "",
                "event": str(event.kind),
                "promotion": event.promotion or "",
                "commit": event.moment.commit,
            }
            for (environment, model), event in last.items()
        ]
    }


def as_data(found: EventRange) -> dict[str, object]:
    """The events as plain data of the shape `mooring/events/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "base": found.base,
        "head": found.head,
        "events": [event_data(event) for event in found.events],
    }

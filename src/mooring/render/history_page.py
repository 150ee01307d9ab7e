"""The history of a model, and what was live at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mooring.domain.events import Event
from mooring.render.blocks import Block, Grid, Heading, Prose, left_out
from mooring.render.event_list import Approved, event_data, log
from mooring.render.wording import NOTHING, iso, minute, name_of

SCHEMA: Final = "mooring/history/v1"
SCHEMA_AT: Final = "mooring/live-at/v1"


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """The newest of the `total` events of a model, newest first.

    `approved` has for each event who approved it (None: it is no change of a pointer); None where nobody asked.
    """

    model: str
    environment: str | None
    commit: str
    total: int
    events: tuple[Event, ...]
    approved: Approved | None = None


@dataclass(frozen=True, slots=True)
class LiveAt:
    """What each environment served at `time` (seconds since 1970): the event that had made it so, or None."""

    model: str
    time: int
    commit: str
    live: tuple[tuple[str, Event | None], ...]


def blocks(history: ModelHistory) -> list[Block]:
    """The events, newest first."""
    if not history.events:
        return [Prose(f"Nothing happened to {history.model} yet.")]
    return [
        log(history.events, with_model=False, approved=history.approved),
        *left_out(history.total - len(history.events)),
    ]


def blocks_at(live: LiveAt) -> list[Block]:
    """The table of environments at a time."""
    rows = [
        [
            name,
            (event.version or "nothing") if event is not None else "nothing",
            minute(event.moment.time) if event is not None else NOTHING,
            str(event.kind) if event is not None else NOTHING,
            name_of(event.requested_by or event.moment.author) if event is not None else NOTHING,
            (event.promotion or NOTHING) if event is not None else NOTHING,
        ]
        for name, event in live.live
    ]
    return [
        Heading(f"{live.model} at {iso(live.time)}"),
        Grid(["environment", "version", "since", "by event", "by", "promotion"], rows),
    ]


def as_data(history: ModelHistory) -> dict[str, object]:
    """The history as plain data of the shape `mooring/history/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "model": history.model,
        "environment": history.environment,
        "commit": history.commit,
        "total": history.total,
        "events": _events(history),
    }


def _events(history: ModelHistory) -> list[dict[str, object]]:
    events = [event_data(event) for event in history.events]
    for event, who in zip(events, history.approved or (), strict=history.approved is not None):
        event["approved_by"] = list(who) if who is not None else None
    return events


def as_data_at(live: LiveAt) -> dict[str, object]:
    """What was live as plain data of the shape `mooring/live-at/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA_AT,
        "model": live.model,
        "at": iso(live.time),
        "commit": live.commit,
        "environments": [
            {
                "environment": name,
                "version": event.version if event is not None else None,
                "since": iso(event.moment.time) if event is not None else None,
                "event": event_data(event) if event is not None else None,
            }
            for name, event in live.live
        ],
    }

"""What happened to a model, newest first, and what was live at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mooring.domain import layout, names
from mooring.domain.events import Event
from mooring.domain.layout import FileKind
from mooring.render.history_page import LiveAt, ModelHistory
from mooring.stores.history import GitHistory
from mooring.stores.hub import Hub
from mooring.usecases.approvers import approvers_of
from mooring.usecases.events import described, file_events
from mooring.usecases.revisions import require_history


def history_of(
    hub: Hub,
    commit: str,
    model: str,
    *,
    environment: str | None = None,
    limit: int | None = None,
    with_approvals: bool = False,
) -> ModelHistory:
    """The `limit` newest events of `model` (None: all) up to `commit`; with `environment` only those of its pointer.

    `with_approvals` verifies the signatures on each of them: two programs for every approval.
    Raises NotFoundError for a model that never was, UnavailableError in a shallow clone.
    """
    names.check_model_name(model)
    require_history(hub, "the history of a model")
    past = hub.history(commit)
    lines = [list(past.of(name, model).events) for name in _environments(hub, commit, environment)]
    if environment is None:
        lines.append(_of_files(past, model))
    events = _newest_first(past, lines)
    if not events:
        registry = hub.registry(commit)
        registry.model(model)
        if environment is not None:
            registry.policy(environment)
    shown = described(hub.registry(commit), events[:limit])
    approved = approvers_of(hub, shown) if with_approvals else None
    return ModelHistory(model, environment, commit, len(events), shown, approved)


def live_at(hub: Hub, commit: str, model: str, time: int, *, environment: str | None = None) -> LiveAt:
    """What was live at `time` (seconds since 1970) by the commit dates of main; raises as `history_of` does."""
    names.check_model_name(model)
    require_history(hub, "what was live at a time")
    past = hub.history(commit)
    if environment is not None:
        hub.registry(commit).policy(environment)
    live = [(name, past.of(name, model)) for name in _environments(hub, commit, environment)]
    if not any(history.events for _, history in live):
        hub.registry(commit).model(model)
    return LiveAt(model, time, commit, tuple((name, history.live_at(time)) for name, history in live))


def _environments(hub: Hub, commit: str, environment: str | None) -> tuple[str, ...]:
    if environment is not None:
        return (names.check_environment_name(environment),)
    return hub.registry(commit).environment_names()


def _of_files(past: GitHistory, model: str) -> list[Event]:
    folder = layout.model_folder(model)
    found: list[Event] = []
    for path, step in past.steps(folder, [folder]):
        identity = layout.identify(path)
        if identity is not None and identity.kind is not FileKind.POINTER and identity.model == model:
            found += file_events(path, identity, step)
    return found


def _newest_first(past: GitHistory, lines: Sequence[Sequence[Event]]) -> list[Event]:
    """The events of several lines, each oldest first, in one order: that of main."""
    merged = sorted((event for line in lines for event in line), key=lambda event: event.moment.time)
    if any(
        a.moment.time == b.moment.time and a.moment.commit != b.moment.commit for a, b in pairwise(merged)
    ):
        place = {commit: number for number, commit in enumerate(past.times)}
        merged.sort(key=lambda event: place[event.moment.commit])
    return merged[::-1]

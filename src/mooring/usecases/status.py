"""Everything that is live and everything that waits, as it is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mooring.domain import layout
from mooring.domain.events import EventKind, PointerHistory, Step, fold_pointer
from mooring.domain.finding import Unreadable
from mooring.domain.layout import FileKind, Identity
from mooring.domain.model import State, VersionStatus
from mooring.domain.names import check_model_name
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry, Registry
from mooring.render.status_page import LivePointer, Status, Waiting
from mooring.stores.forge import local
from mooring.stores.git.url import redact
from mooring.stores.hub import Hub
from mooring.usecases import pinned


def status_of(hub: Hub, commit: str, model: str | None = None, *, now: int | None = None) -> Status:
    """What is live at `commit` and what waits, as last fetched; with `model` only of that one.

    Freezes are those at `now`, in seconds since 1970; without it none is looked for. What cannot be read is said and
    hides nothing else. Raises NotFoundError for a model that is neither there nor proposed.
    """
    registry = hub.registry(commit)
    pointers, problems = _pointers(registry, model)
    waiting = _waiting(hub, commit, model)
    if model is not None and not pointers and not waiting and not problems:
        registry.model(check_model_name(model))
    automation = registry.settings.automation
    past = _past(hub, commit, pointers, automation)
    frozen = pinned.frozen(registry, now=now) if now is not None else ()
    statuses = registry.load_many(
        [
            layout.status_path(place.model or "", pointer.version)
            for place, _, pointer in pointers
            if pointer.version is not None
        ],
        VersionStatus,
    )
    registry.files.look_up(
        [
            layout.manifest_path(place.model or "", pointer.version)
            for place, _, pointer in pointers
            if pointer.version is not None
        ]
    )
    order = {name: number for number, name in enumerate(registry.environment_names())}
    committed = hub.repository.committer_time(commit)
    pending: dict[tuple[str | None, str], list[str]] = {}
    for one in waiting:
        if one.problem is None:
            pending.setdefault((one.environment, one.model), []).append(one.branch)
    live = [
        replace(
            _live(
                place,
                pointer,
                past.get(entry.path),
                _notes(registry, place, pointer, statuses, now=committed),
            ),
            held_version=pinned.held(past[entry.path], automation) if entry.path in past else None,
            pending=tuple(pending.get((place.environment, place.model or ""), ())),
            is_quarantined=_is_quarantined(place, pointer, statuses, now=committed),
            frozen=next((one for one in frozen if one.environment == place.environment), None),
        )
        for place, entry, pointer in pointers
    ]
    live.sort(key=lambda one: (one.model, order.get(one.environment, len(order)), one.environment))
    behind, ahead = _distance(hub)
    return Status(
        where=_where(hub),
        commit=commit,
        committed=committed,
        branch=hub.branch,
        fetched=hub.fetched_at() if hub.remote is not None else None,
        behind=behind,
        ahead=ahead,
        pointers=tuple(live),
        waiting=waiting,
        problems=tuple(problems),
        frozen=frozen,
    )


Placed = tuple[Identity, Entry, Pointer]


def _pointers(registry: Registry, model: str | None) -> tuple[list[Placed], list[str]]:
    entries = [entry for entry in registry.files.walk(layout.ENVIRONMENTS) if entry.kind == "blob"]
    placed = [
        (place, entry)
        for entry in entries
        if (place := layout.identify(entry.path)) is not None
        and place.kind is FileKind.POINTER
        and model in (None, place.model)
    ]
    found, problems = list[Placed](), list[str]()
    read = registry.files.documents([entry for _, entry in placed], Pointer)
    for (place, entry), (_, pointer) in zip(placed, read, strict=True):
        if isinstance(pointer, Unreadable):
            problems.append(str(pointer))
        else:
            found.append((place, entry, pointer))
    return found, problems


def _past(
    hub: Hub, commit: str, pointers: Sequence[Placed], automation: tuple[str, ...]
) -> dict[str, PointerHistory]:
    """The history of every pointer by path, from one walk over main; nothing in a shallow clone, which has it not.

    Which event is the newest, blobs alone say; only the pointers that are live, and those that tell whether a rollback
    holds one, are read.
    """
    history = hub.history(commit)
    if not history.is_complete():
        return {}
    steps: dict[str, list[Step]] = {}
    for path, step in history.steps(layout.ENVIRONMENTS, [layout.ENVIRONMENTS]):
        steps.setdefault(path, []).append(step)
    folded = {
        entry.path: _folded(place, entry, steps, {entry.oid: pointer}) for place, entry, pointer in pointers
    }
    left = [entry for past in folded.values() for entry in pinned.unread(past, automation)]
    if not left:
        return folded
    read = hub.registry(commit).files.documents(left, Pointer)
    gone: dict[str, dict[str, Pointer | Unreadable]] = {}
    for entry, found in read:
        gone.setdefault(entry.path, {})[entry.oid] = found
    return folded | {
        entry.path: _folded(place, entry, steps, {entry.oid: pointer, **gone[entry.path]})
        for place, entry, pointer in pointers
        if entry.path in gone
    }


def _folded(
    place: Identity, entry: Entry, steps: Mapping[str, list[Step]], known: Mapping[str, Pointer | Unreadable]
) -> PointerHistory:
    return fold_pointer(
        place.environment or "", place.model or "", entry.path, steps.get(entry.path, ()), known
    )


def _live(
    place: Identity, pointer: Pointer, past: PointerHistory | None, notes: tuple[str, ...]
) -> LivePointer:
    newest = past.newest if past is not None else None
    held = newest.undoes if newest is not None and newest.kind is EventKind.ROLLED_BACK else None
    who = newest.requested_by if newest is not None else None
    why = newest.reason if newest is not None else None
    return LivePointer(
        environment=place.environment or "",
        model=place.model or "",
        version=pointer.version,
        promotion=pointer.promotion,
        requested_by=who or pointer.requested_by,
        reason=why or pointer.reason,
        since=newest.moment.time if newest is not None else None,
        event=str(newest.kind) if newest is not None else None,
        commit=newest.moment.commit if newest is not None else None,
        held=held,
        rollout=str(pointer.rollout.strategy) if pointer.rollout is not None else None,
        notes=notes,
    )


def _notes(
    registry: Registry,
    place: Identity,
    pointer: Pointer,
    statuses: Mapping[str, VersionStatus | Unreadable],
    *,
    now: int,
) -> tuple[str, ...]:
    if pointer.version is None or place.model is None:
        return ()
    if registry.files.entry(layout.manifest_path(place.model, pointer.version)) is None:
        return ("not in the registry",)
    status = statuses.get(layout.status_path(place.model, pointer.version))
    if isinstance(status, VersionStatus) and status.applies_to(place.environment, now=now):
        return (f"{status.state}: {status.reason}",)
    return ()


def _is_quarantined(
    place: Identity, pointer: Pointer, statuses: Mapping[str, VersionStatus | Unreadable], *, now: int
) -> bool:
    status = statuses.get(layout.status_path(place.model or "", pointer.version or ""))
    return (
        isinstance(status, VersionStatus)
        and status.state is State.QUARANTINED
        and status.applies_to(place.environment, now=now)
    )


def _distance(hub: Hub) -> tuple[int | None, int | None]:
    """How many commits the local main is behind and ahead of the one that was fetched; None where there is no pair."""
    local_main = f"refs/heads/{hub.branch}"
    if hub.main_ref == local_main:
        return None, None
    ends = [hub.repository.commit_id(ref) for ref in (local_main, hub.main_ref)]
    if None in ends:
        return None, None
    said = hub.repository.git("rev-list", "--left-right", "--count", f"{ends[0]}...{ends[1]}", "--")
    ahead, behind = said.split()
    return int(behind), int(ahead)


def _where(hub: Hub) -> str:
    if hub.remote is None:
        return str(hub.repository.path)
    url = redact(hub.repository.remotes().get(hub.remote, hub.remote))
    return url if hub.in_mirror else f"{hub.repository.path}, remote {url}"


def _waiting(hub: Hub, commit: str, model: str | None) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(one.branch, one.title, one.requester, one.commit, one.problem, one.model, one.environment)
        for one in local.proposals(hub, commit)
        if model in (None, one.model)
    )

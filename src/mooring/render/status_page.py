"""What is live where, since when and by whom, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mooring.render.blocks import Block, Facts, Grid, Heading, Problem, Prose
from mooring.render.wording import NOTHING, age, iso, minute, name_of

SCHEMA: Final = "mooring/status/v1"


@dataclass(frozen=True, slots=True)
class Frozen:
    """An environment in which nothing is promoted now, until `until` (seconds since 1970; None: for over a year)."""

    environment: str
    until: int | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LivePointer:
    """One pointer. `since` (seconds since 1970) and `event` are None in a shallow clone, which does not know them.

    `held` is the promotion that a rollback undid, while that is the newest change; `held_version` is the version that
    left last by a rollback, for as long as automation may not move the pointer. `pending` are the branches of proposals
    that would change it.
    """

    environment: str
    model: str
    version: str | None
    promotion: str
    requested_by: str
    reason: str
    since: int | None
    event: str | None
    commit: str | None
    held: str | None
    rollout: str | None
    notes: tuple[str, ...]
    held_version: str | None = None
    pending: tuple[str, ...] = ()
    frozen: Frozen | None = None
    is_quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """One open proposal, as last fetched; `url` is its pull request's, where the forge was asked."""

    branch: str
    title: str
    by: str
    commit: str
    problem: str | None
    model: str
    environment: str | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The registry as it is known here. `behind` and `ahead` count commits of the local main against the remote's."""

    where: str
    commit: str
    committed: int
    branch: str
    fetched: int | None
    behind: int | None
    ahead: int | None
    pointers: tuple[LivePointer, ...]
    waiting: tuple[Waiting, ...]
    problems: tuple[str, ...]
    frozen: tuple[Frozen, ...] = ()


def blocks(status: Status, *, now: int) -> list[Block]:
    """What is live, what waits, and how old this knowledge is; `now` in seconds since 1970."""
    found: list[Block] = [Facts(_facts(status, now))]
    if status.pointers:
        columns = ["model", "environment", "live", "since", "by", "state", "notes"]
        found.append(Grid(columns, [_row(pointer) for pointer in status.pointers]))
    else:
        found.append(Prose("Nothing is live yet. mooring promote MODEL@VERSION --to ENV --reason '...'"))
    if status.waiting:
        columns = ["proposal", "by", "branch", "problem"]
        rows = [[one.title, name_of(one.by), one.branch, one.problem or NOTHING] for one in status.waiting]
        if any(one.url is not None for one in status.waiting):
            columns.append("pull request")
            rows = [[*row, one.url or NOTHING] for row, one in zip(rows, status.waiting, strict=True)]
        found += [Heading("proposals"), Grid(columns, rows)]
    return [*found, *(Problem(text) for text in status.problems)]


def _facts(status: Status, now: int) -> list[tuple[str, str]]:
    facts = [
        ("registry", status.where),
        (status.branch, f"{status.commit[:12]} of {minute(status.committed)}"),
        ("fetched", f"{age(now - status.fetched)} ago" if status.fetched is not None else "unknown when"),
    ]
    if status.behind or status.ahead:
        parts = [(status.behind, "behind"), (status.ahead, "ahead of")]
        words = " and ".join(f"{count} {side}" for count, side in parts if count)
        cure = "; git pull --ff-only" if status.behind and not status.ahead else ""
        facts.append((f"local {status.branch}", f"{words} what was fetched{cure}"))
    return facts + [
        ("frozen", f"{one.environment} {_until(one)} ({'; '.join(one.why)})") for one in status.frozen
    ]


def _until(frozen: Frozen) -> str:
    return f"until {minute(frozen.until)}" if frozen.until is not None else "for more than a year to come"


def _state(pointer: LivePointer) -> str:
    """What stands between this pointer and its next change; in sync where nothing waits."""
    parts = ["pending"] if pointer.pending else []
    if pointer.held_version is not None:
        parts.append(f"held after {pointer.held_version}")
    if pointer.frozen is not None:
        parts.append("frozen")
    return ", ".join(parts) or "in sync"


def _row(pointer: LivePointer) -> list[str]:
    notes = list(pointer.notes)
    if pointer.held is not None:
        notes.insert(0, "rolled back")
    if pointer.rollout is not None:
        notes.insert(0, pointer.rollout)
    return [
        pointer.model,
        pointer.environment,
        pointer.version or "nothing",
        minute(pointer.since) if pointer.since is not None else NOTHING,
        name_of(pointer.requested_by),
        _state(pointer),
        ", ".join(notes) or NOTHING,
    ]


def as_data(status: Status) -> dict[str, object]:
    """The status as plain data of the shape `mooring/status/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "registry": status.where,
        "branch": status.branch,
        "commit": status.commit,
        "committed_at": iso(status.committed),
        "fetched_at": iso(status.fetched) if status.fetched is not None else None,
        "behind": status.behind,
        "ahead": status.ahead,
        "live": [
            {
                "environment": pointer.environment,
                "model": pointer.model,
                "version": pointer.version,
                "promotion": pointer.promotion,
                "requested_by": pointer.requested_by,
                "reason": pointer.reason,
                "since": iso(pointer.since) if pointer.since is not None else None,
                "event": pointer.event,
                "commit": pointer.commit,
                "held_by_rollback_of": pointer.held,
                "rollout": pointer.rollout,
                "notes": list(pointer.notes),
                "state": "pending" if pointer.pending else "in-sync",
                "pending": list(pointer.pending),
                "held_version": pointer.held_version,
                "frozen": pointer.frozen is not None,
                "quarantined": pointer.is_quarantined,
            }
            for pointer in status.pointers
        ],
        "proposals": [
            {
                "branch": one.branch,
                "title": one.title,
                "by": one.by,
                "commit": one.commit,
                "problem": one.problem,
                "model": one.model,
                "environment": one.environment,
                "url": one.url,
            }
            for one in status.waiting
        ],
        "problems": list(status.problems),
        "frozen": [
            {
                "environment": one.environment,
                "until": iso(one.until) if one.until is not None else None,
                "why": list(one.why),
            }
            for one in status.frozen
        ],
    }

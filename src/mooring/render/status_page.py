"""What is live where, since when and by whom, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mooring.render.blocks import Block, Facts, Grid, Heading, Problem, Prose
from mooring.render.wording import NOTHING, age, iso, minute, name_of

SCHEMA: Final = "mooring/status/v1"


@dataclass(frozen=True, slots=True)
class LivePointer:
    """One pointer. `since` (seconds since 1970) and `event` are None in a shallow clone, which does not know them.

    `held` is the promotion that a rollback undid, while that is the newest change: automation must not move it.
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """One open proposal, as last fetched."""

    branch: str
    title: str
    by: str
    commit: str
    problem: str | None


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


def blocks(status: Status, *, now: int) -> list[Block]:
    """What is live, what waits, and how old this knowledge is; `now` in seconds since 1970."""
    found: list[Block] = [Facts(_facts(status, now))]
    if status.pointers:
        columns = ["model", "environment", "live", "since", "by", "notes"]
        found.append(Grid(columns, [_row(pointer) for pointer in status.pointers]))
    else:
        found.append(Prose("Nothing is live yet. mooring promote MODEL@VERSION --to ENV --reason '...'"))
    if status.waiting:
        rows = [[one.title, name_of(one.by), one.branch, one.problem or NOTHING] for one in status.waiting]
        found += [Heading("proposals"), Grid(["proposal", "by", "branch", "problem"], rows)]
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
    return facts


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
            }
            for one in status.waiting
        ],
        "problems": list(status.problems),
    }

"""A version must have been live elsewhere for a time, without a break and without being rolled back there."""

from __future__ import annotations

from mooring.domain.environment import Soak
from mooring.domain.events import PointerHistory
from mooring.domain.pointer import Pointer
from mooring.domain.text import seconds_of
from mooring.domain.verdict import GateState, Verdict, clock, span
from mooring.gates.gate import Evidence, Undoing


def assess(soak: Soak, evidence: Evidence, now: int) -> Verdict:
    """Whether the very manifest that comes was live in `soak.in_` long enough; it never blocks a rollback."""
    gate, required = f"soak in {soak.in_}", f"{soak.for_} in {soak.in_}"
    after = evidence.after
    if evidence.undoing is not Undoing.NO:
        return Verdict(gate, GateState.PASS, "a soak never blocks a rollback", None, required)
    if after is None or after.version is None:
        return Verdict(gate, GateState.PASS, "nothing goes live", None, required)
    what, needed = f"{evidence.model}@{after.version}", seconds_of(soak.for_)
    history = evidence.soaks.get(soak.in_)
    stretches = _stretches(history, after, now) if history is not None else []
    if history is None or not stretches:
        reason = f"{what} was never live in {soak.in_}; promote it there first"
        remedy = f"First: mooring promote {what} --to {soak.in_} --reason '...'"
        return Verdict(gate, GateState.FAIL, reason, "0s", required, None, remedy)
    longest = max(until - since for since, until, _ in stretches)
    if after.version in history.undone_versions:
        reason = (
            f"{what} left {soak.in_} by a rollback (of promotion {history.undone_versions[after.version]})"
        )
        return Verdict(gate, GateState.FAIL, reason, span(longest), required)
    if longest >= needed:
        reason = f"{what} was live in {soak.in_} for {span(longest)}"
        return Verdict(gate, GateState.PASS, reason, span(longest), required)
    since, _, still = stretches[-1]
    if not still:
        reason = f"{what} was live in {soak.in_} for {span(longest)} only; promote it there again"
        remedy = f"First: mooring promote {what} --to {soak.in_} --reason '...'"
        return Verdict(gate, GateState.FAIL, reason, span(longest), required, None, remedy)
    ready = int(since + needed + 0.999)
    reason = f"{what} is live in {soak.in_} for {span(now - since)}; {span(ready - now)} to go, until {clock(ready)}"
    return Verdict(gate, GateState.PENDING, reason, span(now - since), required, ready)


def _stretches(history: PointerHistory, wanted: Pointer, now: int) -> list[tuple[int, int, bool]]:
    """Each unbroken time in which the manifest of `wanted` was live: since, until, and whether it is live still.

    A new promotion of the same manifest (another rollout) does not interrupt it. A commit of the future, by a clock
    that runs ahead, has soaked for no time yet.
    """
    found: list[tuple[int, int, bool]] = []
    since: int | None = None
    for event in history.events:
        pointer = history.pointers.get(event.blob) if event.blob is not None else None
        serves = pointer is not None and (pointer.version, pointer.manifest) == (
            wanted.version,
            wanted.manifest,
        )
        if serves and since is None:
            since = event.moment.time
        elif not serves and since is not None:
            found.append((since, event.moment.time, False))
            since = None
    if since is not None:
        found.append((since, max(now, since), True))
    return found

"""What a gate answers: pass, fail or pending, with what it saw, what it wanted and what can be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class GateState(StrEnum):
    """What a gate says. Pending means that time or a person can still make it pass; fail, that this change cannot."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's answer, with what it saw and what it wanted to see.

    `ready_at` (seconds since 1970) is set where waiting alone makes the gate pass. `remedy` says who can do what about
    it, with a command at the end of its line; None where nothing but another version helps.
    """

    gate: str
    state: GateState
    reason: str
    observed: str | None = None
    required: str | None = None
    ready_at: int | None = None
    remedy: str | None = None


def state_of(verdicts: Iterable[Verdict]) -> GateState:
    """What all gates together say: one failure fails, else one that is pending makes the whole pending."""
    states = {verdict.state for verdict in verdicts}
    for state in (GateState.FAIL, GateState.PENDING):
        if state in states:
            return state
    return GateState.PASS


def clock(seconds: int) -> str:
    """A time as people read it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: float) -> str:
    """A duration as people read it: its two largest units, such as 1d4h or 3m10s."""
    left = max(round(seconds), 0)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"

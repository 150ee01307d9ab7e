"""Times in which nothing is promoted; a rollback always may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from mooring.domain.environment import Freeze
from mooring.domain.verdict import GateState, Verdict, clock
from mooring.gates.gate import Evidence, Undoing


def assess(freezes: Sequence[Freeze], evidence: Evidence, now: int) -> Iterator[Verdict]:
    """One verdict for each freeze that `now` lies in (its end does not), one that passes where there is none."""
    if not freezes:
        return
    running = [freeze for freeze in freezes if _seconds(freeze.from_) <= now < _seconds(freeze.to)]
    if evidence.undoing is not Undoing.NO:
        yield Verdict("freeze", GateState.PASS, "a freeze never blocks a rollback")
    elif not running:
        yield Verdict("freeze", GateState.PASS, f"no freeze of {evidence.environment} is on")
    for freeze in running if evidence.undoing is Undoing.NO else ():
        ends = int(_seconds(freeze.to) + 0.999)
        reason = f"{evidence.environment} is frozen until {clock(ends)} ({freeze.name}: {freeze.reason})"
        yield Verdict("freeze", GateState.PENDING, reason, freeze.name, f"after {clock(ends)}", ends)


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()

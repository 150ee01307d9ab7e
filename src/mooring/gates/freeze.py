"""Times in which nothing is promoted; a rollback always may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

from mooring.domain.freeze import Freeze
from mooring.domain.verdict import GateState, Verdict, clock
from mooring.gates.gate import Evidence, Undoing

_HORIZON: Final = 366 * 86_400


def assess(freezes: Sequence[Freeze], evidence: Evidence, now: int) -> Iterator[Verdict]:
    """One verdict for each freeze that `now` lies in (its end does not), one that passes where there is none.

    `ready_at` is when none of the freezes is on any more: one may begin before another ends.
    """
    if not freezes:
        return
    if evidence.undoing is not Undoing.NO:
        yield Verdict("freeze", GateState.PASS, "a freeze never blocks a rollback")
        return
    running = [freeze for freeze in freezes if any(freeze.windows(now, now))]
    if not running:
        yield Verdict("freeze", GateState.PASS, f"no freeze of {evidence.environment} is on")
        return
    opens = opening(freezes, now)
    until = clock(opens) if opens is not None else None
    for freeze in running:
        frozen = f"until {until}" if until is not None else "for more than a year to come"
        yield Verdict(
            "freeze",
            GateState.PENDING,
            f"{evidence.environment} is frozen {frozen} ({freeze.name}: {freeze.reason})",
            freeze.name,
            f"after {until}" if until is not None else "no freeze",
            opens,
            f"The freeze lies in environments/{evidence.environment}.yaml; whoever may change that file ends it.",
        )


def opening(freezes: Sequence[Freeze], now: int) -> int | None:
    """The first second (since 1970) from `now` on in which no freeze is on; None where none is within a year."""
    opens = float(now)
    windows = [window for freeze in freezes for window in freeze.windows(now, now + _HORIZON)]
    for begin, end in sorted(windows):
        # Times are whole seconds to everybody else: what opens within a second opens at its end.
        if begin > ceil(opens):
            break
        opens = max(opens, end)
    return ceil(opens) if opens <= now + _HORIZON else None

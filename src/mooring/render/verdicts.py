"""What gates say: as a line, as a log, and as plain data."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.domain.verdict import Verdict, clock
from mooring.render.blocks import Grid, Log, LogEntry
from mooring.render.wording import NOTHING, iso

_COLUMNS = ("state", "gate", "reason", "observed", "required", "ready at", "next")


def line(verdict: Verdict) -> str:
    """One verdict in one line, with what was seen and what is wanted."""
    both = verdict.observed is not None and verdict.required is not None
    seen = f" ({verdict.observed}; wanted {verdict.required})" if both else ""
    return f"{verdict.state.value}: {verdict.gate}: {verdict.reason}{seen}"


def log(verdicts: Sequence[Verdict]) -> Log:
    """All verdicts, each with its evidence, when it opens, and who can do what about it."""
    entries = [LogEntry([one.state.value, one.gate], _details(one)) for one in verdicts]
    return Log(entries, Grid(_COLUMNS, [_row(one) for one in verdicts]))


def plain(verdict: Verdict) -> dict[str, object]:
    """One verdict for `--json`."""
    return {
        "gate": verdict.gate,
        "state": verdict.state.value,
        "reason": verdict.reason,
        "observed": verdict.observed,
        "required": verdict.required,
        "ready_at": iso(verdict.ready_at) if verdict.ready_at is not None else None,
        "next": verdict.remedy,
    }


def _details(verdict: Verdict) -> list[str]:
    found = [verdict.reason]
    pairs = (("seen", verdict.observed), ("wanted", verdict.required))
    if evidence := "; ".join(f"{name}: {value}" for name, value in pairs if value is not None):
        found.append(evidence)
    if verdict.ready_at is not None:
        found.append(f"ready at: {clock(verdict.ready_at)}")
    if verdict.remedy is not None:
        found += [f"-> {words}" for words in verdict.remedy.splitlines()]
    return found


def _row(verdict: Verdict) -> list[str]:
    ready = iso(verdict.ready_at) if verdict.ready_at is not None else NOTHING
    return [
        verdict.state.value,
        verdict.gate,
        verdict.reason,
        verdict.observed or NOTHING,
        verdict.required or NOTHING,
        ready,
        verdict.remedy or NOTHING,
    ]

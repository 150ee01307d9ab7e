"""What a version says it needs must be live beside it: `requires` in its manifest."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.requires import RequiredModel
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import Evidence


def assess(evidence: Evidence) -> Iterator[Verdict]:
    """One verdict for each model that the version that comes requires; it asks for no gate in the policy."""
    if not evidence.brings_a_version:
        return
    if evidence.requires is None:
        yield Verdict("requires", GateState.FAIL, f"the manifest of {evidence.model} cannot be read")
        return
    for needed in evidence.requires:
        yield _verdict(needed, evidence)


def _verdict(needed: RequiredModel, evidence: Evidence) -> Verdict:
    live = evidence.live.get(needed.model, ())
    where = evidence.environment
    observed = ", ".join(live) or "nothing live"
    if live and all(needed.fits(version) for version in live):
        reason = f"{where} serves {needed.model}@{observed}"
        return Verdict(f"requires {needed.model}", GateState.PASS, reason, observed, str(needed))
    promote = f"First: mooring promote {needed.model}@VERSION --to {where} --reason '...'"
    if not live:
        state, reason = (
            GateState.PENDING,
            f"{where} serves nothing of {needed.model}, and {needed} is required",
        )
    elif all(needed.fits(version) or needed.is_too_low(version) for version in live):
        state, reason = (
            GateState.PENDING,
            f"{where} serves {needed.model}@{observed}, and {needed} is required",
        )
    else:
        # A later model never comes back below the bound by waiting: this version does not fit to it.
        return Verdict(
            f"requires {needed.model}",
            GateState.FAIL,
            f"{where} serves {needed.model}@{observed}, and this version takes {needed} only",
            observed,
            str(needed),
        )
    return Verdict(f"requires {needed.model}", state, reason, observed, str(needed), None, promote)

"""A check that somebody ran elsewhere and said, signed, to have passed for exactly this change."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.environment import GateSpec
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import CheckStatement, Evidence


def assess(spec: GateSpec, evidence: Evidence) -> Iterator[Verdict]:
    """The verdict of one check: who is allowed to must have said that it passed, and nobody of them that it failed.

    A check judges a version that comes; a rollback and a withdrawal wait for none.
    """
    if spec.check is None or not evidence.brings_a_version:
        return
    gate, pool = f"check {spec.check}", " or ".join(spec.by)
    required = f"passed, by {pool}"
    again = f"By {pool}: mooring attest {evidence.branch} --check {spec.check}"
    said = [one for one in evidence.checks if one.check == spec.check and _counts(one, spec)]
    failed = next((one for one in said if not one.passed), None)
    if failed is not None:
        why = f": {failed.detail}" if failed.detail is not None else ""
        reason = f"{spec.check} failed, says {failed.principal}{why}"
        yield Verdict(gate, GateState.FAIL, reason, "failed", required, None, f"Once it passes. {again}")
    elif said:
        why = f": {said[0].detail}" if said[0].detail is not None else ""
        yield Verdict(
            gate, GateState.PASS, f"{spec.check} passed, says {said[0].principal}{why}", "passed", required
        )
    else:
        reason = f"nobody whose word counts has said that {spec.check} passed"
        yield Verdict(gate, GateState.PENDING, reason, "nothing said", required, None, again)


def _counts(one: CheckStatement, spec: GateSpec) -> bool:
    allowed = {principal.strip().casefold() for principal in spec.by}
    return any(name.strip().casefold() in allowed for name in one.names | {one.principal})

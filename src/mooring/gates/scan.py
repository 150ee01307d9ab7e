"""Whether somebody looked into the files of the version that comes, and found nothing that could run."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.environment import GateSpec
from mooring.domain.proof import ScanState
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.approvals import is_requester
from mooring.gates.gate import CheckStatement, Evidence

GATE = "scan"
CHECK = "scan"
"""The check that a statement about a scan is about."""


def assess(spec: GateSpec, evidence: Evidence) -> Iterator[Verdict]:
    """The verdict of one `scan: required`.

    The bytes decide where they can be reached. What is refused here or by the word of anybody who counts fails, and
    so does what nobody could judge. Whose word counts: the principals in `by`, else anybody but the requester.
    """
    if spec.scan is None or not evidence.brings_a_version or evidence.after is None:
        return
    ref = f"{evidence.model}@{evidence.after.version}"
    here = evidence.scan
    said = [one for one in evidence.checks if one.check == CHECK and _counts(one, spec, evidence)]
    refused = next((one for one in said if not one.passed), None)
    passed = next((one for one in said if one.passed), None)
    if here is not None and here.state is ScanState.REFUSED:
        yield _failed(f"{ref} was scanned here: {'; '.join(here.reasons)}", "refused")
    elif refused is not None:
        why = f": {refused.detail}" if refused.detail is not None else ""
        yield _failed(f"{ref} is refused by the scan of {refused.principal}{why}", "refused")
    elif here is not None and here.state is ScanState.CLEAN:
        yield Verdict(
            GATE, GateState.PASS, f"{ref} was scanned here: nothing in it can run", "clean", "clean"
        )
    elif passed is not None:
        yield Verdict(GATE, GateState.PASS, f"{ref} was scanned, says {passed.principal}", "clean", "clean")
    elif here is not None:
        yield _failed(
            f"{ref} was scanned here: {'; '.join(here.reasons) or 'it could not be judged'}", "unknown"
        )
    else:
        who = f"By {' or '.join(spec.by)}" if spec.by else "By somebody else who can read its bytes"
        remedy = f"{who}: mooring scan {evidence.branch} --attest"
        reason = f"nobody whose word counts has scanned {ref}"
        yield Verdict(GATE, GateState.PENDING, reason, "not scanned", "clean", None, remedy)


def _failed(reason: str, observed: str) -> Verdict:
    return Verdict(GATE, GateState.FAIL, reason, observed, "clean")


def _counts(one: CheckStatement, spec: GateSpec, evidence: Evidence) -> bool:
    names = one.names | {one.principal}
    if not spec.by:
        return not is_requester(names, evidence.requester)
    allowed = {principal.strip().casefold() for principal in spec.by}
    return any(name.strip().casefold() in allowed for name in names)

"""Whether somebody looked into the files of the version that comes, and found nothing that could run."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.environment import GateSpec
from mooring.domain.proof import ScanState
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import Evidence

GATE = "scan"


def assess(spec: GateSpec, evidence: Evidence) -> Iterator[Verdict]:
    """The verdict of one `scan: required`.

    What was scanned here counts most; else the signed statement of somebody that it was scanned elsewhere. A scan that
    cannot judge a file fails as one that refuses it does.
    """
    if spec.scan is None or not evidence.brings_a_version or evidence.after is None:
        return
    ref = f"{evidence.model}@{evidence.after.version}"
    seen = evidence.scan
    if seen is None:
        who = f"By {' or '.join(spec.by)}" if spec.by else "By somebody who can read the bytes"
        reason = f"nobody has scanned {ref}. {who}: mooring scan {ref} --to {evidence.environment} --attest"
        yield Verdict(GATE, GateState.PENDING, reason, "not scanned", "clean")
        return
    where = f"scanned by {seen.by}" if seen.by is not None else "scanned here"
    if seen.state is ScanState.CLEAN:
        yield Verdict(GATE, GateState.PASS, f"{ref} was {where}: nothing in it can run", "clean", "clean")
        return
    why = "; ".join(seen.reasons) or "it could not be judged"
    yield Verdict(GATE, GateState.FAIL, f"{ref}, {where}: {why}", str(seen.state), "clean")

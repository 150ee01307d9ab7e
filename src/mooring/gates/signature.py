"""Whether the version that comes is signed, by a key that main knew before the change."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.environment import GateSpec
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import Evidence

GATE = "signature"


def assess(spec: GateSpec, evidence: Evidence) -> Iterator[Verdict]:
    """The verdict of one `signature: required`; with `by` one of these principals must have signed.

    An unsigned version is pending: it can still be signed. A signature that is wrong, or of somebody else, fails for
    ever, because `signature.json` never changes.
    """
    if spec.signature is None or not evidence.brings_a_version or evidence.after is None:
        return
    ref = f"{evidence.model}@{evidence.after.version}"
    pool = " or ".join(spec.by)
    wanted = f"signed by {pool}" if pool else "signed"
    seen = evidence.signature
    if seen is None or not seen.is_signed:
        remedy = f"{f'By {pool}' if pool else 'Sign it'}: mooring sign {ref}"
        yield Verdict(GATE, GateState.PENDING, f"{ref} is not signed", "unsigned", wanted, None, remedy)
        return
    who = ", ".join(signer.principal for signer in seen.signers)
    fitting = [signer for signer in seen.signers if signer.is_one_of(spec.by)]
    if fitting:
        yield Verdict(GATE, GateState.PASS, f"{ref} is signed by {fitting[0].principal}", who, wanted)
    elif seen.problems:
        yield Verdict(GATE, GateState.FAIL, f"{ref}: {'; '.join(seen.problems)}", who or "wrong", wanted)
    else:
        reason = f"{ref} is signed by {who}, and {evidence.environment} wants it {wanted}"
        yield Verdict(GATE, GateState.FAIL, reason, who, wanted)

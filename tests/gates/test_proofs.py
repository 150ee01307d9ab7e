"""The gates of signatures and scans: whose word counts, and what bytes that can be reached say against it."""

from __future__ import annotations

import pytest

from mooring.domain.environment import GateSpec
from mooring.domain.pointer import Pointer
from mooring.domain.proof import ProvenSigner, ScanFacts, ScanState, SignatureFacts
from mooring.domain.verdict import GateState
from mooring.gates import scan, signature
from mooring.gates.gate import CheckStatement, Evidence, Undoing
from tests.support.builder import promotion_id

ALEX, SAM, KIM = "alex@example.com", "sam@example.com", "kim@example.com"
POINTER = Pointer(
    version="1.1.0",
    manifest="sha256:" + "0" * 64,
    promotion=promotion_id(2),
    replaces="1.0.0",
    reason="Better",
    requested_by=f"Alex <{ALEX}>",
)


def evidence(**facts: object) -> Evidence:
    return Evidence("production", "iris", None, POINTER, POINTER.requested_by, **facts)  # type: ignore[arg-type]


def by(*names: str) -> ProvenSigner:
    return ProvenSigner(names[0], frozenset(names), "SHA256:x")


def said(who: str, *, passed: bool) -> CheckStatement:
    return CheckStatement("scan", passed, who, frozenset({who}), "SHA256:x")


SIGNATURES = {
    "nobody signed": (None, (), GateState.PENDING),
    "the file is missing": (SignatureFacts(is_signed=False), (), GateState.PENDING),
    "somebody signed": (SignatureFacts(is_signed=True, signers=(by(SAM),)), (), GateState.PASS),
    "who must signed": (SignatureFacts(is_signed=True, signers=(by(SAM),)), (KIM, SAM), GateState.PASS),
    "by another of their names": (
        SignatureFacts(is_signed=True, signers=(by(SAM, KIM),)),
        (KIM,),
        GateState.PASS,
    ),
    "somebody else signed": (SignatureFacts(is_signed=True, signers=(by(SAM),)), (KIM,), GateState.FAIL),
    "it is wrong": (SignatureFacts(is_signed=True, problems=("bad signature",)), (), GateState.FAIL),
    "one of two is wrong": (
        SignatureFacts(is_signed=True, signers=(by(SAM),), problems=("kim's does not count",)),
        (SAM,),
        GateState.PASS,
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_is_judged(name: str) -> None:
    facts, principals, state = SIGNATURES[name]
    spec = GateSpec(signature="required", by=principals)
    (found,) = signature.assess(spec, evidence(signature=facts))

    assert found.state is state
    assert (found.remedy is not None) is (state is GateState.PENDING)


CLEAN, REFUSED = ScanFacts(ScanState.CLEAN), ScanFacts(ScanState.REFUSED, ("model.pkl: it names os.system",))
UNKNOWN = ScanFacts(ScanState.UNKNOWN, ("model.pkl: it cannot be judged",))
PASSED, FAILED = (said(SAM, passed=passed) for passed in (True, False))
SCANS = {
    "nothing is known": (None, (), (), GateState.PENDING),
    "clean here": (CLEAN, (), (), GateState.PASS),
    "refused here, and somebody says it passed": (REFUSED, (PASSED,), (), GateState.FAIL),
    "clean here, and somebody who counts refused it": (CLEAN, (FAILED,), (), GateState.FAIL),
    "nobody can tell": (UNKNOWN, (), (), GateState.FAIL),
    "not judged here, and somebody says it passed": (UNKNOWN, (PASSED,), (), GateState.PASS),
    "out of reach here, and somebody says it passed": (None, (PASSED,), (), GateState.PASS),
    "only the requester says it passed": (None, (said(ALEX, passed=True),), (), GateState.PENDING),
    "somebody else than who must says it passed": (None, (PASSED,), (KIM,), GateState.PENDING),
    "somebody whose word does not count refused it": (CLEAN, (FAILED,), (KIM,), GateState.PASS),
    "who must says it passed": (None, (said(KIM, passed=True),), (KIM,), GateState.PASS),
}


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_is_judged(name: str) -> None:
    here, statements, principals, state = SCANS[name]
    spec = GateSpec(scan="required", by=principals)
    (found,) = scan.assess(spec, evidence(scan=here, checks=statements))

    assert found.state is state


def test_a_rollback_waits_for_neither() -> None:
    back = evidence(undoing=Undoing.PREVIOUS)
    assert list(signature.assess(GateSpec(signature="required"), back)) == []
    assert list(scan.assess(GateSpec(scan="required"), back)) == []

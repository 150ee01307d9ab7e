"""Parents before children: what a version was made from must have been live where it is to go."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.environment import GateSpec
from mooring.domain.events import PointerHistory
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import Evidence


def assess(spec: GateSpec, evidence: Evidence) -> Iterator[Verdict]:
    """One verdict for each parent that the manifest names; a version without parents passes."""
    if spec.parents is None or not evidence.brings_a_version:
        return
    if evidence.parents is None:
        yield Verdict("parents", GateState.FAIL, f"the manifest of {evidence.model} cannot be read")
        return
    if not evidence.parents:
        yield Verdict("parents", GateState.PASS, "it was made from no other model")
    for parent, history in evidence.parents.items():
        yield _verdict(parent, history, evidence.environment)


def _verdict(parent: str, history: PointerHistory, environment: str) -> Verdict:
    _, _, version = parent.partition("@")
    gate, required = f"parent {parent}", f"live in {environment}, now or before"
    live = history.pointer.version if history.pointer is not None else None
    undone = history.undone_versions.get(version)
    if live == version:
        return Verdict(gate, GateState.PASS, f"{parent} is live in {environment}", "live", required)
    if undone is not None:
        reason = f"{parent} left {environment} by a rollback (of promotion {undone})"
        return Verdict(gate, GateState.FAIL, reason, "rolled back", required)
    if version in history.versions_live():
        return Verdict(gate, GateState.PASS, f"{parent} was live in {environment}", "was live", required)
    reason = f"{parent} was never live in {environment}"
    command = f"First: mooring promote {parent} --to {environment} --reason '...'"
    return Verdict(gate, GateState.PENDING, reason, "never live", required, None, command)

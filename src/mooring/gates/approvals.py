"""How many people other than the requester must have approved exactly this change."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mooring.domain.environment import Policy, RollbackMode
from mooring.domain.people import is_one_of
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import Approver, Evidence, Undoing


def required(policy: Policy, evidence: Evidence) -> int:
    """How many approvals a change needs under the policy of its base.

    A version that comes back after a rollback needs one that is not the requester's, whatever the policy says
    (DESIGN 4.3). The state directly before the current promotion returns without any where rollbacks are direct.
    """
    if _returns_freely(policy, evidence):
        return 0
    overrides = (
        evidence.undoing is Undoing.NO and evidence.after is not None and evidence.after.override is not None
    )
    return max(policy.approvals.required, 1 if overrides else 0)


def _returns_freely(policy: Policy, evidence: Evidence) -> bool:
    return evidence.undoing is Undoing.PREVIOUS and policy.rollback is RollbackMode.DIRECT


def counted(policy: Policy, evidence: Evidence) -> tuple[Approver, ...]:
    """The approvers that count: allowed by the policy, not the requester, each person once."""
    people: list[tuple[Approver, set[str]]] = []
    for approver in sorted(evidence.approvers, key=lambda one: one.principal):
        names = approver.names | {approver.principal}
        if is_requester(names, evidence.requester):
            continue
        if policy.approvals.principals and not _allowed(names, policy.approvals.principals):
            continue
        marks = {name.casefold() for name in names} | ({approver.key} if approver.key is not None else set())
        # Two names that share a key are one person, and so is everybody whom they connect.
        same = [person for person in people if person[1] & marks]
        people = [person for person in people if person not in same]
        people.append((same[0][0] if same else approver, marks.union(*(person[1] for person in same))))
    return tuple(approver for approver, _ in people)


def assess(policy: Policy, evidence: Evidence) -> Iterator[Verdict]:
    """Whether enough people approved and, in an environment with `signed: true`, the requester signed the request."""
    needed, have = required(policy, evidence), counted(policy, evidence)
    if policy.signed and not _returns_freely(policy, evidence) and not evidence.request_is_proven:
        reason = f"{evidence.environment} takes signed requests only, and {evidence.requester} has not signed this one"
        remedy = f"By {evidence.requester}: mooring approve {evidence.branch} --as-requester"
        yield Verdict(
            "signed request", GateState.PENDING, reason, "unsigned", "signed by the requester", None, remedy
        )
    if not needed:
        if policy.approvals.required:
            yield Verdict("approvals", GateState.PASS, "the state before returns without approvals", "0", "0")
        return
    who = ", ".join(approver.principal for approver in have)
    if len(have) >= needed:
        yield Verdict("approvals", GateState.PASS, f"approved by {who}", str(len(have)), str(needed))
        return
    pool = f" of {', '.join(policy.approvals.principals)}" if policy.approvals.principals else ""
    missing = needed - len(have)
    reason = (
        f"{missing} approval{'s' if missing > 1 else ''}{pool} missing"
        f"{f' (approved by {who})' if who else ''}; {evidence.requester}, who asks for it, cannot approve"
    )
    who_else = " or ".join(policy.approvals.principals) or "somebody else"
    remedy = f"By {who_else}: mooring approve {evidence.branch}"
    yield Verdict("approvals", GateState.PENDING, reason, str(len(have)), str(needed), None, remedy)


def is_requester(names: Collection[str], requester: str) -> bool:
    """Whether one of a person's `names` is the requester: the whole `Name <address>`, or its address."""
    return is_one_of(names, requester)


def _allowed(names: Collection[str], principals: Collection[str]) -> bool:
    allowed = {principal.strip().casefold() for principal in principals}
    return any(name.strip().casefold() in allowed for name in names)

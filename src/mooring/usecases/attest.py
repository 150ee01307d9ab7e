"""Say, signed, how a check of a proposal ended: what continuous integration does after it ran one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mooring.domain import layout
from mooring.domain.environment import GateSpec, Policy
from mooring.domain.text import hidden_character
from mooring.errors import RefusedError, UsageError
from mooring.gates.approvals import is_requester
from mooring.gates.scan import CHECK as SCAN
from mooring.stores import signing
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.statement import CheckResult, Role, Statement, check_ref
from mooring.stores.forge.votes import allowed_signers
from mooring.stores.hub import Hub
from mooring.usecases.proposals import select
from mooring.usecases.speaking import names_of, principal_of, refuse_outdated, subject_of

LONGEST_DETAIL = 500


class AttestOutcome(StrEnum):
    """What became of an attestation."""

    ATTESTED = "attested"
    ALREADY = "already-attested"
    WOULD_ATTEST = "would-attest"


@dataclass(frozen=True, slots=True)
class Attested:
    """How a check ended, by whose word, and where that lies. `key` is its fingerprint, None where it is unsigned."""

    proposal: Proposal
    principal: str
    result: CheckResult
    outcome: AttestOutcome
    ref: str
    key: str | None


def attest(
    hub: Hub,
    selector: str,
    result: CheckResult,
    *,
    environment: str | None = None,
    key: Path | None = None,
    principal: str | None = None,
    now: int,
    dry_run: bool = False,
) -> Attested:
    """Say that a check of exactly this change ended as `result` tells; what was said of it before is replaced.

    See `proposals.select` for `selector` and `environment`, and `approve.approve` for `key` and `principal`. Asked
    twice, the second time changes nothing. Raises RefusedError where no gate asks for this check by this person,
    NotFoundError, UsageError, UnavailableError.
    """
    _refuse_unreadable(result.detail)
    proposal = select(local.proposals(hub, hub.refresh()), selector, environment)
    subject = subject_of(proposal)
    refuse_outdated(hub, proposal, subject)
    signers = signing.parse_signers(allowed_signers(hub.registry()))
    with signing.signing_key(hub.repository, key) as found:
        who = principal_of(signers, found, principal)
        _refuse_unasked(hub, proposal, result.name, names_of(signers, found, who))
        ref = check_ref(subject.key, result.name, who)
        fingerprint = found.fingerprint if found is not None else None
        ballot = local.ballot(hub, hub.tip(), subject, vouched=found is None)
        if any(vote.principal == who and vote.check == result for vote in ballot.votes):
            return Attested(proposal, who, result, AttestOutcome.ALREADY, ref, fingerprint)
        if not dry_run:
            local.write_statement(hub, Statement(subject, who, Role.CHECK, result), key=found, now=now)
        outcome = AttestOutcome.WOULD_ATTEST if dry_run else AttestOutcome.ATTESTED
        return Attested(proposal, who, result, outcome, ref, fingerprint)


def _refuse_unreadable(detail: str | None) -> None:
    if detail is None:
        return
    if not detail.strip() or len(detail) > LONGEST_DETAIL:
        raise UsageError(f"a detail is one line of 1 to {LONGEST_DETAIL} characters")
    if (problem := hidden_character(detail)) is not None:
        raise UsageError(f"the detail cannot be kept: {problem}", "Write it in one line of plain text.")


def _refuse_unasked(hub: Hub, proposal: Proposal, check: str, names: frozenset[str]) -> None:
    """Raise RefusedError where the word of `names` about `check` would count for nothing."""
    environment = proposal.environment or ""
    asked = [spec for spec in _checks(hub, environment) if spec.holds_for(proposal.model)]
    wanted = [spec for spec in asked if check == (SCAN if spec.scan is not None else spec.check)]
    if not wanted:
        there = ", ".join(sorted({spec.check or SCAN for spec in asked})) or "none"
        raise RefusedError(
            f"{environment} asks for no check {check!r} of {proposal.model}",
            f"The checks that it asks for: {there}.",
        )
    if check == SCAN and any(spec.scan is not None and not spec.by for spec in wanted):
        _refuse_requester(proposal, names)
        return
    allowed = {one.strip().casefold() for spec in wanted for one in spec.by}
    if not allowed & {name.strip().casefold() for name in names}:
        by = ", ".join(dict.fromkeys(one for spec in wanted for one in spec.by))
        raise RefusedError(
            f"{environment} takes the word of {by} about {check}, and not of {', '.join(sorted(names))}"
        )


def _refuse_requester(proposal: Proposal, names: frozenset[str]) -> None:
    if is_requester(names, proposal.requester):
        raise RefusedError(
            f"{proposal.requester} asks for the {proposal.title}, and somebody else's word about its scan is wanted",
            f"Somebody else: mooring scan {proposal.branch} --attest",
        )


def _checks(hub: Hub, environment: str) -> list[GateSpec]:
    policy = hub.registry().load(layout.policy_path(environment), Policy)
    if not isinstance(policy, Policy):
        return []
    return [spec for spec in policy.gates if spec.check is not None or spec.scan is not None]

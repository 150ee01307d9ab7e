"""Approve a proposal, sign one's own request, or take either back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.errors import RefusedError
from mooring.gates.approvals import is_requester
from mooring.stores import signing
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.statement import Role, Statement, statement_ref
from mooring.stores.forge.votes import allowed_signers
from mooring.stores.hub import Hub
from mooring.usecases.proposals import select
from mooring.usecases.speaking import names_of, principal_of, refuse_outdated, subject_of


class ApprovalOutcome(StrEnum):
    """What became of an approval."""

    APPROVED = "approved"
    ALREADY = "already-approved"
    WOULD_APPROVE = "would-approve"


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval: of which proposal, by whom, where it lies. `key` is the fingerprint, None where it is unsigned."""

    proposal: Proposal
    principal: str
    role: Role
    outcome: ApprovalOutcome
    ref: str
    key: str | None


def approve(
    hub: Hub,
    selector: str,
    *,
    environment: str | None = None,
    key: Path | None = None,
    principal: str | None = None,
    now: int,
    dry_run: bool = False,
) -> Approved:
    """Say, signed, that exactly this change may be made; see `proposals.select` for `selector` and `environment`.

    `key` is an SSH key (else Git's `user.signingKey`); main's `.mooring/allowed_signers` says whose it is, and
    `principal` which of its names to use. Without any key `principal` approves unsigned, for a server that vouches.
    Asked twice, the second time changes nothing. Raises RefusedError for the requester, for a key that nobody knows and
    for what needs no approval, NotFoundError, UsageError, UnavailableError.
    """
    proposal = select(local.proposals(hub, hub.refresh()), selector, environment)
    return _state(hub, proposal, Role.APPROVE, key=key, principal=principal, now=now, dry_run=dry_run)


def sign_request(
    hub: Hub,
    selector: str,
    *,
    environment: str | None = None,
    key: Path | None = None,
    principal: str | None = None,
    now: int,
    dry_run: bool = False,
) -> Approved:
    """Prove, signed, that one asks for a change oneself, as an environment with `signed: true` wants it.

    Parameters and errors are those of `approve`; RefusedError for anybody but the requester.
    """
    proposal = select(local.proposals(hub, hub.refresh()), selector, environment)
    return _state(hub, proposal, Role.REQUEST, key=key, principal=principal, now=now, dry_run=dry_run)


def retract(
    hub: Hub,
    selector: str,
    *,
    environment: str | None = None,
    key: Path | None = None,
    principal: str | None = None,
    now: int,
    dry_run: bool = False,
) -> Approved:
    """Take back, signed, what one said about a proposal: it counts no more.

    Parameters and errors are those of `approve`. The earlier statement is replaced and not deleted: a server cannot
    know who deletes, but it can see who signs.
    """
    proposal = select(local.proposals(hub, hub.refresh()), selector, environment)
    return _state(hub, proposal, Role.RETRACT, key=key, principal=principal, now=now, dry_run=dry_run)


def _state(
    hub: Hub,
    proposal: Proposal,
    role: Role,
    *,
    key: Path | None,
    principal: str | None,
    now: int,
    dry_run: bool,
) -> Approved:
    subject = subject_of(proposal)
    refuse_outdated(hub, proposal, subject)
    signers = signing.parse_signers(allowed_signers(hub.registry()))
    with signing.signing_key(hub.repository, key) as found:
        who = principal_of(signers, found, principal)
        _refuse_wrong_person(hub, proposal, role, names_of(signers, found, who))
        ref = statement_ref(subject.key, who)
        fingerprint = found.fingerprint if found is not None else None
        said = {
            vote.principal: vote
            for vote in local.ballot(hub, hub.tip(), subject, vouched=found is None).votes
            if vote.check is None
        }
        if who in said and said[who].role is role:
            return Approved(proposal, who, role, ApprovalOutcome.ALREADY, ref, said[who].key)
        if dry_run:
            return Approved(proposal, who, role, ApprovalOutcome.WOULD_APPROVE, ref, fingerprint)
        local.write_statement(hub, Statement(subject, who, role), key=found, now=now)
        return Approved(proposal, who, role, ApprovalOutcome.APPROVED, ref, fingerprint)


def _refuse_wrong_person(hub: Hub, proposal: Proposal, role: Role, names: frozenset[str]) -> None:
    asks = is_requester(names, proposal.requester)
    if role is Role.REQUEST and not asks:
        raise RefusedError(f"{proposal.requester} asks for this, and nobody else can sign the request")
    if role is not Role.APPROVE:
        return
    if asks:
        raise RefusedError(
            f"{proposal.requester} asks for the {proposal.title} and cannot approve it",
            "Somebody else must: mooring approve " + proposal.branch,
        )
    policy = hub.registry().load(layout.policy_path(proposal.environment or ""), Policy)
    allowed = policy.approvals.principals if isinstance(policy, Policy) else ()
    if allowed and not {name.casefold() for name in names} & {name.casefold() for name in allowed}:
        raise RefusedError(
            f"{proposal.environment} takes approvals of {', '.join(allowed)} only, "
            f"and not of {', '.join(sorted(names))}"
        )

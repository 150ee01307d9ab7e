"""Roll back where a forge guards main: a pull request that is merged at once when the policy says that it may be."""

from __future__ import annotations

from dataclasses import replace

from mooring.domain.reasons import check_reason
from mooring.errors import RefusedError, UnavailableError
from mooring.stores.forge import local
from mooring.stores.forge.port import Forge, ForgeError, MergeState
from mooring.stores.forge.proposal import Proposal
from mooring.stores.hub import Hub
from mooring.usecases.merge_at_forge import BodyOf
from mooring.usecases.offering import Offer, offer, offer_of
from mooring.usecases.proposals import select
from mooring.usecases.rollback import (
    PresenceOf,
    RollbackOutcome,
    RollbackRequest,
    RolledBack,
    plan_on,
    propose,
)

EXPEDITED = "Merged-At-Once: the policy says 'rollback: direct'"
"""The trailer by which an audit tells a rollback that nobody reviewed."""


def rollback_at(
    hub: Hub,
    forge: Forge,
    request: RollbackRequest,
    *,
    presence: PresenceOf,
    body_of: BodyOf,
    dry_run: bool = False,
) -> RolledBack:
    """Undo a promotion by a pull request, merged through the API where the policy lets rollbacks be direct.

    Whether the forge lets it through without a review is the forge's to say (its ruleset's bypass list); where it does
    not, or fails, the rollback stays a proposal and says why. Raises as `rollback.rollback` does.
    """
    request = replace(request, reason=check_reason(request.reason))
    hub.require_remote()
    plan = plan_on(hub, hub.refresh(), request, presence)
    if plan.outcome is RollbackOutcome.ALREADY or dry_run:
        return plan
    may_merge = plan.outcome is RollbackOutcome.WOULD_DO
    proposed = propose(hub, plan, request)
    proposal = select(local.proposals(hub, plan.base), proposed.branch or "")
    if proposal.problem is not None:
        raise RefusedError(f"{proposal.branch} cannot be merged: {proposal.problem}")
    wanted = offer_of(hub.registry(plan.base), proposal, body_of(proposal))
    if may_merge:
        wanted = replace(wanted, labels=(*wanted.labels, "expedited"))
    try:
        return _through(hub, forge, wanted, proposed, proposal, may_merge=may_merge)
    except (ForgeError, UnavailableError) as error:
        # The branch is there, and whoever is awake reads first that nothing was rolled back.
        return replace(
            proposed, why_proposed=f"the forge failed ({error.message}); run the same command again"
        )


def _through(
    hub: Hub, forge: Forge, wanted: Offer, proposed: RolledBack, proposal: Proposal, *, may_merge: bool
) -> RolledBack:
    opened = offer(forge, wanted).request
    if opened is None:
        raise RefusedError(
            f"{wanted.branch} has nothing that {wanted.base} has not", "Look: mooring status; then ask again."
        )
    proposed = replace(proposed, url=opened.url)
    if not may_merge:
        return proposed
    title, _, message = proposal.message.partition("\n")
    message = f"{message.strip()}\n{EXPEDITED}"
    result = forge.merge(opened.number, head=proposal.commit, title=title, message=message)
    if result.state is MergeState.NOT_READY:
        return replace(proposed, why_proposed=f"the forge does not merge it yet ({result.reason})")
    hub.refresh()
    return replace(proposed, outcome=RollbackOutcome.DONE, branch=None, commit=result.commit)

"""Merge a proposal through its forge: judged here as any merge, and carried out there on the commit that was judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mooring.domain.finding import Level
from mooring.errors import MooringError, RefusedError
from mooring.stores.forge import local
from mooring.stores.forge.port import ChangeRequest, Forge, MergeState
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.reviews import ballot_of
from mooring.stores.forge.votes import Ballot
from mooring.stores.hub import Hub
from mooring.usecases.merge import Merged, MergeOutcome, NotReadyError, judged
from mooring.usecases.offering import Offer, offer, offer_of
from mooring.usecases.proposals import merged_already, select

if TYPE_CHECKING:
    from mooring.domain.registry import Registry

BodyOf = Callable[[Proposal], str]


def merge_at(
    hub: Hub,
    forge: Forge,
    selector: str,
    *,
    body_of: BodyOf,
    environment: str | None = None,
    now: int,
    dry_run: bool = False,
) -> Merged:
    """Bring a proposal to main by the forge's squash merge; its reviews count as approvals.

    `body_of` writes the pull request where nobody opened one yet. Raises as `merge.merge` does, NotReadyError with the
    forge's own words where it wants something more, ForgeError, and RefusedError where main is not what was judged.
    """
    hub.require_remote()
    hub = replace(hub, fetches_to_scan=True)
    tip = hub.refresh()
    found = local.proposals(hub, tip)
    note = None
    try:
        proposal = select(found, selector, environment)
    except MooringError:
        note = merged_already(hub, tip, selector, environment)
        if note is None:
            raise
        return Merged(MergeOutcome.ALREADY, None, tip, note=note)
    request = forge.find(proposal.branch)
    try:
        done = judged(hub, tip, proposal, now=now, said=_said(forge, request, proposal, hub.registry(tip)))
    except NotReadyError as waiting:
        if request is not None:
            waiting.hint = f"Reviews count too: {request.url}\n{waiting.hint}"
        raise
    if dry_run:
        return done
    if request is None:
        request = _opened(forge, offer_of(hub.registry(tip), proposal, body_of(proposal)))
    title, _, message = _message(hub, done, proposal).partition("\n")
    result = forge.merge(request.number, head=proposal.commit, title=title, message=message.strip("\n"))
    if result.state is MergeState.NOT_READY:
        raise NotReadyError(proposal, done.verdicts, [f"{request.url}: {result.reason}"])
    return _landed(hub, done, proposal, result.commit)


def _said(forge: Forge, request: ChangeRequest | None, proposal: Proposal, registry: Registry) -> Ballot:
    if request is None:
        return Ballot((), ())
    people = registry.settings.people
    return ballot_of(forge.reviews(request.number), head=proposal.commit, people=people)


def _opened(forge: Forge, wanted: Offer) -> ChangeRequest:
    request = offer(forge, wanted).request
    if request is None:
        raise RefusedError(
            f"{wanted.branch} has nothing that {wanted.base} has not", "There is nothing to merge."
        )
    return request


def _message(hub: Hub, done: Merged, proposal: Proposal) -> str:
    """The message that a merge here would have: that of the proposal and who approved it."""
    if done.commit is None:
        return proposal.message
    return next(hub.repository.first_parent(done.commit)).message


def _landed(hub: Hub, done: Merged, proposal: Proposal, commit: str | None) -> Merged:
    """Look at what the forge made of it, and take the branch away."""
    from mooring.rules.engine import check_change
    from mooring.stores.git.remote import RefUpdate

    tip = hub.refresh()
    if commit is None or not hub.repository.on_first_parent_chain(commit, tip):
        raise RefusedError(
            f"the forge says that it merged {proposal.branch}, and {hub.branch} does not show it",
            "Look at the pull request, and run: mooring history",
        )
    # Main may have moved between the judgement and the merge: two changes that are right can be wrong together.
    (parent, *_) = hub.repository.parents(commit)
    wrong = [found for found in check_change(hub.change(parent, commit)) if found.level is Level.ERROR]
    if wrong:
        raise RefusedError(
            f"{proposal.branch} was merged as {commit[:12]}, and main moved meanwhile: "
            f"{wrong[0].place}: [{wrong[0].rule}] {wrong[0].message}",
            f"Undo it: mooring rollback {proposal.model} --in {proposal.environment} --reason '...'"
            if proposal.environment is not None
            else "Run: mooring check --all",
        )
    # Many forges delete the branch themselves; one that stays is no proposal any more.
    if proposal.branch in hub.branches(proposal.branch):
        hub.push([RefUpdate(None, f"refs/heads/{proposal.branch}", proposal.commit)])
        hub.fetch()
    return replace(done, outcome=MergeOutcome.MERGED, commit=commit)

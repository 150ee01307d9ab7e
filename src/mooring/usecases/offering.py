"""Offer a branch for review at a forge: one pull request a branch, however often it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.registry import Registry
from mooring.gates.approvals import is_requester
from mooring.stores.forge.port import (
    AlreadyOpenError,
    ChangeRequest,
    Forge,
    ForgeError,
    NothingToMergeError,
    Reviewers,
)
from mooring.stores.forge.proposal import Proposal


class OfferOutcome(StrEnum):
    """What became of an offer."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOTHING = "nothing-to-merge"


@dataclass(frozen=True, slots=True)
class Offered:
    """A pull request (None where the branch has nothing that main has not) and what became of it.

    `notes` say what the forge did not do on the side: a label, a reviewer.
    """

    outcome: OfferOutcome
    request: ChangeRequest | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A branch, what the pull request says, and who is to look at it."""

    branch: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: Reviewers = field(default_factory=Reviewers)


def offer_of(registry: Registry, proposal: Proposal, body: str) -> Offer:
    """What a proposal's pull request says; `registry` is main's, whose policy names the reviewers."""
    settings = registry.settings
    labels = ["mooring", str(proposal.kind)]
    logins: list[str] = []
    if proposal.environment is not None:
        labels.append(proposal.environment)
        policy = registry.load(layout.policy_path(proposal.environment), Policy)
        asked = policy.approvals.principals if isinstance(policy, Policy) else ()
        logins = [
            settings.people[principal]
            for principal in asked
            if principal in settings.people and not is_requester([principal], proposal.requester)
        ]
    title = proposal.message.partition("\n")[0]
    return Offer(proposal.branch, settings.branch, title, body, tuple(labels), Reviewers(tuple(logins)))


def offer(forge: Forge, wanted: Offer) -> Offered:
    """Open the pull request of a branch, or bring the one that is there up to date.

    Raises ForgeError, NotFoundError and UnavailableError; the branch stays where it is, and asking again goes on.
    """
    there = forge.find(wanted.branch)
    if there is None:
        try:
            there = forge.open(wanted.branch, base=wanted.base, title=wanted.title, body=wanted.body)
        except NothingToMergeError:
            return Offered(OfferOutcome.NOTHING, None)
        except AlreadyOpenError:
            # Somebody opened it between the two questions.
            there = forge.find(wanted.branch)
            if there is None:
                raise
        else:
            return Offered(OfferOutcome.OPENED, there, _on_the_side(forge, there, wanted, known=()))
    if (there.title, _plain(there.body)) == (wanted.title, _plain(wanted.body)):
        return Offered(OfferOutcome.UNCHANGED, there, _on_the_side(forge, there, wanted, known=there.labels))
    changed = forge.update(there.number, title=wanted.title, body=wanted.body)
    return Offered(OfferOutcome.UPDATED, changed, _on_the_side(forge, there, wanted, known=there.labels))


def _plain(body: str) -> str:
    """A text as it is compared: forges keep other line ends than they were given."""
    return body.replace("\r\n", "\n").strip()


def _on_the_side(
    forge: Forge, request: ChangeRequest, wanted: Offer, *, known: Sequence[str]
) -> tuple[str, ...]:
    """Labels and reviewers: what the forge refuses of these is a note, and no reason to fail."""
    notes: list[str] = []
    fresh = [label for label in wanted.labels if label not in known]
    others = [login for login in wanted.reviewers.logins if login.casefold() != request.author.casefold()]
    try:
        if fresh:
            forge.label(request.number, fresh)
    except ForgeError as error:
        notes.append(f"no labels were added: {error.message}")
    try:
        # Reviewers are asked once: to ask anew takes an approval that is there for stale.
        if others and not known:
            forge.ask(request.number, Reviewers(tuple(others), wanted.reviewers.teams))
    except ForgeError as error:
        notes.append(f"nobody was asked for a review: {error.message}")
    return tuple(notes)

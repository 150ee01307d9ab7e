"""How far each proposal is from being merged: ready, waiting for somebody or for a time, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mooring.errors import MooringError, PendingError
from mooring.stores.forge.proposal import Proposal
from mooring.stores.hub import Hub
from mooring.usecases.merge import judged
from mooring.usecases.proposals import proposals


class Stand(StrEnum):
    """Whether a proposal could be merged now."""

    READY = "ready"
    PENDING = "pending"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """A proposal, whether it could be merged now, and what is missing or in the way."""

    proposal: Proposal
    stand: Stand
    words: str | None = None
    next: str | None = None


def standings(hub: Hub, *, now: int) -> tuple[Standing, ...]:
    """Fetch, and judge everything that waits on main as it is; `now` is in seconds since 1970."""
    found = proposals(hub)
    tip = hub.tip()
    return tuple(_standing(hub, tip, proposal, now=now) for proposal in found)


def _standing(hub: Hub, tip: str, proposal: Proposal, *, now: int) -> Standing:
    try:
        judged(hub, tip, proposal, now=now)
    except PendingError as error:
        return Standing(proposal, Stand.PENDING, error.message, error.hint)
    except MooringError as error:
        return Standing(proposal, Stand.REFUSED, error.message, error.hint)
    return Standing(proposal, Stand.READY, None, f"mooring merge {proposal.branch}")

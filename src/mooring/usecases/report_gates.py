"""Report at the forge what every gate says of a proposal: one status a gate on its newest commit, and one for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mooring.domain.verdict import GateState, Verdict, state_of
from mooring.errors import MooringError
from mooring.stores.forge import local
from mooring.stores.forge.port import ChangeRequest, Forge, Status, StatusState, shortened
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.reviews import ballot_of
from mooring.stores.forge.votes import Ballot
from mooring.stores.hub import Hub
from mooring.usecases.assess import assess
from mooring.usecases.proposals import select

PREFIX: Final = "mooring/"
ALL: Final = "mooring/gates"
"""The status that says what all gates together say: this one a ruleset may require."""

_STATES: Final = {
    GateState.PASS: StatusState.SUCCESS,
    GateState.FAIL: StatusState.FAILURE,
    GateState.PENDING: StatusState.PENDING,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """A proposal, what its gates say all together, and the statuses that were written because they are new."""

    proposal: Proposal
    state: GateState
    written: tuple[Status, ...]


def report_gates(hub: Hub, forge: Forge, selector: str | None = None, *, now_ms: int) -> tuple[Reported, ...]:
    """Fetch, assess one proposal or all of them, and write the statuses that changed.

    A forge keeps a thousand statuses of a commit: what it has already is not written again. Raises ForgeError,
    NotFoundError, UnavailableError; a proposal that cannot be judged is a failure with the reason.
    """
    tip = hub.refresh()
    found = local.proposals(hub, tip)
    wanted = [select(found, selector)] if selector is not None else list(found)
    return tuple(_reported(hub, forge, proposal, now_ms=now_ms) for proposal in wanted)


def _reported(hub: Hub, forge: Forge, proposal: Proposal, *, now_ms: int) -> Reported:
    request = forge.find(proposal.branch)
    url = request.url if request is not None else None
    if proposal.environment is None:
        # Else a ruleset that requires the status would never let a registration pass.
        return _written(forge, proposal, (Status(ALL, StatusState.SUCCESS, "it moves no pointer", url),), ())
    try:
        verdicts = assess(
            hub, proposal.branch, now_ms=now_ms, said_of=lambda one: _said(hub, forge, request, one)
        ).verdicts
    except MooringError as error:
        verdicts = (Verdict("judgement", GateState.FAIL, error.message),)
    return _written(forge, proposal, statuses_of(verdicts, url), verdicts)


def _written(
    forge: Forge, proposal: Proposal, statuses: tuple[Status, ...], verdicts: tuple[Verdict, ...]
) -> Reported:
    there = {status.context: status for status in forge.statuses(proposal.commit)}
    fresh = tuple(status for status in statuses if there.get(status.context) != _as_kept(status))
    for status in fresh:
        forge.set_status(proposal.commit, status)
    return Reported(proposal, state_of(verdicts), fresh)


def _said(hub: Hub, forge: Forge, request: ChangeRequest | None, proposal: Proposal) -> Ballot:
    if request is None:
        return Ballot((), ())
    people = hub.registry(hub.tip()).settings.people
    return ballot_of(forge.reviews(request.number), head=proposal.commit, people=people)


def statuses_of(verdicts: tuple[Verdict, ...], url: str | None) -> tuple[Status, ...]:
    """One status for each gate, and one for all of them; two gates of one name are told apart by a number."""
    statuses: list[Status] = []
    seen: dict[str, int] = {}
    for verdict in verdicts:
        name = "-".join(verdict.gate.split())
        seen[name] = seen.get(name, 0) + 1
        context = f"{PREFIX}{name}" + (f"-{seen[name]}" if seen[name] > 1 else "")
        statuses.append(Status(context, _STATES[verdict.state], verdict.reason, url))
    passed = sum(verdict.state is GateState.PASS for verdict in verdicts)
    words = f"{passed} of {len(verdicts)} gates pass"
    return (*statuses, Status(ALL, _STATES[state_of(verdicts)], words, url))


def _as_kept(status: Status) -> Status:
    """A status as a forge gives it back: with a shortened description."""
    return replace(status, description=shortened(status.description))

"""What waits to be merged, and which one of it somebody means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mooring.domain import layout
from mooring.domain.events import Event, Moment
from mooring.domain.references import SelectorKind, parse_reference
from mooring.errors import NotFoundError, UsageError
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal, ProposalKind
from mooring.stores.hub import Hub

_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}(?:-to-(?:nothing|[0-7][0-9A-HJKMNP-TV-Z]{25}))?")

_BESIDE = (ProposalKind.SIGNATURE, ProposalKind.STATUS)


def proposals(hub: Hub) -> tuple[Proposal, ...]:
    """Fetch, and list everything that waits to be merged, by branch. Raises UnavailableError."""
    return local.proposals(hub, hub.refresh())


def withdraw_proposal(
    hub: Hub, selector: str, *, environment: str | None = None, dry_run: bool = False
) -> Proposal:
    """Delete a proposal's branch if nobody changed it meanwhile; its approvals stay, and count for nothing else."""
    proposal = select(local.proposals(hub, hub.refresh()), selector, environment)
    if not dry_run:
        local.withdraw(hub, proposal)
    return proposal


def reason_of(proposal: Proposal) -> str | None:
    """Why it is asked for. The pointer says it; but the one that a rollback brings back says why it came at first."""
    if proposal.kind is not ProposalKind.ROLLBACK:
        return proposal.after.reason if proposal.after is not None else None
    return Moment(proposal.commit, 0, "", "", proposal.message).trailer("Reason")


def select(found: Sequence[Proposal], selector: str, environment: str | None = None) -> Proposal:
    """The one proposal that is meant.

    `selector` is a branch, a promotion id, a model (with `environment`, where it has several proposals) or
    MODEL@VERSION: a registration, or with `environment` the promotion of that version. Raises UsageError naming them
    where several fit, NotFoundError naming what there is where none does.
    """
    fitting = _fitting(found, selector, environment)
    if len(fitting) == 1:
        return fitting[0]
    where = f" in {environment}" if environment is not None else ""
    if fitting:
        names = ", ".join(proposal.branch for proposal in fitting)
        raise UsageError(
            f"{selector}{where} fits {len(fitting)} proposals: {names}", "Name one of the branches."
        )
    there = ", ".join(proposal.branch for proposal in found) or "none"
    raise NotFoundError(f"nothing is proposed for {selector}{where}", f"Open proposals: {there}.")


def _fitting(found: Sequence[Proposal], selector: str, environment: str | None) -> list[Proposal]:
    branch = selector.removeprefix("refs/heads/")
    exact = [proposal for proposal in found if proposal.branch == branch]
    if exact:
        return exact
    if _ID.fullmatch(selector):
        return [one for one in found if selector in (one.promotion, one.after and one.after.promotion)]
    model, at, _ = selector.partition("@")
    inside = [
        one for one in found if one.model == model and (environment is None or one.environment == environment)
    ]
    if not at:
        # Who names a model means what becomes of it somewhere; a signature or a status waits for nobody.
        return [one for one in inside if one.kind not in _BESIDE] or inside
    version = _version(selector)
    versions = [one for one in inside if one.version == version]
    registrations = [one for one in versions if one.kind is ProposalKind.REGISTRATION]
    return registrations if environment is None and registrations else versions


def _version(selector: str) -> str | None:
    reference = parse_reference(selector)
    if reference.kind is not SelectorKind.VERSION:
        raise UsageError(f"{selector} names no version", "Name the version itself, such as iris@1.2.0.")
    return reference.selector


def merged_already(hub: Hub, tip: str, selector: str, environment: str | None) -> str | None:
    """What main at `tip` has of a selector that fits no proposal (any more), in one line; None where it has nothing."""
    past = hub.history(tip)
    if _ID.fullmatch(selector):
        undone, _, returned = selector.partition("-to-")
        if not returned:
            owner = past.promotion_owner(selector)
            return None if owner is None else f"promotion {selector} is on main since commit {owner[1][:12]}"
        owner = past.promotion_owner(undone)
        place = layout.identify(owner[0]) if owner is not None else None
        if place is None:
            return None
        events = past.of(place.environment or "", place.model or "").events
        gone = [event for event in events if event.undoes == undone and event.promotion == (_id(returned))]
        return _told(gone[-1]) if gone else None
    prefix, _, rest = selector.removeprefix("refs/heads/").partition("/")
    if prefix == "register" and rest:
        model, _, version = rest.rpartition("/")
        return _registered(hub, tip, model, version)
    if prefix == "sign" and rest:
        model, _, version = rest.rpartition("/")
        return _signed(hub, tip, model, version)
    if prefix == "status" and rest:
        model, _, version = rest.rpartition("/")
        return _with_status(hub, tip, model, version)
    if prefix == "promote" and rest.count("/") >= 2:
        where, _, rest = rest.partition("/")
        model, _, version = rest.rpartition("/")
        return _live(hub, tip, where, model, None if version == "withdraw" else version, by_version=True)
    if prefix == "rollback" and rest:
        where, _, model = rest.partition("/")
        newest = past.of(where, model).newest
        return _told(newest) if newest is not None and past.of(where, model).is_rolled_back else None
    model, at, _ = selector.partition("@")
    if environment is None:
        return _registered(hub, tip, model, _version(selector) or "") if at else None
    return _live(hub, tip, environment, model, _version(selector) if at else None, by_version=bool(at))


def _id(returned: str) -> str | None:
    return None if returned == "nothing" else returned


def _registered(hub: Hub, tip: str, model: str, version: str) -> str | None:
    found = (
        hub.repository.blob_ids(tip, [layout.manifest_path(model, version)])[0] if model and version else None
    )
    return f"{model}@{version} is registered on main" if found is not None else None


def _signed(hub: Hub, tip: str, model: str, version: str) -> str | None:
    path = layout.signature_path(model, version)
    found = hub.repository.blob_ids(tip, [path])[0] if model and version else None
    return f"{model}@{version} is signed on main" if found is not None else None


def _with_status(hub: Hub, tip: str, model: str, version: str) -> str | None:
    found = hub.registry(tip).status(model, version) if model and version else None
    return f"{model}@{version} is {found.state} on main" if found is not None else None


def _live(
    hub: Hub, tip: str, environment: str, model: str, version: str | None, *, by_version: bool
) -> str | None:
    newest = hub.history(tip).of(environment, model).newest
    if newest is None or (by_version and newest.version != version):
        return None
    return _told(newest)


def _told(event: Event) -> str:
    what = f"{event.model}@{event.version}" if event.version is not None else f"nothing of {event.model}"
    promotion = f" (promotion {event.promotion})" if event.promotion is not None else ""
    return (
        f"{event.environment} serves {what}{promotion} since commit {event.moment.commit[:12]}, {event.kind}"
    )

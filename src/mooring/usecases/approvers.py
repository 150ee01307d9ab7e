"""Who approved what happened: the signed statements, judged by the list of signers that the change was judged by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mooring.domain import layout
from mooring.domain.events import Event, EventKind
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry
from mooring.gates.approvals import is_requester
from mooring.stores.files import GitFiles
from mooring.stores.forge.statement import Role, Subject, change_key
from mooring.stores.forge.votes import read_ballot
from mooring.stores.hub import Hub

_RESTORING = (EventKind.ROLLED_BACK, EventKind.REVERTED_ROLLBACK)
_MOVES = (*_RESTORING, EventKind.PROMOTED, EventKind.WITHDRAWN, EventKind.REMOVED)


def approvers_of(hub: Hub, events: Iterable[Event]) -> tuple[tuple[str, ...] | None, ...]:
    """For each event the principals whose approval of exactly this change can be believed; None where none is asked.

    What the commit message says of approvals is not looked at: anybody can write it. A statement counts by the keys
    of the commit before the change, as it did when it was merged. The remote must have been fetched: statements are
    refs.
    """
    listed = list(events)
    pointers = _pointers(hub, listed)
    vouched = hub.repository.config("mooring.trustPrincipal") == "true"
    return tuple(
        _approvers(hub, event, pointers, vouched=vouched) if event.kind in _MOVES else None
        for event in listed
    )


def _pointers(hub: Hub, events: list[Event]) -> Mapping[str, Pointer]:
    entries = {
        oid: Entry(event.path, "100644", "blob", oid)
        for event in events
        if event.kind in _MOVES
        for oid in (event.before_blob, event.blob)
        if oid is not None
    }
    files = GitFiles(hub.repository, hub.tip(), hub.cache)
    read = files.documents(list(entries.values()), Pointer)
    return {entry.oid: found for entry, found in read if isinstance(found, Pointer)}


def _approvers(hub: Hub, event: Event, pointers: Mapping[str, Pointer], *, vouched: bool) -> tuple[str, ...]:
    before, after = pointers.get(event.before_blob or ""), pointers.get(event.blob or "")
    key = change_key(before, after, restores=event.kind in _RESTORING)
    tags = hub.approvals(key)
    if not tags:
        return ()
    ballot = read_ballot(
        hub.repository,
        tags,
        Subject(event.path, event.before_blob, event.blob, key),
        signers=_signers_before(hub, event.moment.commit),
        vouched=vouched,
    )
    requester = event.requested_by or event.moment.author
    return tuple(
        vote.principal
        for vote in ballot.votes
        if vote.role is Role.APPROVE and not is_requester(vote.names | {vote.principal}, requester)
    )


def _signers_before(hub: Hub, commit: str) -> bytes:
    parents = hub.repository.parents(commit)
    found = hub.repository.blob_ids(parents[0], [layout.SIGNERS])[0] if parents else None
    return hub.repository.read(found) if found is not None else b""

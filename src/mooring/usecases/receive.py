"""What a bare server accepts: a pointer on main changes only by what was approved before the push (DESIGN section 7).

Runs in Git's `pre-receive`: refs are as they were before the push, pushed objects lie in the quarantine. Whatever the
push brings is data: the rules, policies and signers of main before each commit judge it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from mooring.domain import layout
from mooring.domain.change import Change, FileChange
from mooring.domain.environment import Policy
from mooring.domain.finding import Level
from mooring.domain.layout import FileKind, Identity
from mooring.domain.model import Model
from mooring.domain.registry import Registry
from mooring.domain.verdict import GateState
from mooring.errors import MooringError
from mooring.rules.engine import check_change, check_registry
from mooring.rules.governance import GOVERNING
from mooring.rules.pointer_moves import PointerMove, moves
from mooring.stores.cache import Cache
from mooring.stores.forge.votes import allowed_signers, read_ballot
from mooring.stores.git.repository import CommitRecord
from mooring.stores.hub import Hub
from mooring.stores.registration import strange_file
from mooring.usecases import evidence
from mooring.usecases.pushed import STATEMENTS, RefLine, Refusal
from mooring.usecases.statements import statement_refusals

__all__ = ["POLICY_CHANGES", "TRUST_PRINCIPAL", "Refusal", "in_order", "receive"]

POLICY_CHANGES: Final = "mooring.policyChanges"
"""Set to `allow` in the bare repository's own configuration, its operator lets pushes change how changes are judged."""
TRUST_PRINCIPAL: Final = "mooring.trustPrincipal"
"""Set to `true` there, `MOORING_PRINCIPAL` counts: over file:// whoever pushes could set that variable."""


def receive(hub: Hub, lines: Iterable[RefLine], *, principal: str | None, now: int) -> tuple[Refusal, ...]:
    """Why the push of `lines` to the bare repository of `hub` is refused; empty when it is accepted.

    `principal` is who the server says is pushing (`MOORING_PRINCIPAL`), believed only where the operator said so; `now`
    is in seconds since 1970. Raises UnavailableError and IntegrityError where the repository cannot be read.
    """
    # Files are not fetched, nor looked for in the cache of whoever runs this, while somebody waits for their push.
    hub = replace(hub, artifacts=None)
    trusted = principal if _server_says(hub, TRUST_PRINCIPAL, "true") else None
    found: list[Refusal] = []
    for line in lines:
        if line.ref == hub.main_ref:
            found += _main(hub, line, vouched=trusted is not None, now=now)
        elif line.ref.casefold() == hub.main_ref.casefold():
            found.append(
                Refusal("confusable-branch", line.ref, f"it differs from {hub.main_ref} by capitals only")
            )
        elif line.ref.startswith(STATEMENTS):
            found += statement_refusals(hub, line, trusted)
    return tuple(found)


def _server_says(hub: Hub, key: str, value: str) -> bool:
    # Only the repository's own file: the configuration of whoever pushes over file:// says nothing.
    said = hub.repository.git("config", "--local", "--get", key, ok=(0, 1))
    return said.casefold() == value


def _main(hub: Hub, line: RefLine, *, vouched: bool, now: int) -> Iterator[Refusal]:
    if line.new is None:
        yield Refusal("deleted-main", line.ref, "main is the history of everything that was live; it stays")
        return
    if hub.repository.commit_id(line.new) is None:
        yield Refusal("rewritten-first-parent", line.ref, f"{line.new} is no commit")
        return
    if line.old is None:
        yield from _first_push(hub, line.new)
        return
    if not hub.repository.on_first_parent_chain(line.old, line.new):
        yield Refusal(
            "rewritten-first-parent",
            line.ref,
            f"its tip {line.old[:12]} is not on the first-parent line of {line.new[:12]}: promotions would vanish",
            f"Begin on the line that is there: git fetch && git rebase origin/{hub.branch}, then push again.",
        )
        return
    governing = False
    for record in reversed(list(hub.repository.first_parent(line.new, since=line.old))):
        # What is remembered about a commit in quarantine would outlive a push that is refused.
        at = hub if record.parents[0] == line.old else replace(hub, cache=Cache(None))
        change = at.change(record.parents[0], record.oid)
        # No commit of a push is waived by what an earlier one of the same push brings.
        before = hub.registry(line.old)
        refusals = list(_commit(at, change, record, before, vouched=vouched, now=now))
        if governing:
            refusals += _too_soon(change, record)
        yield from refusals
        if refusals:
            return
        governing = governing or bool(_governing(change))


def _too_soon(change: Change, record: CommitRecord) -> Iterator[Refusal]:
    """Refuse a pointer that would be judged by what the same push brought a commit earlier."""
    for file in change.of_kind(FileKind.POINTER):
        yield Refusal(
            "unreviewed-pointer",
            f"{file.path} (commit {record.oid[:12]})",
            "this push also changes how changes are judged, and nothing is judged by what comes with it",
            "Push the change of policy alone; then propose and merge the promotion.",
        )


def _first_push(hub: Hub, new: str) -> Iterator[Refusal]:
    records = hub.repository.first_parent(new, paths=[layout.ENVIRONMENTS])
    pointers = {
        change.path
        for record in records
        for change in record.changes
        if (identity := layout.identify(change.path)) is not None and identity.kind is FileKind.POINTER
    }
    for path in sorted(pointers):
        yield Refusal(
            "unreviewed-pointer",
            path,
            "the first push to an empty repository holds no pointers: nobody can have approved them",
            "Push the registry without them and promote. To move a registry, its operator runs 'git fetch' inside "
            "the bare repository.",
        )
    for finding in check_registry(hub.registry(new)):
        if finding.level is Level.ERROR and finding.place.path not in pointers:
            yield Refusal(finding.rule, str(finding.place), finding.message, finding.hint)


def _commit(
    hub: Hub, change: Change, record: CommitRecord, before: Registry, *, vouched: bool, now: int
) -> Iterator[Refusal]:
    """Why one commit of main's line is refused, judged by its first parent and with the waivers of `before`."""
    where = f" (commit {record.oid[:12]})"
    broken = False
    for finding in check_change(change, governed_by=before):
        if finding.level is Level.ERROR:
            broken = True
            yield Refusal(finding.rule, f"{finding.place}{where}", finding.message, finding.hint)
    yield from _unguarded(hub, change, where)
    yield from _registration(hub, change, where)
    if not broken:
        for move in moves(change):
            yield from _pointer(hub, change, move, record, where, vouched=vouched, now=now)


def _governing(change: Change) -> list[str]:
    """The changed paths that decide how changes are judged."""
    return [
        file.path
        for file in change.files
        if file.identity is not None
        and (file.identity.kind in GOVERNING or _turns_a_metric(change, file, file.identity))
    ]


def _turns_a_metric(change: Change, file: FileChange, identity: Identity) -> bool:
    """Whether a model that is there already gets other metrics: gates ask `model.yaml` which way one is better.

    With `accuracy` said to be better when lower, a worse version passes every comparison with what is live.
    """
    if identity.kind is not FileKind.MODEL or file.before is None:
        return False
    before, after = change.base.load(file.path, Model), change.head.load(file.path, Model)
    return not (isinstance(before, Model) and isinstance(after, Model) and before.metrics == after.metrics)


def _unguarded(hub: Hub, change: Change, where: str) -> Iterator[Refusal]:
    changed = _governing(change)
    if not changed or not _asks_others(change.base) or _server_says(hub, POLICY_CHANGES, "allow"):
        return
    for path in changed:
        yield Refusal(
            "unguarded-policy-change",
            f"{path}{where}",
            "it decides how changes are judged, and this registry asks for the word of others",
            f"Its operator allows it for a while, in the bare repository: git config {POLICY_CHANGES} allow",
        )


def _asks_others(base: Registry) -> bool:
    """Whether any environment asks for the word of others; a policy that cannot be read may have."""
    for child in base.files.children(layout.ENVIRONMENTS):
        identity = layout.identify(child.path)
        if child.kind != "blob" or identity is None or identity.kind is not FileKind.POLICY:
            continue
        found = base.load(child.path, Policy)
        if not isinstance(found, Policy) or found.approvals.required or found.signed:
            return True
        if any(gate.check or gate.signature or gate.scan for gate in found.gates):
            return True
    return False


def _registration(hub: Hub, change: Change, where: str) -> Iterator[Refusal]:
    added = [file for file in change.of_kind(FileKind.MANIFEST) if file.before is None]
    if not added or added[0].identity is None or added[0].identity.model is None:
        return
    model = added[0].identity.model
    strange = strange_file(hub, change.base.commit or "", model, change.files)
    if strange is not None:
        yield Refusal(
            "bundled-registration",
            f"{strange}{where}",
            f"a registration of {model} changes nothing outside {layout.model_folder(model)}/",
            "Commit it apart from the registration.",
        )


def _pointer(
    hub: Hub, change: Change, move: PointerMove, record: CommitRecord, where: str, *, vouched: bool, now: int
) -> Iterator[Refusal]:
    subject = evidence.subject_of(change, move)
    try:
        ballot = read_ballot(
            hub.repository,
            hub.approvals(subject.key),
            subject,
            signers=allowed_signers(change.base),
            vouched=vouched,
            checks=hub.checks(subject.key),
        )
        author = f"{record.author_name} <{record.author_email}>"
        found = evidence.assess(change, move, ballot, author=author, now=now)
    except MooringError as error:
        yield Refusal("unreviewed-pointer", f"{move.path}{where}", error.message, error.hint)
        return
    doubts = [f"not counted: {doubt.principal}: {doubt.reason}" for doubt in ballot.doubts]
    for verdict in found.verdicts:
        if verdict.state is GateState.PASS:
            continue
        approvals = verdict.gate == "approvals"
        yield Refusal(
            "unreviewed-pointer" if approvals else "failed-gate",
            f"{move.path}{where}",
            "\n".join([f"{verdict.gate}: {verdict.reason}", *(doubts if approvals else [])]),
            _way(move, verdict.state) if approvals else verdict.remedy,
        )


def _way(move: PointerMove, state: GateState) -> str:
    if state is GateState.FAIL:
        return f"Choose another version: {move.command} --reason '...'"
    return (
        f"Propose it ({move.command} --reason '...'), let somebody else approve it (mooring approve), "
        "then: mooring merge. Approvals in the same push do not count."
    )


def in_order(refusals: Sequence[Refusal]) -> str:
    """The refusals as the text that whoever pushed reads: rule and place, what is wrong, what to do."""
    blocks = ["Mooring refuses this push; nothing was changed."]
    for refusal in refusals:
        lines = [f"error[{refusal.rule}] {refusal.place}"]
        lines += [f"  {line}" for line in refusal.message.splitlines()]
        lines += [f"  -> {line}" for line in (refusal.hint or "").splitlines()]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"

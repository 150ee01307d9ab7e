"""The local forge: a plain Git remote whose branches are the proposals and whose signed tags are the approvals."""

from __future__ import annotations

from typing import Final

from mooring.domain.change import FileChange
from mooring.domain.events import judge
from mooring.domain.finding import Unreadable
from mooring.domain.layout import FileKind
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry
from mooring.errors import RefusedError
from mooring.stores.files import decode_blob
from mooring.stores.forge.proposal import Proposal, ProposalKind
from mooring.stores.forge.statement import Statement, Subject, change_key
from mooring.stores.forge.votes import Ballot, allowed_signers, read_ballot, tagged_at
from mooring.stores.git.identity import Identity, Moment
from mooring.stores.git.push import RefUpdate
from mooring.stores.git.repository import CommitRecord
from mooring.stores.hub import Hub
from mooring.stores.registration import strange_file
from mooring.stores.signing import SigningKey

PREFIXES: Final = ("promote/", "rollback/", "register/", "sign/", "status/")
_PLAIN: Final = ("100644", "100755")


def proposals(hub: Hub, tip: str) -> tuple[Proposal, ...]:
    """The branches, as last fetched, that ask for something that main at `tip` does not have yet, by name."""
    found = [
        _read(hub, tip, branch, commit)
        for prefix in PREFIXES
        for branch, commit in sorted(hub.branches(prefix).items())
    ]
    return tuple(proposal for proposal in found if proposal is not None)


def ballot(hub: Hub, tip: str, subject: Subject, *, vouched: bool = False) -> Ballot:
    """What was said about a change, as last fetched, judged by the signers of main at `tip`."""
    return read_ballot(
        hub.repository,
        hub.approvals(subject.key),
        subject,
        signers=allowed_signers(hub.registry(tip)),
        vouched=vouched,
        checks=hub.checks(subject.key),
    )


def write_statement(hub: Hub, statement: Statement, *, key: SigningKey | None, now: int) -> str:
    """Push a statement, signed with `key`, or unsigned for a server that vouches; the id of its tag object.

    Raises RefusedError with the server's words, or where the same person wrote another one meanwhile.
    """
    target = statement.subject.target
    if target is None:
        raise RefusedError("a change from nothing to nothing needs no approval")
    hub.repository.prefetch([target])
    there = hub.repository.refs(statement.ref).get(statement.ref)
    # A server takes a statement in the place of another only if it is newer, so that nobody can replay the older one.
    time = now if there is None else max(now, tagged_at(hub.repository, there) + 1)
    tag = hub.repository.make_tag(
        name=statement.ref.removeprefix("refs/mooring/"),
        target=target,
        message=statement.text,
        time=Moment(time),
        sign_key=key.path if key is not None else None,
    )
    outcome = hub.push([RefUpdate(tag, statement.ref, there or "")])
    if not outcome.ok:
        raise outcome.error(f"the statement of {statement.principal}")
    hub.fetch()
    return tag


def withdraw(hub: Hub, proposal: Proposal) -> None:
    """Delete the branch of a proposal if it still is what was read; raises RefusedError when it is not."""
    outcome = hub.push([RefUpdate(None, f"refs/heads/{proposal.branch}", proposal.commit)])
    if not outcome.ok:
        raise outcome.error(f"the withdrawal of {proposal.branch}")
    hub.fetch()


def _read(hub: Hub, tip: str, branch: str, commit: str) -> Proposal | None:
    """A branch as a proposal; None where main has all of it already."""
    repository = hub.repository
    base = repository.merge_base(commit, tip)
    files = tuple(
        FileChange(
            change.path,
            _entry(change.path, change.old_mode, change.old_oid),
            _entry(change.path, change.new_mode, change.new_oid),
        )
        for change in repository.changed_paths(base, commit)
    )
    now = repository.blob_ids(tip, [file.path for file in files])
    wanted = [file.after.oid if file.after is not None else None for file in files]
    if not files or now == wanted:
        return None
    record = next(repository.first_parent(commit))
    if base is None:
        return _odd(branch, record, tip, files, "it has no commit in common with main")
    if branch.startswith("register/"):
        return _registration(hub, branch, record, base, files)
    if branch.startswith(("sign/", "status/")):
        return _one_file(branch, record, base, files)
    return _pointer_change(hub, branch, record, base, files)


def _entry(path: str, mode: str | None, oid: str | None) -> Entry | None:
    return (
        None
        if mode is None or oid is None
        else Entry(path, mode, "commit" if mode == "160000" else "blob", oid)
    )


def _author(record: CommitRecord) -> Identity:
    return Identity(record.author_name, record.author_email)


def _odd(
    branch: str, record: CommitRecord, base: str, files: tuple[FileChange, ...], problem: str
) -> Proposal:
    """A branch that is no proposal, with what its name says of it."""
    prefix, _, rest = branch.partition("/")
    kind = {
        "promote": ProposalKind.PROMOTION,
        "rollback": ProposalKind.ROLLBACK,
        "register": ProposalKind.REGISTRATION,
        "sign": ProposalKind.SIGNATURE,
        "status": ProposalKind.STATUS,
    }[prefix]
    environment, model = (
        (rest.partition("/")[0], rest.partition("/")[2])
        if prefix in ("promote", "rollback")
        else (None, rest)
    )
    who = _author(record)
    return Proposal(
        branch,
        record.oid,
        base,
        kind,
        model,
        environment,
        None,
        files,
        who,
        str(who),
        record.message,
        problem=problem,
    )


def _registration(
    hub: Hub, branch: str, record: CommitRecord, base: str, files: tuple[FileChange, ...]
) -> Proposal:
    manifests = [file.identity for file in files if file.identity and file.identity.kind is FileKind.MANIFEST]
    if len(manifests) != 1 or manifests[0].model is None:
        return _odd(branch, record, base, files, f"it registers {len(manifests)} versions, not one")
    model, version = manifests[0].model, manifests[0].version
    who = _author(record)
    outside = strange_file(hub, base, model, files)
    links = [file.path for file in files if file.after is not None and file.after.mode not in _PLAIN]
    problem = None
    if outside is not None:
        problem = f"a registration changes nothing but its model, and this one changes {outside}"
    elif links:
        problem = f"{links[0]} is no plain file"
    return Proposal(
        branch,
        record.oid,
        base,
        ProposalKind.REGISTRATION,
        model,
        None,
        version,
        files,
        who,
        str(who),
        record.message,
        problem=problem,
    )


def _one_file(branch: str, record: CommitRecord, base: str, files: tuple[FileChange, ...]) -> Proposal:
    """A branch about one version, in one file beside its manifest: its signature or its status."""
    (file, *others) = files
    identity = file.identity
    is_signature = branch.startswith("sign/")
    wanted = FileKind.SIGNATURE if is_signature else FileKind.STATUS
    # A status may go again; a signature never does.
    plain = file.after.mode in _PLAIN if file.after is not None else not is_signature
    if others or identity is None or identity.kind is not wanted or not plain:
        what = "a signature adds one signature.json" if is_signature else "a status is one file"
        return _odd(branch, record, base, files, f"{what} and changes nothing else")
    who = _author(record)
    return Proposal(
        branch,
        record.oid,
        base,
        ProposalKind.SIGNATURE if is_signature else ProposalKind.STATUS,
        identity.model or "",
        None,
        identity.version,
        files,
        who,
        str(who),
        record.message,
    )


def _pointer_change(
    hub: Hub, branch: str, record: CommitRecord, base: str, files: tuple[FileChange, ...]
) -> Proposal:
    (file, *others) = files
    identity = file.identity
    if file.after is not None and file.after.mode not in _PLAIN:
        return _odd(branch, record, base, files, f"{file.path} is no plain file")
    if others or identity is None or identity.kind is not FileKind.POINTER:
        problem = f"a promotion changes one pointer and nothing else, and this changes {_other(files)}"
        return _odd(branch, record, base, files, problem)
    environment, model = identity.environment or "", identity.model or ""
    history = hub.history(base).of(environment, model)
    before = history.pointer
    after = None
    if file.after is not None:
        hub.repository.prefetch([file.after.oid])
        found = decode_blob(Pointer, hub.repository.read(file.after.oid), file.path)
        if isinstance(found, Unreadable):
            return _odd(branch, record, base, files, str(found))
        after = found
    blob = file.after.oid if file.after is not None else None
    restores = judge(history, blob)
    subject = Subject(
        file.path,
        file.before.oid if file.before is not None else None,
        blob,
        change_key(before, after, restores=restores is not None),
    )
    who = _author(record)
    if restores is not None or after is None:
        kind, requester = ProposalKind.ROLLBACK, str(who)
    else:
        kind = ProposalKind.WITHDRAWAL if after.is_withdrawal else ProposalKind.PROMOTION
        requester = after.requested_by
    return Proposal(
        branch,
        record.oid,
        base,
        kind,
        model,
        environment,
        after.version if after is not None else None,
        files,
        who,
        requester,
        record.message,
        subject,
        before,
        after,
    )


def _other(files: tuple[FileChange, ...]) -> str:
    """The changed path to name first: one that is no pointer, else the last."""
    kinds = [(file.path, file.identity.kind if file.identity is not None else None) for file in files]
    return next((path for path, kind in kinds if kind is not FileKind.POINTER), kinds[-1][0])

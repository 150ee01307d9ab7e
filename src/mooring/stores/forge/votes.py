"""Statements as they lie in a repository: written as signed tags, read back only as far as they can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mooring.domain import layout
from mooring.domain.registry import Registry
from mooring.errors import IntegrityError, MooringError
from mooring.stores import signing
from mooring.stores.forge.statement import CheckResult, Role, Statement, Subject, parse
from mooring.stores.git.repository import Repository
from mooring.stores.git.tags import read_tag


@dataclass(frozen=True, slots=True)
class Vote:
    """A statement that can be believed: `names` are all principals of the key that signed it, `key` its fingerprint.

    Without a key, the server vouched for the principal when the ref was pushed. `check` is how a check ended, where it
    is about one.
    """

    principal: str
    role: Role
    names: frozenset[str]
    key: str | None
    check: CheckResult | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A statement that does not count, and why."""

    principal: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """All that was said about one change."""

    votes: tuple[Vote, ...]
    doubts: tuple[Doubt, ...]


def allowed_signers(registry: Registry) -> bytes:
    """The people and keys of a registry, as one commit has them; nobody where there is no list."""
    entry = registry.files.entry(layout.SIGNERS)
    return b"" if entry is None or entry.kind != "blob" else registry.files.read(entry)


def read_ballot(
    repository: Repository,
    tags: Mapping[str, str],
    subject: Subject,
    *,
    signers: bytes,
    vouched: bool,
    checks: Mapping[str, str] | None = None,
) -> Ballot:
    """What `tags` (principal and tag object) and `checks` (`CHECK/PRINCIPAL` and tag object) say about `subject`.

    They are judged by the list of `signers`. `vouched` counts unsigned statements too: only where a server let nobody
    write another's ref.
    """
    votes: list[Vote] = []
    doubts: list[Doubt] = []
    places: list[tuple[str | None, str, str]] = [(None, who, oid) for who, oid in sorted(tags.items())]
    for place, oid in sorted((checks or {}).items()):
        name, _, who = place.partition("/")
        places.append((name, who, oid))
    for check, principal, oid in places:
        try:
            said, vote = believe(repository, oid, principal, check=check, signers=signers, vouched=vouched)
        except IntegrityError as error:
            doubts.append(Doubt(principal, error.message))
            continue
        if said.subject != subject:
            doubts.append(Doubt(principal, "it is about another state of this pointer"))
        else:
            votes.append(vote)
    return Ballot(tuple(votes), tuple(doubts))


def believe(
    repository: Repository,
    oid: str,
    principal: str,
    *,
    check: str | None = None,
    signers: bytes,
    vouched: bool,
) -> tuple[Statement, Vote]:
    """The statement that the tag object `oid` makes for `principal`; IntegrityError says why it does not count.

    `check` names the check under which it lies, None where it lies among the approvals: a statement counts in its own
    place only, or one that was taken back could be laid down again in another.
    """
    try:
        tag = read_tag(repository, oid)
    except MooringError as error:
        raise IntegrityError(f"it is no statement: {error.message}") from None
    said = parse(tag.message)
    if said is None:
        raise IntegrityError("it is no statement: its message has another form")
    if said.principal != principal:
        raise IntegrityError(f"it lies under the name of {principal}, and speaks for {said.principal}")
    if (said.check.name if said.check is not None else None) != check:
        raise IntegrityError("it does not lie where such a statement belongs")
    if tag.target != said.subject.target or tag.kind != "blob":
        raise IntegrityError("it is a tag on another object than the pointer it speaks of")
    if tag.signature is None:
        if not vouched:
            raise IntegrityError("it is not signed")
        return said, Vote(principal, said.role, frozenset({principal}), None, said.check)
    judged = repository.verify_tag(oid, allowed_signers=signers, principal=principal)
    if not judged.ok or judged.key is None:
        raise IntegrityError(judged.reason)
    names = signing.names_of(signing.parse_signers(signers), judged.key)
    return said, Vote(principal, said.role, frozenset({principal, *names}), judged.key, said.check)


def tagged_at(repository: Repository, oid: str) -> int:
    """When the tagger says that the tag was made, in seconds since 1970; 0 where it is no tag that says so."""
    try:
        words = read_tag(repository, oid).tagger.rsplit(" ", 2)
    except MooringError:
        return 0
    return int(words[1]) if len(words) == 3 and words[1].isdigit() else 0

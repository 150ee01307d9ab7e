"""Annotated tag objects on any object, signed and verified with SSH keys as Git does it, without a ref.

An approval is such a tag on the blob of a pointer (DESIGN section 7): `git tag` could only leave it under
refs/tags, so the object is written here and pushed to where approvals live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.errors import IntegrityError, NotFoundError, UsageError
from mooring.stores.git import sshsig
from mooring.stores.git.grammar import check_oid, is_ref
from mooring.stores.git.identity import Identity, Moment, whoami

if TYPE_CHECKING:
    from mooring.stores.git.repository import Repository

_SIGNATURE = sshsig.BEGIN
# Exactly Git's own four lines: with a second "object" line two readers would see two targets.
_HEADERS = re.compile(
    r"object (?P<object>[0-9a-f]{40,64})\ntype (?P<kind>blob|commit|tree|tag)\ntag (?P<name>[^\n]+)\n"
    r"tagger (?P<tagger>[^\n]+)"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """The parts of an annotated tag object."""

    name: str
    target: str
    kind: str
    """Of the target: blob, commit, tree or tag."""
    tagger: str
    """As written: name, address, seconds, zone."""
    message: str
    """Without the signature."""
    payload: bytes
    """What the signature covers."""
    signature: str | None


@dataclass(frozen=True, slots=True)
class TagVerification:
    """Whether a tag bears a good signature of an allowed signer; what it says counts only if `ok`."""

    ok: bool
    principal: str | None
    """Who signed, by the list of allowed signers."""
    key: str | None
    """Fingerprint, SHA256:..."""
    reason: str
    """Why not, or which key it was."""
    name: str
    target: str
    kind: str
    message: str


def read_tag(repository: Repository, oid: str) -> Tag:
    """The parts of the tag object `oid`; IntegrityError if it is not an annotated tag."""
    header, data = repository.objects.typed(check_oid(oid))
    text = data.decode("utf-8", "surrogateescape")
    head, _, body = text.partition("\n\n")
    found = _HEADERS.fullmatch(head)
    if header.kind != "tag" or found is None:
        raise IntegrityError(
            f"{oid} is a {header.kind}, not an annotated tag", "look with: git cat-file -p " + oid
        )
    at = 0 if body.startswith(_SIGNATURE) else body.find("\n" + _SIGNATURE) + 1
    signed = body.startswith(_SIGNATURE) or at > 0
    message = body[:at] if signed else body
    payload = f"{head}\n\n{message}".encode("utf-8", "surrogateescape")
    return Tag(
        name=found["name"],
        target=found["object"],
        kind=found["kind"],
        tagger=found["tagger"],
        message=message,
        payload=payload,
        signature=body[at:] if signed else None,
    )


def make_tag(
    repository: Repository,
    *,
    name: str,
    target: str,
    message: str,
    tagger: Identity | None = None,
    time: Moment | None = None,
    sign_key: Path | None = None,
) -> str:
    """Write an annotated tag named `name` on the object `target` and return its id; no ref is made.

    `sign_key` is an SSH key: the private one, or the public one of a key that an agent holds. Tagger and time
    are Git's own unless given. UsageError for a name or message that Git could not hold.
    """
    if not is_ref(f"refs/tags/{name}"):
        raise UsageError(f"not a name for a tag: {name!r}")
    if "\0" in message or not message.strip() or _SIGNATURE in message:
        raise UsageError("the message of a tag must hold text, no NUL and no signature")
    header = repository.objects.headers([check_oid(target)])[0]
    if header is None:
        raise NotFoundError(f"there is no object {target} in {repository.path} to put a tag on")
    if tagger is None or time is None:
        who, now = whoami(repository.runner, committer=True)
        tagger, time = tagger or who, time or now
    lines = [f"object {target}", f"type {header.kind}", f"tag {name}", f"tagger {tagger.checked()} {time}"]
    text = "\n".join(lines) + "\n\n" + message.rstrip("\n") + "\n"
    data = text.encode("utf-8", "surrogateescape")
    if sign_key is not None:
        data += sshsig.sign(repository, data, sign_key).encode("ascii")
    return repository.git("mktag", stdin=data)


def verify_tag(
    repository: Repository,
    oid: str,
    *,
    allowed_signers: bytes,
    principal: str | None = None,
    at: Moment | None = None,
) -> TagVerification:
    """Judge the SSH signature of the tag object `oid` against `allowed_signers` (ssh-keygen(1)'s format).

    With `principal` only that signer counts; else any of the list does. Keys with a validity interval are
    judged at the moment `at`, by default now: the tag's own date is the signer's claim and proves nothing.
    """
    tag = read_tag(repository, oid)

    def verdict(*, ok: bool, reason: str, who: str | None = None, key: str | None = None) -> TagVerification:
        return TagVerification(
            ok=ok,
            principal=who,
            key=key,
            reason=reason,
            name=tag.name,
            target=tag.target,
            kind=tag.kind,
            message=tag.message,
        )

    if tag.signature is None:
        return verdict(ok=False, reason="the tag is not signed with an SSH key")
    judged = sshsig.judge(
        repository,
        tag.payload,
        tag.signature,
        allowed_signers=allowed_signers,
        principal=principal,
        at=at,
    )
    return verdict(ok=judged.ok, reason=judged.reason, who=judged.principal, key=judged.key)

"""Who signed a commit: judged from its raw bytes and a given list of signers, whatever Git here is configured to do.

`git verify-commit` asks the user's configuration whom to believe, follows replaced objects unless it is told not to,
and takes the committer's own date for the time of the signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mooring.errors import IntegrityError
from mooring.stores.git import sshsig
from mooring.stores.git.grammar import check_oid
from mooring.stores.git.sshsig import Judged

if TYPE_CHECKING:
    from mooring.stores.git.identity import Moment
    from mooring.stores.git.repository import Repository

# By the length of the repository's ids; both are left out of what is signed (Git's remove_signature).
_HEADERS: Final = {40: b"gpgsig", 64: b"gpgsig-sha256"}
_NAMES: Final = frozenset(_HEADERS.values())


def verify_commit(
    repository: Repository, oid: str, *, allowed_signers: bytes, at: Moment | None = None
) -> Judged:
    """Whether the commit `oid` bears a good SSH signature of an allowed signer, at the moment `at` (by default now).

    Raises IntegrityError where `oid` is no commit, UnavailableError where ssh-keygen cannot be run.
    """
    header, data = repository.objects.typed(check_oid(oid))
    if header.kind != "commit":
        raise IntegrityError(f"{oid} is a {header.kind}, not a commit", "look with: git cat-file -p " + oid)
    payload, signatures = split(data, _HEADERS[len(header.oid)])
    if not signatures:
        return _not("the commit is not signed")
    if len(signatures) > 1:
        # Which one counts is a matter of the reader's taste.
        return _not("the commit bears two signatures")
    text = signatures[0].decode("utf-8", "surrogateescape")
    if not text.startswith(sshsig.BEGIN):
        return _not("the commit is signed with another kind of key than SSH")
    return sshsig.judge(repository, payload, text, allowed_signers=allowed_signers, at=at)


def _not(reason: str) -> Judged:
    return Judged(ok=False, principal=None, key=None, reason=reason)


def split(data: bytes, header: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """What a commit's signature covers, and every signature that stands in it under `header`."""
    head, blank, body = data.partition(b"\n\n")
    kept: list[bytes] = []
    signatures: list[list[bytes]] = []
    name = b""
    for line in head.split(b"\n"):
        if line.startswith(b" "):  # A further line of the header before.
            if name in _NAMES:
                if name == header:
                    signatures[-1].append(line[1:])
                continue
        else:
            name, _, value = line.partition(b" ")
            if name in _NAMES:
                if name == header:
                    signatures.append([value])
                continue
        kept.append(line)
    found = tuple(b"\n".join(lines) + b"\n" for lines in signatures)
    return b"\n".join(kept) + blank + body, found

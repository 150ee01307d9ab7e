"""Talking to other repositories: fetch, push and a look at their refs, each with a deadline.

Git is started by our own runner (see `process`). GitPython's `Remote.push` leaves out of its answer whatever
was pushed by object id, and its `Remote.fetch` pairs lines of text with FETCH_HEAD, which another process may
be writing: results are read from `--porcelain` and from the refs themselves. What GitPython reads well is
Git's progress (`git.RemoteProgress`), and it is imported only when somebody wants to see some.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mooring.errors import UsageError
from mooring.stores.git import settings
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.grammar import check_oid, check_refspec, is_ref
from mooring.stores.git.lockfile import exclusive
from mooring.stores.git.push import PushOutcome, PushStatus, RefOutcome, RefUpdate, push
from mooring.stores.git.talk import TALKING_SECONDS, Progress, talk
from mooring.stores.git.url import redact

if TYPE_CHECKING:
    from mooring.stores.git.repository import Repository

__all__ = [
    "FetchOutcome",
    "Progress",
    "PushOutcome",
    "PushStatus",
    "RefOutcome",
    "RefUpdate",
    "fetch",
    "ls_remote",
    "prefetch",
    "push",
    "redact",
    "remote_head",
]


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """The refs that a fetch moved: old and new id of each, None where it was or became absent."""

    moved: Mapping[str, tuple[str | None, str | None]]


def fetch(
    repository: Repository,
    remote: str = "origin",
    refspecs: Sequence[str] = (),
    *,
    prune: bool = False,
    progress: Progress | None = None,
    timeout: float | None = None,
) -> FetchOutcome:
    """Fetch `refspecs` (none: what the remote's configuration says) and tell which refs moved.

    `remote` is a configured name or a URL. `prune` deletes local refs that the refspecs cover and the remote no
    longer has. FETCH_HEAD and tags are left alone. UnavailableError if the remote does not answer within
    `timeout` seconds, IntegrityError if it sends damaged objects.
    """
    arguments = [
        "fetch",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
    ]
    arguments += ["--prune"] if prune else []
    arguments += ["--progress"] if progress is not None else ["--quiet"]
    checked = [check_refspec(spec) for spec in refspecs]
    limit = timeout or TALKING_SECONDS
    # Two fetches at once fail on each other's ref locks: ours take turns.
    with exclusive(repository.common_dir / "mooring-fetch.lock", timeout=limit):
        before = repository.refs()
        talk(repository, remote, arguments, checked, progress=progress, timeout=limit)
        after = repository.refs()
    names = sorted(before.keys() | after.keys())
    return FetchOutcome(
        {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
    )


def ls_remote(
    repository: Repository, remote: str, prefixes: Sequence[str] = (), *, timeout: float | None = None
) -> dict[str, str]:
    """The refs that a remote (a configured name or a URL) has now, only those that are or lie below `prefixes`."""
    roots = [prefix.rstrip("/") for prefix in prefixes]
    for root in roots:
        if root != "refs" and not is_ref(root):
            raise UsageError(
                f"not a prefix of refs: {root!r}", "prefixes look like refs/heads/ or refs/heads/main"
            )
    patterns = [pattern for root in roots for pattern in (root, f"{root}/*")]
    done = talk(repository, remote, ["ls-remote", "--refs", "--quiet"], patterns, timeout=timeout)
    found: dict[str, str] = {}
    for line in done.line.split("\n"):
        oid, tab, name = line.partition("\t")
        # Git matches patterns at the end of names as well: refs/backup/refs/heads/main is not main.
        if tab and (not roots or any(name == root or name.startswith(f"{root}/") for root in roots)):
            found[name] = oid
    return found


def remote_head(repository: Repository, remote: str, *, timeout: float | None = None) -> str | None:
    """The ref that a remote's HEAD stands for, such as refs/heads/main; None if it does not say."""
    done = talk(repository, remote, ["ls-remote", "--symref", "--quiet"], ["HEAD"], timeout=timeout)
    for line in done.line.split("\n"):
        if line.startswith("ref: ") and line.endswith("\tHEAD"):
            return line.removeprefix("ref: ").removesuffix("\tHEAD")
    return None


def prefetch(repository: Repository, oids: Iterable[str], *, timeout: float | None = None) -> int:
    """See `Repository.prefetch`."""
    wanted = list(dict.fromkeys(check_oid(oid) for oid in oids))
    promisor = settings.promisor(repository.runner)
    missing = repository.objects.absent(wanted, is_partial=promisor is not None)
    if not missing:
        return 0
    if promisor is None or repository.offline:
        # With a filter Git would make a partial clone of one that is none, in the user's own configuration.
        raise MissingObjectError(missing[0], repository.path)
    # As Git's own lazy fetch does it: no negotiation, since commits say nothing about single blobs.
    arguments = [
        "-c",
        "fetch.negotiationAlgorithm=noop",
        "fetch",
        "--no-tags",
        "--no-write-fetch-head",
        "--quiet",
    ]
    arguments += ["--no-recurse-submodules", "--no-auto-maintenance", "--filter=blob:none", "--stdin"]
    stdin = "".join(f"{oid}\n" for oid in missing).encode()
    talk(repository, promisor, arguments, [], stdin=stdin, timeout=timeout)
    repository.objects.close()
    still = repository.objects.absent(missing, is_partial=True)
    if still:
        raise MissingObjectError(still[0], repository.path)
    return len(missing)

"""Moves refs of a remote from a value that was seen to a new one: all or none, and never in doubt about which.

A killed client or a cut connection may fail after the server took the push (F2: 6 of 54 kill points). An
outcome that Git does not state is therefore looked up before it is told (promise 8).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mooring.errors import MooringError, RefusedError, UnavailableError, UsageError
from mooring.stores.git.failures import explain
from mooring.stores.git.grammar import check_oid, check_ref
from mooring.stores.git.talk import talk
from mooring.stores.git.url import redact

if TYPE_CHECKING:
    from mooring.stores.git.repository import Repository

_LOOK_SECONDS = 30.0
_TRIES = 5
_FIRST_PAUSE_SECONDS = 0.05
_ANY_STATUS = range(-64, 256)
# "stale info" is a lease that failed; the others are what a plain push says to the same loser.
_STALE = re.compile(
    r"stale info|fetch first|non-fast-forward|needs force|already exists|remote ref updated since"
)
# The server's own words when another push moved, or is moving, the ref in the same moment.
_CONTENDED = re.compile(
    r"lock|failed to update ref|incorrect old value|reference|transaction|failed to write"
)


class PushStatus(StrEnum):
    """What became of a push, or of one of its refs."""

    ACCEPTED = "accepted"
    REJECTED_STALE = "rejected-stale"
    """Somebody else moved the ref first; nothing was changed."""
    REFUSED_BY_HOOK = "refused-by-hook"
    """The server's hook, rule or setting says no; its words are in the outcome. Nothing was changed."""
    UNKNOWN = "unknown"
    """The remote could not be asked what it has; look again before trying again."""


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One ref of the remote and what it shall hold."""

    src_oid: str | None
    """The new value; None deletes the ref."""
    dst_ref: str
    lease: str | None = None
    """The value it must have now; "" if it must not exist; None if any ancestor of the new one will do."""


@dataclass(frozen=True, slots=True)
class RefOutcome:
    """What became of one ref."""

    ref: str
    status: PushStatus
    reason: str


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of a push: the status that decides, each ref's own, and what the remote said."""

    status: PushStatus
    refs: tuple[RefOutcome, ...]
    words: str

    @property
    def ok(self) -> bool:
        """Whether every ref is now as asked."""
        return self.status is PushStatus.ACCEPTED

    @property
    def is_stale(self) -> bool:
        """Whether somebody else was first; fetch, decide again, and push again."""
        return self.status is PushStatus.REJECTED_STALE

    def error(self, what: str) -> MooringError:
        """The failure as an error about `what` was being pushed, with the remote's own words."""
        reasons = "; ".join(dict.fromkeys(f"{ref.ref}: {ref.reason}" for ref in self.refs if ref.reason))
        said = self.words or reasons
        if self.status is PushStatus.UNKNOWN:
            return UnavailableError(
                f"the remote went away while {what} was pushed, and it may have arrived: {said}",
                "when the remote answers again, run the same command: it looks before it pushes",
            )
        if self.is_stale:
            return RefusedError(
                f"somebody else was first while {what} was pushed ({reasons})", "run the command again"
            )
        return RemoteRefusedError(f"the remote refused {what}: {said}")


class RemoteRefusedError(RefusedError):
    """The server takes this push from nobody like us: a hook, a protected branch, a missing right."""


def push(
    repository: Repository,
    remote: str,
    updates: Sequence[RefUpdate],
    *,
    atomic: bool = True,
    options: Sequence[str] = (),
    timeout: float | None = None,
) -> PushOutcome:
    """Push `updates` to a configured remote or a URL, and tell what became of them.

    With `atomic` all refs move or none; a server that cannot do that refuses. `options` are push options for
    the server's hooks. A push that was not stated to have arrived is looked up: landed means accepted, a third
    value means stale, and where nothing has changed the failure itself is raised (UnavailableError; the same
    push may safely be tried again). Only when the remote cannot be asked is the outcome UNKNOWN.
    """
    if not updates:
        raise UsageError("a push of nothing")
    arguments = _arguments(updates, atomic=atomic, options=options)
    pause = _FIRST_PAUSE_SECONDS
    for _ in range(_TRIES - 1):
        try:
            return _once(repository, remote, updates, arguments, timeout=timeout)
        except _ContendedError:
            # Another push holds the server's lock on the ref: it is about to win, or was killed.
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            pause *= 2
    return _once(repository, remote, updates, arguments, timeout=timeout)


class _ContendedError(UnavailableError):
    """The server could not lock a ref, and nothing has moved."""


def _once(
    repository: Repository,
    remote: str,
    updates: Sequence[RefUpdate],
    arguments: list[str],
    *,
    timeout: float | None,
) -> PushOutcome:
    specs = [f"{update.src_oid or ''}:{update.dst_ref}" for update in updates]
    try:
        done = talk(repository, remote, arguments, specs, ok=_ANY_STATUS, timeout=timeout)
    except UnavailableError as cut:
        return _looked_up(repository, remote, updates, cut, words=cut.message)
    words = _words(done.stderr)
    stated = {ref.ref: ref for ref in _stated(done.stdout.decode("utf-8", "replace"))}
    refs = tuple(stated[update.dst_ref] for update in updates if update.dst_ref in stated)
    if len(refs) == len(updates) and not any(ref.status is PushStatus.UNKNOWN for ref in refs):
        return PushOutcome(_deciding(refs), _with_cause(refs), words)
    failure = explain(["git", "push"], done.returncode, done.stderr, where=repository.path)
    if any(_CONTENDED.search(ref.reason) for ref in refs if ref.status is PushStatus.UNKNOWN):
        failure = _ContendedError(failure.message, failure.hint)
    return _looked_up(repository, remote, updates, failure, words=words or failure.message)


def _arguments(updates: Sequence[RefUpdate], *, atomic: bool, options: Sequence[str]) -> list[str]:
    arguments = ["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-signed"]
    if atomic and len(updates) > 1:
        arguments.append("--atomic")
    for option in options:
        if "\n" in option or "\0" in option:
            raise UsageError(f"a push option is one line: {option!r}")
        arguments.append(f"--push-option={option}")
    for update in updates:
        check_ref(update.dst_ref)
        if update.src_oid is not None:
            check_oid(update.src_oid)
        if update.lease is not None:
            expected = check_oid(update.lease) if update.lease else ""
            arguments.append(f"--force-with-lease={update.dst_ref}:{expected}")
    return arguments


def _stated(porcelain: str) -> Iterator[RefOutcome]:
    for line in porcelain.split("\n"):
        flag, tab, rest = line.partition("\t")
        if not tab or len(flag) != 1:
            continue
        names, _, summary = rest.partition("\t")
        ref = names.rpartition(":")[2]
        if flag != "!":
            yield RefOutcome(ref, PushStatus.ACCEPTED, "")
            continue
        kind, _, reason = summary.partition("] (")
        reason = redact(reason.removesuffix(")") or kind.strip("[]"))
        yield RefOutcome(ref, _status(kind, reason), reason)


def _status(kind: str, reason: str) -> PushStatus:
    if "remote failure" in kind:
        return PushStatus.UNKNOWN
    if "remote rejected" not in kind:
        return PushStatus.REJECTED_STALE if _STALE.search(reason) else PushStatus.REFUSED_BY_HOOK
    if "hook declined" not in reason and _CONTENDED.search(reason):
        return PushStatus.UNKNOWN
    return PushStatus.REFUSED_BY_HOOK


def _is_collateral(ref: RefOutcome) -> bool:
    return (
        ref.status is not PushStatus.ACCEPTED and "atomic" in ref.reason and "transaction" not in ref.reason
    )


def _deciding(refs: Sequence[RefOutcome]) -> PushStatus:
    own = {ref.status for ref in refs if not _is_collateral(ref)} or {ref.status for ref in refs}
    for status in (PushStatus.UNKNOWN, PushStatus.REFUSED_BY_HOOK, PushStatus.REJECTED_STALE):
        if status in own:
            return status
    return PushStatus.ACCEPTED


def _with_cause(refs: tuple[RefOutcome, ...]) -> tuple[RefOutcome, ...]:
    """Refs that failed only because another one did bear that one's status."""
    status = _deciding(refs)
    return tuple(replace(ref, status=status) if _is_collateral(ref) else ref for ref in refs)


def _looked_up(
    repository: Repository, remote: str, updates: Sequence[RefUpdate], failure: MooringError, *, words: str
) -> PushOutcome:
    from mooring.stores.git.remote import ls_remote

    try:
        there = ls_remote(repository, remote, [update.dst_ref for update in updates], timeout=_LOOK_SECONDS)
    except UnavailableError:
        refs = tuple(RefOutcome(update.dst_ref, PushStatus.UNKNOWN, "") for update in updates)
        return PushOutcome(PushStatus.UNKNOWN, refs, words)
    refs = tuple(_seen(update, there.get(update.dst_ref)) for update in updates)
    status = _deciding(refs)
    if status is PushStatus.UNKNOWN:
        # The remote answers and has nothing of it: the push itself failed, and its reason is the news.
        raise failure
    return PushOutcome(status, refs, words)


def _seen(update: RefUpdate, there: str | None) -> RefOutcome:
    if there == update.src_oid:
        return RefOutcome(update.dst_ref, PushStatus.ACCEPTED, "")
    if update.lease is not None and (there or "") != update.lease:
        return RefOutcome(update.dst_ref, PushStatus.REJECTED_STALE, f"is at {there or 'nothing'}")
    return RefOutcome(update.dst_ref, PushStatus.UNKNOWN, "")


def _words(stderr: str) -> str:
    said = [
        line.removeprefix("remote:").strip() for line in stderr.splitlines() if line.startswith("remote:")
    ]
    return redact("\n".join(line for line in said if line))

"""The commit messages of promotions and rollbacks: for people to read; nothing is ever decided by them."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.domain.events import Moment
from mooring.domain.model import State, VersionStatus
from mooring.domain.pointer import Pointer


def _version(pointer: Pointer | None) -> str:
    return "nothing" if pointer is None or pointer.version is None else pointer.version


def _trailers(pairs: Sequence[tuple[str, str | None]]) -> str:
    return "\n".join(f"{key}: {value}" for key, value in pairs if value is not None)


def promotion_message(environment: str, model: str, before: Pointer | None, after: Pointer) -> str:
    """The message of a promotion or, where the new pointer serves nothing, of a withdrawal."""
    if after.is_withdrawal:
        subject = f"Withdraw {model} {_version(before)} from {environment}"
    elif before is None or before.version is None:
        subject = f"Promote {model} {after.version} to {environment}"
    else:
        subject = f"Promote {model} {before.version} -> {after.version} in {environment}"
    trailers = _trailers(
        [
            ("Model", model),
            ("Environment", environment),
            ("From", _version(before)),
            ("To", _version(after)),
            ("Promotion-Id", after.promotion),
            ("Requested-By", after.requested_by),
            ("Override", after.override.promotion if after.override is not None else None),
        ]
    )
    return f"{subject}\n\n{after.reason}\n\n{trailers}\n"


def registration_message(model: str, version: str, changelog: str | None, author: str) -> str:
    """The message of a registration."""
    body = f"{changelog}\n\n" if changelog else ""
    trailers = _trailers([("Model", model), ("Version", version), ("Registered-By", author)])
    return f"Register {model} {version}\n\n{body}{trailers}\n"


def signing_message(model: str, version: str, manifest: str, principal: str) -> str:
    """The message of a signature."""
    trailers = _trailers(
        [("Model", model), ("Version", version), ("Manifest", manifest), ("Signed-As", principal)]
    )
    return f"Sign {model} {version}\n\n{trailers}\n"


def status_message(status: VersionStatus, *, lifted: bool) -> str:
    """The message of a change of a version's status; `lifted` where it goes."""
    what = f"{status.model} {status.version}"
    subject = f"Lift: {what} is {status.state} no more" if lifted else f"{_VERBS[status.state]} {what}"
    where = ", ".join(status.environments) or None
    trailers = _trailers(
        [
            ("Model", status.model),
            ("Version", status.version),
            ("Environments", where),
            ("Requested-By", status.by),
        ]
    )
    return f"{subject}\n\n{status.reason}\n\n{trailers}\n"


_VERBS = {State.DEPRECATED: "Deprecate", State.QUARANTINED: "Quarantine", State.ARCHIVED: "Archive"}


def revert_message(undone: Moment, merged_parent: str | None) -> str:
    """What `git revert` itself writes: with the parent that a merge commit is reverted against."""
    subject = undone.subject
    if merged_parent is not None:
        body = f"This reverts commit {undone.commit}, reversing\nchanges made to {merged_parent}."
    else:
        body = f"This reverts commit {undone.commit}."
    return f'Revert "{subject}"\n\n{body}\n'


def restore_message(environment: str, model: str, undone: Pointer | None, target: Pointer | None) -> str:
    """The message of a rollback that is no plain revert: an older state of one path, put back."""
    return f"Roll back {model} {_version(undone)} -> {_version(target)} in {environment}\n"


def with_rollback_trailers(message: str, undone: str | None, reason: str, requested_by: str) -> str:
    """A rollback's message with the trailers that tell which promotion was undone, why and by whom."""
    trailers = _trailers([("Rollback-Of", undone), ("Reason", reason), ("Requested-By", requested_by)])
    return f"{message}\n{trailers}\n"

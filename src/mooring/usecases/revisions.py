"""Names of commits, as people and CI write them, become ids; a shallow clone says how to get the rest."""

from __future__ import annotations

from mooring.errors import NotFoundError, UnavailableError
from mooring.stores.hub import Hub


def commit_named(hub: Hub, name: str) -> str:
    """The commit that a branch, tag or id names; a branch of the remote needs no `origin/`.

    Raises NotFoundError, UnavailableError where the clone is shallow and may lack it, UsageError for what is no name.
    """
    found = hub.repository.commit_id(name)
    if found is None and hub.remote is not None and not hub.in_mirror:
        found = hub.repository.commit_id(f"refs/remotes/{hub.remote}/{name}")
    if found is not None:
        return found
    if hub.repository.is_shallow:
        raise UnavailableError(f"the commit {name} is not in this shallow clone", UNSHALLOW)
    raise NotFoundError(
        f"there is no commit {name} in {hub.repository.path}",
        "Name a branch, a tag or a commit id; --fetch asks the remote first.",
    )


def require_history(hub: Hub, what: str) -> None:
    """Raise UnavailableError in a shallow clone, where the beginning of every history is missing."""
    if hub.repository.is_shallow:
        raise UnavailableError(
            f"this clone is shallow, and {what} needs the whole history of main", UNSHALLOW
        )


UNSHALLOW = "Run 'git fetch --unshallow'; in GitHub Actions give actions/checkout 'fetch-depth: 0'."

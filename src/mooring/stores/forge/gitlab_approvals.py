"""Which commit an approval at GitLab is of: GitLab does not say, and only what can be proven counts.

An approval has a time (`approved_at`, told since 2025), and so has every version of a merge request's changes. The
approval is of the newest version before it, unless that came within `_SKEW` before it: what the reviewer saw then, and
which of two servers' clocks was right, nobody knows. A version is made after its push, so that an approval in between
is held to be of the older one, which no longer counts. Without a time (an older GitLab) the commit is unknown, and the
approval does not count: notes about approvals are written later than these, and approvals are reset on a push only
where the project is set so, and some time after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from mooring.stores.forge.http import Client, items, text
from mooring.stores.forge.port import Review, ReviewState

_SKEW: Final = timedelta(seconds=5)


def reviews(client: Client, request: str) -> tuple[Review, ...]:
    """The last word of each reviewer of the merge request at `request`; who asked for changes does not approve."""
    approvals = items(client.get(f"{request}/approvals"), "approved_by")
    refused = [
        login
        for one in items(client.find(f"{request}/reviewers"))
        if text(one, "state") == "requested_changes" and (login := text(one, "user", "username"))
    ]
    found = {login: Review(login, ReviewState.CHANGES_REQUESTED, None) for login in refused}
    versions = list(client.pages(f"{request}/versions", {"per_page": 100})) if approvals else []
    for one in approvals:
        login = text(one, "user", "username")
        if login and login not in found:
            commit = commit_of(text(one, "approved_at"), versions)
            found[login] = Review(login, ReviewState.APPROVED, commit)
    return tuple(found.values())


def commit_of(approved_at: str, versions: Iterable[object]) -> str | None:
    """The newest commit of the version that was approved; None where that cannot be proven."""
    approved = _time(approved_at)
    if approved is None:
        return None
    earlier: list[tuple[datetime, str]] = []
    for version in versions:
        made, head = _time(text(version, "created_at")), text(version, "head_commit_sha")
        if made is None or not head:
            return None
        if made <= approved:
            earlier.append((made, head))
    if not earlier:
        return None
    made, head = max(earlier)
    return head if approved - made > _SKEW else None


def _time(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None

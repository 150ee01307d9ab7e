"""GitLab, of any edition, by its REST API v4 (docs.gitlab.com/api/rest)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from mooring.errors import UnavailableError
from mooring.stores.forge import gitlab_approvals, gitlab_rules
from mooring.stores.forge.address import Address
from mooring.stores.forge.http import Client, items, number, pick, text
from mooring.stores.forge.port import (
    AlreadyOpenError,
    AmbiguousError,
    ChangeRequest,
    ForgeError,
    MergeResult,
    MergeState,
    NothingToMergeError,
    Protection,
    RequestState,
    Review,
    Reviewers,
    Status,
    StatusState,
    shortened,
)

_STATES: Final = {
    StatusState.PENDING: "pending",
    StatusState.SUCCESS: "success",
    StatusState.FAILURE: "failed",
    StatusState.ERROR: "failed",
}
_READ: Final = {
    "success": StatusState.SUCCESS,
    "failed": StatusState.FAILURE,
    "canceled": StatusState.ERROR,
}
_DEPLOYMENT: Final = {**_STATES, StatusState.PENDING: "running"}
# 405: a check is missing; 406 (older) and 422: conflicts; 409: the branch moved ("Merge a merge request").
_NOT_READY: Final = frozenset({405, 406, 409, 422})


def gitlab_client(address: Address, token: str, *, api: str | None = None) -> Client:
    """A client that speaks to GitLab with `token`; `api` overrides where the API begins."""
    return Client(
        base=api or address.api,
        what=f"GitLab ({address.path})",
        headers={"Accept": "application/json", "PRIVATE-TOKEN": token, "User-Agent": "mooring"},
    )


@dataclass(frozen=True)
class GitLab:
    """One project at GitLab; see `port.Forge` for what each method means."""

    address: Address
    client: Client

    @property
    def name(self) -> str:
        """The forge and the project, for people."""
        return f"GitLab {self.address.path}"

    @property
    def _project(self) -> str:
        return f"projects/{quote(self.address.path, safe='')}"

    def _request_path(self, number: int) -> str:
        return f"{self._project}/merge_requests/{number}"

    def login(self) -> str | None:
        """The account of the token: for a project's or a group's token, that of its bot."""
        return text(self.client.get("user"), "username") or None

    def find(self, branch: str, *, owner: str | None = None) -> ChangeRequest | None:
        """The open merge request of a branch of this very project, or of the fork in the namespace `owner`."""
        query: dict[str, str | int] = {"source_branch": branch, "state": "opened", "per_page": 100}
        for one in self.client.pages(f"{self._project}/merge_requests", query):
            if text(one, "source_branch") == branch and self._comes_from(one, owner):
                return _request(one)
        return None

    def _comes_from(self, data: object, owner: str | None) -> bool:
        source, target = pick(data, "source_project_id"), pick(data, "target_project_id")
        here = self.address.path.rpartition("/")[0]
        if owner is None or owner.casefold() == here.casefold():
            return source == target
        if not isinstance(source, int) or source == target:
            return False  # A fork that was deleted has no number.
        fork = self.client.find(f"projects/{source}")
        return text(fork, "namespace", "full_path").casefold() == owner.casefold()

    def open(self, branch: str, *, base: str, title: str, body: str) -> ChangeRequest:
        """Open a merge request; GitLab says 409 where there is one, and would open one with nothing to merge."""
        query: dict[str, str | int] = {"from": base, "to": branch}
        if not items(self.client.get(f"{self._project}/repository/compare", query), "commits"):
            raise NothingToMergeError(f"{self.address.path}: {branch} has nothing that {base} has not")
        wanted = {
            "source_branch": branch,
            "target_branch": base,
            "title": title,
            "description": without_commands(body),
            "allow_collaboration": False,
        }
        try:
            return _request(self.client.send("POST", f"{self._project}/merge_requests", wanted))
        except AmbiguousError:
            if (there := self.find(branch)) is not None:
                return there
            raise
        except ForgeError as error:
            if error.status == 409 and "already exists" in error.message.casefold():
                raise AlreadyOpenError(error.message, error.hint, status=409) from None
            raise

    def update(self, number: int, *, title: str, body: str) -> ChangeRequest:
        """Give a merge request another title and text."""
        wanted = {"title": title, "description": without_commands(body)}
        return _request(self.client.send("PUT", self._request_path(number), wanted))

    def close(self, number: int) -> None:
        """Close a merge request."""
        self.client.send("PUT", self._request_path(number), {"state_event": "close"})

    def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels; GitLab makes those that it does not know."""
        if labels:
            self.client.send("PUT", self._request_path(number), {"add_labels": ",".join(labels)})

    def ask(self, number: int, reviewers: Reviewers) -> None:
        """Ask for reviews, beside those who are asked already; GitLab's free tier keeps the first alone."""
        if reviewers.logins:
            there = items(self.client.get(self._request_path(number)), "reviewers")
            asked = [found for one in there if isinstance(found := pick(one, "id"), int)]
            wanted = [self._account(login) for login in reviewers.logins]
            self.client.send(
                "PUT", self._request_path(number), {"reviewer_ids": list(dict.fromkeys([*asked, *wanted]))}
            )
        if reviewers.teams:
            raise ForgeError(
                f"GitLab asks people and no groups for a review: {', '.join(reviewers.teams)} was not asked",
                "Name the group in an approval rule of the project.",
            )

    def _account(self, login: str) -> int:
        for one in items(self.client.get("users", {"username": login})):
            if text(one, "username").casefold() == login.casefold():
                return _id(one)
        raise ForgeError(
            f"{self.client.what} has no account {login}", "Correct it in 'people' of mooring.yaml."
        )

    def reviews(self, number: int) -> tuple[Review, ...]:
        """The approvals that stand, each with its commit where GitLab proves it, and who asked for changes."""
        return gitlab_approvals.reviews(self.client, self._request_path(number))

    def merge(self, number: int, *, head: str, title: str, message: str) -> MergeResult:
        """Squash it to one commit; a missing check, a conflict and a branch that moved mean: not ready."""
        whole = f"{title}\n\n{message}".strip()
        wanted = {
            "sha": head,
            "squash": True,
            "squash_commit_message": whole,
            # A project that merges with merge commits makes one besides: it is main's, and says the same.
            "merge_commit_message": whole,
        }
        path = self._request_path(number)
        try:
            answer = self.client.send("PUT", f"{path}/merge", wanted)
        except ForgeError as error:
            # The answer to the first attempt may have been lost, and the second met a merged request.
            if (done := _merged(self.client.get(path), head)) is not None:
                return done
            if error.status in _NOT_READY:
                return MergeResult(MergeState.NOT_READY, reason=error.message)
            if error.status == 401:  # Its documentation, "Merge a merge request": no permission to merge.
                raise ForgeError(
                    f"{self.client.what} does not let this account merge",
                    "Give it a role that may merge to the branch (Settings > Repository > Protected branches).",
                    status=401,
                ) from None
            raise
        reason = text(answer, "merge_error") or "it is not merged yet"
        return _merged(answer, head) or MergeResult(MergeState.NOT_READY, reason=reason)

    def statuses(self, commit: str) -> tuple[Status, ...]:
        """The newest status of each name; jobs of pipelines are among them."""
        newest: dict[str, tuple[int, Status]] = {}
        path = f"{self._project}/repository/commits/{commit}/statuses"
        for one in self.client.pages(path, {"per_page": 100}):
            found = Status(
                text(one, "name"),
                _READ.get(text(one, "status"), StatusState.PENDING),
                text(one, "description"),
                text(one, "target_url") or None,
            )
            if found.context not in newest or newest[found.context][0] < _id(one):
                newest[found.context] = (_id(one), found)
        return tuple(status for _, status in newest.values())

    def set_status(self, commit: str, status: Status) -> None:
        """Report one check as a commit status, which GitLab shows as a job of an external pipeline."""
        body: dict[str, object] = {
            "state": _STATES[status.state],
            "name": status.context,
            "description": shortened(status.description),
        }
        if status.url is not None:
            body["target_url"] = status.url
        try:
            self.client.send("POST", f"{self._project}/statuses/{commit}", body)
        except ForgeError as error:
            # GitLab refuses a state that the status has already (gitlab-foss#25807), whatever else is new.
            there = {one.context: one.state for one in self.statuses(commit)} if error.status == 400 else {}
            if "transition" not in error.message or there.get(status.context) is not status.state:
                raise

    def comment(self, number: int, marker: str, body: str) -> str:
        """Write or replace the one note that begins with `marker`, among those of the token's own account."""
        me, notes = self.login(), f"{self._request_path(number)}/notes"
        body = without_commands(body)
        for one in self.client.pages(notes, {"per_page": 100}):
            # Anybody can write the marker, and a maintainer's token may edit everybody's notes.
            mine = me is not None and text(one, "author", "username") == me
            if mine and pick(one, "system") is not True and text(one, "body").startswith(marker):
                return self._page(number, self.client.send("PUT", f"{notes}/{_id(one)}", {"body": body}))
        return self._page(number, self.client.send("POST", notes, {"body": body}))

    def _page(self, number: int, note: object) -> str:
        return f"{self.address.web}/-/merge_requests/{number}#note_{_id(note)}"

    def deploy(
        self,
        commit: str,
        environment: str,
        *,
        state: StatusState,
        description: str,  # noqa: ARG002 - it is the protocol's, and GitLab has no place for it
    ) -> None:
        """Record a deployment of the default branch at `commit`."""
        wanted = {
            "environment": environment,
            "sha": commit,
            "ref": text(self.client.get(self._project), "default_branch"),
            "tag": False,
            "status": _DEPLOYMENT[state],
        }
        self.client.send("POST", f"{self._project}/deployments", wanted)

    def protection(self, branch: str) -> Protection:
        """What the protected branches and the settings of the project enforce."""
        return gitlab_rules.protection(self.client, self._project, branch)

    def protect(self, branch: str, wanted: Protection) -> None:
        """Protect the branch, and write the settings that `wanted` asks for."""
        gitlab_rules.protect(self.client, self._project, branch, wanted)

    def close_connections(self) -> None:
        """Let go of the network."""
        self.client.close()


def without_commands(body: str) -> str:
    """A text in which no line is a quick action, which GitLab would carry out as the token's account.

    They begin a line with a slash (docs.gitlab.com, "Quick actions"); one space more reads the same.
    """
    return re.sub(r"^/", " /", body, flags=re.MULTILINE)


def _merged(data: object, head: str) -> MergeResult | None:
    """What a merge request says that it was merged as; not ready where that was another commit of its branch."""
    found = _request(data)
    if found.state is not RequestState.MERGED:
        return None
    if found.head != head:
        return MergeResult(MergeState.NOT_READY, reason=f"it was merged at {found.head[:12]}")
    return MergeResult(MergeState.MERGED, found.merged_as)


def _request(data: object) -> ChangeRequest:
    state = text(data, "state")
    merged = state == "merged"
    head = text(data, "sha")
    # Fast-forwarded, the squashed commit is main's own; it is the branch's where there was nothing to squash.
    commit = text(data, "merge_commit_sha") or text(data, "squash_commit_sha") or head
    found = ChangeRequest(
        number=number(data, "iid"),
        url=text(data, "web_url"),
        branch=text(data, "source_branch"),
        base=text(data, "target_branch"),
        head=head,
        # "locked" lasts as long as it is being merged.
        state=RequestState.OPEN
        if state in ("opened", "locked")
        else (RequestState.MERGED if merged else RequestState.CLOSED),
        title=text(data, "title"),
        body=text(data, "description"),
        author=text(data, "author", "username"),
        labels=tuple(str(one) for one in items(data, "labels")),
        merged_as=commit if merged else None,
    )
    if not found.head or not found.branch:
        raise UnavailableError("GitLab described a merge request without its branch", "Try again.")
    return found


def _id(data: object) -> int:
    return number(data, "id")

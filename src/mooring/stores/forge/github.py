"""GitHub, and GitHub Enterprise Server, by their REST API (docs.github.com/rest, version 2022-11-28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mooring.errors import UnavailableError
from mooring.stores.forge import github_rules
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
    ReviewState,
    Status,
    StatusState,
    shortened,
)

_SAID: Final = {"APPROVED": ReviewState.APPROVED, "CHANGES_REQUESTED": ReviewState.CHANGES_REQUESTED}
# A comment takes no approval back; a dismissal does.
_SILENT: Final = frozenset({"COMMENTED", "PENDING"})
_DEPLOYMENT: Final = {
    StatusState.PENDING: "in_progress",
    StatusState.SUCCESS: "success",
    StatusState.FAILURE: "failure",
    StatusState.ERROR: "error",
}


def github_client(address: Address, token: str, *, api: str | None = None) -> Client:
    """A client that speaks to GitHub with `token`; `api` overrides where the API begins."""
    return Client(
        base=api or address.api,
        what=f"GitHub ({address.path})",
        headers={
            "Accept": "application/vnd.github+json, application/json;q=0.9",
            "Authorization": f"Bearer {token}",
            "User-Agent": "mooring",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        log_in="Set MOORING_TOKEN to a token that is valid, or log in again (gh auth login).",
    )


@dataclass(frozen=True)
class GitHub:
    """One repository at GitHub; see `port.Forge` for what each method means."""

    address: Address
    client: Client

    @property
    def name(self) -> str:
        """The forge and the repository, for people."""
        return f"GitHub {self.address.path}"

    @property
    def _repo(self) -> str:
        return f"repos/{self.address.path}"

    def login(self) -> str | None:
        """The account of the token; the token of a workflow has none."""
        try:
            return text(self.client.get("user"), "login") or None
        except ForgeError as error:
            if error.status == 403:
                return None
            raise

    def find(self, branch: str, *, owner: str | None = None) -> ChangeRequest | None:
        """The open pull request of a branch of this very repository, or of the fork of `owner`."""
        whose = owner if owner is not None else self.address.path.partition("/")[0]
        query: dict[str, str | int] = {"head": f"{whose}:{branch}", "state": "open", "per_page": 100}
        for one in self.client.pages(f"{self._repo}/pulls", query):
            # A `head` that GitHub does not understand is ignored, and every pull request is listed.
            if text(one, "head", "ref") == branch and _owner(one).casefold() == whose.casefold():
                return _request(one)
        return None

    def open(self, branch: str, *, base: str, title: str, body: str) -> ChangeRequest:
        """Open a pull request; GitHub says 422 where there is one already, and where there is nothing to merge."""
        wanted = {"title": title, "head": branch, "base": base, "body": body, "maintainer_can_modify": False}
        try:
            return _request(self.client.send("POST", f"{self._repo}/pulls", wanted))
        except AmbiguousError:
            if (there := self.find(branch)) is not None:
                return there
            raise
        except ForgeError as error:
            said = error.message.casefold()
            if error.status == 422 and "already exists" in said:
                raise AlreadyOpenError(error.message, error.hint, status=422) from None
            if error.status == 422 and "no commits between" in said:
                raise NothingToMergeError(error.message, error.hint, status=422) from None
            raise

    def update(self, number: int, *, title: str, body: str) -> ChangeRequest:
        """Give a pull request another title and text."""
        return _request(
            self.client.send("PATCH", f"{self._repo}/pulls/{number}", {"title": title, "body": body})
        )

    def close(self, number: int) -> None:
        """Close a pull request."""
        self.client.send("PATCH", f"{self._repo}/pulls/{number}", {"state": "closed"})

    def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels; GitHub makes those that it does not know."""
        if labels:
            self.client.send("POST", f"{self._repo}/issues/{number}/labels", {"labels": list(labels)})

    def ask(self, number: int, reviewers: Reviewers) -> None:
        """Ask for reviews."""
        body = {"reviewers": list(reviewers.logins), "team_reviewers": list(reviewers.teams)}
        if any(body.values()):
            self.client.send("POST", f"{self._repo}/pulls/{number}/requested_reviewers", dict(body))

    def reviews(self, number: int) -> tuple[Review, ...]:
        """The last word of each reviewer, and which commit they looked at."""
        last: dict[str, Review] = {}
        for one in self.client.pages(f"{self._repo}/pulls/{number}/reviews", {"per_page": 100}):
            login, said = text(one, "user", "login"), text(one, "state").upper()
            if login and said not in _SILENT:
                last[login] = Review(
                    login, _SAID.get(said, ReviewState.OTHER), text(one, "commit_id") or None
                )
        return tuple(last.values())

    def merge(self, number: int, *, head: str, title: str, message: str) -> MergeResult:
        """Squash it to one commit; 405 (not mergeable) and 409 (the branch moved) mean: not ready."""
        wanted = {"commit_title": title, "commit_message": message, "sha": head, "merge_method": "squash"}
        path = f"{self._repo}/pulls/{number}"
        try:
            answer = self.client.send("PUT", f"{path}/merge", wanted)
        except ForgeError as error:
            there = _request(self.client.get(path))
            if there.merged_as is not None and there.head == head:
                # The answer to the first attempt was lost, and the second met a merged pull request.
                return MergeResult(MergeState.MERGED, there.merged_as)
            if error.status in (405, 409):
                return MergeResult(MergeState.NOT_READY, reason=error.message)
            raise
        return MergeResult(MergeState.MERGED, text(answer, "sha"))

    def statuses(self, commit: str) -> tuple[Status, ...]:
        """The newest status of each context."""
        newest: dict[str, Status] = {}
        # The newest comes first; check runs of Actions are none of these.
        for one in self.client.pages(f"{self._repo}/commits/{commit}/statuses", {"per_page": 100}):
            found = Status(
                text(one, "context"),
                StatusState(text(one, "state")),
                text(one, "description"),
                text(one, "target_url") or None,
            )
            newest.setdefault(found.context, found)
        return tuple(newest.values())

    def set_status(self, commit: str, status: Status) -> None:
        """Report one check as a commit status."""
        body: dict[str, object] = {
            "state": str(status.state),
            "context": status.context,
            "description": shortened(status.description),
        }
        if status.url is not None:
            body["target_url"] = status.url
        self.client.send("POST", f"{self._repo}/statuses/{commit}", body)

    def comment(self, number: int, marker: str, body: str) -> str:
        """Write or replace the one comment that begins with `marker`, among those of the token's own account."""
        me = self.login()
        for one in self.client.pages(f"{self._repo}/issues/{number}/comments", {"per_page": 100}):
            # Anybody can write the marker; GitHub lets a token with write access edit everybody's comments.
            mine = text(one, "user", "login") == me if me is not None else text(one, "user", "type") == "Bot"
            if mine and text(one, "body").startswith(marker):
                there = _number(one)
                answer = self.client.send("PATCH", f"{self._repo}/issues/comments/{there}", {"body": body})
                return text(answer, "html_url")
        answer = self.client.send("POST", f"{self._repo}/issues/{number}/comments", {"body": body})
        return text(answer, "html_url")

    def deploy(self, commit: str, environment: str, *, state: StatusState, description: str) -> None:
        """Record a deployment and its state."""
        wanted = {
            "ref": commit,
            "environment": environment,
            "description": shortened(description),
            "auto_merge": False,
            "required_contexts": [],
        }
        deployment = _number(self.client.send("POST", f"{self._repo}/deployments", wanted))
        self.client.send(
            "POST",
            f"{self._repo}/deployments/{deployment}/statuses",
            {"state": _DEPLOYMENT[state], "description": shortened(description)},
        )

    def protection(self, branch: str) -> Protection:
        """What the rulesets enforce on `branch`, and how the repository merges."""
        return github_rules.protection(self.client, self._repo, branch)

    def protect(self, branch: str, wanted: Protection) -> None:
        """Write the ruleset and the settings that `wanted` asks for."""
        github_rules.protect(self.client, self._repo, branch, wanted)

    def close_connections(self) -> None:
        """Let go of the network."""
        self.client.close()


def _owner(data: object) -> str:
    """Whose repository the branch of a pull request lies in; empty where the fork is gone."""
    return text(data, "head", "label").partition(":")[0]


def _request(data: object) -> ChangeRequest:
    merged = text(data, "merged_at") != "" or pick(data, "merged") is True
    closed = RequestState.MERGED if merged else RequestState.CLOSED
    found = ChangeRequest(
        number=number(data, "number"),
        url=text(data, "html_url"),
        branch=text(data, "head", "ref"),
        base=text(data, "base", "ref"),
        head=text(data, "head", "sha"),
        state=RequestState.OPEN if text(data, "state") == "open" else closed,
        title=text(data, "title"),
        body=text(data, "body"),
        author=text(data, "user", "login"),
        labels=tuple(text(one, "name") for one in items(data, "labels")),
        merged_as=(text(data, "merge_commit_sha") or None) if merged else None,
    )
    if not found.head or not found.branch:
        raise UnavailableError("GitHub described a pull request without its branch", "Try again.")
    return found


def _number(data: object) -> int:
    return number(data, "id")

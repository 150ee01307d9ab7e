"""Gitea, and Forgejo, which has the same API v1 (docs.gitea.com/api, codeberg.org/api/swagger)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from mooring.errors import NotFoundError, UnavailableError
from mooring.stores.forge import gitea_rules
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

_PAGE: Final = 50
"""What a list gives at most, unless the server is set otherwise."""

_SAID: Final = {"APPROVED": ReviewState.APPROVED, "REQUEST_CHANGES": ReviewState.CHANGES_REQUESTED}
# A comment, or being asked anew, takes no approval back; a dismissal does.
_SILENT: Final = frozenset({"", "COMMENT", "PENDING", "REQUEST_REVIEW"})
_READ: Final = {
    "success": StatusState.SUCCESS,
    "failure": StatusState.FAILURE,
    "error": StatusState.ERROR,
}
# 405: a review or a check is missing, or whether it can be merged is not known yet; 409: a conflict, or it moved.
_NOT_READY: Final = frozenset({405, 409, 422})
DEPLOYED: Final = "mooring/deployed"
"""What the status of a deployment begins with: Gitea has no deployments."""


def gitea_client(address: Address, token: str, *, api: str | None = None) -> Client:
    """A client that speaks to Gitea or Forgejo with `token`; `api` overrides where the API begins."""
    return Client(
        base=api or address.api,
        what=f"Gitea ({address.path})",
        headers={"Accept": "application/json", "Authorization": f"token {token}", "User-Agent": "mooring"},
    )


@dataclass(frozen=True)
class Gitea:
    """One repository at Gitea or Forgejo; see `port.Forge` for what each method means."""

    address: Address
    client: Client

    @property
    def name(self) -> str:
        """The forge and the repository, for people: its host says which of the two it is."""
        return f"Gitea {self.address.host}/{self.address.path}"

    @property
    def _repo(self) -> str:
        return f"repos/{self.address.path}"

    def login(self) -> str | None:
        """The account of the token; one that may not read accounts tells none."""
        try:
            return text(self.client.get("user"), "login") or None
        except ForgeError as error:
            if error.status == 403:
                return None
            raise

    def find(self, branch: str, *, owner: str | None = None) -> ChangeRequest | None:
        """The open pull request of a branch of this very repository, or of the fork of `owner`."""
        whose = owner if owner is not None else self.address.path.partition("/")[0]
        query: dict[str, str | int] = {"state": "open", "limit": _PAGE}
        for one in self.client.pages(f"{self._repo}/pulls", query):
            # A fork that was deleted is null.
            theirs = text(one, "head", "repo", "owner", "login").casefold() == whose.casefold()
            if theirs and text(one, "head", "ref") == branch:
                return _request(one)
        return None

    def open(self, branch: str, *, base: str, title: str, body: str) -> ChangeRequest:
        """Open a pull request; Gitea says 409 where there is one, and would open one with nothing to merge."""
        between = f"{quote(base, safe='/')}...{quote(branch, safe='/')}"
        # An older Gitea compares nothing, and opens what cannot be merged.
        if pick(self.client.find(f"{self._repo}/compare/{between}"), "total_commits") == 0:
            raise NothingToMergeError(f"{self.address.path}: {branch} has nothing that {base} has not")
        wanted = {"title": title, "head": branch, "base": base, "body": body}
        try:
            return _request(self.client.send("POST", f"{self._repo}/pulls", wanted))
        except AmbiguousError:
            if (there := self.find(branch)) is not None:
                return there
            raise
        except ForgeError as error:
            if error.status == 409:
                raise AlreadyOpenError(error.message, error.hint, status=409) from None
            if error.status == 422 and "no changes between" in error.message.casefold():
                raise NothingToMergeError(error.message, error.hint, status=422) from None
            raise

    def update(self, number: int, *, title: str, body: str) -> ChangeRequest:
        """Give a pull request another title and text."""
        wanted = {"title": title, "body": body}
        return _request(self.client.send("PATCH", f"{self._repo}/pulls/{number}", wanted))

    def close(self, number: int) -> None:
        """Close a pull request."""
        self.client.send("PATCH", f"{self._repo}/pulls/{number}", {"state": "closed"})

    def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels; those that the repository does not have are made."""
        if not labels:
            return
        path = f"{self._repo}/labels"
        known = {text(one, "name").casefold(): _id(one) for one in self.client.pages(path, {"limit": _PAGE})}
        wanted: list[int] = []
        for name in labels:
            there = known.get(name.casefold())
            if there is None:
                there = _id(self.client.send("POST", path, {"name": name, "color": "#0e8a16"}))
            wanted.append(there)
        self.client.send("POST", f"{self._repo}/issues/{number}/labels", {"labels": wanted})

    def ask(self, number: int, reviewers: Reviewers) -> None:
        """Ask for reviews."""
        body = {"reviewers": list(reviewers.logins), "team_reviewers": list(reviewers.teams)}
        if not any(body.values()):
            return
        try:
            self.client.send("POST", f"{self._repo}/pulls/{number}/requested_reviewers", dict(body))
        except NotFoundError as error:  # So Gitea says that it does not know an account.
            raise ForgeError(error.message, "Correct 'people' of mooring.yaml.", status=404) from None

    def reviews(self, number: int) -> tuple[Review, ...]:
        """The last word of each reviewer, and which commit they looked at."""
        last: dict[str, Review] = {}
        # The oldest comes first; a team that was asked stands there without an account.
        for one in self.client.pages(f"{self._repo}/pulls/{number}/reviews", {"limit": _PAGE}):
            login, said = text(one, "user", "login"), text(one, "state").upper()
            if not login or said in _SILENT:
                continue
            dismissed = pick(one, "dismissed") is True
            state = ReviewState.OTHER if dismissed else _SAID.get(said, ReviewState.OTHER)
            last[login] = Review(login, state, text(one, "commit_id") or None)
        return tuple(last.values())

    def merge(self, number: int, *, head: str, title: str, message: str) -> MergeResult:
        """Squash it to one commit; a missing check, a conflict and a branch that moved mean: not ready."""
        wanted = {
            # Gitea takes these names since 1.26, and before it, as Forgejo does, `Do` and `MergeTitleField`.
            "do": "squash",
            "merge_title_field": title,
            "merge_message_field": message,
            "Do": "squash",
            "MergeTitleField": title,
            "MergeMessageField": message,
            "head_commit_id": head,
        }
        path = f"{self._repo}/pulls/{number}"
        try:
            self.client.send("POST", f"{path}/merge", wanted)
        except (AmbiguousError, ForgeError) as error:
            if (done := _merged(self.client.get(path), head)) is not None:
                return done
            if isinstance(error, ForgeError) and error.status in _NOT_READY:
                return MergeResult(MergeState.NOT_READY, reason=error.message)
            raise
        done = _merged(self.client.get(path), head)
        return done or MergeResult(MergeState.NOT_READY, reason="it is not merged yet")

    def statuses(self, commit: str) -> tuple[Status, ...]:
        """The newest status of each context; the jobs of Actions are among them."""
        newest: dict[str, tuple[int, Status]] = {}
        for one in self.client.pages(f"{self._repo}/commits/{commit}/statuses", {"limit": _PAGE}):
            found = Status(
                text(one, "context"),
                _READ.get(text(one, "status"), StatusState.PENDING),
                text(one, "description"),
                text(one, "target_url") or None,
            )
            if found.context not in newest or newest[found.context][0] < _id(one):
                newest[found.context] = (_id(one), found)
        return tuple(status for _, status in newest.values())

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
        me, path = self.login(), f"{self._repo}/issues/{number}/comments"
        for one in self.client.pages(path):
            # Anybody can write the marker, and a token with write access may edit everybody's comments.
            mine = me is not None and text(one, "user", "login") == me
            if mine and text(one, "body").startswith(marker):
                there = f"{self._repo}/issues/comments/{_id(one)}"
                return text(self.client.send("PATCH", there, {"body": body}), "html_url")
        return text(self.client.send("POST", path, {"body": body}), "html_url")

    def deploy(self, commit: str, environment: str, *, state: StatusState, description: str) -> None:
        """Record it as a status of the commit, `mooring/deployed/ENV`: Gitea has no deployments."""
        self.set_status(commit, Status(f"{DEPLOYED}/{environment}", state, description))

    def protection(self, branch: str) -> Protection:
        """What the rule of the branch and the settings of the repository enforce."""
        return gitea_rules.protection(self.client, self._repo, branch)

    def protect(self, branch: str, wanted: Protection) -> None:
        """Write the rule of the branch, and the settings that `wanted` asks for."""
        gitea_rules.protect(self.client, self._repo, branch, wanted)

    def close_connections(self) -> None:
        """Let go of the network."""
        self.client.close()


def _merged(data: object, head: str) -> MergeResult | None:
    """What a pull request says that it was merged as; not ready where that was another commit of its branch."""
    found = _request(data)
    if found.state is not RequestState.MERGED:
        return None
    if found.head != head:
        return MergeResult(MergeState.NOT_READY, reason=f"it was merged at {found.head[:12]}")
    return MergeResult(MergeState.MERGED, found.merged_as)


def _request(data: object) -> ChangeRequest:
    merged = pick(data, "merged") is True
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
        raise UnavailableError("Gitea described a pull request without its branch", "Try again.")
    return found


def _id(data: object) -> int:
    return number(data, "id")

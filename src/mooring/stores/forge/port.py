"""What Mooring asks of a forge (GitHub, GitLab, Gitea or Forgejo), in words that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from mooring.errors import RefusedError, UnavailableError

LONGEST_BODY: Final = 65_536
"""Characters that GitHub takes as the text of a pull request or a comment; the others take more."""


class RequestState(StrEnum):
    """What became of a pull request."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A pull request (GitLab: merge request). `head` is the newest commit of `branch` as the forge has it."""

    number: int
    url: str
    branch: str
    base: str
    head: str
    state: RequestState
    title: str
    body: str
    author: str
    labels: tuple[str, ...] = ()
    merged_as: str | None = None
    """The commit on the base branch that brought it, once it is merged."""


class ReviewState(StrEnum):
    """What a reviewer said last."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes-requested"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Review:
    """What one account said of one commit; `commit` is None where the forge does not tell which was looked at."""

    login: str
    state: ReviewState
    commit: str | None


class MergeState(StrEnum):
    """What a forge made of the wish to merge."""

    MERGED = "merged"
    NOT_READY = "not-ready"
    """A review, a check or an update of the branch is missing, or the branch is not what was expected any more."""


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a forge made of the wish to merge: the commit on the base branch, or in its own words why not yet."""

    state: MergeState
    commit: str | None = None
    reason: str | None = None


class StatusState(StrEnum):
    """The state of one check of one commit."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Status:
    """One check of one commit: `context` names it, `description` is one line."""

    context: str
    state: StatusState
    description: str
    url: str | None = None


LONGEST_DESCRIPTION: Final = 140
"""Characters that GitHub takes as the description of a status or a deployment; GitLab takes 255."""


def shortened(line: str) -> str:
    """A description as it is sent, and as it comes back."""
    return line if len(line) <= LONGEST_DESCRIPTION else line[: LONGEST_DESCRIPTION - 1] + "…"


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Whom to ask: accounts and, where the forge has them, teams (without the organisation)."""

    logins: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protection:
    """What a forge enforces on one branch, or is to enforce; None where it does not tell.

    A check is required by its name. `squash_only` and `title_and_text` (of the pull request become the message of the
    squash commit) are settings of the repository, the rest of the branch.
    """

    pull_request_required: bool | None = None
    approvals: int | None = None
    code_owners: bool | None = None
    stale_reviews_dismissed: bool | None = None
    last_push_approval: bool | None = None
    required_checks: tuple[str, ...] | None = None
    up_to_date_required: bool | None = None
    merge_queue: bool | None = None
    squash_only: bool | None = None
    title_and_text: bool | None = None
    linear_history: bool | None = None
    force_pushes_refused: bool | None = None
    deletion_refused: bool | None = None


class Forge(Protocol):
    """One repository at a forge. Every method raises ForgeError, NotFoundError or UnavailableError."""

    @property
    def name(self) -> str:
        """The forge and the repository, for people: `GitHub acme/models`."""

    def login(self) -> str | None:
        """The account that the token speaks for; None where it is a machine's that has none."""

    def find(self, branch: str, *, owner: str | None = None) -> ChangeRequest | None:
        """The open pull request of `branch` in this repository, or in the fork of `owner`; None where there is none."""

    def open(self, branch: str, *, base: str, title: str, body: str) -> ChangeRequest:
        """Open a pull request; raises AlreadyOpenError or NothingToMergeError where there is none to open."""

    def update(self, number: int, *, title: str, body: str) -> ChangeRequest:
        """Give a pull request another title and text."""

    def close(self, number: int) -> None:
        """Close a pull request that is not to be merged."""

    def label(self, number: int, labels: Sequence[str]) -> None:
        """Add labels to a pull request."""

    def ask(self, number: int, reviewers: Reviewers) -> None:
        """Ask people to review it; its author and unknown ones are left out by the forge or raise ForgeError."""

    def reviews(self, number: int) -> tuple[Review, ...]:
        """The last word of each reviewer."""

    def merge(self, number: int, *, head: str, title: str, message: str) -> MergeResult:
        """Squash it to one commit if its branch still is at `head`; raises AmbiguousError where nobody knows."""

    def statuses(self, commit: str) -> tuple[Status, ...]:
        """The newest status of each check of one commit."""

    def set_status(self, commit: str, status: Status) -> None:
        """Report one check of one commit."""

    def comment(self, number: int, marker: str, body: str) -> str:
        """Write the one comment that begins with `marker`, or put `body` in its place; the comment's address."""

    def deploy(self, commit: str, environment: str, *, state: StatusState, description: str) -> None:
        """Record that `commit` is what `environment` should have now, with how far that is."""

    def protection(self, branch: str) -> Protection:
        """What is enforced on `branch`."""

    def protect(self, branch: str, wanted: Protection) -> None:
        """Enforce what `wanted` says on `branch`, and loosen nothing that is enforced by anything else."""

    def close_connections(self) -> None:
        """Let go of the network."""


class ForgeError(RefusedError):
    """A forge refuses; `status` is its HTTP status."""

    def __init__(self, message: str, hint: str | None = None, *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class AlreadyOpenError(ForgeError):
    """There is a pull request of this branch already."""


class NothingToMergeError(ForgeError):
    """The branch has nothing that the base has not."""


class AmbiguousError(UnavailableError):
    """The connection broke after the request was sent: it may have been carried out, and must be looked up."""

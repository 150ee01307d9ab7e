"""One change that somebody offers on a branch: a promotion, a withdrawal, a rollback, a registration, a signature."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mooring.domain.change import FileChange
from mooring.domain.pointer import Pointer
from mooring.stores.forge.statement import Subject
from mooring.stores.git.identity import Identity


class ProposalKind(StrEnum):
    """What a proposal asks for."""

    PROMOTION = "promotion"
    WITHDRAWAL = "withdrawal"
    ROLLBACK = "rollback"
    REGISTRATION = "registration"
    SIGNATURE = "signature"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch that is ahead of main, read as what it asks for.

    `base` is the commit of main that it was made on, `commit` its newest. `version` is what would be live (None:
    nothing), be registered or be signed. `subject` is what an approval must be about; None for a registration and a
    signature, and where `problem` says why the branch is no proposal that could ever be merged.
    """

    branch: str
    commit: str
    base: str
    kind: ProposalKind
    model: str
    environment: str | None
    version: str | None
    files: tuple[FileChange, ...]
    author: Identity
    requester: str
    message: str
    subject: Subject | None = None
    before: Pointer | None = None
    after: Pointer | None = None
    problem: str | None = None

    @property
    def promotion(self) -> str | None:
        """What its approvals are filed under: the promotion id, for a rollback `<undone>-to-<returning>`."""
        return self.subject.key if self.subject is not None else None

    @property
    def title(self) -> str:
        """What it asks for, in one line."""
        what = f"{self.model}@{self.version}" if self.version is not None else self.model
        match self.kind:
            case ProposalKind.PROMOTION:
                return f"promotion of {what} to {self.environment}"
            case ProposalKind.WITHDRAWAL:
                return f"withdrawal of {self.model} from {self.environment}"
            case ProposalKind.ROLLBACK:
                return f"rollback of {self.model} in {self.environment} to {self.version or 'nothing'}"
            case ProposalKind.REGISTRATION:
                return f"registration of {what}"
            case ProposalKind.SIGNATURE:
                return f"signature of {what}"
            case ProposalKind.STATUS:
                return f"status of {what}"

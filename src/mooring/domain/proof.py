"""What was proven of a version, or found in its files: what the gates about signatures and scans look at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mooring.domain.pointer import Pointer


@dataclass(frozen=True, slots=True)
class ProvenSigner:
    """Whoever's key made a signature that was verified; `names` are all principals that share the key."""

    principal: str
    names: frozenset[str]
    key: str
    """Its fingerprint: SHA256:..."""

    def is_any_of(self, principals: Collection[str]) -> bool:
        """Whether one of its names is among `principals`; capitals do not tell names apart."""
        allowed = {principal.strip().casefold() for principal in principals}
        return any(name.strip().casefold() in allowed for name in self.names | {self.principal})

    def is_one_of(self, principals: Collection[str]) -> bool:
        """As `is_any_of`, where naming nobody means that anybody will do."""
        return not principals or self.is_any_of(principals)


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What became of checking a version's `signature.json`.

    `signers` are those whose signature is right; `problems` say what is wrong with the file or with others in it.
    """

    is_signed: bool
    signers: tuple[ProvenSigner, ...] = ()
    problems: tuple[str, ...] = ()


class ScanState(StrEnum):
    """What a scan says of a version's files. What is not known to be harmless is not clean."""

    CLEAN = "clean"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Something could not be judged: an error, a name that nobody knows. It counts as refused."""


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """What a scan of a version found, with a reason for each file that is not clean."""

    state: ScanState
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """Whose signature a commit bears; `reason` says why it is nobody's who may sign, or with which key it was made."""

    signer: ProvenSigner | None
    reason: str


class Proofs(Protocol):
    """What cryptography and scans say, by the signers of the base of a change; read when asked."""

    def of_commit(self, commit: str) -> CommitFacts:
        """Who signed a commit."""

    def requests(
        self,
        path: str,
        *,
        blobs: tuple[str | None, str | None],
        pointers: tuple[Pointer | None, Pointer | None],
        restores: bool,
    ) -> tuple[ProvenSigner, ...]:
        """Who said, signed, that they ask for exactly this change of the pointer at `path`.

        `blobs` and `pointers` are those before and after it (None: no file); it `restores` what was there once.
        """

    def of_version(self, model: str, version: str) -> SignatureFacts:
        """Who signed a version."""

    def scan_of(self, model: str, version: str) -> ScanFacts | None:
        """What a scan of a version's files finds here; None where their bytes are out of reach."""

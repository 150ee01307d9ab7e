"""Proofs for changes that are held in memory: who signed what is said, and not proven."""

from __future__ import annotations

from dataclasses import dataclass

from mooring.domain.pointer import Pointer
from mooring.domain.proof import CommitFacts, ProvenSigner, ScanFacts, SignatureFacts


@dataclass(frozen=True)
class SaidProofs:
    """`said` has words such as "commit alex@example.com" and "request sam@example.com", one a line."""

    said: str

    def _by(self, what: str) -> tuple[ProvenSigner, ...]:
        words = [line.split() for line in self.said.splitlines()]
        return tuple(
            ProvenSigner(line[1], frozenset({line[1]}), "SHA256:said") for line in words if line[:1] == [what]
        )

    def of_commit(self, commit: str) -> CommitFacts:
        """Who signed the commit."""
        found = self._by("commit")
        return CommitFacts(found[0], "signed") if found else CommitFacts(None, "the commit is not signed")

    def requests(
        self,
        path: str,
        *,
        blobs: tuple[str | None, str | None],
        pointers: tuple[Pointer | None, Pointer | None],
        restores: bool,
    ) -> tuple[ProvenSigner, ...]:
        """Who signed the request."""
        return self._by("request")

    def of_version(self, model: str, version: str) -> SignatureFacts:
        """No version is signed."""
        return SignatureFacts(is_signed=False)

    def scan_of(self, model: str, version: str) -> ScanFacts | None:
        """No version was scanned."""
        return None

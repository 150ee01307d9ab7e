"""What cryptography and scans say of a change, by the signers of its base and the bytes that can be reached here."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from mooring.domain import layout
from mooring.domain.proof import CommitFacts, ProvenSigner, ScanFacts, ScanState, SignatureFacts
from mooring.errors import IntegrityError, MooringError

# Every change carries these proofs, and few are asked for them: what answers is imported then.
if TYPE_CHECKING:
    from mooring.domain.pointer import Pointer
    from mooring.domain.registry import Registry, Release
    from mooring.stores.hub import Hub

LARGEST_FETCHED: Final = 4 * 2**30
"""Bytes of a version that a gate fetches in order to scan it; a larger one is scanned by `mooring scan`."""
_SECONDS: Final = 60.0
_RATE: Final = 4 * 2**20


class RepositoryProofs:
    """The proofs of changes that are made on the commit `base`."""

    def __init__(self, hub: Hub, base: str) -> None:
        self._hub = hub
        self._base = base

    @property
    def _registry(self) -> Registry:
        return self._hub.registry(self._base)

    @cached_property
    def _signers(self) -> bytes:
        from mooring.stores.forge.votes import allowed_signers

        return allowed_signers(self._registry)

    def of_commit(self, commit: str) -> CommitFacts:
        """Who signed a commit: at its own time, but never at an earlier one than its base's (DESIGN 4.5)."""
        from mooring.documents.signers import names_of, parse_signers
        from mooring.stores.git.commits import verify_commit
        from mooring.stores.git.identity import Moment

        repository = self._hub.repository
        at = max(repository.committer_time(commit), repository.committer_time(self._base))
        judged = verify_commit(repository, commit, allowed_signers=self._signers, at=Moment(at))
        if not judged.ok or judged.principal is None or judged.key is None:
            return CommitFacts(None, judged.reason)
        names = frozenset({judged.principal, *names_of(parse_signers(self._signers), judged.key)})
        return CommitFacts(ProvenSigner(judged.principal, names, judged.key), judged.reason)

    def requests(
        self,
        path: str,
        *,
        blobs: tuple[str | None, str | None],
        pointers: tuple[Pointer | None, Pointer | None],
        restores: bool,
    ) -> tuple[ProvenSigner, ...]:
        """Who said, signed, that they ask for exactly this change of the pointer at `path`."""
        from mooring.stores.forge.statement import Role, Subject, change_key
        from mooring.stores.forge.votes import read_ballot

        key = change_key(*pointers, restores=restores)
        ballot = read_ballot(
            self._hub.repository,
            self._hub.approvals(key),
            Subject(path, blobs[0], blobs[1], key),
            signers=self._signers,
            vouched=False,
        )
        return tuple(
            ProvenSigner(vote.principal, vote.names, vote.key)
            for vote in ballot.votes
            if vote.role is Role.REQUEST and vote.key is not None
        )

    def of_version(self, model: str, version: str) -> SignatureFacts:
        """Who signed a version; raises as `Registry.release` does."""
        return signature_facts(self._hub, self._base, self._registry.release(model, version))

    def scan_of(self, model: str, version: str) -> ScanFacts | None:
        """What a scan of a version's files finds here; None where their bytes are out of reach."""
        if self._hub.artifacts is None:
            return None
        from mooring.domain.scanning import facts_of
        from mooring.stores.artifacts import ArtifactCache, Limits
        from mooring.stores.scanning import scan_artifact
        from mooring.stores.storage import artifact_remote

        artifact = self._registry.release(model, version).manifest.artifact
        fetches = self._hub.fetches_to_scan and sum(file.size for file in artifact.files) <= LARGEST_FETCHED
        try:
            found = scan_artifact(
                artifact,
                ArtifactCache(self._hub.artifacts),
                (lambda: [artifact_remote(self._hub, self._base)]) if fetches else None,
                limits=Limits(seconds=_SECONDS, rate=_RATE),
            )
        except IntegrityError as error:
            return ScanFacts(ScanState.UNKNOWN, (error.message,))
        except MooringError:
            return None
        return None if found is None else facts_of(found)


def signature_facts(hub: Hub, commit: str, release: Release) -> SignatureFacts:
    """What checking a version's signature at `commit` finds: by its signers, at the time that main got it."""
    from mooring.stores.forge.votes import allowed_signers
    from mooring.stores.version_signatures import check_signature

    registry = hub.registry(commit)
    path = layout.signature_path(release.manifest.model, release.manifest.version)
    if registry.files.entry(path) is None:
        return SignatureFacts(is_signed=False)
    came = next(hub.repository.first_parent(commit, paths=[path]), None)
    at = hub.history(commit).times.get(came.oid) if came is not None else None
    return check_signature(hub.repository, registry, release, signers=allowed_signers(registry), at=at)

"""Scan the files of a version, and say of a proposal, signed, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.domain.proof import ScanFacts, ScanState
from mooring.domain.references import parse_reference
from mooring.domain.registry import Release
from mooring.domain.scanning import FileScan, facts_of
from mooring.errors import NotFoundError, UnavailableError
from mooring.gates.scan import CHECK
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal, ProposalKind
from mooring.stores.forge.statement import CheckResult
from mooring.stores.hub import Hub
from mooring.stores.scanning import scan_artifact
from mooring.stores.storage import artifact_remote
from mooring.usecases.attest import LONGEST_DETAIL, Attested, attest
from mooring.usecases.proposals import select

if TYPE_CHECKING:
    from mooring.stores.artifacts import ArtifactCache, Progress


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found in the files of a version, file by file; `proposal` is the one that was named, if one was."""

    release: Release
    files: tuple[FileScan, ...]
    proposal: Proposal | None

    @property
    def facts(self) -> ScanFacts:
        """What it comes to."""
        return facts_of(self.files)


def scan(
    hub: Hub,
    selector: str,
    *,
    environment: str | None = None,
    cache: ArtifactCache,
    progress: Progress | None = None,
) -> Scanned:
    """Scan the version that `selector` means: a reference, or a proposal (see `proposals.select`).

    Files that are not in the cache are fetched from the remote that main names; what was found before is remembered by
    the bytes. Raises NotFoundError, UsageError, IntegrityError for wrong bytes, UnavailableError.
    """
    tip = hub.refresh()
    proposal, release = _meant(hub, tip, selector, environment)
    found = scan_artifact(
        release.manifest.artifact, cache, lambda: [artifact_remote(hub, tip)], progress=progress
    )
    if found is None:
        raise UnavailableError(f"the files of {release.manifest.ref} are out of reach")
    return Scanned(release, found, proposal)


def _meant(hub: Hub, tip: str, selector: str, environment: str | None) -> tuple[Proposal | None, Release]:
    if "@" in selector and environment is None:
        registry = hub.registry(tip)
        found = registry.resolve(parse_reference(selector))
        return None, registry.release(found.model, found.version)
    proposal = select(local.proposals(hub, tip), selector, environment)
    if proposal.version is None:
        raise NotFoundError(f"the {proposal.title} brings no version", "There is nothing to scan.")
    # A version that is only proposed is on its own branch; what is promoted is on main.
    commit = proposal.commit if proposal.kind is ProposalKind.REGISTRATION else tip
    return proposal, hub.registry(commit).release(proposal.model, proposal.version)


def attest_scan(
    hub: Hub,
    scanned: Scanned,
    *,
    key: Path | None,
    principal: str | None,
    now: int,
    dry_run: bool = False,
) -> Attested:
    """Say, signed, what was found in the version that a proposal promotes; see `attest.attest`.

    Raises NotFoundError where no proposal was scanned.
    """
    if scanned.proposal is None:
        raise NotFoundError(
            f"a statement is about a proposal, and {scanned.release.manifest.ref} was scanned as a version",
            "Name the proposal: mooring proposals lists them.",
        )
    passed = scanned.facts.state is ScanState.CLEAN
    result = CheckResult(CHECK, passed, None if passed else _detail(scanned.facts.reasons))
    return attest(
        hub, scanned.proposal.branch, result, key=key, principal=principal, now=now, dry_run=dry_run
    )


def _detail(reasons: Sequence[str]) -> str:
    """The reasons as the one line that a statement has room for."""
    text = "".join(character if character.isprintable() else "?" for character in "; ".join(reasons))
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 3] + "..."

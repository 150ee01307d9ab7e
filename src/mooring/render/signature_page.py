"""Who signed a version, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.domain.proof import SignatureFacts
from mooring.domain.registry import Release
from mooring.render.blocks import Block, Facts, Heading


def blocks(release: Release, facts: SignatureFacts) -> Sequence[Block]:
    """A verified signature as a page."""
    rows = [(f"signed by {signer.principal}", signer.key) for signer in facts.signers]
    return [
        Heading(f"Verified: {release.manifest.ref}"),
        Facts((*rows, ("manifest", release.digest), ("artifact", release.manifest.artifact.digest))),
    ]


def as_data(release: Release, facts: SignatureFacts, commit: str | None) -> dict[str, object]:
    """A verified signature as plain data of the shape `mooring/verify/v1`; keys are only ever added to it."""
    return {
        "schema": "mooring/verify/v1",
        "ref": release.manifest.ref,
        "model": release.manifest.model,
        "version": release.manifest.version,
        "manifest": release.digest,
        "digest": release.manifest.artifact.digest,
        "commit": commit,
        "signers": [
            {"principal": signer.principal, "names": sorted(signer.names), "key": signer.key}
            for signer in facts.signers
        ],
        "problems": list(facts.problems),
    }

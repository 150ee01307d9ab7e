"""What a scan found in the files of a version, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.domain.proof import ScanFacts, ScanState
from mooring.domain.registry import Release
from mooring.domain.scanning import FileScan
from mooring.render.blocks import Block, Grid, Heading

_SAID = {
    ScanState.CLEAN: "Clean",
    ScanState.REFUSED: "Refused",
    ScanState.UNKNOWN: "Cannot be judged, which is as good as refused",
}


def blocks(release: Release, files: Sequence[FileScan], facts: ScanFacts) -> Sequence[Block]:
    """A scan as a page."""
    rows = [(one.path, one.format, str(one.state), one.reason) for one in files]
    return [
        Heading(f"{_SAID[facts.state]}: {release.manifest.ref}"),
        Grid(("file", "format", "state", "because"), rows),
    ]


def as_data(release: Release, files: Sequence[FileScan], facts: ScanFacts) -> dict[str, object]:
    """A scan as plain data of the shape `mooring/scan/v1`; keys are only ever added to it."""
    return {
        "schema": "mooring/scan/v1",
        "ref": release.manifest.ref,
        "model": release.manifest.model,
        "version": release.manifest.version,
        "manifest": release.digest,
        "state": str(facts.state),
        "files": [
            {
                "path": one.path,
                "format": one.format,
                "state": str(one.state),
                "reason": one.reason,
                "names": list(one.names),
            }
            for one in files
        ],
    }

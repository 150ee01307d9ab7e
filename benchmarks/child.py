"""What `bytes` measures, as a process of its own, so that its memory can be told: store or fetch one file.

child.py store FILE REMOTE CACHE DOCUMENT     through DVC into the folder REMOTE; writes the manifest's artifact
child.py fetch DOCUMENT REMOTE CACHE          what DOCUMENT says, from REMOTE into the cache, verified
"""

from __future__ import annotations

import sys
from pathlib import Path

from mooring.documents.dvcconfig import RemoteConfig
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Artifact
from mooring.stores.artifacts import ArtifactCache
from mooring.stores.remotes import open_remote

FORMAT = "safetensors"


def store(file: str, remote: str, cache: str, document: str) -> None:
    """Store a file as `mooring register` does, and keep what its manifest would say."""
    from mooring.stores.dvc import store as put

    name = Path(file).name
    kept = put(
        {name: Path(file)},
        RemoteConfig("bench", remote, {}),
        ArtifactCache(Path(cache)),
        declared={name: FORMAT},
    )
    artifact = Artifact(files=kept.files, digest=artifact_digest(kept.files, {}), dvc=kept.dvc)
    Path(document).write_text(artifact.model_dump_json(), encoding="utf-8")


def fetch(document: str, remote: str, cache: str) -> None:
    """Fetch an artifact as `mooring fetch` does."""
    artifact = Artifact.model_validate_json(Path(document).read_text(encoding="utf-8"))
    ArtifactCache(Path(cache)).fetch(artifact, [open_remote(RemoteConfig("bench", remote, {}))])


if __name__ == "__main__":
    verb, *places = sys.argv[1:]
    if verb == "store":
        store(*places)
    else:
        fetch(*places)

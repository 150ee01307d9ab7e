"""Artifacts and remotes made by hand in DVC's layout, for tests that need bytes but not DVC."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mooring.documents.dvcfile import ListedFile, listing_md5, write_listing
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Artifact, ArtifactFile, DvcOutput
from mooring.stores.remotes import object_key


def md5_of(data: bytes) -> str:
    """The MD5 of `data` in hexadecimal."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def put(remote: Path, md5: str, data: bytes) -> Path:
    """Write an object into the folder of a remote."""
    path = remote / object_key(md5)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def artifact_of(files: Mapping[str, bytes], remote: Path | None = None, format: str = "json") -> Artifact:  # noqa: A002
    """The artifact of `files`; its objects are put into the folder `remote` if one is given."""
    listing = write_listing(ListedFile(path, md5_of(data)) for path, data in files.items())
    if remote is not None:
        put(remote, listing_md5(listing), listing)
        for data in files.values():
            put(remote, md5_of(data), data)
    listed = tuple(
        ArtifactFile(path=path, format=format, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in files.items()
    )
    dvc = DvcOutput(md5=listing_md5(listing), size=sum(map(len, files.values())), nfiles=len(files))
    return Artifact(files=listed, digest=artifact_digest(listed, {}), dvc=dvc)

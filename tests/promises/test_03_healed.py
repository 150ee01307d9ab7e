"""Promise 3: a corrupted remote object is reported within one fetch, and healed from any good copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.documents.dvcconfig import RemoteConfig
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Artifact
from mooring.stores.artifacts import ArtifactCache, CorruptObjectError
from mooring.stores.dvc import heal, store
from mooring.stores.remotes import FolderRemote, object_key
from tests.support.artifacts import artifact_of, md5_of

FILES = {"model.json": b'{"weights": [1, 2, 3]}', "scaler.json": b"[0.5]"}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Artifact]:
    """A remote that DVC wrote."""
    root = tmp_path_factory.mktemp("stored")
    sources = {}
    for path, data in FILES.items():
        sources[path] = root / path
        sources[path].write_bytes(data)
    done = store(sources, RemoteConfig("origin", str(root / "remote")), ArtifactCache(root / "cache"))
    return root / "remote", Artifact(files=done.files, digest=artifact_digest(done.files, {}), dvc=done.dvc)


def damage(remote: Path, md5: str, kind: str) -> None:
    path = remote / object_key(md5)
    data = path.read_bytes()
    path.chmod(0o644)
    if kind == "flipped":
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    elif kind == "cut":
        path.write_bytes(data[:-1])
    elif kind == "empty":
        path.write_bytes(b"")


@pytest.mark.parametrize("kind", ["flipped", "cut", "empty"])
@pytest.mark.parametrize("copy", ["cache", "another remote"])
def test_damage_is_reported_by_one_fetch_and_healed(
    kind: str, copy: str, stored: tuple[Path, Artifact], tmp_path: Path
) -> None:
    remote, artifact = stored
    origin, other = FolderRemote("origin", remote), FolderRemote("mirror", tmp_path / "mirror")
    cache, sources = ArtifactCache(tmp_path / "cache"), []
    if copy == "cache":
        cache.fetch(artifact, [origin])
    else:
        artifact_of(FILES, tmp_path / "mirror")
        sources = [other]
    damage(remote, md5_of(FILES["model.json"]), kind)

    with pytest.raises(CorruptObjectError) as caught:
        ArtifactCache(tmp_path / "reader").fetch(artifact, [origin])
    healed = heal(artifact, RemoteConfig("origin", str(remote)), cache, sources=sources)

    assert healed == (caught.value.key,) == (object_key(md5_of(FILES["model.json"])),)
    fetched = ArtifactCache(tmp_path / "reader").fetch(artifact, [origin])
    assert {path: found.read_bytes() for path, found in fetched.items()} == FILES

"""Promise 2: two models with equal MD5 are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.stores.artifacts import ArtifactCache, CorruptObjectError
from mooring.stores.remotes import FolderRemote
from tests.support.artifacts import artifact_of, md5_of, put

# Published by Wang, Feng, Lai and Yu in 2004.
ONE = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a"
    "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)
OTHER = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f8955ad340609f4b30283e4888325f1415a"
    "085125e8f7cdc99fd91dbd7280373c5bd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70"
)


def test_the_model_with_the_same_md5_is_refused_and_the_reason_told(tmp_path: Path) -> None:
    assert md5_of(ONE) == md5_of(OTHER)
    assert len(ONE) == len(OTHER)
    artifact = artifact_of({"model.json": ONE}, tmp_path / "remote")
    put(tmp_path / "remote", md5_of(OTHER), OTHER)
    cache = ArtifactCache(tmp_path / "cache")

    with pytest.raises(CorruptObjectError, match="its MD5 is right"):
        cache.fetch(artifact, [FolderRemote("origin", tmp_path / "remote")])


def test_both_models_are_held_at_once(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path / "cache")
    fetched = []
    for name, data in (("one", ONE), ("other", OTHER)):
        artifact = artifact_of({"model.json": data}, tmp_path / name)
        fetched.append(cache.fetch(artifact, [FolderRemote(name, tmp_path / name)])["model.json"])

    assert [path.read_bytes() for path in fetched] == [ONE, OTHER]

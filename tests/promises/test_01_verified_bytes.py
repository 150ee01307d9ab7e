"""Promise 1: a byte is never handed to a loader unless size and SHA-256 equal the manifest's."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.errors import IntegrityError, MooringError
from mooring.stores.artifacts import ArtifactCache
from mooring.stores.remotes import FolderRemote
from tests.support.artifacts import artifact_of, md5_of, put

DATA = b"the weights of the model" * 50


@st.composite
def damage(draw: st.DrawFn) -> bytes:
    """The bytes of an object after something happened to them."""
    kind = draw(st.sampled_from(["flip", "cut", "grow", "zero", "other"]))
    at = draw(st.integers(0, len(DATA) - 1))
    if kind == "flip":
        return DATA[:at] + bytes([DATA[at] ^ (1 << draw(st.integers(0, 7)))]) + DATA[at + 1 :]
    if kind == "cut":
        return DATA[:at]
    if kind == "grow":
        return DATA + draw(st.binary(min_size=1, max_size=20))
    if kind == "zero":
        return bytes(len(DATA))
    return draw(st.binary(max_size=50))


@given(damage())
def test_damage_at_the_remote_is_never_downloaded(damaged: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        artifact = artifact_of({"model.json": DATA}, root / "remote")
        put(root / "remote", md5_of(DATA), damaged)
        cache = ArtifactCache(root / "cache")

        raised = None
        try:
            cache.fetch(artifact, [FolderRemote("origin", root / "remote")])
        except MooringError as error:
            raised = error

        assert isinstance(raised, IntegrityError)
        assert "origin" in str(raised)
        assert not cache.holds(artifact)
        assert cache.verify(artifact.files[0]) is None


@given(damage())
@settings(max_examples=20)
def test_damage_in_the_cache_is_found_at_every_load(damaged: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        artifact = artifact_of({"model.json": DATA}, root / "remote")
        cache = ArtifactCache(root / "cache")
        remotes = [FolderRemote("origin", root / "remote")]
        path = cache.fetch(artifact, remotes)["model.json"]
        path.unlink()
        path.write_bytes(damaged)

        assert cache.verify(artifact.files[0]) is None
        assert cache.fetch(artifact, remotes)["model.json"].read_bytes() == DATA

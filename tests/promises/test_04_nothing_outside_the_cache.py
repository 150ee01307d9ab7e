"""Promise 4: nothing is ever written outside the cache, whatever the tree, the listing or an archive says."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mooring.documents.dvcfile import listing_md5
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Artifact, ArtifactFile, DvcOutput
from mooring.errors import MooringError
from mooring.stores.artifacts import ArtifactCache
from mooring.stores.materialise import materialise
from mooring.stores.remotes import FolderRemote
from tests.support.artifacts import md5_of, put

DATA = b"payload"

parts = st.sampled_from(
    [
        "..",
        ".",
        "",
        "a",
        "A",
        "b",
        "...",
        "~",
        ".git",
        "hooks",
        "con",
        "NUL",
        "tmp",
        "x" * 300,
        "a\x00b",
        "C:",
    ]
) | st.text(max_size=5)
separators = st.sampled_from(["/", "//", "\\", "/../", "/./", "\u2215"])


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """A path as somebody would write it who wants to leave the folder."""
    start = draw(st.sampled_from(["", "/", "../", "./", "\\", "C:\\", "//host/share/", "~/"]))
    pieces = draw(st.lists(parts, min_size=1, max_size=4))
    return start + draw(separators).join(pieces)


def everything_below(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if "cache" not in path.relative_to(root).parts[:1]
    }


def forged(paths: list[str], remote: Path) -> Artifact:
    """An artifact that never went through a document's checks, its listing stored in `remote`."""
    listing = json.dumps([{"md5": md5_of(DATA), "relpath": path} for path in paths]).encode()
    put(remote, listing_md5(listing), listing)
    put(remote, md5_of(DATA), DATA)
    files = tuple(
        ArtifactFile.model_construct(
            path=path, role="model", format="json", size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest()
        )
        for path in paths
    )
    dvc = DvcOutput(md5=listing_md5(listing), size=len(DATA), nfiles=len(paths))
    return Artifact.model_construct(files=files, digest="", dvc=dvc, allow_unsafe_format=False)


@given(st.lists(hostile(), min_size=1, max_size=3))
def test_no_listing_leads_outside(paths: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        artifact = forged(paths, root / "remote")
        before = everything_below(root)
        cache = ArtifactCache(root / "cache")

        with contextlib.suppress(MooringError):
            cache.fetch(artifact, [FolderRemote("origin", root / "remote")])

        assert everything_below(root) == before


@given(st.lists(hostile(), min_size=1, max_size=3))
def test_no_manifest_leads_outside_the_folder_asked_for(paths: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        artifact = forged(paths, root / "remote")
        (root / "source").write_bytes(DATA)
        before = everything_below(root)
        out = root / "deep" / "out"

        try:
            materialise(artifact, dict.fromkeys(paths, root / "source"), out)
        except MooringError:
            assert everything_below(root) == before
        else:
            written = {name for name in everything_below(root) if name not in before}
            assert written
            assert all(name.startswith("deep/out/") or name in ("deep", "deep/out") for name in written)


@given(hostile())
def test_a_manifest_with_such_a_path_is_no_document(path: str) -> None:
    sha256 = hashlib.sha256(DATA).hexdigest()
    try:
        file = ArtifactFile(path=path, format="json", size=len(DATA), sha256=sha256)
    except ValidationError:
        return

    assert os.path.normpath(path) == path
    assert not path.startswith(("/", ".."))
    assert artifact_digest([file], {})


def test_a_link_in_the_place_of_a_passing_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    cache = ArtifactCache(tmp_path / "cache")
    (cache.root / "locks").mkdir(parents=True)
    artifact = forged(["a"], tmp_path / "remote")
    (cache.root / "locks" / f"{artifact.files[0].sha256}.lock").symlink_to(victim)

    with pytest.raises(MooringError):
        cache.fetch(artifact, [FolderRemote("origin", tmp_path / "remote")])
    assert victim.read_bytes() == b"mine"

"""Real DVC stores into a real remote, and nothing of it is taken on trust."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mooring.documents import dvcfile
from mooring.documents.dvcconfig import RemoteConfig
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Artifact
from mooring.errors import IntegrityError, NotFoundError, RefusedError, UnavailableError, UsageError
from mooring.stores.artifacts import ArtifactCache
from mooring.stores.dvc import DvcScratch, StoredArtifact, heal, store
from mooring.stores.remotes import FolderRemote, InnerRemote, object_key
from tests.support.artifacts import md5_of, put

FILES = {"model.json": b'{"weights": [1]}' * 500, "sub/labels.txt": b"cat\r\ndog\r\n", "empty.txt": b""}


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for number, (path, data) in enumerate(FILES.items()):
        found[path] = tmp_path / f"source-{number}"
        found[path].write_bytes(data)
    return found


@pytest.fixture
def config(tmp_path: Path) -> RemoteConfig:
    return RemoteConfig("origin", str(tmp_path / "remote"))


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path / "cache")


def artifact_of(stored: StoredArtifact) -> Artifact:
    return Artifact(files=stored.files, digest=artifact_digest(stored.files, {}), dvc=stored.dvc)


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_was_stored_is_fetched_elsewhere(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, tmp_path: Path
) -> None:
    stored = store(
        sources, config, cache, roles={"sub/labels.txt": "labels"}, declared={"model.json": "json"}
    )

    fetched = ArtifactCache(tmp_path / "other").fetch(
        artifact_of(stored), [FolderRemote("origin", Path(config.url))]
    )

    assert {path: found.read_bytes() for path, found in fetched.items()} == FILES
    assert [(file.path, file.role, file.format) for file in stored.files] == [
        ("empty.txt", "model", "text"),
        ("model.json", "model", "json"),
        ("sub/labels.txt", "labels", "text"),
    ]
    assert stored.objects == {}


def test_dvc_itself_writes_the_same_file_and_listing_and_can_pull_it(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, tmp_path: Path
) -> None:
    stored = store(sources, config, cache)
    user = tmp_path / "user"
    for path, data in FILES.items():
        (user / "artifact" / path).parent.mkdir(parents=True, exist_ok=True)
        (user / "artifact" / path).write_bytes(data)

    def dvc(*arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "dvc", *arguments, "-q"], cwd=user, check=True)

    dvc("init", "--no-scm")
    dvc("add", "artifact")

    assert (user / "artifact.dvc").read_bytes() == stored.artifact_dvc
    listing = (user / ".dvc" / "cache" / object_key(stored.dvc.md5)).read_bytes()
    assert (Path(config.url) / object_key(stored.dvc.md5)).read_bytes() == listing
    assert dvcfile.parse(stored.artifact_dvc) == stored.dvc


def test_storing_leaves_only_objects_and_cached_files(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, tmp_path: Path
) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in sources.values()}

    stored = store(sources, config, cache)

    assert below(Path(config.url)) == {
        object_key(md5) for md5 in (stored.dvc.md5, *(md5_of(data) for data in FILES.values()))
    }
    assert {path: (path.read_bytes(), path.stat().st_mode) for path in sources.values()} == before
    assert below(cache.root) == {f"sha256/{file.sha256[:2]}/{file.sha256[2:]}" for file in stored.files}
    assert {path.stat().st_mode & 0o777 for path in (cache.root / "sha256").rglob("*") if path.is_file()} == {
        0o444
    }
    assert cache.fetch(artifact_of(stored), []).keys() == FILES.keys()
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("source")) == [
        "cache",
        "remote",
    ]


def test_storing_twice_gives_the_same_and_mends_what_rotted_meanwhile(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, tmp_path: Path
) -> None:
    stored = store(sources, config, cache)
    rotten = Path(config.url) / object_key(md5_of(FILES["model.json"]))
    rotten.chmod(0o644)
    rotten.write_bytes(b"x" * len(FILES["model.json"]))
    (Path(config.url) / object_key(md5_of(FILES["sub/labels.txt"]))).unlink()

    assert store(sources, config, cache) == stored
    assert ArtifactCache(tmp_path / "other").fetch(
        artifact_of(stored), [FolderRemote("origin", Path(config.url))]
    )


def test_progress_reaches_the_end(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache
) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    store(
        sources,
        config,
        cache,
        progress=lambda path, done, size: seen.setdefault(path, []).append((done, size)),
    )

    assert set(FILES) <= set(seen)
    assert all(places[-1][0] == places[-1][1] for path, places in seen.items() if path in FILES)


def test_a_remote_in_the_repository_is_given_as_files_to_commit(
    sources: dict[str, Path], cache: ArtifactCache, tmp_path: Path
) -> None:
    stored = store(sources, RemoteConfig("origin", "", inner="remote"), cache)
    tree = {
        path: source if isinstance(source, bytes) else source.read_bytes()
        for path, source in stored.objects.items()
    }

    remote = InnerRemote("origin", "remote", tree.get)

    assert all(path.startswith("remote/files/md5/") for path in tree)
    assert ArtifactCache(tmp_path / "other").fetch(artifact_of(stored), [remote]).keys() == FILES.keys()


def test_dvc_prints_nothing_and_leaves_logging_as_it_was(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, capfd: pytest.CaptureFixture[str]
) -> None:
    before = [
        (name, logging.getLogger(name).level, logging.getLogger(name).handlers)
        for name in ("dvc", "dvc_data")
    ]

    store(sources, config, cache)

    assert capfd.readouterr() == ("", "")
    assert before == [
        (name, logging.getLogger(name).level, logging.getLogger(name).handlers)
        for name in ("dvc", "dvc_data")
    ]


def test_a_remote_that_is_not_mounted_is_refused_before_anything_is_stored(
    sources: dict[str, Path], cache: ArtifactCache, tmp_path: Path
) -> None:
    with pytest.raises(UnavailableError, match="cannot be reached"):
        store(sources, RemoteConfig("origin", str(tmp_path / "no" / "remote")), cache)
    assert not (tmp_path / "no").exists()
    assert list((cache.root / "scratch").iterdir()) == []


def test_a_remote_that_cannot_be_written_is_told_in_dvcs_words(
    sources: dict[str, Path], cache: ArtifactCache, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "remote" / "files").mkdir(parents=True)
    (tmp_path / "remote" / "files" / "md5").write_text("in the way")

    with pytest.raises(UnavailableError, match="DVC could not store") as caught:
        store(sources, RemoteConfig("origin", str(tmp_path / "remote")), cache)
    assert "files/md5" in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert list((cache.root / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "error", "expected"),
    [
        ("../model.json", UsageError, "model.json"),
        ("/model.json", UsageError, "absolute"),
        (".dvcignore/x.json", UsageError, "DVC does not store"),
        ("a/.hg/x.json", UsageError, "DVC does not store"),
        (".git/x.json", UsageError, "reserved"),
        ("model.h5", RefusedError, "--format model.h5="),
    ],
)
def test_a_path_that_cannot_be_stored_is_refused_first(
    path: str,
    error: type[Exception],
    expected: str,
    config: RemoteConfig,
    cache: ArtifactCache,
    tmp_path: Path,
) -> None:
    (tmp_path / "source").write_bytes(b"{}")

    with pytest.raises(error, match=expected):
        store({path: tmp_path / "source"}, config, cache)
    assert not cache.root.exists()


def test_files_that_are_none_are_refused(config: RemoteConfig, cache: ArtifactCache, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError):
        store({}, config, cache)
    with pytest.raises(NotFoundError):
        store({"a.json": tmp_path / "absent"}, config, cache)
    with pytest.raises(RefusedError, match="no regular file"):
        store({"a.json": tmp_path}, config, cache)
    with pytest.raises(RefusedError, match="no regular file"):
        store({"a.json": tmp_path / "pipe"}, config, cache)
    assert not Path(config.url).exists()


def test_dvc_writing_other_bytes_than_expected_registers_nothing(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = DvcScratch.add
    monkeypatch.setattr(DvcScratch, "add", lambda self, folder: add(self, folder).replace(b"size", b"sise"))

    with pytest.raises(IntegrityError, match="disagree"):
        store(sources, config, cache)


def test_an_interrupt_leaves_no_scratch_and_the_next_run_succeeds(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DvcScratch, "push", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store(sources, config, cache)

    assert list((cache.root / "scratch").iterdir()) == []
    assert store(sources, config, cache).dvc.nfiles == 3


def test_what_a_killed_run_left_is_removed_by_the_next(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache
) -> None:
    left = cache.root / "scratch" / "left"
    (left / ".dvc").mkdir(parents=True)
    left.with_suffix(".lock").touch()

    store(sources, config, cache)

    assert list((cache.root / "scratch").iterdir()) == []


def test_a_users_own_dvc_settings_do_not_reach_the_scratch_repository(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, tmp_path: Path
) -> None:
    settings = Path(os.environ["DVC_GLOBAL_CONFIG_DIR"])
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "config").write_text(
        f"[cache]\ndir = {tmp_path / 'users-cache'}\ntype = symlink\n[core]\nremote = other\n"
    )

    stored = store(sources, config, cache)

    assert not (tmp_path / "users-cache").exists()
    assert (Path(config.url) / object_key(stored.dvc.md5)).is_file()


def test_a_damaged_remote_is_healed_from_the_cache(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache
) -> None:
    stored = store(sources, config, cache)
    artifact = artifact_of(stored)
    root = Path(config.url)
    assert heal(artifact, config, cache) == ()

    changed = [stored.dvc.md5, md5_of(FILES["model.json"])]
    for md5 in changed:
        (root / object_key(md5)).unlink()
        put(root, md5, b"rotten")

    assert sorted(heal(artifact, config, cache)) == sorted(map(object_key, changed))
    assert heal(artifact, config, cache) == ()


def test_without_a_good_copy_nothing_is_healed(
    sources: dict[str, Path], config: RemoteConfig, cache: ArtifactCache, tmp_path: Path
) -> None:
    artifact = artifact_of(store(sources, config, cache))
    path = Path(config.url) / object_key(md5_of(FILES["model.json"]))
    path.unlink()
    path.write_bytes(b"rotten")

    with pytest.raises(IntegrityError):
        heal(artifact, config, ArtifactCache(tmp_path / "empty"))
    assert path.read_bytes() == b"rotten"

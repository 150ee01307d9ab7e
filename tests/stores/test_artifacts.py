"""The cache hands out right bytes or an error that says what is wrong, whatever remotes, disks and processes do."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mooring.documents.dvcconfig import RemoteConfig
from mooring.domain.model import Artifact
from mooring.errors import IntegrityError, NotFoundError, RefusedError, UnavailableError
from mooring.stores.artifacts import ArtifactCache, CorruptObjectError, Limits
from mooring.stores.deadline import Deadline
from mooring.stores.fsspec_remote import FsspecRemote
from mooring.stores.materialise import materialise
from mooring.stores.remotes import FolderRemote, Look, Presence, object_key
from tests.support.artifacts import artifact_of, md5_of, put
from tests.support.object_server import serve

FILES = {"model.json": b'{"weights": 1}' * 1000, "sub/scaler.json": b"{}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "remote").mkdir()
    return tmp_path / "remote"


@pytest.fixture
def artifact(folder: Path) -> Artifact:
    return artifact_of(FILES, folder)


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    return ArtifactCache(tmp_path / "cache")


@pytest.fixture
def remote(folder: Path) -> FolderRemote:
    return FolderRemote("origin", folder)


@dataclass
class Scripted:
    """A remote that counts its reads and gives each object in the pieces it is told to."""

    inner: FolderRemote
    reads: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    name: str = "scripted"

    def address(self, md5: str) -> str:
        return self.inner.address(md5)

    def look(self, md5: str, *, seconds: float = 2.0) -> Look:
        return self.inner.look(md5, seconds=seconds)

    def chunks(self, md5: str, deadline: Deadline) -> Iterator[bytes]:
        self.reads.append(md5)
        for chunk in self.inner.chunks(md5, deadline):
            yield chunk[: len(chunk) // 2]
            if self.failures:
                raise self.failures.pop(0)
            yield chunk[len(chunk) // 2 :]


def left_in(cache: ArtifactCache) -> list[str]:
    return [path.name for path in (cache.root / "tmp").glob("*")]


def contents(fetched: dict[str, Path] | object) -> dict[str, bytes]:
    assert isinstance(fetched, dict)
    return {path: found.read_bytes() for path, found in fetched.items()}


def test_an_artifact_is_fetched_verified_and_read_only(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    assert not cache.holds(artifact)

    fetched = cache.fetch(artifact, [remote])

    assert contents(fetched) == FILES
    assert {path.stat().st_mode & 0o777 for path in fetched.values()} == {0o444}
    assert cache.holds(artifact)
    assert left_in(cache) == []


def test_what_is_cached_needs_no_remote(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    cache.fetch(artifact, [remote])

    assert contents(cache.fetch(artifact, [])) == FILES


def test_progress_counts_every_byte(cache: ArtifactCache, artifact: Artifact, remote: FolderRemote) -> None:
    seen: dict[str, tuple[int, int]] = {}

    cache.fetch(artifact, [remote], progress=lambda path, done, size: seen.__setitem__(path, (done, size)))

    assert seen == {path: (len(data), len(data)) for path, data in FILES.items()}


def test_rot_in_the_cache_is_put_aside_and_fetched_again(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    path = cache.fetch(artifact, [remote])["model.json"]
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    path.chmod(0o444)

    assert cache.verify(artifact.files[0]) is None
    assert contents(cache.fetch(artifact, [remote])) == FILES
    assert len(list((cache.root / "quarantine").iterdir())) == 1


@pytest.mark.parametrize("rot", ["empty", "link", "folder", "pipe"])
def test_whatever_stands_in_a_files_place_is_put_aside(
    rot: str, cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, tmp_path: Path
) -> None:
    path = cache.fetch(artifact, [remote])["model.json"]
    path.unlink()
    if rot == "empty":
        path.touch()
    elif rot == "link":
        (tmp_path / "right").write_bytes(FILES["model.json"])
        path.symlink_to(tmp_path / "right")
    elif rot == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)

    assert contents(cache.fetch(artifact, [remote])) == FILES


def test_a_damaged_object_is_named(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path
) -> None:
    md5 = md5_of(FILES["model.json"])
    put(folder, md5, FILES["model.json"].replace(b"1", b"2"))

    with pytest.raises(CorruptObjectError, match="the object was damaged") as caught:
        cache.fetch(artifact, [remote])

    assert (caught.value.remote, caught.value.key) == ("origin", object_key(md5))
    assert artifact.files[0].sha256 in caught.value.wanted
    assert left_in(cache) == []
    assert not cache.holds(artifact)


@pytest.mark.parametrize("change", [-1, 1, -len(FILES["model.json"])])
def test_an_object_of_another_size_is_named(
    change: int, cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path
) -> None:
    data = FILES["model.json"]
    put(folder, md5_of(data), data + b"x" if change > 0 else data[:change])

    with pytest.raises(CorruptObjectError, match=f"wanted {len(data)} bytes"):
        cache.fetch(artifact, [remote])
    assert left_in(cache) == []


def test_a_damaged_listing_is_named(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path
) -> None:
    put(folder, artifact.dvc.md5, b"[]")

    with pytest.raises(CorruptObjectError, match="the list of its files"):
        cache.fetch(artifact, [remote])


def test_a_listing_of_other_files_is_refused(cache: ArtifactCache, folder: Path) -> None:
    artifact = artifact_of({"a.json": b"1"}, folder)
    other = artifact_of({"b.json": b"1"}, folder)
    mixed = artifact.model_copy(update={"dvc": other.dvc})

    with pytest.raises(IntegrityError, match="other files than the manifest"):
        cache.fetch(mixed, [FolderRemote("origin", folder)])


def test_another_remote_makes_up_for_a_damaged_one(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path, tmp_path: Path
) -> None:
    good = tmp_path / "good"
    artifact_of(FILES, good)
    put(folder, md5_of(FILES["model.json"]), b"rotten")

    assert contents(cache.fetch(artifact, [remote, FolderRemote("good", good)])) == FILES


@pytest.mark.slow
def test_the_worst_of_several_errors_is_told(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path, tmp_path: Path
) -> None:
    put(folder, md5_of(FILES["model.json"]), b"rotten")
    (tmp_path / "empty").mkdir()
    empty, away = FolderRemote("empty", tmp_path / "empty"), FolderRemote("away", tmp_path / "away")

    with pytest.raises(CorruptObjectError):
        cache.fetch(artifact, [empty, away, remote])
    with pytest.raises(UnavailableError):
        cache.fetch(artifact, [empty, away])
    with pytest.raises(NotFoundError):
        cache.fetch(artifact, [empty])
    with pytest.raises(UnavailableError, match="no remote is known"):
        cache.fetch(artifact, [])


def test_a_connection_that_breaks_is_tried_again(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    scripted = Scripted(remote, failures=[UnavailableError("cut"), UnavailableError("cut")])

    assert contents(cache.fetch(artifact, [scripted])) == FILES


def test_a_connection_that_always_breaks_is_given_up(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    scripted = Scripted(remote, failures=[UnavailableError("cut")] * 10)

    with pytest.raises(UnavailableError, match="cut"):
        cache.fetch(artifact, [scripted])
    assert len(scripted.reads) == 3


@pytest.mark.slow
def test_a_remote_that_drips_is_given_up_by_its_rate(folder: Path, cache: ArtifactCache) -> None:
    artifact = artifact_of(FILES, folder)
    with serve(folder) as server, closing(FsspecRemote.open(RemoteConfig("web", server.url))) as remote:
        server.drip = True
        started = time.monotonic()

        with pytest.raises(UnavailableError):
            cache.fetch(artifact, [remote], limits=Limits(seconds=0.3, rate=1e6))
        assert time.monotonic() - started < 3
    assert left_in(cache) == []


def test_http_gives_the_same_files(folder: Path, cache: ArtifactCache, artifact: Artifact) -> None:
    with serve(folder) as server, closing(FsspecRemote.open(RemoteConfig("web", server.url))) as remote:
        assert contents(cache.fetch(artifact, [remote])) == FILES
        assert cache.presence(artifact, [remote]) is Presence.PRESENT


def test_http_that_cuts_the_body_hands_out_nothing(
    folder: Path, cache: ArtifactCache, artifact: Artifact
) -> None:
    with serve(folder) as server, closing(FsspecRemote.open(RemoteConfig("web", server.url))) as remote:
        server.cut_at = 20

        with pytest.raises((UnavailableError, IntegrityError)):
            cache.fetch(artifact, [remote], limits=Limits(seconds=3))
    assert not cache.holds(artifact)


def test_a_full_disk_is_told_before_anything_is_read(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    scripted = Scripted(remote)
    huge = artifact.files[0].model_copy(update={"size": 2**60})

    with pytest.raises(UnavailableError, match="free"):
        cache.fetch(artifact.model_copy(update={"files": (huge,)}), [scripted])
    assert scripted.reads == []


@pytest.mark.parametrize("call", ["write", "fsync", "rename", "fchmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_leaves_nothing_behind(
    call: str,
    code: int,
    cache: ArtifactCache,
    artifact: Artifact,
    remote: FolderRemote,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(Path if call == "rename" else os, call, fail)
        with pytest.raises(UnavailableError, match="full" if code == errno.ENOSPC else "cannot be written"):
            cache.fetch(artifact, [remote])

    assert left_in(cache) == []
    assert contents(cache.fetch(artifact, [remote])) == FILES


def test_a_short_write_is_completed(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:10]))

    assert contents(cache.fetch(artifact, [remote])) == FILES


def test_a_disk_that_keeps_less_than_it_was_given_is_found_out(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: len(data))
        with pytest.raises(UnavailableError, match="the disk kept 0 of"):
            cache.fetch(artifact, [remote])

    assert not cache.holds(artifact)


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_is_not(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    (cache.root / "tmp").mkdir(parents=True)
    (cache.root / "tmp" / "left").write_bytes(b"half")
    with cache.objects.draft() as draft:
        cache.fetch(artifact, [remote])

        assert left_in(cache) == [draft.path.name]


def test_a_lock_that_is_never_free_names_its_holder(cache: ArtifactCache, artifact: Artifact) -> None:
    name = artifact.files[0].sha256
    with (
        cache.objects.locked(name, Deadline(1)),
        pytest.raises(UnavailableError, match=f"process {os.getpid()}"),
        cache.objects.locked(name, Deadline(0.05)),
    ):
        pytest.fail("two held one lock")


@pytest.mark.slow
def test_processes_share_one_download(tmp_path: Path, folder: Path) -> None:
    data = os.urandom(2**20)
    artifact = artifact_of({"model.json": data}, folder)
    program = f"""
import sys
from pathlib import Path
from mooring.domain.model import Artifact
from mooring.stores.artifacts import ArtifactCache
from mooring.stores.remotes import FolderRemote
class Counting(FolderRemote):
    def chunks(self, md5, deadline):
        print(md5, flush=True)
        return FolderRemote.chunks(self, md5, deadline)
artifact = Artifact.model_validate_json(sys.stdin.read())
ArtifactCache(Path({str(tmp_path / "cache")!r})).fetch(artifact, [Counting("o", Path({str(folder)!r}))])
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for one in running:
        assert one.stdin is not None
        one.stdin.write(artifact.model_dump_json(by_alias=True))
        one.stdin.close()
    printed = [one.stdout.read() if one.stdout else "" for one in running]
    for one in running:
        assert one.wait() == 0
        assert one.stdout is not None
        one.stdout.close()

    assert "".join(printed).split().count(md5_of(data)) == 1


def test_a_cache_that_may_only_be_read_still_serves(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.fetch(artifact, [remote])
    opened = os.open

    def only_reading(path: str, flags: int, *rest: int, **more: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, "read-only")
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", only_reading)

    assert contents(cache.fetch(artifact, [])) == FILES


def test_presence_is_told_without_fetching(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path
) -> None:
    assert cache.presence(artifact, [remote]) is Presence.PRESENT
    (folder / object_key(md5_of(FILES["model.json"]))).unlink()
    assert cache.presence(artifact, [remote]) is Presence.MISSING
    assert cache.presence(artifact, [FolderRemote("away", folder / "away")]) is Presence.UNKNOWN
    assert cache.presence(artifact, [remote, FolderRemote("away", folder / "away")]) is Presence.UNKNOWN
    assert not (cache.root / "sha256").exists()


def test_cached_files_are_present_whatever_the_remote_says(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote
) -> None:
    cache.fetch(artifact, [remote])

    assert cache.presence(artifact, []) is Presence.PRESENT


def test_a_truncated_object_counts_as_missing(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, folder: Path
) -> None:
    put(folder, md5_of(FILES["model.json"]), b"")

    assert cache.presence(artifact, [remote]) is Presence.MISSING


def test_presence_of_a_silent_remote_is_unknown_in_time(
    cache: ArtifactCache, artifact: Artifact, folder: Path
) -> None:
    with serve(folder) as server, closing(FsspecRemote.open(RemoteConfig("web", server.url))) as remote:
        server.status = 500
        started = time.monotonic()

        assert cache.presence(artifact, [remote], seconds=0.3) is Presence.UNKNOWN
        assert time.monotonic() - started < 2


def test_files_are_given_out_as_a_whole_folder(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, tmp_path: Path
) -> None:
    out = materialise(artifact, cache.fetch(artifact, [remote]), tmp_path / "new" / "out")

    assert {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()} == FILES
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_nobodys_files_are_overwritten(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, tmp_path: Path
) -> None:
    cached = cache.fetch(artifact, [remote])
    out = tmp_path / "out"
    out.mkdir()
    materialise(artifact, cached, out)  # an empty folder holds nothing that could be lost
    (out / "model.json").write_text("mine")

    with pytest.raises(RefusedError, match="not empty"):
        materialise(artifact, cached, out)
    assert (out / "model.json").read_text() == "mine"
    materialise(artifact, cached, out, force=True)
    assert (out / "model.json").read_bytes() == FILES["model.json"]

    (out / "notes.txt").write_text("mine")
    with pytest.raises(RefusedError, match=r"notes\.txt"):
        materialise(artifact, cached, out, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "out", "remote"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_or_link_is_never_replaced(
    kind: str, cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    else:
        out.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError, match="no folder"):
        materialise(artifact, cache.fetch(artifact, [remote]), out, force=True)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_changes_after_it_was_fetched_is_not_given_out(
    cache: ArtifactCache, artifact: Artifact, remote: FolderRemote, tmp_path: Path
) -> None:
    cached = cache.fetch(artifact, [remote])
    cached["model.json"].chmod(0o644)
    cached["model.json"].write_bytes(b"x")

    with pytest.raises(IntegrityError, match="changed since"):
        materialise(artifact, cached, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "remote"]

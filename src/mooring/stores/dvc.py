"""Store the files of an artifact through DVC, and mend what has rotted in a remote.

The files are copied into the cache first, so that what is stored is what was hashed. DVC then works on links to them in
a scratch repository that holds nothing else, because it walks every `.dvc` file of the tree it stands in. Its own cache
and its notes about file times and remotes, which it believes without looking, lie there too. What it says it did is
compared with our own reading of the remote.

This is the only module that imports dvc, and only inside functions: that costs a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mooring.documents import dvcfile
from mooring.documents.dvcconfig import RemoteConfig
from mooring.documents.dvcfile import ListedFile
from mooring.domain import formats
from mooring.domain.model import Artifact, ArtifactFile, DvcOutput
from mooring.errors import IntegrityError, MooringError, UsageError
from mooring.stores.artifacts import ArtifactCache, Progress
from mooring.stores.dvc_words import Notes, quiet, told
from mooring.stores.intake import Taken, check_space, check_storable, take
from mooring.stores.remotes import Remote, object_key, open_remote
from mooring.stores.replica import LocalObject, is_right, is_there
from mooring.stores.scratch import scratch_folder

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc_data.hashfile.db import HashFileDB
    from fsspec import Callback

Uploading = Callable[[str, int, int], None]
"""Called with an object's MD5, the bytes of it that are uploaded and its size."""

_AT_ONCE: Final = 16
_ROLE: Final = "model"


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """What a version's manifest and `artifact.dvc` say about bytes that are safely in the remote.

    `objects` are the files to commit, by their path in the repository, when the remote lies inside it; else empty.
    """

    dvc: DvcOutput
    artifact_dvc: bytes
    files: tuple[ArtifactFile, ...]
    objects: Mapping[str, Path | bytes] = field(default_factory=dict)


def store(
    files: Mapping[str, Path],
    config: RemoteConfig,
    cache: ArtifactCache,
    *,
    roles: Mapping[str, str] = MappingProxyType({}),
    declared: Mapping[str, str] = MappingProxyType({}),
    taken: Mapping[str, Taken] | None = None,
    progress: Progress = lambda _path, _done, _size: None,
) -> StoredArtifact:
    """Put `files` (path in the artifact → local file) into the remote, and read back that they are there.

    `roles` and `declared` formats are by path; a role is "model" and a format is guessed by the ending otherwise. The
    cache keeps the files, so that loading the new version needs no download; `taken` are those that it has already.

    Raises UsageError for paths that cannot be stored, RefusedError for files that change or have no known format,
    UnavailableError when the remote or a disk fails, IntegrityError when DVC or the remote kept other bytes.
    """
    check_storable(files, declared)
    cache.objects.sweep()
    check_space(files, cache.root)
    with scratch_folder(cache.root) as scratch:
        if taken is None:
            taken = {path: take(cache.objects, path, source, progress) for path, source in files.items()}
        listing = dvcfile.write_listing(ListedFile(path, one.md5) for path, one in taken.items())
        output = DvcOutput(
            md5=dvcfile.listing_md5(listing), size=sum(one.size for one in taken.values()), nfiles=len(taken)
        )
        inner = config.inner
        if inner is not None:
            config = RemoteConfig(config.name, str(scratch / "remote"), config.options)
        listed = scratch / "listing"
        listed.write_bytes(listing)
        objects = [*_objects(taken), LocalObject(output.md5, listed, len(listing))]
        _upload(config, scratch, taken, output, objects, progress)
        kept = _files(taken, roles, declared)
        to_commit = _to_commit(inner, taken, output, listing) if inner is not None else {}
        return StoredArtifact(output, dvcfile.write(output), kept, MappingProxyType(to_commit))


def _objects(taken: Mapping[str, Taken]) -> list[LocalObject]:
    return [LocalObject(one.md5, one.cached, one.size) for one in taken.values()]


def _files(
    taken: Mapping[str, Taken], roles: Mapping[str, str], declared: Mapping[str, str]
) -> tuple[ArtifactFile, ...]:
    return tuple(
        ArtifactFile(
            path=path,
            role=roles.get(path, _ROLE),
            format=declared.get(path) or formats.guess(path) or "",
            size=one.size,
            sha256=one.sha256,
        )
        for path, one in sorted(taken.items())
    )


def _to_commit(
    inner: str, taken: Mapping[str, Taken], output: DvcOutput, listing: bytes
) -> dict[str, Path | bytes]:
    found: dict[str, Path | bytes] = {f"{inner}/{object_key(one.md5)}": one.cached for one in taken.values()}
    found[f"{inner}/{object_key(output.md5)}"] = listing
    return found


def _upload(
    config: RemoteConfig,
    scratch: Path,
    taken: Mapping[str, Taken],
    output: DvcOutput,
    objects: Sequence[LocalObject],
    progress: Progress,
) -> None:
    """Let DVC add and push, then make sure of every object."""
    remote = open_remote(config)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        there = list(pool.map(lambda one: is_there(remote, one.md5), objects))
    workspace = scratch / dvcfile.OUT
    for path, one in taken.items():
        _link(one.cached, workspace / path)
    names = {one.md5: path for path, one in taken.items()}
    with DvcScratch.open(config, scratch) as dvc, ThreadPoolExecutor(_AT_ONCE) as pool:
        said, expected = dvc.add(workspace), dvcfile.write(output)
        if said != expected:
            raise IntegrityError(
                f"DVC and Mooring disagree about the files: DVC wrote {said!r}, expected {expected!r}",
                "This is a fault of one of them; nothing was registered. Please report it.",
            )
        dvc.push(lambda md5, done, size: progress(names.get(md5, dvcfile.OUT), done, size))
        pairs = zip(objects, there, strict=True)
        list(pool.map(lambda pair: _make_sure(pair[0], remote, dvc, was_there=pair[1]), pairs))


def _make_sure(one: LocalObject, remote: Remote, dvc: DvcScratch, *, was_there: bool) -> None:
    """An object that DVC found there is read as a whole (it may have rotted); one that it wrote is measured."""
    if is_right(one, remote, read=was_there):
        return
    dvc.replace(one.md5, one.source)
    if not is_right(one, remote, read=True):
        raise IntegrityError(
            f"the remote {remote.name} does not keep what is stored: {remote.address(one.md5)}",
            "Nothing was registered. Check the remote's disk and its permissions.",
        )


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def heal(
    artifact: Artifact,
    config: RemoteConfig,
    cache: ArtifactCache,
    *,
    sources: Sequence[Remote] = (),
    progress: Progress = lambda _path, _done, _size: None,
) -> tuple[str, ...]:
    """Read every object of `artifact` in the remote, and replace wrong or missing ones from a good copy.

    Good copies come from the cache, the remote itself and `sources`. Returns the keys that were replaced. Raises as
    `ArtifactCache.fetch` does where there is no good copy, UsageError for a remote inside the repository.
    """
    if config.inner is not None:
        raise UsageError(
            f"the remote {config.name} is part of the repository",
            "Mend it with Git: git log -- the object's path",
        )
    remote = open_remote(config)
    good = cache.fetch(artifact, [remote, *sources], progress=progress)
    with scratch_folder(cache.root) as scratch:
        taken = {
            file.path: Taken(good[file.path], file.size, file.sha256, _md5_of(good[file.path]))
            for file in artifact.files
        }
        listing = dvcfile.write_listing(ListedFile(path, one.md5) for path, one in taken.items())
        if dvcfile.listing_md5(listing) != artifact.dvc.md5:
            raise IntegrityError(
                f"the manifest's files have the listing {dvcfile.listing_md5(listing)}, not {artifact.dvc.md5}",
                "The manifest and its DVC address do not belong together; run 'mooring check --all'.",
            )
        listed = scratch / "listing"
        listed.write_bytes(listing)
        objects = [*_objects(taken), LocalObject(artifact.dvc.md5, listed, len(listing))]
        wrong = [one for one in objects if not is_right(one, remote, read=True)]
        if wrong:
            with DvcScratch.open(config, scratch) as dvc:
                for one in wrong:
                    _make_sure(one, remote, dvc, was_there=True)
        return tuple(object_key(one.md5) for one in wrong)


@dataclass
class DvcScratch:
    """A scratch repository of DVC, and the remote that it pushes to."""

    config: RemoteConfig
    _repo: Repo
    _notes: Notes

    @classmethod
    @contextlib.contextmanager
    def open(cls, config: RemoteConfig, folder: Path) -> Iterator[DvcScratch]:
        """DVC in the empty `folder`; whatever fails in it becomes UnavailableError with DVC's own words."""
        (folder / ".dvc").mkdir()
        with quiet() as notes:
            try:
                repo = _repository(config, folder)
                try:
                    yield cls(config, repo, notes)
                finally:
                    repo.close()
            except MooringError:
                raise
            except Exception as error:
                raise told(config, error, notes) from error

    def add(self, folder: Path) -> bytes:
        """Let DVC hash `folder` and take it into its cache (as links); the bytes of the `.dvc` file it writes."""
        self._repo.add([str(folder)])
        return Path(f"{folder}.dvc").read_bytes()

    def push(self, progress: Uploading) -> None:
        """Upload what was added and is not in the remote yet. Raises UnavailableError when an object fails."""
        (stage,) = self._repo.index.stages
        wanted = {one for some in stage.outs[0].get_used_objs().values() for one in some}
        cache = self._repo.cache.local
        # Without DVC's index of the remote every object is asked for; with it, a listing vouches for all its files.
        result = self._repo.cloud.transfer(
            cache, self._remote(), wanted, cache_odb=cache, callback=_callback(progress)
        )
        if result.failed:
            raise told(self.config, None, self._notes)

    def replace(self, md5: str, source: Path) -> None:
        """Upload `source` over the object `md5`, whatever is there."""
        remote = self._remote()
        path = remote.oid_to_path(md5)
        remote.fs.put_file(str(source), path)
        remote.protect(path)

    def _remote(self) -> HashFileDB:
        found = self._repo.cloud.get_remote_odb(self.config.name)
        if self.config.scheme == "ssh":
            # DVC accepts any host key ("known_hosts": None); the empty tuple means asyncssh's own ~/.ssh/known_hosts.
            found.fs.fs_args["known_hosts"] = ()
        return found


def _repository(config: RemoteConfig, folder: Path) -> Repo:
    from dvc.repo import Repo

    hidden = folder / ".dvc"
    # Given as a value, not as a file: the options may hold secrets.
    return Repo(
        str(folder),
        config={
            "core": {
                "no_scm": "true",
                "analytics": "false",
                "check_update": "false",
                "autostage": "false",
                "remote": config.name,
                "site_cache_dir": str(hidden / "site"),
            },
            "cache": {"dir": str(hidden / "cache"), "type": "hardlink,copy"},
            "remote": {config.name: {"url": config.url, **config.options}},
        },
    )


def _callback(progress: Uploading) -> Callback:
    from fsspec import Callback

    class OneObject(Callback):  # type: ignore[misc]  # fsspec has no types
        def __init__(self, md5: str) -> None:
            super().__init__()
            self.md5 = md5

        def call(self, *_: object, **__: object) -> None:
            progress(self.md5, int(self.value), int(self.size or 0))

    class AllObjects(Callback):  # type: ignore[misc]
        def branched(self, _source: str, target: str, **_: object) -> Callback:
            return OneObject("".join(target.split("/")[-2:]))

    return AllObjects()

"""The files of artifacts on this machine: fetched from DVC's remotes, and verified each time they are handed out.

The manifest's SHA-256 and size decide; MD5 only finds the object. Nothing here runs DVC or makes a work tree.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from mooring.documents import dvcfile
from mooring.domain.model import Artifact, ArtifactFile
from mooring.errors import IntegrityError, MooringError, NotFoundError, UnavailableError
from mooring.stores.deadline import Deadline
from mooring.stores.objectfolder import Draft, ObjectFolder
from mooring.stores.remotes import Look, Presence, Remote, first_known, object_key

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Called with a file's path, the bytes of it that are done and its size."""

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a fetch may take: `seconds`, and as many more as its bytes take at `rate` bytes a second."""

    seconds: float = 60.0
    rate: float = 256 * 1024

    def deadline(self, size: int) -> Deadline:
        """The deadline of a fetch of `size` bytes, from now on."""
        return Deadline(self.seconds + size / self.rate)


class CorruptObjectError(IntegrityError):
    """An object of a remote is not what the manifest says; `key` is its place in the remote."""

    def __init__(self, remote: Remote, md5: str, *, wanted: str, got: str, path: str) -> None:
        super().__init__(
            f"the remote {remote.name} has wrong bytes for {path}: {remote.address(md5)}: wanted {wanted}, got {got}",
            "Nothing was loaded. 'mooring doctor --heal' puts a good copy in its place where there is one.",
        )
        self.remote = remote.name
        self.key = object_key(md5)
        self.md5 = md5
        self.wanted = wanted
        self.got = got


def _no_progress(_path: str, _done: int, _size: int) -> None:
    return None


class ArtifactCache:
    """Verified files by SHA-256 below `root`, shared by all processes of one user."""

    def __init__(self, root: Path) -> None:
        self.objects = ObjectFolder(root)

    @property
    def root(self) -> Path:
        """The folder that all of the cache lies in."""
        return self.objects.root

    def verify(self, file: ArtifactFile) -> Path | None:
        """The cached file when its size and SHA-256 are right now; None otherwise. A rotten one is put aside."""
        return self.objects.verified(file.sha256, file.size)

    def holds(self, artifact: Artifact) -> bool:
        """Whether every file is there with the right size: a quick look, before a decision, never before a load."""
        return all(self._holds(file) for file in artifact.files)

    def _holds(self, file: ArtifactFile) -> bool:
        try:
            return os.lstat(self.objects.path(file.sha256)).st_size == file.size
        except OSError:
            return False

    def fetch(
        self,
        artifact: Artifact,
        remotes: Sequence[Remote],
        *,
        progress: Progress = _no_progress,
        limits: Limits | None = None,
    ) -> Mapping[str, Path]:
        """Every file of `artifact` by its path, verified; what is not in the cache comes from the first good remote.

        Raises IntegrityError (CorruptObjectError for wrong bytes) when no remote has the right bytes, NotFoundError
        when none has them at all, UnavailableError when one does not answer, is too slow, or the disk is full.
        """
        found = {file.path: self.verify(file) for file in artifact.files}
        absent = [file for file in artifact.files if found[file.path] is None]
        if absent:
            self.objects.sweep()
            size = sum({file.sha256: file.size for file in absent}.values())
            self.objects.check_room(size)
            deadline = (limits or Limits()).deadline(size)
            addresses = self.addresses(artifact, remotes, deadline)
            for file in absent:
                found[file.path] = self._fetch(file, addresses[file.path], remotes, deadline, progress)
        return {path: cached for path, cached in found.items() if cached is not None}

    def addresses(
        self, artifact: Artifact, remotes: Sequence[Remote], deadline: Deadline
    ) -> Mapping[str, str]:
        """The MD5 of every file of `artifact` by its path, from DVC's listing of the folder.

        Raises as `fetch` does; IntegrityError too when the listing names other files than the manifest.
        """
        md5 = artifact.dvc.md5
        if not md5.endswith(".dir"):
            (only,) = artifact.files
            return {only.path: md5}

        def listed(remote: Remote) -> Mapping[str, str]:
            data = _read_listing(remote, md5, deadline)
            found = {file.path: file.md5 for file in dvcfile.parse_listing(data)}
            if set(found) != {file.path for file in artifact.files}:
                raise IntegrityError(
                    f"DVC's listing {remote.address(md5)} names other files than the manifest",
                    "The manifest and artifact.dvc do not belong together; run 'mooring check --all'.",
                )
            return found

        return from_first(remotes, listed, deadline)

    def _fetch(
        self,
        file: ArtifactFile,
        md5: str,
        remotes: Sequence[Remote],
        deadline: Deadline,
        progress: Progress,
    ) -> Path:
        with self.objects.locked(file.sha256, deadline):
            # Another process may have fetched it while this one waited.
            return self.verify(file) or from_first(
                remotes, lambda remote: self._download(file, md5, remote, deadline, progress), deadline
            )

    def _download(
        self, file: ArtifactFile, md5: str, remote: Remote, deadline: Deadline, progress: Progress
    ) -> Path:
        with self.objects.draft() as draft:
            progress(file.path, 0, file.size)
            for chunk in remote.chunks(md5, deadline):
                deadline.check(f"the remote {remote.name}")
                if draft.size + len(chunk) > file.size:
                    wanted, got = f"{file.size} bytes", "more"
                    raise CorruptObjectError(remote, md5, wanted=wanted, got=got, path=file.path)
                draft.write(chunk)
                progress(file.path, draft.size, file.size)
            if draft.size != file.size:
                wanted, got = f"{file.size} bytes", str(draft.size)
                raise CorruptObjectError(remote, md5, wanted=wanted, got=got, path=file.path)
            if (got := draft.sha256.hexdigest()) != file.sha256:
                wanted = f"sha256 {file.sha256}"
                note = _md5_note(draft, md5)
                raise CorruptObjectError(remote, md5, wanted=wanted, got=got + note, path=file.path)
            return self.objects.keep(draft)

    def presence(self, artifact: Artifact, remotes: Sequence[Remote], *, seconds: float = 2.0) -> Presence:
        """Whether a rollback to `artifact` would find its bytes, answered within `seconds`.

        Cached files count as present. IntegrityError only where a host key is wrong.
        """
        return Presence.PRESENT if self.holds(artifact) else self.stored(artifact, remotes, seconds=seconds)

    def stored(self, artifact: Artifact, remotes: Sequence[Remote], *, seconds: float = 2.0) -> Presence:
        """Whether `remotes` have the bytes of `artifact` for everybody, whatever is cached here; as `presence`."""
        deadline = Deadline(seconds)
        return first_known(self._look(artifact, remote, deadline) for remote in remotes)

    def _look(self, artifact: Artifact, remote: Remote, deadline: Deadline) -> Look:
        folder = remote.look(artifact.dvc.md5, seconds=deadline.left)
        if folder.presence is not Presence.PRESENT:
            return folder
        try:
            addresses = self.addresses(artifact, [remote], deadline)
        except NotFoundError:
            return Look(Presence.MISSING)
        except MooringError as error:
            return Look(Presence.UNKNOWN, reason=error.message)
        for file in artifact.files:
            look = remote.look(addresses[file.path], seconds=deadline.left)
            if look.presence is not Presence.PRESENT:
                return look
            if look.size is not None and look.size != file.size:
                return Look(Presence.MISSING, look.size, "it has another size")
        return folder


def _read_listing(remote: Remote, md5: str, deadline: Deadline) -> bytes:
    data = bytearray()
    for chunk in remote.chunks(md5, deadline):
        deadline.check(f"the remote {remote.name}")
        data += chunk
        if len(data) > dvcfile.LARGEST_LISTING:
            wanted = f"at most {dvcfile.LARGEST_LISTING} bytes"
            raise CorruptObjectError(remote, md5, wanted=wanted, got="more", path="the list of its files")
    if (got := dvcfile.listing_md5(bytes(data))) != md5:
        raise CorruptObjectError(remote, md5, wanted=md5, got=got, path="the list of its files")
    return bytes(data)


def _md5_note(draft: Draft, md5: str) -> str:
    """What the MD5 says about wrong bytes: has the object rotted, or is it another one with the same address?"""
    digest = hashlib.md5(usedforsecurity=False)
    os.lseek(draft.handle, 0, os.SEEK_SET)
    while chunk := os.read(draft.handle, 2**20):
        digest.update(chunk)
    if digest.hexdigest() == md5:
        return " (its MD5 is right: the bytes are other ones than the manifest was written for)"
    return f" (and MD5 {digest.hexdigest()}: the object was damaged)"


def from_first(remotes: Iterable[Remote], ask: Callable[[Remote], T], deadline: Deadline) -> T:
    """The first good answer of several remotes, each asked again when it fails for the moment.

    Raises the worst of their errors: not to be trusted, then unavailable, then not there.
    """
    failures: list[MooringError] = []
    for remote in remotes:
        for attempt in range(_ATTEMPTS):
            try:
                return ask(remote)
            except (IntegrityError, NotFoundError) as error:
                failures.append(error)
                break
            except UnavailableError as error:
                failures.append(error)
                pause = random.uniform(0, 0.1 * 2**attempt)  # noqa: S311 - jitter, not a secret
                if attempt + 1 == _ATTEMPTS or deadline.left <= pause:
                    break
                time.sleep(pause)
    for kind in (IntegrityError, UnavailableError, NotFoundError):
        for failure in failures:
            if isinstance(failure, kind):
                raise failure
    raise UnavailableError(
        "the files are not in the cache, and no remote is known", "Add one: dvc remote add -d NAME URL"
    )

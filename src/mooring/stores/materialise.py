"""Give the files of an artifact to people: a folder of copies, there as a whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mooring.documents import dvcfile
from mooring.domain.model import Artifact, ArtifactFile
from mooring.errors import IntegrityError, RefusedError, UnavailableError


def materialise(
    artifact: Artifact, cached: Mapping[str, Path], destination: Path, *, force: bool = False
) -> Path:
    """Copy the files of `artifact` (as `ArtifactCache.fetch` gave them) into the new folder `destination`.

    With `force` a folder that holds nothing but files of these names is replaced. Raises RefusedError when something is
    there that would be lost, IntegrityError when a file changed since it was fetched, UnavailableError when the disk
    fails.
    """
    dvcfile.check_paths(file.path for file in artifact.files)
    _check_free(artifact, destination, force=force)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
        try:
            for file in artifact.files:
                _copy(file, cached[file.path], made / file.path)
            made.chmod(0o777 & ~_umask(made))
            _put(made, destination)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise UnavailableError(f"{destination} cannot be written: {error}") from error
    return destination


def _check_free(artifact: Artifact, destination: Path, *, force: bool) -> None:
    if destination.is_symlink() or (destination.exists() and not destination.is_dir()):
        raise RefusedError(f"{destination} is there and is no folder", "Name a folder that is not there yet.")
    if not destination.exists():
        return
    names = {path.relative_to(destination).as_posix() for path in destination.rglob("*") if not path.is_dir()}
    if names and not force:
        raise RefusedError(f"{destination} is not empty", "Name another folder, or add --force.")
    if foreign := sorted(names - {file.path for file in artifact.files}):
        raise RefusedError(
            f"{destination} has {foreign[0]!r}, which is no file of the artifact and would be lost",
            "Move it away, or name another folder.",
        )


def _copy(file: ArtifactFile, source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb", buffering=0) as reader, target.open("xb") as writer:
        while chunk := reader.read(2**20):
            digest.update(chunk)
            size += len(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    if (size, digest.hexdigest()) != (file.size, file.sha256) or target.stat().st_size != size:
        raise IntegrityError(
            f"the cached copy of {file.path} changed since it was fetched: {source}", "Fetch it again."
        )


def _umask(folder: Path) -> int:
    """What the process keeps from new files, learnt from a new one: asking the system would change it for a moment."""
    probe = folder / ".umask"
    handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o777)
    try:
        return 0o777 & ~os.fstat(handle).st_mode
    finally:
        os.close(handle)
        probe.unlink()


def _put(made: Path, destination: Path) -> None:
    if not destination.exists() or not any(destination.iterdir()):
        made.rename(destination)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{destination.name}.old.", dir=destination.parent))
    try:
        destination.rename(aside / "old")
        try:
            made.rename(destination)
        except OSError:
            with contextlib.suppress(OSError):
                (aside / "old").rename(destination)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)

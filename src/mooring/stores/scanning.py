"""Scan the files of a version where their bytes can be reached; what was found is remembered by SHA-256.

Nothing is imported, unpickled or run, so no child process has to be kept from the network. picklescan, where it is
installed, is asked for a second opinion on pickles; without it no pickle is called clean.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from mooring.domain import formats
from mooring.domain.pickle_names import ALLOWED
from mooring.domain.pickled_values import Stream
from mooring.domain.proof import ScanState
from mooring.domain.scanning import FileScan, Opinion, scan_bytes
from mooring.stores.unpacking import PlainStream, unpacked

if TYPE_CHECKING:
    from mooring.domain.model import Artifact, ArtifactFile
    from mooring.stores.artifacts import ArtifactCache, Limits, Progress
    from mooring.stores.remotes import Remote

GENERATION: Final = 1
"""Raised when a scan judges differently than before: what is remembered is then asked again."""
_LARGEST_SECOND: Final = 512 * 2**20


class Scans:
    """What was found in files, one small file each in `folder`; it is only asked for bytes that were verified."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, cache: ArtifactCache) -> Scans:
        """What is remembered beside a cache of artifacts."""
        return cls(cache.root.parent / "scans")

    def get(self, file: ArtifactFile) -> FileScan | None:
        """What was found in a file of these bytes and this format, by a scan that judges as this one does."""
        try:
            found = json.loads(self._place(file).read_text("utf-8"))
            if found["engine"] != engine() or found["format"] != file.format:
                return None
            names = tuple(str(name) for name in found["names"])
            return FileScan(file.path, file.format, ScanState(found["state"]), str(found["reason"]), names)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, file: ArtifactFile, found: FileScan) -> None:
        """Remember what was found; where nothing can be written, nothing is remembered."""
        if found.state is ScanState.UNKNOWN:
            return
        row = {key: value for key, value in asdict(found).items() if key != "path"} | {"engine": engine()}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as draft:
                json.dump(row, draft)
            Path(draft.name).replace(self._place(file))
        except OSError:
            return

    def _place(self, file: ArtifactFile) -> Path:
        return self.folder / f"{file.sha256}.{file.format}.json"


@once
def engine() -> str:
    """What the result of a scan depends on beside the bytes: the lists and the scanners."""
    from importlib.metadata import PackageNotFoundError, version

    from mooring.domain.pickle_estimators import ESTIMATORS

    try:
        second = version("picklescan")
    except PackageNotFoundError:
        second = "none"
    listed = "\n".join(sorted(ALLOWED | ESTIMATORS))
    return f"{GENERATION} {hashlib.sha256(listed.encode()).hexdigest()[:16]} picklescan {second}"


def scan_artifact(
    artifact: Artifact,
    cache: ArtifactCache,
    remotes: Callable[[], Sequence[Remote]] | None,
    *,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> tuple[FileScan, ...] | None:
    """Scan every file of an artifact; None where the bytes are not here and there are no `remotes` to ask.

    What is remembered costs no bytes. Raises as `ArtifactCache.fetch` does.
    """
    scans = Scans.beside(cache)
    known = {file.path: scans.get(file) for file in artifact.files}
    if any(one is None for one in known.values()):
        paths = _paths(artifact, cache, remotes, limits=limits, progress=progress)
        if paths is None:
            return None
        for file in artifact.files:
            if known[file.path] is None:
                known[file.path] = found = scan_file(file, paths[file.path])
                scans.put(file, found)
    return tuple(one for one in known.values() if one is not None)


def _paths(
    artifact: Artifact,
    cache: ArtifactCache,
    remotes: Callable[[], Sequence[Remote]] | None,
    *,
    limits: Limits | None,
    progress: Progress | None,
) -> dict[str, Path] | None:
    if cache.holds(artifact):
        found = {file.path: cache.verify(file) for file in artifact.files}
        here = {path: place for path, place in found.items() if place is not None}
        if len(here) == len(found):
            return here
    if remotes is None:
        return None
    told = {"progress": progress} if progress is not None else {}
    return dict(cache.fetch(artifact, remotes(), limits=limits, **told))


@dataclass(frozen=True, slots=True)
class _OnDisk:
    """An open file, read in places."""

    file: BinaryIO

    @property
    def size(self) -> int:
        return os.fstat(self.file.fileno()).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)


def scan_file(file: ArtifactFile, place: Path) -> FileScan:
    """Scan the file at `place`, whose bytes were verified; an error in the scan is an unknown, never clean."""
    try:
        with place.open("rb") as opened:
            view = _OnDisk(opened)

            def stream() -> Stream:
                opened.seek(0)
                return (
                    unpacked(opened, view.size)
                    if file.format == formats.Format.JOBLIB
                    else PlainStream(opened, view.size)
                )

            return scan_bytes(
                file.path,
                file.format,
                view,
                stream=stream,
                second=lambda: _second(file.format, stream(), view.size),
            )
    except Exception as error:  # noqa: BLE001 - whatever breaks the scan, the file is not clean
        reason = f"it cannot be judged: {type(error).__name__}: {error}"
        return FileScan(file.path, file.format, ScanState.UNKNOWN, reason)


def _second(declared: str, stream: Stream, size: int) -> Opinion:
    """What picklescan lists. Of joblib's files it reads the part before the first array, and the error is expected."""
    try:
        import logging

        from picklescan.scanner import SafetyLevel, scan_pickle_bytes
    except ImportError:
        return Opinion(
            problem="a pickle is clean only if picklescan agrees, and it is not installed: pip install picklescan"
        )
    if size > _LARGEST_SECOND:
        return Opinion(problem=f"it has {size} bytes, too many for picklescan to agree")
    logging.getLogger("picklescan").setLevel(logging.CRITICAL + 1)
    import io

    said = scan_pickle_bytes(io.BytesIO(stream.read(_LARGEST_SECOND)), "file")
    names = frozenset(f"{one.module}.{one.name}" for one in said.globals)
    dangerous = sorted(
        f"{one.module}.{one.name}" for one in said.globals if one.safety == SafetyLevel.Dangerous
    )
    problem = "picklescan cannot read it" if said.scan_err and declared != formats.Format.JOBLIB else None
    return Opinion(names, tuple(dangerous), problem)

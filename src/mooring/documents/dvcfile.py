"""DVC's two small documents about an artifact: `artifact.dvc` beside the manifest, the `.dir` listing in the remote.

Both are data of somebody else until they are read here. Only what DVC 3 writes for a folder named `artifact` is
accepted, and a listing can name nothing outside that folder.

Laws: `write(parse(x)) == x` and `write_listing(parse_listing(x)) == x` for whatever DVC itself writes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from mooring.documents import jsontext, yaml
from mooring.documents.yaml_problem import YamlProblem
from mooring.documents.yaml_scalars import is_plain_string
from mooring.domain import names
from mooring.domain.model import DvcOutput
from mooring.errors import IntegrityError, RefusedError

OUT: Final = "artifact"
"""The folder beside `artifact.dvc` that DVC tracks; an artifact is always a folder, even with one file."""

LARGEST_LISTING: Final = 64 * 2**20
"""Bytes; 100 000 files of 240 characters are half of it."""

_FOLDER_MD5: Final = re.compile(r"[0-9a-f]{32}\.dir")
_FILE_MD5: Final = re.compile(r"[0-9a-f]{32}")
_OUT_KEYS: Final = frozenset({"md5", "size", "nfiles", "hash", "path"})
_CLOUD_KEYS: Final = frozenset({"cloud", "version_id", "etag", "files", "checksum"})
# DVC leaves these out of a folder, or refuses the folder for them; git's own names are refused everywhere.
_UNSTORED: Final = frozenset({".dvc", ".dvcignore", ".hg"})


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of a listing: its path inside the artifact and the MD5 that addresses its bytes."""

    path: str
    md5: str


def parse(data: bytes) -> DvcOutput:
    """The output that `artifact.dvc` describes.

    Raises YamlProblem where it is no strict YAML and RefusedError where it is not what DVC 3 writes for `artifact`.
    """
    document = yaml.load(data)
    outs = document.get("outs") if isinstance(document, dict) else None
    if not isinstance(document, dict) or set(document) != {"outs"}:
        extra = sorted(set(document) - {"outs"}) if isinstance(document, dict) else []
        _refuse(f"it has {', '.join(map(repr, extra))}" if extra else "it has no 'outs'")
    if not isinstance(outs, list) or len(outs) != 1 or not isinstance(outs[0], dict):
        _refuse("'outs' must hold exactly one output")
    return _output(outs[0])


def _output(out: dict[str, Any]) -> DvcOutput:
    if cloud := sorted(_CLOUD_KEYS & set(out)):
        _refuse(
            f"{cloud[0]!r} belongs to a version_aware or worktree remote; only DVC 3's own layout is read",
            "Store the artifact in a remote without version_aware and worktree.",
        )
    if out.get("hash") != "md5":
        _refuse(
            "it was written by DVC 2 (no 'hash: md5')"
            if "hash" not in out
            else f"the hash {out['hash']!r} is not md5",
            "Register the version with 'mooring register', which stores its bytes in DVC 3's layout.",
        )
    if unknown := sorted(set(out) - _OUT_KEYS):
        _refuse(f"the key {unknown[0]!r} is not understood")
    if out.get("path") != OUT:
        _refuse(f"its path is {out.get('path')!r} where {OUT!r} is meant")
    md5, size, nfiles = out.get("md5"), out.get("size"), out.get("nfiles")
    if not isinstance(md5, str) or not _FOLDER_MD5.fullmatch(md5):
        _refuse("its md5 is not that of a folder (32 lower-case hexadecimal digits and .dir)")
    return DvcOutput(
        md5=md5, size=_count("size", size), nfiles=_count("nfiles", nfiles, least=1, most=100_000)
    )


def _count(key: str, value: object, *, least: int = 0, most: int = 2**53) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        _refuse(f"{key} is no whole number between {least} and {most}")
    return value


def _refuse(reason: str, hint: str | None = None) -> NoReturn:
    raise RefusedError(f"artifact.dvc is not accepted: {reason}", hint)


def write(output: DvcOutput) -> bytes:
    """The text of `artifact.dvc`, byte for byte what DVC 3 writes for the folder `artifact`."""
    md5 = output.md5 if is_plain_string(output.md5) else f"'{output.md5}'"
    lines = [
        "outs:",
        f"- md5: {md5}",
        f"  size: {output.size}",
        f"  nfiles: {output.nfiles}",
        "  hash: md5",
        f"  path: {OUT}",
    ]
    return "\n".join([*lines, ""]).encode("ascii")


def is_accepted(data: bytes) -> bool:
    """Whether `parse` takes `data`."""
    try:
        parse(data)
    except (RefusedError, YamlProblem):
        return False
    return True


def unstored_part(path: str) -> str | None:
    """The part of `path` that DVC would leave out of a folder or refuse it for, or None."""
    return next((part for part in path.split("/") if part.casefold() in _UNSTORED), None)


def parse_listing(data: bytes) -> tuple[ListedFile, ...]:
    """The files of a `.dir` listing, in the order written.

    Every path is relative, POSIX, below the artifact's folder and its own: capitals do not tell files apart, and no
    file lies below another. Raises IntegrityError for anything else: a listing comes from a remote.
    """
    try:
        entries = jsontext.load(data, largest=LARGEST_LISTING)
    except jsontext.JsonProblem as problem:
        _corrupt(str(problem))
    if not isinstance(entries, list) or not entries:
        _corrupt("it is no list of files")
    files = tuple(map(_listed, entries))
    check_paths(file.path for file in files)
    return files


def _listed(entry: object) -> ListedFile:
    if not isinstance(entry, dict) or set(entry) != {"md5", "relpath"}:
        _corrupt("an entry is not {md5, relpath}")
    md5, path = entry["md5"], entry["relpath"]
    if not isinstance(md5, str) or not _FILE_MD5.fullmatch(md5):
        _corrupt("an entry's md5 is not 32 lower-case hexadecimal digits")
    if not isinstance(path, str):
        _corrupt("an entry's relpath is no text")
    return ListedFile(path, md5)


def check_paths(paths: Iterable[str]) -> None:
    """Raise IntegrityError unless all `paths` can be files of one artifact at once."""
    seen: dict[str, str] = {}
    for path in paths:
        if problem := names.relative_path_problem(path):
            _corrupt(f"the path {path!r} is refused: {problem}")
        if (folded := path.casefold()) in seen:
            _corrupt(f"{path!r} and {seen[folded]!r} are one path where capitals do not count")
        seen[folded] = path
    for folded, path in seen.items():
        parts = folded.split("/")
        for length in range(1, len(parts)):
            if (folder := "/".join(parts[:length])) in seen:
                _corrupt(f"{path!r} lies below the file {seen[folder]!r}")


def _corrupt(reason: str) -> NoReturn:
    raise IntegrityError(f"the listing of the artifact's files is not accepted: {reason}")


def write_listing(files: Iterable[ListedFile]) -> bytes:
    """The bytes of a `.dir` listing exactly as DVC writes them, sorted by path."""
    entries = [{"md5": file.md5, "relpath": file.path} for file in sorted(files, key=lambda file: file.path)]
    return json.dumps(entries, sort_keys=True).encode("utf-8")


def listing_md5(data: bytes) -> str:
    """The address of a listing: the MD5 of its bytes and `.dir`."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"

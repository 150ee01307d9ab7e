"""The fast path of `mooring resolve MODEL@ENVIRONMENT`: Git's answer in milliseconds, or none at all.

A serving process asks at each start, and importing YAML, pydantic and click costs ten times what Git needs. Only the
plain case is answered here: a folder, an environment, a pointer that is written as Mooring writes it (or was
parsed before), a manifest with the digest that the pointer pins, no status. Everything else, every error included,
is left to the ordinary way, and the answer is the same to the byte.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from mooring.domain import names
from mooring.render.resolution import FORMS, Answer, text
from mooring.stores.git.profile import PROTECTIONS, Profile, environment

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

_SEMVER: Final = rb"(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})"
_CALVER: Final = rb"2[0-9]{3}\.(?:0[1-9]|1[0-2])\.(?:0[1-9]|1[0-9]|2[0-8])"
_VERSION: Final = rb'"(?:' + _SEMVER + rb"|" + _CALVER + rb')"'
# One line that the strict reader takes for the same text: plain words that cannot be anything else, or a simple quote.
_WORDS: Final = (
    rb"[A-Za-z][A-Za-z0-9,.;()/<>@+_-]{0,99} [A-Za-z0-9 ,.;()/<>@+_-]{0,300}[A-Za-z0-9.)>]"
    rb'|"[A-Za-z][ !#-\[\]-~]{0,300}"'
)
_POINTER: Final = re.compile(
    rb"apiVersion: mooring/v1\nkind: Pointer\n"
    rb"version: (" + _VERSION + rb")\n"
    rb"manifest: (sha256:[0-9a-f]{64})\n"
    rb"promotion: ([0-7][0-9A-HJKMNP-TV-Z]{25})\n"
    rb"replaces: (?:" + _VERSION + rb"|null)\n"
    rb"reason: (?:" + _WORDS + rb")\nrequested_by: (?:" + _WORDS + rb")\n"
)
_PLAIN_REF: Final = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")
_HEADER: Final = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([a-z]+) ([0-9]+)\n")
_MOST_BYTES: Final = 1024 * 1024
_ASK_CONFIG: Final = ("config", "--null", "--get-regexp", r"^(remote\..*\.url|mooring\.branch)$")


class _Request(NamedTuple):
    place: str
    model: str
    environment: str
    form: str | None


class _Live(NamedTuple):
    version: str
    manifest: str
    promotion: str


def quick_answer(arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """What the command line `arguments` prints, or None where the ordinary way must answer."""
    request = _request(arguments, environ)
    if request is None:
        return None
    try:
        return _answer(request, environ)
    except (OSError, ValueError, subprocess.SubprocessError):
        # Whatever it was, the ordinary way meets it again and has words for it.
        return None


def _request(arguments: Sequence[str], environ: Mapping[str, str]) -> _Request | None:
    place: str | None = None
    words: list[str] = []
    form: str | None = None
    rest = iter(arguments)
    for word in rest:
        if word == "--registry":
            place = next(rest, "")
        elif word.startswith("--registry="):
            place = word.removeprefix("--registry=")
        elif word in ("-q", "--quiet", "--offline"):
            continue
        elif words and word.startswith("--") and word[2:] in FORMS and form is None:
            form = word[2:]
        elif word.startswith("-"):
            return None
        else:
            words.append(word)
    place = place if place is not None else environ.get("MOORING_REGISTRY") or "."
    if len(words) != 2 or words[0] != "resolve" or not place.strip() or ":" in place:
        return None
    model, at, selector = words[1].partition("@")
    if not at or selector == "latest" or names.model_name_problem(model) is not None:
        return None
    if names.environment_name_problem(selector) is not None:
        return None
    return _Request(place, model, selector, form)


def _answer(request: _Request, environ: Mapping[str, str]) -> str | None:
    # Git looks for the repository itself here, and only the user's own configuration can call its owner safe.
    talking = environment(Profile.TALKING, environ)
    asked = _start(request.place, talking, *_ASK_CONFIG)
    offline = talking | {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
    with asked, _Objects(_start(request.place, offline, "cat-file", "--batch-command")) as objects:
        said = asked.communicate()[0]
        if asked.returncode not in (0, 1):
            return None
        commit = next(filter(None, map(objects.oid, _tips(said))), None)
        if commit is None:
            return None
        live = _live(objects, commit, request)
        if live is None:
            return None
        path = f"registry/{request.model}/versions/{live.version}/manifest.yaml"
        status = f"{commit}:registry/{request.model}/status/{live.version}.yaml"
        manifest = objects.oid(f"{commit}:{path}")
        if manifest is None or objects.oid(status) is not None:
            return None
        if f"sha256:{_sha256(objects.blob(manifest))}" != live.manifest:
            return None
    answer = Answer(
        reference=f"{request.model}@{request.environment}",
        model=request.model,
        version=live.version,
        manifest=live.manifest,
        path=path,
        commit=commit,
        environment=request.environment,
        promotion=live.promotion,
        shares=((live.version, 10_000),),
    )
    return text(answer, request.form)


def _tips(config: bytes) -> list[str]:
    """Where `Hub.tip` looks for main: the remote's main as last fetched, the branch itself, HEAD."""
    remotes: set[str] = set()
    branch = "main"
    for item in config.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = item.partition("\n")
        if key == "mooring.branch":
            branch = value or "main"
        elif key:
            remotes.add(key.removeprefix("remote.").removesuffix(".url"))
    remote = "origin" if "origin" in remotes else min(remotes, default=None)
    if not all(_PLAIN_REF.fullmatch(name) for name in (remote or "none", branch)):
        raise ValueError(branch)
    tracked = [f"refs/remotes/{remote}/{branch}"] if remote is not None else []
    return [*tracked, f"refs/heads/{branch}", "HEAD"]


def _live(objects: _Objects, commit: str, request: _Request) -> _Live | None:
    blob = objects.oid(f"{commit}:environments/{request.environment}/{request.model}.yaml")
    if blob is None:
        return None
    found = _POINTER.fullmatch(objects.blob(blob))
    if found is not None:
        return _Live(found[1].decode().strip('"'), found[2].decode(), found[3].decode())
    return _parsed_before(request.place, blob)


def _parsed_before(place: str, blob: str) -> _Live | None:
    """A pointer from the cache of parsed documents; None for one with a rollout, whose shares must be worked out."""
    import json
    from pathlib import Path

    from mooring.stores.cache import Cache

    folder = _git_directory(Path(place).absolute())
    cache = Cache.in_git_directory(folder) if folder is not None else Cache(None)
    try:
        stored = cache.documents([blob], "Pointer").get(blob)
    finally:
        cache.close()
    pointer = json.loads(stored) if stored is not None else {}
    if not pointer.get("version") or pointer.get("rollout") is not None:
        return None
    return _Live(pointer["version"], pointer["manifest"], pointer["promotion"])


def _git_directory(folder: Path) -> Path | None:
    """The Git directory of the repository around `folder`, where it is plain; only the cache is looked for in it."""
    for place in (folder, *folder.parents):
        if (place / ".git" / "HEAD").is_file():
            return place / ".git"
        if (place / ".git").exists():
            return None
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return place
    return None


def _blob_id(data: bytes, like: str) -> str:
    """The id of a blob, in the hash of the id `like`."""
    import hashlib

    hashed = hashlib.sha256() if len(like) == 64 else hashlib.sha1(usedforsecurity=False)
    hashed.update(b"blob %d\0" % len(data))
    hashed.update(data)
    return hashed.hexdigest()


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _start(place: str, environ: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["git", *PROTECTIONS, *arguments],
        cwd=place,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


class _Objects:
    """One `git cat-file --batch-command`, asked one question at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def oid(self, name: str) -> str | None:
        """The id of the commit or blob that `name` names, or None."""
        peeled = name if ":" in name else f"{name}^{{commit}}"
        header = self._ask(f"info {peeled}")
        if header is None or header[2] not in (b"commit", b"blob"):
            return None
        return header[1].decode()

    def blob(self, oid: str) -> bytes:
        """The bytes of a blob."""
        header = self._ask(f"contents {oid}")
        if header is None:
            raise ValueError(oid)
        size = int(header[3])
        if size > _MOST_BYTES:
            raise ValueError(oid)
        data = self._stdout.read(size + 1)
        if len(data) != size + 1 or _blob_id(data[:-1], oid) != oid:
            # Git hands out a damaged object as it is.
            raise ValueError(oid)
        return data[:-1]

    @property
    def _stdout(self) -> IO[bytes]:
        if self._process.stdout is None:
            raise ValueError("no pipe")
        return self._process.stdout

    def _ask(self, question: str) -> re.Match[bytes] | None:
        if self._process.stdin is None:
            raise ValueError("no pipe")
        self._process.stdin.write(f"{question}\n".encode())
        self._process.stdin.flush()
        line = self._stdout.readline()
        if not line.endswith(b"\n"):
            # It has ended: no repository here, or one that belongs to somebody else.
            raise ValueError(question)
        return _HEADER.fullmatch(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)

"""Registries of any size, made through `git fast-import` in seconds and kept for the next run.

The documents are what `mooring` itself writes: one of each kind is encoded by the package's own codec and serves as the
pattern of all others; digests are computed for each. What differs from a grown registry: time stamps are a minute
apart, and in large registries one commit registers many versions of a model (`Shape.at_once`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.measure import output
from mooring.documents import codec, dvcfile
from mooring.domain import digests, layout
from mooring.domain.document import JsonObject
from mooring.domain.environment import Policy, RollbackMode, Settings
from mooring.domain.model import Artifact, ArtifactFile, DvcOutput, Framework, Interface, Model, ModelVersion
from mooring.domain.pointer import Pointer

# Raised with every change of what is made: what older runs kept is then left alone and made anew.
GENERATION = 3
ALEX = "Alex Turner <alex.turner@example.com>"
FIRST_SECOND = 1_767_225_600
_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {f"feature_{number}": {"type": "number"} for number in range(4)},
    "required": [f"feature_{number}" for number in range(4)],
}


@dataclass(frozen=True, slots=True)
class Shape:
    """How many models a registry has, and how many versions each."""

    models: int
    versions: int

    @property
    def total(self) -> int:
        """Versions in the registry."""
        return self.models * self.versions

    @property
    def label(self) -> str:
        """Such as `1 000 models x 10`."""
        return f"{thousands(self.models)} model{'s' if self.models > 1 else ''} x {thousands(self.versions)}"

    def model(self, number: int) -> str:
        """The name of a model."""
        return f"model-{number:05d}"

    def version(self, number: int) -> str:
        """The text of a version; 0 is the oldest."""
        return f"1.{number}.0"

    @property
    def at_once(self) -> int:
        """How many versions of a model one commit registers: every commit writes all folders above it anew."""
        if self.total > 10_000:
            return self.versions
        return 10 if self.versions > 1_000 else 1

    @property
    def live(self) -> str:
        """What production serves of every model: the last version but one."""
        return self.version(max(self.versions - 2, 0))

    @property
    def next(self) -> str:
        """What staging serves, and production does not yet."""
        return self.version(self.versions - 1)


def thousands(number: int) -> str:
    """A count with narrow groups: 10 000."""
    return f"{number:,}".replace(",", " ")


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where registries are made and kept, and the environment in which Git makes them."""

    folder: Path
    environ: Mapping[str, str]

    def registry(self, shape: Shape) -> Path:
        """A bare repository of this shape; it must not be changed (see `copy`)."""
        made = self.folder / f"registry-{GENERATION}-{shape.models}x{shape.versions}.git"
        return self._once(made, lambda where: _make_registry(where, shape, self.environ))

    def tags(self, shape: Shape) -> Path:
        """A clone for GTO: a commit and an annotated tag for each registration and each assignment, all packed."""
        made = self.folder / f"gto-{GENERATION}-{shape.models}x{shape.versions}"
        return self._once(made, lambda where: _make_tags(where, shape, self.environ))

    def copy(self, of: Path, name: str) -> Path:
        """A copy that may be changed; what an earlier run left under the name goes."""
        target = self.folder / "scratch" / name
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(of, target, symlinks=True)
        return target

    def scratch(self, name: str) -> Path:
        """An empty folder; what an earlier run left there goes."""
        target = self.folder / "scratch" / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        return target

    def git(self, where: Path, *arguments: str, stdin: bytes = b"") -> str:
        """Run Git in a folder and return its output."""
        return output(["git", *arguments], cwd=where, env=self.environ, stdin=stdin)

    def _once(self, made: Path, make: Callable[[Path], None]) -> Path:
        if not made.exists():
            draft = made.with_name(f".{made.name}.{os.getpid()}")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            make(draft)
            draft.rename(made)
        return made


@dataclass(slots=True)
class _Patterns:
    """One document of each kind with marks where versions differ."""

    manifest: bytes
    artifact: bytes
    pointer: bytes
    first_pointer: bytes
    model: bytes


_SHA, _MD5 = "a" * 64, "b" * 32 + ".dir"
_HYPERPARAMETERS: JsonObject = {"n_estimators": 100, "max_depth": 10, "random_state": 42}


def _patterns() -> _Patterns:
    file = ArtifactFile(path="model.skops", role="model", format="skops", size=183_211, sha256=_SHA)
    dvc = DvcOutput(md5=_MD5, size=183_211, nfiles=1)
    manifest = ModelVersion(
        model="model-name",
        version="999.0.0",
        created_at="2026-01-02T03:04:05.000Z",
        author=ALEX,
        description="Retrained with three more months of data",
        framework=Framework(name="scikit-learn", version="1.5.2"),
        algorithm="RandomForestClassifier",
        hyperparameters=_HYPERPARAMETERS,
        artifact=Artifact(files=(file,), digest=_artifact_digest(_SHA), dvc=dvc),
        metrics={"accuracy": 0.973, "precision": 0.975, "recall": 0.973, "latency_ms": 2.4},
        interface=Interface(input=_SCHEMA, output={"type": "object"}),
    )
    pointer = Pointer(
        version="999.0.0",
        manifest=f"sha256:{_SHA}",
        promotion="01JB" + "0" * 22,
        replaces="998.0.0",
        reason="Better on the holdout set",
        requested_by=ALEX,
    )
    return _Patterns(
        codec.encode(manifest),
        dvcfile.write(dvc),
        codec.encode(pointer),
        codec.encode(pointer.model_copy(update={"replaces": None})),
        codec.encode(Model(name="model-name", owners=(ALEX,), task="classification")),
    )


def _artifact_digest(sha256: str) -> str:
    file = ArtifactFile(path="model.skops", format="skops", size=183_211, sha256=sha256)
    return digests.artifact_digest([file], _HYPERPARAMETERS)


class _Stream:
    """A fast-import stream of commits on main, one minute after the other."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.commits = 0

    def commit(self, message: str, files: Mapping[str, bytes]) -> None:
        self.commits += 1
        words = message.encode()
        who = f"{ALEX} {FIRST_SECOND + 60 * self.commits} +0000".encode()
        write = self._pipe.write
        write(b"commit refs/heads/main\nmark :%d\n" % self.commits)
        write(b"author %s\ncommitter %s\ndata %d\n%s\n" % (who, who, len(words), words))
        for path, data in files.items():
            write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))

    def tag(self, name: str, message: str) -> None:
        """An annotated tag on the newest commit."""
        words = message.encode()
        who = f"{ALEX} {FIRST_SECOND + 60 * self.commits} +0000".encode()
        head = b"tag %s\nfrom :%d\ntagger %s\n" % (name.encode(), self.commits, who)
        self._pipe.write(head + b"data %d\n%s\n" % (len(words), words))


def _import(where: Path, environ: Mapping[str, str], fill: Callable[[_Stream], None]) -> None:
    argv = ["git", "fast-import", "--quiet", "--force", "--big-file-threshold=1m"]
    with subprocess.Popen(argv, cwd=where, env=dict(environ), stdin=subprocess.PIPE) as importing:
        if importing.stdin is not None:
            fill(_Stream(importing.stdin))
            importing.stdin.close()
        if importing.wait() != 0:
            raise SystemExit(f"git fast-import failed in {where}")


def _make_registry(where: Path, shape: Shape, environ: Mapping[str, str]) -> None:
    output(["git", "init", "--quiet", "--bare", "--initial-branch=main", "."], cwd=where, env=environ)
    _import(where, environ, lambda stream: _fill(stream, shape))
    _tidy(where, environ)


def _tidy(where: Path, environ: Mapping[str, str]) -> None:
    """What `mooring init` and a server's maintenance do: one good pack, packed refs, a commit graph with filters."""
    for arguments in (
        ("repack", "-adq", "--window=5", "--depth=20"),
        ("pack-refs", "--all"),
        ("commit-graph", "write", "--reachable", "--changed-paths", "--no-progress"),
    ):
        output(["git", *arguments], cwd=where, env=environ)


def _fill(stream: _Stream, shape: Shape) -> None:
    patterns = _patterns()
    stream.commit("Start a registry", _skeleton())
    digest_of: dict[tuple[int, int], str] = {}
    for model in range(shape.models):
        waiting: dict[str, bytes] = {
            layout.model_path(shape.model(model)): _named(patterns.model, shape, model)
        }
        for version in range(shape.versions):
            files = _release(patterns, shape, model, version)
            digest_of[model, version] = digests.digest_of(next(iter(files.values())))
            waiting |= files
            if (version + 1) % shape.at_once == 0 or version + 1 == shape.versions:
                stream.commit(f"Register {shape.model(model)}@{shape.version(version)}", waiting)
                waiting = {}
    for number, (environment, model, old, new) in enumerate(_promotions(shape)):
        text = patterns.pointer if old is not None else patterns.first_pointer
        text = text.replace(b"999.0.0", shape.version(new).encode())
        text = text.replace(b"998.0.0", shape.version(old or 0).encode())
        text = text.replace(f"sha256:{_SHA}".encode(), digest_of[model, new].encode())
        text = text.replace(b"01JB" + b"0" * 22, f"01JB{number:022d}".encode())
        path = layout.pointer_path(environment, shape.model(model))
        stream.commit(f"Promote {shape.model(model)} to {shape.version(new)} in {environment}", {path: text})


def _skeleton() -> dict[str, bytes]:
    staging = Policy(name="staging", rollback=RollbackMode.DIRECT)
    production = Policy(name="production", promotes_from=("staging",), rollback=RollbackMode.DIRECT)
    return {
        layout.SETTINGS: codec.encode(Settings()),
        ".gitattributes": b"*.yaml text eol=lf\n*.dvc text eol=lf\n",
        layout.policy_path("staging"): codec.encode(staging),
        layout.policy_path("production"): codec.encode(production),
    }


def _named(text: bytes, shape: Shape, model: int) -> bytes:
    return text.replace(b"model-name", shape.model(model).encode())


def _release(patterns: _Patterns, shape: Shape, model: int, version: int) -> dict[str, bytes]:
    name, number = shape.model(model), shape.version(version)
    sha256 = hashlib.sha256(f"{name}@{number}".encode()).hexdigest()
    md5 = sha256[:32].encode() + b".dir"
    manifest = _named(patterns.manifest, shape, model)
    manifest = manifest.replace(b"999.0.0", number.encode()).replace(_MD5.encode(), md5)
    manifest = manifest.replace(_artifact_digest(_SHA).encode(), _artifact_digest(sha256).encode())
    manifest = manifest.replace(_SHA.encode(), sha256.encode())
    return {
        layout.manifest_path(name, number): manifest,
        layout.artifact_path(name, number): patterns.artifact.replace(_MD5.encode(), md5),
    }


def _promotions(shape: Shape) -> Iterator[tuple[str, int, int | None, int]]:
    """Environment, model, and the versions before and after, in the order of main.

    Every tenth version goes through staging to production, and so does the last but one; the last stays in staging.
    """
    for model in range(shape.models):
        live: int | None = None
        stops = sorted({*range(0, shape.versions - 1, 10), max(shape.versions - 2, 0)})
        for version in stops:
            yield "staging", model, live, version
            yield "production", model, live, version
            live = version
        if shape.versions > 1:
            yield "staging", model, live, shape.versions - 1


def release(shape: Shape, model: int, version: int) -> dict[str, bytes]:
    """The two files of one version by path, as the registry of this shape has them or would have them next."""
    return _release(_patterns(), shape, model, version)


def five_files(shape: Shape, number: int = 0) -> dict[str, bytes]:
    """The change number `number` of five files: two new versions, of two models where there are two, and a card."""
    models = (min(2, shape.models - 1), shape.models // 2)
    files = {layout.card_path(shape.model(models[0]), shape.live): f"Prose {number}\n".encode()}
    for place, model in enumerate(models):
        files |= release(shape, model, shape.versions + 2 * number + place)
    return files


def _make_tags(where: Path, shape: Shape, environ: Mapping[str, str]) -> None:
    output(["git", "init", "--quiet", "--initial-branch=main", "."], cwd=where, env=environ)

    def fill(stream: _Stream) -> None:
        stream.commit("Start", {"README.md": b"Models\n"})
        for model in range(shape.models):
            for version in range(shape.versions):
                name = shape.model(model)
                stream.commit(f"Train {name}", {f"models/{name}.txt": f"{version}\n".encode()})
                stream.tag(
                    f"{name}@v{shape.version(version)}", f"Registering {name} {shape.version(version)}"
                )
        counters: dict[int, int] = {}
        for environment, model, _, new in _promotions(shape):
            # GTO marks a version by a tag on the version's own commit; the counter makes each assignment unique.
            counters[model] = counters.get(model, 0) + 1
            commit = 2 + model * shape.versions + new
            stream.commits, newest = commit, stream.commits
            tag = f"{shape.model(model)}#{environment}#{counters[model]}"
            stream.tag(tag, f"Assigning {environment} to {shape.model(model)}")
            stream.commits = newest

    _import(where, environ, fill)
    output(["git", "reset", "--quiet", "--hard", "main"], cwd=where, env=environ)
    _tidy(where, environ)

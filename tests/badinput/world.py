"""A registry to be ill-treated: a remote with our hook, its bytes, and a clone whose work tree is dirty.

said = world.mooring("promote", "iris@9.9.9", "--to", "staging", "--reason", "x")
said.code, said.out, said.err
world.snapshot()            # every ref, the index, the work tree and the storage: equal if nothing was changed
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from tests.support.builder import Builder
from tests.support.scene import Person, Scene, standard

MOORING = [sys.executable, "-m", "mooring"]


@dataclass(frozen=True)
class Said:
    """The end of a run."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """What went wrong, without what to do next."""
        return self.err.partition("\nhint: ")[0]

    @property
    def hint(self) -> str:
        """What to do next."""
        return self.err.partition("\nhint: ")[2]

    def __str__(self) -> str:
        return f"exit {self.code}\n--- out\n{self.out}--- err\n{self.err}"


@dataclass(frozen=True)
class World:
    """A scene, the folder of its DVC remote, and Alex, who works in it."""

    scene: Scene
    alex: Person
    storage: Path

    @classmethod
    def build(cls, root: Path, *, hook: bool = True) -> World:
        """Lay it down in the empty folder `root`."""
        storage = root / "storage"

        def states(signers: bytes) -> list[tuple[str, Builder]]:
            made = standard(signers=signers)
            for _, builder in made:
                builder.write(".dvc/config", dvc_config(storage))
                builder.write("README.md", "A registry\n")
            for path, data in made[-1][1].objects.items():
                (storage / path).parent.mkdir(parents=True, exist_ok=True)
                (storage / path).write_bytes(data)
            return made

        scene = Scene.build(root, states, hook=hook)
        alex = scene.person("alex")
        alex.git("reset", "--quiet", "--hard")
        (alex.folder / "README.md").write_text("Half a sentence that was not com")
        (alex.folder / "notes.txt").write_text("nobody else's business\n")
        (alex.folder / "staged.txt").write_text("staged\n")
        alex.git("add", "staged.txt")
        return cls(scene, alex, storage)

    def copy(self, root: Path) -> World:
        """The same world elsewhere, to be broken."""
        shutil.copytree(self.scene.root, root, symlinks=True)
        scene = replace(
            self.scene, root=root, remote=root / self.scene.remote.name, clock=[self.scene.clock[0]]
        )
        alex = replace(self.alex, folder=root / "alex", key=root / "keys" / "alex", clock=scene.clock)
        alex.git("remote", "set-url", "origin", str(scene.remote))
        alex.git("update-index", "-q", "--refresh", check=False)
        made = World(scene, alex, root / "storage")
        made.commit({".dvc/config": dvc_config(made.storage)}, "Move the storage\n")
        return made

    @property
    def folder(self) -> Path:
        """Alex's clone."""
        return self.alex.folder

    def mooring(
        self, *arguments: str, cwd: Path | None = None, environ: Mapping[str, str | None] | None = None
    ) -> Said:
        """Run `mooring` in this process, in Alex's clone; a variable that is None is unset."""
        wanted = self.environ(environ)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.chdir(cwd or self.folder))
            stack.enter_context(mock.patch.dict(os.environ, wanted, clear=True))
            stack.enter_context(mock.patch.object(sys, "argv", ["mooring", *arguments]))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            from mooring.__main__ import main

            code = main()
        return Said(code, out.getvalue(), err.getvalue())

    def process(
        self,
        *arguments: str,
        cwd: Path | None = None,
        environ: Mapping[str, str | None] | None = None,
        under: Sequence[str] = (),
    ) -> Said:
        """Run `mooring` in a process of its own, started by the command line `under`."""
        done = subprocess.run(
            [*under, *MOORING, *arguments],
            cwd=cwd or self.folder,
            env=self.environ(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        return Said(
            done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def environ(self, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Alex's environment with some variables set or unset."""
        wanted: dict[str, str | None] = {**self.alex.environ, **(changes or {})}
        return {name: value for name, value in wanted.items() if value is not None}

    def commit(self, files: Mapping[str, bytes | str | None], message: str = "A change\n") -> str:
        """Put files on main without asking anybody, as somebody does who may write to the server; Alex fetches it."""
        new = self.commit_without_fetching(files, message)
        self.alex.git("fetch", "--quiet", str(self.scene.remote), "+refs/heads/*:refs/remotes/origin/*")
        return new

    def commit_without_fetching(
        self, files: Mapping[str, bytes | str | None], message: str = "A change\n"
    ) -> str:
        """The same, and Alex does not know it yet."""
        data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        with self.scene.hub().repository as repository:
            old = repository.commit_id("refs/heads/main")
            new = repository.commit_with("refs/heads/main", data, message=message)
            repository.update_ref("refs/heads/main", new, old)
        return new

    def snapshot(self) -> dict[str, str]:
        """What a command that refuses must not change."""
        seen = {f"remote {ref}": oid for ref, oid in refs(self.scene.remote).items()}
        if (self.folder / ".git").is_dir():
            seen |= {f"clone {ref}": oid for ref, oid in refs(self.folder).items()}
            for name in ("HEAD", "index", "config"):
                seen[f"clone .git/{name}"] = digest(self.folder / ".git" / name)
        seen |= {f"tree {path}": found for path, found in tree(self.folder)}
        seen |= {f"storage {path}": found for path, found in tree(self.storage)}
        return seen


def dvc_config(url: str | Path) -> str:
    """DVC's configuration with one remote."""
    return f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {url}\n"


def refs(folder: Path) -> dict[str, str]:
    """Every ref of a repository, HEAD too; read from the files, so that no Git is asked."""
    found = {"HEAD": digest(folder / "HEAD") if (folder / "HEAD").exists() else ""}
    git_dir = folder / ".git" if (folder / ".git").is_dir() else folder
    for path in sorted((git_dir / "refs").rglob("*")):
        if path.is_file() and not path.name.endswith(".lock"):
            found[str(path.relative_to(git_dir))] = path.read_text()
    packed = git_dir / "packed-refs"
    found["packed-refs"] = packed.read_text() if packed.exists() else ""
    return found


def tree(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file below a folder but Git's own, with a digest of its bytes."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if ".git" not in inside.parts and (path.is_symlink() or not path.is_dir()):
            yield str(inside), digest(path)


def digest(path: Path) -> str:
    """What a file holds; for a link, where it leads."""
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"

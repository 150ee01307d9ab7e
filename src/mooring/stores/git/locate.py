"""Finds the repository around a folder, once, under the user's own idea of which owners are safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mooring.stores.git.failures import explain
from mooring.stores.git.process import GitRunner, Profile

_PATHS_IN_HOOKS = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH")


@dataclass(frozen=True, slots=True)
class Location:
    """Where a repository is; all paths are absolute."""

    started_in: Path
    """The folder that was asked about; in a hook, its working directory."""
    git_dir: Path
    """A linked work tree has its own; `common_dir` is what all of them share."""
    common_dir: Path
    work_tree: Path | None
    """None for a bare repository."""
    is_shallow: bool


def locate(path: Path, environ: Mapping[str, str], *, in_hook: bool) -> Location:
    """The repository that holds the folder `path`; NotFoundError if none does."""
    base = absolute_in_hook(environ, path) if in_hook else environ
    asked = GitRunner(base, cwd=path, in_hook=in_hook).run(
        "rev-parse",
        "--is-shallow-repository",
        "--absolute-git-dir",
        "--path-format=absolute",
        "--git-common-dir",
        "--is-bare-repository",
        "--show-toplevel",
        # The one read in this profile: safe.directory counts nowhere but in the user's configuration.
        profile=Profile.TALKING,
        ok=(0, 128),
    )
    answers = asked.line.split("\n")
    without_work_tree = "must be run in a work tree" in asked.stderr
    if asked.returncode != 0 and not without_work_tree:
        raise explain(["git", "rev-parse"], asked.returncode, asked.stderr, where=path)
    git_dir, is_bare = Path(answers[1]), answers[3] == "true"
    if without_work_tree and not is_bare and git_dir.name == ".git" and not in_hook:
        # `path` is the .git folder of a work tree, or lies in it.
        return locate(git_dir.parent, environ, in_hook=False)
    return Location(
        started_in=path,
        git_dir=git_dir,
        common_dir=Path(answers[2]),
        work_tree=None if is_bare or without_work_tree else Path(answers[4]),
        is_shallow=answers[0] == "true",
    )


def absolute_in_hook(environ: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """`environ` with the paths that Git gives its hooks made absolute; Git means them from the hook's `cwd`."""
    return dict(environ) | {name: str(cwd / environ[name]) for name in _PATHS_IN_HOOKS if environ.get(name)}

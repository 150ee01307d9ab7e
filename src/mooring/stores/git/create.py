"""Making repositories: the one place that writes into a work tree and an index, for `mooring init`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mooring.errors import NotFoundError
from mooring.stores.git.process import GitRunner, Profile
from mooring.stores.git.repository import Repository


def is_repository(folder: Path, *, environ: Mapping[str, str]) -> bool:
    """Whether `folder` is the top of a work tree (a folder inside another repository is not)."""
    if not folder.is_dir():
        return False
    try:
        with Repository.open(folder, environ=environ) as repository:
            return repository.work_tree is not None and repository.work_tree.samefile(folder)
    except NotFoundError:
        return False


def init(folder: Path, *, environ: Mapping[str, str], branch: str, bare: bool = False) -> None:
    """Make an empty repository whose first branch is `branch`."""
    folder.mkdir(parents=True, exist_ok=True)
    runner = GitRunner(environ, cwd=folder)
    runner.run("init", "--quiet", f"--initial-branch={branch}", *(["--bare"] if bare else []), str(folder))


def commit_files(repository: Repository, paths: Sequence[str], *, message: str) -> str:
    """Commit exactly `paths` from the work tree on the branch that is checked out; returns the commit."""
    repository.git("add", "--force", "--", *paths, profile=Profile.TALKING)
    repository.git(
        "commit", "--quiet", "--file=-", "--", *paths, profile=Profile.TALKING, stdin=message.encode()
    )
    return repository.git("rev-parse", "HEAD")


def bare_remote(
    repository: Repository, folder: Path, *, hook: bytes | None, environ: Mapping[str, str]
) -> None:
    """Make a bare repository at `folder`, push main to it as `origin`, and then install the pre-receive `hook`."""
    init(folder, environ=environ, branch="main", bare=True)
    runner = GitRunner(environ, cwd=folder, git_dir=folder)
    for key in ("receive.fsckObjects", "core.logAllRefUpdates", "uploadpack.allowFilter"):
        runner.run("config", key, "true")
    # Blob-filtered mirrors ask for the blobs they want by id.
    runner.run("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.git("remote", "add", "origin", str(folder.absolute()), profile=Profile.TALKING)
    repository.git("push", "--quiet", "--set-upstream", "origin", "main", profile=Profile.TALKING)
    if hook is not None:
        place = folder / "hooks" / "pre-receive"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(hook)
        place.chmod(0o755)

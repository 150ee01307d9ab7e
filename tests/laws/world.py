"""A bare remote and a clone of it, copied from one that was made before: cheap enough for hundreds of examples.

No hook, no keys, no rules but those that the use cases ask themselves: what git and Mooring do to the two repositories.
A world with people and a guarded remote is `tests.support.scene`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from mooring.domain import layout
from mooring.domain.events import PointerHistory
from mooring.domain.model import ModelVersion
from mooring.domain.pointer import Rollout
from mooring.domain.references import parse_reference
from mooring.domain.registry import Registry
from mooring.stores.git.repository import BlobId, Repository
from mooring.stores.hub import Hub
from mooring.stores.remotes import Presence
from mooring.usecases import promote, rollback
from mooring.usecases.promote import Promoted
from mooring.usecases.rollback import RollbackRequest, RolledBack
from mooring.wiring import open_hub
from tests.laws.lines import VERSIONS, Deed, Line, Way, do, start
from tests.support.builder import promotion_id
from tests.support.gitrepo import FIRST_SECOND, git, make_repository

IRIS = "environments/staging/iris.yaml"


def all_there(registry: Registry, manifest: ModelVersion) -> Presence:
    """The bytes of every version are in the remote."""
    return Presence.PRESENT


@dataclass
class World:
    """One registry: the bare remote, a user's clone, and the hub as it is opened in the clone."""

    remote: Path
    clone: Path
    hub: Hub
    _seconds: Iterator[int] = field(default_factory=lambda: count(FIRST_SECOND + 100_000))

    @property
    def now_ms(self) -> int:
        """A later millisecond each time, so that promotion ids differ and sort."""
        return next(self._seconds) * 1_000

    @property
    def tip(self) -> str:
        """The newest commit of the remote's main."""
        return git(self.remote, "rev-parse", "refs/heads/main")

    def refs(self) -> str:
        """Every ref of the remote with what it holds."""
        return git(self.remote, "for-each-ref", "--format=%(refname) %(objectname)")

    def blob(self, path: str = IRIS, commit: str = "refs/heads/main") -> str | None:
        """The blob at a path of the remote's main, None where there is no file."""
        return git(self.remote, "ls-tree", "--format=%(objectname)", commit, "--", path) or None

    def history(self, environment: str = "staging", model: str = "iris") -> PointerHistory:
        """The fetched history of one pointer."""
        return self.hub.history(self.hub.refresh()).of(environment, model)

    def live(self, environment: str = "staging", model: str = "iris") -> str | None:
        """The version that is live on the remote's main."""
        pointer = self.history(environment, model).pointer
        return pointer.version if pointer is not None else None

    def plant(self, line: Line) -> Line:
        """Make a line of `tests.laws.lines` the remote's main."""
        planted = line.plant(self.remote)
        git(self.remote, "update-ref", "refs/heads/main", planted.tip)
        return planted

    def past(self, *versions: str) -> list[str]:
        """Let iris in staging have had these versions, one after the other; the ids of their promotions."""
        line = start()
        for version in versions:
            done = do(line, Deed.PROMOTE, ("staging", "iris"), VERSIONS.index(version))
            if done is not None:
                line.add(*done)
        self.plant(line)
        return [promotion_id(number) for number in range(1, len(versions) + 1)]

    def promote(self, version: str, environment: str = "staging", **options: Any) -> Promoted:
        """Propose a promotion of iris by the use case."""
        options = {"reason": "Better on the holdout set", "now_ms": self.now_ms, **options}
        return promote.promote(self.hub, parse_reference(f"iris@{version}"), environment, **options)

    def withdraw(self, environment: str = "staging") -> Promoted:
        """Propose a withdrawal of iris by the use case."""
        return promote.withdraw(self.hub, "iris", environment, reason="It serves nobody", now_ms=self.now_ms)

    def merge(self, branch: str, way: Way = Way.SQUASH, message: str | None = None) -> str:
        """Merge a proposal as a forge does, the branch's pointer on the tip of main; the new commit of main."""
        source = f"refs/heads/{branch}"
        _, environment, model, _ = branch.split("/", 3)
        path = layout.pointer_path(environment, model)
        blob = self.blob(path, source)
        words = message or git(self.remote, "log", "-1", "--format=%B", source)
        parents = [self.tip] if way is Way.SQUASH else [self.tip, git(self.remote, "rev-parse", source)]
        made = self.commit({path: BlobId(blob) if blob is not None else None}, words, parents=parents)
        git(self.remote, "update-ref", "-d", source)
        return made

    def make_live(self, version: str, environment: str = "staging", rollout: Rollout | None = None) -> str:
        """Promote by the use case and merge; the new commit of main."""
        return self.merge(self.promote(version, environment, rollout=rollout).branch)

    def commit(
        self, changes: Mapping[str, bytes | BlobId | None], message: str, parents: list[str] | None = None
    ) -> str:
        """A commit on the remote's main, past every rule; its id."""
        with Repository.open(self.remote, environ=dict(os.environ)) as repository:
            made = repository.commit_with(self.tip, changes, message=message, parents=parents)
        git(self.remote, "update-ref", "refs/heads/main", made)
        return made

    def roll_back(self, **options: Any) -> RolledBack:
        """Roll iris in staging back by the use case; `presence` may be given among the options."""
        presence, dry_run = options.pop("presence", all_there), options.pop("dry_run", False)
        environment = options.pop("environment", "staging")
        request = RollbackRequest("iris", environment, "It was worse", **options)
        return rollback.rollback(self.hub, request, presence=presence, dry_run=dry_run)

    def revert(self, commit: str, *options: str) -> str:
        """The real `git revert` of a commit on the tip of main, in the clone's work tree; its commit, not pushed."""
        git(self.clone, "fetch", "--quiet", "origin")
        git(self.clone, "checkout", "--quiet", "--detach", "origin/main")
        git(self.clone, "revert", "--no-edit", *options, commit)
        return git(self.clone, "rev-parse", "HEAD")

    def push(self, commit: str) -> None:
        """Push a commit of the clone to the remote's main."""
        git(self.clone, "push", "--quiet", "origin", f"{commit}:refs/heads/main")


class Worlds:
    """Makes worlds that are alike: the base state of `tests.laws.lines` on main, a clone with main checked out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._first = folder / "first"
        remote = make_repository(self._first / "remote.git", bare=True)
        for sample in (remote / "hooks").glob("*"):
            sample.unlink()
        line = start().plant(remote)
        git(remote, "update-ref", "refs/heads/main", line.tip)
        git(self._first, "clone", "--quiet", "--template=", str(remote), "clone")

    @contextmanager
    def new(self) -> Iterator[World]:
        """A world of its own, gone afterwards."""
        folder = self._folder / str(next(self._numbers))
        shutil.copytree(self._first, folder)
        remote, clone = folder / "remote.git", folder / "clone"
        config = clone / ".git" / "config"
        config.write_text(config.read_text().replace(str(self._first), str(folder)))
        hub = open_hub(clone, environ=dict(os.environ))
        try:
            yield World(remote, clone, hub)
        finally:
            hub.cache.close()
            hub.repository.close()
            shutil.rmtree(folder)

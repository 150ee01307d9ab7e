"""One registry: its repository, where its main is read, and how a commit gets there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mooring.domain import layout
from mooring.domain.change import Change, FileChange
from mooring.domain.registry import Entry, Registry
from mooring.errors import MooringError, NotFoundError, RefusedError, UnavailableError
from mooring.stores.cache import Cache
from mooring.stores.files import GitFiles
from mooring.stores.git.repository import PathChange, Repository
from mooring.stores.history import GitHistory

if TYPE_CHECKING:
    from pathlib import Path

    from mooring.stores.git.remote import PushOutcome, RefUpdate

# Everything that any rule may read; nothing else of a repository matters to Mooring.
WATCHED: Final = (layout.REGISTRY, layout.ENVIRONMENTS)
_TRIES: Final = 8


@dataclass(frozen=True)
class Hub:
    """A repository that holds a registry.

    `remote` is where proposals and merges go; a bare repository given by its path is its own remote and has none.
    `branch` is the name of the main branch. `unreachable` is set where the remote of a mirror did not answer and what
    was fetched before stands in. `artifacts` is where the files of versions lie that were fetched; with
    `fetches_to_scan` those that a gate must look into are fetched, which may take minutes.
    """

    repository: Repository
    cache: Cache
    remote: str | None
    branch: str = "main"
    in_mirror: bool = False
    unreachable: MooringError | None = None
    artifacts: Path | None = None
    fetches_to_scan: bool = False
    _registries: dict[str, Registry] = field(default_factory=dict, repr=False, compare=False)
    _histories: dict[str, GitHistory] = field(default_factory=dict, repr=False, compare=False)

    @property
    def main_ref(self) -> str:
        """The ref that says what main is, as far as this repository knows."""
        if self.remote is None or self.in_mirror:
            return f"refs/heads/{self.branch}"
        return f"refs/remotes/{self.remote}/{self.branch}"

    def tip(self) -> str:
        """The newest commit of main that is known here, without asking the remote.

        A clone that never fetched main (a detached checkout in CI) answers with HEAD. Raises NotFoundError in a
        repository without commits.
        """
        for ref in (self.main_ref, f"refs/heads/{self.branch}", "HEAD"):
            if (found := self.repository.commit_id(ref)) is not None:
                return found
        raise NotFoundError(
            f"{self.repository.path} has no commits yet", "Start a registry with 'mooring init'."
        )

    def refresh(self) -> str:
        """Fetch, and return the newest commit of main; raises UnavailableError when the remote does not answer."""
        self.fetch()
        return self.tip()

    def refresh_if_moved(self) -> str:
        """As `refresh`, asking the remote for its main alone first: what a process that polls should call."""
        if self.remote is None:
            return self.tip()
        from mooring.stores.git.remote import ls_remote

        ref = f"refs/heads/{self.branch}"
        there = ls_remote(self.repository, self.remote, [ref]).get(ref)
        known = self.repository.commit_id(self.main_ref)
        return known if known is not None and there == known else self.refresh()

    def commit_of(self, ref: str) -> str:
        """The commit that a ref names; raises NotFoundError when it names none."""
        found = self.repository.commit_id(ref)
        if found is None:
            raise NotFoundError(
                f"there is no commit {ref} in {self.repository.path}", "Fetch it, or check the name."
            )
        return found

    def fetch(self) -> None:
        """Bring branches and approvals up to date; does nothing where the repository is its own remote."""
        if self.remote is None:
            return
        from mooring.stores.git.remote import fetch

        heads = "refs/heads/*" if self.in_mirror else f"refs/remotes/{self.remote}/*"
        fetch(
            self.repository,
            self.remote,
            [f"+refs/heads/*:{heads}", *(f"+{top}/*:{top}/*" for top in (layout.APPROVALS, layout.CHECKS))],
            prune=True,
        )
        with contextlib.suppress(OSError):
            self._fetch_mark.parent.mkdir(exist_ok=True)
            self._fetch_mark.touch()

    @property
    def _fetch_mark(self) -> Path:
        # Mooring leaves FETCH_HEAD alone, which is the user's.
        return self.repository.common_dir / "mooring" / "fetched"

    def fetched_at(self) -> int | None:
        """When the remote was last asked, by Mooring or by `git fetch`, in seconds since 1970; None if unknown."""
        times = []
        for mark in (self._fetch_mark, self.repository.common_dir / "FETCH_HEAD"):
            with contextlib.suppress(OSError):
                times.append(int(mark.stat().st_mtime))
        return max(times, default=None)

    def branches(self, prefix: str) -> dict[str, str]:
        """The remote's branches below `prefix` (such as `promote/`), as last fetched: name and commit."""
        top = "refs/heads/" if self.remote is None or self.in_mirror else f"refs/remotes/{self.remote}/"
        return {
            name.removeprefix(top): oid
            for name, oid in self.repository.refs(top + prefix.rstrip("/")).items()
        }

    def approvals(self, promotion: str) -> dict[str, str]:
        """The approvals of a promotion as last fetched: principal and the id of the tag object."""
        top = f"{layout.APPROVALS}/{promotion}"
        return {name.removeprefix(f"{top}/"): oid for name, oid in self.repository.refs(top).items()}

    def checks(self, promotion: str) -> dict[str, str]:
        """What was said of the checks of a promotion, as last fetched: `CHECK/PRINCIPAL` and the id of the tag."""
        top = f"{layout.CHECKS}/{promotion}"
        return {name.removeprefix(f"{top}/"): oid for name, oid in self.repository.refs(top).items()}

    def registry(self, commit: str | None = None) -> Registry:
        """The registry at a commit (main as it is known here, when None)."""
        at = commit if commit is not None else self.tip()
        if at not in self._registries:
            self._registries[at] = Registry(GitFiles(self.repository, at, self.cache))
        return self._registries[at]

    def history(self, commit: str | None = None) -> GitHistory:
        """The history that ends at a commit (main as it is known here, when None)."""
        at = commit if commit is not None else self.tip()
        if at not in self._histories:
            self._histories[at] = GitHistory(self.repository, at, self.cache)
        return self._histories[at]

    def change(self, base: str, head: str, *, rewritten: str | None = None) -> Change:
        """What lies between two commits, as rules want it: everything is judged by `base` and its history."""
        from mooring.stores.proofs import RepositoryProofs

        # A tree that no commit holds yet, such as that of a merge which is only tried, has no author.
        made = self.repository.commit_id(head)
        return Change(
            self.registry(base),
            self.registry(head),
            self.differences(base, head),
            self.history(base),
            self.repository.committer_time(base),
            commit=head,
            rewritten=rewritten,
            author=self.repository.author(made) if made is not None else None,
            proofs=RepositoryProofs(self, base),
        )

    def differences(self, base: str, head: str) -> list[FileChange]:
        """The paths that differ between two commits or trees, sorted."""
        return [_file_change(found) for found in self.repository.changed_paths(base, head)]

    def staged(self, base: str) -> list[FileChange]:
        """The paths that differ between a commit and the index, sorted; wherever in the repository they lie."""
        return [_file_change(found) for found in self.repository.staged_paths(base)]

    def require_remote(self) -> None:
        """Raise RefusedError where nothing can be written: a work tree without a remote."""
        if self.remote is None and not self.repository.is_bare:
            raise RefusedError(
                f"{self.repository.path} has no remote, and Mooring never writes to a branch that is checked out",
                "Give it one: git init --bare ../registry.git && git remote add origin ../registry.git "
                f"&& git push -u origin {self.branch}",
            )

    def push(self, updates: Sequence[RefUpdate]) -> PushOutcome:
        """Push several refs, all or none, each with the value it is expected to have there."""
        from mooring.stores.git.remote import push

        self.require_remote()
        return push(self.repository, self.remote or str(self.repository.path), updates, atomic=True)

    def catch_up(self, updates: Sequence[RefUpdate]) -> None:
        """Let the refs here say what was just pushed.

        Git moves the refs that track a remote when it pushes, so that a clone as `git clone` makes it need not ask
        the remote again; where one of them was not moved, everything is fetched.
        """
        if not all(self._tracks(update) for update in updates):
            self.fetch()

    def _tracks(self, update: RefUpdate) -> bool:
        if self.remote is None:
            return True
        ref = update.dst_ref
        if not self.in_mirror and ref.startswith("refs/heads/"):
            ref = f"refs/remotes/{self.remote}/{ref.removeprefix('refs/heads/')}"
        return self.repository.objects.lookup([ref])[0] == update.src_oid

    def land(
        self,
        build: Callable[[str], Sequence[RefUpdate] | None],
        *,
        what: str,
        fetched: str | None = None,
    ) -> str | None:
        """Push what `build` makes on the tip of main; when main has moved meanwhile, fetch and build again.

        `build` gets the tip and returns the updates (the one of main first), or None when nothing is left to do; it
        raises when the new tip forbids it, so a race is lost with a reason. `fetched` is the tip that was fetched a
        moment ago: the first try builds on it. Returns the new commit of main, or None. Raises RefusedError with the
        server's own words, UnavailableError when main keeps moving.
        """
        for number in range(_TRIES):
            updates = build(fetched if number == 0 and fetched is not None else self.refresh())
            if updates is None:
                return None
            outcome = self.push(updates)
            if outcome.ok:
                self.catch_up(updates)
                return updates[0].src_oid
            if not outcome.is_stale:
                raise outcome.error(what)
        raise UnavailableError(f"main moved {_TRIES} times while {what} was pushed", "Run the command again.")


def _file_change(found: PathChange) -> FileChange:
    def entry(mode: str | None, oid: str | None) -> Entry | None:
        if mode is None or oid is None:
            return None
        return Entry(found.path, mode, "commit" if mode == "160000" else "blob", oid)

    return FileChange(found.path, entry(found.old_mode, found.old_oid), entry(found.new_mode, found.new_oid))

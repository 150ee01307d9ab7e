"""A Git repository, opened by path: bulk reads of its objects, and writes that touch neither work tree nor index."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mooring.errors import NotFoundError, UsageError
from mooring.stores.git import grammar, history, listing, refs, settings
from mooring.stores.git.failures import PromisedObjectError
from mooring.stores.git.history import CommitRecord, PathChange
from mooring.stores.git.identity import ONLY_CONFIGURED, Identity, Moment, author_variables, whoami
from mooring.stores.git.locate import Location, absolute_in_hook, locate
from mooring.stores.git.objects import BatchReader, TreeEntry
from mooring.stores.git.process import GitRunner, Profile
from mooring.stores.git.trees import BlobId, NewContent, tree_with, write_blobs

if TYPE_CHECKING:
    from mooring.stores.git.tags import TagVerification

__all__ = ["BlobId", "CommitRecord", "Identity", "Moment", "PathChange", "Repository", "TreeEntry"]


# Up to here Git's own way down to each path is faster than ours, which reads whole folders.
_FEW_PATHS = 8


class Repository:
    """One repository and the processes that read it; close it, or use it in a `with` block.

    Names of commits are refs, ids and `~N`/`^N` steps; anything else is a UsageError. Reads see neither the
    user's configuration nor the network: in a partial clone an absent object is a MissingObjectError, and
    `prefetch` gets many of them at once.
    """

    def __init__(self, found: Location, *, environ: Mapping[str, str], in_hook: bool = False) -> None:
        self.path = found.work_tree or found.git_dir
        """Top of the work tree, or the Git directory of a bare repository."""
        self.git_dir = found.git_dir
        self.common_dir = found.common_dir
        self.work_tree = found.work_tree
        self.is_bare = found.work_tree is None
        self.is_shallow = found.is_shallow
        self.environ = environ
        """As given to `open`."""
        self.offline = False
        """Set where no remote may be asked: then `prefetch` gets nothing."""
        hook_environ = absolute_in_hook(environ, found.started_in) if in_hook else environ
        self.runner = GitRunner(hook_environ, cwd=self.path, git_dir=self.git_dir, in_hook=in_hook)
        self.objects = BatchReader(self.runner)
        self._signs_commits: bool | None = None

    @classmethod
    def open(cls, path: Path, *, environ: Mapping[str, str], in_hook: bool = False) -> Repository:
        """Open the repository that holds the folder `path`, from any folder of its work tree; bare too.

        `in_hook` is for Git's own hooks: `path` is then the hook's working directory, and what Git says in
        `GIT_DIR`, `GIT_INDEX_FILE` and the quarantine variables counts. NotFoundError if there is none,
        UnavailableError if Git refuses a repository that belongs to somebody else.
        """
        try:
            folder = Path(path).absolute()
        except FileNotFoundError as error:
            raise NotFoundError("the current folder is gone", "Go into one that is there.") from error
        found = locate(folder, environ, in_hook=in_hook)
        return cls(found, environ=environ, in_hook=in_hook)

    def close(self) -> None:
        """End the processes that read for this repository; it may be used again afterwards."""
        self.objects.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Repository({str(self.path)!r})"

    def git(
        self,
        *arguments: str,
        profile: Profile = Profile.READING,
        stdin: bytes = b"",
        ok: Sequence[int] = (0,),
        extra: Mapping[str, str] | None = None,
    ) -> str:
        """Run one Git command in this repository and return its output without the last newline."""
        return self.runner.run(*arguments, profile=profile, stdin=stdin, ok=ok, extra=extra).line

    def commit_id(self, ref: str) -> str | None:
        """The id of the commit that a ref, an id or steps from one name; None if there is none."""
        return self.objects.lookup([f"{grammar.check_revision(ref)}^{{commit}}"])[0]

    def tree(self, treeish: str, under: str = "", *, recursive: bool = True) -> list[TreeEntry]:
        """The entries of a commit's tree below the folder `under`; none if that folder is absent.

        Recursive listings hold files only; a flat one holds the folder's own entries, folders among them.
        NotFoundError if there is no such commit.
        """
        return listing.listed(self.runner, self._must_name(treeish, "tree"), under, recursive=recursive)

    def blob_ids(self, commit: str, paths: Sequence[str]) -> list[str | None]:
        """The object id at each path of a commit, None where there is none, in order."""
        names = [f"{grammar.check_revision(commit)}:{grammar.check_path(path)}" for path in paths]
        if len(names) <= _FEW_PATHS:
            # Asked for its size too, Git ends at a blob that a partial clone left behind; a tree knows its id.
            with contextlib.suppress(PromisedObjectError):
                found = self.objects.headers(names)
                return [
                    header.oid if header is not None and header.kind == "blob" else None for header in found
                ]
        tree = self.objects.lookup([f"{commit}^{{tree}}"])[0]
        return listing.blobs_at(self.objects, tree, paths) if tree is not None else [None for _ in paths]

    def read(self, oid: str) -> bytes:
        """The bytes of an object; MissingObjectError if it is not here, IntegrityError if it is damaged."""
        return self.objects.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Pairs of id and bytes, in the order asked."""
        return self.objects.read_many(oids)

    def size(self, oid: str) -> int | None:
        """Bytes of an object without reading it, None if it is not here."""
        return self.objects.size(oid)

    def has_object(self, oid: str) -> bool:
        """Whether the object is in this repository."""
        return self.objects.size(oid) is not None

    def index_entries(self, under: str = "") -> list[TreeEntry]:
        """What is staged below the folder `under`; RefusedError while a merge is unresolved there."""
        return listing.staged(self.runner, under)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits, None if their histories never met (or are shallow)."""
        ends = [self._must_name(name, "commit") for name in (one, other)]
        return self.git("merge-base", *ends, ok=(0, 1)) or None

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether `ancestor` is reachable from `descendant` through any parents; a commit is its own."""
        ends = [self._must_name(name, "commit") for name in (ancestor, descendant)]
        return self.runner.run("merge-base", "--is-ancestor", *ends, ok=(0, 1)).returncode == 0

    def on_first_parent_chain(self, ancestor: str, tip: str) -> bool:
        """Whether walking first parents from `tip` meets `ancestor`; a commit is on its own chain."""
        old, new = (self._must_name(name, "commit") for name in (ancestor, tip))
        if old == new:
            return True
        # Were `old` on the chain, everything above it would have it as an ancestor: nothing is skipped.
        last = self.git("rev-list", "--first-parent", "--parents", new, f"^{old}").rpartition("\n")[2]
        return last.split(" ")[1:2] == [old]

    def changed_paths(self, base: str | None, head: str, under: Sequence[str] = ()) -> list[PathChange]:
        """The paths that differ from `base` (None: from nothing) to `head`, only those below `under` if given."""
        new = self._must_name(head, "tree")
        old = self._must_name(base, "tree") if base is not None else grammar.empty_tree_id(new)
        return history.changed_paths(self.runner, old, new, [grammar.check_path(path) for path in under])

    def staged_paths(self, base: str) -> list[PathChange]:
        """The paths that differ between a commit and the index, in path order; an unborn path has no old side."""
        return history.staged_paths(self.runner, self._must_name(base, "commit"))

    def first_parent(
        self, tip: str, *, since: str | None = None, paths: Sequence[str] = ()
    ) -> Iterator[CommitRecord]:
        """Stream the first-parent line of `tip`, newest first, each commit with what it changed.

        A merge is compared with its first parent, a root commit with nothing. `since` is left out with
        everything before it; it should be on the line (`on_first_parent_chain`). With `paths` only commits
        that change one of them come, and only those changes; Git uses changed-path filters for one path
        (`write_commit_graph`). In a shallow clone the line ends at the boundary, whose changes are its whole tree.
        """
        old = self._must_name(since, "commit") if since is not None else None
        checked = [grammar.check_path(path) for path in paths]
        return history.first_parent(self.runner, self._must_name(tip, "commit"), old, checked)

    def first_parent_times(self, tip: str, *, since: str | None = None) -> list[tuple[str, int]]:
        """Id and committer time (seconds since 1970) of each commit of the first-parent line, newest first.

        The commit `since` and everything before it is left out.
        """
        old = self._must_name(since, "commit") if since is not None else None
        return history.times(self.runner, self._must_name(tip, "commit"), old)

    def parents(self, commit: str) -> tuple[str, ...]:
        """The parents of a commit, the first one first; none for a root commit."""
        return tuple(
            line.removeprefix("parent ") for line in self._header(commit) if line.startswith("parent ")
        )

    def committer_time(self, commit: str) -> int:
        """When a commit was made, by its committer's clock, in seconds since 1970."""
        (line,) = [line for line in self._header(commit) if line.startswith("committer ")]
        return int(line.rsplit(" ", 2)[1])

    def author(self, commit: str) -> str:
        """Who a commit says made it: `Name <address>`. Anybody can write anything there."""
        (line,) = [line for line in self._header(commit) if line.startswith("author ")]
        return line.removeprefix("author ").rsplit(" ", 2)[0]

    def _header(self, commit: str) -> list[str]:
        """The lines of a commit object before its message, from the process that is open anyway."""
        data = self.read(self._must_name(commit, "commit"))
        return data.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Full ref names that are `prefix` or lie below it, with the id each holds (a tag's own, not its target's)."""
        return refs.listed(self.runner, prefix)

    def current_branch(self) -> str | None:
        """The ref that HEAD stands for (`refs/heads/main`), None when HEAD is detached."""
        return self.git("symbolic-ref", "--quiet", "HEAD", ok=(0, 1)) or None

    def config(self, key: str) -> str | None:
        """The value of a configuration key as the user's Git sees it, None if unset."""
        return settings.value(self.runner, key)

    def remotes(self) -> dict[str, str]:
        """Names of the configured remotes with their fetch URLs, as written in the configuration."""
        return settings.remotes(self.runner)

    def identity(self) -> Identity:
        """Who Git says makes commits here; RefusedError with the commands to run if it does not know."""
        return whoami(self.runner)[0]

    def write_blob(self, data: bytes) -> str:
        """Write `data` as a blob, without any filter, and return its id."""
        return write_blobs(self.runner, [data])[0]

    def tree_with(self, base: str | None, changes: Mapping[str, NewContent]) -> str:
        """Write the tree of `base` (None: empty) after `changes`, the tree `git add --all` would give; its id."""
        old = self._must_name(base, "tree") if base is not None else None
        return tree_with(self.runner, self.objects, old, changes)

    def commit_with(
        self,
        base: str | None,
        changes: Mapping[str, NewContent],
        *,
        message: str,
        author: Identity | None = None,
        committer: Identity | None = None,
        time: Moment | None = None,
        parents: Sequence[str] | None = None,
    ) -> str:
        """Write a commit whose tree is that of `base` after `changes`, and return its id; no ref moves.

        `changes` maps paths to new bytes, to a `BlobId`, or to None for removal. The parents are `base`
        unless given (None and no base: a root commit). Author, committer and time are Git's own where not
        given; the commit is signed where the user set `commit.gpgSign`.
        """
        if "\0" in message or not message.strip():
            raise UsageError("a commit message must hold text and no NUL")
        lineage = parents if parents is not None else [base] if base is not None else []
        options = [word for parent in lineage for word in ("-p", self._must_name(parent, "commit"))]
        tree = self.tree_with(base, changes)
        return self.git(
            *ONLY_CONFIGURED,
            "-c",
            "i18n.commitEncoding=UTF-8",
            "commit-tree",
            *(["-S"] if self._signs() else []),
            *options,
            "-F",
            "-",
            tree,
            profile=Profile.TALKING,
            stdin=(message if message.endswith("\n") else message + "\n").encode("utf-8", "surrogateescape"),
            extra=author_variables(author, committer, time),
        )

    def update_ref(self, ref: str, new: str, old: str | None, *, message: str = "mooring") -> None:
        """Move `ref` to `new` if it still holds `old` (None: must not exist); StaleRefError if it does not.

        A branch that is checked out is refused: its work tree would silently stand at another commit.
        """
        refs.update(self.runner, ref, grammar.check_oid(new), old, message=message)

    def delete_ref(self, ref: str, old: str) -> None:
        """Delete `ref` if it still holds `old`; StaleRefError if it does not."""
        refs.update(self.runner, ref, None, old, message="mooring")

    def make_tag(
        self,
        *,
        name: str,
        target: str,
        message: str,
        tagger: Identity | None = None,
        time: Moment | None = None,
        sign_key: Path | None = None,
    ) -> str:
        """Write an annotated tag object on any object (SSH-signed with `sign_key`); no ref is made. Its id."""
        from mooring.stores.git import tags

        return tags.make_tag(
            self, name=name, target=target, message=message, tagger=tagger, time=time, sign_key=sign_key
        )

    def verify_tag(
        self, oid: str, *, allowed_signers: bytes, principal: str | None = None, at: Moment | None = None
    ) -> TagVerification:
        """Judge the SSH signature of the tag object `oid`; see `tags.verify_tag`."""
        from mooring.stores.git import tags

        return tags.verify_tag(self, oid, allowed_signers=allowed_signers, principal=principal, at=at)

    def prefetch(self, oids: Iterable[str], *, timeout: float | None = None) -> int:
        """Fetch in one request all of `oids` that a partial clone lacks; how many were fetched.

        UnavailableError if the remote does not answer within `timeout` seconds or does not have them, and where this
        is no partial clone: an object that is missing there was lost.
        """
        from mooring.stores.git.remote import prefetch

        return prefetch(self, oids, timeout=timeout)

    def write_commit_graph(self) -> None:
        """Write the commit graph with changed-path filters: history of one path becomes fast (DESIGN section 9)."""
        self.git("commit-graph", "write", "--reachable", "--changed-paths", "--no-progress")

    def _must_name(self, name: str, kind: str) -> str:
        found = self.objects.lookup([f"{grammar.check_revision(name)}^{{{kind}}}"])[0]
        if found is None:
            hint = "this clone is shallow; get the rest: git fetch --unshallow" if self.is_shallow else None
            raise NotFoundError(f"there is no {kind} {name} in {self.path}", hint)
        return found

    def _signs(self) -> bool:
        if self._signs_commits is None:
            self._signs_commits = settings.flag(self.runner, "commit.gpgSign")
        return self._signs_commits

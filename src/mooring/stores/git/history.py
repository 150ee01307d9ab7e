"""What changed: between two commits, and along the first-parent line of a branch, in one run of Git."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mooring.stores.git.failures import explain
from mooring.stores.git.process import GitRunner, stop

# Every option that a repository's configuration could turn into a different answer is fixed here.
_RAW = (
    "--raw",
    "-z",
    "--no-renames",
    "--no-abbrev",
    "--no-relative",
    "--ignore-submodules=none",
    "--no-ext-diff",
    "-O/dev/null",
)
_FIELDS = ("%H", "%P", "%T", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%s", "%B")
_ABSENT_MODE = "000000"


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that differs; mode and id are None on the side where the path is absent."""

    path: str
    old_mode: str | None
    new_mode: str | None
    old_oid: str | None
    new_oid: str | None


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """One commit of a first-parent line and what it changed against its first parent."""

    oid: str
    parents: tuple[str, ...]
    tree: str
    author_name: str
    author_email: str
    author_time: int
    """Seconds since 1970."""
    committer_name: str
    committer_email: str
    committer_time: int
    """Seconds since 1970."""
    subject: str
    message: str
    changes: tuple[PathChange, ...]


def changed_paths(runner: GitRunner, base: str, head: str, under: Sequence[str]) -> list[PathChange]:
    """The paths whose mode or blob differ between two tree-ishes, in path order."""
    # Git reads the index even to compare two trees; the user's may be large, locked or damaged, and is not asked about.
    no_index = {"GIT_INDEX_FILE": str((runner.git_dir or runner.cwd) / "mooring-reads-no-index")}
    done = runner.run("diff-tree", "-r", *_RAW, "--end-of-options", base, head, "--", *under, extra=no_index)
    tokens = iter(done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    return [_change(token, next(tokens)) for token in tokens if token]


def staged_paths(runner: GitRunner, base: str) -> list[PathChange]:
    """The paths whose mode or blob in the index differ from those of a commit, in path order."""
    done = runner.run("diff-index", "--cached", *_RAW, "--end-of-options", base, "--")
    tokens = iter(done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    return [_change(token, next(tokens)) for token in tokens if token]


def first_parent(
    runner: GitRunner, tip: str, since: str | None, paths: Sequence[str]
) -> Iterator[CommitRecord]:
    """Stream the first-parent line of `tip`, newest first; see `Repository.first_parent`."""
    import tempfile

    excluded = [f"^{since}"] if since is not None else []
    with tempfile.TemporaryFile() as errors:
        process = runner.start(
            "log",
            "--first-parent",
            "--diff-merges=first-parent",
            *_RAW,
            "--no-color",
            "--no-notes",
            "--no-decorate",
            "--no-mailmap",
            "--encoding=UTF-8",
            "--format=tformat:" + "%x00".join(_FIELDS),
            "--end-of-options",
            tip,
            *excluded,
            "--",
            *paths,
            stderr=errors,
        )
        try:
            yield from _records(_tokens(process.stdout))
            status = process.wait()
        finally:
            stop(process)
        if status != 0:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace")
            raise explain(["git", "log"], status, said, where=runner.cwd)


def times(runner: GitRunner, tip: str, since: str | None) -> list[tuple[str, int]]:
    """Id and committer time of each commit of the first-parent line of `tip`, newest first; no tree is read."""
    excluded = [f"^{since}"] if since is not None else []
    said = runner.run(
        "rev-list", "--first-parent", "--timestamp", "--end-of-options", tip, *excluded
    ).stdout.decode()
    return [(oid, int(time)) for time, oid in (line.split(" ") for line in said.splitlines())]


def _tokens(stream: object) -> Iterator[str]:
    read = getattr(stream, "read1")  # noqa: B009 - Popen types its pipes as IO[bytes], which lacks read1
    left = b""
    while chunk := read(1 << 16):
        *whole, left = (left + chunk).split(b"\0")
        for token in whole:
            yield token.decode("utf-8", "surrogateescape")
    # A killed git leaves half a token; its exit status says so, the token says nothing.


def _records(tokens: Iterator[str]) -> Iterator[CommitRecord]:
    oid = next(tokens, None)
    while oid is not None:
        fields = [next(tokens, "") for _ in _FIELDS[1:]]
        changes: list[PathChange] = []
        token = next(tokens, None)
        # tformat ends each commit with NUL under -z; a newline then stands before its first change.
        while token is not None and token.lstrip("\n").startswith(":"):
            changes.append(_change(token.lstrip("\n"), next(tokens, "")))
            token = next(tokens, None)
        yield _commit(oid, fields, tuple(changes))
        oid = token


def _commit(oid: str, fields: Sequence[str], changes: tuple[PathChange, ...]) -> CommitRecord:
    parents, tree, author, author_email, author_time, committer, committer_email, time, subject, message = (
        field.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for field in fields
    )
    return CommitRecord(
        oid=oid,
        parents=tuple(parents.split()),
        tree=tree,
        author_name=author,
        author_email=author_email,
        author_time=int(author_time or 0),
        committer_name=committer,
        committer_email=committer_email,
        committer_time=int(time or 0),
        subject=subject,
        message=message,
        changes=changes,
    )


def _change(meta: str, path: str) -> PathChange:
    old_mode, new_mode, old_oid, new_oid, _ = meta.removeprefix(":").split(" ")
    return PathChange(
        path=path,
        old_mode=None if old_mode == _ABSENT_MODE else old_mode,
        new_mode=None if new_mode == _ABSENT_MODE else new_mode,
        old_oid=None if not old_oid.strip("0") else old_oid,
        new_oid=None if not new_oid.strip("0") else new_oid,
    )

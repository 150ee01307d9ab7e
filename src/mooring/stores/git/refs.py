"""Refs: listing them, and moving one only if it still is where it was seen."""

from __future__ import annotations

from mooring.errors import RefusedError
from mooring.stores.git.grammar import check_oid, check_ref, empty_tree_id
from mooring.stores.git.process import GitRunner


def listed(runner: GitRunner, prefix: str) -> dict[str, str]:
    """Full names that are `prefix` or lie below it, with the ids they hold."""
    pattern = prefix.rstrip("/")
    if pattern != "refs":
        check_ref(pattern)
    out = runner.run("for-each-ref", "--format=%(refname)%00%(objectname)", pattern).line
    return dict(line.split("\0", 1) for line in out.split("\n") if line)


def update(runner: GitRunner, ref: str, new: str | None, old: str | None, *, message: str) -> None:
    """Set `ref` from `old` (None: absent) to `new` (None: delete it), or raise StaleRefError."""
    check_ref(ref)
    like = check_oid(new or old or empty_tree_id(""))
    zero = "0" * len(like)
    if ref.startswith("refs/heads/"):
        _refuse_checked_out(runner, ref)
    verb = f"update {ref}\0{new}\0{old or zero}\0" if new is not None else f"delete {ref}\0{old or zero}\0"
    if old is not None:
        check_oid(old)
    words = " ".join(message.split()) or "mooring"
    runner.run("update-ref", "--no-deref", "-m", words, "-z", "--stdin", stdin=verb.encode())


def _refuse_checked_out(runner: GitRunner, ref: str) -> None:
    if runner.run("rev-parse", "--is-bare-repository").line == "true":
        return
    at = runner.run("for-each-ref", "--format=%(refname)%00%(worktreepath)", ref).line
    here = [line.split("\0")[1] for line in at.split("\n") if line.startswith(f"{ref}\0")]
    unborn = not here and runner.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).line == ref
    if unborn or any(here):
        where = here[0] if here else runner.cwd
        raise RefusedError(
            f"{ref.removeprefix('refs/heads/')} is checked out in {where} and is not moved under your feet",
            "bring it up to date yourself: git pull --ff-only",
        )

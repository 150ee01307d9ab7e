"""`mooring hook`: what the scripts in `hooks/` run; Git gives them their input."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session
from mooring.cli.session import Session
from mooring.errors import ExitCode

if TYPE_CHECKING:
    from mooring.stores.git.repository import Repository
    from mooring.stores.hub import Hub


@click.group("hook", short_help="Entry points of Git hooks.")
def command() -> None:
    """Entry points of Git hooks; Git runs them, people do not.

    A bare server gets hooks/pre-receive, a clone may use hooks/pre-push and the pre-commit hook mooring-check.
    """


@command.command("pre-receive")
@pass_session
def pre_receive(session: Session) -> int:
    """Judge a push to a bare server: standard input has lines OLD NEW REF."""
    from mooring.usecases.pushed import guarded, parse_ref_lines

    lines = parse_ref_lines(_input())
    with _repository(session) as repository:
        branch = _branch(repository)
        if not guarded(lines, f"refs/heads/{branch}"):
            return ExitCode.OK
        from mooring.usecases.receive import in_order, receive
        from mooring.wiring import principal

        with _hub(repository, branch) as hub:
            found = receive(hub, lines, principal=principal(session.environ), now=session.now_ms // 1000)
    if not found:
        return ExitCode.OK
    click.echo(in_order(found), err=True)
    return ExitCode.REFUSED


@command.command("pre-push", context_settings={"ignore_unknown_options": True})
@click.argument("remote", nargs=-1)
@pass_session
def pre_push(session: Session, *, remote: tuple[str, ...]) -> int:
    """Refuse a push by hand that changes a pointer on main, and name the command to use."""
    from mooring.usecases.pushed import parse_push_lines

    lines = parse_push_lines(_input())
    with _repository(session) as repository:
        branch = _branch(repository)
        if not any(line.remote_ref == f"refs/heads/{branch}" for line in lines):
            return ExitCode.OK
        from mooring.usecases.prepush import unreviewed

        with _hub(repository, branch) as hub:
            found = unreviewed(hub, lines)
    for one in found:
        click.echo(
            f"error[unreviewed-pointer] {one.path}\n  a pointer on main changes by a reviewed proposal, not by a push"
            f"{f' to {remote[0]}' if remote else ''}\n  -> {one.command}",
            err=True,
        )
    return ExitCode.REFUSED if found else ExitCode.OK


@command.command("pre-commit")
def pre_commit() -> int:
    """Check what is staged, as 'mooring check --staged' does."""
    from mooring.cli.main import run

    return run(["check", "--staged"])


def _repository(session: Session) -> Repository:
    """The repository that Git runs the hook in, with the quarantine of what is being pushed."""
    from mooring.stores.git.repository import Repository

    return Repository.open(Path.cwd(), environ=session.environ, in_hook=True)


def _branch(repository: Repository) -> str:
    # Only the repository's own file: over file:// the user's configuration is that of whoever pushes.
    return repository.git("config", "--local", "--get", "mooring.branch", ok=(0, 1)) or "main"


@contextlib.contextmanager
def _hub(repository: Repository, branch: str) -> Iterator[Hub]:
    from mooring.stores.cache import Cache
    from mooring.stores.hub import Hub

    cache = Cache.in_git_directory(repository.common_dir)
    try:
        yield Hub(repository, cache, None, branch)
    finally:
        cache.close()


def _input() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace")

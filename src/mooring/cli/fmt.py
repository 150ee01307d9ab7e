"""`mooring fmt`: documents in their one layout."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.errors import ExitCode

if TYPE_CHECKING:
    from mooring.usecases.fmt import Laid


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATHS]...")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if a file would change."
)
@click.option("--diff", "show_diff", is_flag=True, help="The same, and print what would change.")
@registry_option
@pass_session
def command(session: Session, *, paths: tuple[Path, ...], only_check: bool, show_diff: bool) -> int:
    """Bring documents into their one layout: key order, quotes, indentation, line ends. Comments are kept.

    PATHS are files or folders of the work tree; without them all of it is meant. What main holds below versions/, and
    its pointers, are never touched.
    """
    from mooring.render.layout_diff import layout_diff
    from mooring.render.visible import visible
    from mooring.usecases.fmt import lay_out

    write = not (only_check or show_diff)
    laid = lay_out(session.hub(), paths, write=write)
    for edit in laid.edits:
        if show_diff:
            session.output.text(layout_diff(edit.path, edit.before, edit.after))
        else:
            session.output.text(f"{'formatted' if write else 'would format'}\t{visible(edit.path)}")
    for path, why in laid.left:
        session.output.note(f"left alone: {path}: {why}")
    for problem in laid.problems:
        session.output.failure("error", problem.message, problem.hint)
    session.output.note(_count(laid, write=write))
    if laid.edits and not write:
        session.output.note(f"Next: {shlex.join(['mooring', 'fmt', *map(str, paths)])}")
    refused = laid.problems or (laid.edits and not write)
    return ExitCode.REFUSED if refused else ExitCode.OK


def _count(laid: Laid, *, write: bool) -> str:
    total = laid.same + len(laid.edits)
    words = "1 document" if total == 1 else f"{total} documents"
    done = "formatted" if write else "to be formatted"
    return f"{words}: {len(laid.edits)} {done}, {laid.same} as they should be"

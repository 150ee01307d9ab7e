"""How a run ends: an error becomes a message, a hint and an exit code; a bug becomes a report that can be pasted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from mooring import __version__
from mooring.errors import ExitCode, MooringError

if TYPE_CHECKING:
    from mooring.cli.session import Session

BROKEN_PIPE: Final = 141
"""As a shell reports a program that SIGPIPE ended: whoever read our output has gone."""
_LABELS: Final = {ExitCode.PENDING: "pending", ExitCode.UNAVAILABLE: "unavailable"}


def ended_by(command: Callable[[], int], arguments: Sequence[str], session: Session) -> int:
    """Run `command` and return the exit status that its end stands for."""
    try:
        status = command()
        sys.stdout.flush()
    except BrokenPipeError:
        return _hang_up()
    except KeyboardInterrupt:
        session.output.failure("interrupted", "nothing more was done", None)
        return ExitCode.INTERRUPTED
    except (MooringError, click.ClickException, click.exceptions.Abort) as error:
        return _refused(error, session)
    except Exception as error:  # noqa: BLE001 - the one place where a bug becomes a report
        _report(error, arguments, session)
        return ExitCode.BUG
    return status


def _refused(error: MooringError | click.ClickException | click.exceptions.Abort, session: Session) -> int:
    output = session.output
    _flush()
    if isinstance(error, MooringError):
        output.failure(_LABELS.get(error.exit_code, "error"), error.message, error.hint)
        return error.exit_code
    if isinstance(error, click.exceptions.Abort):
        output.failure("interrupted", "nothing more was done", None)
        return ExitCode.INTERRUPTED
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"'{context.command_path} --help' says what it takes." if context is not None else None
    if isinstance(error, click.MissingParameter) and context is not None:
        hint = f"{_least(context)}\n{hint}"
    output.failure("error", error.format_message(), hint)
    return ExitCode.USAGE


def _least(context: click.Context) -> str:
    """The shortest command line that a command takes: one at a time is no way to learn what is missing."""
    words = [context.command_path]
    for parameter in context.command.get_params(context):
        if not parameter.required:
            continue
        name = parameter.make_metavar(context)
        words.append(f"{parameter.opts[0]} {name}" if isinstance(parameter, click.Option) else name)
    return " ".join(words)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _hang_up()


def _hang_up() -> int:
    # The interpreter flushes standard output once more at its end, and would complain about the same pipe.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    return BROKEN_PIPE


def _report(error: Exception, arguments: Sequence[str], session: Session) -> None:
    """One text with everything that an issue needs and no secret of the command line."""
    import platform
    import traceback

    from mooring.stores.git.url import redact

    lines = [
        "This is a bug in Mooring. Please open an issue with the text between the lines.",
        "-" * 72,
        f"mooring {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"command: mooring {' '.join(redact(word) for word in arguments)}",
        redact("".join(traceback.format_exception(error))).rstrip(),
        "-" * 72,
    ]
    _flush()
    session.output.failure("bug", "\n".join(lines), None)

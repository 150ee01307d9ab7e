"""The `mooring` command: its list of commands, and how one is found, run and ended."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Sequence
from typing import Final

import click

from mooring import __version__, wiring
from mooring.cli.errors import ended_by
from mooring.cli.options import registry_option, source_options
from mooring.cli.session import Session
from mooring.errors import ExitCode

PROGRAM: Final = "mooring"
COMPLETE: Final = "_MOORING_COMPLETE"

# Help comes from here: to list the commands none of them is imported.
SECTIONS: Final = {
    "Look": {
        "list": "Show all models and what each environment serves, or the versions of one.",
        "show": "Show a model, or one version in full.",
        "resolve": "Print which version a reference means.",
        "status": "Show what is live, since when, and what waits.",
        "diff": "Compare two versions.",
        "history": "Show what happened to a model, or what was live at a time.",
        "events": "Show what each commit of a range did.",
        "fetch": "Download the verified files of a version.",
        "verify": "Check who signed a version.",
        "scan": "Check that nothing in a version's files can run.",
    },
    "Change": {
        "init": "Start a registry.",
        "register": "Register a new version of a model.",
        "sign": "Sign a version.",
        "promote": "Propose that an environment serves a version.",
        "plan": "Say what a change or proposal would do.",
        "proposals": "List what is proposed and what it still needs.",
        "assess": "Say what every gate says of a promotion.",
        "approve": "Approve a proposal.",
        "attest": "Say that a check of a proposal passed.",
        "merge": "Merge a proposal.",
        "rollback": "Bring back what an environment served before.",
        "withdraw": "Propose that an environment serves nothing of a model.",
        "quarantine": "Ban a version.",
        "deprecate": "Advise against a version.",
        "archive": "Retire a version.",
    },
    "Check": {
        "check": "Check the registry, or a change, by the rules.",
        "explain": "Explain a rule.",
        "doctor": "Check this machine, this clone and its remote.",
        "forge": "Show and set what the forge enforces on main.",
        "notify": "Tell people elsewhere what happened.",
        "fmt": "Bring documents into their one layout.",
        "schema": "Print the JSON Schema of a document.",
        "completion": "Print the completion script of a shell.",
        "hook": "Entry points of Git hooks.",
    },
}
COMMANDS: Final = {name: words for section in SECTIONS.values() for name, words in section.items()}


class LazyGroup(click.Group):
    """A group whose commands are modules of `mooring.cli`, imported when they are used."""

    def list_commands(self, _: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"mooring.cli.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"mooring.cli.{cmd_name}.command is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; an unknown one is refused with those that are spelt like it."""
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        close = get_close_matches(name, COMMANDS, n=3, cutoff=0.5)
        raise click.UsageError(
            f"there is no command {name!r}." + (f" Did you mean {' or '.join(close)}?" if close else ""), ctx
        )

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section."""
        width = max(map(len, COMMANDS))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), words) for name, words in commands.items()])

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Names of commands and options, without importing a command."""
        found = [
            click.shell_completion.CompletionItem(name, help=words)
            for name, words in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="'mooring COMMAND --help' says more. Exit codes: 0 fine, 1 refused, 2 usage, 3 nothing found, "
    "4 pending, 5 integrity violated, 6 unavailable.",
)
@registry_option
@source_options
@click.option("--version", is_flag=True, help="Print the version of Mooring and exit.")
@click.pass_context
def group(ctx: click.Context, *, version: bool) -> None:
    """The Git-native registry for machine-learning models."""
    if version:
        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(ExitCode.USAGE)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; whatever goes wrong is said on standard error."""
    for stream in (sys.stdout, sys.stderr):
        # A name that a terminal's encoding lacks is shown as an escape; it is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    environ = wiring.variables()
    if instruction := environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, PROGRAM, COMPLETE, instruction)
    session = Session(environ)
    return ended_by(lambda: _invoke(list(arguments), session), arguments, session)


def _invoke(arguments: list[str], session: Session) -> int:
    try:
        with session, group.make_context(PROGRAM, arguments, obj=session) as ctx:
            status = group.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code
    return int(status or 0)

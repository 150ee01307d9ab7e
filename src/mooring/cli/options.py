"""Options that several commands share; each works before and after the name of the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from mooring.cli.session import Session

F = TypeVar("F", bound=Callable[..., object])


def _remember(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def keep(ctx: click.Context, _: click.Parameter, value: object) -> None:
        session = ctx.find_object(Session)
        # The command's own option counts more than the same one before its name, its absence does not.
        if session is not None and value is not None:
            setattr(session, name, value)

    return keep


def registry_option(command: F) -> F:
    """`--registry` and `--quiet`, for every command that has a registry."""
    for option in (
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            default=None,
            expose_value=False,
            callback=_remember("quiet"),
            help="Print no notes and no progress; errors are still said.",
        ),
        click.option(
            "--registry",
            metavar="PATH|URL",
            default=None,
            expose_value=False,
            callback=_remember("registry"),
            help="The registry: a folder or an address. [MOORING_REGISTRY, else the current folder]",
        ),
    ):
        command = option(command)
    return command


def source_options(command: F) -> F:
    """`--fetch/--offline`: whether the remote is asked."""
    return click.option(
        "--fetch/--offline",
        default=None,
        expose_value=False,
        callback=_remember("fetch"),
        help="Ask the remote first, or never.  [a clone: as last fetched; an address: asked]",
    )(command)


def reading_options(command: F) -> F:
    """Everything a reading command takes: `--registry`, `--ref`, `--fetch/--offline`, `--quiet`."""
    ref = click.option(
        "--ref",
        metavar="REF",
        default=None,
        expose_value=False,
        callback=_remember("ref"),
        help="Read this branch, tag or commit.  [main as last fetched]",
    )
    return registry_option(ref(source_options(command)))


def json_option(command: F) -> F:
    """`--json`: print JSON of a documented, versioned shape (`schemas/output/`)."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON (schemas/output/).")(command)


def limit_option(default: int) -> Callable[[F], F]:
    """`--limit N`: how many rows at most; 0 means all, which the command gets as None."""

    def all_for_none(_: click.Context, __: click.Parameter, value: int) -> int | None:
        return value or None

    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        default=default,
        show_default=True,
        callback=all_for_none,
        metavar="N",
        help="How many at most; 0 for all.",
    )


pass_session = click.make_pass_decorator(Session)

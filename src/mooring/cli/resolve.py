"""`mooring resolve`: which version a reference means."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, pass_session, reading_options
from mooring.cli.session import Session


@click.command()
@click.argument("reference")
@json_option
@click.option("--key", metavar="USER", help="Where traffic is split: the version this key gets.")
@click.option("--version", "form", flag_value="version", help="Print the version alone.")
@click.option("--digest", "form", flag_value="digest", help="Print the digest of its manifest.")
@click.option("--path", "form", flag_value="path", help="Print the path of its manifest.")
@click.option("--commit", "form", flag_value="commit", help="Print the commit that gave the answer.")
@reading_options
@pass_session
def command(session: Session, *, reference: str, as_json: bool, key: str | None, form: str | None) -> None:
    """Print which version REFERENCE means, as MODEL@VERSION.

    REFERENCE is MODEL@ENVIRONMENT, MODEL@latest or MODEL@VERSION. Nothing is ever answered in place of what was
    asked: where nothing is deployed, nothing is printed and the exit code is 3.
    """
    from mooring.render import resolution
    from mooring.usecases.resolve import resolve

    if as_json and form is not None:
        raise click.UsageError(f"--json and --{form} are two forms of one answer; choose one.")
    now = session.now_ms / 1000
    answer = resolve(session.hub(), session.commit(), reference, key=key, now=now)
    for warning in answer.warnings:
        session.output.warning(warning)
    if key is None and len(answer.shares) > 1:
        split = ", ".join(f"{version} {points / 100:g} %" for version, points in answer.shares)
        session.output.note(f"{reference} splits its traffic ({split}); --key USER says who gets which")
    session.output.text(resolution.text(answer, "json" if as_json else form))

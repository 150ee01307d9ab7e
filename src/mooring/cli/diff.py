"""`mooring diff`: compare two versions."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, pass_session, reading_options
from mooring.cli.session import Session


@click.command()
@click.argument("before", metavar="MODEL@VERSION")
@click.argument("after", metavar="[MODEL@]VERSION")
@json_option
@reading_options
@pass_session
def command(session: Session, *, before: str, after: str, as_json: bool) -> None:
    """Compare two versions: metrics, hyperparameters, data, code, files, dependencies, interface.

    Each may be named by where it lives: 'mooring diff churn@production staging' shows what a promotion would change.
    """
    from mooring.render import diff_page
    from mooring.usecases.diff import diff

    found = diff(session.hub().registry(session.commit()), before, after)
    session.show(diff_page.as_data(found) if as_json else diff_page.blocks(found))

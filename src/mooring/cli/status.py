"""`mooring status`: what is live, since when, and what waits."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, pass_session, reading_options
from mooring.cli.session import Session


@click.command()
@click.argument("model", required=False)
@json_option
@reading_options
@pass_session
def command(session: Session, *, model: str | None, as_json: bool) -> None:
    """Show what every environment serves (of MODEL), since when, by whom, what a rollback holds, and what is proposed.

    It says what was last fetched; --fetch asks the remote first.
    """
    from mooring.render import status_page
    from mooring.usecases.status import status_of

    commit = session.commit()
    found = status_of(session.hub(), commit, model)
    now = session.now_ms // 1000
    session.show(status_page.as_data(found) if as_json else status_page.blocks(found, now=now))

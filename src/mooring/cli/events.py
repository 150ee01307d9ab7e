"""`mooring events`: what each commit of a range did."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, pass_session, registry_option, source_options
from mooring.cli.session import Session


@click.command()
@click.argument("span", metavar="BASE..HEAD")
@json_option
@registry_option
@source_options
@pass_session
def command(session: Session, *, span: str, as_json: bool) -> None:
    """Show what each first-parent commit of BASE..HEAD did, oldest first.

    In a workflow that runs on pushes to main: mooring events ${{ github.event.before }}..${{ github.sha }} --json
    """
    from mooring.render import event_list
    from mooring.usecases.events import events_in

    found = events_in(session.bring_up_to_date(), span)
    session.show(event_list.as_data(found) if as_json else event_list.blocks(found))

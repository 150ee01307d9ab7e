"""`mooring events`: what each commit of a range did."""

from __future__ import annotations

import json

import click

from mooring.cli.options import json_option, pass_session, registry_option, source_options
from mooring.cli.session import Session


@click.command()
@click.argument("span", metavar="BASE..HEAD")
@json_option
@click.option(
    "--matrix", is_flag=True, help="One line of JSON: the pointers that were moved, as a matrix of CI jobs."
)
@registry_option
@source_options
@pass_session
def command(session: Session, *, span: str, as_json: bool, matrix: bool) -> None:
    """Show what each first-parent commit of BASE..HEAD did, oldest first.

    A workflow that runs on pushes to main gives it the two ends of the push; with --matrix it prints what a matrix of
    deployment jobs takes, {"include":[]} where no pointer moved.
    """
    from mooring.render import event_list
    from mooring.usecases.events import events_in

    found = events_in(session.bring_up_to_date(), span)
    if matrix:
        session.output.text(json.dumps(event_list.as_matrix(found), separators=(",", ":")))
        return
    session.show(event_list.as_data(found) if as_json else event_list.blocks(found))

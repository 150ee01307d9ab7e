"""`mooring list`: all models, or the versions of one."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, limit_option, pass_session, reading_options
from mooring.cli.session import Session


@click.command()
@click.argument("model", required=False)
@limit_option(20)
@json_option
@reading_options
@pass_session
def command(session: Session, *, model: str | None, limit: int | None, as_json: bool) -> None:
    """List all models with what each environment serves, or the versions of MODEL, newest first."""
    from mooring.render import listing, model_page
    from mooring.usecases.listing import list_models
    from mooring.usecases.show import show_model

    registry = session.hub().registry(session.commit())
    if model is None:
        found = list_models(registry)
        session.show(listing.as_data(found) if as_json else listing.blocks(found))
        return
    page = show_model(registry, model, limit=limit)
    session.show(model_page.as_data(page) if as_json else model_page.version_blocks(page))

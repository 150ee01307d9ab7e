"""`mooring show`: a model, or one version in full."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, limit_option, pass_session, reading_options
from mooring.cli.session import Session


@click.command()
@click.argument("subject", metavar="MODEL[@VERSION|@ENV|@latest]")
@limit_option(20)
@json_option
@reading_options
@pass_session
def command(session: Session, *, subject: str, limit: int | None, as_json: bool) -> None:
    """Show MODEL with its newest versions, or one version in full."""
    from mooring.domain.references import parse_reference
    from mooring.render import model_page, version_page
    from mooring.usecases.show import show_model, show_version

    registry = session.hub().registry(session.commit())
    if "@" in subject:
        version = show_version(registry, parse_reference(subject))
        session.show(version_page.as_data(version) if as_json else version_page.blocks(version))
        return
    page = show_model(registry, subject, limit=limit)
    session.show(model_page.as_data(page) if as_json else model_page.blocks(page))

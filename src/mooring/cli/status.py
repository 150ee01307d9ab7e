"""`mooring status`: what is live, since when, and what waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mooring.cli.options import json_option, pass_session, reading_options
from mooring.cli.reviewing import forge_of
from mooring.cli.session import Session
from mooring.errors import MooringError

if TYPE_CHECKING:
    from mooring.render.status_page import Status


@click.command()
@click.argument("model", required=False)
@json_option
@reading_options
@pass_session
def command(session: Session, *, model: str | None, as_json: bool) -> None:
    """Show what every environment serves (of MODEL), since when, by whom, what a rollback holds, and what is proposed.

    A pointer is in sync where nothing waits, or pending; held where automation may not move it after a rollback; frozen
    in a time without promotions. It says what was last fetched; --fetch asks the remote first. Where the remote is a
    forge and there is a token, each proposal's pull request is looked up; --offline asks nobody.
    """
    from mooring.render import status_page
    from mooring.usecases.status import status_of

    commit = session.commit()
    now = session.now_ms // 1000
    found = _with_requests(session, status_of(session.hub(), commit, model, now=now))
    session.show(status_page.as_data(found) if as_json else status_page.blocks(found, now=now))


def _with_requests(session: Session, found: Status) -> Status:
    """The same with the addresses of pull requests; a forge that does not answer is a warning, and asked no more."""
    if not found.waiting:
        return found
    urls: dict[str, str] = {}
    try:
        forge = forge_of(session)
        if forge is None:
            return found
        for one in found.waiting:
            request = forge.find(one.branch)
            if request is not None:
                urls[one.branch] = request.url
    except MooringError as error:
        session.output.warning(f"pull requests are not shown: {error.message}")
    return replace(found, waiting=tuple(replace(one, url=urls.get(one.branch)) for one in found.waiting))

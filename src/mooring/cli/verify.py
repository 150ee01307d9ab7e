"""`mooring verify`: who signed a version, and whether that is true."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, pass_session, reading_options
from mooring.cli.session import Session


@click.command("verify")
@click.argument("reference", metavar="MODEL@REF")
@click.option("--by", metavar="WHO", multiple=True, help="One of these must have signed (repeatable).")
@json_option
@reading_options
@pass_session
def command(session: Session, *, reference: str, by: tuple[str, ...], as_json: bool) -> int:
    """Check the signature of the version that MODEL@REF means, by .mooring/allowed_signers of main.

    Exit code 0: somebody who may sign signed this very manifest. 3: it is not signed. 5: the signature is wrong, or
    made by somebody who may not. The files are compared with the manifest whenever they are fetched and loaded.
    """
    from mooring.render import signature_page
    from mooring.usecases.sign import verify

    hub = session.hub()
    done = verify(hub, session.commit(), reference, by=by)
    for problem in done.facts.problems:
        session.output.warning(problem)
    session.show(
        signature_page.as_data(done.release, done.facts, done.commit)
        if as_json
        else signature_page.blocks(done.release, done.facts)
    )
    return 0

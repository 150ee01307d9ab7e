"""`mooring schema`: the JSON Schema of a document."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session
from mooring.cli.session import Session

KINDS = ("registry", "model", "manifest", "status", "waivers", "environment", "pointer", "signature")


@click.command()
@click.argument("kind", required=False, metavar=f"[{'|'.join(KINDS)}]")
@pass_session
def command(session: Session, *, kind: str | None) -> None:
    """Print the JSON Schema (draft 2020-12) of a kind of document; without KIND, list the kinds.

    Editors read the same from schemas/ in the registry.
    """
    from mooring.documents import schemas
    from mooring.render.blocks import Grid

    if kind is not None:
        session.output.text(schemas.rendered(schemas.published(kind)).decode())
        return
    rows = [[name, str(schemas.published(name)["description"]).partition(". ")[0]] for name in schemas.KINDS]
    session.output.blocks([Grid(["kind", "description"], rows)])

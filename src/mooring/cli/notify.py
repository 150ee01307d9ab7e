"""`mooring notify`: tell people elsewhere what happened."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session
from mooring.cli.session import Session
from mooring.errors import ExitCode

KINDS = ("opened", "merged", "rolled-back", "gate-failed", "held")


@click.command("notify")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("title")
@click.option("--body", metavar="TEXT", default="", help="What else there is to know.")
@click.option("--url", metavar="ADDRESS", help="Where to look.")
@pass_session
def command(session: Session, *, kind: str, title: str, body: str, url: str | None) -> int:
    """Tell the addresses in MOORING_NOTIFY what happened: chat, mail, pagers, by Apprise.

    The variable holds Apprise URLs, separated by spaces, and is read from nowhere else. The commands that propose,
    merge and roll back tell by themselves; this is for jobs. Without the variable nothing is told, and that is no
    error.
    """
    from mooring.stores.notify import Notice, NoticeKind, notify

    addresses = session.environ.get("MOORING_NOTIFY", "").split()
    if not addresses:
        session.output.note("MOORING_NOTIFY is not set; nobody was told")
        return ExitCode.OK
    errors = notify(addresses, Notice(NoticeKind(kind), title, body, url))
    for error in errors:
        session.output.failure("not told", error.message, error.hint)
    return errors[0].exit_code if errors else ExitCode.OK

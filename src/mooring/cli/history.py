"""`mooring history`: what happened to a model, or what was live at a time."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, limit_option, pass_session, reading_options
from mooring.cli.session import Session
from mooring.errors import UsageError


@click.command()
@click.argument("model")
@click.option("--env", "--in", "environment", metavar="ENV", help="Only this environment.")
@click.option(
    "--at",
    metavar="TIME",
    help="What was live at this time: 2026-06-02 (its end), or 2026-06-02T15:30Z. UTC where no zone is given.",
)
@click.option(
    "--approvals", is_flag=True, help="Who approved each change of a pointer: signatures, verified now."
)
@limit_option(30)
@json_option
@reading_options
@pass_session
def command(
    session: Session,
    *,
    model: str,
    environment: str | None,
    at: str | None,
    approvals: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Show what happened to MODEL, newest first; or, with --at, what was live at a time.

    The order is that in which main moved, and times are those of main's commits: nobody's clock can reorder it.
    --approvals asks the remote first, unless --offline is given.
    """
    from mooring.render import history_page
    from mooring.usecases.history import history_of, live_at

    if at is not None and approvals:
        raise UsageError("--at and --approvals do not go together", "Give --approvals without --at.")
    time = seconds_at(at) if at is not None else None
    if approvals and session.fetch is None and session.hub().remote is not None:
        # A clone has no approvals before it asked for them, and "approved by nobody" would be a grave answer.
        session.fetch = True
    hub, commit = session.hub(), session.commit()
    if time is not None:
        live = live_at(hub, commit, model, time, environment=environment)
        if time > session.now_ms // 1000:
            session.output.warning("that time is still to come; this is what is live as far as is known here")
        session.show(history_page.as_data_at(live) if as_json else history_page.blocks_at(live))
        return
    history = history_of(hub, commit, model, environment=environment, limit=limit, with_approvals=approvals)
    session.show(history_page.as_data(history) if as_json else history_page.blocks(history))


def seconds_at(text: str) -> int:
    """The time that `text` names, in seconds since 1970; a date alone means its last second. Raises UsageError."""
    from datetime import UTC, datetime, timedelta

    try:
        time = datetime.fromisoformat(text)
        if len(text) <= len("2026-06-02"):
            time += timedelta(days=1, seconds=-1)
        return int((time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no time", "Write 2026-06-02, 2026-06-02T15:30Z or 2026-06-02T15:30:00+02:00."
        ) from None

"""What the commands that give a version a status share: options, and how they say what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.reviewing import forge_of, propose_to_merge
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say, warn
from mooring.domain.model import State

Command: TypeAlias = Callable[..., object]

_OPTIONS = (
    click.option("--reason", metavar="TEXT", required=True, help="Why; it stays in the history."),
    click.option(
        "--in",
        "environments",
        metavar="ENV",
        multiple=True,
        help="Only in this environment; may be repeated.  [everywhere]",
    ),
    click.option("--expires", metavar="TIME", help="Until when: 2026-12-31T00:00:00Z.  [for ever]"),
    click.option("--lift", is_flag=True, help="Take the status away again."),
    click.option("--merge", is_flag=True, help="Merge it at once when the rules let it pass."),
)


def status_command(
    name: str, state: State, words: str, *, options: Sequence[Callable[[Command], Command]] = ()
) -> click.Command:
    """The command `name`, which gives a version the status `state`; `words` are its help, `options` are its own."""

    def command(session: Session, *, reference: str, **given: object) -> int:
        return give_status(session, reference, state, **given)  # type: ignore[arg-type]

    command.__doc__ = words
    decorated: Command = pass_session(command)
    shared: list[Callable[[Command], Command]] = [*_OPTIONS, *options, dry_run_option, registry_option]
    for option in reversed(shared):
        decorated = option(decorated)
    return click.command(name)(click.argument("reference", metavar="MODEL@REF")(decorated))


def give_status(
    session: Session,
    reference: str,
    state: State,
    *,
    reason: str,
    environments: tuple[str, ...],
    expires: str | None,
    lift: bool,
    merge: bool,
    dry_run: bool,
    evidence: str | None = None,
    block: bool = False,
) -> int:
    """Give a version a status, or lift it, and say what became of that."""
    from mooring.domain.model import Severity
    from mooring.usecases.status_change import StatusOutcome, StatusRequest, change_status

    if lift and (environments or expires or evidence or block):
        raise click.UsageError("--lift takes the whole status away; the other options belong to giving one.")
    request = StatusRequest(
        reference,
        None if lift else state,
        reason,
        environments,
        Severity.BLOCK if block else Severity.WARN,
        evidence,
        expires,
    )
    # A forge guards its main: there it is merged by a pull request.
    at_once = merge and forge_of(session) is None
    done = change_status(session.hub(), request, now_ms=session.now_ms, merge=at_once, dry_run=dry_run)
    warn(session, done.warnings)
    what = f"{done.ref} {f'is {done.before.state} no more' if lift and done.before else f'is {state}'}"
    if done.outcome is StatusOutcome.UNCHANGED:
        session.output.text(f"{what} already; nothing to do")
        return 0
    facts = [("version", done.ref), ("reason", reason)]
    facts += [("in", ", ".join(environments))] if environments else []
    facts += [("live in", ", ".join(done.live_in))] if done.live_in else []
    if done.outcome is StatusOutcome.WOULD_DO:
        say(session, f"Would say: {what}", facts, then=["Nothing was written (--dry-run)."])
        return 0
    model = done.ref.partition("@")[0]
    away = [
        f"It goes on being served; take it away: mooring rollback {model} --in {environment} --reason '...'"
        for environment in (done.live_in if not lift and state is not State.DEPRECATED else ())
    ]
    facts.append(("commit", done.commit or ""))
    if done.outcome is StatusOutcome.PROPOSED:
        return propose_to_merge(
            session, f"Proposed: {what}", facts, done.branch or "", merge=merge, then=away
        )
    say(session, f"Done: {what}", facts, then=[*away, f"See: mooring show {done.ref}"])
    return 0

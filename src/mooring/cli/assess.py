"""`mooring assess`: how far a promotion is from being merged, gate by gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mooring.cli.options import json_option, pass_session, registry_option
from mooring.cli.session import Session
from mooring.errors import ExitCode

if TYPE_CHECKING:
    from mooring.usecases.assess import Assessed


@click.command("assess")
@click.argument("subject", metavar="PROPOSAL|MODEL@VERSION")
@click.option(
    "--to",
    "--in",
    "environment",
    metavar="ENV",
    help="Which environment; needed for a promotion that nobody has proposed yet.",
)
@json_option
@registry_option
@pass_session
def command(session: Session, *, subject: str, environment: str | None, as_json: bool) -> int:
    """Say what every gate says of a proposal, or of promoting MODEL@VERSION to ENV, with the evidence.

    PROPOSAL is a branch, a promotion id, or a model. It is judged by the rules and gates of main as it is now, as
    'mooring merge' and the server's hook do; nothing is written. The exit status is 0 where everything passes, 1 where
    something fails, 4 where something is pending.
    """
    from mooring.domain.verdict import GateState
    from mooring.usecases.assess import assess

    found = assess(session.hub(), subject, environment=environment, now_ms=session.now_ms)
    if as_json:
        session.output.json(_data(found))
    elif found.live is not None:
        session.output.text(f"{found.live}; nothing to assess")
    else:
        _tell(session, found)
    return {
        GateState.PASS: ExitCode.OK,
        GateState.FAIL: ExitCode.REFUSED,
        GateState.PENDING: ExitCode.PENDING,
    }[found.state]


def _tell(session: Session, found: Assessed) -> None:
    from mooring.domain.verdict import GateState, clock
    from mooring.render.blocks import Block, Facts, Heading, Prose
    from mooring.render.verdicts import log

    facts = [("change", f"{_was(found)} -> {_comes(found)}"), ("by", found.requester)]
    if found.proposal is not None:
        facts += [("branch", found.proposal.branch), ("promotion", found.proposal.promotion or "")]
    facts += [("approved by", approver.principal) for approver in found.approvers]
    facts += [("not counted", f"{doubt.principal}: {doubt.reason}") for doubt in found.doubts]
    if found.ready_at is not None:
        facts.append(("ready at", clock(found.ready_at)))
    blocks: list[Block] = [
        Heading(f"{found.state.value}: {_title(found)}"),
        Facts(facts),
        log(found.verdicts),
    ]
    if found.state is GateState.PASS:
        blocks.append(Prose(_next(found)))
    session.output.blocks(blocks)


def _title(found: Assessed) -> str:
    if found.proposal is not None:
        return f"the {found.proposal.title}"
    return f"a promotion of {found.model}@{_comes(found)} to {found.environment} (not proposed yet)"


def _next(found: Assessed) -> str:
    if found.proposal is not None:
        return f"Next: mooring merge {found.proposal.branch}"
    return f"Next: mooring promote {found.model}@{_comes(found)} --to {found.environment} --reason '...'"


def _was(found: Assessed) -> str:
    from mooring.render.outcome import served

    return served(found.before)


def _comes(found: Assessed) -> str:
    from mooring.render.outcome import served

    return served(found.after)


def _data(found: Assessed) -> dict[str, object]:
    from mooring.render.verdicts import plain
    from mooring.render.wording import iso

    return {
        "schema": "mooring/assessment/v1",
        "model": found.model,
        "environment": found.environment,
        "from": found.before.version if found.before is not None else None,
        "to": found.after.version if found.after is not None else None,
        "branch": found.proposal.branch if found.proposal is not None else None,
        "promotion": found.proposal.promotion if found.proposal is not None else None,
        "requested_by": found.requester,
        "base": found.base,
        "state": found.state.value,
        "ready_at": iso(found.ready_at) if found.ready_at is not None else None,
        "gates": [plain(verdict) for verdict in found.verdicts],
        "approved_by": [approver.principal for approver in found.approvers],
        "not_counted": [{"principal": one.principal, "reason": one.reason} for one in found.doubts],
        "note": found.live,
    }

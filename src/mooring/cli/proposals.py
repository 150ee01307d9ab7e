"""`mooring proposals`: what is proposed and what it still needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mooring.cli.options import json_option, pass_session, registry_option
from mooring.cli.session import Session
from mooring.domain.names import check_model_name
from mooring.render.blocks import Block, Facts, Heading, Prose

if TYPE_CHECKING:
    from mooring.usecases.standing import Standing


@click.command("proposals")
@click.argument("model", required=False)
@json_option
@registry_option
@pass_session
def command(session: Session, *, model: str | None, as_json: bool) -> int:
    """List what is proposed (for MODEL), whether it could be merged now, and what is missing.

    Promotions, withdrawals, rollbacks and registrations; each is judged by the rules and gates of main as it is now.
    """
    from mooring.usecases.standing import standings

    if model is not None:
        check_model_name(model)
    found = [
        one
        for one in standings(session.hub(), now=session.now_ms // 1000)
        if model in (None, one.proposal.model)
    ]
    if model is not None and not found:
        # Nothing proposed is an answer; a model that does not exist is a slip, unless it is proposed itself.
        session.hub().registry().model(model)
    if as_json:
        session.output.json({"schema": "mooring/proposals/v1", "proposals": [_data(one) for one in found]})
        return 0
    if not found:
        session.output.note(f"nothing is proposed{f' for {model}' if model else ''}")
        return 0
    blocks: list[Block] = []
    for one in found:
        blocks += [Heading(f"{one.stand.value}: {one.proposal.title}"), Facts(_facts(one))]
        if one.words is not None:
            blocks.append(Prose(one.words))
        if one.next is not None:
            blocks.append(Prose(f"Next: {one.next}"))
    session.output.blocks(blocks)
    return 0


def _facts(one: Standing) -> list[tuple[str, str]]:
    from mooring.usecases.proposals import reason_of

    found = one.proposal
    facts = [("branch", found.branch), ("by", found.requester), ("commit", found.commit)]
    if found.environment is not None:
        was = found.before.version if found.before is not None and found.before.version else "nothing"
        facts.insert(0, ("change", f"{was} -> {found.version or 'nothing'}"))
    if found.promotion is not None:
        facts.append(("promotion", found.promotion))
    if (reason := reason_of(found)) is not None:
        facts.append(("reason", reason))
    return facts


def _data(one: Standing) -> dict[str, object]:
    from mooring.usecases.proposals import reason_of

    found = one.proposal
    return {
        "kind": found.kind.value,
        "model": found.model,
        "environment": found.environment,
        "from": found.before.version if found.before is not None else None,
        "to": found.version,
        "promotion": found.promotion,
        "branch": found.branch,
        "commit": found.commit,
        "requested_by": found.requester,
        "reason": reason_of(found),
        "state": one.stand.value,
        "missing": one.words,
        "next": one.next,
    }

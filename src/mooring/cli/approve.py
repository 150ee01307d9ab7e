"""`mooring approve`: say, signed, that exactly this change may be made."""

from __future__ import annotations

from pathlib import Path

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say
from mooring.errors import UsageError


@click.command("approve")
@click.argument("proposal")
@click.option(
    "--to", "--in", "environment", metavar="ENV", help="Which environment, where MODEL has several proposals."
)
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="The SSH key.  [Git's user.signingKey]"
)
@click.option("--principal", metavar="WHO", help="Which of the key's names to approve as.")
@click.option(
    "--as-requester", is_flag=True, help="Prove that the request is yours, where the policy wants it signed."
)
@click.option("--retract", is_flag=True, help="Take back your approval, by a signed statement.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    proposal: str,
    environment: str | None,
    key: Path | None,
    principal: str | None,
    as_requester: bool,
    retract: bool,
    dry_run: bool,
) -> int:
    """Approve PROPOSAL: its branch, its promotion id, MODEL, or MODEL@VERSION with --to ENV.

    The approval is a signed tag on the very pointer that is proposed: it counts for that change and no other, whichever
    commit carries it. Whoever asks for a change cannot approve it.
    """
    from mooring import wiring
    from mooring.usecases import approve as use

    if as_requester and retract:
        raise UsageError("--as-requester and --retract say different things", "Give one of them.")
    ask = use.sign_request if as_requester else use.retract if retract else use.approve
    done = ask(
        session.hub(),
        proposal,
        environment=environment,
        key=wiring.user_path(key) if key is not None else None,
        principal=principal,
        now=session.now_ms // 1000,
        dry_run=dry_run,
    )
    did, would = {
        "approve": ("Approved", "approve"),
        "request": ("Signed", "sign"),
        "retract": ("Took back the approval", "take back the approval"),
    }[done.role.value]
    words = {
        use.ApprovalOutcome.APPROVED: did,
        use.ApprovalOutcome.ALREADY: f"{did} already",
        use.ApprovalOutcome.WOULD_APPROVE: f"Would {would}",
    }[done.outcome]
    facts = [("by", done.principal), ("key", done.key or "none: the server vouches")]
    if done.proposal.promotion is not None:
        facts.append(("promotion", done.proposal.promotion))
    facts.append(("ref", done.ref))
    then = [] if retract else [f"Next: mooring merge {done.proposal.branch}"]
    if dry_run:
        then = ["Nothing was written (--dry-run)."]
    elif done.outcome is use.ApprovalOutcome.APPROVED and not as_requester and not retract:
        then.append(f"Undo, before it is merged: mooring approve {done.proposal.branch} --retract")
    say(session, f"{words}: {done.proposal.title}", facts, then=then)
    return 0

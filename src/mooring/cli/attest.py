"""`mooring attest`: say, signed, how a check of a proposal ended."""

from __future__ import annotations

from pathlib import Path

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say


@click.command("attest")
@click.argument("proposal")
@click.option("--check", "name", metavar="NAME", required=True, help="Which check of the policy it is.")
@click.option("--failed", is_flag=True, help="It failed; otherwise it passed.")
@click.option("--detail", metavar="TEXT", help="One line, such as the address of the log.")
@click.option(
    "--to", "--in", "environment", metavar="ENV", help="Which environment, where MODEL has several proposals."
)
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="The SSH key.  [Git's user.signingKey]"
)
@click.option("--principal", metavar="WHO", help="Which of the key's names to speak as.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    proposal: str,
    name: str,
    failed: bool,
    detail: str | None,
    environment: str | None,
    key: Path | None,
    principal: str | None,
    dry_run: bool,
) -> int:
    """Say that a check of PROPOSAL passed, or failed: its branch, its promotion id, MODEL, or MODEL@VERSION with --to.

    What continuous integration runs after a check that a gate asks for ('check: NAME'). The statement is a signed tag
    on the very pointer that is proposed: it counts for that change and no other. Saying it again, the other way round,
    replaces what was said before.
    """
    from mooring import wiring
    from mooring.stores.forge.statement import CheckResult
    from mooring.usecases import attest as use

    done = use.attest(
        session.hub(),
        proposal,
        CheckResult(name, not failed, detail),
        environment=environment,
        key=wiring.user_path(key) if key is not None else None,
        principal=principal,
        now=session.now_ms // 1000,
        dry_run=dry_run,
    )
    ended = "passed" if done.result.passed else "failed"
    headline = {
        use.AttestOutcome.ATTESTED: f"Attested: {name} {ended} for the {done.proposal.title}",
        use.AttestOutcome.ALREADY: f"Attested already: {name} {ended} for the {done.proposal.title}",
        use.AttestOutcome.WOULD_ATTEST: f"Would attest: {name} {ended} for the {done.proposal.title}",
    }[done.outcome]
    facts = [("by", done.principal), ("key", done.key or "none: the server vouches")]
    if done.result.detail is not None:
        facts.append(("detail", done.result.detail))
    if done.proposal.promotion is not None:
        facts.append(("promotion", done.proposal.promotion))
    facts.append(("ref", done.ref))
    then = [f"Next: mooring assess {done.proposal.branch}"]
    if done.outcome is use.AttestOutcome.ATTESTED:
        other = "" if failed else " --failed"
        then.append(f"Undo, before it is merged: mooring attest {done.proposal.branch} --check {name}{other}")
    if dry_run:
        then = ["Nothing was written (--dry-run)."]
    say(session, headline, facts, then=then)
    return 0

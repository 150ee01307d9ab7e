"""`mooring promote`: propose that an environment serves a version."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.reviewing import offer_branch, telling_of_holds
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, plan_facts, reason_option, say, to_merge, warn
from mooring.domain.references import parse_reference


@click.command("promote")
@click.argument("reference", metavar="MODEL@VERSION")
@click.option(
    "--to", "environment", metavar="ENV", required=True, help="The environment that is to serve it."
)
@reason_option
@click.option(
    "--override",
    metavar="TEXT",
    help="What changed since a rollback took this version away; needs an approval that is not yours.",
)
@click.option("--replace", is_flag=True, help="Put this in the place of somebody else's proposal.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    reference: str,
    environment: str,
    reason: str,
    override: str | None,
    replace: bool,
    dry_run: bool,
) -> int:
    """Propose that ENV serves MODEL@VERSION.

    The version may also be named by where it lives: churn@staging, churn@latest. A proposal is a branch with one commit
    that changes one pointer; 'mooring merge' makes it live. Asking twice changes nothing.
    """
    from mooring.usecases.promote import promote

    with telling_of_holds(session, dry_run=dry_run):
        done = promote(
            session.hub(),
            parse_reference(reference),
            environment,
            reason=reason,
            now_ms=session.now_ms,
            override=override,
            replace=replace,
            dry_run=dry_run,
        )
    return tell(session, done)


def tell(session: Session, done: object) -> int:
    """Offer a promotion or a withdrawal for review, and print what became of it."""
    from mooring.render.outcome import promotion_facts, served
    from mooring.usecases.promote import Outcome, Promoted

    if not isinstance(done, Promoted):
        raise TypeError("a promotion is told")
    plan = done.plan
    warn(session, done.warnings)
    if done.outcome is Outcome.LIVE_ALREADY:
        session.output.text(f"{plan.note}; nothing to do")
        return 0
    what = f"{plan.model} {served(plan.before)} -> {served(plan.after)} in {plan.environment}"
    headline = {
        Outcome.PROPOSED: f"Proposed: {what}",
        Outcome.UPDATED: f"Proposed anew: {what}",
        Outcome.UNCHANGED: f"Proposed already: {what}",
        Outcome.WOULD_PROPOSE: f"Would propose: {what}",
    }[done.outcome]
    facts = promotion_facts(plan)
    if done.commit is not None:
        facts += plan_facts(session, done.base, done.commit)
    if done.outcome is Outcome.WOULD_PROPOSE:
        say(session, headline, facts, then=["Nothing was written (--dry-run)."])
        return 0
    review = offer_branch(session, done.branch)
    facts += [("branch", done.branch), ("commit", done.commit or "")]
    if done.approvals:
        facts.append(("approvals", f"{done.approvals} needed"))
    facts += review.facts
    then = [
        *review.then,
        f"See what it would do: mooring plan {done.branch}",
        *to_merge(done.branch, done.approvals, is_reviewed_there=bool(review.facts)),
        f"Undo: mooring withdraw --proposal {done.branch}",
    ]
    say(session, headline, facts, then=then)
    return review.status

"""`mooring rollback`: bring back what an environment served before."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, reason_option, say, to_merge, warn
from mooring.domain.names import check_environment_name, check_model_name
from mooring.errors import ExitCode, UsageError


@click.command("rollback")
@click.argument("model")
@click.option("--in", "environment", metavar="ENV", required=True, help="The environment to roll back.")
@reason_option
@click.option("--to-version", metavar="VERSION", help="Go back to the last state with this version.")
@click.option("--promotion", metavar="ID", help="Go back to the state before this promotion.")
@click.option("--to-nothing", is_flag=True, help="Undo the very first promotion: nothing is served then.")
@click.option("--propose", is_flag=True, help="Open a proposal; do not merge it.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    model: str,
    environment: str,
    reason: str,
    to_version: str | None,
    promotion: str | None,
    to_nothing: bool,
    propose: bool,
    dry_run: bool,
) -> int:
    """Bring back what ENV served before the promotion that is live now.

    One commit that reverts the promotion, merged at once where the policy says 'rollback: direct'. It stays rolled
    back: a second rollback changes nothing, and the version that was undone comes back only by a promotion with
    --override.
    """
    if sum([to_version is not None, promotion is not None, to_nothing]) > 1:
        raise UsageError(
            "--to-version, --promotion and --to-nothing say different things", "Give one of them."
        )
    from mooring import wiring
    from mooring.stores.artifacts import ArtifactCache
    from mooring.usecases.load import presence_of
    from mooring.usecases.rollback import RollbackRequest, rollback

    hub = session.hub()
    cache = ArtifactCache(wiring.cache_directory(session.environ) / "artifacts")
    request = RollbackRequest(
        check_model_name(model),
        check_environment_name(environment),
        reason,
        to_version,
        promotion,
        to_nothing,
        propose,
    )
    done = rollback(
        hub,
        request,
        presence=lambda registry, manifest: presence_of(hub, cache, registry, manifest),
        dry_run=dry_run,
    )
    return _tell(session, done)


def _tell(session: Session, done: object) -> int:
    from mooring.render.outcome import rollback_facts, served
    from mooring.usecases.rollback import RollbackOutcome, RolledBack

    if not isinstance(done, RolledBack):
        raise TypeError("a rollback is told")
    plan = done.plan
    warn(session, done.warnings)
    if done.outcome is RollbackOutcome.ALREADY:
        session.output.text(f"{plan.already}; nothing to do")
        return ExitCode.OK
    if served(plan.target) == "nothing":
        session.output.warning(f"{plan.environment} serves nothing of {plan.model} after this")
    what = f"{plan.model} {served(plan.undone)} -> {served(plan.target)} in {plan.environment}"
    facts = rollback_facts(plan, done.bytes)
    if done.bytes == "unknown":
        session.output.warning(
            "the remote did not say in time whether the bytes of the older version are there"
        )
    if done.outcome in (RollbackOutcome.WOULD_DO, RollbackOutcome.WOULD_PROPOSE):
        verb = "Would roll back" if done.outcome is RollbackOutcome.WOULD_DO else "Would propose to roll back"
        say(session, f"{verb}: {what}", facts, then=["Nothing was written (--dry-run)."])
        return ExitCode.OK
    if done.outcome is RollbackOutcome.PROPOSED:
        facts += [("branch", done.branch or ""), ("commit", done.commit or "")]
        then = [
            *to_merge(done.branch or "", done.approvals),
            f"Undo: mooring withdraw --proposal {done.branch}",
        ]
        say(session, f"NOT ROLLED BACK YET: {done.why_proposed}. Proposed: {what}", facts, then=then)
        return ExitCode.PENDING
    facts.append(("commit", done.commit or ""))
    gone = f"{plan.model}@{plan.undone.version}" if plan.undone is not None and plan.undone.version else None
    then = [f"See: mooring history {plan.model} --env {plan.environment}"]
    if gone is not None:
        then.append(
            f"Undo: mooring promote {gone} --to {plan.environment} --override 'what changed' --reason '...'"
        )
    say(session, f"Rolled back: {what}", facts, then=then)
    return ExitCode.OK

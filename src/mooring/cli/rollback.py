"""`mooring rollback`: bring back what an environment served before."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.reviewing import Review, body_of, forge_of, offer_branch, tell_others
from mooring.cli.session import Session
from mooring.cli.status_options import give_status
from mooring.cli.writing import dry_run_option, reason_option, say, to_merge, warn
from mooring.domain.names import check_environment_name, check_model_name
from mooring.errors import ExitCode, MooringError, UsageError

if TYPE_CHECKING:
    from mooring.domain.model import ModelVersion
    from mooring.domain.registry import Registry
    from mooring.stores.remotes import Presence
    from mooring.usecases.rollback import RolledBack


@click.command("rollback")
@click.argument("model")
@click.option("--in", "environment", metavar="ENV", required=True, help="The environment to roll back.")
@reason_option
@click.option("--to-version", metavar="VERSION", help="Go back to the last state with this version.")
@click.option("--promotion", metavar="ID", help="Go back to the state before this promotion.")
@click.option("--to-nothing", is_flag=True, help="Undo the very first promotion: nothing is served then.")
@click.option("--propose", is_flag=True, help="Open a proposal; do not merge it.")
@click.option(
    "--quarantine", is_flag=True, help="Propose as well that the undone version is banned from ENV, and why."
)
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
    quarantine: bool,
    dry_run: bool,
) -> int:
    """Bring back what ENV served before the promotion that is live now.

    One commit that reverts the promotion, merged at once where the policy says 'rollback: direct'. It stays rolled
    back: a second rollback changes nothing, and the version that was undone comes back only by a promotion with
    --override. Where the remote is a forge, it is a pull request that is merged at once. --quarantine opens a second
    proposal after it; should that fail, the rollback stands.
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

    def presence(registry: Registry, manifest: ModelVersion) -> Presence:
        return presence_of(hub, cache, registry, manifest)

    forge = forge_of(session)
    if forge is None:
        done = rollback(hub, request, presence=presence, dry_run=dry_run)
    else:
        from mooring.usecases.rollback_at_forge import rollback_at

        done = rollback_at(
            hub,
            forge,
            request,
            presence=presence,
            body_of=lambda proposal: body_of(session, proposal),
            dry_run=dry_run,
        )
    status = _tell(session, done)
    if not quarantine:
        return status
    return _quarantine(session, done, reason=reason, dry_run=dry_run) or status


def _quarantine(session: Session, done: RolledBack, *, reason: str, dry_run: bool) -> int:
    """Propose to ban what was undone; what goes wrong is told with the command that does it, and its exit code."""
    from mooring.domain.model import Severity, State
    from mooring.usecases.quarantine_undone import quarantine_of

    plan = done.plan
    undone = plan.undone.version if plan.undone is not None else None
    again = f"--in {plan.environment} --reason {shlex.quote(reason)}"
    reference = f"{plan.model}@{undone or 'VERSION'}"
    try:
        wanted = quarantine_of(session.hub(), done, reason=reason)
        if wanted is None:
            session.output.text(f"No version is to be quarantined in {plan.environment}; nothing to do")
            return ExitCode.OK
        reference = wanted.reference
        return give_status(
            session,
            wanted.reference,
            State.QUARANTINED,
            reason=reason,
            environments=wanted.environments,
            expires=None,
            lift=False,
            merge=False,
            dry_run=dry_run,
            evidence=wanted.evidence,
            block=wanted.severity is Severity.BLOCK,
        )
    except MooringError as error:
        session.output.warning(f"the rollback stands, and nothing is quarantined: {error.message}")
        for line in (error.hint, f"Then: mooring quarantine {reference} {again}"):
            if line is not None:
                session.output.note(line)
        return error.exit_code


def _tell(session: Session, done: RolledBack) -> int:
    from mooring.render.outcome import rollback_facts, served
    from mooring.stores.notify import NoticeKind
    from mooring.usecases.rollback import RollbackOutcome

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
    facts += [("pull request", done.url)] if done.url is not None else []
    if done.outcome is RollbackOutcome.PROPOSED:
        # Without a token the branch is there, and a person opens the pull request.
        review = offer_branch(session, done.branch or "") if done.url is None else Review()
        facts += [("branch", done.branch or ""), ("commit", done.commit or "")]
        then = [
            *review.then,
            *to_merge(done.branch or "", done.approvals, is_reviewed_there=done.url is not None),
            f"Undo: mooring withdraw --proposal {done.branch}",
        ]
        say(session, f"NOT ROLLED BACK YET: {done.why_proposed}. Proposed: {what}", facts, then=then)
        tell_others(session, NoticeKind.OPENED, f"Not rolled back yet: {what}", url=done.url)
        return ExitCode.PENDING
    facts.append(("commit", done.commit or ""))
    gone = f"{plan.model}@{plan.undone.version}" if plan.undone is not None and plan.undone.version else None
    then = [f"See: mooring history {plan.model} --env {plan.environment}"]
    if gone is not None:
        then.append(
            f"Undo: mooring promote {gone} --to {plan.environment} --override 'what changed' --reason '...'"
        )
    say(session, f"Rolled back: {what}", facts, then=then)
    tell_others(session, NoticeKind.ROLLED_BACK, f"Rolled back: {what}", url=done.url)
    return ExitCode.OK

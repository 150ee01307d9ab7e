"""`mooring rollback`: bring back what an environment served before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.reviewing import Review, body_of, forge_of, offer_branch, tell_others
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, reason_option, say, to_merge, warn
from mooring.domain.names import check_environment_name, check_model_name
from mooring.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mooring.domain.model import ModelVersion
    from mooring.domain.registry import Registry
    from mooring.stores.remotes import Presence


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
    --override. Where the remote is a forge, it is a pull request that is merged at once.
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
        return _tell(session, rollback(hub, request, presence=presence, dry_run=dry_run))
    from mooring.usecases.rollback_at_forge import rollback_at

    done = rollback_at(
        hub,
        forge,
        request,
        presence=presence,
        body_of=lambda proposal: body_of(session, proposal),
        dry_run=dry_run,
    )
    return _tell(session, done)


def _tell(session: Session, done: object) -> int:
    from mooring.render.outcome import rollback_facts, served
    from mooring.stores.notify import NoticeKind
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

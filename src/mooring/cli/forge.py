"""`mooring forge`: what the forge enforces on main, and who must review what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from mooring.cli.options import json_option, pass_session, registry_option
from mooring.cli.session import Session
from mooring.errors import ExitCode, NotFoundError, RefusedError

if TYPE_CHECKING:
    from mooring.stores.forge.port import Forge
    from mooring.usecases.protection import Gap

SCHEMA = "mooring/protection/v1"


@click.group("forge", short_help="Show and set what the forge enforces on main.")
def command() -> None:
    """Show and set what GitHub, GitLab, Gitea or Forgejo enforces on main, and who must review what.

    The token is MOORING_TOKEN, or what the forge's own tools use: GH_TOKEN, GITHUB_TOKEN or that of 'gh auth login';
    GITLAB_TOKEN (with GITLAB_HOST or CI_SERVER_URL for a host of your own); GITEA_TOKEN with GITEA_SERVER_URL, and
    FORGEJO_TOKEN with FORGEJO_SERVER_URL.
    """


@command.command("protect")
@click.option("--apply", "apply_", is_flag=True, help="Write the protection of main and the merge settings.")
@click.option(
    "--check",
    "check_name",
    metavar="NAME",
    default="mooring check",
    show_default=True,
    help="The name under which the forge shows the check that judges changes; 'JOB / mooring check' of judge.yml.",
)
@json_option
@registry_option
@pass_session
def protect_command(session: Session, *, apply_: bool, check_name: str, as_json: bool) -> int:
    """Show what the forge does not enforce on main, and what can happen without it; with --apply, enforce it.

    At GitHub only the ruleset of the name 'mooring' is written, elsewhere the rule of main's own name: others stay as
    they are. Exit code 1 where something is missing.
    """
    from mooring.usecases.protection import gaps, protect

    forge = required_forge(session)
    branch = session.hub().branch
    if apply_:
        protect(forge, branch, check=check_name)
    missing = gaps(forge.protection(branch), check=check_name)
    if as_json:
        session.output.json(
            {
                "schema": SCHEMA,
                "forge": forge.name,
                "branch": branch,
                "protected": not missing,
                "gaps": [
                    {"name": gap.name, "found": gap.found, "wanted": gap.wanted, "why": gap.why}
                    for gap in missing
                ],
            }
        )
    else:
        _tell(session, forge.name, branch, missing)
    return ExitCode.REFUSED if missing else ExitCode.OK


def _tell(session: Session, name: str, branch: str, missing: tuple[Gap, ...]) -> None:
    from mooring.render.blocks import Grid

    if not missing:
        session.output.text(f"{name} protects {branch} as it should be")
        return
    rows = [[gap.name, gap.found, gap.wanted, gap.why] for gap in missing]
    session.output.blocks([Grid(["protection", "found", "wanted", "without it"], rows)])
    session.output.note("Enforce it: mooring forge protect --apply")


@command.command("codeowners")
@click.option(
    "--write", is_flag=True, help="Write the lines into this work tree, where the forge looks for them."
)
@click.option("--check", is_flag=True, help="End with exit code 1 where main's file does not have them.")
@registry_option
@pass_session
def codeowners_command(session: Session, *, write: bool, check: bool) -> int:
    """Print the lines of CODEOWNERS that the policies ask for: who approves in an environment owns its pointers.

    What could weaken a judgement (policies, settings, keys, workflows, waivers) belongs to all who approve anywhere.
    """
    if write and check:
        raise click.UsageError("--write and --check exclude each other.")
    from mooring.stores.forge.address import ForgeKind
    from mooring.usecases.protection import OWNERS, owners, with_owners

    hub = session.hub()
    registry = hub.registry(hub.tip())
    connection = session.connection()
    kind = connection.address.kind if connection is not None else ForgeKind.GITHUB
    ours, file = owners(registry, kind), OWNERS[kind]
    if write:
        if hub.repository.is_bare:
            raise RefusedError("a bare repository has no work tree to write to", "Run it in a clone.")
        place = Path(hub.repository.path, file)
        there = place.read_text("utf-8") if place.exists() else ""
        place.parent.mkdir(exist_ok=True)
        place.write_text(with_owners(there, ours), "utf-8")
        session.output.text(f"wrote {place}")
        session.output.note(f"Propose it: git add {file} && git commit")
        return ExitCode.OK
    if check:
        entry = registry.files.entry(file)
        there = registry.files.read(entry).decode("utf-8", "replace") if entry is not None else ""
        if with_owners(there, ours) != there:
            raise RefusedError(
                f"{file} does not say what the policies say",
                "Write it anew: mooring forge codeowners --write",
            )
        session.output.text(f"{file} says what the policies say")
        return ExitCode.OK
    session.output.text(ours.rstrip("\n"))
    return ExitCode.OK


@command.command("comment")
@click.argument("file", type=click.File("rb"))
@click.option("--number", type=click.IntRange(min=1), help="The number of the pull request.")
@click.option(
    "--from",
    "source",
    metavar="OWNER:BRANCH",
    help="Where it comes from, a fork too, in place of its number.",
)
@click.option("--commit", metavar="ID", help="Only while this is its newest commit.")
@registry_option
@pass_session
def comment_command(
    session: Session, *, file: BinaryIO, number: int | None, source: str | None, commit: str | None
) -> int:
    """Write FILE (- for standard input), a plan, as the one comment of a pull (or merge) request, in place of the last.

    FILE is what 'mooring plan --markdown' wrote; its first line is the mark by which the comment is found again. A pull
    request that is closed, or has moved on from --commit, gets none.
    """
    from mooring.render.plan_markdown import MARKER
    from mooring.stores.forge.port import LONGEST_BODY

    if (number is None) == (source is None) or (commit is not None and source is None):
        raise click.UsageError("Give --number, or --from with or without --commit.")
    body = file.read(4 * LONGEST_BODY + 1).decode("utf-8", "replace")
    if len(body) > LONGEST_BODY or not body.startswith(MARKER):
        raise RefusedError(
            f"this is no plan: it begins with another line than {MARKER}, or has over {LONGEST_BODY} characters",
            "Make one: mooring plan BASE..HEAD --markdown --output FILE",
        )
    forge = required_forge(session)
    if source is not None:
        owner, _, branch = source.partition(":")
        found = forge.find(branch, owner=owner)
        if found is None or (commit is not None and found.head != commit):
            session.output.text(f"{source} has no open pull request at this commit; nothing to do")
            return ExitCode.OK
        number = found.number
    session.output.text(forge.comment(number or 0, MARKER, body))
    return ExitCode.OK


@command.command("gates")
@click.argument("proposal", required=False)
@registry_option
@pass_session
def gates_command(session: Session, *, proposal: str | None) -> int:
    """Report what every gate says of PROPOSAL, or of all that move a pointer, as statuses of their commits.

    'mooring/gates' says it of all gates together, so that main can require it. What has not changed is not written
    again.
    """
    from mooring.usecases.report_gates import report_gates

    forge = required_forge(session)
    for done in report_gates(session.hub(), forge, proposal, now_ms=session.now_ms):
        written = len(done.written)
        session.output.text(
            f"{done.proposal.branch}: {done.state} ({written} status{'' if written == 1 else 'es'} written)"
        )
    return ExitCode.OK


@command.command("deploy")
@click.argument("model")
@click.option("--in", "environment", metavar="ENV", required=True, help="Where it is deployed.")
@click.option(
    "--state",
    type=click.Choice(["pending", "success", "failure", "error"]),
    required=True,
    help="How far the deployment is.",
)
@registry_option
@pass_session
def deploy_command(session: Session, *, model: str, environment: str, state: str) -> int:
    """Record at the forge that what ENV points to now is being deployed, or was, or could not be.

    For deployments outside GitHub Actions and GitLab CI, where a job with an 'environment' records its own. Gitea and
    Forgejo have no deployments: there it is a status of the commit.
    """
    from mooring.domain.references import parse_reference
    from mooring.stores.forge.port import StatusState

    forge = required_forge(session)
    hub = session.hub()
    commit = hub.refresh()
    found = hub.registry(commit).resolve(parse_reference(f"{model}@{environment}"))
    forge.deploy(commit, environment, state=StatusState(state), description=f"{found.ref}")
    session.output.text(f"{forge.name}: {found.ref} in {environment}: {state}")
    return ExitCode.OK


_LOG_IN = {
    "github": "Log in with 'gh auth login', or set MOORING_TOKEN.",
    "gitlab": "Set MOORING_TOKEN to an access token of yours or of the project, with the scope api.",
    "gitea": "Set MOORING_TOKEN to an access token that may write to repositories and issues.",
}


def required_forge(session: Session) -> Forge:
    """The forge in front of the remote; raises NotFoundError without one, RefusedError without a token."""
    found = session.connection()
    if found is None:
        raise NotFoundError(
            "the remote is a plain Git server, or none that Mooring knows as a forge",
            "Look at its address (git remote -v); MOORING_FORGE=gitlab, say, tells what the address does not.",
        )
    if found.forge is None:
        raise RefusedError(f"there is no token for {found.address.host}", _LOG_IN[found.address.kind])
    return found.forge

"""`mooring forge`: what the forge enforces on main, and who must review what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
    """Show and set what GitHub enforces on main, and who must review what.

    The token is MOORING_TOKEN, GH_TOKEN or GITHUB_TOKEN, else that of 'gh auth login'.
    """


@command.command("protect")
@click.option("--apply", "apply_", is_flag=True, help="Write the ruleset 'mooring' and the merge settings.")
@json_option
@registry_option
@pass_session
def protect_command(session: Session, *, apply_: bool, as_json: bool) -> int:
    """Show what the forge does not enforce on main, and what can happen without it; with --apply, enforce it.

    Only the ruleset of the name 'mooring' is written: others stay as they are. Exit code 1 where something is missing.
    """
    from mooring.usecases.protection import gaps, protect

    forge = required_forge(session)
    branch = session.hub().branch
    missing = protect(forge, branch) if apply_ else gaps(forge.protection(branch))
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
@click.option("--write", is_flag=True, help="Write the lines into .github/CODEOWNERS of this work tree.")
@click.option("--check", is_flag=True, help="End with exit code 1 where main's file does not have them.")
@registry_option
@pass_session
def codeowners_command(session: Session, *, write: bool, check: bool) -> int:
    """Print the lines of CODEOWNERS that the policies ask for: who approves in an environment owns its pointers.

    What could weaken a judgement (policies, settings, keys, workflows, waivers) belongs to all who approve anywhere.
    """
    if write and check:
        raise click.UsageError("--write and --check exclude each other.")
    from mooring.usecases.protection import owners, with_owners

    hub = session.hub()
    registry = hub.registry(hub.tip())
    ours = owners(registry)
    if write:
        if hub.repository.is_bare:
            raise RefusedError("a bare repository has no work tree to write to", "Run it in a clone.")
        place = Path(hub.repository.path, OWNERS)
        there = place.read_text("utf-8") if place.exists() else ""
        place.parent.mkdir(exist_ok=True)
        place.write_text(with_owners(there, ours), "utf-8")
        session.output.text(f"wrote {place}")
        session.output.note(f"Propose it: git add {OWNERS} && git commit")
        return ExitCode.OK
    if check:
        entry = registry.files.entry(OWNERS)
        there = registry.files.read(entry).decode("utf-8", "replace") if entry is not None else ""
        if with_owners(there, ours) != there:
            raise RefusedError(
                f"{OWNERS} does not say what the policies say",
                "Write it anew: mooring forge codeowners --write",
            )
        session.output.text(f"{OWNERS} says what the policies say")
        return ExitCode.OK
    session.output.text(ours.rstrip("\n"))
    return ExitCode.OK


OWNERS = ".github/CODEOWNERS"


def required_forge(session: Session) -> Forge:
    """The forge in front of the remote; raises NotFoundError without one, RefusedError without a token."""
    found = session.connection()
    if found is None:
        raise NotFoundError(
            "the remote is a plain Git server, or none that Mooring knows as a forge",
            "Look at its address (git remote -v); MOORING_FORGE=github says what the address does not.",
        )
    if found.forge is None:
        raise RefusedError(
            f"there is no token for {found.address.host}",
            "Log in with 'gh auth login', or set MOORING_TOKEN.",
        )
    return found.forge

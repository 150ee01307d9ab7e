"""`mooring doctor`: look at this machine, this clone and its remote."""

from __future__ import annotations

import click

from mooring.cli.options import json_option, pass_session, registry_option, source_options
from mooring.cli.session import Session
from mooring.errors import ExitCode, MooringError


@click.command()
@click.argument("references", nargs=-1, metavar="[MODEL@REF]...")
@click.option("--fix", is_flag=True, help="Write what is safe to write: the commit graph with its filters.")
@click.option(
    "--forge",
    is_flag=True,
    help="Ask GitHub, GitLab, Gitea or Forgejo what it enforces on main; with a token.",
)
@click.option(
    "--heal",
    is_flag=True,
    help="Read every stored object of MODEL@REF (of all that is live) and replace damaged ones from a good copy.",
)
@json_option
@registry_option
@source_options
@pass_session
def command(
    session: Session, *, references: tuple[str, ...], fix: bool, forge: bool, heal: bool, as_json: bool
) -> int:
    """Check Git, identity, remote, protection, storage, cache, hooks and locks; each with the command that mends it.

    Exit code 0 when nothing fails (warnings do not), else 1.
    """
    if references and not heal:
        raise click.UsageError("MODEL@REF belongs to --heal.")
    if forge and session.offline:
        raise click.UsageError("--forge asks the forge, and --offline asks nobody.")
    if forge and heal:
        raise click.UsageError("--forge and --heal exclude each other.")
    if heal:
        return _heal(session, references)
    from mooring.render import doctor_page
    from mooring.render.doctor_page import Check, Health
    from mooring.usecases.doctor import examine

    try:
        connection = session.connection() if forge else None
        if forge and connection is None:
            session.output.warning("the remote is a plain Git server, or no forge that Mooring knows")
        checks = examine(session.hub(), offline=session.offline, fix=fix, connection=connection)
    except MooringError as error:
        # A repository that cannot be opened is what one asks a doctor about.
        checks = (Check("repository", Health.FAIL, error.message, error.hint),)
    session.show(doctor_page.as_data(checks) if as_json else doctor_page.blocks(checks))
    return ExitCode.OK if doctor_page.is_well(checks) else ExitCode.REFUSED


def _heal(session: Session, references: tuple[str, ...]) -> int:
    from mooring import wiring
    from mooring.cli.progress import progress
    from mooring.stores.artifacts import ArtifactCache
    from mooring.usecases.heal import heal_versions

    commit = session.commit()
    cache = ArtifactCache(wiring.cache_directory(session.environ) / "artifacts")
    with progress(session) as told:
        healed = heal_versions(session.hub(), commit, references, cache=cache, progress=told)
    for one in healed:
        if one.error is not None:
            session.output.failure(one.ref, one.error.message, one.error.hint)
        elif one.replaced:
            session.output.text(f"{one.ref}: replaced {', '.join(one.replaced)}")
        else:
            session.output.text(f"{one.ref}: every object is right")
    worst = [one.error.exit_code for one in healed if one.error is not None]
    return max(worst, default=ExitCode.OK)

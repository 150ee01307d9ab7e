"""`mooring scan`: whether anything in the files of a version could run."""

from __future__ import annotations

from pathlib import Path

import click

from mooring.cli.options import json_option, pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option


@click.command("scan")
@click.argument("selector", metavar="MODEL@REF|PROPOSAL")
@click.option(
    "--attest", is_flag=True, help="Say, signed, what was found in the version that PROPOSAL promotes."
)
@click.option(
    "--to", "--in", "environment", metavar="ENV", help="Which environment, where MODEL has several proposals."
)
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="The SSH key.  [Git's user.signingKey]"
)
@click.option("--principal", metavar="WHO", help="Which of the key's names to speak as.")
@dry_run_option
@json_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    selector: str,
    attest: bool,
    environment: str | None,
    key: Path | None,
    principal: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Look into the files of a version: MODEL@REF, or the version that PROPOSAL (a branch, a promotion id) brings.

    Every file must be of the format that the manifest declares, to its last byte. Formats that cannot run code are then
    clean; of a pickle or joblib file every name that it would import must be on the list of what a model may load, and
    picklescan must see no other. Nothing is unpickled or imported. Exit code 0: all is clean. 1: a file is refused, or
    cannot be judged.
    """
    from mooring import wiring
    from mooring.cli.progress import progress
    from mooring.domain.proof import ScanState
    from mooring.render import scan_page
    from mooring.stores.artifacts import ArtifactCache
    from mooring.usecases import scan as use

    if (key is not None or principal is not None or dry_run) and not attest:
        raise click.UsageError("--key, --principal and --dry-run are about the statement; give --attest too.")
    hub = session.hub()
    cache = ArtifactCache(wiring.cache_directory(session.environ) / "artifacts")
    with progress(session) as told:
        done = use.scan(hub, selector, environment=environment, cache=cache, progress=told)
    facts = done.facts
    session.show(
        scan_page.as_data(done.release, done.files, facts)
        if as_json
        else scan_page.blocks(done.release, done.files, facts)
    )
    if attest:
        said = use.attest_scan(
            hub,
            done,
            key=wiring.user_path(key) if key is not None else None,
            principal=principal,
            now=session.now_ms // 1000,
            dry_run=dry_run,
        )
        ended = "passed" if said.result.passed else "failed"
        words = {"attested": "Attested", "already-attested": "Attested already"}
        how = words.get(said.outcome.value, "Nothing was written (--dry-run); it would be attested")
        session.output.note(f"{how}: scan {ended}, by {said.principal} ({said.ref})")
        session.output.note(f"Next: mooring assess {said.proposal.branch}")
    return 0 if facts.state is ScanState.CLEAN else 1

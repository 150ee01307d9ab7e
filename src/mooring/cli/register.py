"""`mooring register`: register a new version of a model."""

from __future__ import annotations

from pathlib import Path

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.registering import draft_options
from mooring.cli.reviewing import forge_of, propose_to_merge
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say, warn


@click.command("register")
@click.argument("model")
@click.argument("sources", metavar="FOLDER|FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--version", metavar="VERSION", help="The version: 1.2.0, or 2024.01.15 for a model with dates."
)
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch", "auto"]),
    help="Count up from the highest version; auto works the step out from the interface.",
)
@draft_options
@click.option("--sign", is_flag=True, help="Sign the version in the same commit, as 'mooring sign' does.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The SSH key for --sign.  [user.signingKey]",
)
@click.option("--merge", is_flag=True, help="Merge the registration at once when the rules let it pass.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    /,
    *,
    model: str,
    sources: tuple[Path, ...],
    version: str | None,
    bump: str | None,
    sign: bool,
    key: Path | None,
    merge: bool,
    dry_run: bool,
    **given: object,
) -> int:
    """Register files as a new version of MODEL: a folder, or one or more files.

    Everything is judged before anything is uploaded; then the bytes go to the DVC remote, are seen there, and the
    manifest is proposed on a branch (or merged, with --merge or 'registration: direct'). A model that is not there yet
    is made. What can be known is filled in: sizes, digests, author, framework, Python, the commit of the training code.
    """
    from mooring import wiring
    from mooring.cli.progress import progress
    from mooring.cli.registering import draft_of
    from mooring.render.outcome import registration_facts
    from mooring.stores.artifacts import ArtifactCache
    from mooring.usecases.register import RegisterOutcome, RegisterRequest, SignWith, register

    if key is not None and not sign:
        raise click.UsageError("--key is the key for --sign; give both.")
    hub = session.hub()
    said = draft_of(session, model, sources, given)
    wanted = version if version is not None or bump is not None else said.version
    with_key = SignWith(wiring.user_path(key) if key is not None else None) if sign else None
    request = RegisterRequest(said.draft, said.files, wanted, bump, said.roles, said.formats, with_key)
    cache = ArtifactCache(wiring.cache_directory(session.environ) / "artifacts")
    with progress(session) as told:
        done = register(
            hub,
            request,
            now_ms=session.now_ms,
            # A forge guards its main: there it is merged by a pull request.
            merge=merge and forge_of(session) is None,
            dry_run=dry_run,
            cache=cache,
            progress=told,
        )
    warn(session, done.warnings)
    ref = done.manifest.ref
    if done.outcome is RegisterOutcome.UNCHANGED:
        where = f"proposed on {done.branch}" if done.branch else "registered"
        session.output.text(f"{ref} is {where} already with these very bytes; nothing to do")
        if sign and done.branch is None:
            session.output.note(f"To be sure that it is signed: mooring sign {ref}")
        return 0
    facts = registration_facts(done.manifest)
    if done.why is not None:
        facts.insert(1, ("because", done.why))
    if done.signed_by is not None:
        facts.append(("signed by", done.signed_by))
    if done.remote is not None:
        facts.append(("bytes in", done.remote))
    if done.outcome is RegisterOutcome.WOULD_REGISTER:
        say(session, f"Would register: {ref}", facts, then=["Nothing was uploaded or written (--dry-run)."])
        return 0
    facts.append(("commit", done.commit or ""))
    if done.outcome is RegisterOutcome.PROPOSED:
        return propose_to_merge(session, f"Proposed: {ref}", facts, done.branch or "", merge=merge)
    then = [f"Next: mooring promote {ref} --to ENV --reason '...'"]
    say(session, f"Registered: {ref}", facts, then=[*then, "A version is never removed; it can be archived."])
    return 0

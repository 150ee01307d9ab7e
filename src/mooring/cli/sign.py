"""`mooring sign`: put one's signature to a version."""

from __future__ import annotations

from pathlib import Path

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.reviewing import forge_of, propose_to_merge
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say, warn


@click.command("sign")
@click.argument("reference", metavar="MODEL@REF")
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="The SSH key.  [Git's user.signingKey]"
)
@click.option("--principal", metavar="WHO", help="Which of the key's names to sign as.")
@click.option("--merge", is_flag=True, help="Merge the signature at once when the rules let it pass.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    reference: str,
    key: Path | None,
    principal: str | None,
    merge: bool,
    dry_run: bool,
) -> int:
    """Sign the version that MODEL@REF means: its name, its manifest and, by that, its files.

    The signature is made by ssh-keygen for the namespace mooring-model-version, and lies beside the manifest as
    signature.json. It never changes: a version has one. 'mooring verify' checks it.
    """
    from mooring import wiring
    from mooring.usecases.sign import SignOutcome, sign

    done = sign(
        session.hub(),
        reference,
        key=wiring.user_path(key) if key is not None else None,
        principal=principal,
        # A forge guards its main: there it is merged by a pull request.
        merge=merge and forge_of(session) is None,
        dry_run=dry_run,
    )
    warn(session, done.warnings)
    ref = done.release.manifest.ref
    facts = [("by", done.principal), ("key", done.key), ("manifest", done.release.digest)]
    if done.outcome is SignOutcome.ALREADY:
        where = f"on {done.branch}" if done.branch else "on main"
        session.output.text(f"{ref} is signed with this key already, {where}; nothing to do")
        return 0
    if done.outcome is SignOutcome.WOULD_SIGN:
        say(session, f"Would sign: {ref}", facts, then=["Nothing was written (--dry-run)."])
        return 0
    facts.append(("commit", done.commit or ""))
    if done.outcome is SignOutcome.PROPOSED:
        headline = f"Proposed: the signature of {ref}"
        return propose_to_merge(session, headline, facts, done.branch or "", merge=merge)
    say(session, f"Signed: {ref}", facts, then=[f"Check: mooring verify {ref}"])
    return 0

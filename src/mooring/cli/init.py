"""`mooring init`: start a registry."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mooring.cli.options import pass_session
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say
from mooring.domain import layout
from mooring.errors import NotFoundError, UsageError


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--name", metavar="TEXT", help="What to call the registry.  [the folder's name]")
@click.option(
    "--storage", metavar="URL|PATH", help="Where the bytes go: s3://..., gs://..., ssh://..., a folder."
)
@click.option(
    "--environments",
    metavar="A,B,...",
    default="staging,production",
    show_default=True,
    help="Environments; each promotes into the next, and the last asks for approvals.",
)
@click.option(
    "--approvals", metavar="N", type=click.IntRange(0, 20), default=1, show_default=True, help="How many."
)
@click.option(
    "--signer",
    "signers",
    metavar="WHO=KEY.pub",
    multiple=True,
    help="Who may approve, and the SSH public key that signs; give it once for each person.",
)
@click.option(
    "--remote",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="PATH",
    help="Make a bare repository here with the pre-receive hook, as origin.",
)
@dry_run_option
@pass_session
def command(
    session: Session,
    *,
    folder: Path,
    name: str | None,
    storage: str | None,
    environments: str,
    approvals: int,
    signers: tuple[str, ...],
    remote: Path | None,
    dry_run: bool,
) -> int:
    """Start a registry in FOLDER (the current one): files, policies, schemas, hooks and the first commit.

    Running it again on a registry changes nothing.
    """
    from mooring.usecases import init
    from mooring.usecases.hooks import pre_receive

    place = folder.resolve()
    done = init.initialise(
        place,
        environ=session.environ,
        name=name or place.name,
        storage=_storage(storage, place),
        chain=init.environments(
            [part.strip() for part in environments.split(",") if part.strip()], approvals=approvals
        ),
        signers=[_signer(text) for text in signers],
        remote=remote.absolute() if remote is not None else None,
        hook=pre_receive(),
        dry_run=dry_run,
    )
    if not done.files:
        session.output.text(f"{place} is a registry already; nothing to do")
        return 0
    facts = [("files", str(len(done.files))), ("storage", _storage(storage, place))]
    if done.commit is not None:
        facts.append(("commit", done.commit))
    if done.remote is not None:
        facts.append(("remote", str(done.remote)))
    if dry_run:
        say(session, f"Would start a registry in {place}", facts, then=["Nothing was written (--dry-run)."])
        return 0
    if approvals and not signers:
        session.output.warning(
            f"nobody's key is known, so nothing can be approved: give --signer WHO=KEY.pub, or add for each "
            f"person a line to {place / layout.SIGNERS}: "
            'alex@example.com namespaces="git,mooring-model-version" ssh-ed25519 AAAA...'
        )
    say(
        session,
        f"Started a registry in {place}",
        facts,
        then=_next(place, has_remote=done.remote is not None),
    )
    return 0


def _next(place: Path, *, has_remote: bool) -> list[str]:
    then = [] if place == Path.cwd() else [f"Next: cd {shlex.quote(str(place))}"]
    if not has_remote:
        then.append("Next: git remote add origin URL && git push -u origin main")
        then.append("Where that is GitHub or another forge, see what it must enforce: mooring forge protect")
    return [*then, "Next: mooring register MODEL FOLDER --version 1.0.0 --metrics metrics.json"]


def _storage(storage: str | None, folder: Path) -> str:
    if storage is None:
        return str(folder.parent / f"{folder.name}-storage")
    return storage if "://" in storage else str(Path(storage).absolute())


def _signer(text: str) -> str:
    from mooring import wiring
    from mooring.usecases.init import signer_line

    who, equals, key = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} names no key", "--signer alex@example.com=~/.ssh/id_ed25519.pub")
    try:
        public = wiring.user_path(key).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"the public key {key} cannot be read: {error}") from None
    return signer_line(who, public)

"""A branch that was pushed is offered for review, where the remote is a forge; and people elsewhere are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mooring.cli.session import Session
from mooring.cli.writing import say
from mooring.errors import ExitCode, MooringError, RefusedError

if TYPE_CHECKING:
    from mooring.stores.forge.port import Forge
    from mooring.stores.forge.proposal import Proposal
    from mooring.stores.notify import NoticeKind
    from mooring.usecases.merge import Merged


@dataclass(frozen=True, slots=True)
class Review:
    """What to tell of a pull request: facts, what to do next, and how the command ends."""

    facts: tuple[tuple[str, str], ...] = ()
    then: tuple[str, ...] = ()
    status: ExitCode = ExitCode.OK


def offer_branch(session: Session, branch: str) -> Review:
    """Open the pull request of a branch of proposals, or bring it up to date.

    Without a token the page is named on which a person opens it. What the forge refuses is said, and ends the command
    with its exit code: the branch is pushed, and asking again goes on from there.
    """
    try:
        connection = session.connection()
    except MooringError as error:
        return _failed(session, branch, error)
    if connection is None:
        return Review()
    base = session.hub().branch
    if connection.forge is None:
        page = connection.address.new_request(branch, base)
        return Review(then=(f"Open the pull request: {page}",))
    from mooring.stores.forge import local
    from mooring.stores.notify import NoticeKind
    from mooring.usecases.offering import OfferOutcome, offer, offer_of
    from mooring.usecases.proposals import select

    hub = session.hub()
    try:
        tip = hub.tip()
        proposal = select(local.proposals(hub, tip), branch)
        done = offer(connection.forge, offer_of(hub.registry(tip), proposal, body_of(session, proposal)))
    except MooringError as error:
        return _failed(session, branch, error)
    for note in done.notes:
        session.output.warning(note)
    if done.request is None:
        return Review()
    if done.outcome is OfferOutcome.OPENED:
        tell_others(session, NoticeKind.OPENED, f"Proposed: {proposal.title}", url=done.request.url)
    return Review((("pull request", done.request.url),))


def body_of(session: Session, proposal: Proposal) -> str:
    """The text of a proposal's pull request: its whole plan."""
    from mooring.cli.plan import presence
    from mooring.render.plan_markdown import as_markdown
    from mooring.usecases.plan import Range, plan

    hub = session.hub()
    asked = Range(hub.tip(), proposal.commit, proposal)
    planned = plan(hub, asked, now=session.now_ms // 1000, presence=presence(session))
    return as_markdown(planned.plan, planned.read)


def forge_of(session: Session) -> Forge | None:
    """The forge that a change goes through: None for a plain Git server, and without a token."""
    connection = session.connection()
    return connection.forge if connection is not None else None


def propose_to_merge(
    session: Session,
    headline: str,
    facts: Sequence[tuple[str, str]],
    branch: str,
    *,
    merge: bool,
    then: Sequence[str] = (),
) -> int:
    """Tell of a branch that needs nobody's approval, offer it where there is a forge and, asked so, merge it there."""
    review = offer_branch(session, branch)
    said = [*facts, ("branch", branch), *review.facts]
    forge = forge_of(session) if merge and review.status is ExitCode.OK else None
    if forge is None:
        todo = [f"Next: mooring merge {branch}", f"Undo: mooring withdraw --proposal {branch}"]
        say(session, headline, said, then=[*review.then, *todo, *then])
        return review.status
    say(session, headline, said, then=then)
    done = merge_branch(session, forge, branch, environment=None, dry_run=False)
    session.output.text(f"Merged: {done.proposal.title if done.proposal is not None else branch}")
    return ExitCode.OK


def merge_branch(
    session: Session, forge: Forge, selector: str, *, environment: str | None, dry_run: bool
) -> Merged:
    """Merge a proposal through the forge; raises as `merge_at` does."""
    from mooring.usecases.merge_at_forge import merge_at

    return merge_at(
        session.hub(),
        forge,
        selector,
        body_of=lambda proposal: body_of(session, proposal),
        environment=environment,
        now=session.now_ms // 1000,
        dry_run=dry_run,
    )


def _failed(session: Session, branch: str, error: MooringError) -> Review:
    session.output.warning(
        f"the branch {branch} is pushed, and its pull request is not open: {error.message}"
    )
    then = (error.hint,) if error.hint is not None else ()
    return Review(then=(*then, "Then run the same command again."), status=error.exit_code)


@contextmanager
def telling_of_holds(session: Session, *, dry_run: bool) -> Iterator[None]:
    """Tell people elsewhere when what is done here is refused because a rollback holds the pointer: one has to act."""
    try:
        yield
    except RefusedError as error:
        held = None if dry_run else _hold(error)
        if held is not None:
            from mooring.stores.notify import NoticeKind

            tell_others(session, NoticeKind.HELD, f"Held: {held}", body=error.hint or "")
        raise


def _hold(error: RefusedError) -> str | None:
    """Why automation may not move a pointer, where that is why something was refused: by the plan or by the rules."""
    from mooring.domain.holds import HeldError
    from mooring.usecases.judging import FindingsError

    if isinstance(error, HeldError):
        return error.message
    if isinstance(error, FindingsError):
        return next((found.message for found in error.findings if found.rule == "automated-advance"), None)
    return None


def tell_others(
    session: Session, kind: NoticeKind, title: str, *, body: str = "", url: str | None = None
) -> None:
    """Send a notice to the addresses in MOORING_NOTIFY; what fails is a warning, for the deed is done."""
    addresses = session.environ.get("MOORING_NOTIFY", "").split()
    if not addresses:
        return
    from mooring.stores.notify import Notice, notify

    try:
        errors = notify(addresses, Notice(kind, title, body, url))
    except MooringError as error:
        errors = (error,)
    for one in errors:
        session.output.warning(f"nobody was told: {one.message}")

"""What a bare server takes below `refs/mooring/`: everybody writes their own statements, and only those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mooring.domain import layout
from mooring.errors import IntegrityError
from mooring.stores.forge.votes import allowed_signers, believe, tagged_at
from mooring.stores.hub import Hub
from mooring.usecases.pushed import RefLine, Refusal


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a ref says that a statement lies; `check` is None among the approvals."""

    key: str
    check: str | None
    principal: str

    @property
    def what(self) -> str:
        return "approval" if self.check is None else "check"

    @property
    def commands(self) -> tuple[str, str]:
        """How one speaks, and how one takes it back."""
        if self.check is None:
            return "mooring approve PROPOSAL --key FILE", "mooring approve PROPOSAL --retract"
        command = f"mooring attest PROPOSAL --check {self.check}"
        return f"{command} --key FILE", f"{command} --failed"


def statement_refusals(hub: Hub, line: RefLine, trusted: str | None) -> Iterator[Refusal]:
    """Why a push to `refs/mooring/...` is refused; `trusted` is who the server knows to be pushing, if it knows."""
    place = _place(line.ref)
    if place is None:
        words = (
            "approvals lie at refs/mooring/approvals/PROMOTION/PRINCIPAL, "
            "checks at refs/mooring/checks/PROMOTION/CHECK/PRINCIPAL"
        )
        yield Refusal("unproven-approval", line.ref, words)
        return
    own = trusted is not None and trusted == place.principal
    speak, take_back = place.commands
    if line.new is None:
        if not own:
            yield Refusal(
                f"foreign-{place.what}",
                line.ref,
                f"only {place.principal} may take it back, and nothing proves that {place.principal} is pushing",
                f"Take back your own by a signed statement: {take_back}",
            )
        return
    tip = hub.repository.commit_id(hub.main_ref)
    signers = allowed_signers(hub.registry(tip)) if tip is not None else b""
    try:
        said, vote = believe(
            hub.repository, line.new, place.principal, check=place.check, signers=signers, vouched=own
        )
    except IntegrityError as error:
        yield Refusal(
            f"unproven-{place.what}",
            line.ref,
            error.message,
            f"Sign it with a key that {layout.SIGNERS} of main names: {speak}",
        )
        return
    if said.subject.key != place.key:
        yield Refusal(f"unproven-{place.what}", line.ref, f"it speaks of promotion {said.subject.key}")
    elif line.old is not None and not own and not _replaces(hub, line.old, line.new):
        yield Refusal(
            f"foreign-{place.what}",
            line.ref,
            f"an older statement of {vote.principal} would take the place of a newer one",
        )


def _place(ref: str) -> _Place | None:
    for top in (layout.APPROVALS, layout.CHECKS):
        parts = ref.removeprefix(f"{top}/").split("/")
        if not ref.startswith(f"{top}/") or not all(parts):
            continue
        if top == layout.APPROVALS and len(parts) == 2:
            return _Place(parts[0], None, parts[1])
        if top == layout.CHECKS and len(parts) == 3:
            return _Place(parts[0], parts[1], parts[2])
    return None


def _replaces(hub: Hub, old: str, new: str) -> bool:
    # Without this, anybody could bring back what its signer has taken back since.
    return tagged_at(hub.repository, new) > tagged_at(hub.repository, old)

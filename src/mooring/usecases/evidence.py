"""Gather what the gates of one pointer change look at: from the base of the change, never from what it brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import GateSpec, Policy
from mooring.domain.events import EventKind, PointerHistory
from mooring.domain.finding import Unreadable
from mooring.domain.model import MetricSpec, Model, ModelVersion
from mooring.domain.pointer import Pointer
from mooring.domain.promotion import target_problem
from mooring.domain.proof import ProvenSigner, ScanFacts, SignatureFacts
from mooring.domain.registry import Registry
from mooring.domain.requires import RequiredModel
from mooring.domain.verdict import GateState, Verdict, state_of
from mooring.errors import MooringError, NotFoundError, RefusedError
from mooring.gates.approvals import counted, is_requester
from mooring.gates.gate import Approver, CheckStatement, Evidence, Undoing, assess_all
from mooring.rules.pointer_moves import PointerMove, named_versions
from mooring.stores.forge.statement import Role, Subject, change_key
from mooring.stores.forge.votes import Ballot


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the gates say of one pointer change, and whose approvals counted."""

    verdicts: tuple[Verdict, ...]
    approvers: tuple[Approver, ...]

    @property
    def state(self) -> GateState:
        """What all gates together say."""
        return state_of(self.verdicts)

    def lines(self) -> list[str]:
        """The verdicts that hold the change, one line each."""
        return [
            f"{verdict.state}: {verdict.gate}: {verdict.reason}"
            for verdict in self.verdicts
            if verdict.state is not GateState.PASS
        ]


def subject_of(change: Change, move: PointerMove) -> Subject:
    """What an approval of a pointer change must be about."""
    before = change.changed()[move.path].before
    after = move.after if isinstance(move.after, Pointer) else None
    key = change_key(move.history.pointer, after, restores=move.restores is not None)
    return Subject(move.path, before.oid if before is not None else None, move.blob, key)


def requester_of(move: PointerMove, author: str) -> str:
    """Who asks for a pointer change: a new pointer says it, of a rollback it is who made the commit."""
    if move.restores is None and isinstance(move.after, Pointer):
        return move.after.requested_by
    return author


def assess(change: Change, move: PointerMove, ballot: Ballot, *, author: str, now: int) -> Assessment:
    """Judge one pointer change by the policy of its base. Raises RefusedError where there is none to judge it by."""
    policy = change.base.load(layout.policy_path(move.environment), Policy)
    if policy is None or isinstance(policy, Unreadable):
        problem = f"there is no policy of {move.environment}" if policy is None else str(policy)
        raise RefusedError(
            f"{move.path} cannot be judged: {problem}",
            f"Merge {layout.policy_path(move.environment)} first; a change is judged by the policy before it.",
        )
    after = move.after if isinstance(move.after, Pointer) else None
    undoing = undoing_of(move)
    requester = requester_of(move, author)
    gates = [spec for spec in policy.gates if spec.holds_for(move.model)] if undoing is Undoing.NO else []
    _refuse_partial_history(change, gates)
    manifest = _manifest(change.head, move.model, after)
    requires = manifest.requires if manifest is not None else None if _serves(after) else ()
    seen = Evidence(
        environment=move.environment,
        model=move.model,
        before=move.history.pointer,
        after=after,
        requester=requester,
        undoing=undoing,
        unfit=_unfit(change, move),
        metrics=_metrics(change.head, move.model, after) or {},
        live_metrics=_metrics(change.base, move.model, move.history.pointer),
        specs=_specs(change.base, move.model),
        approvers=tuple(
            Approver(vote.principal, vote.names, vote.key)
            for vote in ballot.votes
            if vote.role is Role.APPROVE
        ),
        request_is_proven=any(
            vote.role is Role.REQUEST
            and is_requester(vote.names, requester)
            and ProvenSigner(vote.principal, vote.names, vote.key or "").is_one_of(policy.signers)
            for vote in ballot.votes
        ),
        soaks=_soaks(change, gates, move.model),
        baselines=_baselines(change.base, gates, move.model),
        checks=tuple(
            CheckStatement(
                vote.check.name, vote.check.passed, vote.principal, vote.names, vote.key, vote.check.detail
            )
            for vote in ballot.votes
            if vote.check is not None
        ),
        requires=requires,
        live=_live(change.base, move.environment, requires or ()),
        parents=_parents(change, move, manifest)
        if _serves(after) and any(spec.parents is not None for spec in gates)
        else {},
        signature=_signature(change, move, gates),
        scan=_scan(change, move, gates),
    )
    return Assessment(assess_all(policy, seen, now), counted(policy, seen))


def undoing_of(move: PointerMove) -> Undoing:
    """Whether a move is a rollback, and whether the state directly before the current promotion returns."""
    if move.restores is not EventKind.ROLLED_BACK:
        return Undoing.NO
    history = move.history
    if history.is_rolled_back or history.blob is None or move.blob != history.state_before(history.blob):
        return Undoing.OLDER
    return Undoing.PREVIOUS


def _signature(change: Change, move: PointerMove, gates: Sequence[GateSpec]) -> SignatureFacts | None:
    """Who signed the version that comes, where a gate asks for it; None where nobody can say."""
    after = move.after if isinstance(move.after, Pointer) else None
    asked = any(spec.signature is not None for spec in gates)
    if not asked or change.proofs is None or after is None or after.version is None:
        return None
    try:
        return change.proofs.of_version(move.model, after.version)
    except NotFoundError:
        return None  # It is not on main: `unfit` says so.


def _scan(change: Change, move: PointerMove, gates: Sequence[GateSpec]) -> ScanFacts | None:
    """What a scan of the version that comes finds, where a gate asks for it and its bytes can be reached."""
    after = move.after if isinstance(move.after, Pointer) else None
    asked = any(spec.scan is not None for spec in gates)
    if not asked or change.proofs is None or after is None or after.version is None:
        return None
    try:
        return change.proofs.scan_of(move.model, after.version)
    except NotFoundError:
        return None


def _unfit(change: Change, move: PointerMove) -> str | None:
    """Why the version that comes may not be served; main may have banned it after the change was proposed."""
    after = move.after if isinstance(move.after, Pointer) else None
    if after is None or after.version is None or after.manifest is None:
        return None
    return target_problem(
        change.base, move.environment, move.model, after.version, after.manifest, now=change.now
    )


def _serves(pointer: Pointer | None) -> bool:
    return pointer is not None and pointer.version is not None


def _refuse_partial_history(change: Change, gates: Sequence[GateSpec]) -> None:
    """Raise RefusedError where a gate asks for the past and a shallow clone has a part of it only."""
    asking = any(spec.soak is not None or spec.parents is not None for spec in gates)
    if asking and not change.past.is_complete():
        raise RefusedError(
            "a gate asks what was live before, and this shallow clone does not know",
            "Get the history first: git fetch --unshallow",
        )


def _manifest(registry: Registry, model: str, pointer: Pointer | None) -> ModelVersion | None:
    """The manifest of what a pointer serves; None where it serves nothing or the manifest cannot be read."""
    if pointer is None or pointer.version is None:
        return None
    try:
        return registry.release(model, pointer.version).manifest
    except MooringError:
        # The rules name what is wrong with it; to a gate it is a version without data.
        return None


def _metrics(registry: Registry, model: str, pointer: Pointer | None) -> dict[str, float] | None:
    """The metrics of what a pointer serves; none where its manifest cannot be read, None where it serves nothing."""
    if not _serves(pointer):
        return None
    manifest = _manifest(registry, model, pointer)
    return dict(manifest.metrics) if manifest is not None else {}


def _baselines(base: Registry, gates: Sequence[GateSpec], model: str) -> dict[str, dict[str, float]]:
    """The metrics of the versions that gates compare with, by their words; one that is not registered is left out."""
    found: dict[str, dict[str, float]] = {}
    for against in {spec.against for spec in gates if spec.against not in (None, "live")}:
        other, at, version = (against or "").rpartition("@")
        name = other if at else model
        if base.files.entry(layout.manifest_path(name, version)) is None:
            continue
        try:
            found[against or ""] = dict(base.release(name, version).manifest.metrics)
        except MooringError:
            found[against or ""] = {}
    return found


def _live(base: Registry, environment: str, requires: Sequence[RequiredModel]) -> dict[str, tuple[str, ...]]:
    """Every version of the required models that answers in the environment; none of a pointer nobody can read."""
    found: dict[str, tuple[str, ...]] = {}
    for needed in requires:
        pointer = base.load(layout.pointer_path(environment, needed.model), Pointer)
        if isinstance(pointer, Pointer):
            found[needed.model] = tuple(version for _, version in named_versions(pointer))
    return found


def _parents(
    change: Change, move: PointerMove, manifest: ModelVersion | None
) -> dict[str, PointerHistory] | None:
    if manifest is None:
        return None
    named = manifest.lineage.parents if manifest.lineage is not None else ()
    return {parent: change.past.of(move.environment, parent.partition("@")[0]) for parent in named}


def _specs(registry: Registry, model: str) -> dict[str, MetricSpec]:
    found = registry.load(layout.model_path(model), Model)
    return dict(found.metrics) if isinstance(found, Model) else {}


def _soaks(change: Change, gates: Sequence[GateSpec], model: str) -> dict[str, PointerHistory]:
    named = {spec.soak.in_ for spec in gates if spec.soak is not None}
    return {environment: change.past.of(environment, model) for environment in sorted(named)}

"""Rules about who provably stands behind a version and a change of what is live."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import Policy, RollbackMode
from mooring.domain.events import EventKind
from mooring.domain.finding import Place
from mooring.domain.model import ModelVersion
from mooring.domain.pointer import Pointer
from mooring.domain.proof import Proofs, ProvenSigner
from mooring.domain.registry import Registry
from mooring.domain.signature import VersionSignature
from mooring.rules.pointer_moves import PointerMove, moves
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import VersionAt


@state_rule(VersionAt, waivable=False)
def mismatched_signature(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A signature is about another version than the one it lies beside.

    The model and version that it names must be those of its path, the digest of the manifest that of the bytes of
    `manifest.yaml`, and the digest of the artifact the one that the manifest names. Whether the signatures in it are
    true is not judged here: `mooring verify` and the gate `signature` do that, by the keys of main.

    Why it matters: a signature that is copied from another version looks like one, and says nothing of this one.
    It can never be corrected, because the files of a version never change.

    How to mend it: remove it from the change, and sign the version itself: `mooring sign MODEL@VERSION`.
    """
    model, version = subject.model, subject.version
    path = layout.signature_path(model, version)
    found = registry.load(path, VersionSignature)
    if not isinstance(found, VersionSignature):
        return
    manifest = registry.load(layout.manifest_path(model, version), ModelVersion)
    artifact = manifest.artifact.digest if isinstance(manifest, ModelVersion) else None
    facts = (
        ("model", found.model, model),
        ("version", found.version, version),
        ("manifest", found.manifest, registry.manifest_digest(model, version)),
        ("artifact", found.artifact, artifact),
    )
    for key, said, right in facts:
        # Where the manifest cannot be read, another rule says so.
        if said != right and not (key == "artifact" and right is None):
            yield Fault(
                Place(path, (key,)),
                f"it signs {key} {said}, and beside it is {right or 'no manifest'}",
                f"Remove it, then sign the version itself: mooring sign {model}@{version}",
                value=f"{said} {right}",
            )


@change_rule(waivable=False)
def unsigned_pointer_commit(change: Change) -> Iterator[Fault]:
    """A pointer moved in an environment with `signed: true`, and nobody who may has signed for it.

    Judged is every commit of main that moves a pointer, by the policy and the keys (`.mooring/allowed_signers`) of
    the commit before it. Either the commit itself is signed with SSH by one of the policy's `signers`, or one of them
    has signed the request for exactly this change (`mooring approve --as-requester`). Without `signers`, everybody in
    the list may. The state directly before the current promotion returns without it where rollbacks are direct.
    Pull requests are not judged: nobody knows yet which commit they become.

    Why it matters: anybody who can push can write anybody's name into a commit. Only a key proves who moved what
    is live, and only the list of keys before the change says whose key it is.

    How to mend it: roll the change back, and promote again with a signature. If the request was signed, the check
    may not have it: `git fetch origin 'refs/mooring/*:refs/mooring/*'`.
    """
    if not change.landed or change.commit is None or change.proofs is None:
        return
    for move in moves(change):
        policy = change.base.load(layout.policy_path(move.environment), Policy)
        if not isinstance(policy, Policy) or not policy.signed or _returns_freely(move, policy):
            continue
        signed = change.proofs.of_commit(change.commit)
        if signed.signer is not None and signed.signer.is_one_of(policy.signers):
            continue
        requests = _requests(change, change.proofs, move)
        if any(signer.is_one_of(policy.signers) for signer in requests):
            continue
        yield Fault(
            Place(move.path),
            f"{move.environment} takes signed changes only: {_why(signed.signer, signed.reason, requests)}",
            "If the request was signed, fetch it: git fetch origin 'refs/mooring/*:refs/mooring/*'; else undo it: "
            f"mooring rollback {move.model} --in {move.environment} --reason 'it was not signed'",
            value=move.blob or "",
        )


def _returns_freely(move: PointerMove, policy: Policy) -> bool:
    """Whether the state directly before the current promotion returns, by a rollback that needs nobody's consent."""
    history = move.history
    return (
        policy.rollback is RollbackMode.DIRECT
        and move.restores is EventKind.ROLLED_BACK
        and not history.is_rolled_back
        and history.blob is not None
        and move.blob == history.state_before(history.blob)
    )


def _requests(change: Change, proofs: Proofs, move: PointerMove) -> tuple[ProvenSigner, ...]:
    before = change.changed()[move.path].before
    return proofs.requests(
        move.path,
        blobs=(before.oid if before is not None else None, move.blob),
        pointers=(move.history.pointer, move.after if isinstance(move.after, Pointer) else None),
        restores=move.restores is not None,
    )


def _why(signer: ProvenSigner | None, reason: str, requests: tuple[ProvenSigner, ...]) -> str:
    others = [one.principal for one in ((signer,) if signer is not None else ()) + requests]
    if others:
        return f"{' and '.join(others)} signed, and may not sign here"
    return f"{reason}, and nobody has signed the request"

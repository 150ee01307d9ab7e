"""Sign a version, and check a signature: fetch → read → sign → rules → commit → propose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Registration
from mooring.domain.finding import Finding
from mooring.domain.proof import SignatureFacts
from mooring.domain.references import Reference, SelectorKind, parse_reference
from mooring.domain.registry import Registry, Release
from mooring.errors import IntegrityError, NotFoundError, PendingError, RefusedError, UsageError
from mooring.stores import signing
from mooring.stores.forge.votes import allowed_signers
from mooring.stores.hub import Hub
from mooring.stores.proofs import signature_facts
from mooring.stores.signing import SigningKey
from mooring.stores.version_signatures import check_signature, make_signature
from mooring.usecases.judging import judge
from mooring.usecases.messages import signing_message
from mooring.usecases.promote import push_branch

if TYPE_CHECKING:
    from mooring.stores.git.remote import RefUpdate


class SignOutcome(StrEnum):
    """What became of a signature."""

    SIGNED = "signed"
    PROPOSED = "proposed"
    ALREADY = "already-signed"
    WOULD_SIGN = "would-sign"


@dataclass(frozen=True, slots=True)
class Signed:
    """A version as it was signed: by whom, with which key (its fingerprint), and where that lies."""

    release: Release
    outcome: SignOutcome
    principal: str
    key: str
    base: str
    branch: str | None = None
    commit: str | None = None
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """A version whose signature was checked, by the signers of the commit that was read."""

    release: Release
    facts: SignatureFacts
    commit: str | None


def sign(
    hub: Hub,
    reference: str,
    *,
    key: Path | None = None,
    principal: str | None = None,
    merge: bool = False,
    dry_run: bool = False,
) -> Signed:
    """Sign the version that `reference` means on the fetched main, with `key` (else Git's `user.signingKey`).

    `.mooring/allowed_signers` of main says whose key it is, and `principal` which of its names to sign as. The
    signature lands as a registration does: at once where the registry says `registration: direct` or `merge` is given,
    else as a proposal. Asked twice, the second time changes nothing. Raises RefusedError where the version has another
    signature (it can never be changed) and for a key that main does not know, PendingError while the version is only
    proposed, NotFoundError, UsageError, UnavailableError.
    """
    hub.require_remote()
    tip = hub.refresh()
    registry = hub.registry(tip)
    release = _merged_release(hub, registry, parse_reference(reference))
    signers = allowed_signers(registry)
    with signing.signing_key(hub.repository, key) as found:
        who, used = signer_of(signers, found, principal)
        model, version = release.manifest.model, release.manifest.version
        branch = layout.signing_branch(model, version)
        if (there := _already(hub, tip, branch, release, used, signers)) is not None:
            return there
        document = make_signature(hub.repository, release, used, who, signers=signers)
    files = {layout.signature_path(model, version): codec.encode(document)}
    message = signing_message(model, version, release.digest, who)
    what = f"the signature of {release.manifest.ref}"
    commit = hub.repository.commit_with(tip, files, message=message)
    warnings = judge(hub, tip, commit, what=what)
    done = Signed(release, SignOutcome.WOULD_SIGN, who, used.fingerprint, tip, branch, None, warnings)
    if dry_run:
        return done
    if not merge and registry.settings.registration is not Registration.DIRECT:
        push_branch(hub, branch, commit, hub.branches(branch).get(branch))
        return replace(done, outcome=SignOutcome.PROPOSED, commit=commit)

    def build(now: str) -> list[RefUpdate] | None:
        from mooring.stores.git.remote import RefUpdate

        _refuse_another(hub, now, release)
        landing = hub.repository.commit_with(now, files, message=message)
        judge(hub, now, landing, what=what)
        return [RefUpdate(landing, f"refs/heads/{hub.branch}", now)]

    landed = hub.land(build, what=what, fetched=tip)
    return replace(done, outcome=SignOutcome.SIGNED, branch=None, commit=landed)


def _merged_release(hub: Hub, registry: Registry, reference: Reference) -> Release:
    try:
        found = registry.resolve(reference)
    except NotFoundError:
        branch = layout.registration_branch(reference.model, reference.selector)
        if reference.kind is SelectorKind.VERSION and branch in hub.branches(branch):
            raise PendingError(
                f"{reference} is registered on the branch {branch} only",
                f"Merge it first: mooring merge {branch}; or sign while you register: mooring register ... --sign",
            ) from None
        raise
    return registry.release(found.model, found.version)


def signer_of(signers: bytes, key: SigningKey | None, wanted: str | None) -> tuple[str, SigningKey]:
    """Under which principal a key signs versions; raises UsageError without a key, RefusedError for an unknown one."""
    if key is None:
        raise UsageError(
            "there is no key to sign with",
            "Name one with --key FILE, or tell Git: git config --global user.signingKey ~/.ssh/id_ed25519.pub",
        )
    names = signing.names_of(signing.parse_signers(signers), key.fingerprint)
    if not names:
        raise RefusedError(
            f"the key {key.path} ({key.fingerprint}) is not in {layout.SIGNERS} of main",
            "Somebody who may change it adds the line: "
            'YOU@EXAMPLE.COM namespaces="git,mooring-model-version" followed by the public key.',
        )
    if wanted is not None and wanted not in names:
        raise UsageError(f"{key.path} is the key of {', '.join(names)}, not of {wanted}")
    return (wanted if wanted is not None else names[0]), key


def _already(
    hub: Hub, tip: str, branch: str, release: Release, key: SigningKey, signers: bytes
) -> Signed | None:
    """The signature that is there already: made with this very key (nothing to do), or another (RefusedError).

    What somebody proposed on the branch and main would not accept is in nobody's way: it is put in its place.
    """
    there = hub.branches(branch).get(branch)
    for commit, where in ((tip, None), (there, branch)):
        if commit is None:
            continue
        facts = check_signature(hub.repository, hub.registry(commit), release, signers=signers, at=None)
        if not facts.is_signed or (where is not None and not facts.signers):
            continue
        for signer in facts.signers:
            if signer.key == key.fingerprint:
                return Signed(release, SignOutcome.ALREADY, signer.principal, signer.key, tip, where, commit)
        who = ", ".join(signer.principal for signer in facts.signers) or "; ".join(facts.problems)
        raise RefusedError(
            f"{release.manifest.ref} has a signature {'on ' + where if where else 'already'}: {who}",
            f"Take that proposal back first: mooring withdraw --proposal {where}"
            if where
            else "It never changes. Check it: mooring verify " + release.manifest.ref,
        )
    return None


def _refuse_another(hub: Hub, tip: str, release: Release) -> None:
    path = layout.signature_path(release.manifest.model, release.manifest.version)
    if hub.repository.blob_ids(tip, [path]) != [None]:
        raise RefusedError(
            f"somebody signed {release.manifest.ref} meanwhile",
            f"Look at it: mooring verify {release.manifest.ref}",
        )


def verify(hub: Hub, commit: str, reference: str, *, by: Collection[str] = ()) -> Verified:
    """Check the signature of the version that `reference` means at `commit`, by the signers of that commit.

    With `by` one of these principals must have signed. Raises NotFoundError for a version that is not signed,
    IntegrityError for a signature that is wrong, or nobody's who may sign; UsageError, UnavailableError.
    """
    registry = hub.registry(commit)
    found = registry.resolve(parse_reference(reference))
    release = registry.release(found.model, found.version)
    ref = release.manifest.ref
    facts = signature_facts(hub, commit, release)
    if not facts.is_signed:
        raise NotFoundError(f"{ref} is not signed", f"Sign it: mooring sign {ref}")
    if not facts.signers:
        raise IntegrityError(
            f"the signature of {ref} is not to be trusted: {'; '.join(facts.problems)}",
            f"Do not use it before it is known why. Who may sign: {layout.SIGNERS}",
        )
    if by and not any(signer.is_any_of(by) for signer in facts.signers):
        who = ", ".join(signer.principal for signer in facts.signers)
        raise IntegrityError(f"{ref} is signed by {who}, and not by {' or '.join(by)}")
    return Verified(release, facts, commit)

"""`signature.json` as it is made with a key and checked against the signers of main."""

from __future__ import annotations

from pathlib import Path

from mooring.documents.signers import names_of, parse_signers
from mooring.domain import layout
from mooring.domain.finding import Unreadable
from mooring.domain.proof import ProvenSigner, SignatureFacts
from mooring.domain.registry import Registry, Release
from mooring.domain.signature import NAMESPACE, OneSignature, VersionSignature, statement_of
from mooring.errors import RefusedError
from mooring.stores.git import sshsig
from mooring.stores.git.identity import Moment
from mooring.stores.git.repository import Repository
from mooring.stores.signing import SigningKey


def make_signature(
    repository: Repository, release: Release, key: SigningKey, principal: str, *, signers: bytes
) -> VersionSignature:
    """`signature.json` of a version, signed with `key` as `principal`, and found right by `signers`.

    Raises RefusedError where the signers of main would not accept it (it could never be mended), NotFoundError and
    UnavailableError where the key cannot sign.
    """
    manifest = release.manifest
    digests = {"manifest": release.digest, "artifact": manifest.artifact.digest}
    statement = statement_of(manifest.model, manifest.version, **digests)
    text = sshsig.sign(repository, statement, Path(key.path), namespace=NAMESPACE)
    judged = sshsig.judge(
        repository, statement, text, allowed_signers=signers, principal=principal, namespace=NAMESPACE
    )
    if not judged.ok:
        raise RefusedError(
            f"{layout.SIGNERS} of main does not let {principal} sign versions with this key: {judged.reason}",
            f'Its line there must allow it, such as: {principal} namespaces="git,{NAMESPACE}" ssh-ed25519 AAAA...',
        )
    one = OneSignature(principal=principal, namespace=NAMESPACE, signature=text)
    return VersionSignature(
        model=manifest.model,
        version=manifest.version,
        manifest=digests["manifest"],
        artifact=digests["artifact"],
        signatures=(one,),
    )


def check_signature(
    repository: Repository, registry: Registry, release: Release, *, signers: bytes, at: int | None
) -> SignatureFacts:
    """Whose signatures of a version are right by `signers`, at the time `at` (seconds since 1970; by default now).

    `at` is when main got the signature: a key that expires later signed well then. Raises UnavailableError where
    ssh-keygen cannot be run.
    """
    manifest = release.manifest
    path = layout.signature_path(manifest.model, manifest.version)
    found = registry.load(path, VersionSignature)
    if found is None:
        return SignatureFacts(is_signed=False)
    if isinstance(found, Unreadable):
        return SignatureFacts(is_signed=True, problems=(str(found),))
    right = statement_of(
        manifest.model, manifest.version, manifest=release.digest, artifact=manifest.artifact.digest
    )
    if found.statement != right:
        return SignatureFacts(is_signed=True, problems=(f"{path} is about something else than this version",))
    signed: list[ProvenSigner] = []
    problems: list[str] = []
    listed = parse_signers(signers)
    for one in found.signatures:
        judged = sshsig.judge(
            repository,
            right,
            one.signature,
            allowed_signers=signers,
            principal=one.principal,
            at=Moment(at) if at is not None else None,
            namespace=NAMESPACE,
        )
        if judged.ok and judged.key is not None:
            names = frozenset({one.principal, *names_of(listed, judged.key)})
            signed.append(ProvenSigner(one.principal, names, judged.key))
        else:
            problems.append(f"the signature of {one.principal} does not count: {judged.reason}")
    return SignatureFacts(is_signed=True, signers=tuple(signed), problems=tuple(problems))

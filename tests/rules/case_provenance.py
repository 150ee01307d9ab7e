"""Cases of the rules about who stands behind a version and a change of a pointer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace

from mooring.documents import codec
from mooring.documents.memory import MemoryFiles
from mooring.domain import layout
from mooring.domain.environment import Approvals, Policy, RollbackMode
from mooring.domain.registry import Registry
from mooring.domain.signature import NAMESPACE, OneSignature, VersionSignature
from tests.rules.case_documents import started
from tests.rules.case_pointers import Main
from tests.support.builder import Builder
from tests.support.cases import Case

SIGNATURE = layout.signature_path("iris", "1.0.0")
KEY = (
    'alex.turner@example.com,sam.rivera@example.com namespaces="git" '
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZpcnN0IGtleSBvZiBhIHRlc3QsIDMyIGJ5dGVzISE=\n"
)
POINTER = layout.pointer_path("staging", "iris")


def signature(builder: Builder, **changed: str) -> bytes:
    """The `signature.json` of iris 1.0.0, with some of what it says changed; nobody's key made it."""
    release = Registry(MemoryFiles(builder.files)).release("iris", "1.0.0")
    raw = b"SSHSIG" + (1).to_bytes(4, "big")
    for part in (b"no key", NAMESPACE.encode()):
        raw += len(part).to_bytes(4, "big") + part
    text = base64.encodebytes(raw).decode()
    said = {
        "model": "iris",
        "version": "1.0.0",
        "manifest": release.digest,
        "artifact": release.manifest.artifact.digest,
    } | changed
    one = OneSignature(
        principal="alex.turner@example.com",
        namespace=NAMESPACE,
        signature=f"-----BEGIN SSH SIGNATURE-----\n{text}-----END SSH SIGNATURE-----\n",
    )
    return codec.encode(VersionSignature(**said, signatures=(one,)))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _mismatched_signature()
    yield from _unsigned_pointer_commit()


def _mismatched_signature() -> Iterator[Case]:
    rule = "mismatched-signature"

    def case(name: str, **changed: str) -> Case:
        base = started()
        return Case(rule, name, base.files, base.copy().write(SIGNATURE, signature(base, **changed)).files)

    yield case("it-is-the-signature-of-another-version", version="0.9.0")
    yield case("the-manifest-is-another-one", manifest="sha256:" + "0" * 64)
    yield case("the-files-are-others", artifact="sha256:" + "0" * 64)
    yield case("it-signs-what-lies-beside-it")


def _signed(*signers: str, rollback: RollbackMode = RollbackMode.DIRECT) -> Main:
    policy = Policy(name="staging", approvals=Approvals(), rollback=rollback, signed=True, signers=signers)
    start = started().version("1.1.0").write(layout.policy_path("staging"), codec.encode(policy))
    start.write(layout.SIGNERS, KEY)
    return Main(start).then(lambda it: it.promote("1.0.0", to="staging"))


def _unsigned_pointer_commit() -> Iterator[Case]:
    rule = "unsigned-pointer-commit"

    def case(
        main: Main, name: str, said: str | None, step: Callable[[Builder], Builder] | None = None
    ) -> Case:
        promote = step or (lambda it: it.promote("1.1.0", to="staging"))
        return replace(main.case(rule, name, promote), signed=said)

    yield case(_signed(), "nobody-signed", "nobody")
    yield case(
        _signed("sam.rivera@example.com"), "somebody-signed-who-may-not", "commit alex.turner@example.com"
    )
    yield case(_signed(), "the-first-promotion-is-undone-freely", "nobody", lambda it: it.remove(POINTER))
    yield case(
        _signed().then(lambda it: it.promote("1.1.0", to="staging")),
        "the-state-before-returns-freely",
        "nobody",
        lambda it: it.restore(POINTER, _signed().states[-1]),
    )
    yield case(
        _signed(rollback=RollbackMode.PROPOSE).then(lambda it: it.promote("1.1.0", to="staging")),
        "a-rollback-that-wants-review-is-not-signed",
        "nobody",
        lambda it: it.restore(POINTER, _signed().states[-1]),
    )
    yield case(_signed(), "the-commit-is-signed", "commit alex.turner@example.com")
    yield case(_signed("sam.rivera@example.com"), "the-request-is-signed", "request sam.rivera@example.com")
    yield case(_signed(), "a-proposal-is-no-commit-yet", None)

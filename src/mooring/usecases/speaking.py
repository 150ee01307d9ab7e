"""Who speaks about a proposal, by which key, and about what exactly."""

from __future__ import annotations

from mooring.domain import layout
from mooring.errors import RefusedError, UsageError
from mooring.stores import signing
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.statement import Subject
from mooring.stores.hub import Hub
from mooring.stores.signing import Signer, SigningKey


def subject_of(proposal: Proposal) -> Subject:
    """What a statement about `proposal` is about; raises RefusedError where none can be made."""
    if proposal.problem is not None:
        raise RefusedError(f"{proposal.branch} cannot be approved: {proposal.problem}")
    if proposal.subject is None:
        raise RefusedError(
            f"the {proposal.title} needs no approval",
            f"Merge it: mooring merge {proposal.branch}",
        )
    return proposal.subject


def refuse_outdated(hub: Hub, proposal: Proposal, subject: Subject) -> None:
    """Raise RefusedError where main moved under the proposal: whatever is said of it would count for nothing."""
    if hub.repository.blob_ids(hub.tip(), [subject.path]) != [subject.base]:
        raise RefusedError(
            f"{subject.path} moved since {proposal.branch} was proposed; it can never be merged as it is",
            "Its requester can propose it again, on what is live now.",
        )


def principal_of(signers: tuple[Signer, ...], key: SigningKey | None, wanted: str | None) -> str:
    """Under which name somebody speaks: a name of their key, or, unsigned, the one they claim.

    Raises UsageError without key and name, and for a name that is not of the key; RefusedError for a key nobody knows.
    """
    if key is None:
        if wanted is None:
            raise UsageError(
                "there is no key to sign with",
                "Name one with --key FILE, or tell Git: git config --global user.signingKey ~/.ssh/id_ed25519.pub",
            )
        return wanted
    names = signing.names_of(signers, key.fingerprint)
    if not names:
        raise RefusedError(
            f"the key {key.path} ({key.fingerprint}) is not in {layout.SIGNERS} of main",
            'Somebody who may change it adds the line: YOU@EXAMPLE.COM namespaces="git,mooring-model-version" '
            "followed by the public key.",
        )
    if wanted is not None and wanted not in names:
        raise UsageError(f"{key.path} is the key of {', '.join(names)}, not of {wanted}")
    return wanted if wanted is not None else names[0]


def names_of(signers: tuple[Signer, ...], key: SigningKey | None, who: str) -> frozenset[str]:
    """All names of whoever speaks as `who` with `key`."""
    return frozenset({who, *(signing.names_of(signers, key.fingerprint) if key is not None else ())})

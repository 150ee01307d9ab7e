"""Signatures of model versions: `signature.json`, and the words that a signature covers."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from mooring.domain.document import Document, Part
from mooring.domain.text import Digest, Line, ModelName, VersionText

NAMESPACE: Final = "mooring-model-version"
"""What `ssh-keygen -Y sign -n` is told: a signature of a commit or of an approval is none of a version."""

_ARMORED: Final = re.compile(
    r"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n){1,200})-----END SSH SIGNATURE-----\n"
)
_MAGIC: Final = b"SSHSIG\x00\x00\x00\x01"


def _is_a_signature_of_a_version(value: str) -> str:
    found = _ARMORED.fullmatch(value)
    if found is None:
        raise ValueError("it is no SSH signature as ssh-keygen writes it")
    try:
        raw = base64.b64decode(found[1].replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is no SSH signature: its lines are no base64") from None
    if not raw.startswith(_MAGIC):
        raise ValueError("it is no SSH signature of version 1")
    if _namespace_of(raw) != NAMESPACE.encode():
        raise ValueError(f"it was not made for the namespace {NAMESPACE}, so it signs something else")
    return value


def _namespace_of(raw: bytes) -> bytes | None:
    """The namespace in a signature (PROTOCOL.sshsig: magic, version, public key, namespace, ...)."""
    place = len(_MAGIC)
    field = None
    for _ in range(2):
        length = int.from_bytes(raw[place : place + 4], "big")
        field = raw[place + 4 : place + 4 + length]
        if len(field) != length or place + 4 > len(raw):
            return None
        place += 4 + length
    return field


Armored = Annotated[
    str,
    Field(max_length=16_384),
    AfterValidator(_is_a_signature_of_a_version),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A signature as ssh-keygen -Y sign writes it, with its two marks and its newlines.",
            "maxLength": 16_384,
            "pattern": "^-----BEGIN SSH SIGNATURE-----\n",
        }
    ),
]


class OneSignature(Part):
    """One signature, and who says that it is theirs; `.mooring/allowed_signers` decides whether it is."""

    principal: Line
    namespace: Literal["mooring-model-version"]
    signature: Armored


class VersionSignature(Document):
    """`signature.json`: who stands behind a version. It lies beside the manifest, and is never changed."""

    kind: Literal["VersionSignature"] = "VersionSignature"
    model: ModelName
    version: VersionText
    manifest: Digest
    artifact: Digest
    signatures: Annotated[tuple[OneSignature, ...], Field(min_length=1, max_length=20)]

    @property
    def statement(self) -> bytes:
        """The words that every signature here must cover."""
        return statement_of(self.model, self.version, manifest=self.manifest, artifact=self.artifact)


def statement_of(model: str, version: str, *, manifest: str, artifact: str) -> bytes:
    """What is signed: the version by name, its manifest by the digest of its bytes, its files by theirs."""
    return (
        f"Mooring model version\n\nmodel: {model}\nversion: {version}\n"
        f"manifest: {manifest}\nartifact: {artifact}\n"
    ).encode()

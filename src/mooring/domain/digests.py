"""SHA-256 digests: of documents, of files, and of an artifact as a whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import JsonValue

    from mooring.domain.model import ArtifactFile

_HEX: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = "sha256:"


def digest_of(data: bytes) -> str:
    """`sha256:` and the 64 hexadecimal digits of `data`."""
    return _PREFIX + hashlib.sha256(data).hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` is `sha256:` and 64 lower-case hexadecimal digits."""
    return text.startswith(_PREFIX) and _HEX.fullmatch(text[len(_PREFIX) :]) is not None


def short(digest: str) -> str:
    """The first 12 hexadecimal digits, for people; never for comparison."""
    return digest.removeprefix(_PREFIX)[:12]


def artifact_digest(files: Iterable[ArtifactFile], hyperparameters: Mapping[str, JsonValue]) -> str:
    """The digest of an artifact: of the RFC 8785 JSON of its files (sorted by path) and its hyperparameters.

    Two artifacts have the same digest when the same bytes lie at the same paths and were trained with the same
    hyperparameters; order and formatting do not matter.
    """
    import rfc8785

    listing: list[JsonValue] = [
        {"path": file.path, "sha256": file.sha256, "size": file.size}
        for file in sorted(files, key=lambda file: file.path)
    ]
    whole: dict[str, JsonValue] = {"files": listing, "hyperparameters": dict(hyperparameters)}
    return digest_of(rfc8785.dumps(whole))

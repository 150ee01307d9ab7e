"""The people of a registry and their SSH keys: the lines of `.mooring/allowed_signers`.

The format is that of ssh-keygen(1), ALLOWED SIGNERS: principals, options, key type, key, comment.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mooring.documents.yaml_text import UNPRINTABLE

_KEY = re.compile(r"(?:^|[\s,])((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+)\s+([A-Za-z0-9+/]+=*)")
_PATTERN = re.compile(r"[*?!]")
_UNREADABLE = re.compile(f"\ufffd|{UNPRINTABLE.pattern}")


@dataclass(frozen=True, slots=True)
class Signer:
    """One line of the list: who may sign with one key. Patterns (`*@example.com`) name nobody and are left out."""

    principals: tuple[str, ...]
    fingerprint: str
    """As `ssh-keygen -l` writes it: SHA256:..."""


@dataclass(frozen=True, slots=True)
class SignerProblem:
    """A line that names nobody: its number from 1, its text, and why it cannot be read."""

    line: int
    text: str
    reason: str


def parse_signers(data: bytes) -> tuple[Signer, ...]:
    """The lines of an allowed-signers file that name a key; what cannot be read names nobody."""
    found: list[Signer] = []
    for _, text in _lines(data):
        names, rest = _split(text)
        if (key := fingerprint_of(rest)) is not None:
            plain = tuple(name for name in names.split(",") if name and not _PATTERN.search(name))
            found.append(Signer(plain, key))
    return tuple(found)


def signer_problems(data: bytes) -> Iterator[SignerProblem]:
    """The lines of an allowed-signers file that name nobody, or not whom a reader sees, in their order."""
    for number, text in _lines(data):
        names, rest = _split(text)
        if _UNREADABLE.search(text):
            yield SignerProblem(
                number, text, "it holds bytes that are not UTF-8, or characters that nobody sees"
            )
        elif fingerprint_of(rest) is not None:
            named = [name for name in names.split(",") if name]
            if not named:
                yield SignerProblem(number, text, "it names no principal before the key")
            elif all(_PATTERN.search(name) for name in named):
                yield SignerProblem(number, text, "it names only patterns, and a pattern is nobody's name")
            elif not _is_key(rest):
                yield SignerProblem(number, text, "the SSH public key in it is not whole")
        elif fingerprint_of(text) is not None:
            yield SignerProblem(number, text, "it begins with a key and names no principal before it")
        else:
            yield SignerProblem(number, text, "there is no SSH public key in it")


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    # As ssh-keygen reads it: nothing but a line feed ends a line, or a comment could hide one.
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, text


def _is_key(text: str) -> bool:
    """Whether the bytes of the key say themselves that they are of the type that is written before them."""
    found = _KEY.search(text)
    if found is None:
        return False
    name = found[1].encode()
    return base64.b64decode(found[2]).startswith(len(name).to_bytes(4, "big") + name)


def _split(text: str) -> tuple[str, str]:
    """The principals of a line and the rest of it."""
    if text.startswith('"'):
        names, _, rest = text[1:].partition('"')
    else:
        names, _, rest = text.partition(" ")
    return names, rest


def fingerprint_of(public_key: str) -> str | None:
    """The fingerprint of the first SSH public key in a text such as `ssh-ed25519 AAAA... comment`, or None."""
    found = _KEY.search(public_key)
    if found is None:
        return None
    try:
        blob = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def names_of(signers: tuple[Signer, ...], fingerprint: str) -> tuple[str, ...]:
    """All principals that may sign with a key, in the order of the list."""
    return tuple(
        dict.fromkeys(
            name for signer in signers if signer.fingerprint == fingerprint for name in signer.principals
        )
    )

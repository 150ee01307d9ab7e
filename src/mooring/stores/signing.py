"""The people of a registry and their SSH keys, by `.mooring/allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mooring.errors import NotFoundError, RefusedError
from mooring.stores.git.process import Profile
from mooring.stores.git.repository import Repository

_KEY = re.compile(r"(?:^|[\s,])((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+)\s+([A-Za-z0-9+/]+=*)")
_PATTERN = re.compile(r"[*?!]")


@dataclass(frozen=True, slots=True)
class Signer:
    """One line of the list: who may sign with one key. Patterns (`*@example.com`) name nobody and are left out."""

    principals: tuple[str, ...]
    fingerprint: str
    """As `ssh-keygen -l` writes it: SHA256:..."""


def parse_signers(data: bytes) -> tuple[Signer, ...]:
    """The lines of an allowed-signers file that name a key; what cannot be read names nobody."""
    found: list[Signer] = []
    for line in data.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith('"'):
            names, _, rest = text[1:].partition('"')
        else:
            names, _, rest = text.partition(" ")
        if (key := fingerprint_of(rest)) is not None:
            plain = tuple(name for name in names.split(",") if name and not _PATTERN.search(name))
            found.append(Signer(plain, key))
    return tuple(found)


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


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key to sign with: a file for ssh-keygen (the private key, or the public one of a key an agent holds)."""

    path: Path
    fingerprint: str


@contextlib.contextmanager
def signing_key(repository: Repository, given: Path | None) -> Iterator[SigningKey | None]:
    """The key `given`, else the one of Git's `user.signingKey`; None where neither is.

    Raises NotFoundError for a file that is not there, RefusedError for what is no SSH key.
    """
    written = None if given is not None else _configured(repository)
    if given is None and written is None:
        yield None
        return
    literal = (written or "").removeprefix("key::")
    if given is None and fingerprint_of(literal) is not None:
        # The public key itself stands in the configuration: an agent holds the other half.
        with tempfile.TemporaryDirectory(prefix="mooring-") as folder:
            place = Path(folder, "key.pub")
            place.write_text(literal + "\n", encoding="utf-8")
            yield SigningKey(place, fingerprint_of(literal) or "")
        return
    path = given if given is not None else Path(literal)
    yield SigningKey(path, _fingerprint(path))


def _configured(repository: Repository) -> str | None:
    # Git itself expands "~/.ssh/id_ed25519.pub".
    asked = repository.runner.run(
        "config", "--type=path", "--get", "user.signingKey", profile=Profile.TALKING, ok=(0, 1)
    )
    return asked.line or None


def _fingerprint(path: Path) -> str:
    public = path if path.suffix == ".pub" else path.with_name(path.name + ".pub")
    if not path.is_file():
        raise NotFoundError(
            f"there is no SSH key {path}", "Make one: ssh-keygen -t ed25519; or name another with --key FILE."
        )
    if public.is_file():
        if (found := fingerprint_of(public.read_text("utf-8", "replace"))) is not None:
            return found
        raise RefusedError(
            f"{public} is no SSH public key", "Name the key you sign with: --key ~/.ssh/id_ed25519"
        )
    raise RefusedError(
        f"{path} lacks its public half, {public.name}", f"Write it: ssh-keygen -y -f {path} > {public}"
    )

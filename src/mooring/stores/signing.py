"""The key somebody signs with; who may sign with which key say `documents.signers`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mooring.documents.signers import Signer, fingerprint_of, names_of, parse_signers
from mooring.errors import NotFoundError, RefusedError
from mooring.stores.git.process import Profile
from mooring.stores.git.repository import Repository

__all__ = [
    "Signer",
    "SigningKey",
    "fingerprint_of",
    "names_of",
    "parse_signers",
    "signing_key",
]


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

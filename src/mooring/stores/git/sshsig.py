"""SSH signatures, made and judged by `ssh-keygen -Y`: offline, by the same lists of signers that Git uses.

A signature is made for a namespace ("git" for what Git signs) and counts in no other.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mooring.errors import NotFoundError, UnavailableError
from mooring.stores.git.process import Profile

if TYPE_CHECKING:
    from mooring.stores.git.identity import Moment
    from mooring.stores.git.repository import Repository

BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
GIT: Final = "git"
"""The namespace of what Git itself signs: commits and tags."""
_GOOD = re.compile(
    r'Good "(?P<namespace>[^"]+)" signature for (?P<principal>.+) with (?P<kind>\S+) key (?P<key>\S+)'
)
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a signature is that of an allowed signer."""

    ok: bool
    principal: str | None
    """Who signed, by the list of allowed signers; None where it is nobody's."""
    key: str | None
    """The fingerprint of the key, SHA256:..."""
    reason: str
    """Why not, or which key it was."""


def sign(repository: Repository, payload: bytes, key: Path, *, namespace: str = GIT) -> str:
    """The armored signature of `payload` with an SSH key: the private one, or the public one of a key in an agent.

    Raises NotFoundError where there is no such key, UnavailableError when it cannot sign.
    """
    if not key.is_file():
        raise NotFoundError(f"there is no SSH key {key}", "make one: ssh-keygen -t ed25519")
    done = _ssh_keygen(repository, ["-Y", "sign", "-n", namespace, "-f", str(key.absolute())], stdin=payload)
    if done.returncode != 0 or not done.stdout.startswith(BEGIN.encode()):
        said = done.stderr.decode("utf-8", "replace").strip()
        raise UnavailableError(
            f"{key} could not sign: {said}", "check the key's passphrase, or that the agent holds it"
        )
    return done.stdout.decode("ascii")


def judge(
    repository: Repository,
    payload: bytes,
    signature: str,
    *,
    allowed_signers: bytes,
    principal: str | None = None,
    at: Moment | None = None,
    namespace: str = GIT,
) -> Judged:
    """Whether `signature` covers `payload`, and whose it is by `allowed_signers` (ssh-keygen(1)'s format).

    With `principal` only that signer counts; else any of the list does. Keys with a validity interval are judged at
    the moment `at`, by default now. Raises UnavailableError where ssh-keygen cannot be run.
    """
    with tempfile.TemporaryDirectory(prefix="mooring-") as folder:
        written, signers = Path(folder, "signature"), Path(folder, "allowed_signers")
        written.write_text(signature, encoding="utf-8", errors="surrogateescape")
        signers.write_bytes(allowed_signers)
        moment = ["-O", f"verify-time={_utc(at)}"] if at is not None else []
        common = ["-s", str(written), "-f", str(signers), *moment]
        asked = _ssh_keygen(repository, ["-Y", "find-principals", *common])
        known = asked.stdout.decode("utf-8", "replace").replace("\n", ",").split(",")
        candidates = [principal] if principal is not None else [who for who in known if _is_plain(who)]
        if asked.returncode != 0 or not candidates:
            why = _why(asked.stderr.decode("utf-8", "replace"), signers)
            return _bad(
                "the key that signed it is not among the allowed signers" + (f": {why}" if why else "")
            )
        said = ""
        for who in candidates:
            check = ["-Y", "verify", "-n", namespace, "-I", who, *common]
            done = _ssh_keygen(repository, check, stdin=payload)
            said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
            good = _GOOD.search(said)
            if done.returncode == 0 and good is not None and good["namespace"] == namespace:
                reason = f"signed with {good['kind']} key {good['key']}"
                return Judged(ok=True, principal=who, key=good["key"], reason=reason)
    last = said.splitlines()[-1] if said else "no principal matches"
    return _bad(f"bad signature: {_why(said, signers) or last}")


def _bad(reason: str) -> Judged:
    return Judged(ok=False, principal=None, key=None, reason=reason)


def _why(said: str, signers: Path) -> str | None:
    """What ssh-keygen says of a line of the list, such as that a key has expired, without the name of our file."""
    mark = f"{signers}:"
    found = [
        line.removeprefix(mark).partition(": ")[2] for line in said.splitlines() if line.startswith(mark)
    ]
    return found[-1] if found else None


def _ssh_keygen(
    repository: Repository, arguments: list[str], *, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=stdin,
            capture_output=True,
            cwd=repository.path,
            env=repository.runner.environment(Profile.TALKING),
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise UnavailableError("ssh-keygen was not found on PATH", "install OpenSSH 8.2 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(
            f"ssh-keygen did not end within {_SECONDS:g} s", "does it wait for a key?"
        ) from error


def _is_plain(principal: str) -> bool:
    """Whether an entry of the list names one person; a pattern names nobody who could have signed."""
    return bool(principal) and not principal.startswith("-") and not any(sign in principal for sign in "*?!")


def _utc(moment: Moment) -> str:
    from datetime import UTC, datetime

    # ssh-keygen(1): "Z" for UTC is known from OpenSSH 9.1 on; local time is meant without it.
    return datetime.fromtimestamp(moment.seconds, tz=UTC).astimezone().strftime("%Y%m%d%H%M%S")

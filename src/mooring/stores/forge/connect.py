"""From a remote's address and a token to a forge that can be spoken to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mooring.errors import UsageError
from mooring.stores.forge.address import Address, ForgeKind, address_of

if TYPE_CHECKING:
    from mooring.stores.forge.port import Forge

_GH_SECONDS: Final = 5.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Connection:
    """A registry's repository at a forge; `forge` is None where there is no token for its host."""

    address: Address
    forge: Forge | None

    def close(self) -> None:
        """Close what connections there are."""
        if self.forge is not None:
            self.forge.close_connections()


def connect(remote: str, variables: Mapping[str, str], *, kind: ForgeKind | None = None) -> Connection | None:
    """The forge that a remote's address leads to; None for a plain Git server.

    `variables` is the environment: a token (`MOORING_TOKEN` for whichever forge that is; those of the forges' own tools
    for their own hosts, see `tokens_of`; else what `gh auth token` says), `MOORING_FORGE` (the kind where the host's
    name does not tell it, or `none`) and `MOORING_FORGE_API` (where the API begins, where that is no usual place).
    Raises UsageError for a value of these that means nothing.
    """
    said = variables.get("MOORING_FORGE", "").strip().lower()
    if said == "none":
        return None
    address = address_of(remote, kind=_kind(said) if said else kind)
    if address is None:
        return None
    token = _token(address, variables)
    if token is None:
        return Connection(address, None)
    return Connection(address, _forge(address, token, api=_api(variables)))


def _forge(address: Address, token: str, *, api: str | None) -> Forge:
    match address.kind:
        case ForgeKind.GITHUB:
            from mooring.stores.forge.github import GitHub, github_client

            return GitHub(address, github_client(address, token, api=api))
        case ForgeKind.GITLAB:
            from mooring.stores.forge.gitlab import GitLab, gitlab_client

            return GitLab(address, gitlab_client(address, token, api=api))
        case ForgeKind.GITEA:
            from mooring.stores.forge.gitea import Gitea, gitea_client

            return Gitea(address, gitea_client(address, token, api=api))


def _kind(said: str) -> ForgeKind:
    try:
        return ForgeKind(said)
    except ValueError:
        known = ", ".join(ForgeKind)
        raise UsageError(f"MOORING_FORGE is {said!r}", f"Known are {known} and none.") from None


def _api(variables: Mapping[str, str]) -> str | None:
    """Where the operator says that the API begins; a token never goes over plain http to another machine."""
    api = variables.get("MOORING_FORGE_API", "").strip()
    if not api:
        return None
    parts = urlsplit(api)
    if parts.hostname and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    ):
        return api
    raise UsageError("MOORING_FORGE_API is no https address", "Write it as https://HOST/api/v3.")


def _token(address: Address, variables: Mapping[str, str]) -> str | None:
    """The token for this host: that of another forge's tool, or of another host, is given to nobody."""
    for name in ("MOORING_TOKEN", *tokens_of(address, variables)):
        if token := _clean(variables.get(name)):
            return token
    return _from_gh(address.host, variables) if address.kind is ForgeKind.GITHUB else None


def tokens_of(address: Address, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that hold tokens for this very host, by the documentation of each forge's own tools.

    Each is for the forge's public host, or for the host that a variable beside it names. `CI_JOB_TOKEN` of GitLab is
    none of them: it may not open merge requests.
    """
    match address.kind:
        case ForgeKind.GITHUB:
            if _is_host(address, variables, "github.com", "GITHUB_SERVER_URL"):
                return ("GH_TOKEN", "GITHUB_TOKEN")
            return ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
        case ForgeKind.GITLAB:
            ours = _is_host(address, variables, "gitlab.com", "CI_SERVER_URL", "GITLAB_HOST")
            return ("GITLAB_TOKEN",) if ours else ()
        case ForgeKind.GITEA:
            names: list[str] = []
            if _is_host(address, variables, "gitea.com", "GITEA_SERVER_URL"):
                names.append("GITEA_TOKEN")
            if _is_host(address, variables, "codeberg.org", "FORGEJO_SERVER_URL"):
                names.append("FORGEJO_TOKEN")
            if _is_host(address, variables, "", "GITHUB_SERVER_URL"):
                names.append(
                    "GITHUB_TOKEN"
                )  # Their Actions call it, and the server's address, as GitHub's do.
            return tuple(names)


def _is_host(address: Address, variables: Mapping[str, str], public: str, *named: str) -> bool:
    """Whether a host is the public one, or the very one, with its port, that one of the variables names."""
    hosts = {public}
    for name in named:
        said = variables.get(name, "").strip()
        hosts.add(urlsplit(said if "://" in said else f"https://{said}").netloc.lower().rpartition("@")[2])
    return address.host in hosts - {""}


def _clean(token: str | None) -> str | None:
    """A token as it can stand in a header: one that was read from a file often ends in a line feed."""
    found = (token or "").strip()
    if found and (not found.isascii() or any(character.isspace() for character in found)):
        raise UsageError("the token has spaces or characters that no token has", "Copy it again.")
    return found or None


def _from_gh(host: str, variables: Mapping[str, str]) -> str | None:
    """What GitHub's command line is logged in with; None where it is not there or not logged in."""
    gh = shutil.which("gh", path=variables.get("PATH"))
    if gh is None:
        return None
    try:
        done = subprocess.run(
            [gh, "auth", "token", "--hostname", host],
            env=dict(variables),
            capture_output=True,
            text=True,
            timeout=_GH_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _clean(done.stdout) if done.returncode == 0 else None

"""Which forge, and which repository of it, a remote's address leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

_URL = re.compile(
    r"(?:https?|ssh|git\+ssh)://(?:[^@/\s]*@)?(?P<host>[^/:\s]+)(?P<port>:[0-9]+)?/(?P<path>[^?#\s]+)"
)
_SCP = re.compile(r"(?:[\w.+-]+@)?(?P<host>[\w.-]+):(?P<path>[^/\s][^\s]*)")
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+")


class ForgeKind(StrEnum):
    """The forges that Mooring can speak to."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True)
class Address:
    """One repository at one forge; `path` is `owner/name`, at GitLab with any number of groups."""

    kind: ForgeKind
    host: str
    path: str

    @property
    def web(self) -> str:
        """Where people look at the repository."""
        return f"https://{self.host}/{self.path}"

    @property
    def api(self) -> str:
        """Where the forge's API begins, by the documentation of each."""
        match self.kind:
            case ForgeKind.GITHUB:
                return (
                    "https://api.github.com" if self.host == "github.com" else f"https://{self.host}/api/v3"
                )
            case ForgeKind.GITLAB:
                return f"https://{self.host}/api/v4"
            case ForgeKind.GITEA:
                return f"https://{self.host}/api/v1"

    def new_request(self, branch: str, base: str) -> str:
        """The page on which a person opens a pull request of `branch`."""
        name, onto = quote(branch, safe="/"), quote(base, safe="/")
        match self.kind:
            case ForgeKind.GITHUB:
                return f"{self.web}/compare/{onto}...{name}?expand=1"
            case ForgeKind.GITLAB:
                source = quote(branch, safe="")
                return f"{self.web}/-/merge_requests/new?merge_request%5Bsource_branch%5D={source}"
            case ForgeKind.GITEA:
                return f"{self.web}/compare/{onto}...{name}"


def address_of(remote: str, *, kind: ForgeKind | None = None) -> Address | None:
    """The forge that a remote's address leads to, None for any other server.

    The host's name tells the kind (github.com, gitlab.example.com, codeberg.org); `kind` says it where it does not.
    """
    found = _URL.fullmatch(remote) or _SCP.fullmatch(remote)
    if found is None or "://" in found["path"]:
        return None
    host = found["host"].lower()
    path = found["path"].strip("/").removesuffix(".git")
    guessed = kind or _guess(host)
    if guessed is None or not _NAME.fullmatch(path) or ".." in path:
        return None
    if guessed is not ForgeKind.GITLAB and path.count("/") != 1:
        return None
    return Address(guessed, _web_host(host, found, remote), path)


def _web_host(host: str, found: re.Match[str], remote: str) -> str:
    """The host with its port, where the port is that of the web server and not of ssh."""
    port = found["port"] if remote.startswith("http") and "port" in found.groupdict() else None
    # GitHub and GitLab answer ssh on port 443 under names of their own.
    host = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}.get(host, host)
    return host + (port or "")


def _guess(host: str) -> ForgeKind | None:
    words = set(re.split(r"[.-]", host))
    if "github" in words:
        return ForgeKind.GITHUB
    if "gitlab" in words:
        return ForgeKind.GITLAB
    return ForgeKind.GITEA if words & {"gitea", "forgejo", "codeberg"} else None

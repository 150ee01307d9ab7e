"""Where a remote may be: https, ssh, a file, http on this machine only; and how its URL may be shown."""

from __future__ import annotations

import re
from pathlib import Path

from mooring.errors import UsageError

# Greedy up to the last @ before the path, for passwords may hold one; it is tried at "://" only, so that a text of any
# length takes linear time.
_CREDENTIALS = r"://(?P<user>[^\s/]*)@"
_QUERY_VALUE = r"(?i)([?&](?:access_token|private_token|token|key|password|sig)=)[^\s&#]+"
_SCHEME = r"(?s)(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)"
# git-clone(1): "[user@]host.xz:path", recognised only if no slash stands before the first colon.
_SCP_LIKE = r"(?:[A-Za-z0-9._+-]+@)?(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):(?![:/]{2})[^\s-].*"
_AUTHORITY = r"(?:[^\s/@]*@)?(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/\S*)?"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_CONTROL = r"[\x00-\x1f\x7f]"


def redact(text: str) -> str:
    """Return `text` with passwords and tokens in its URLs replaced by `***`; a bare ssh user name stays."""

    def hidden(match: re.Match[str]) -> str:
        # Only the user of ssh is no secret: it says whom the server asks for a key.
        scheme = match.string[max(0, match.start() - 8) : match.start()]
        is_ssh = re.search(r"(?i)(?<![a-z0-9.-])(?:git\+)?ssh\Z", scheme) is not None
        return match[0] if is_ssh and ":" not in match["user"] else "://***@"

    return re.sub(_QUERY_VALUE, r"\1***", re.sub(_CREDENTIALS, hidden, text))


def check_url(text: str) -> str:
    """Return `text` if Mooring may talk to it, else raise UsageError.

    Allowed are `https://`, `ssh://`, `user@host:path`, `file:///`, absolute local paths, and `http://` on
    the loopback interface. Git's `ext::command` and `transport::address` forms run programs; they and
    anything that begins with a dash are refused.
    """
    if re.search(_CONTROL, text) is None and not text.startswith("-") and len(text) <= 4096:
        scheme = re.fullmatch(_SCHEME, text)
        if scheme is None:
            if Path(text).is_absolute() or (
                "::" not in text.split("/", 1)[0] and re.fullmatch(_SCP_LIKE, text)
            ):
                return text
        elif _scheme_is_allowed(scheme["scheme"].lower(), scheme["rest"]):
            return text
    raise UsageError(
        f"not a remote that Mooring talks to: {redact(text)!r}",
        "use https://host/path, ssh://host/path, user@host:path, file:///path or an absolute path"
        " (http:// only on this machine)",
    )


def _scheme_is_allowed(scheme: str, rest: str) -> bool:
    if scheme == "file":
        return rest.startswith("/")
    authority = re.fullmatch(_AUTHORITY, rest)
    if authority is None:
        return False
    if scheme == "http":
        return authority["host"].lower() in _LOOPBACK
    return scheme in {"https", "ssh"}


def is_loopback_http(text: str) -> bool:
    """Whether the (checked) URL `text` is plain http on this machine."""
    return text.lower().startswith("http://")

"""Addresses in documents: whether one can be followed by somebody else, and gives nothing away."""

from __future__ import annotations

import re
from typing import Final

# RFC 3986, 3.1. One letter and a colon is a drive of Windows.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_UNSAFE: Final = re.compile(r'[\s<>"^`{|}]')
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY: Final = re.compile(r"(?:([^@/?#]*)@)?([^@/?#]*)")
_HOST: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
# git-clone(1): user@host:path, where no slash stands before the first colon.
_SCP_LIKE: Final = re.compile(
    r"(?:[A-Za-z0-9._+-]{1,64}@)?[A-Za-z0-9][A-Za-z0-9._-]{0,252}:(?!/?/)[^\s:-][^\s]*"
)
_HTTP: Final = frozenset({"http", "https"})
_GIT: Final = frozenset({"https", "http", "ssh", "git", "git+ssh", "file"})


def uri_problem(text: str) -> str | None:
    """Why `text` is neither a URI nor a relative path that a document may hold, or None when it is one."""
    found = _SCHEME.fullmatch(text)
    if found is None:
        return "it has a backslash, and paths are written with slashes" if "\\" in text else None
    scheme = found[1].lower()
    if "\\" in text:
        return "a URI has no backslash"
    # Names in object stores are often written as they are, with blanks and braces.
    if scheme in _HTTP and (bad := _UNSAFE.search(text)):
        return f"a URI has no {bad[0]!r}; write %{ord(bad[0]):02X}"
    if scheme in _HTTP and (bad := _ESCAPE.search(text)):
        return f"{text[bad.start() : bad.start() + 3]!r} is no escape; write %25 for a percent sign"
    rest = found[2]
    if not rest.strip("/"):
        return "nothing stands behind its scheme"
    return _authority_problem(scheme, rest) if rest.startswith("//") else None


def git_url_problem(text: str) -> str | None:
    """Why `text` is no address that Git can clone from without running a program, or None when it is one."""
    if text.startswith("-"):
        return "what begins with a hyphen is an option to Git"
    if "::" in text.partition("/")[0]:
        return "an address with '::' makes Git run a program"
    found = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", text, re.DOTALL)
    if found is None:
        is_known = _SCP_LIKE.fullmatch(text) is not None or is_local(text)
        return None if is_known else "it is no address such as https://host/path or git@host:path"
    if found[1].lower() not in _GIT:
        return f"Git clones nothing from {found[1]}://"
    return uri_problem(text)


def is_local(text: str) -> bool:
    """Whether only one machine knows where `text` leads: an absolute path, or one that leaves the repository."""
    path = text.removeprefix("file://")
    return (
        text.lower().startswith("file:")
        or path.startswith(("/", "~"))
        or re.match(r"[A-Za-z]:", path) is not None
        or (_SCHEME.fullmatch(path) is None and ".." in re.split(r"[/\\]", path))
    )


def _authority_problem(scheme: str, rest: str) -> str | None:
    found = _AUTHORITY.match(rest, 2)
    user, host = (found[1], found[2]) if found is not None else (None, "")
    # A name alone is an account or a container in other schemes: ssh://git@host, abfss://container@account.
    if user is not None and (":" in user or scheme in _HTTP | {"git+https"}):
        return "it holds credentials: whoever reads the document can use them"
    if scheme in _HTTP | {"git+https", "ssh", "git", "git+ssh"} and _HOST.fullmatch(host) is None:
        return f"{host!r} is no host"
    return None

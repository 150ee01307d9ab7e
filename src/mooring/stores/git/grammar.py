"""Which words may reach a Git command line: object ids, refs, revisions, paths and configuration keys.

Git's own parser is generous (`main@{yesterday}`, `:/text`, `-c`), and a word that begins with a dash is an
option to it. Everything that a person or a file wrote passes here first, so that an odd name is a clear
usage error instead of a surprise in a child process.
"""

from __future__ import annotations

import re

from mooring.errors import UsageError

_OID = r"(?a)(?:[0-9a-f]{40}|[0-9a-f]{64})"
_SHORT_OID = r"(?a)[0-9a-f]{4,64}"
# git-check-ref-format(1) forbids exactly these characters, "..", "@{" and control characters.
_BAD_IN_REF = r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//"
_STEPS = r"(?a)(?:[~^][0-9]{0,6})*\Z"
_CONFIG_KEY = r"[A-Za-z][A-Za-z0-9-]*(?:\.[^\x00-\x1f]+)?\.[A-Za-z][A-Za-z0-9-]*"
_REMOTE_NAME = r"(?a)[A-Za-z0-9_][A-Za-z0-9_./+-]*"
_MAX_LENGTH = 1024


def is_oid(text: str) -> bool:
    """Whether `text` is a full object id (40 digits of SHA-1 or 64 of SHA-256, lower case)."""
    return re.fullmatch(_OID, text) is not None


def check_oid(text: str) -> str:
    """Return `text` if it is a full object id, else raise UsageError."""
    if not is_oid(text):
        raise UsageError(f"not a full object id: {_shown(text)}", "give all 40 hexadecimal digits")
    return text


def is_ref(text: str) -> bool:
    """Whether `text` is a ref name by git-check-ref-format's rules and does not look like an option."""
    if not text or len(text) > _MAX_LENGTH or text == "@" or text.startswith(("-", "/")):
        return False
    if text.endswith(("/", ".")) or re.search(_BAD_IN_REF, text) is not None:
        return False
    return not any(part.startswith(".") or part.endswith(".lock") for part in text.split("/"))


def check_ref(text: str) -> str:
    """Return `text` if it is a full ref name (`refs/...`), else raise UsageError."""
    if not is_ref(text) or not text.startswith("refs/"):
        raise UsageError(
            f"not a full ref name: {_shown(text)}",
            "full names look like refs/heads/main; see git-check-ref-format",
        )
    return text


def check_revision(text: str) -> str:
    """Return `text` if it names a commit by ref or (short) id, with `~N` or `^N` steps; else UsageError."""
    steps = re.search(_STEPS, text)
    name = text[: steps.start()] if steps is not None else text
    if is_ref(name) or re.fullmatch(_SHORT_OID, name):
        return text
    raise UsageError(
        f"not a branch, tag or commit: {_shown(text)}",
        "use a name such as main, origin/main, refs/tags/v1 or a commit id, with ~1 or ^2 if need be",
    )


def check_refspec(text: str) -> str:
    """Return `text` if it is `[+]source:destination` of full refs with at most one `*` each, else UsageError."""
    source, colon, target = text.removeprefix("+").partition(":")
    stars = (source.count("*"), target.count("*"))
    plain = [side.replace("*", "x", 1) for side in (source, target)]
    fits = stars in {(0, 0), (1, 1)} and is_ref(plain[1]) and plain[1].startswith("refs/")
    source_fits = is_oid(source) or (is_ref(plain[0]) and (plain[0].startswith("refs/") or source == "HEAD"))
    if not (colon and fits and source_fits):
        raise UsageError(f"not a refspec: {_shown(text)}", "write refs/heads/*:refs/remotes/origin/*")
    return text


def check_path(text: str) -> str:
    """Return `text` if it is a path inside a tree: relative, without `..`, `.git`, NUL or a leading dash."""
    parts = text.split("/")
    if (
        not text
        or text.startswith("-")
        or "\x00" in text
        or any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts)
    ):
        raise UsageError(
            f"not a path inside the repository: {_shown(text)}", "paths are relative, without '..'"
        )
    return text


def check_config_key(text: str) -> str:
    """Return `text` if it is a Git configuration key such as `user.name`, else raise UsageError."""
    if re.fullmatch(_CONFIG_KEY, text) is None:
        raise UsageError(f"not a Git configuration key: {_shown(text)}")
    return text


def is_remote_name(text: str) -> bool:
    """Whether `text` may be the name of a configured remote (and not a URL, a path or an option)."""
    return re.fullmatch(_REMOTE_NAME, text) is not None and is_ref(text)


def empty_tree_id(like: str) -> str:
    """The id of the tree without entries, in the hash of the object id `like`; Git always knows it."""
    if len(like) == 64:
        return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")

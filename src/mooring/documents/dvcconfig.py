"""DVC's configuration, read without DVC: which remote keeps the bytes, and with which options.

Levels are laid over each other as DVC does it (system, user, repository, local). The repository's own file is
committed, so anybody may read it and a pull request may offer it: only keys and URL schemes of a list are taken from
it, and no secret. Every level's relative paths count from the folder of its file.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NoReturn

from mooring.documents.dvcini import Sections, read_ini
from mooring.errors import NotFoundError, RefusedError

SCHEMES: Final = ("s3", "gs", "azure", "ssh", "http", "https")
"""URL schemes that are read and stored to, beside plain paths."""

_COMMON: Final = frozenset({"url", "jobs", "checksum_jobs", "verify", "no_traverse"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HTTP: Final = _words("auth user method ssl_verify connect_timeout read_timeout")
_PUBLIC: Final[Mapping[str, frozenset[str]]] = {
    "": _words("type shared slow_link_warning protected"),
    "s3": _words(
        "region profile endpointurl use_ssl ssl_verify allow_anonymous_login listobjects sse sse_kms_key_id "
        "sse_customer_algorithm acl grant_read grant_read_acp grant_write_acp grant_full_control read_timeout "
        "connect_timeout"
    ),
    "gs": _words("projectname endpointurl allow_anonymous_login"),
    "azure": _words(
        "account_name tenant_id client_id allow_anonymous_login exclude_environment_credential "
        "exclude_visual_studio_code_credential exclude_shared_token_cache_credential "
        "exclude_managed_identity_credential timeout read_timeout connection_timeout"
    ),
    "ssh": _words("port user timeout gss_auth allow_agent max_sessions type"),
    "http": _HTTP,
    "https": _HTTP,
}
_SECRETS: Final = _words(
    "access_key_id secret_access_key session_token sse_customer_key connection_string sas_token account_key "
    "client_secret password passphrase custom_auth_header token bearer_token_command oss_key_id oss_key_secret "
    "gdrive_client_secret"
)
# They name files of the operator's machine, or ask him: no committed file decides that.
_OPERATOR: Final = _words("credentialpath configpath keyfile ask_password ask_passphrase")
_PATHS: Final = frozenset({"credentialpath", "configpath", "keyfile"})
_VERSIONED: Final = ("version_aware", "worktree")
_CORE: Final = frozenset(
    {"remote", "analytics", "autostage", "check_update", "checksum_jobs", "hardlink_lock", "no_scm"}
)
_CACHE: Final = frozenset({"type", "shared", "slow_link_warning"})
_REMOTE_SECTION: Final = re.compile(r'\s*remote\s*"(.*)"\s*')
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_MOVED: Final = "Move it to .dvc/config.local, which Git ignores: dvc remote modify --local NAME KEY VALUE"


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """One configuration file: its text, what to call it, the folder its relative paths count from.

    `committed` marks the repository's own file, whose `folder` may be None where there is no work tree.
    """

    text: str
    label: str
    folder: str | None
    committed: bool = False


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    """One remote: `url` is absolute (a path, or scheme://...), `inner` its path inside the repository if it has one.

    An inner remote is read from a commit's tree, so `url` is empty for one of a repository without a work tree.
    """

    name: str
    url: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    inner: str | None = None

    @property
    def scheme(self) -> str:
        """The URL's scheme; empty for a path."""
        return _scheme(self.url)

    @property
    def address(self) -> str:
        """Where the remote is, for people: without a user's name or a password."""
        return self.inner if self.inner is not None else redacted(self.url)


@dataclass(frozen=True)
class DvcConfig:
    """The merged configuration: all remotes by name, and the one that is meant when none is named."""

    remotes: Mapping[str, RemoteConfig]
    default: str | None

    def remote(self, name: str | None = None) -> RemoteConfig:
        """The remote `name`, or the default one; raises NotFoundError naming those that there are."""
        wanted = (name or self.default or "").lower()
        if wanted in self.remotes:
            return self.remotes[wanted]
        if not wanted and len(self.remotes) == 1:
            return next(iter(self.remotes.values()))
        there = ", ".join(sorted(self.remotes))
        if not wanted:
            hint = f"Choose one of {there}: dvc remote default NAME" if there else None
            raise NotFoundError(
                "no DVC remote is set", hint or "Add one to .dvc/config: dvc remote add -d NAME URL"
            )
        raise NotFoundError(f"there is no DVC remote {wanted!r}", f"The remotes are: {there or 'none yet'}.")


def config_folders(
    environment: Mapping[str, str], home: str, platform: str = sys.platform
) -> tuple[str, str]:
    """The folders in which DVC keeps the system's and the user's `config` file on this platform."""
    if platform == "darwin":
        system = "/Library/Application Support/dvc"
        user = posixpath.join(home, "Library/Application Support/dvc")
    else:
        system = posixpath.join((environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")[0], "dvc")
        user = posixpath.join(environment.get("XDG_CONFIG_HOME") or posixpath.join(home, ".config"), "dvc")
    return (
        environment.get("DVC_SYSTEM_CONFIG_DIR") or system,
        environment.get("DVC_GLOBAL_CONFIG_DIR") or user,
    )


def read_config(sources: Iterable[ConfigSource], *, home: str | None = None) -> DvcConfig:
    """The configuration of `sources`, each laid over those before it.

    Give them as DVC orders them: system, user, repository (committed), local. `~/` in a path means `home`. Raises
    RefusedError, naming file and key, for what is not understood, not allowed or a secret in a committed file.
    """
    options: dict[str, dict[str, str]] = {}
    inner: dict[str, str | None] = {}
    default: str | None = None
    for source in sources:
        sections = read_ini(source.text, source.label)
        if source.committed:
            _check_sections(sections, source)
        default = sections.get("core", {}).get("remote", default or "").lower() or default
        for section, values in sections.items():
            if (named := _REMOTE_SECTION.fullmatch(section)) is None:
                continue
            name = named[1]
            if not _NAME.fullmatch(name):
                _refuse(source, f"{name!r} is no name of a remote", "Use a name such as origin.")
            placed = _placed(values, name, source, home)
            if "url" in placed:
                inner[name] = _inside(values["url"]) if source.committed else None
            options.setdefault(name, {}).update(placed)
            _check(name, values, options[name].get("url"), source)
    return DvcConfig(
        {
            name: RemoteConfig(name, found.pop("url"), MappingProxyType(found), inner.get(name))
            for name, found in options.items()
            if "url" in found
        },
        default,
    )


def redacted(url: str) -> str:
    """`url` without a user's name or password before the host, and without a query."""
    return re.sub(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@]*@", r"\1", url).partition("?")[0]


def _scheme(url: str) -> str:
    head, mark, _ = url.partition("://")
    return head.lower() if mark else ""


def _check_sections(sections: Sections, source: ConfigSource) -> None:
    for section, values in sections.items():
        if _REMOTE_SECTION.fullmatch(section):
            continue
        allowed = {"core": _CORE, "cache": _CACHE}.get(section)
        if allowed is None:
            _refuse(source, f"the section [{section}] is not allowed in a committed file", None)
        if unknown := sorted(set(values) - allowed):
            _refuse(source, f"{section}.{unknown[0]} is not allowed in a committed file", _MOVED)


def _placed(values: Mapping[str, str], name: str, source: ConfigSource, home: str | None) -> dict[str, str]:
    """The values with paths made absolute against the source's folder."""
    placed = dict(values)
    for key in {"url", *_PATHS} & set(values):
        value = values[key]
        if "://" in value or value.startswith("/"):
            continue
        if value.startswith("~"):
            rest = value.removeprefix("~/")
            if home is None or rest == value:
                _refuse(
                    source, f"remote.{name}.{key} is {value!r}, and whose home that is is not known", None
                )
            placed[key] = posixpath.join(home, rest)
        elif source.folder is not None:
            placed[key] = posixpath.normpath(posixpath.join(source.folder, value))
        elif key == "url":
            placed[key] = ""
    return placed


def _inside(url: str) -> str | None:
    """The path inside the repository that a committed, relative `url` names (it counts from `.dvc`), or None."""
    if "://" in url or url.startswith(("/", "~")):
        return None
    path = posixpath.normpath(posixpath.join(".dvc", url))
    return None if path in (".", "..") or path.startswith(("../", ".dvc/cache", ".dvc/tmp")) else path


def _check(name: str, values: Mapping[str, str], url: str | None, source: ConfigSource) -> None:
    for key in _VERSIONED:
        if values.get(key, "false").lower() != "false":
            _refuse(
                source,
                f"remote.{name}.{key} is set, and only DVC 3's content-addressed layout is read",
                f"Remove it: dvc remote modify --unset {name} {key}",
            )
    if source.committed:
        _check_secrets(name, values, source)
    if url is None:
        return
    scheme = _scheme(url)
    if scheme and scheme not in SCHEMES:
        _refuse(
            source,
            f"remote.{name}.url has the scheme {scheme}://",
            f"A path or one of {', '.join(f'{one}://' for one in SCHEMES)} is supported.",
        )
    if source.committed:
        for key in sorted(set(values) - _COMMON - _PUBLIC[scheme] - {*_VERSIONED}):
            _refuse(source, f"remote.{name}.{key} is not understood for {scheme or 'a local'} remote", None)


def _check_secrets(name: str, values: Mapping[str, str], source: ConfigSource) -> None:
    for key in sorted(values):
        if key in _SECRETS:
            _refuse(source, f"remote.{name}.{key} is a secret in a committed file", _MOVED)
        if key in _OPERATOR:
            _refuse(source, f"remote.{name}.{key} is the operator's to say, not a committed file's", _MOVED)
    if values.get("ssl_verify", "").lower() == "false":
        _refuse(source, f"remote.{name}.ssl_verify turns off the check of certificates", _MOVED)
    if "@" in (address := values.get("url", "")) and _password(address):
        _refuse(source, f"remote.{name}.url holds a password", _MOVED)


def _password(url: str) -> bool:
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/@]*:[^/]*@", url) is not None


def _refuse(source: ConfigSource, problem: str, hint: str | None) -> NoReturn:
    raise RefusedError(f"{source.label}: {problem}", hint)

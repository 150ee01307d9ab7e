"""Remotes on the network, through the very file systems that DVC writes them with (s3, gs, azure, ssh, http).

Their errors are many and their timeouts long: every call runs within a deadline of ours, and what failed is told
apart here into missing, unavailable and not to be trusted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO, Final, Protocol, cast

from mooring.documents.dvcconfig import RemoteConfig
from mooring.errors import IntegrityError, MooringError, UnavailableError, UsageError
from mooring.stores.deadline import Deadline, call_within, iterate_within
from mooring.stores.remotes import STALL, Look, Presence, missing, object_key

_BLOCK: Final = 4 * 2**20
_INTEGERS: Final = frozenset(
    {"jobs", "checksum_jobs", "port", "timeout", "max_sessions", "connection_timeout"}
)
_SECONDS: Final = frozenset({"read_timeout", "connect_timeout"})
_OUR_EXTRA: Final = {"http": "http", "https": "http", "gs": "gs", "azure": "azure", "s3": "s3", "ssh": "ssh"}
_NOT_THERE: Final = frozenset({404, 410})
_STRANGER: Final = frozenset({"HostKeyNotVerifiable", "KeyExchangeFailed"})


class FileSystem(Protocol):
    """What is used of the file systems of dvc_objects."""

    fs_args: dict[str, object]

    def info(self, path: str) -> Mapping[str, object]:
        """Facts about a file, its size among them."""

    def open(self, path: str, mode: str) -> AbstractContextManager[BinaryIO]:
        """The file, opened for reading."""


class FsspecRemote:
    """A remote behind a URL; nothing is connected before the first question."""

    def __init__(self, config: RemoteConfig, file_system: FileSystem, root: str) -> None:
        self.name = config.name
        self._config = config
        self._fs = file_system
        self._root = root.rstrip("/")

    @classmethod
    def open(cls, config: RemoteConfig) -> FsspecRemote:
        """The remote of `config`; UnavailableError, naming the extra to install, where DVC's plug-in is missing."""
        file_system, root = file_system_of(config)
        return cls(config, file_system, root)

    def address(self, md5: str) -> str:
        """The object's URL, without a name or password."""
        return f"{self._config.address.rstrip('/')}/{object_key(md5)}"

    def look(self, md5: str, *, seconds: float = 2.0) -> Look:
        """Whether the object is there; unknown when the remote does not say so in time."""
        path = self._path(md5)
        try:
            info = call_within(Deadline(seconds), self._what, lambda: self._fs.info(path))
        except Exception as error:
            told = self._told(error, md5)
            if isinstance(told, IntegrityError):
                raise told from error
            if isinstance(told, UnavailableError):
                return Look(Presence.UNKNOWN, reason=told.message)
            return Look(Presence.MISSING)
        size = info.get("size")
        return Look(Presence.PRESENT, size if isinstance(size, int) else None)

    def chunks(self, md5: str, deadline: Deadline) -> Iterator[bytes]:
        """The object's bytes, read ahead."""
        try:
            yield from iterate_within(deadline, self._what, lambda: self._read(self._path(md5)), stall=STALL)
        except Exception as error:
            raise self._told(error, md5) from error

    def close(self) -> None:
        """Close the connections of a web server's client; DVC's own file systems never do."""
        inner = vars(self._fs).get("fs")
        session = getattr(inner, "_session", None)
        if inner is not None and session is not None:
            from fsspec.asyn import sync

            sync(inner.loop, session.close, timeout=2)

    def _read(self, path: str) -> Iterator[bytes]:
        with self._fs.open(path, "rb") as file:
            while chunk := file.read(_BLOCK):
                yield chunk

    @property
    def _what(self) -> str:
        return f"the remote {self.name} ({self._config.address})"

    def _path(self, md5: str) -> str:
        return f"{self._root}/{object_key(md5)}"

    def _told(self, error: BaseException, md5: str) -> MooringError:
        """The error in our words: which of three kinds it is stands in the chain of its causes."""
        chain = list(_causes(error))
        ours = next((one for one in chain if isinstance(one, MooringError)), None)
        if ours is not None:
            return ours
        if any(type(one).__name__ in _STRANGER for one in chain):
            return IntegrityError(
                f"the host key of {self._what} is not known, or another one than is known",
                "Somebody may stand in between. Compare it with the server's own, then correct ~/.ssh/known_hosts.",
            )
        statuses = [status for one in chain if isinstance(status := getattr(one, "status", None), int)]
        # fsspec says "file not found" for whatever HTTP request failed; the cause knows better.
        if isinstance(error, FileNotFoundError) and (len(chain) == 1 or set(statuses) & _NOT_THERE):
            return missing(self, md5)
        if isinstance(error, FileNotFoundError) and self._config.scheme not in ("http", "https"):
            return missing(self, md5)
        words = str(chain[-1]) or type(chain[-1]).__name__
        return UnavailableError(
            f"{self._what} failed: {words.splitlines()[0][:300]}",
            "Check the network, the credentials in .dvc/config.local and the URL; trying again may help.",
        )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def typed_options(config: RemoteConfig) -> dict[str, object]:
    """The options with the types that DVC's file systems expect; UsageError for a value that has none."""
    typed: dict[str, object] = {}
    for key, value in config.options.items():
        try:
            if key in _INTEGERS:
                typed[key] = int(value)
            elif key in _SECONDS:
                typed[key] = float(value)
            else:
                typed[key] = {"true": True, "false": False}.get(value.lower(), value)
        except ValueError:
            raise UsageError(f"remote.{config.name}.{key} must be a number, not {value!r}") from None
    return typed


def file_system_of(config: RemoteConfig) -> tuple[FileSystem, str]:
    """DVC's own file system for `config` and the remote's root in it; host keys of ssh are checked."""
    from dvc_objects.fs import get_fs_cls

    # A request that was given up leaves its client open; that it says so on standard error helps nobody.
    logging.getLogger("aiohttp_retry").setLevel(logging.ERROR)
    try:
        found = get_fs_cls({"url": config.url})
        options = found._get_kwargs_from_urls(config.url) | typed_options(config)
        file_system = found(**options)
        if config.scheme == "ssh":
            # DVC turns the check off ("known_hosts": None); the empty tuple means asyncssh's own ~/.ssh/known_hosts.
            file_system.fs_args["known_hosts"] = ()
    except ImportError as error:
        extra = _OUR_EXTRA[config.scheme]
        raise UnavailableError(
            f"the remote {config.name} needs DVC's support for {config.scheme}: {error}",
            f"Install it: pip install 'mooring[{extra}]'",
        ) from error
    except Exception as error:
        raise UsageError(f"the remote {config.name} is configured wrongly: {error}") from error
    return cast("FileSystem", file_system), found._strip_protocol(config.url)

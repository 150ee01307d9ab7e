"""Requests to a forge: one origin, a limit of time, retries that never do a thing twice, and errors in our words."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from mooring.errors import MooringError, NotFoundError, UnavailableError
from mooring.stores.deadline import Deadline
from mooring.stores.forge.port import AmbiguousError, ForgeError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import httpx2

_LARGEST: Final = 16 * 1024 * 1024
_ATTEMPTS: Final = 4
_PAGES: Final = 100
# What has the same effect however often it is asked.
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
_PASSING: Final = frozenset({500, 502, 503, 504})
_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next"?')


def pick(data: object, *keys: str | int) -> object:
    """What stands under `keys` in parsed JSON; None where one of them is missing."""
    for key in keys:
        if isinstance(key, int):
            data = data[key] if isinstance(data, list) and -len(data) <= key < len(data) else None
        else:
            data = data.get(key) if isinstance(data, dict) else None
    return data


def text(data: object, *keys: str | int) -> str:
    """The text under `keys`; empty where there is none."""
    found = pick(data, *keys)
    return found if isinstance(found, str) else ""


def number(data: object, *keys: str | int) -> int:
    """The whole number under `keys`; raises UnavailableError where there is none: such an answer is none."""
    found = pick(data, *keys)
    if not isinstance(found, int) or isinstance(found, bool):
        raise UnavailableError(
            f"the forge's answer lacks {'.'.join(map(str, keys))}",
            "It may be down, or no such forge; try again.",
        )
    return found


def items(data: object, *keys: str | int) -> list[object]:
    """The list under `keys`; empty where there is none."""
    found = pick(data, *keys)
    return found if isinstance(found, list) else []


@dataclass
class Client:
    """One forge's API at `base`, spoken to as whoever `headers` say; `what` names it in errors.

    `log_in` is the hint where the token is not accepted. Every call ends within `seconds`. `pause` waits between two
    attempts.
    """

    base: str
    what: str
    headers: Mapping[str, str] = field(repr=False)
    log_in: str = "Set MOORING_TOKEN to a token that is valid."
    seconds: float = 30.0
    pause: Callable[[float], None] = time.sleep
    _client: httpx2.Client | None = field(default=None, repr=False)

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> object:
        """What is at `path`, below the base."""
        return self._ask("GET", self._url(path), query=query)[0]

    def find(self, path: str) -> object | None:
        """What is at `path`; None where the forge says that nothing is."""
        try:
            return self.get(path)
        except NotFoundError:
            return None

    def pages(self, path: str, query: Mapping[str, str | int] | None = None) -> Iterator[object]:
        """The items of a list, page by page, by the Link header (RFC 8288)."""
        url, asked = self._url(path), query
        for _ in range(_PAGES):
            data, headers = self._ask("GET", url, query=asked)
            if not isinstance(data, list):
                raise UnavailableError(f"{self.what} answered no list at {path}")
            yield from data
            following = _NEXT.search(headers.get("link", ""))
            if following is None:
                return
            url, asked = urljoin(url, following[1]), None
        raise UnavailableError(f"{self.what} has more than {_PAGES} pages at {path}")

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """Change something. A POST is never sent twice once it may have arrived: AmbiguousError says so."""
        return self._ask(method, self._url(path), body=body)[0]

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _url(self, path: str) -> str:
        return f"{self.base.rstrip('/')}/{path.lstrip('/')}"

    def _ask(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[object, Mapping[str, str]]:
        # The token goes to this origin and to no other, whatever a Link or Location header says.
        if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
            raise UnavailableError(f"{self.what} leads to another server, which is not followed")
        deadline = Deadline(self.seconds)
        for attempt in range(1, _ATTEMPTS + 1):
            outcome = self._once(method, url, query=query, body=body, deadline=deadline)
            if not isinstance(outcome, _Again):
                return outcome
            wait = outcome.after if outcome.after is not None else random.uniform(0.5, 1) * 2 ** (attempt - 1)  # noqa: S311 - no secret
            if attempt == _ATTEMPTS or wait >= deadline.left:
                raise outcome.error
            self.pause(wait)
        raise AssertionError("the last attempt raises")

    def _once(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str | int] | None,
        body: Mapping[str, object] | None,
        deadline: Deadline,
    ) -> tuple[object, Mapping[str, str]] | _Again:
        import httpx2

        try:
            status, headers, data = self._exchange(method, url, query=query, body=body, deadline=deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            return _Again(self._silent(error))  # Nothing was sent yet.
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            if method in _REPEATABLE:
                return _Again(self._silent(error))
            raise self._ambiguous() from None
        if status < 300:
            return _parsed(self.what, data), headers
        if (limit := _limit(status, headers, data)) is not None:
            return _Again(self._limited(limit.until), limit.after)
        if status in _PASSING:
            if method in _REPEATABLE:
                return _Again(
                    UnavailableError(f"{self.what} answered {status}", "It may be down; try again.")
                )
            raise self._ambiguous()
        raise self._refused(method, status, data)

    def _exchange(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str | int] | None,
        body: Mapping[str, object] | None,
        deadline: Deadline,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request: status, headers and body, read no further than the time and the size that are allowed."""
        import httpx2

        if self._client is None:
            # No proxy or certificate of the environment is lost: httpx2 reads them itself.
            # Without TLS, which is on this machine alone, no authorities are read: that takes longer than the request.
            tls = urlsplit(self.base).scheme != "http"
            self._client = httpx2.Client(headers=dict(self.headers), follow_redirects=False, verify=tls)
        timeout = httpx2.Timeout(max(0.1, min(10.0, deadline.left)))
        with self._client.stream(method, url, params=query, json=body, timeout=timeout) as answer:
            data = bytearray()
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > _LARGEST or deadline.left <= 0:
                    raise httpx2.ReadError("the answer is too large or too slow")
            return (
                answer.status_code,
                {name.lower(): value for name, value in answer.headers.items()},
                bytes(data),
            )

    def _silent(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"{self.what} did not answer: {type(error).__name__}", "Look at the network, and try again."
        )

    def _ambiguous(self) -> AmbiguousError:
        return AmbiguousError(
            f"the connection to {self.what} broke before it said whether it did what was asked",
            "Look whether it did, and try again.",
        )

    def _limited(self, until: str | None) -> UnavailableError:
        when = f" until {until}" if until is not None else ""
        return UnavailableError(f"{self.what} takes no more requests of this token{when}", "Try again then.")

    def _refused(self, method: str, status: int, data: bytes) -> MooringError:
        said = words_of(data)
        why = f": {said}" if said else ""
        if status == 401:
            return ForgeError(f"{self.what} does not accept the token{why}", self.log_in, status=status)
        if status == 403:
            hint = "Give the token the right to write contents and pull requests of this repository."
            return ForgeError(f"{self.what} does not allow this to the token{why}", hint, status=status)
        if status == 404:
            return NotFoundError(
                f"{self.what} has no such thing, or the token may not see it{why}",
                "Look at the address of the remote (git remote -v) and at what the token may see.",
            )
        if 300 <= status < 400:
            hint = "Set the remote to its new address: git remote set-url origin URL"
            return ForgeError(f"{self.what} has moved", hint, status=status)
        return ForgeError(f"{self.what} refuses ({method}, {status}){why}", status=status)


@dataclass(frozen=True, slots=True)
class _Again:
    """It may be tried again: after so many seconds if the forge says so; else `error` is what happened."""

    error: UnavailableError
    after: float | None = None


@dataclass(frozen=True, slots=True)
class _Limit:
    after: float | None
    until: str | None


def _limit(status: int, headers: Mapping[str, str], data: bytes) -> _Limit | None:
    """Whether a refusal is about too many requests.

    GitHub answers 403 or 429 with `retry-after`, or with `x-ratelimit-remaining: 0` (its documentation, "Rate limits
    for the REST API"); GitLab and Gitea answer 429.
    """
    spent = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining")) == "0"
    secondary = b"secondary rate limit" in data[:2_000].lower()
    if status != 429 and not (status == 403 and (spent or secondary or "retry-after" in headers)):
        return None
    after = headers.get("retry-after", "")
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    seconds = float(after) if re.fullmatch(r"[0-9]{1,6}", after) else (60.0 if spent or secondary else None)
    return _Limit(seconds, f"{reset} seconds after 1970" if reset.isascii() and reset.isdigit() else None)


def _parsed(what: str, data: bytes) -> object:
    if not data.strip():
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnavailableError(
            f"{what} answered something that is no JSON", "A proxy or a log-in page may stand in between."
        ) from None


def words_of(data: bytes) -> str:
    """What a forge says of its refusal, in one line: GitHub's `message` and `errors`, GitLab's `message` or `error`.

    GitLab's `message` is a text, a list of them, or lists of them by field.
    """
    try:
        parsed: object = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    message = pick(parsed, "message")
    said = [message] if isinstance(message, str) else [str(one) for one in items(parsed, "message")]
    if isinstance(message, dict):
        said = [f"{name} {one}" for name, found in message.items() for one in items(found)]
    said += [text(parsed, "error")]
    for error in items(parsed, "errors"):
        said.append(error if isinstance(error, str) else text(error, "message") or text(error, "code"))
    line = "; ".join(dict.fromkeys(" ".join(one.split()) for one in said if one.strip()))
    return line[:500]

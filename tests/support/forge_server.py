"""What the servers that stand in for forges have in common: a real bare repository behind a JSON API on loopback."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode

PAGE = 2
"""So few items to a page that every list of the tests has several."""

Row = tuple[str, str, Callable[..., object]]
"""Method, pattern of the path as it was sent, and what is done with the groups of the pattern."""


@dataclass
class Pull:
    number: int
    title: str
    body: str
    branch: str
    base: str
    author: str
    owner: str = "acme"
    state: str = "open"
    merged_as: str | None = None
    head_at_merge: str | None = None
    labels: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    reviews: list[dict[str, object]] = field(default_factory=list)
    comments: list[dict[str, object]] = field(default_factory=list)


class RefusedError(Exception):
    def __init__(self, status: int, message: object, **more: object) -> None:
        super().__init__(str(message))
        self.status = status
        self.body = {"message": message, **more}


class NotReadyError(Exception):
    """Somebody or something has to do more before it is merged; `moved` where the branch is not what was expected."""

    def __init__(self, message: str, *, moved: bool = False) -> None:
        super().__init__(message)
        self.moved = moved


class ForgeServer(ABC):
    """One repository `acme/models` whose bytes are the bare repository `bare`; `token` speaks for `me`."""

    def __init__(self, bare: Path, *, token: str = "t0ken", me: str = "alice") -> None:
        self.bare, self.token, self.me = bare, token, me
        self.pulls: list[Pull] = []
        self.statuses: list[tuple[str, dict[str, object]]] = []
        self.deployments: list[dict[str, object]] = []
        self.approvals_needed = 0
        self.asked: list[tuple[str, str]] = []
        """Method and path of every request, as they came."""
        self.sent: list[tuple[str, str, dict[str, str], dict[str, object]]] = []
        """Method, path, query and body of every request that was answered."""
        self.failing: list[int] = []
        """Statuses to answer with, one a request, before anything else is answered."""
        self.losing: str | None = None
        """The method of a request that is carried out once, and whose answer is lost."""
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @abstractmethod
    def rows(self, query: dict[str, str], body: dict[str, object]) -> list[Row]:
        """What this forge answers."""

    @abstractmethod
    def signature(self) -> tuple[str, str]:
        """The header in which the token comes, and how."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.bare), *words], check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip()

    def head(self, pull: Pull) -> str:
        return pull.head_at_merge or self.git("rev-parse", f"refs/heads/{pull.branch}")

    def pull(self, number: int) -> Pull:
        for pull in self.pulls:
            if pull.number == number:
                return pull
        raise RefusedError(404, "Not Found")

    def only_here(self, branch: str, base: str) -> Sequence[str]:
        """The commits of a branch that its base has not."""
        return self.git("rev-list", f"refs/heads/{base}..refs/heads/{branch}").split()

    def opened(self, branch: str, base: str, title: str, body: str) -> Pull:
        self.pulls.append(Pull(len(self.pulls) + 1, title, body, branch, base, self.me))
        return self.pulls[-1]

    def squash(self, pull: Pull, expected: object, message: str, approved: set[str]) -> str:
        """What every forge does to merge; raises NotReadyError as each says in its own way."""
        if pull.state != "open":
            raise NotReadyError("Pull Request is not mergeable")
        head = self.head(pull)
        if expected != head:
            raise NotReadyError("Head branch was modified. Review and try the merge again.", moved=True)
        if self.approvals_needed and head not in approved:
            raise NotReadyError("At least 1 approving review is required by reviewers with write access.")
        base = self.git("rev-parse", f"refs/heads/{pull.base}")
        try:
            tree = self.git("merge-tree", "--write-tree", base, head)
        except subprocess.CalledProcessError:
            raise NotReadyError("Merge conflict") from None
        who = ("-c", "user.name=Forge", "-c", "user.email=noreply@forge.example")
        commit = self.git(*who, "commit-tree", tree, "-p", base, "-m", message)
        # The forge's own update: hooks of the bare repository judge pushes, not this.
        self.git("update-ref", f"refs/heads/{pull.base}", commit, base)
        pull.state, pull.merged_as, pull.head_at_merge = "closed", commit, head
        return commit

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, object]) -> object:
        for verb, pattern, act in self.rows(query, body):
            found = re.fullmatch(pattern, path)
            if verb == method and found is not None:
                return act(*found.groups())
        raise RefusedError(404, "Not Found")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                path, _, asked = self.path.partition("?")
                query = dict(parse_qsl(asked))
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with server._lock:
                    server.asked.append((self.command, path))
                    status, found = self._found(path, query, json.loads(data) if data else {})
                link = ""
                if isinstance(found, list):
                    at = int(query.get("page", "1"))
                    if len(found) > at * PAGE:
                        following = urlencode({**query, "page": at + 1})
                        link = f'<{server.url}{path}?{following}>; rel="next"'
                    found = found[(at - 1) * PAGE : at * PAGE]
                body = b"" if found is None else json.dumps(found).encode()
                self.send_response(status)
                if link:
                    self.send_header("Link", link)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _found(self, path: str, query: dict[str, str], body: dict[str, object]) -> tuple[int, object]:
                if server.failing:
                    return server.failing.pop(0), {"message": "as told"}
                header, value = server.signature()
                if self.headers.get(header) != value:
                    return 401, {"message": "Bad credentials"}
                server.sent.append((self.command, path, query, body))
                try:
                    done = server.answer(self.command, path, query, body)
                except RefusedError as refused:
                    return refused.status, refused.body
                if server.losing == self.command:
                    server.losing = None
                    return 502, {"message": "Bad Gateway"}
                return 200, done

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Nothing: a test that fails shows what was asked in `asked`."""

        return Handler

"""GitHub as far as Mooring speaks to it: pull requests over a real bare repository, on loopback.

It answers what GitHub answers (status codes and messages by docs.github.com/rest), and `real_forge` tests hold the
requests themselves against GitHub's own OpenAPI description.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

PAGE = 2
"""So few items to a page that every list of the tests has several."""


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
    def __init__(self, status: int, message: str, *errors: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "errors": [{"message": error} for error in errors]}


class GitHubServer:
    """One repository `acme/models` whose bytes are the bare repository `bare`; `token` speaks for `me`."""

    def __init__(self, bare: Path, *, token: str = "t0ken", me: str = "alice") -> None:
        self.bare, self.token, self.me = bare, token, me
        self.pulls: list[Pull] = []
        self.statuses: list[tuple[str, dict[str, object]]] = []
        self.deployments: list[dict[str, object]] = []
        self.rules: list[dict[str, object]] = []
        self.rulesets: list[dict[str, object]] = []
        self.settings: dict[str, object] = {
            "allow_squash_merge": True,
            "allow_merge_commit": True,
            "allow_rebase_merge": True,
            "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
            "squash_merge_commit_message": "COMMIT_MESSAGES",
        }
        self.approvals_needed = 0
        self.asked: list[tuple[str, str]] = []
        """Method and path of every request, as they came."""
        self.failing: list[int] = []
        """Statuses to answer with, one a request, before anything else is answered."""
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

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

    def review(self, number: int, login: str, state: str = "APPROVED", commit: str | None = None) -> None:
        """Somebody looks at a pull request on the page."""
        pull = self._pull(number)
        pull.reviews.append(
            {"user": {"login": login}, "state": state, "commit_id": commit or self._head(pull)}
        )

    def _head(self, pull: Pull) -> str:
        return pull.head_at_merge or self.git("rev-parse", f"refs/heads/{pull.branch}")

    def _pull(self, number: int) -> Pull:
        for pull in self.pulls:
            if pull.number == number:
                return pull
        raise RefusedError(404, "Not Found")

    def _shown(self, pull: Pull) -> dict[str, object]:
        return {
            "number": pull.number,
            "html_url": f"https://github.com/acme/models/pull/{pull.number}",
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "user": {"login": pull.author},
            "head": {"label": f"{pull.owner}:{pull.branch}", "ref": pull.branch, "sha": self._head(pull)},
            "base": {"ref": pull.base},
            "labels": [{"name": name} for name in pull.labels],
            "merged": pull.merged_as is not None,
            "merged_at": "2026-01-01T00:00:00Z" if pull.merged_as else None,
            "merge_commit_sha": pull.merged_as or self._head(pull),
        }

    def _open(self, body: dict[str, object]) -> object:
        branch, base = str(body["head"]), str(body["base"])
        if any(pull.branch == branch and pull.state == "open" for pull in self.pulls):
            raise RefusedError(422, "Validation Failed", f"A pull request already exists for acme:{branch}.")
        if not self.git("rev-list", f"refs/heads/{base}..refs/heads/{branch}"):
            raise RefusedError(422, "Validation Failed", f"No commits between {base} and {branch}")
        pull = Pull(len(self.pulls) + 1, str(body["title"]), str(body["body"]), branch, base, self.me)
        self.pulls.append(pull)
        return self._shown(pull)

    def _merge(self, number: int, body: dict[str, object]) -> object:
        pull = self._pull(number)
        if pull.state != "open":
            raise RefusedError(405, "Pull Request is not mergeable")
        if body.get("sha") != self._head(pull):
            raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
        approved = {review["commit_id"] for review in pull.reviews if review["state"] == "APPROVED"}
        if self.approvals_needed and self._head(pull) not in approved:
            raise RefusedError(405, "At least 1 approving review is required by reviewers with write access.")
        base, head = self.git("rev-parse", f"refs/heads/{pull.base}"), self._head(pull)
        try:
            tree = self.git("merge-tree", "--write-tree", base, head)
        except subprocess.CalledProcessError:
            raise RefusedError(405, "Merge conflict") from None
        message = f"{body['commit_title']}\n\n{body['commit_message']}"
        commit = self.git(
            *("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com"),
            *("commit-tree", tree, "-p", base, "-m", message),
        )
        # The forge's own update: hooks of the bare repository judge pushes, not this.
        self.git("update-ref", f"refs/heads/{pull.base}", commit, base)
        pull.state, pull.merged_as, pull.head_at_merge = "closed", commit, head
        return {"sha": commit, "merged": True, "message": "Pull Request successfully merged"}

    def _change(self, number: int, body: dict[str, object]) -> object:
        pull = self._pull(number)
        pull.title, pull.body = str(body.get("title", pull.title)), str(body.get("body", pull.body))
        pull.state = str(body.get("state", pull.state))
        return self._shown(pull)

    def _comment(self, number: int, body: dict[str, object]) -> object:
        pull = self._pull(number)
        made: dict[str, object] = {
            "id": 100 * number + len(pull.comments),
            "body": body["body"],
            "user": {"login": self.me, "type": "User"},
            "html_url": f"https://github.com/acme/models/pull/{number}#issuecomment-{len(pull.comments)}",
        }
        pull.comments.append(made)
        return made

    def _edit(self, identifier: int, body: dict[str, object]) -> object:
        for pull in self.pulls:
            for comment in pull.comments:
                if comment["id"] == identifier:
                    comment["body"] = body["body"]
                    return comment
        raise RefusedError(404, "Not Found")

    def _deploy(self, body: dict[str, object]) -> object:
        self.deployments.append({"id": len(self.deployments) + 1, **body, "states": []})
        return self.deployments[-1]

    def _deployed(self, identifier: int, body: dict[str, object]) -> object:
        states = self.deployments[identifier - 1]["states"]
        assert isinstance(states, list)
        states.append(body["state"])
        return {"id": 1}

    def _label(self, number: int, body: dict[str, object]) -> object:
        labels = body["labels"]
        assert isinstance(labels, list)
        pull = self._pull(number)
        pull.labels = list(dict.fromkeys([*pull.labels, *labels]))
        return []

    def _ask(self, number: int, body: dict[str, object]) -> object:
        pull = self._pull(number)
        wanted = body["reviewers"]
        assert isinstance(wanted, list)
        if pull.author in wanted:
            raise RefusedError(422, "Review cannot be requested from pull request author.")
        pull.asked += wanted
        return self._shown(pull)

    def _newest_first(self, commit: str) -> object:
        return [{"target_url": None, **said} for at, said in reversed(self.statuses) if at == commit]

    def _status(self, commit: str, body: dict[str, object]) -> object:
        self.statuses.append((commit, body))
        return {"id": 1}

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, object]) -> object:
        repo = "/repos/acme/models"
        table: list[tuple[str, str, Callable[..., object]]] = [
            ("GET", "/user", lambda: {"login": self.me}),
            ("GET", repo, lambda: dict(self.settings)),
            ("PATCH", repo, lambda: self._set(body)),
            ("GET", f"{repo}/rulesets", lambda: self.rulesets),
            ("POST", f"{repo}/rulesets", lambda: self._rule(None, body)),
            ("PUT", rf"{repo}/rulesets/(\d+)", lambda n: self._rule(int(n), body)),
            ("GET", f"{repo}/pulls", lambda: self._list(query)),
            ("POST", f"{repo}/pulls", lambda: self._open(body)),
            ("GET", rf"{repo}/pulls/(\d+)", lambda n: self._shown(self._pull(int(n)))),
            ("PATCH", rf"{repo}/pulls/(\d+)", lambda n: self._change(int(n), body)),
            ("PUT", rf"{repo}/pulls/(\d+)/merge", lambda n: self._merge(int(n), body)),
            ("GET", rf"{repo}/pulls/(\d+)/reviews", lambda n: self._pull(int(n)).reviews),
            ("POST", rf"{repo}/pulls/(\d+)/requested_reviewers", lambda n: self._ask(int(n), body)),
            ("POST", rf"{repo}/issues/(\d+)/labels", lambda n: self._label(int(n), body)),
            ("GET", rf"{repo}/issues/(\d+)/comments", lambda n: self._pull(int(n)).comments),
            ("POST", rf"{repo}/issues/(\d+)/comments", lambda n: self._comment(int(n), body)),
            ("PATCH", rf"{repo}/issues/comments/(\d+)", lambda n: self._edit(int(n), body)),
            ("GET", rf"{repo}/commits/([0-9a-f]+)/statuses", lambda commit: self._newest_first(commit)),
            ("POST", rf"{repo}/statuses/([0-9a-f]+)", lambda commit: self._status(commit, body)),
            ("POST", rf"{repo}/deployments", lambda: self._deploy(body)),
            ("POST", rf"{repo}/deployments/(\d+)/statuses", lambda n: self._deployed(int(n), body)),
            ("GET", rf"{repo}/rules/branches/main", lambda: self.rules),
        ]
        for verb, pattern, act in table:
            found = re.fullmatch(pattern, path)
            if verb == method and found is not None:
                return act(*found.groups())
        raise RefusedError(404, "Not Found")

    def _set(self, body: dict[str, object]) -> object:
        self.settings.update(body)
        return self.settings

    def _rule(self, number: int | None, body: dict[str, object]) -> object:
        """A ruleset takes the place of its older self, and its rules hold for main."""
        made = {"id": number or len(self.rulesets) + 1, **body}
        self.rulesets = [one for one in self.rulesets if one["id"] != number] + [made]
        rules = body["rules"]
        assert isinstance(rules, list)
        self.rules = rules
        return made

    def _list(self, query: dict[str, str]) -> object:
        owner, _, wanted = query.get("head", "").partition(":")
        return [
            self._shown(pull)
            for pull in self.pulls
            if pull.state == query.get("state", "open")
            and (owner, wanted) in (("", ""), (pull.owner, pull.branch))
        ]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                path, _, asked = self.path.partition("?")
                query = dict(pair.split("=", 1) for pair in asked.split("&") if "=" in pair)
                query = {key: value.replace("%3A", ":").replace("%2F", "/") for key, value in query.items()}
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with server._lock:
                    server.asked.append((self.command, path))
                    status, found = self._found(path, query, json.loads(data) if data else {})
                link = ""
                if isinstance(found, list):
                    at = int(query.get("page", "1"))
                    if len(found) > at * PAGE:
                        rest = "&".join(f"{key}={value}" for key, value in query.items() if key != "page")
                        link = f'<{server.url}{path}?{rest}&page={at + 1}>; rel="next"'
                    found = found[(at - 1) * PAGE : at * PAGE]
                body = json.dumps(found).encode()
                self.send_response(status)
                if link:
                    self.send_header("Link", link)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _found(self, path: str, query: dict[str, str], body: dict[str, object]) -> tuple[int, object]:
                if server.failing:
                    return server.failing.pop(0), {"message": "as told"}
                if self.headers.get("Authorization") != f"Bearer {server.token}":
                    return 401, {"message": "Bad credentials"}
                try:
                    return 200, server.answer(self.command, path, query, body)
                except RefusedError as refused:
                    return refused.status, refused.body

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Nothing: a test that fails shows what was asked in `asked`."""

        return Handler

"""Gitea as far as Mooring speaks to it (routers/api/v1 of its source), over a real bare repository, on loopback."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote

from tests.support.forge_server import ForgeServer, NotReadyError, Pull, RefusedError, Row

STYLES = ("merge_commits", "rebase", "rebase_explicit", "squash_merge", "fast_forward_only_merge")


class GiteaServer(ForgeServer):
    """`admin` may see and write the rules of branches."""

    def __init__(self, bare: Path, *, token: str = "t0ken", me: str = "alice", admin: bool = True) -> None:
        super().__init__(bare, token=token, me=me)
        self.admin = admin
        self.people = [me, "bob", "carol"]
        self.labels: dict[str, int] = {}
        self.rules: dict[str, dict[str, object]] = {}
        self.settings: dict[str, object] = {f"allow_{style}": True for style in STYLES}

    def signature(self) -> tuple[str, str]:
        return "Authorization", f"token {self.token}"

    def review(self, number: int, login: str, state: str = "APPROVED", commit: str | None = None) -> None:
        """Somebody looks at a pull request on the page."""
        words = {"CHANGES_REQUESTED": "REQUEST_CHANGES", "COMMENTED": "COMMENT"}
        pull = self.pull(number)
        pull.reviews.append(
            {
                "id": len(pull.reviews),
                "user": {"login": login},
                "state": words.get(state, state),
                "commit_id": commit or self.head(pull),
                "dismissed": False,
            }
        )

    def _shown(self, pull: Pull) -> dict[str, object]:
        return {
            "number": pull.number,
            "html_url": f"https://gitea.com/acme/models/pulls/{pull.number}",
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "user": {"login": pull.author},
            "head": {
                "label": pull.branch,
                "ref": pull.branch,
                "sha": self.head(pull),
                "repo": {"owner": {"login": pull.owner}} if pull.owner else None,
            },
            "base": {"label": pull.base, "ref": pull.base},
            "labels": [{"name": name} for name in pull.labels],
            "merged": pull.merged_as is not None,
            "merge_commit_sha": pull.merged_as,
        }

    def _open(self, body: dict[str, object]) -> object:
        branch, base = str(body["head"]), str(body["base"])
        if any(pull.branch == branch and pull.state == "open" for pull in self.pulls):
            raise RefusedError(
                409, "pull request already exists for these targets [id: 1]", url="/api/swagger"
            )
        return self._shown(self.opened(branch, base, str(body["title"]), str(body["body"])))

    def _merge(self, number: int, body: dict[str, object]) -> None:
        pull = self.pull(number)
        assert body["Do"] == body["do"] == "squash"
        approved = {str(review["commit_id"]) for review in pull.reviews if review["state"] == "APPROVED"}
        message = f"{body['MergeTitleField']}\n\n{body['MergeMessageField']}"
        if pull.merged_as:
            raise RefusedError(405, "PR already merged")
        try:
            self.squash(pull, body.get("head_commit_id"), message, approved)
        except NotReadyError as error:
            raise RefusedError(409 if error.moved else 405, f"head out of date: {error}") from None

    def _change(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        pull.title, pull.body = str(body.get("title", pull.title)), str(body.get("body", pull.body))
        pull.state = str(body.get("state", pull.state))
        return self._shown(pull)

    def _comment(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        made: dict[str, object] = {
            "id": 100 * number + len(pull.comments),
            "body": body["body"],
            "user": {"login": self.me},
            "html_url": f"https://gitea.com/acme/models/pulls/{number}#issuecomment-{len(pull.comments)}",
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

    def _make_label(self, body: dict[str, object]) -> object:
        self.labels[str(body["name"])] = len(self.labels) + 1
        return {"id": len(self.labels), "name": body["name"]}

    def _label(self, number: int, body: dict[str, object]) -> object:
        names = {number: name for name, number in self.labels.items()}
        wanted = body["labels"]
        assert isinstance(wanted, list)
        pull = self.pull(number)
        pull.labels = list(dict.fromkeys([*pull.labels, *(names[one] for one in wanted)]))
        return []

    def _ask(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        wanted = body["reviewers"]
        assert isinstance(wanted, list)
        if not set(wanted) <= set(self.people):
            raise RefusedError(404, "UserNotExist")
        if pull.author in wanted:
            raise RefusedError(422, "poster of pr can't be reviewer")
        pull.asked += wanted
        return []

    def _status(self, commit: str, body: dict[str, object]) -> object:
        made = {"id": len(self.statuses) + 1, "target_url": "", "status": body["state"], **body}
        self.statuses.append((commit, made))
        return made

    def _branch(self, name: str) -> object:
        for rule in [*self.rules.values()]:
            if fnmatchcase(unquote(name), str(rule["rule_name"])):
                return {
                    "name": name,
                    "protected": True,
                    "effective_branch_protection_name": rule["rule_name"] if self.admin else "",
                    **{key: rule.get(key) for key in ("required_approvals", "enable_status_check")},
                    "status_check_contexts": rule.get("status_check_contexts"),
                }
        return {"name": name, "protected": False, "effective_branch_protection_name": ""}

    def _rule(self, name: str) -> dict[str, object]:
        if unquote(name) not in self.rules or not self.admin:
            raise RefusedError(404, "Not Found")
        return self.rules[unquote(name)]

    def _make_rule(self, body: dict[str, object]) -> object:
        # A name comes before a pattern.
        self.rules = {str(body["rule_name"]): dict(body), **self.rules}
        return body

    def _set(self, where: dict[str, object], body: dict[str, object]) -> object:
        where.update(body)
        return where

    def _compare(self, base: str, branch: str) -> object:
        return {"total_commits": len(self.only_here(unquote(branch), unquote(base))), "commits": []}

    def rows(self, query: dict[str, str], body: dict[str, object]) -> list[Row]:
        repo = "/repos/acme/models"
        pull = rf"{repo}/pulls/(\d+)"
        return [
            ("GET", "/user", lambda: {"login": self.me}),
            ("GET", repo, lambda: dict(self.settings)),
            ("PATCH", repo, lambda: self._set(self.settings, body)),
            ("GET", rf"{repo}/compare/(.+)\.\.\.(.+)", self._compare),
            (
                "GET",
                f"{repo}/pulls",
                lambda: [self._shown(one) for one in self.pulls if one.state == query["state"]],
            ),
            ("POST", f"{repo}/pulls", lambda: self._open(body)),
            ("GET", pull, lambda n: self._shown(self.pull(int(n)))),
            ("PATCH", pull, lambda n: self._change(int(n), body)),
            ("POST", f"{pull}/merge", lambda n: self._merge(int(n), body)),
            ("GET", f"{pull}/reviews", lambda n: self.pull(int(n)).reviews),
            ("POST", f"{pull}/requested_reviewers", lambda n: self._ask(int(n), body)),
            (
                "GET",
                f"{repo}/labels",
                lambda: [{"id": number, "name": name} for name, number in self.labels.items()],
            ),
            ("POST", f"{repo}/labels", lambda: self._make_label(body)),
            ("POST", rf"{repo}/issues/(\d+)/labels", lambda n: self._label(int(n), body)),
            ("GET", rf"{repo}/issues/(\d+)/comments", lambda n: self.pull(int(n)).comments),
            ("POST", rf"{repo}/issues/(\d+)/comments", lambda n: self._comment(int(n), body)),
            ("PATCH", rf"{repo}/issues/comments/(\d+)", lambda n: self._edit(int(n), body)),
            (
                "GET",
                rf"{repo}/commits/([0-9a-f]+)/statuses",
                lambda commit: [said for at, said in self.statuses if at == commit],
            ),
            ("POST", rf"{repo}/statuses/([0-9a-f]+)", lambda commit: self._status(commit, body)),
            ("GET", rf"{repo}/branches/(.+)", self._branch),
            ("POST", f"{repo}/branch_protections", lambda: self._make_rule(body)),
            ("GET", rf"{repo}/branch_protections/([^/]+)", self._rule),
            ("PATCH", rf"{repo}/branch_protections/([^/]+)", lambda n: self._set(self._rule(n), body)),
        ]

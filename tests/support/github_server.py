"""GitHub as far as Mooring speaks to it: pull requests over a real bare repository, on loopback.

It answers what GitHub answers (status codes and messages by docs.github.com/rest), and `real_forge` tests hold the
requests themselves against GitHub's own OpenAPI description.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.forge_server import ForgeServer, NotReadyError, Pull, RefusedError, Row


class GitHubServer(ForgeServer):
    def __init__(self, bare: Path, *, token: str = "t0ken", me: str = "alice") -> None:
        super().__init__(bare, token=token, me=me)
        self.rules: list[dict[str, object]] = []
        self.rulesets: list[dict[str, object]] = []
        self.settings: dict[str, object] = {
            "allow_squash_merge": True,
            "allow_merge_commit": True,
            "allow_rebase_merge": True,
            "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
            "squash_merge_commit_message": "COMMIT_MESSAGES",
        }

    def signature(self) -> tuple[str, str]:
        return "Authorization", f"Bearer {self.token}"

    def review(self, number: int, login: str, state: str = "APPROVED", commit: str | None = None) -> None:
        """Somebody looks at a pull request on the page."""
        pull = self.pull(number)
        pull.reviews.append(
            {"user": {"login": login}, "state": state, "commit_id": commit or self.head(pull)}
        )

    def _shown(self, pull: Pull) -> dict[str, object]:
        return {
            "number": pull.number,
            "html_url": f"https://github.com/acme/models/pull/{pull.number}",
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "user": {"login": pull.author},
            "head": {"label": f"{pull.owner}:{pull.branch}", "ref": pull.branch, "sha": self.head(pull)},
            "base": {"ref": pull.base},
            "labels": [{"name": name} for name in pull.labels],
            "merged": pull.merged_as is not None,
            "merged_at": "2026-01-01T00:00:00Z" if pull.merged_as else None,
            "merge_commit_sha": pull.merged_as or self.head(pull),
        }

    def _open(self, body: dict[str, object]) -> object:
        branch, base = str(body["head"]), str(body["base"])
        if any(pull.branch == branch and pull.state == "open" for pull in self.pulls):
            said = f"A pull request already exists for acme:{branch}."
            raise RefusedError(422, "Validation Failed", errors=[{"message": said}])
        if not self.only_here(branch, base):
            said = f"No commits between {base} and {branch}"
            raise RefusedError(422, "Validation Failed", errors=[{"message": said}])
        return self._shown(self.opened(branch, base, str(body["title"]), str(body["body"])))

    def _merge(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        approved = {str(review["commit_id"]) for review in pull.reviews if review["state"] == "APPROVED"}
        message = f"{body['commit_title']}\n\n{body['commit_message']}"
        try:
            commit = self.squash(pull, body.get("sha"), message, approved)
        except NotReadyError as error:
            raise RefusedError(409 if error.moved else 405, str(error)) from None
        return {"sha": commit, "merged": True, "message": "Pull Request successfully merged"}

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
        pull = self.pull(number)
        pull.labels = list(dict.fromkeys([*pull.labels, *labels]))
        return []

    def _ask(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
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

    def rows(self, query: dict[str, str], body: dict[str, object]) -> list[Row]:
        repo = "/repos/acme/models"
        return [
            ("GET", "/user", lambda: {"login": self.me}),
            ("GET", repo, lambda: dict(self.settings)),
            ("PATCH", repo, lambda: self._set(body)),
            ("GET", f"{repo}/rulesets", lambda: self.rulesets),
            ("POST", f"{repo}/rulesets", lambda: self._rule(None, body)),
            ("PUT", rf"{repo}/rulesets/(\d+)", lambda n: self._rule(int(n), body)),
            ("GET", f"{repo}/pulls", lambda: self._list(query)),
            ("POST", f"{repo}/pulls", lambda: self._open(body)),
            ("GET", rf"{repo}/pulls/(\d+)", lambda n: self._shown(self.pull(int(n)))),
            ("PATCH", rf"{repo}/pulls/(\d+)", lambda n: self._change(int(n), body)),
            ("PUT", rf"{repo}/pulls/(\d+)/merge", lambda n: self._merge(int(n), body)),
            ("GET", rf"{repo}/pulls/(\d+)/reviews", lambda n: self.pull(int(n)).reviews),
            ("POST", rf"{repo}/pulls/(\d+)/requested_reviewers", lambda n: self._ask(int(n), body)),
            ("POST", rf"{repo}/issues/(\d+)/labels", lambda n: self._label(int(n), body)),
            ("GET", rf"{repo}/issues/(\d+)/comments", lambda n: self.pull(int(n)).comments),
            ("POST", rf"{repo}/issues/(\d+)/comments", lambda n: self._comment(int(n), body)),
            ("PATCH", rf"{repo}/issues/comments/(\d+)", lambda n: self._edit(int(n), body)),
            ("GET", rf"{repo}/commits/([0-9a-f]+)/statuses", lambda commit: self._newest_first(commit)),
            ("POST", rf"{repo}/statuses/([0-9a-f]+)", lambda commit: self._status(commit, body)),
            ("POST", rf"{repo}/deployments", lambda: self._deploy(body)),
            ("POST", rf"{repo}/deployments/(\d+)/statuses", lambda n: self._deployed(int(n), body)),
            ("GET", rf"{repo}/rules/branches/main", lambda: self.rules),
        ]

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

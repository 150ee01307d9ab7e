"""GitLab as far as Mooring speaks to it (docs.gitlab.com/api), over a real bare repository, on loopback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from tests.support.forge_server import ForgeServer, NotReadyError, Pull, RefusedError, Row

MINUTE = timedelta(minutes=1)


class GitLabServer(ForgeServer):
    """`paid` is a tier that has approval settings; `now` is what its clock says."""

    def __init__(self, bare: Path, *, token: str = "t0ken", me: str = "alice", paid: bool = True) -> None:
        super().__init__(bare, token=token, me=me)
        self.paid, self.now = paid, datetime(2026, 1, 1, tzinfo=UTC)
        self.people = {me: 1, "bob": 2, "carol": 3}
        self.versions: dict[int, list[dict[str, object]]] = {}
        self.settings: dict[str, object] = {
            "default_branch": "main",
            "merge_method": "merge",
            "squash_option": "default_off",
            "squash_commit_template": None,
            "only_allow_merge_if_pipeline_succeeds": False,
        }
        self.approval_settings: dict[str, object] = {"reset_approvals_on_push": False}
        self.protected: dict[str, dict[str, object]] = {}

    def signature(self) -> tuple[str, str]:
        return "PRIVATE-TOKEN", self.token

    def review(self, number: int, login: str, state: str = "APPROVED", commit: str | None = None) -> None:
        """Somebody looks on the page at what the branch has now; `commit` is what they looked at before a push."""
        pull = self.pull(number)
        at = self._version(pull, commit)
        pull.reviews = [one for one in pull.reviews if one["login"] != login]
        pull.reviews.append({"login": login, "state": state, "at": (at + MINUTE).isoformat()})
        self._version(pull, None)

    def _version(self, pull: Pull, commit: str | None) -> datetime:
        """Each time when the branch is another, there is a version of the changes more."""
        self.now += 2 * MINUTE
        head = commit or self.head(pull)
        there = self.versions.setdefault(pull.number, [])
        if not there or there[-1]["head_commit_sha"] != head:
            there.append({"id": len(there), "head_commit_sha": head, "created_at": self.now.isoformat()})
        return self.now

    def _shown(self, pull: Pull) -> dict[str, object]:
        self._version(pull, None)
        return {
            "iid": pull.number,
            "id": 1000 + pull.number,
            "web_url": f"https://gitlab.com/acme/models/-/merge_requests/{pull.number}",
            "state": "merged" if pull.merged_as else {"open": "opened"}.get(pull.state, pull.state),
            "title": pull.title,
            "description": pull.body,
            "author": {"username": pull.author, "id": 1},
            "source_branch": pull.branch,
            "target_branch": pull.base,
            "source_project_id": 7 if pull.owner == "acme" else 8,
            "target_project_id": 7,
            "sha": self.head(pull),
            "labels": pull.labels,
            "reviewers": [{"id": self.people[name], "username": name} for name in pull.asked],
            "merge_commit_sha": None,
            "squash_commit_sha": pull.merged_as,
        }

    def _open(self, body: dict[str, object]) -> object:
        branch, base = str(body["source_branch"]), str(body["target_branch"])
        if any(pull.branch == branch and pull.state == "open" for pull in self.pulls):
            said = "Another open merge request already exists for this source branch: !1"
            raise RefusedError(409, [said])
        return self._shown(self.opened(branch, base, str(body["title"]), str(body["description"])))

    def _merge(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        assert body["squash"] is True
        approved = {self.head(pull)} if any(one["state"] == "APPROVED" for one in pull.reviews) else set()
        try:
            self.squash(pull, body.get("sha"), str(body["squash_commit_message"]), approved)
        except NotReadyError as error:
            said = "SHA does not match HEAD of source branch: " if error.moved else "405 Method Not Allowed: "
            raise RefusedError(409 if error.moved else 405, said + str(error)) from None
        return self._shown(pull)

    def _change(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        pull.title, pull.body = str(body.get("title", pull.title)), str(body.get("description", pull.body))
        pull.state = "closed" if body.get("state_event") == "close" else pull.state
        added = [name for name in str(body.get("add_labels", "")).split(",") if name]
        pull.labels = list(dict.fromkeys([*pull.labels, *added]))
        asked = body.get("reviewer_ids")
        if isinstance(asked, list):
            names = {number: name for name, number in self.people.items()}
            pull.asked = [names[one] for one in asked]
        return self._shown(pull)

    def _note(self, number: int, body: dict[str, object]) -> object:
        pull = self.pull(number)
        made = {"id": 100 * number + len(pull.comments), "body": body["body"], "system": False}
        pull.comments.append({**made, "author": {"username": self.me}})
        return pull.comments[-1]

    def _edit(self, number: int, identifier: int, body: dict[str, object]) -> object:
        for note in self.pull(number).comments:
            if note["id"] == identifier:
                note["body"] = body["body"]
                return note
        raise RefusedError(404, "404 Note Not Found")

    def _status(self, commit: str, body: dict[str, object]) -> object:
        for at, there in self.statuses:
            if (at, there["name"], there["status"]) == (commit, body["name"], "pending"):
                if body["state"] == "pending":
                    raise RefusedError(400, "Cannot transition status via :enqueue from :pending")
                there["status"] = body["state"]
                there.update(body)
                return there
        made = {"id": len(self.statuses) + 1, "target_url": None, "status": body["state"], **body}
        self.statuses.append((commit, made))
        return made

    def _approvals(self, number: int) -> object:
        approved = [one for one in self.pull(number).reviews if one["state"] == "APPROVED"]
        return {
            "approved_by": [
                {"user": {"username": one["login"]}, "approved_at": one["at"]} for one in approved
            ]
        }

    def _reviewers(self, number: int) -> object:
        words = {"APPROVED": "approved", "CHANGES_REQUESTED": "requested_changes"}
        reviews = self.pull(number).reviews
        return [{"user": {"username": one["login"]}, "state": words[str(one["state"])]} for one in reviews]

    def _compare(self, query: dict[str, str]) -> object:
        return {"commits": [{"id": one} for one in self.only_here(query["to"], query["from"])]}

    def _paid(self, found: object) -> object:
        if not self.paid:
            raise RefusedError(404, "404 Not Found")
        return found

    def _protect(self, body: dict[str, object]) -> object:
        if str(body["name"]) in self.protected:
            raise RefusedError(409, "Protected branch already exists")
        rule: dict[str, object] = {
            "name": body["name"],
            "allow_force_push": body.get("allow_force_push", False),
            "push_access_levels": [{"id": 1, "access_level": body.get("push_access_level", 40)}],
            "merge_access_levels": [{"id": 2, "access_level": body.get("merge_access_level", 40)}],
        }
        if self.paid:
            rule["code_owner_approval_required"] = False
        self.protected[str(body["name"])] = rule
        return rule

    def _own_rule(self, name: str) -> dict[str, object]:
        if unquote(name) not in self.protected:
            raise RefusedError(404, "404 Not found")
        return self.protected[unquote(name)]

    def _change_rule(self, name: str, body: dict[str, object]) -> object:
        rule = self._own_rule(name)
        rule["allow_force_push"] = body.get("allow_force_push", rule["allow_force_push"])
        if self.paid:  # The free tier does not know these, and says nothing.
            pushing = body.get("allowed_to_push")
            if isinstance(pushing, list):
                rule["push_access_levels"] = [one for one in pushing if not one.get("_destroy")]
            for key in ("code_owner_approval_required",):
                rule[key] = body.get(key, rule[key])
        return rule

    def _unprotect(self, name: str) -> None:
        self._own_rule(name)
        del self.protected[unquote(name)]

    def _list(self, query: dict[str, str]) -> object:
        assert query["state"] == "opened"
        return [
            self._shown(one)
            for one in self.pulls
            if one.state == "open" and one.branch == query["source_branch"]
        ]

    def _users(self, query: dict[str, str]) -> object:
        name = query["username"]
        return [{"id": self.people[name], "username": name}] if name in self.people else []

    def _set(self, where: dict[str, object], body: dict[str, object]) -> object:
        where.update(body)
        return where

    def _deploy(self, body: dict[str, object]) -> object:
        self.deployments.append({"id": 1, **body})
        return self.deployments[-1]

    def rows(self, query: dict[str, str], body: dict[str, object]) -> list[Row]:
        project = "/projects/acme%2Fmodels"
        one = rf"{project}/merge_requests/(\d+)"
        return [
            ("GET", "/user", lambda: {"username": self.me}),
            ("GET", "/users", lambda: self._users(query)),
            ("GET", "/projects/8", lambda: {"namespace": {"full_path": "mallory"}}),
            ("GET", project, lambda: dict(self.settings)),
            ("PUT", project, lambda: self._set(self.settings, body)),
            ("GET", f"{project}/merge_requests", lambda: self._list(query)),
            ("POST", f"{project}/merge_requests", lambda: self._open(body)),
            ("GET", one, lambda n: self._shown(self.pull(int(n)))),
            ("PUT", one, lambda n: self._change(int(n), body)),
            ("PUT", f"{one}/merge", lambda n: self._merge(int(n), body)),
            ("GET", f"{one}/approvals", lambda n: self._approvals(int(n))),
            ("GET", f"{one}/reviewers", lambda n: self._reviewers(int(n))),
            ("GET", f"{one}/versions", lambda n: self.versions[int(n)][::-1]),
            ("GET", f"{one}/notes", lambda n: self.pull(int(n)).comments),
            ("POST", f"{one}/notes", lambda n: self._note(int(n), body)),
            ("PUT", rf"{one}/notes/(\d+)", lambda n, note: self._edit(int(n), int(note), body)),
            ("GET", f"{project}/repository/compare", lambda: self._compare(query)),
            (
                "GET",
                rf"{project}/repository/commits/([0-9a-f]+)/statuses",
                lambda commit: [said for at, said in self.statuses if at == commit],
            ),
            ("POST", rf"{project}/statuses/([0-9a-f]+)", lambda commit: self._status(commit, body)),
            ("POST", f"{project}/deployments", lambda: self._deploy(body)),
            ("GET", f"{project}/approvals", lambda: self._paid(self.approval_settings)),
            ("POST", f"{project}/approvals", lambda: self._paid(self._set(self.approval_settings, body))),
            ("GET", f"{project}/approval_rules", lambda: self._paid([])),
            ("GET", f"{project}/protected_branches", lambda: list(self.protected.values())),
            ("POST", f"{project}/protected_branches", lambda: self._protect(body)),
            ("GET", rf"{project}/protected_branches/([^/]+)", self._own_rule),
            ("PATCH", rf"{project}/protected_branches/([^/]+)", lambda name: self._change_rule(name, body)),
            ("DELETE", rf"{project}/protected_branches/([^/]+)", self._unprotect),
        ]

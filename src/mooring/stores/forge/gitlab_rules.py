"""What GitLab enforces on a branch: protected branches, and settings of the project and of its approvals.

Approval settings and code owners need a paid tier: without it they are None, which is "unknown". GitLab requires that
pipelines succeed and not that a named job does, so that with it the required checks are None; the branch's own
`.gitlab-ci.yml` says what a pipeline does.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final
from urllib.parse import quote

from mooring.errors import MooringError, NotFoundError
from mooring.stores.forge.http import Client, items, pick, text
from mooring.stores.forge.port import ForgeError, Protection

_NOBODY: Final = 0
_MAINTAINERS: Final = 40
_TEMPLATE: Final = "%{title}\n\n%{description}"


def protection(client: Client, project: str, branch: str) -> Protection:
    """What holds for `branch`: of several rules the loosest counts (docs.gitlab.com, "Protection rules")."""
    rules = _rules(client, project, branch)
    settings = client.get(project)
    approvals = _paid(client, f"{project}/approvals")
    method, protected = text(settings, "merge_method"), bool(rules)
    return Protection(
        pull_request_required=protected and all(_pushed_by_nobody(rule) for rule in rules),
        approvals=_approvals(_paid(client, f"{project}/approval_rules"), branch),
        code_owners=_code_owners(rules),
        stale_reviews_dismissed=_said(approvals, "reset_approvals_on_push"),
        last_push_approval=_said(approvals, "merge_requests_disable_committers_approval"),
        required_checks=None if pick(settings, "only_allow_merge_if_pipeline_succeeds") is True else (),
        up_to_date_required=method in ("ff", "rebase_merge") if method else None,
        merge_queue=_said(settings, "merge_trains_enabled"),
        # With another method a squashed commit is merged by a merge commit.
        squash_only=text(settings, "squash_option") == "always" and method == "ff" if method else None,
        title_and_text=text(settings, "squash_commit_template").replace("\r\n", "\n").strip() == _TEMPLATE,
        linear_history=method == "ff" if method else None,
        force_pushes_refused=protected and all(pick(rule, "allow_force_push") is False for rule in rules),
        # A protected branch can be deleted on the page, the default branch by nobody.
        deletion_refused=text(settings, "default_branch") == branch,
    )


def protect(client: Client, project: str, branch: str, wanted: Protection) -> None:
    """Protect `branch` by a rule of its own name, and write the settings; other rules stay as they are.

    What the tier of GitLab does not have is left out: `protection` tells what is missing then.
    """
    _protect_branch(client, project, branch, wanted)
    settings: dict[str, object] = {}
    if wanted.squash_only:
        settings |= {"squash_option": "always", "remove_source_branch_after_merge": True}
    if wanted.squash_only or wanted.linear_history or wanted.up_to_date_required:
        settings["merge_method"] = "ff"
    if wanted.title_and_text:
        settings["squash_commit_template"] = _TEMPLATE
    if wanted.required_checks:
        settings["only_allow_merge_if_pipeline_succeeds"] = True
    if settings:
        client.send("PUT", project, settings)
    approvals: dict[str, object] = {}
    if wanted.stale_reviews_dismissed:
        approvals["reset_approvals_on_push"] = True
    if wanted.last_push_approval:
        approvals |= {
            "merge_requests_disable_committers_approval": True,
            "merge_requests_author_approval": False,
        }
    if approvals:
        _if_paid(client, "POST", f"{project}/approvals", approvals)


def _protect_branch(client: Client, project: str, branch: str, wanted: Protection) -> None:
    path = f"{project}/protected_branches"
    own = f"{path}/{quote(branch, safe='')}"
    rule = client.find(own)
    made: dict[str, object] = {"name": branch, "allow_force_push": False}
    if wanted.pull_request_required:
        made["push_access_level"] = _NOBODY
    if rule is None:
        client.send("POST", path, made)
    else:
        if wanted.force_pushes_refused and pick(rule, "allow_force_push") is not False:
            rule = client.send("PATCH", own, {"allow_force_push": False})
        if wanted.pull_request_required and not _pushed_by_nobody(rule):
            _take_push_away(client, path, own, rule, made)
    if wanted.code_owners:
        _if_paid(client, "PATCH", own, {"code_owner_approval_required": True})


def _take_push_away(client: Client, path: str, own: str, rule: object, made: dict[str, object]) -> None:
    """Let nobody push: in place where the tier can change who may, else by a rule in the place of the old one."""
    there = [one for one in items(rule, "push_access_levels") if isinstance(pick(one, "id"), int)]
    levels: list[dict[str, object]] = [{"id": pick(one, "id"), "_destroy": True} for one in there]
    changed = _if_paid(client, "PATCH", own, {"allowed_to_push": [*levels, {"access_level": _NOBODY}]})
    if changed is not None and _pushed_by_nobody(changed):
        return
    merging = items(rule, "merge_access_levels")
    if len(merging) > 1 or any(pick(one, key) for one in merging for key in ("user_id", "group_id")):
        raise ForgeError(
            "GitLab does not let this token change who may push, and who may merge cannot be said anew",
            "Set 'Allowed to push and merge' to 'No one' in Settings > Repository > Protected branches.",
        )
    level = pick(merging[0], "access_level") if merging else _MAINTAINERS
    with suppress(NotFoundError):  # The answer to a first attempt was lost.
        client.send("DELETE", own)
    try:
        client.send("POST", path, {**made, "merge_access_level": level})
    except MooringError as error:
        raise ForgeError(
            f"{made['name']} is NOT PROTECTED now: GitLab took its old rule away and no new one: {error.message}",
            "Run again at once: mooring forge protect --apply",
        ) from error


def _rules(client: Client, project: str, branch: str) -> list[object]:
    """The rules whose name is that of the branch, or a pattern of it: `*` stands for any text."""
    found: list[object] = []
    for rule in client.pages(f"{project}/protected_branches", {"per_page": 100}):
        pattern = ".*".join(re.escape(part) for part in text(rule, "name").split("*"))
        if re.fullmatch(pattern, branch):
            found.append(rule)
    return found


def _pushed_by_nobody(rule: object) -> bool:
    levels = items(rule, "push_access_levels")
    others = ("user_id", "group_id", "deploy_key_id")
    return bool(levels) and all(
        pick(one, "access_level") == _NOBODY and not any(pick(one, key) for key in others) for one in levels
    )


def _code_owners(rules: list[object]) -> bool | None:
    """Whether owners must approve: here alone the strictest of the rules counts."""
    said = [pick(rule, "code_owner_approval_required") for rule in rules]
    if True in said:
        return True
    return False if all(isinstance(one, bool) for one in said) else None


def _approvals(rules: object, branch: str) -> int | None:
    """How many approvals the rules for `branch` ask for at most; None where the tier has no such rules."""
    if rules is None:
        return None
    most = 0
    for rule in items(rules):
        branches = [text(one, "name") for one in items(rule, "protected_branches")]
        count = pick(rule, "approvals_required")
        if isinstance(count, int) and (not branches or branch in branches):
            most = max(most, count)
    return most


def _said(data: object, key: str) -> bool | None:
    found = pick(data, key)
    return found if isinstance(found, bool) else None


def _paid(client: Client, path: str) -> object | None:
    """What is at `path`; None where the tier has no such thing, or the token may not see it."""
    try:
        return client.get(path)
    except NotFoundError:
        return None
    except ForgeError as error:
        if error.status == 403:
            return None
        raise


def _if_paid(client: Client, method: str, path: str, body: dict[str, object]) -> object | None:
    """Change what only some tiers have; None where this one has not."""
    try:
        return client.send(method, path, body)
    except NotFoundError:
        return None
    except ForgeError as error:
        if error.status in (400, 403, 405, 422):
            return None
        raise

"""Rulesets of GitHub: what they enforce on a branch, and the one that Mooring writes (docs.github.com, "Rulesets")."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from mooring.stores.forge.http import Client, items, number, pick, text
from mooring.stores.forge.port import Protection

RULESET: Final = "mooring"


def protection(client: Client, repo: str, branch: str) -> Protection:
    """What all rulesets together enforce on `branch`, which everybody may read, and how the repository merges.

    Of rules of one type the strictest counts, as it does at GitHub.
    """
    rules = list(client.pages(f"{repo}/rules/branches/{quote(branch, safe='')}", {"per_page": 100}))
    reviews = [pick(rule, "parameters") for rule in rules if text(rule, "type") == "pull_request"]
    checks = [pick(rule, "parameters") for rule in rules if text(rule, "type") == "required_status_checks"]
    types = {text(rule, "type") for rule in rules}
    repository = client.get(repo)
    return Protection(
        pull_request_required="pull_request" in types,
        approvals=max((_count(one, "required_approving_review_count") for one in reviews), default=0),
        code_owners=_any(reviews, "require_code_owner_review"),
        stale_reviews_dismissed=_any(reviews, "dismiss_stale_reviews_on_push"),
        last_push_approval=_any(reviews, "require_last_push_approval"),
        required_checks=tuple(
            dict.fromkeys(
                text(check, "context") for one in checks for check in items(one, "required_status_checks")
            )
        ),
        up_to_date_required=_any(checks, "strict_required_status_checks_policy"),
        merge_queue="merge_queue" in types,
        squash_only=any(items(one, "allowed_merge_methods") == ["squash"] for one in reviews)
        or _squashes_only(repository),
        title_and_text=_title_and_text(repository),
        linear_history="required_linear_history" in types,
        force_pushes_refused="non_fast_forward" in types,
        deletion_refused="deletion" in types,
    )


def protect(client: Client, repo: str, branch: str, wanted: Protection) -> None:
    """Write the ruleset `mooring` anew and the settings of the repository; other rulesets stay as they are."""
    body = ruleset(branch, wanted)
    there = [
        number(one, "id")
        for one in client.pages(f"{repo}/rulesets", {"per_page": 100, "includes_parents": "false"})
        if text(one, "name") == RULESET
    ]
    if there:
        client.send("PUT", f"{repo}/rulesets/{there[0]}", body)
    else:
        client.send("POST", f"{repo}/rulesets", body)
    if wanted.squash_only:
        settings: dict[str, object] = {
            "allow_squash_merge": True,
            "allow_merge_commit": False,
            "allow_rebase_merge": False,
            "delete_branch_on_merge": True,
            "squash_merge_commit_title": "PR_TITLE",
            "squash_merge_commit_message": "PR_BODY",
        }
        client.send("PATCH", repo, settings)


def ruleset(branch: str, wanted: Protection) -> dict[str, object]:
    """The ruleset that enforces `wanted` on `branch`, as GitHub takes it."""
    rules: list[dict[str, object]] = []
    for type_, on in (
        ("deletion", wanted.deletion_refused),
        ("non_fast_forward", wanted.force_pushes_refused),
        ("required_linear_history", wanted.linear_history),
    ):
        rules += [{"type": type_}] if on else []
    if wanted.pull_request_required:
        parameters: dict[str, object] = {
            "required_approving_review_count": wanted.approvals or 0,
            "dismiss_stale_reviews_on_push": bool(wanted.stale_reviews_dismissed),
            "require_code_owner_review": bool(wanted.code_owners),
            "require_last_push_approval": bool(wanted.last_push_approval),
            "required_review_thread_resolution": False,
        }
        if wanted.squash_only:
            parameters["allowed_merge_methods"] = ["squash"]
        rules.append({"type": "pull_request", "parameters": parameters})
    if wanted.required_checks:
        rules.append(
            {
                "type": "required_status_checks",
                "parameters": {
                    "strict_required_status_checks_policy": bool(wanted.up_to_date_required),
                    "required_status_checks": [{"context": name} for name in wanted.required_checks],
                },
            }
        )
    return {
        "name": RULESET,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}},
        "rules": rules,
    }


def _any(parameters: list[object], key: str) -> bool:
    return any(pick(one, key) is True for one in parameters)


def _count(data: object, key: str) -> int:
    found = pick(data, key)
    return found if isinstance(found, int) else 0


def _squashes_only(repository: object) -> bool | None:
    """Whether the repository allows squash merges alone; None where the token may not see it."""
    said = [pick(repository, f"allow_{name}") for name in ("squash_merge", "merge_commit", "rebase_merge")]
    return said == [True, False, False] if all(isinstance(one, bool) for one in said) else None


def _title_and_text(repository: object) -> bool | None:
    title = text(repository, "squash_merge_commit_title")
    message = text(repository, "squash_merge_commit_message")
    return (title, message) == ("PR_TITLE", "PR_BODY") if title and message else None

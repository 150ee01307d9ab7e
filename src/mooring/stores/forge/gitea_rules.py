"""What Gitea or Forgejo enforces on a branch: its one effective rule, and how the repository merges.

Required checks are patterns there, and Actions name a check `WORKFLOW / JOB (EVENT)`: a job is required as `*JOB*`,
and told by its name. Code owners are asked for a review, and a merge can wait until whoever was asked has answered;
but such a request can be withdrawn, so that "enforced" is never said of them.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from mooring.errors import NotFoundError
from mooring.stores.forge.http import Client, items, pick, text
from mooring.stores.forge.port import ForgeError, Protection

_OTHER_STYLES: Final = (
    "allow_merge_commits",
    "allow_rebase",
    "allow_rebase_explicit",
    "allow_fast_forward_only_merge",
)
# What a rule has that is none of its settings.
_OWN: Final = frozenset({"rule_name", "branch_name", "created_at", "updated_at"})


def protection(client: Client, repo: str, branch: str) -> Protection:
    """What holds for `branch`; who may not see the rule learns of it what everybody may."""
    there = client.get(f"{repo}/branches/{quote(branch, safe='/')}")
    settings = client.get(repo)
    merges = [pick(settings, name) for name in ("allow_merge_commits", "allow_rebase_explicit")]
    linear = not any(merges) if all(isinstance(one, bool) for one in merges) else None
    squash_only = _squashes_only(settings)
    if pick(there, "protected") is not True:
        return Protection(
            **dict.fromkeys(_FLAGS, False),
            approvals=0,
            required_checks=(),
            squash_only=squash_only,
            linear_history=linear,
        )
    rule = _rule(client, repo, text(there, "effective_branch_protection_name"))
    told = rule if rule is not None else there
    checks = items(told, "status_check_contexts") if pick(told, "enable_status_check") is True else []
    stale = [_said(rule, name) for name in ("dismiss_stale_approvals", "ignore_stale_approvals")]
    return Protection(
        pull_request_required=None if rule is None else pick(rule, "enable_push") is False,
        approvals=_count(told),
        code_owners=None if rule is None or _said(rule, "block_on_official_review_requests") else False,
        stale_reviews_dismissed=None if rule is None else True in stale,
        last_push_approval=False,
        required_checks=tuple(str(one).strip("*") for one in checks),
        up_to_date_required=_said(rule, "block_on_outdated_branch"),
        merge_queue=False,
        squash_only=squash_only,
        linear_history=linear,
        # Before 1.23 nobody could force a push to a protected branch, and there was no word for it.
        force_pushes_refused=None if rule is None else pick(rule, "enable_force_push") is not True,
        deletion_refused=True,
    )


_FLAGS: Final = (
    *("pull_request_required", "code_owners", "stale_reviews_dismissed", "last_push_approval"),
    *("up_to_date_required", "merge_queue", "force_pushes_refused", "deletion_refused"),
)


def protect(client: Client, repo: str, branch: str, wanted: Protection) -> None:
    """Write the rule of the name of `branch` and the settings of the repository.

    A rule for more branches stays as it is: what it says is taken along into one for this branch, which comes first.
    """
    there = client.get(f"{repo}/branches/{quote(branch, safe='/')}")
    name = text(there, "effective_branch_protection_name")  # An administrator's token alone is told it.
    rule = _rule(client, repo, name)
    if pick(there, "protected") is True and rule is None:
        raise ForgeError(
            f"{client.what} does not show the rule of {branch} to this token",
            "Use the token of an administrator of the repository.",
        )
    settings = _settings(rule, wanted)
    if name == branch:
        client.send("PATCH", f"{repo}/branch_protections/{quote(name, safe='')}", settings)
    else:
        kept = (
            {key: value for key, value in rule.items() if key not in _OWN} if isinstance(rule, dict) else {}
        )
        client.send("POST", f"{repo}/branch_protections", {"rule_name": branch, **kept, **settings})
    if wanted.squash_only:
        styles: dict[str, object] = dict.fromkeys(_OTHER_STYLES, False)
        squash = {"allow_squash_merge": True, "default_merge_style": "squash"}
        client.send(
            "PATCH",
            repo,
            # Without the first Gitea takes none of the others.
            {"has_pull_requests": True, "default_delete_branch_after_merge": True, **styles, **squash},
        )


def _settings(rule: object, wanted: Protection) -> dict[str, object]:
    """What a rule must say; what it says already of approvals and checks is not loosened."""
    asked: tuple[tuple[bool | None, str, bool], ...] = (
        (wanted.pull_request_required, "enable_push", False),
        (wanted.pull_request_required, "enable_push_whitelist", False),
        (wanted.code_owners, "block_on_official_review_requests", True),
        (wanted.stale_reviews_dismissed, "dismiss_stale_approvals", True),
        (wanted.up_to_date_required, "block_on_outdated_branch", True),
        (wanted.force_pushes_refused, "enable_force_push", False),
    )
    settings: dict[str, object] = {key: value for on, key, value in asked if on}
    settings["required_approvals"] = max(_count(rule), wanted.approvals or 0)
    if wanted.required_checks:
        there = items(rule, "status_check_contexts") if _said(rule, "enable_status_check") else []
        known = {str(one).strip("*") for one in there}
        fresh = [f"*{check}*" for check in wanted.required_checks if check not in known]
        settings |= {"enable_status_check": True, "status_check_contexts": [*there, *fresh]}
    return settings


def _rule(client: Client, repo: str, name: str) -> object | None:
    if not name:
        return None
    try:
        return client.get(f"{repo}/branch_protections/{quote(name, safe='')}")
    except NotFoundError:
        return None
    except ForgeError as error:
        if error.status == 403:
            return None
        raise


def _squashes_only(settings: object) -> bool | None:
    """Whether the repository allows squash merges alone; None where the token may not see it."""
    squash, *others = (pick(settings, name) for name in ("allow_squash_merge", *_OTHER_STYLES))
    # Fast-forward merges came with 1.22.
    if not isinstance(squash, bool) or not all(isinstance(one, bool) for one in others[:-1]):
        return None
    return squash and not any(others)


def _said(data: object, key: str) -> bool | None:
    found = pick(data, key)
    return found if isinstance(found, bool) else None


def _count(data: object) -> int:
    found = pick(data, "required_approvals")
    return found if isinstance(found, int) else 0

"""What a forge must enforce for the promises to hold, what of it is missing, and the owners that policies name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.registry import Registry
from mooring.errors import RefusedError
from mooring.stores.forge.address import ForgeKind
from mooring.stores.forge.port import Forge, Protection

CHECK: Final = "mooring check"
"""The name of the job in .github/workflows/check.yml, which is the name of its check."""

OWNERS: Final = {
    ForgeKind.GITHUB: ".github/CODEOWNERS",
    ForgeKind.GITLAB: ".gitlab/CODEOWNERS",
    ForgeKind.GITEA: ".gitea/CODEOWNERS",
}
"""Where each forge looks for owners; Gitea and Forgejo take the first of several, and no other has this one."""

_WORKFLOWS: Final = {
    ForgeKind.GITHUB: ("/.github/",),
    ForgeKind.GITLAB: ("/.gitlab/", "/.gitlab-ci.yml"),
    ForgeKind.GITEA: ("/.gitea/", "/.forgejo/", "/.github/"),
}

BEGIN: Final = "# mooring: begin, written by 'mooring forge codeowners --write' from the policies"
END: Final = "# mooring: end"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a forge does not enforce, and what can happen without it."""

    name: str
    found: str
    wanted: str
    why: str


WANTED: Final = Protection(
    pull_request_required=True,
    # How many is the policies' to say, path by path: CODEOWNERS asks for it, and the check counts.
    approvals=0,
    code_owners=True,
    stale_reviews_dismissed=True,
    last_push_approval=True,
    required_checks=(CHECK,),
    up_to_date_required=True,
    squash_only=True,
    title_and_text=True,
    linear_history=True,
    force_pushes_refused=True,
    deletion_refused=True,
)

_WHY: Final = {
    "pull_request_required": "anybody who can push can move a pointer without a review",
    "code_owners": "whoever owns nothing can approve a promotion to production",
    "stale_reviews_dismissed": "what is merged need not be what was approved",
    "last_push_approval": "whoever pushed last can approve their own change",
    "required_checks": "a change that the rules refuse can be merged",
    "up_to_date_required": "two changes that are right alone can be wrong together",
    "squash_only": "a merge commit makes a promotion more than one commit to revert",
    "title_and_text": "the trailers of a promotion get lost when it is squashed",
    "linear_history": "a merge the wrong way round takes promotions off the line of main",
    "force_pushes_refused": "history, which is the audit trail, can be rewritten",
    "deletion_refused": "main can be deleted",
}


def wanted(check: str = CHECK) -> Protection:
    """What is to be enforced where the check that judges changes has this name."""
    return replace(WANTED, required_checks=(check,))


def gaps(found: Protection, *, check: str = CHECK) -> tuple[Gap, ...]:
    """What is wanted and not enforced, as far as the forge tells; stricter than wanted is no gap.

    `check` may stand behind the name of a job: that of a reusable workflow is shown as `JOB / mooring check`.
    """
    missing: list[Gap] = []
    for name, why in _WHY.items():
        has, wants = getattr(found, name), getattr(WANTED, name)
        if name == "up_to_date_required" and found.merge_queue:
            continue  # A queue tests each change on what it will be merged to.
        if name == "required_checks" and has is not None:
            wants = (check,)
            has = wants if any(one == check or one.endswith(f" / {check}") for one in has) else ()
        if has != wants:
            missing.append(Gap(name.replace("_", "-"), _told(has), _told(wants), why))
    return tuple(missing)


def _told(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def protect(forge: Forge, branch: str, *, check: str = CHECK) -> None:
    """Make the forge enforce what is wanted, with `check` required."""
    forge.protect(branch, wanted(check))


def owners(registry: Registry, kind: ForgeKind = ForgeKind.GITHUB) -> str:
    """The lines of CODEOWNERS that the policies of a registry ask for, between two marks, as `kind` reads them.

    Pointers of an environment belong to the principals of its `approvals`; what could weaken a judgement (policies,
    settings, keys, workflows, waivers) belongs to all of them. Raises RefusedError where a principal has no account.
    """
    lines: list[str] = []
    everybody: dict[str, None] = {}
    people = registry.settings.people
    for environment in registry.environment_names():
        policy = registry.load(layout.policy_path(environment), Policy)
        if not isinstance(policy, Policy) or not policy.approvals.principals:
            continue
        unknown = [one for one in policy.approvals.principals if one not in people]
        if unknown:
            raise RefusedError(
                f"the approvers of {environment} have no account at the forge: {', '.join(unknown)}",
                f"Say whose account is whose in {layout.SETTINGS}: people: {{'{unknown[0]}': 'LOGIN'}}",
            )
        accounts = [f"@{people[principal].lstrip('@')}" for principal in policy.approvals.principals]
        everybody.update(dict.fromkeys(accounts))
        lines.append(f"{_pattern(f'/{layout.ENVIRONMENTS}/{environment}/', kind)} {' '.join(accounts)}")
    guarded = [f"/{layout.ENVIRONMENTS}/*.yaml", f"/{layout.SETTINGS}", "/.mooring/", "/.dvc/config"]
    guarded += ["/registry/waivers.yaml", "/.gitattributes", *_WORKFLOWS[kind], "/hooks/"]
    if everybody:
        lines = [f"{_pattern(path, kind)} {' '.join(everybody)}" for path in guarded] + lines
    return "\n".join([BEGIN, *lines, END, ""])


def _pattern(path: str, kind: ForgeKind) -> str:
    """A path, a folder's with a slash at its end, as the forge matches it; `*` is one file's name.

    GitHub and GitLab take patterns as of .gitignore, Gitea and Forgejo regular expressions of whole paths, in which a
    backslash would have to stand twice (docs.gitea.com, "Code Owners").
    """
    if kind is not ForgeKind.GITEA:
        return path
    return path.removeprefix("/").replace(".", "[.]").replace("*", "[^/]*") + (
        ".*" if path.endswith("/") else ""
    )


def with_owners(there: str, ours: str) -> str:
    """A CODEOWNERS file with our lines: in the place of older ones, else at the end, where the last match wins."""
    before, mark, rest = there.partition(BEGIN)
    if mark:
        _, ended, after = rest.partition(END)
        return before + ours + (after.removeprefix("\n") if ended else "")
    gap = "" if not there or there.endswith("\n\n") else "\n" if there.endswith("\n") else "\n\n"
    return there + gap + ours

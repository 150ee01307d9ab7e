"""Check the registry as a whole, what is staged, or what lies between two commits, by the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.finding import Finding, Level
from mooring.domain.registry import Files, Registry
from mooring.errors import NotFoundError, RefusedError
from mooring.rules.engine import check_change, check_registry, check_standing, is_timeless
from mooring.stores.files import IndexFiles
from mooring.stores.hub import WATCHED, Hub
from mooring.usecases.judged import findings_at, remember_plain
from mooring.usecases.revisions import commit_named

# Files outside the two folders that rules read too.
_AT_THE_TOP = (layout.SETTINGS, layout.ATTRIBUTES, layout.SIGNERS, layout.DVC_CONFIG)


class As(StrEnum):
    """How what lies between two commits is judged."""

    COMMITS = "commits"
    """Each first-parent commit on its own: main, a merge queue, the merge commit of a pull request."""
    ONE = "one"
    """As one change, from the base to what merging the head into it would give: a branch before its pull request."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules found; `read` gives the bytes of a path in the judged state."""

    findings: tuple[Finding, ...]
    read: Callable[[str], bytes | None]

    @property
    def is_refused(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.level is Level.ERROR for finding in self.findings)


def check_all(hub: Hub, commit: str) -> Checked:
    """The findings of the whole registry at a commit; raises NotFoundError where there is none."""
    registry = hub.registry(commit)
    if (
        not any(registry.files.children(top) for top in WATCHED)
        and registry.files.entry(layout.SETTINGS) is None
    ):
        raise NotFoundError(
            f"there is no registry in {hub.repository.path} at {commit[:12]}",
            "Start one with 'mooring init'.",
        )
    standing = Change(
        registry, registry, (), hub.history(commit), hub.repository.committer_time(commit), commit=commit
    )
    found = check_standing(standing, findings_at(hub, commit))
    if not found and is_timeless(registry):
        remember_plain(hub, commit)
    return Checked(found, _reader(registry.files))


def check_staged(hub: Hub) -> Checked:
    """The findings of what is staged, against the commit that is checked out."""
    head = hub.repository.commit_id("HEAD")
    files = IndexFiles(hub.repository, (*WATCHED, *_AT_THE_TOP))
    if head is None:
        return Checked(check_registry(Registry(files)), _reader(files))
    change = Change(
        base=hub.registry(head),
        head=Registry(files),
        files=hub.staged(head),
        past=hub.history(head),
        now=hub.repository.committer_time(head),
    )
    return Checked(check_change(change), _reader(files))


def check_range(hub: Hub, base: str, head: str, *, judged_as: As | None = None) -> Checked:
    """The findings of what lies between two commits, judged by the rules and policies of the base (DESIGN 4.4).

    Left open, `judged_as` is COMMITS where the base is on the first-parent line of the head, or the head is on main;
    else ONE. Raises UnavailableError in a clone that lacks the base or the history, NotFoundError, RefusedError for a
    conflict.
    """
    old, new = commit_named(hub, base), commit_named(hub, head)
    on_line = hub.repository.on_first_parent_chain(old, new)
    if judged_as is None:
        judged_as = As.COMMITS if on_line or _is_on_main(hub, new) else As.ONE
    reader = _reader(hub.registry(new).files)
    if judged_as is As.ONE:
        change = hub.change(old, merged_tree(hub, old, new))
        return Checked(check_change(replace(change, commit=None)), reader)
    if not on_line:
        lost = f"its tip {old[:12]} is not on the first-parent line of {new[:12]}: promotions would vanish"
        return Checked(check_change(hub.change(old, new, rewritten=lost)), reader)
    # What is not merged yet brings no waiver that would hold for what comes with it.
    governed_by = None if _is_on_main(hub, new) else hub.registry(old)
    found: list[Finding] = []
    for record in reversed(list(hub.repository.first_parent(new, since=old))):
        change = replace(hub.change(record.parents[0], record.oid), landed=governed_by is None)
        found += check_change(change, governed_by=governed_by)
    return Checked(_once(found), reader)


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once: what one commit brought is a warning for all that come after it."""
    kept: dict[object, Finding] = {}
    for finding in findings:
        kept.setdefault(finding.identity, finding)
    return tuple(kept.values())


def _is_on_main(hub: Hub, commit: str) -> bool:
    try:
        main = hub.tip()
    except NotFoundError:
        return False
    return hub.repository.on_first_parent_chain(commit, main)


def merged_tree(hub: Hub, base: str, head: str) -> str:
    """The tree of merging `head` into `base`; no commit is made and no ref moves."""
    if hub.repository.is_ancestor(base, head):
        return head
    if hub.repository.merge_base(base, head) is None:
        raise RefusedError(
            f"{base[:12]} and {head[:12]} have no common history", "Give commits of one repository."
        )
    said = hub.repository.git(
        "merge-tree", "--write-tree", "--name-only", "--no-messages", base, head, ok=(0, 1)
    )
    tree, *conflicts = said.split("\n")
    if conflicts:
        raise RefusedError(
            f"{head[:12]} conflicts with {base[:12]} in {', '.join(dict.fromkeys(conflicts))}",
            "Somebody else changed the same; bring the branch up to date, or ask Mooring for the change anew.",
        )
    return tree


def _reader(files: Files) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        entry = files.entry(path)
        return files.read(entry) if entry is not None and entry.kind == "blob" else None

    return read

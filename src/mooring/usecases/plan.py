"""Say what a change would do before it is merged: findings, gates, differences, who depends on it, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mooring.domain.change import Change
from mooring.domain.model import ModelVersion
from mooring.domain.plan import Dependents, Plan, Step
from mooring.domain.registry import Registry
from mooring.domain.verdict import Verdict
from mooring.errors import MooringError, NotFoundError, UsageError
from mooring.rules.pointer_moves import PointerMove
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.reviews import together
from mooring.stores.forge.votes import Ballot
from mooring.stores.hub import Hub
from mooring.usecases import evidence
from mooring.usecases.check import check_range, merged_tree
from mooring.usecases.dependents import dependents_of
from mooring.usecases.merge import server_vouches
from mooring.usecases.plan_others import others_of
from mooring.usecases.plan_steps import Brief, Judge, steps_of
from mooring.usecases.proposals import select
from mooring.usecases.revisions import commit_named

PresenceOf = Callable[[Registry, Registry, ModelVersion], str]
"""Whether the remote that the first registry names has the bytes of a version of the second: present, missing, unknown.
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and how to read the files of the judged state, for the lines of findings."""

    plan: Plan
    read: Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Range:
    """Two commits that a plan lies between; `proposal` is set where it was asked for by name."""

    base: str
    head: str
    proposal: Proposal | None = None


def range_of(hub: Hub, what: str | None, *, environment: str | None = None) -> Range:
    """What is to be planned: `BASE..HEAD`, a proposal, a branch or commit against main, or (None) what is checked out.

    Either end of a range may be left out: main and HEAD. Raises NotFoundError, UsageError, UnavailableError.
    """
    if what is None:
        return Range(hub.tip(), commit_named(hub, "HEAD"))
    if ".." in what:
        base, _, head = what.partition("..")
        if head.startswith("."):
            raise UsageError(
                f"{what} has three dots, and a plan has two ends", f"Write: {base}..{head.lstrip('.')}"
            )
        return Range(commit_named(hub, base) if base else hub.tip(), commit_named(hub, head or "HEAD"))
    tip = hub.tip()
    try:
        proposal = select(local.proposals(hub, tip), what, environment)
    except NotFoundError as unknown:
        try:
            return Range(tip, commit_named(hub, what))
        except (NotFoundError, UsageError):
            raise unknown from None
    return Range(tip, proposal.commit, proposal)


def plan(hub: Hub, asked: Range, *, now: int, presence: PresenceOf, said: Ballot | None = None) -> Planned:
    """Everything a reviewer asks of what lies between two commits; nothing is written.

    Rules, policies, approvals and storage are those of the base, `now` is in seconds since 1970; `said` is what a
    forge's reviewers said. Nothing is downloaded: what a gate must look into and is not cached stays open. Raises
    RefusedError for a conflict, UnavailableError in a clone that lacks the history.
    """
    checked = check_range(hub, asked.base, asked.head)
    tree = merged_tree(hub, asked.base, asked.head)
    change = replace(hub.change(asked.base, tree), commit=None)
    steps = steps_of(change, _Whole(hub, asked.base, tree, _judge(hub, asked, now=now, said=said), presence))
    found = Plan(
        asked.base,
        asked.head,
        steps,
        checked.findings,
        others_of(change),
        asked.proposal.branch if asked.proposal is not None else None,
        asked.proposal.problem if asked.proposal is not None else None,
    )
    return Planned(found, checked.read)


def short_plan(
    hub: Hub, base: str, head: str, *, now: int, verdicts: tuple[Verdict, ...] | None = None
) -> Plan:
    """The steps of merging `head` into `base` with their gates: no remote is asked and no rule.

    `verdicts` is what the gates said, where they were asked already.
    """
    change = replace(hub.change(base, merged_tree(hub, base, head)), commit=None)
    known = verdicts if verdicts is not None else ()
    judge: Judge = _judge(hub, Range(base, head), now=now) if verdicts is None else lambda *_: known
    return Plan(base, head, steps_of(change, Brief(judge)), ())


@dataclass(frozen=True)
class _Whole:
    hub: Hub
    base: str
    tree: str
    judge: Judge
    presence: PresenceOf

    def gates(self, change: Change, move: PointerMove) -> tuple[Verdict, ...]:
        return self.judge(change, move)

    def there(self, registry: Registry, manifest: ModelVersion) -> str:
        try:
            return self.presence(self.hub.registry(self.base), registry, manifest)
        except MooringError:
            # A host key that is wrong is for `fetch` and `doctor` to complain of; it says nothing about the bytes.
            return "unknown"

    def dependents(self, step: Step) -> Dependents:
        versions = (step.version, step.previous)
        return dependents_of(self.hub, self.tree, step.model, versions, step.environment or "")


def _judge(hub: Hub, asked: Range, *, now: int, said: Ballot | None = None) -> Judge:
    author = _author(hub, asked)

    def judge(change: Change, move: PointerMove) -> tuple[Verdict, ...]:
        subject = evidence.subject_of(change, move)
        ballot = local.ballot(hub, asked.base, subject, vouched=server_vouches(hub))
        ballot = together(ballot, said) if said is not None else ballot
        return evidence.assess(change, move, ballot, author=author, now=now).verdicts

    return judge


def _author(hub: Hub, asked: Range) -> str:
    """Who made the newest commit of a range; of a merge commit, who made what it brings."""
    if asked.proposal is not None:
        return str(asked.proposal.author)
    record = next(hub.repository.first_parent(asked.head))
    if len(record.parents) > 1:
        record = next(hub.repository.first_parent(record.parents[-1]))
    return f"{record.author_name} <{record.author_email}>"

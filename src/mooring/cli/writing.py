"""What the writing commands share: options, and how they say what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from mooring.cli.session import Session
from mooring.domain.finding import Finding
from mooring.errors import MooringError
from mooring.render.blocks import Facts, Heading

if TYPE_CHECKING:
    from mooring.domain.verdict import Verdict

F = TypeVar("F", bound=Callable[..., object])


def dry_run_option(command: F) -> F:
    """`--dry-run`: say what would be done, and write nothing."""
    return click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")(command)


def reason_option(command: F) -> F:
    """`--reason`: why, for the one who reads the history in a year."""
    return click.option("--reason", metavar="TEXT", required=True, help="Why; it stays in the history.")(
        command
    )


def say(
    session: Session, headline: str, facts: Sequence[tuple[str, str]], *, then: Sequence[str] = ()
) -> None:
    """Print what was done, and after it, as notes, what to run next."""
    session.output.blocks([Heading(headline), Facts(tuple(facts))])
    for line in then:
        session.output.note(line)


def plan_facts(
    session: Session, base: str, commit: str, *, verdicts: tuple[Verdict, ...] | None = None
) -> list[tuple[str, str]]:
    """The short plan of a commit on `base`: its verdict line, what each gate says, and the way back.

    Where the `verdicts` of the gates are known already it is the verdict line alone.
    """
    from mooring.render.plan_words import headline
    from mooring.render.verdicts import line
    from mooring.usecases.plan import short_plan

    facts: list[tuple[str, str]] = []
    try:
        found = short_plan(session.hub(), base, commit, now=session.now_ms // 1000, verdicts=verdicts)
    except MooringError as error:
        # What was done is done, and is told.
        return [("plan", error.message)]
    for step in found.steps:
        facts.append(("plan", headline(step)))
        if verdicts is not None:
            continue
        if step.problem is not None:
            facts.append(("gates", step.problem))
        facts += [("gate", line(verdict)) for verdict in step.gates]
        if step.way_back is not None:
            facts.append(("way back", step.way_back.command))
    return facts


def to_merge(branch: str, approvals: int, *, is_reviewed_there: bool = False) -> list[str]:
    """What brings a proposal to main that wants so many approvals, each command at the end of its line to be copied.

    `is_reviewed_there`: it has a pull request, where people approve.
    """
    merge = f"mooring merge {branch}"
    if not approvals:
        return [f"Next: {merge}"]
    approve = "approve the pull request" if is_reviewed_there else f"mooring approve {branch}"
    return [f"Next, by somebody else: {approve}", f"Then: {merge}"]


def warn(session: Session, findings: Sequence[Finding]) -> None:
    """Say which faults were in the registry before and are there still, and which are waived."""
    for finding in findings:
        waived = finding.waiver
        until = f" (waived until {waived.expires}: {waived.reason})" if waived is not None else ""
        session.output.warning(f"{finding.place}: [{finding.rule}] {finding.message}{until}")

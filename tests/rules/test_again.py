"""What is found by way of another state is what is found by looking at everything."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from mooring.documents.memory import MemoryFiles
from mooring.domain.finding import Finding
from mooring.domain.registry import Registry
from mooring.rules.engine import check_again, check_registry
from tests.rules.test_incremental import State, pairs
from tests.support.changes import change_between


def told(findings: tuple[Finding, ...]) -> list[Finding]:
    """The findings in one order, whatever happens to stand beside whatever."""
    return sorted((replace(found, commit=None) for found in findings), key=repr)


@settings(max_examples=2 * settings().max_examples)
@given(pairs())
def test_the_findings_of_a_state_follow_from_those_of_another(pair: tuple[State, State]) -> None:
    (base, base_modes), (head, head_modes) = pair
    known = check_registry(Registry(MemoryFiles(base, base_modes)))

    again = check_again(change_between(base, head, base_modes=base_modes, head_modes=head_modes), known)

    assert told(again) == told(check_registry(Registry(MemoryFiles(head, head_modes))))

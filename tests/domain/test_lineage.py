"""Parents, children and circles among versions."""

from __future__ import annotations

import sys
import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mooring.documents.memory import MemoryFiles
from mooring.domain.lineage import Lineage
from mooring.domain.registry import Registry
from tests.support.builder import Builder

NAMES = [f"iris@{number}.0.0" for number in range(1, 6)]


def _among(parents: dict[str, tuple[str, ...]]) -> Lineage:
    """A lineage that was read already."""
    lineage = Lineage(Registry(MemoryFiles({})))
    lineage._parents.update(parents)
    return lineage


def _ancestors(ref: str, parents: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = [*parents[ref]]
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            waiting += parents[one]
    return found


@given(
    st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=3).map(tuple) for name in NAMES}),
    st.permutations(NAMES),
)
def test_a_loop_is_who_is_both_ancestor_and_descendant(
    parents: dict[str, tuple[str, ...]], order: list[str]
) -> None:
    lineage = _among(parents)
    above = {name: _ancestors(name, parents) for name in NAMES}

    for name in order:
        assert lineage.loop(name) == {
            other for other in NAMES if other in above[name] and name in above[other]
        }


@given(
    st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=2).map(tuple) for name in NAMES})
)
def test_a_way_leads_from_parent_to_parent(parents: dict[str, tuple[str, ...]]) -> None:
    lineage = _among(parents)

    for goal in NAMES:
        way = lineage.way(NAMES[0], goal)
        assert bool(way) == (goal == NAMES[0] or goal in _ancestors(NAMES[0], parents))
        assert all(after in parents[before] for before, after in pairwise(way))
        assert not way or (way[0], way[-1]) == (NAMES[0], goal)


def test_lineage_may_be_longer_than_the_stack_and_costs_each_version_once() -> None:
    length = 10 * sys.getrecursionlimit()
    chain = {f"iris@{number}.0.0": (f"iris@{number - 1}.0.0",) for number in range(1, length)}
    lineage = _among({"iris@0.0.0": (), **chain})
    started = time.process_time()

    assert not any(lineage.loop(ref) for ref in reversed(chain))
    assert len(lineage.way(f"iris@{length - 1}.0.0", "iris@0.0.0")) == length
    assert time.process_time() - started < 2


def test_parents_and_children_are_read_from_manifests_that_can_be_read() -> None:
    files = (
        Builder()
        .model("iris")
        .version("1.0.0")
        .version("1.1.0", parents=["iris@1.0.0", "lost@1.0.0"])
        .version("1.2.0", parents=["iris@1.0.0"])
        .write("registry/iris/versions/1.3.0/manifest.yaml", "parents: [\n")
        .files
    )
    lineage = Registry(MemoryFiles(files)).lineage

    assert lineage.parents("iris@1.1.0") == ("iris@1.0.0", "lost@1.0.0")
    assert lineage.parents("iris@1.3.0") == lineage.parents("iris@9.9.9") == ()
    assert lineage.children("iris@1.0.0") == ("iris@1.1.0", "iris@1.2.0")
    assert lineage.loop("iris@1.1.0") == frozenset()

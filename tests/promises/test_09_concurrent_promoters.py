"""Promise 9: N concurrent promoters: nothing lost, nothing doubled, and each loser is told what won."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mooring.domain.events import EventKind
from tests.support.builder import Builder
from tests.support.scene import PEOPLE, Person, Scene

MODELS = ("iris", "tulip", "rose")
VERSIONS = ("1.1.0", "1.2.0", "1.3.0")


def garden(signers: bytes) -> list[tuple[str, Builder]]:
    """Three models that nothing serves yet, and one of them with versions to choose from."""
    builder = Builder().settings().environment("staging")
    for model in MODELS:
        builder.model(model).version("1.0.0")
    builder.about("iris")
    for version in VERSIONS:
        builder.version(version, changelog="Better")
    return [("Start the garden", builder)]


def at_once(people: Sequence[Person], *commands: Sequence[str]) -> list[tuple[int, str, str]]:
    """Run one `mooring` for each person, all at the same time: exit status, output and errors of each."""
    running = [
        subprocess.Popen(
            ["mooring", *command],
            cwd=person.folder,
            env=person.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for person, command in zip(people, commands, strict=True)
    ]
    ends = [process.communicate() for process in running]
    return [(process.returncode, *end) for process, end in zip(running, ends, strict=True)]


def crowd(scene: Scene) -> list[Person]:
    # Different people: with the tests' fixed dates, one person's two merges would be one and the same commit.
    return [scene.person(name) for name in PEOPLE]


def test_of_promotions_of_one_pointer_exactly_one_wins_and_the_others_are_told_which(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, garden)
    people = crowd(scene)
    branches = [
        person.promote(f"iris@{version}", "staging").branch
        for person, version in zip(people, VERSIONS, strict=True)
    ]
    ends = at_once(people, *(["merge", branch] for branch in branches))

    assert Counter(status for status, _, _ in ends) == {0: 1, 1: 2}
    history = scene.hub().history().of("staging", "iris")
    (event,) = history.events
    assert [status for status, _, _ in ends][VERSIONS.index(event.version or "")] == 0
    for status, _, said in ends:
        if status:
            assert event.promotion is not None
            assert event.promotion in said, said
            assert f"iris@{event.version}" in said
    # The losers' proposals are still there to be looked at.
    assert len([ref for ref in scene.refs() if ref.startswith("refs/heads/promote/")]) == 2


@pytest.mark.slow
def test_promotions_of_different_pointers_all_land_once(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, garden, hook=False)
    people = crowd(scene)
    branches = [
        person.promote(f"{model}@1.0.0", "staging").branch
        for person, model in zip(people, MODELS, strict=True)
    ]
    ends = at_once(people, *(["merge", branch] for branch in branches))

    assert [status for status, _, _ in ends] == [0, 0, 0], ends
    assert sorted(scene.log()[:-1]) == sorted(f"Promote {model} 1.0.0 to staging" for model in MODELS)
    for model in MODELS:
        (event,) = scene.hub().history().of("staging", model).events
        assert (event.kind, event.version) == (EventKind.PROMOTED, "1.0.0")


@pytest.mark.slow
def test_one_proposal_merged_by_everybody_at_once_is_one_commit(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, garden, hook=False)
    people = crowd(scene)
    branch = people[0].promote("iris@1.1.0", "staging").branch
    ends = at_once(people, *(["merge", branch] for _ in people))

    assert [status for status, _, _ in ends] == [0, 0, 0], ends
    assert scene.log() == ["Promote iris 1.1.0 to staging", "Start the garden"]
    assert sum("nothing to do" in out for _, out, _ in ends) == 2


@pytest.mark.slow
def test_the_same_proposal_made_by_several_people_at_once_is_made_once(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, garden, hook=False)
    people = crowd(scene)
    ask = ["promote", "iris@1.1.0", "--to", "staging", "--reason", "Better"]
    ends = at_once(people, *(ask for _ in people))
    (branch,) = [ref for ref in scene.refs() if ref.startswith("refs/heads/promote/")]

    assert branch == "refs/heads/promote/staging/iris/1.1.0"
    pointer = scene.hub().registry(scene.refs()[branch]).pointer("staging", "iris")
    assert pointer is not None
    for status, out, said in ends:
        assert status in (0, 1, 4), (out, said)
        if status == 1:
            assert pointer.requested_by in said or "first" in said, said

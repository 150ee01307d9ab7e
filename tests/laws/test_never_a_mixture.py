"""What git makes of promotions, reverts and branches is a whole state that was there before, or a conflict."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.laws.lines import DEEDS, PATHS, STORIES, Story, examples, start, tell
from tests.support.gitrepo import blob_id, git, make_repository


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository with a work tree, in which every line is planted below a ref of its own."""
    return make_repository(tmp_path_factory.mktemp("work") / "tree")


def _try(work: Path, *arguments: str) -> bool:
    """Whether git does it without a conflict; the work tree is clean again afterwards."""
    done = subprocess.run(
        ["git", *arguments], cwd=work, capture_output=True, check=False, env=dict(os.environ)
    )
    if done.returncode != 0:
        git(work, "reset", "--quiet", "--hard")
    return done.returncode == 0


def _pointers(work: Path) -> dict[str, str | None]:
    listed = git(work, "ls-tree", "-r", "HEAD", "--", "environments").splitlines()
    there = {line.partition("\t")[2]: line.split()[2] for line in listed}
    return {path: there.get(path) for path in PATHS}


def _blob(data: bytes | None) -> str | None:
    return None if data is None else blob_id(data)


@pytest.mark.slow
@examples(40)
@given(story=STORIES, picks=st.lists(st.integers(0, 20), min_size=1, max_size=3))
def test_a_revert_of_any_commit_undoes_what_is_live_and_was_made_by_it_or_nothing(
    work: Path, story: Story, picks: list[int]
) -> None:
    line = tell(start(), story).plant(work)
    for pick in picks:
        place = line.main[pick % len(line.main)]
        parents = line.commits[place].parents
        if not parents:
            continue
        git(work, "checkout", "--quiet", "--detach", line.tip)
        mainline = ["-m", "1"] if len(parents) > 1 else []
        # An empty revert is no news: git says so by failing, and the state stays.
        clean = _try(work, "revert", "--no-edit", *mainline, line.ids[place])
        event("reverted" if clean else "conflicted or empty")

        before, made = line.commits[parents[0]].state, line.commits[place].state
        for path, blob in _pointers(work).items():
            live = _blob(line.state.get(path))
            if blob != live:
                assert live == _blob(made.get(path))
                assert blob == _blob(before.get(path))


@examples(40)
@given(shared=st.lists(DEEDS, max_size=4), one=STORIES, other=STORIES)
def test_two_branches_conflict_or_merge_into_what_one_of_them_had(
    work: Path, shared: Story, one: Story, other: Story
) -> None:
    trunk = tell(start(), shared)
    left = tell(trunk.fork(len(trunk.main)), one).plant(work)
    right = trunk.fork(len(trunk.main))
    right.promotions += 1_000
    right = tell(right, other).plant(work)
    git(work, "checkout", "--quiet", "--detach", left.tip)
    clean = _try(work, "merge", "--quiet", "--no-edit", right.tip)
    event("merged" if clean else "conflicted")

    for path, blob in _pointers(work).items():
        assert blob in {_blob(left.state.get(path)), _blob(right.state.get(path))}

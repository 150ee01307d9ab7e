"""Every rule judges every case, so that a false alarm shows up in somebody else's."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from mooring.documents.memory import MemoryFiles
from mooring.domain.registry import Registry
from mooring.rules.catalogue import RULES
from mooring.rules.engine import check_change, check_registry
from mooring.stores.cache import Cache
from mooring.stores.git.repository import Repository
from mooring.stores.hub import Hub
from tests.rules.make_cases import built
from tests.support.cases import ROOT, Case, all_cases
from tests.support.gitrepo import commit, git, make_repository

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}/{case.name}")
def test_the_rules_say_what_is_expected(case: Case) -> None:
    findings = check_change(case.change())

    assert case.told(findings) == case.expected


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_two_refused_cases_and_an_accepted_one(rule) -> None:
    ours = Counter(case.is_refused for case in CASES if case.rule == rule.id)

    assert ours[True] >= 2
    assert ours[False] >= 1


def test_every_case_belongs_to_a_rule() -> None:
    assert {folder.name for folder in ROOT.iterdir()} == {rule.id for rule in RULES}


def test_a_built_case_is_what_the_builder_builds() -> None:
    committed = {(case.rule, case.name): case for case in CASES}

    for case in built():
        assert committed[case.rule, case.name] == case


def test_the_files_of_a_case_are_its_own_and_neither_git_nor_dvc_obeys_one() -> None:
    names = {path.name for path in ROOT.rglob("*")}

    assert names.isdisjoint({".gitattributes", ".gitignore", ".git", ".gitmodules", ".dvc"})


@pytest.mark.parametrize("case", [case for case in CASES if not case.history], ids=lambda case: case.name)
def test_what_is_new_in_the_change_is_what_the_whole_tree_has_more(case: Case) -> None:
    whole = {found.identity for found in check_registry(Registry(MemoryFiles(case.head)))}
    before = {found.identity for found in check_registry(Registry(MemoryFiles(case.base)))}
    found = {finding.identity for finding in check_change(case.change())}

    assert whole - before <= found


REAL = [
    "archived-live-version/what-was-live-a-day-ago",
    "automated-advance/a-job-promotes-the-next-candidate",
    "bundled-pointer-change/a-version-registered-and-promoted-at-once",
    "dangling-pointer/a-share-of-an-unknown-version",
    "deleted-pointer/the-first-promotion-is-undone",
    "invalid-document/an-old-problem-is-a-warning",
    "misplaced-document/capitals-that-hide-the-registry-on-some-machines",
    "misplaced-document/a-letter-that-only-looks-like-ascii",
    "missing-manifest/an-artifact-without-a-manifest",
    "out-of-order-promotion/a-rollback-needs-no-way-through-staging",
    "out-of-order-promotion/it-left-staging-by-a-rollback",
    "reverted-rollback/git-revert-of-the-rollback",
    "rolled-back-version/the-override-says-why",
    "unsafe-attributes/pointers-are-hidden-from-reviewers",
]


def commit_state(repository: Path, state: dict[str, bytes], minute: int) -> str:
    """Commit exactly this state on main."""
    there = git(repository, "ls-files", "-z").split("\0")
    gone = {path: None for path in there if path and path not in state}
    return commit(repository, {**gone, **state}, minute=minute)


@pytest.mark.parametrize("name", REAL)
def test_a_real_repository_gives_the_same_answer(name: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if f"{case.rule}/{case.name}" == name)
    repository = make_repository(tmp_path / "registry")
    states = [dict(state) for state in (*case.history, case.base)]
    commits = [commit_state(repository, state, minute) for minute, state in enumerate(states)]
    head = commit_state(repository, dict(case.head), len(states))
    with Repository.open(repository, environ=os.environ) as opened:
        findings = check_change(Hub(opened, Cache(None), remote=None).change(commits[-1], head))

    assert case.told(findings) == case.expected
    assert {finding.commit for finding in findings if finding.level == "error"} <= {head}

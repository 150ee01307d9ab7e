"""What the forge does not enforce is named with what can happen, and enforced on request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.documents import codec
from mooring.documents.memory import MemoryFiles
from mooring.domain import layout
from mooring.domain.environment import Approvals, Policy, Settings
from mooring.domain.registry import Registry
from mooring.errors import RefusedError
from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.github import GitHub, github_client
from mooring.stores.forge.port import Protection
from mooring.usecases.protection import BEGIN, END, WANTED, gaps, owners, protect, with_owners
from tests.support.builder import Builder
from tests.support.github_server import GitHubServer

APPROVERS = ("sam@example.com", "kim@example.com")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    with GitHubServer(tmp_path) as server:
        yield server


@pytest.fixture
def forge(server: GitHubServer) -> Iterator[GitHub]:
    address = Address(ForgeKind.GITHUB, "github.com", "acme/models")
    with github_client(address, server.token, api=server.url) as client:
        yield GitHub(address, client)


def test_a_bare_repository_at_github_lacks_everything(forge: GitHub) -> None:
    missing = {gap.name for gap in gaps(forge.protection("main"))}

    assert missing == {field.name.replace("_", "-") for field in fields(Protection)} - {
        "approvals",
        "merge-queue",
    }


def test_what_is_applied_is_what_is_wanted_and_applying_twice_is_applying_once(
    server: GitHubServer, forge: GitHub
) -> None:
    for _ in range(2):
        protect(forge, "main")
        assert gaps(forge.protection("main")) == ()
    assert [ruleset["name"] for ruleset in server.rulesets] == ["mooring"]


def test_a_ruleset_of_somebody_else_stays(server: GitHubServer, forge: GitHub) -> None:
    server.rulesets = [{"id": 1, "name": "ours", "rules": []}]
    protect(forge, "main")

    assert [ruleset["name"] for ruleset in server.rulesets] == ["ours", "mooring"]


def test_a_merge_queue_is_as_good_as_being_up_to_date_and_more_checks_are_no_gap() -> None:
    stricter = replace(
        WANTED, up_to_date_required=False, merge_queue=True, required_checks=("tests", "mooring check")
    )

    assert gaps(stricter) == ()


def test_the_check_of_a_reusable_workflow_stands_behind_the_name_of_its_job(
    server: GitHubServer, forge: GitHub
) -> None:
    assert gaps(replace(WANTED, required_checks=("check / mooring check",))) == ()
    assert [gap.name for gap in gaps(replace(WANTED, required_checks=("mooring checks",)))] == [
        "required-checks"
    ]
    protect(forge, "main", check="check / mooring check")
    assert forge.protection("main").required_checks == ("check / mooring check",)


def test_what_the_token_may_not_see_is_unknown_and_a_gap() -> None:
    (gap,) = gaps(replace(WANTED, squash_only=None))

    assert (gap.name, gap.found) == ("squash-only", "unknown")


def _registry(people: dict[str, str]) -> Registry:
    policy = Policy(name="production", approvals=Approvals(required=1, principals=APPROVERS))
    builder = Builder().settings(Settings(people=people)).environment("staging")
    return Registry(MemoryFiles(builder.write(layout.policy_path("production"), codec.encode(policy)).files))


def test_who_approves_in_an_environment_owns_its_pointers_and_what_could_weaken_the_judgement() -> None:
    said = owners(_registry({"sam@example.com": "sam", "kim@example.com": "@acme/release"})).splitlines()

    assert said[0] == BEGIN
    assert said[-1] == END
    assert "/environments/production/ @sam @acme/release" in said
    assert "/environments/*.yaml @sam @acme/release" in said
    assert "/.github/ @sam @acme/release" in said
    assert not any(line.startswith("/environments/staging/") for line in said)


def test_gitea_reads_regular_expressions_of_whole_paths() -> None:
    people = {"sam@example.com": "sam", "kim@example.com": "kim"}
    lines = owners(_registry(people), ForgeKind.GITEA).splitlines()[1:-1]
    patterns = [line.split()[0] for line in lines]

    def owned(path: str) -> bool:
        return any(re.fullmatch(pattern, path) for pattern in patterns)

    assert all(line.endswith(" @sam @kim") for line in lines)
    assert not any("\\" in pattern for pattern in patterns)
    assert owned("environments/production/iris.yaml")
    assert owned("environments/production.yaml")
    assert owned(".gitea/workflows/check.yml")
    assert not owned("environments/staging/iris.yaml")
    assert not owned("mooringXyaml")
    assert not owned("registry/iris/model.yaml")


def test_gitlab_keeps_its_pipeline_with_the_owners() -> None:
    people = {"sam@example.com": "sam", "kim@example.com": "kim"}

    assert "/.gitlab-ci.yml @sam @kim" in owners(_registry(people), ForgeKind.GITLAB).splitlines()


def test_an_approver_without_an_account_is_named() -> None:
    with pytest.raises(RefusedError, match=r"kim@example\.com"):
        owners(_registry({"sam@example.com": "sam"}))


LINES = st.lists(st.sampled_from(["* @a", "# why", "", "/docs/ @b"]), max_size=6).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(LINES, LINES)
def test_our_lines_stand_once_and_those_of_others_stay(there: str, later: str) -> None:
    ours, newer = f"{BEGIN}\n/a @x\n{END}\n", f"{BEGIN}\n/b @y\n{END}\n"
    once = with_owners(there, ours)
    edited = once + later

    assert with_owners(once, ours) == once
    assert with_owners(edited, newer) == once.replace(ours, newer) + later
    assert with_owners(there, ours).startswith(there)

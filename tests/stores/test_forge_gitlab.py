"""What GitLab alone does: whose approval proves what, text that would be carried out, and tiers that have less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mooring.errors import UnavailableError
from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.gitlab import GitLab, gitlab_client, without_commands
from mooring.stores.forge.gitlab_approvals import commit_of
from mooring.stores.forge.port import ForgeError, Reviewers, ReviewState
from mooring.usecases.protection import WANTED, gaps
from tests.support.forge_server import RefusedError
from tests.support.gitlab_server import GitLabServer

FIRST, SECOND = "a" * 40, "b" * 40


def _versions(*made: tuple[str, str]) -> list[object]:
    return [{"created_at": f"2026-01-01T{at}", "head_commit_sha": head} for at, head in made]


@pytest.mark.parametrize(
    ("approved_at", "versions", "wanted"),
    [
        ("2026-01-01T10:05:00.000Z", [("10:00:00.000Z", FIRST)], FIRST),
        ("2026-01-01T10:05:00.000Z", [("10:10:00.000Z", SECOND), ("10:00:00.000Z", FIRST)], FIRST),
        ("2026-01-01T10:15:00.000Z", [("10:10:00.000Z", SECOND), ("10:00:00.000Z", FIRST)], SECOND),
        ("2026-01-01T12:15:00.000+02:00", [("10:10:00.000Z", SECOND), ("10:00:00.000Z", FIRST)], SECOND),
        # So soon after a push nobody knows which of the two was on the page.
        ("2026-01-01T10:10:03.000Z", [("10:10:00.000Z", SECOND), ("10:00:00.000Z", FIRST)], None),
        ("2026-01-01T10:10:00.000Z", [("10:10:00.000Z", SECOND), ("10:00:00.000Z", FIRST)], None),
        # An older GitLab tells no time; a time without its zone is none; a version may be unreadable.
        ("", [("10:00:00.000Z", FIRST)], None),
        ("2026-01-01T10:05:00", [("10:00:00.000Z", FIRST)], None),
        ("2026-01-01T10:05:00.000Z", [("10:00:00", FIRST)], None),
        ("2026-01-01T10:05:00.000Z", [("10:00:00.000Z", "")], None),
        ("2026-01-01T10:05:00.000Z", [("11:00:00.000Z", FIRST)], None),
        ("2026-01-01T10:05:00.000Z", [], None),
    ],
)
def test_an_approval_is_of_the_version_that_its_time_proves(
    approved_at: str, versions: list[tuple[str, str]], wanted: str | None
) -> None:
    assert commit_of(approved_at, _versions(*versions)) == wanted


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("/merge", " /merge"),
        ("plan\n/approve\n/label ~x", "plan\n /approve\n /label ~x"),
        ("a/b and /c", "a/b and /c"),
        ("<!-- m -->\nplan", "<!-- m -->\nplan"),
    ],
)
def test_no_line_of_a_text_is_carried_out_as_a_command(body: str, sent: str) -> None:
    assert without_commands(body) == sent
    assert without_commands(sent) == sent


class _Answers(GitLabServer):
    """A GitLab that was told what to say, without a repository."""

    told: dict[tuple[str, str], object]

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, object]) -> object:
        try:
            found = self.told[method, path.removeprefix("/projects/acme%2Fmodels")]
        except KeyError:
            return super().answer(method, path, query, body)
        if isinstance(found, RefusedError):
            raise found
        return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[_Answers]:
    with _Answers(tmp_path) as server:
        server.told = {}
        yield server


@pytest.fixture
def gitlab(server: _Answers) -> Iterator[GitLab]:
    address = Address(ForgeKind.GITLAB, "gitlab.com", "acme/models")
    with gitlab_client(address, server.token, api=server.url) as client:
        yield GitLab(address, client)


REQUEST = {"iid": 1, "sha": FIRST, "source_branch": "b", "target_branch": "main", "state": "opened"}


def test_who_asks_for_changes_does_not_approve_and_an_older_gitlab_proves_nothing(
    server: _Answers, gitlab: GitLab
) -> None:
    approved = [{"user": {"username": name}} for name in ("bob", "carol")]
    server.told = {
        ("GET", "/merge_requests/1/approvals"): {"approved_by": approved},
        ("GET", "/merge_requests/1/reviewers"): [
            {"user": {"username": "bob"}, "state": "requested_changes"},
            {"user": {"username": "carol"}, "state": "approved"},
        ],
        ("GET", "/merge_requests/1/versions"): _versions(("10:00:00.000Z", FIRST)),
    }

    assert {one.login: (one.state, one.commit) for one in gitlab.reviews(1)} == {
        "bob": (ReviewState.CHANGES_REQUESTED, None),
        "carol": (ReviewState.APPROVED, None),
    }


def test_an_account_that_may_not_merge_is_told_what_it_lacks(server: _Answers, gitlab: GitLab) -> None:
    server.told = {
        ("PUT", "/merge_requests/1/merge"): RefusedError(401, "401 Unauthorized"),
        ("GET", "/merge_requests/1"): REQUEST,
    }

    with pytest.raises(ForgeError, match="does not let this account merge"):
        gitlab.merge(1, head=FIRST, title="t", message="m")


@pytest.mark.parametrize(
    ("commits", "wanted"),
    [
        ({"merge_commit_sha": "m", "squash_commit_sha": "s"}, "m"),
        ({"merge_commit_sha": None, "squash_commit_sha": "s"}, "s"),
        ({"merge_commit_sha": None, "squash_commit_sha": None}, FIRST),
    ],
)
def test_what_main_has_of_it_depends_on_how_the_project_merges(
    server: _Answers, gitlab: GitLab, commits: dict[str, object], wanted: str
) -> None:
    server.told = {("PUT", "/merge_requests/1/merge"): {**REQUEST, "state": "merged", **commits}}

    assert gitlab.merge(1, head=FIRST, title="t", message="m").commit == wanted


def test_a_group_is_asked_for_nothing(gitlab: GitLab) -> None:
    with pytest.raises(ForgeError, match="no groups"):
        gitlab.ask(1, Reviewers(teams=("release",)))


def test_the_free_tier_is_protected_as_far_as_it_goes(server: _Answers, gitlab: GitLab) -> None:
    """Who may push is changed by a new rule in the place of the old one, and who may merge stays."""
    server.paid = False
    server.protected["main"] = {
        "name": "main",
        "allow_force_push": True,
        "push_access_levels": [{"id": 1, "access_level": 40}],
        "merge_access_levels": [{"id": 2, "access_level": 30}],
    }
    gitlab.protect("main", WANTED)
    found = gitlab.protection("main")

    assert found.pull_request_required
    assert found.force_pushes_refused
    assert server.protected["main"]["merge_access_levels"] == [{"id": 2, "access_level": 30}]
    assert (found.approvals, found.code_owners, found.stale_reviews_dismissed) == (None, None, None)
    assert {gap.name for gap in gaps(found)} == {
        "code-owners",
        "stale-reviews-dismissed",
        "last-push-approval",
        "required-checks",
    }


def test_a_rule_that_could_not_be_written_anew_is_said_loudly(server: _Answers, gitlab: GitLab) -> None:
    server.paid = False
    server.protected["main"] = {
        "name": "main",
        "allow_force_push": False,
        "push_access_levels": [{"id": 1, "access_level": 40}],
    }
    server.told = {("POST", "/protected_branches"): RefusedError(422, {"base": ["is invalid"]})}

    with pytest.raises(ForgeError, match=r"NOT PROTECTED now: .*base is invalid") as caught:
        gitlab.protect("main", WANTED)
    assert "mooring forge protect --apply" in (caught.value.hint or "")


def test_a_pattern_that_lets_somebody_push_is_seen(server: _Answers, gitlab: GitLab) -> None:
    """Of several rules for a branch GitLab takes the one that lets more people push."""
    nobody = {"push_access_levels": [{"id": 1, "access_level": 0}], "allow_force_push": False}
    server.protected = {"main": {"name": "main", **nobody}}
    closed = gitlab.protection("main")
    server.protected["m*n"] = {"name": "m*n", "push_access_levels": [{"id": 2, "access_level": 30}]}
    opened = gitlab.protection("main")
    server.protected = {"main": {"name": "main", "push_access_levels": [{"access_level": 0, "user_id": 4}]}}
    somebody = gitlab.protection("main")

    said = [one.pull_request_required for one in (closed, opened, somebody)]
    assert said == [True, False, False]


def test_a_request_without_its_branch_is_no_answer(server: _Answers, gitlab: GitLab) -> None:
    server.told = {("PUT", "/merge_requests/1"): {"iid": 1}}

    with pytest.raises(UnavailableError, match="without its branch"):
        gitlab.update(1, title="t", body="b")


def test_a_project_of_nested_groups_is_one_word_of_the_address(server: _Answers, gitlab: GitLab) -> None:
    nested = replace(gitlab, address=Address(ForgeKind.GITLAB, "gitlab.com", "acme/ml/models"))
    server.told = {("GET", "/projects/acme%2Fml%2Fmodels/merge_requests"): []}

    assert nested.find("b") is None
    assert server.asked[-1] == ("GET", "/projects/acme%2Fml%2Fmodels/merge_requests")

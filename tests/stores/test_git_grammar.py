"""Which words may reach Git's command line."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring.errors import UsageError
from mooring.stores.git import grammar
from mooring.stores.git.url import check_url, redact

REF_TEXT = st.text(alphabet="ab/.-@{}~^:?*[\\ \x01lock", min_size=1, max_size=12)


@given(REF_TEXT)
@example("refs/heads/a.lock/b")
@example("a//b")
@example("@")
@example("a/.b")
def test_a_ref_is_what_git_takes_for_one(text: str) -> None:
    done = subprocess.run(["git", "check-ref-format", f"refs/heads/{text}"], check=False)

    assert grammar.is_ref(f"refs/heads/{text}") == (done.returncode == 0)


@pytest.mark.parametrize("text", ["-b", "--upload-pack=x", "", "/a", "a b", "a..b", "HEAD@{1}", ":/x", "a\n"])
def test_a_revision_that_git_would_read_otherwise_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a branch, tag or commit"):
        grammar.check_revision(text)


@pytest.mark.parametrize(
    "text", ["main", "origin/main", "HEAD~2", "refs/tags/v1^2~1", "abc1", "f" * 40, "HEAD^"]
)
def test_a_revision_may_be_a_ref_an_id_or_steps_from_one(text: str) -> None:
    assert grammar.check_revision(text) == text


@pytest.mark.parametrize(
    "text", ["", "/a", "a/../b", "-a", "a//b", "a/", "./a", ".git/config", "a/.GIT/x", "a\0b"]
)
def test_a_path_that_leaves_the_tree_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a path inside the repository"):
        grammar.check_path(text)


@pytest.mark.parametrize(
    "text", ["+refs/heads/*:refs/heads/*", "refs/heads/main:refs/remotes/origin/main", "HEAD:refs/x/y"]
)
def test_a_refspec_has_two_full_sides(text: str) -> None:
    assert grammar.check_refspec(text) == text


@pytest.mark.parametrize(
    "text", ["main", "--all", "refs/heads/*:refs/x", "a:b", "refs/heads/a:-b", ":refs/heads/a"]
)
def test_other_refspecs_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        grammar.check_refspec(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/models.git",
        "https://user:secret@host:8443/x",
        "ssh://git@host:22/x.git",
        "git@github.com:acme/models.git",
        "host.example:models",
        "file:///srv/models.git",
        "/srv/models.git",
        "http://localhost:8000/x",
        "http://127.0.0.1/x",
        "http://[::1]:80/x",
    ],
)
def test_mooring_talks_to(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% /tmp/x",
        "-oProxyCommand=x",
        "--upload-pack=x",
        "ssh://-oProxyCommand=x/y",
        "-x@host:path",
        "host:-path",
        "http://example.com/x",
        "http://localhost.example.com/x",
        "http://localhost@example.com/x",
        "git://host/x",
        "ftp://host/x",
        "relative/path",
        "file://host/x",
        "fd::17",
        "https://",
        "https://host/a b",
        "/srv/a\nb",
        "",
    ],
)
def test_mooring_does_not_talk_to(url: str) -> None:
    with pytest.raises(UsageError, match="not a remote that Mooring talks to"):
        check_url(url)


def test_secrets_in_urls_are_not_shown() -> None:
    said = "fatal: https://me:hunter2@2@host/x, https://ghp_token@host/y?token=abc and ssh://git@host/z"

    shown = redact(said)

    assert shown == "fatal: https://***@host/x, https://***@host/y?token=*** and ssh://git@host/z"

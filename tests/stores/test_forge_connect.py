"""Which token goes to which host, and that none goes to a host it is not for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mooring.errors import UsageError
from mooring.stores.forge.connect import connect
from mooring.stores.forge.github import GitHub

GITHUB = "https://github.com/acme/models.git"
ENTERPRISE = "https://github.example.com/acme/models.git"


def _authorization(remote: str, variables: dict[str, str]) -> str | None:
    """What would be sent as authorization to the forge of `remote`."""
    found = connect(remote, {"PATH": "", **variables})
    assert found is not None
    return found.forge.client.headers["Authorization"] if isinstance(found.forge, GitHub) else None


@pytest.mark.parametrize(
    ("remote", "variables", "wanted"),
    [
        (GITHUB, {}, None),
        (GITHUB, {"GITHUB_TOKEN": "a"}, "Bearer a"),
        (GITHUB, {"GH_TOKEN": "b", "GITHUB_TOKEN": "a"}, "Bearer b"),
        (GITHUB, {"MOORING_TOKEN": "c", "GH_TOKEN": "b"}, "Bearer c"),
        (GITHUB, {"GITHUB_TOKEN": "a\n"}, "Bearer a"),
        (GITHUB, {"GITLAB_TOKEN": "a"}, None),
        (ENTERPRISE, {"GITHUB_TOKEN": "a"}, None),
        (ENTERPRISE, {"GITHUB_TOKEN": "a", "GITHUB_SERVER_URL": "https://github.example.com"}, "Bearer a"),
        (ENTERPRISE, {"GH_ENTERPRISE_TOKEN": "d", "GH_TOKEN": "b"}, "Bearer d"),
    ],
)
def test_a_token_goes_to_the_host_it_is_for(
    remote: str, variables: dict[str, str], wanted: str | None
) -> None:
    assert _authorization(remote, variables) == wanted


def test_without_a_variable_the_log_in_of_gh_counts(tmp_path: Path) -> None:
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\n[ "$*" = "auth token --hostname github.com" ] && echo from-gh\n')
    gh.chmod(0o755)

    assert _authorization(GITHUB, {"PATH": f"{tmp_path}:{os.environ['PATH']}"}) == "Bearer from-gh"
    assert _authorization(ENTERPRISE, {"PATH": f"{tmp_path}:{os.environ['PATH']}"}) is None


def test_a_plain_git_server_is_no_forge() -> None:
    assert connect("/srv/git/models.git", {"GITHUB_TOKEN": "a"}) is None
    assert connect(GITHUB, {"GITHUB_TOKEN": "a", "MOORING_FORGE": "none"}) is None


def test_a_forge_that_is_known_and_not_spoken_to_has_its_address() -> None:
    found = connect("git@git.example.com:acme/models.git", {"MOORING_FORGE": "gitlab", "PATH": ""})

    assert found is not None
    assert found.forge is None
    assert found.address.web == "https://git.example.com/acme/models"


@pytest.mark.parametrize(
    "variables",
    [
        {"MOORING_FORGE": "sourceforge"},
        {"MOORING_TOKEN": "two words"},
        {"MOORING_TOKEN": "a", "MOORING_FORGE_API": "http://example.com/api"},
        {"MOORING_TOKEN": "a", "MOORING_FORGE_API": "example.com"},
    ],
)
def test_what_means_nothing_is_said_so_without_the_token(variables: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        connect(GITHUB, {"PATH": "", **variables})

    assert "two words" not in str(caught.value)

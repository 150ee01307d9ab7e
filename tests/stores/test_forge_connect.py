"""Which token goes to which host, and that none goes to a host it is not for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mooring.errors import UsageError
from mooring.stores.forge.connect import connect
from mooring.stores.forge.gitea import Gitea
from mooring.stores.forge.github import GitHub
from mooring.stores.forge.gitlab import GitLab

GITHUB = "https://github.com/acme/models.git"
ENTERPRISE = "https://github.example.com/acme/models.git"


GITLAB = "https://gitlab.com/acme/models.git"
OWN_GITLAB = "git@gitlab.example.com:acme/ml/models.git"
OWN_GITEA = "https://gitea.example.com:3000/acme/models.git"
CODEBERG = "https://codeberg.org/acme/models.git"


def _authorization(remote: str, variables: dict[str, str]) -> str | None:
    """What would be sent as authorization to the forge of `remote`."""
    found = connect(remote, {"PATH": "", **variables})
    assert found is not None
    if not isinstance(found.forge, GitHub | GitLab | Gitea):
        return None
    headers = found.forge.client.headers
    return headers.get("Authorization") or headers["PRIVATE-TOKEN"]


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
        (GITLAB, {"GITLAB_TOKEN": "a"}, "a"),
        (GITLAB, {"MOORING_TOKEN": "c", "GITLAB_TOKEN": "a"}, "c"),
        (GITLAB, {"GITHUB_TOKEN": "a", "GITEA_TOKEN": "b", "CI_JOB_TOKEN": "d"}, None),
        (OWN_GITLAB, {"GITLAB_TOKEN": "a"}, None),
        (OWN_GITLAB, {"GITLAB_TOKEN": "a", "CI_SERVER_URL": "https://gitlab.example.com"}, "a"),
        (OWN_GITLAB, {"GITLAB_TOKEN": "a", "GITLAB_HOST": "gitlab.example.com"}, "a"),
        (OWN_GITLAB, {"GITLAB_TOKEN": "a", "GITLAB_HOST": "https://evil.gitlab.example.com"}, None),
        (OWN_GITLAB, {"GITLAB_TOKEN": "a", "GITLAB_HOST": "https://gitlab.example.com@evil.example"}, None),
        (OWN_GITEA, {"GITEA_TOKEN": "a", "FORGEJO_TOKEN": "b"}, None),
        (OWN_GITEA, {"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://gitea.example.com:3000"}, "token a"),
        (OWN_GITEA, {"GITEA_TOKEN": "a", "GITEA_SERVER_URL": "https://gitea.example.com"}, None),
        (
            OWN_GITEA,
            {"FORGEJO_TOKEN": "b", "FORGEJO_SERVER_URL": "https://gitea.example.com:3000/"},
            "token b",
        ),
        (OWN_GITEA, {"GITHUB_TOKEN": "g", "GITHUB_SERVER_URL": "https://gitea.example.com:3000"}, "token g"),
        (OWN_GITEA, {"GITHUB_TOKEN": "g"}, None),
        (CODEBERG, {"FORGEJO_TOKEN": "b", "GITEA_TOKEN": "a"}, "token b"),
        (CODEBERG, {"GITEA_TOKEN": "a"}, None),
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


def test_a_forge_without_a_token_has_its_address() -> None:
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

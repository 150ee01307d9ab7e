"""A remote's address tells which forge it leads to, however it is written."""

from __future__ import annotations

import pytest

from mooring.stores.forge.address import Address, ForgeKind, address_of


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/acme/models.git",
        "https://github.com/acme/models",
        "https://github.com/acme/models/",
        "https://token@github.com/acme/models.git",
        "git@github.com:acme/models.git",
        "ssh://git@github.com/acme/models.git",
        "ssh://git@ssh.github.com:443/acme/models.git",
        "https://GitHub.com/acme/models.git",
    ],
)
def test_every_spelling_of_an_address_is_the_same_repository(remote: str) -> None:
    assert address_of(remote) == Address(ForgeKind.GITHUB, "github.com", "acme/models")


@pytest.mark.parametrize(
    ("remote", "kind", "web", "api"),
    [
        (
            "https://github.com/a/b",
            ForgeKind.GITHUB,
            "https://github.com/a/b",
            "https://api.github.com",
        ),
        (
            "git@github.example.com:a/b.git",
            ForgeKind.GITHUB,
            "https://github.example.com/a/b",
            "https://github.example.com/api/v3",
        ),
        (
            "https://gitlab.com/a/b/c/d.git",
            ForgeKind.GITLAB,
            "https://gitlab.com/a/b/c/d",
            "https://gitlab.com/api/v4",
        ),
        (
            "https://codeberg.org/a/b.git",
            ForgeKind.GITEA,
            "https://codeberg.org/a/b",
            "https://codeberg.org/api/v1",
        ),
        (
            "https://forgejo.example.com:3000/a/b.git",
            ForgeKind.GITEA,
            "https://forgejo.example.com:3000/a/b",
            "https://forgejo.example.com:3000/api/v1",
        ),
        (
            "ssh://git@gitea.example.com:2222/a/b.git",
            ForgeKind.GITEA,
            "https://gitea.example.com/a/b",
            "https://gitea.example.com/api/v1",
        ),
    ],
)
def test_the_hosts_name_tells_the_kind_and_where_the_api_begins(
    remote: str, kind: ForgeKind, web: str, api: str
) -> None:
    found = address_of(remote)

    assert found is not None
    assert (found.kind, found.web, found.api) == (kind, web, api)


@pytest.mark.parametrize(
    "remote",
    [
        "/srv/git/models.git",
        "../models",
        "file:///srv/git/github/models.git",
        "https://git.example.com/a/b.git",
        "https://github.com/only-one",
        "https://github.com/a/../b",
        "https://github.com/a/b/c",
        "ext::sh -c id",
        "",
    ],
)
def test_any_other_address_leads_to_no_forge(remote: str) -> None:
    assert address_of(remote) is None


def test_a_host_whose_name_says_nothing_is_what_it_is_said_to_be() -> None:
    assert address_of("git@git.example.com:a/b.git", kind=ForgeKind.GITLAB) == Address(
        ForgeKind.GITLAB, "git.example.com", "a/b"
    )


def test_the_page_for_a_new_pull_request_names_the_branch_as_an_address() -> None:
    github = Address(ForgeKind.GITHUB, "github.com", "a/b")

    assert (
        github.new_request("promote/production/m/1.0.0", "main")
        == "https://github.com/a/b/compare/main...promote/production/m/1.0.0?expand=1"
    )

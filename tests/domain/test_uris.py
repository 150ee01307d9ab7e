"""Which addresses a manifest may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.uris import git_url_problem, is_local, uri_problem


@pytest.mark.parametrize(
    "uri",
    [
        "sklearn.datasets.load_iris",
        "data/iris 2026.csv",
        "s3://data/iris 2026-{00..10}.parquet",
        "gs://bucket/50%/x",
        "abfss://container@account.dfs.core.windows.net/x",
        "hf://datasets/acme/iris@main/x.parquet",
        "doi:10.5281/zenodo.1234",
        "https://data.example/iris%202026.csv",
        "https://[::1]:8080/x",
        "ssh://git@host.example/x",
    ],
)
def test_an_address_of_data_is_accepted(uri: str) -> None:
    assert uri_problem(uri) is None
    assert not is_local(uri)


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("s3://me:1234@bucket/x", "credentials"),
        ("https://me@data.example/x", "credentials"),
        ("s3://", "behind its scheme"),
        ("https:///x", "no host"),
        ("https://-x/", "no host"),
        ("https://data.example/a b", "write %20"),
        ("https://data.example/50%", "no escape"),
        ("data\\iris.csv", "backslash"),
        ("C:\\data\\iris.csv", "backslash"),
    ],
)
def test_an_address_of_data_is_refused(uri: str, problem: str) -> None:
    assert problem in (uri_problem(uri) or "")


@pytest.mark.parametrize("path", ["/srv/x", "~/x", "file:///srv/x", "C:/x", "../x", "data/../../x"])
def test_only_one_machine_knows(path: str) -> None:
    assert is_local(path)


@pytest.mark.parametrize(
    "url",
    [
        "https://host.example/acme/iris",
        "git@host.example:acme/iris.git",
        "host:iris",
        "ssh://git@host.example:22/iris",
        "git+ssh://git@host.example/iris",
        "/srv/git/iris",
        "file:///srv/git/iris",
    ],
)
def test_git_can_clone_from(url: str) -> None:
    assert git_url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("--upload-pack=id", "option"),
        ("ext::sh -c id", "run a program"),
        ("x::https://host/y", "run a program"),
        ("https://token@host.example/x", "credentials"),
        ("ssh://git:1234@host.example/x", "credentials"),
        ("s3://bucket/x", "clones nothing"),
        ("acme/iris", "no address"),
        ("host:-x", "no address"),
        ("ssh://-oProxyCommand=id/x", "no host"),
    ],
)
def test_git_must_not_clone_from(url: str, problem: str) -> None:
    assert problem in (git_url_problem(url) or "")


@given(st.text(alphabet="a1:/@%\\[]{}.~- \n", max_size=40))
def test_every_text_is_judged(text: str) -> None:
    uri_problem(text)
    git_url_problem(text)
    is_local(text)
    if text.startswith(("-", "a::")):
        assert git_url_problem(text) is not None

"""Every request of the GitHub adapter, judged by GitHub's own OpenAPI description, which Prism serves.

    npm install @octokit/openapi @stoplight/prism-cli
    PRISM=node_modules/.bin/prism OPENAPI=node_modules/@octokit/openapi/generated/api.github.com.json \
        pytest -m slow tests/stores/test_forge_prism.py

Prism answers 422 to a request that the description does not allow, and else with GitHub's own examples.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.github import GitHub
from mooring.stores.forge.http import Client
from mooring.stores.forge.port import MergeState, RequestState, Reviewers, Status, StatusState
from mooring.usecases.protection import WANTED

pytestmark = pytest.mark.slow

# Read while the module is imported: for a test the environment is emptied.
PRISM, OPENAPI = os.environ.get("PRISM"), os.environ.get("OPENAPI")
REQUIRED = os.environ.get("MOORING_REQUIRE_REAL") == "1"
PATH = os.environ["PATH"]
COMMIT = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


@dataclass
class _OnePage(Client):
    """The examples' Link headers lead to api.github.com, where no test goes."""

    def _ask(self, method: str, url: str, **words: object) -> tuple[object, Mapping[str, str]]:
        data, headers = super()._ask(method, url, **words)  # type: ignore[arg-type]
        return data, {name: value for name, value in headers.items() if name != "link"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if not PRISM or not OPENAPI:
        if REQUIRED:
            pytest.fail("PRISM and OPENAPI must name Prism and GitHub's description")
        pytest.skip("PRISM and OPENAPI do not name Prism and GitHub's description")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [PRISM, "mock", "-h", "127.0.0.1", "-p", str(port), OPENAPI],
        env={"PATH": PATH},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1_200):
        assert process.poll() is None, "Prism ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)  # it reads a description of 13 MB and says nowhere else that it has
        else:
            return
    pytest.fail("Prism does not listen")


@pytest.fixture
def github(server: str) -> Iterator[GitHub]:
    headers = {
        "Accept": "application/vnd.github+json, application/json;q=0.9",
        "Authorization": "Bearer t",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    with _OnePage(server, "GitHub (acme/models)", headers) as client:
        yield GitHub(Address(ForgeKind.GITHUB, "github.com", "acme/models"), client)


def test_the_description_allows_every_request(github: GitHub) -> None:
    opened = github.open("new-topic", base="main", title="Promote", body="the plan")

    assert opened.state is RequestState.OPEN
    assert github.login() == "octocat"
    assert github.find("no-such-branch") is None
    assert github.update(1, title="t", body="b").number == opened.number
    github.close(1)
    github.label(1, ["mooring"])
    github.ask(1, Reviewers(("alice",), ("release",)))
    assert [review.login for review in github.reviews(1)] == ["octocat"]
    assert github.merge(1, head=COMMIT, title="t", message="m").state is MergeState.MERGED
    assert github.statuses(COMMIT)
    github.set_status(COMMIT, Status("mooring/gates", StatusState.PENDING, "x" * 200, "https://example.com"))
    github.comment(1, "<!-- mooring:plan -->", "<!-- mooring:plan -->\nplan")
    github.deploy(COMMIT, "production", state=StatusState.SUCCESS, description="churn@1.0.0")
    github.protection("main")
    github.protect("main", WANTED)

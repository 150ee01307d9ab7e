"""What versions need is gathered once, and from then on only what differs is read."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.model import ModelVersion
from mooring.domain.requires import parse_required
from mooring.stores.cache import Cache
from mooring.stores.descent import Descent, descent_at
from mooring.stores.files import GitFiles
from mooring.stores.git.repository import Repository
from tests.support.builder import Builder
from tests.support.gitrepo import make_repository

NEEDS = st.lists(
    st.tuples(
        st.sampled_from(["1.0.0", "1.1.0", "1.2.0"]),
        st.sampled_from([(), ("base@1.0.0",), ("base@1.0.0", "team/other@2.0.0")]),
        st.sampled_from([(), ("encoder",), ("encoder>=1.2.0,<2.0.0", "base>=1.0.0")]),
        st.sampled_from(["written", "by hand", "broken", "gone"]),
    ),
    min_size=1,
    max_size=4,
)


def manifest(version: str, parents: tuple[str, ...], required: tuple[str, ...]) -> bytes:
    path = layout.manifest_path("m", version)
    found = codec.decode(
        ModelVersion, Builder().model("m").version(version, parents=parents).files[path], path
    )
    assert isinstance(found, ModelVersion)
    return codec.encode(found.model_copy(update={"requires": tuple(map(parse_required, required))}))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    where = make_repository(tmp_path_factory.mktemp("descent"), bare=True)
    with Repository.open(where, environ=os.environ) as found:
        yield found


@pytest.mark.slow
@settings(max_examples=12)
@given(st.lists(NEEDS, min_size=1, max_size=3))
def test_carrying_on_gives_what_gathering_anew_gives(
    repository: Repository, states: list[list[tuple[str, tuple[str, ...], tuple[str, ...], str]]]
) -> None:
    cache = Cache.in_git_directory(repository.common_dir)
    commit: str | None = None
    for state in states:
        files: dict[str, bytes | None] = {"registry/m/model.yaml": b"kind: Model\n"}
        for version, parents, required, how in state:
            data = manifest(version, parents, required)
            said = {
                "written": data,
                "by hand": data.replace(b"parents: [", b"parents:  [ "),
                "broken": b"parents: [\n",
                "gone": None,
            }[how]
            files[layout.manifest_path("m", version)] = said
        commit = repository.commit_with(commit, files, message="A change\n")
        carried = descent_at(repository, commit, cache)

        assert carried == descent_at(repository, commit, Cache(None))
        assert carried == descent_at(repository, commit, cache)
    cache.close()


def test_it_answers_by_parent_and_by_required_model() -> None:
    found = Descent(
        {
            "b@1.0.0": (("a@1.0.0",), ()),
            "c@1.0.0": (("b@1.0.0", "a@1.0.0"), ("b>=1.0.0,<2.0.0", "bb")),
        }
    )

    assert found.children("a@1.0.0") == ("b@1.0.0", "c@1.0.0")
    assert [(ref, str(needed)) for ref, needed in found.requiring("b")] == [("c@1.0.0", "b>=1.0.0,<2.0.0")]
    assert found.children("x@1.0.0") == ()


def test_after_a_change_only_the_manifests_that_differ_are_read(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache.in_git_directory(repository.common_dir)
    first = {
        layout.manifest_path("m", f"1.{number}.0"): manifest(f"1.{number}.0", ("base@1.0.0",), ())
        for number in range(20)
    }
    base = repository.commit_with(None, first, message="Many\n")
    descent_at(repository, base, cache)
    added = {layout.manifest_path("m", "2.0.0"): manifest("2.0.0", ("m@1.0.0",), ())}
    head = repository.commit_with(base, added, message="One more\n")
    read: list[str] = []
    contents = GitFiles.contents

    def counted(files: GitFiles, oids: list[str]) -> Iterator[tuple[str, bytes]]:
        read.extend(oids)
        return contents(files, oids)

    monkeypatch.setattr(GitFiles, "contents", counted)
    found = descent_at(repository, head, cache)
    cache.close()

    assert len(read) == 1
    assert found.children("m@1.0.0") == ("m@2.0.0",)
    assert len(found.children("base@1.0.0")) == 20


def test_a_tree_that_was_pruned_is_gathered_anew(repository: Repository) -> None:
    cache = Cache.in_git_directory(repository.common_dir)
    cache.put_index("needs", "0" * 40, '{"old@1.0.0": [["gone@1.0.0"], []]}')
    files = {layout.manifest_path("m", "3.0.0"): manifest("3.0.0", ("base@1.0.0",), ())}
    commit = repository.commit_with(None, files, message="Anew\n")
    found = descent_at(repository, commit, cache)
    cache.close()

    assert found.needs == {"m@3.0.0": (("base@1.0.0",), ())}

"""A commit built from trees is the commit that Git would have made in a work tree."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring.errors import NotFoundError, UsageError
from mooring.stores.git.identity import Identity, Moment
from mooring.stores.git.repository import Repository
from mooring.stores.git.trees import BlobId
from tests.support.gitrepo import at_minute, blob_id, commit, git, make_repository

# Names whose order differs between folders and files ("a-b" < "a/" < "a0"), and names Git must not quote.
NAMES = st.sampled_from(["a", "a-b", "a.b", "a0", "b c", "é", "-x", "B", "#"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join).filter(lambda path: not path.startswith("-"))
CONTENTS = st.binary(max_size=6)
Wishes = Mapping[str, bytes | None]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Repository]]:
    work = make_repository(tmp_path_factory.mktemp("trees") / "work")
    with Repository.open(work, environ=dict(os.environ)) as repository:
        yield work, repository


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    work = make_repository(tmp_path / "work")
    commit(work, {"top": b"1\n", "deep/er/file": b"2\n", "deep/run": b"3\n"})
    with Repository.open(work, environ=os.environ) as opened:
        yield opened


def contradicts(wishes: Wishes) -> bool:
    added = [path for path, content in wishes.items() if content is not None]
    return any(other.startswith(f"{path}/") for path in added for other in added)


def put(work: Path, wishes: Wishes) -> None:
    """What a person would do in a work tree: remove first, then put every new file where it shall be."""
    for path, content in wishes.items():
        file = work / path
        if content is None and file.is_dir():
            shutil.rmtree(file)
        elif content is None and os.path.lexists(file):
            file.unlink()
    for path, content in wishes.items():
        if content is None:
            continue
        file = work / path
        for above in reversed(file.relative_to(work).parents):
            if (work / above).is_file():
                (work / above).unlink()
        if file.is_dir():
            shutil.rmtree(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def added_tree(work: Path, wishes: Wishes) -> str:
    put(work, wishes)
    git(work, "add", "--all")
    return git(work, "write-tree")


@pytest.mark.slow
@given(
    st.dictionaries(PATHS, CONTENTS, max_size=8).filter(lambda files: not contradicts(files)),
    st.dictionaries(PATHS, st.none() | CONTENTS, max_size=8).filter(lambda wishes: not contradicts(wishes)),
)
@example({"a": b"1"}, {"a/b": b"2"})
@example({"a/b": b"1", "a/c": b"2"}, {"a": b"3"})
@example({"a/b": b"1", "a/c": b"2"}, {"a": None, "a/a": b"3"})
@example({"a": b"1"}, {"a/b": None})
@example({"a/a/a": b"1", "b": b""}, {"a/a/a": None})
@example({"a": b"1"}, {"a": None})
@example({"a/b": b"1"}, {"a": b"2", "a/b": None})
def test_the_tree_is_the_one_that_git_add_gives(
    scratch: tuple[Path, Repository], base: Mapping[str, bytes], wishes: Wishes
) -> None:
    work, repository = scratch
    for child in work.iterdir():
        if child.name != ".git":
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    before = added_tree(work, base)
    assert repository.tree_with(None, base) == before

    after = added_tree(work, wishes)

    assert repository.tree_with(before, wishes) == after


@pytest.mark.slow
@given(st.dictionaries(PATHS, CONTENTS, max_size=4), PATHS, NAMES, CONTENTS)
def test_a_path_cannot_be_a_file_and_a_folder(
    scratch: tuple[Path, Repository], others: Mapping[str, bytes], path: str, below: str, content: bytes
) -> None:
    with pytest.raises(UsageError, match="cannot be a file and a folder"):
        scratch[1].tree_with(None, {**others, path: content, f"{path}/{below}": content})


def test_neither_work_tree_nor_index_nor_head_is_touched(repository: Repository) -> None:
    (repository.path / "top").write_bytes(b"edited\n")
    (repository.path / "staged").write_bytes(b"s\n")
    git(repository.path, "add", "staged")
    index = (repository.git_dir / "index").read_bytes()
    before = git(repository.path, "status", "--porcelain")

    repository.commit_with("main", {"top": b"new\n", "deep/er/file": None}, message="Elsewhere")

    assert (repository.git_dir / "index").read_bytes() == index
    assert git(repository.path, "status", "--porcelain") == before
    assert not list(repository.git_dir.rglob("*.lock"))


def test_the_commit_is_the_one_that_git_commit_makes(repository: Repository) -> None:
    base = git(repository.path, "rev-parse", "HEAD")
    theirs = commit(repository.path, {"deep/er/file": b"new\n"}, "Subject\n\nBody é\n", minute=1)
    moment = Moment(int(at_minute(1)["GIT_AUTHOR_DATE"][1:].split()[0]))

    ours = repository.commit_with(
        base, {"deep/er/file": b"new\n"}, message="Subject\n\nBody é\n", time=moment
    )

    assert ours == theirs


def test_an_existing_blob_can_be_put_at_a_path_and_keeps_the_mode(repository: Repository) -> None:
    (repository.path / "deep/run").chmod(0o755)
    commit(repository.path, {}, "Executable")
    blob = repository.blob_ids("main", ["top"])[0]
    assert blob is not None

    made = repository.commit_with("main", {"deep/run": BlobId(blob)}, message="Restore")

    (entry,) = [entry for entry in repository.tree(made) if entry.path == "deep/run"]
    assert (entry.mode, entry.oid) == ("100755", blob_id(b"1\n"))


def test_author_time_and_parents_are_as_given(repository: Repository) -> None:
    main = repository.commit_id("main")
    other = repository.commit_with(None, {"x": b""}, message="Root")

    made = repository.commit_with(
        "main",
        {},
        message="Merge",
        author=Identity("Ada", "ada@x"),
        time=Moment(86_400, "+0200"),
        parents=["main", other],
    )

    (record,) = repository.first_parent(made, since="main")
    assert record.parents == (main, other)
    assert (record.author_name, record.author_email, record.author_time) == ("Ada", "ada@x", 86_400)
    assert (record.committer_name, record.committer_time) == ("Test Author", 86_400)
    assert git(repository.path, "show", "-s", "--format=%ad", "--date=raw", made) == "86400 +0200"


def test_many_blobs_at_once_are_written_without_filters(repository: Repository) -> None:
    git(repository.path, "config", "core.autocrlf", "input")
    contents = {f"many/{number}": b"line %d\r\n" % number for number in range(20)}

    made = repository.commit_with("main", contents, message="Many")

    assert repository.blob_ids(made, list(contents)) == [blob_id(content) for content in contents.values()]


@pytest.mark.parametrize("path", ["../x", "/x", ".git/hooks/x", "-x", "a//b"])
def test_a_path_outside_the_tree_is_refused(repository: Repository, path: str) -> None:
    with pytest.raises(UsageError):
        repository.tree_with("main", {path: b""})


def test_an_empty_message_and_an_unknown_base_are_refused(repository: Repository) -> None:
    with pytest.raises(UsageError, match="message"):
        repository.commit_with("main", {}, message=" \n")
    with pytest.raises(NotFoundError, match="there is no commit nowhere"):
        repository.commit_with("nowhere", {}, message="x")


@pytest.mark.slow
@given(
    st.dictionaries(PATHS, CONTENTS, max_size=8).filter(lambda files: not contradicts(files)),
    st.lists(PATHS, max_size=14),
)
def test_blobs_are_found_whether_few_or_many_are_asked_for(
    scratch: tuple[Path, Repository], files: Mapping[str, bytes], asked: list[str]
) -> None:
    repository = scratch[1]
    made = repository.commit_with(None, files, message="x")
    paths = [*asked, *files]

    found = repository.blob_ids(made, paths)

    assert found == [blob_id(files[path]) if path in files else None for path in paths]
    assert found == [repository.blob_ids(made, [path])[0] for path in paths]

"""History in one run of Git says what a walk from commit to commit says."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.errors import NotFoundError, UsageError
from mooring.stores.git.history import PathChange
from mooring.stores.git.repository import Repository
from tests.support.gitrepo import FIRST_SECOND, blob_id, commit, git, make_repository

PATHS = ["a", "b c/é", "b c/d", "e/f/g", "#"]


@dataclass
class Planned:
    """A commit of a random history: its parents by number, and the files of its tree."""

    parents: list[int]
    files: dict[str, bytes] = field(default_factory=dict)


@st.composite
def histories(draw: st.DrawFn) -> list[Planned]:
    planned: list[Planned] = []
    for number in range(draw(st.integers(1, 9))):
        known = st.integers(0, number - 1) if number else st.nothing()
        parents = draw(st.lists(known, max_size=3, unique=True)) if number else []
        files = dict(planned[parents[0]].files) if parents else {}
        wishes = draw(st.dictionaries(st.sampled_from(PATHS), st.none() | st.binary(max_size=3), max_size=3))
        files |= {path: content for path, content in wishes.items() if content is not None}
        for path, content in wishes.items():
            if content is None:
                files.pop(path, None)
        planned.append(Planned(parents, files))
    return planned


def build(where: Path, planned: list[Planned], branch: str) -> list[str]:
    """Write the history with git fast-import; the ids of its commits in order."""
    stream = bytearray()
    for number, made in enumerate(planned):
        text = f"Change {number}\n\nwith a body".encode()
        stream += b"commit refs/heads/%s-%d\nmark :%d\n" % (branch.encode(), number, number + 1)
        stream += b"committer Ada <ada@x> %d +0100\ndata %d\n%s\n" % (FIRST_SECOND + number, len(text), text)
        for word, parent in zip(
            itertools.chain([b"from"], itertools.repeat(b"merge")), made.parents, strict=False
        ):
            stream += b"%s :%d\n" % (word, parent + 1)
        stream += b"deleteall\n"
        for path, content in made.files.items():
            stream += b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(content), content)
    git(where, "fast-import", "--quiet", "--force", stdin=bytes(stream))
    names = [f"{branch}-{number}" for number in range(len(planned))]
    return git(where, "rev-parse", *names).split("\n")


def walk(planned: list[Planned], tip: int) -> list[int]:
    """The first-parent line, newest first, by hand."""
    line = [tip]
    while planned[line[-1]].parents:
        line.append(planned[line[-1]].parents[0])
    return line


def differences(old: dict[str, bytes], new: dict[str, bytes]) -> tuple[PathChange, ...]:
    def side(files: dict[str, bytes], path: str) -> tuple[str | None, str | None]:
        return ("100644", blob_id(files[path])) if path in files else (None, None)

    found = []
    for path in sorted(old.keys() | new.keys(), key=lambda path: path.encode()):
        (old_mode, old_oid), (new_mode, new_oid) = side(old, path), side(new, path)
        if old_oid != new_oid:
            found.append(PathChange(path, old_mode, new_mode, old_oid, new_oid))
    return tuple(found)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Repository]]:
    bare = make_repository(tmp_path_factory.mktemp("history") / "bare.git", bare=True)
    with Repository.open(bare, environ=dict(os.environ)) as repository:
        yield bare, repository


@pytest.mark.slow
@given(histories(), st.sets(st.sampled_from([*PATHS, "b c", "e"])), st.data())
def test_the_first_parent_line_is_what_a_walk_finds(
    scratch: tuple[Path, Repository], planned: list[Planned], paths: set[str], data: st.DataObject
) -> None:
    where, repository = scratch
    ids = build(where, planned, "law")
    tip = len(planned) - 1
    line = walk(planned, tip)
    since = data.draw(st.none() | st.sampled_from(line))
    wanted = line[: line.index(since)] if since is not None else line

    records = list(
        repository.first_parent(
            ids[tip], since=ids[since] if since is not None else None, paths=sorted(paths)
        )
    )

    expected = []
    for number in wanted:
        parents = planned[number].parents
        changes = differences(planned[parents[0]].files if parents else {}, planned[number].files)
        if paths:
            changes = tuple(
                change
                for change in changes
                if any(f"{change.path}/".startswith(f"{path}/") for path in paths)
            )
        if changes or not paths:
            expected.append((ids[number], tuple(ids[parent] for parent in parents), changes))
    assert [(record.oid, record.parents, record.changes) for record in records] == expected
    assert all(record.message == f"Change {ids.index(record.oid)}\n\nwith a body" for record in records)
    assert all(record.committer_time == FIRST_SECOND + ids.index(record.oid) for record in records)


@pytest.mark.slow
@given(histories())
def test_first_parent_membership_ancestry_and_times_agree_with_a_walk(
    scratch: tuple[Path, Repository], planned: list[Planned]
) -> None:
    where, repository = scratch
    ids = build(where, planned, "chain")
    tip = len(planned) - 1
    line = walk(planned, tip)

    assert [repository.on_first_parent_chain(oid, ids[tip]) for oid in ids] == [
        number in line for number in range(len(ids))
    ]
    assert repository.first_parent_times(ids[tip]) == [
        (ids[number], FIRST_SECOND + number) for number in line
    ]
    assert all(repository.is_ancestor(ids[number], ids[tip]) for number in line)
    assert repository.changed_paths(ids[0], ids[tip]) == list(
        differences(planned[0].files, planned[tip].files)
    )
    assert repository.changed_paths(None, ids[tip]) == list(differences({}, planned[tip].files))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "work")


def test_the_repositorys_configuration_changes_no_answer(work: Path) -> None:
    commit(work, {"a": b"1\n"}, "First")
    commit(work, {"a": None, "b": b"1\n"}, "Rename", minute=1)
    for key, value in {
        "log.showSignature": "true",
        "log.showRoot": "false",
        "log.date": "relative",
        "log.follow": "true",
        "diff.renames": "copies",
        "diff.noprefix": "true",
        "diff.relative": "true",
        "diff.orderFile": "/nowhere",
        "diff.external": "false",
        "color.ui": "always",
        "core.quotePath": "true",
        "format.pretty": "oneline",
        "i18n.logOutputEncoding": "latin1",
        "core.abbrev": "4",
    }.items():
        git(work, "config", key, value)

    with Repository.open(work, environ=os.environ) as repository:
        newest, oldest = repository.first_parent("main")

        assert [(change.path, change.new_oid) for change in newest.changes] == [
            ("a", None),
            ("b", blob_id(b"1\n")),
        ]
        assert [change.path for change in oldest.changes] == ["a"]
        assert repository.changed_paths("main~1", "main") == list(newest.changes)


def test_odd_authors_and_messages_arrive_whole(work: Path) -> None:
    git(work, "config", "user.name", "Zoë :100644 x")
    commit(work, {"a\tb": b"", ":c": b"", 'q"\n': b""}, ":100644 subject\n\n:000000 body \x01 é\n")

    with Repository.open(work, environ=os.environ) as repository:
        (record,) = repository.first_parent("main")

    assert record.author_name == "Zoë :100644 x"
    assert record.subject == ":100644 subject"
    assert record.message == ":100644 subject\n\n:000000 body \x01 é\n"
    assert sorted(change.path for change in record.changes) == sorted(["a\tb", ":c", 'q"\n'])


def test_a_line_left_early_leaves_no_process(work: Path) -> None:
    for number in range(3):
        commit(work, {"a": b"%d" % number}, minute=number)

    with Repository.open(work, environ=os.environ) as repository:
        line = repository.first_parent("main")
        next(line)
        line.close()  # type: ignore[attr-defined]

        assert next(repository.first_parent("main")).changes


def test_changed_path_filters_give_the_same_history(work: Path) -> None:
    for number in range(20):
        commit(work, {f"d/{number % 3}": b"%d" % number}, minute=number)
    with Repository.open(work, environ=os.environ) as repository:
        before = list(repository.first_parent("main", paths=["d/1"]))

        repository.write_commit_graph()

        assert list(repository.first_parent("main", paths=["d/1"])) == before
        assert len(before) == 7
        assert (repository.git_dir / "objects/info/commit-graph").is_file()


def test_a_shallow_clone_ends_at_its_boundary_and_says_so(work: Path, tmp_path: Path) -> None:
    first = commit(work, {"a": b"1"})
    commit(work, {"b": b"2"}, minute=1)
    git(tmp_path, "clone", "--quiet", "--depth=1", work.as_uri(), "shallow")

    with Repository.open(tmp_path / "shallow", environ=os.environ) as repository:
        assert repository.is_shallow
        assert [len(record.changes) for record in repository.first_parent("HEAD")] == [2]
        assert repository.commit_id(first) is None
        with pytest.raises(NotFoundError, match=r"there is no commit .*\n.*unshallow"):
            repository.is_ancestor(first, "HEAD")


def test_replace_refs_and_grafts_do_not_rewrite_history(work: Path) -> None:
    first = commit(work, {"a": b"1"})
    second = commit(work, {"a": b"2"}, minute=1)
    third = commit(work, {"a": b"3"}, minute=2)
    git(work, "replace", "--graft", third, first)
    (work / ".git/info").mkdir(exist_ok=True)
    (work / ".git/info/grafts").write_text(f"{second}\n")

    with Repository.open(work, environ=os.environ) as repository:
        assert [record.oid for record in repository.first_parent("main")] == [third, second, first]


def test_wrong_names_are_refused_before_git_sees_them(work: Path) -> None:
    commit(work, {"a": b"1"})
    with Repository.open(work, environ=os.environ) as repository:
        with pytest.raises(UsageError):
            repository.first_parent("--output=x")
        with pytest.raises(UsageError):
            repository.first_parent("main", paths=["../x"])
        with pytest.raises(NotFoundError):
            repository.changed_paths("main", "nothing")

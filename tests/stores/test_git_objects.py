"""Objects read through one open process are the objects that are there."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.errors import IntegrityError, UsageError
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.repository import Repository
from tests.support.gitrepo import blob_id, commit, git, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    work = make_repository(tmp_path / "work")
    commit(work, {"a": b"1\n", "d/b": b"", "d/c d": b"\0 missing\n"})
    with Repository.open(work, environ=os.environ) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    bare = make_repository(tmp_path_factory.mktemp("objects") / "bare.git", bare=True)
    with Repository.open(bare, environ=dict(os.environ)) as opened:
        yield opened


@given(st.lists(st.binary(max_size=2_000), max_size=8))
def test_what_was_written_is_read_back_in_the_order_asked(shared: Repository, contents: list[bytes]) -> None:
    oids = [shared.write_blob(content) for content in dict.fromkeys(contents)]

    assert oids == [blob_id(content) for content in dict.fromkeys(contents)]
    assert list(shared.read_many(oids)) == list(zip(oids, dict.fromkeys(contents), strict=True))


def test_a_long_batch_of_large_objects_does_not_block(shared: Repository) -> None:
    large = shared.write_blob(b"x" * 20_000)
    oids = [large] * 600 + [shared.write_blob(b"small")] + [large] * 600

    sizes = [len(data) for _, data in shared.read_many(oids)]

    assert sizes == [20_000] * 600 + [5] + [20_000] * 600


def test_reading_inside_a_loop_over_many_is_allowed(repository: Repository) -> None:
    oids = [entry.oid for entry in repository.tree("main")]

    assert [repository.read(oid) == data for oid, data in repository.read_many(oids)] == [True] * 3


def test_names_are_looked_up_without_reading(repository: Repository) -> None:
    found = repository.blob_ids("main", ["a", "nothing", "d/c d", "d", "d/b"])

    assert found == [blob_id(b"1\n"), None, blob_id(b"\0 missing\n"), None, blob_id(b"")]
    assert repository.size(blob_id(b"1\n")) == 2
    assert repository.has_object("0" * 40) is False


def test_a_missing_object_is_named(repository: Repository) -> None:
    with pytest.raises(MissingObjectError, match=f"the object {'1' * 40} is not in"):
        repository.read("1" * 40)
    with pytest.raises(MissingObjectError):
        list(repository.read_many([blob_id(b"1\n"), "1" * 40]))

    assert repository.read(blob_id(b"1\n")) == b"1\n"


def test_a_damaged_object_is_an_integrity_error(repository: Repository) -> None:
    oid = repository.write_blob(b"to be damaged")
    file = repository.git_dir / "objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob 13\0to be dam") + b"garbage")

    with pytest.raises(IntegrityError):
        repository.read(oid)

    assert repository.read(blob_id(b"1\n")) == b"1\n"


def test_the_wrong_bytes_under_an_id_are_never_returned(repository: Repository) -> None:
    oid = repository.write_blob(b"original")
    file = repository.git_dir / "objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob 8\0original")[:-3])

    with pytest.raises(IntegrityError):
        repository.read(oid)


def test_a_repack_under_an_open_reader_hides_nothing(repository: Repository) -> None:
    oids = [entry.oid for entry in repository.tree("main")]
    repository.read(oids[0])

    git(repository.path, "gc", "--quiet", "--prune=now")
    later = commit(repository.path, {"e": b"later\n"}, minute=1)
    git(repository.path, "repack", "-adq")

    assert [data for _, data in repository.read_many(oids)] == [b"1\n", b"", b"\0 missing\n"]
    assert repository.blob_ids(later, ["e"]) == [blob_id(b"later\n")]


def test_a_reader_whose_process_was_killed_starts_another(repository: Repository) -> None:
    repository.read(blob_id(b"1\n"))
    process = repository.objects._process
    assert process is not None
    process.kill()

    assert repository.read(blob_id(b"1\n")) == b"1\n"
    process.wait()
    assert repository.read(blob_id(b"1\n")) == b"1\n"


def test_several_threads_share_one_reader(repository: Repository) -> None:
    contents = [b"%d" % number * 500 for number in range(30)]
    oids = [repository.write_blob(content) for content in contents]
    together = threading.Barrier(6)

    def read(_: int) -> bool:
        together.wait()
        return [data for _, data in repository.read_many(oids)] == contents

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(read, range(6)))


@pytest.mark.parametrize("oid", ["main", "abc", "-p", f"{'0' * 40}\n", "A" * 40])
def test_only_full_ids_are_read(repository: Repository, oid: str) -> None:
    with pytest.raises(UsageError):
        repository.read(oid)


def test_a_name_with_a_newline_cannot_ask_a_second_question(repository: Repository) -> None:
    with pytest.raises(UsageError):
        repository.objects.lookup([f"main:a\ncontents {blob_id(b'')}"])


def test_a_closed_repository_can_be_used_again(repository: Repository) -> None:
    repository.read(blob_id(b"1\n"))
    repository.close()

    assert repository.read(blob_id(b"1\n")) == b"1\n"

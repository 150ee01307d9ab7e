"""Every remote answers in time, and says apart what is missing, what is out of reach and what cannot be trusted."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mooring.documents.dvcconfig import RemoteConfig
from mooring.errors import IntegrityError, NotFoundError, UnavailableError, UsageError
from mooring.stores.deadline import Deadline, call_within, iterate_within
from mooring.stores.fsspec_remote import FsspecRemote, typed_options
from mooring.stores.remotes import (
    FolderRemote,
    InnerRemote,
    Look,
    Presence,
    Remote,
    first_known,
    object_key,
    open_remote,
)
from tests.support.object_server import serve

DATA = b"weights" * 100_000
MD5 = hashlib.md5(DATA).hexdigest()
ABSENT = "0" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "remote" / object_key(MD5)
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    return tmp_path / "remote"


def everything(remote: Remote, md5: str = MD5, seconds: float = 10) -> bytes:
    return b"".join(remote.chunks(md5, Deadline(seconds)))


def test_the_key_is_dvcs_own() -> None:
    assert object_key("abcdef0123456789abcdef0123456789.dir") == (
        "files/md5/ab/cdef0123456789abcdef0123456789.dir"
    )


@pytest.mark.parametrize("md5", ["", "../" * 10 + "aa", "A" * 32, "0" * 31, "0" * 32 + ".dir\n", "0" * 33])
def test_no_other_text_becomes_a_key(md5: str) -> None:
    with pytest.raises(IntegrityError):
        object_key(md5)


def test_a_folder_has_what_is_in_it(folder: Path) -> None:
    remote = open_remote(RemoteConfig("origin", str(folder)))

    assert remote.look(MD5) == Look(Presence.PRESENT, len(DATA))
    assert everything(remote) == DATA
    assert remote.look(ABSENT) == Look(Presence.MISSING)
    with pytest.raises(NotFoundError, match="origin"):
        everything(remote, ABSENT)


def test_a_folder_that_is_not_there_says_nothing_about_its_objects(tmp_path: Path) -> None:
    remote = FolderRemote("origin", tmp_path / "not-mounted")

    assert remote.look(MD5).presence is Presence.UNKNOWN
    with pytest.raises(UnavailableError, match="mounted"):
        everything(remote)


def test_a_link_in_a_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(DATA)
    path = folder / object_key(ABSENT)
    path.parent.mkdir(parents=True)
    path.symlink_to(secret)

    with pytest.raises(UnavailableError):
        everything(FolderRemote("origin", folder), ABSENT)
    assert FolderRemote("origin", folder).look(ABSENT).presence is Presence.UNKNOWN


def test_a_pipe_in_a_folder_does_not_hold_the_reader(folder: Path) -> None:
    path = folder / object_key(ABSENT)
    path.parent.mkdir(parents=True)
    os.mkfifo(path)

    with pytest.raises(UnavailableError, match="no regular file"):
        everything(FolderRemote("origin", folder), ABSENT)


def test_a_remote_inside_the_repository_is_read_from_the_commit() -> None:
    tree = {f"remote/{object_key(MD5)}": DATA}
    remote = open_remote(RemoteConfig("origin", "", inner="remote"), read=tree.get)

    assert isinstance(remote, InnerRemote)
    assert everything(remote) == DATA
    assert remote.look(MD5) == Look(Presence.PRESENT, len(DATA))
    assert remote.look(ABSENT).presence is Presence.MISSING
    with pytest.raises(NotFoundError):
        everything(remote, ABSENT)


def test_a_remote_inside_a_repository_without_a_work_tree_needs_the_commit() -> None:
    with pytest.raises(UnavailableError, match="work tree"):
        open_remote(RemoteConfig("origin", "", inner="remote"))


def test_local_remotes_load_neither_dvc_nor_fsspec(folder: Path) -> None:
    program = (
        "import sys\nfrom mooring.documents.dvcconfig import RemoteConfig\n"
        "from mooring.stores.remotes import open_remote\n"
        f"open_remote(RemoteConfig('o', {str(folder)!r})).look({MD5!r})\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} "
        "& {'dvc', 'dvc_objects', 'fsspec', 'pydantic', 'asyncio'}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"


@contextmanager
def http(url: str) -> Iterator[FsspecRemote]:
    with closing(FsspecRemote.open(RemoteConfig("web", url))) as remote:
        yield remote


def test_http_gives_what_it_has(folder: Path) -> None:
    with serve(folder) as server, http(server.url) as remote:
        assert remote.look(MD5, seconds=10) == Look(Presence.PRESENT, len(DATA))
        assert everything(remote) == DATA
        assert remote.look(ABSENT, seconds=10).presence is Presence.MISSING
        with pytest.raises(NotFoundError):
            everything(remote, ABSENT)


def test_http_that_refuses_is_unavailable_not_missing(folder: Path) -> None:
    with serve(folder) as server, http(server.url) as remote:
        server.status = 403

        assert remote.look(MD5, seconds=10).presence is Presence.UNKNOWN
        with pytest.raises(UnavailableError, match="403"):
            everything(remote)


@pytest.mark.slow
def test_http_that_hangs_is_given_up_in_time(folder: Path) -> None:
    with serve(folder) as server, http(server.url) as remote:
        server.hang = True
        started = time.monotonic()

        assert remote.look(MD5, seconds=0.3).presence is Presence.UNKNOWN
        with pytest.raises(UnavailableError, match="within"):
            everything(remote, seconds=0.3)
        assert time.monotonic() - started < 3


def test_http_with_nobody_listening_is_unavailable() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with http(f"http://127.0.0.1:{held.getsockname()[1]}") as remote:
            assert remote.look(MD5, seconds=5).presence is Presence.UNKNOWN


def test_a_missing_plug_in_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"mooring\[gs\]"):
        open_remote(RemoteConfig("origin", "gs://bucket/models"))


def test_options_have_the_types_that_dvc_gives_them() -> None:
    config = RemoteConfig(
        "o", "s3://b", {"port": "22", "read_timeout": "1.5", "use_ssl": "False", "user": "1"}
    )

    assert typed_options(config) == {"port": 22, "read_timeout": 1.5, "use_ssl": False, "user": "1"}
    with pytest.raises(UsageError, match=r"remote\.o\.port"):
        typed_options(RemoteConfig("o", "ssh://h", {"port": "ssh"}))


def test_several_remotes_give_one_answer() -> None:
    present, absent, silent = (Look(presence) for presence in Presence)

    assert first_known([silent, absent, present]) is Presence.PRESENT
    assert first_known([absent, silent]) is Presence.UNKNOWN
    assert first_known([absent, absent]) is Presence.MISSING
    assert first_known([]) is Presence.UNKNOWN


def test_a_call_that_never_returns_is_left_behind() -> None:
    receiver, sender = socket.socketpair()
    with receiver, sender, pytest.raises(UnavailableError, match=r"it did not answer within 0\.1 s"):
        call_within(Deadline(0.1), "it", lambda: receiver.recv(1))


def test_an_error_in_a_call_is_raised_where_it_was_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        call_within(Deadline(5), "it", lambda: 1 // 0)


def test_an_iterator_that_stalls_is_given_up_before_the_deadline() -> None:
    receiver, sender = socket.socketpair()
    with receiver, sender:
        items = iterate_within(
            Deadline(60), "it", lambda: (receiver.recv(1) if n else b"x" for n in (0, 1)), stall=0.1
        )

        assert next(items) == b"x"
        with pytest.raises(UnavailableError, match=r"sent nothing for 0\.1 s"):
            next(items)

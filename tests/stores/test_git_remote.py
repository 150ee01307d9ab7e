"""A fetch says which refs moved; a push says what became of it, also when the answer was lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mooring.errors import IntegrityError, UnavailableError, UsageError
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.remote import PushStatus, RefUpdate, fetch, ls_remote, push, remote_head
from mooring.stores.git.repository import Repository
from tests.support.gitrepo import commit, git, install_hook, make_repository

MAIN = "refs/heads/main"


@pytest.fixture
def server(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "server.git", bare=True)


@pytest.fixture
def repository(tmp_path: Path, server: Path) -> Iterator[Repository]:
    work = make_repository(tmp_path / "work")
    commit(work, {"a": b"1\n"})
    git(work, "remote", "add", "origin", "../server.git")
    git(work, "push", "--quiet", "origin", "main")
    with Repository.open(work, environ=os.environ) as opened:
        yield opened


def made(repository: Repository, base: str = "main", text: bytes = b"2\n") -> str:
    return repository.commit_with(base, {"a": text}, message=f"Write {text!r}")


def tip(server: Path, ref: str = MAIN) -> str:
    return git(server, "rev-parse", ref)


def die_once_moved(server: Path, commands: str) -> None:
    """Let the server end after it has moved the refs and before it can report that."""
    install_hook(server, "reference-transaction", [f'if test "$1" = committed; then {commands}; fi'])


def test_a_push_with_a_fitting_lease_is_accepted(repository: Repository, server: Path) -> None:
    new = made(repository)

    outcome = push(
        repository,
        "origin",
        [
            RefUpdate(new, MAIN, tip(server)),
            RefUpdate(new, "refs/heads/promote/x", ""),
            RefUpdate(new, "refs/mooring/y"),
        ],
    )

    assert (outcome.ok, outcome.status) == (True, PushStatus.ACCEPTED)
    assert ls_remote(repository, "origin") == dict.fromkeys(
        [MAIN, "refs/heads/promote/x", "refs/mooring/y"], new
    )


def test_a_push_is_all_or_nothing_and_says_who_was_late(repository: Repository, server: Path) -> None:
    old, new = tip(server), made(repository)
    winner = made(repository, text=b"winner\n")
    assert push(repository, "origin", [RefUpdate(winner, MAIN, old)]).ok

    outcome = push(repository, "origin", [RefUpdate(new, MAIN, old), RefUpdate(new, "refs/heads/x", "")])

    assert outcome.is_stale
    assert [(ref.ref, ref.status) for ref in outcome.refs] == [
        (MAIN, PushStatus.REJECTED_STALE),
        ("refs/heads/x", PushStatus.REJECTED_STALE),
    ]
    assert ls_remote(repository, "origin") == {MAIN: winner}
    assert "somebody else was first while a promotion was pushed" in str(outcome.error("a promotion"))


def test_a_ref_that_must_not_exist_and_does_is_stale(repository: Repository, server: Path) -> None:
    assert push(repository, "origin", [RefUpdate(made(repository), MAIN, "")]).is_stale


def test_without_a_lease_only_a_descendant_is_accepted(repository: Repository) -> None:
    sideways = repository.commit_with(None, {"b": b""}, message="Elsewhere")

    assert push(repository, "origin", [RefUpdate(sideways, MAIN)]).is_stale
    assert push(repository, "origin", [RefUpdate(made(repository), MAIN)]).ok


def test_the_same_push_twice_is_accepted_twice(repository: Repository, server: Path) -> None:
    update = RefUpdate(made(repository), MAIN, tip(server))

    assert [push(repository, "origin", [update]).ok for _ in range(2)] == [True, True]


def test_a_ref_is_deleted_only_where_it_was_seen(repository: Repository, server: Path) -> None:
    new = made(repository)
    push(repository, "origin", [RefUpdate(new, "refs/heads/x", "")])

    assert push(repository, "origin", [RefUpdate(None, "refs/heads/x", tip(server, MAIN))]).is_stale
    assert push(repository, "origin", [RefUpdate(None, "refs/heads/x", new)]).ok
    assert list(ls_remote(repository, "origin", ["refs/heads/x"])) == []


def test_a_hook_that_refuses_is_quoted(repository: Repository, server: Path) -> None:
    install_hook(server, "pre-receive", ["echo 'This pointer was not approved.' >&2", "exit 1"])

    outcome = push(
        repository,
        "origin",
        [RefUpdate(made(repository), MAIN, tip(server)), RefUpdate(made(repository), "refs/heads/x")],
    )

    assert outcome.status is PushStatus.REFUSED_BY_HOOK
    assert outcome.words == "This pointer was not approved."
    assert "the remote refused a promotion: This pointer was not approved." in str(
        outcome.error("a promotion")
    )


def test_an_update_hook_that_refuses_one_ref_stops_all(repository: Repository, server: Path) -> None:
    install_hook(server, "update", ['test "$1" != refs/heads/x'])
    new = made(repository)

    outcome = push(
        repository, "origin", [RefUpdate(new, MAIN, tip(server)), RefUpdate(new, "refs/heads/x", "")]
    )

    assert outcome.status is PushStatus.REFUSED_BY_HOOK
    assert tip(server) != new


def test_the_servers_hooks_see_its_own_configuration_and_the_push_options(
    repository: Repository, server: Path, tmp_path: Path
) -> None:
    git(server, "config", "receive.advertisePushOptions", "true")
    install_hook(
        server,
        "pre-receive",
        [f'echo "$GIT_PUSH_OPTION_0 $(git config core.hooksPath) $GIT_LITERAL_PATHSPECS" > {tmp_path}/seen'],
    )

    outcome = push(repository, "origin", [RefUpdate(made(repository), MAIN)], options=["ticket=7"])

    assert outcome.ok
    assert (tmp_path / "seen").read_text().split() == ["ticket=7"]


def test_our_own_pre_push_hook_does_not_run(repository: Repository) -> None:
    install_hook(repository.git_dir, "pre-push", ["exit 1"])

    assert push(repository, "origin", [RefUpdate(made(repository), MAIN)]).ok


def test_a_push_that_landed_although_the_client_was_cut_off_is_accepted(
    repository: Repository, server: Path
) -> None:
    die_once_moved(server, "kill -KILL $PPID")
    new = made(repository)

    outcome = push(repository, "origin", [RefUpdate(new, MAIN, tip(server))])

    assert outcome.status is PushStatus.ACCEPTED
    assert tip(server) == new


def test_a_push_that_was_cut_off_before_it_landed_is_an_error_that_may_be_retried(
    repository: Repository, server: Path
) -> None:
    install_hook(server, "pre-receive", ["kill -KILL $PPID"])
    old, new = tip(server), made(repository)

    with pytest.raises(UnavailableError):
        push(repository, "origin", [RefUpdate(new, MAIN, old)])
    assert tip(server) == old

    (server / "hooks/pre-receive").unlink()
    assert push(repository, "origin", [RefUpdate(new, MAIN, old)]).ok


@pytest.mark.slow
def test_a_push_that_hangs_is_looked_up_at_its_deadline(
    repository: Repository, server: Path, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    install_hook(server, "post-receive", [f"read line < {fifo}"])
    new = made(repository)

    outcome = push(repository, "origin", [RefUpdate(new, MAIN, tip(server))], timeout=1.0)

    assert outcome.ok
    assert tip(server) == new
    with fifo.open("w") as released:
        released.write("go\n")


def test_an_outcome_that_cannot_be_looked_up_is_unknown(repository: Repository, server: Path) -> None:
    die_once_moved(server, f"mv {server} {server}.gone; kill -KILL $PPID")
    new = made(repository)

    outcome = push(repository, "origin", [RefUpdate(new, MAIN, tip(server))])

    assert outcome.status is PushStatus.UNKNOWN
    assert "it may have arrived" in str(outcome.error("a promotion"))


@pytest.mark.slow
def test_a_stale_lock_at_the_server_is_named(repository: Repository, server: Path) -> None:
    lock = server / "refs/heads/main.lock"
    lock.touch()

    with pytest.raises(UnavailableError, match=r"main\.lock"):
        push(repository, "origin", [RefUpdate(made(repository), MAIN, tip(server))])


def test_of_many_at_once_one_wins_and_the_others_are_late(repository: Repository, server: Path) -> None:
    old = tip(server)
    commits = [made(repository, text=b"%d\n" % number) for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(
            pool.map(lambda new: push(repository, "origin", [RefUpdate(new, MAIN, old)]).status, commits)
        )

    assert sorted(outcomes) == [PushStatus.ACCEPTED] + [PushStatus.REJECTED_STALE] * 5
    assert tip(server) == commits[outcomes.index(PushStatus.ACCEPTED)]


def test_a_fetch_tells_what_moved_and_prunes(repository: Repository, server: Path, tmp_path: Path) -> None:
    fetch(repository)
    git(tmp_path, "clone", "--quiet", str(server), "other")
    new = commit(tmp_path / "other", {"b": b"x"}, minute=3)
    git(tmp_path / "other", "push", "--quiet", "origin", "main", "main:refs/heads/x", "main:refs/mooring/z")
    head = (repository.git_dir / "HEAD").read_bytes()

    first = fetch(
        repository, "origin", ["+refs/heads/*:refs/remotes/origin/*", "+refs/mooring/*:refs/mooring/*"]
    )
    git(server, "update-ref", "-d", "refs/heads/x")
    second = fetch(repository, prune=True)

    old = repository.commit_id("main")
    assert first.moved == {
        "refs/remotes/origin/main": (old, new),
        "refs/remotes/origin/x": (None, new),
        "refs/mooring/z": (None, new),
    }
    assert second.moved == {"refs/remotes/origin/x": (new, None)}
    assert not (repository.git_dir / "FETCH_HEAD").exists()
    assert (repository.git_dir / "HEAD").read_bytes() == head


def test_progress_is_shown_as_gitpython_reads_it(
    repository: Repository, server: Path, tmp_path: Path
) -> None:
    import git as gitpython

    git(tmp_path, "clone", "--quiet", str(server), "other")
    commit(tmp_path / "other", {f"f{number}": os.urandom(99) for number in range(50)}, minute=3)
    git(tmp_path / "other", "push", "--quiet")
    seen: set[int] = set()

    fetch(repository, progress=lambda code, *_: seen.add(code & gitpython.RemoteProgress.OP_MASK))

    assert gitpython.RemoteProgress.COUNTING in seen


def test_only_the_refs_that_were_asked_for_are_listed(repository: Repository, server: Path) -> None:
    new = tip(server)
    for ref in ("refs/backup/refs/heads/main", "refs/heads/mainline", "refs/heads/main2/x"):
        git(server, "update-ref", ref, new)

    assert ls_remote(repository, "origin", ["refs/heads/main"]) == {MAIN: new}
    assert ls_remote(repository, "origin", ["refs/heads/main2/"]) == {"refs/heads/main2/x": new}
    assert ls_remote(repository, str(server), ["refs/nothing"]) == {}
    assert remote_head(repository, "origin") == MAIN
    with pytest.raises(UsageError):
        ls_remote(repository, "origin", ["--upload-pack=x"])


@pytest.mark.parametrize("remote", ["nowhere", "/nowhere/at/all", "file:///nowhere"])
def test_a_remote_that_is_not_there_is_unavailable(repository: Repository, remote: str) -> None:
    for ask in (
        lambda: fetch(repository, remote),
        lambda: ls_remote(repository, remote),
        lambda: push(repository, remote, [RefUpdate(made(repository), MAIN)]).error("x"),
    ):
        try:
            answer = ask()
        except UnavailableError as error:
            answer = error
        assert isinstance(answer, UnavailableError)


@pytest.mark.parametrize("url", ["ext::sh -c true", "git://127.0.0.1/x", "-x", "http://example.com/x"])
def test_a_remote_that_could_run_a_program_is_never_asked(repository: Repository, url: str) -> None:
    with pytest.raises(UsageError):
        ls_remote(repository, url)
    git(repository.path, "config", "remote.evil.url", url)
    git(repository.path, "config", "protocol.ext.allow", "always")
    with pytest.raises((UsageError, UnavailableError)):
        fetch(repository, "evil")


@pytest.mark.slow
def test_plain_http_is_spoken_on_this_machine(repository: Repository, server: Path) -> None:
    git(server, "update-server-info")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(server))) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        found = ls_remote(repository, f"http://127.0.0.1:{http.server_port}/")
        http.shutdown()

    assert found == {MAIN: tip(server)}


def test_objects_that_git_would_not_make_stay_outside(
    repository: Repository, server: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", str(server), "evil")
    evil = tmp_path / "evil"
    blob = git(evil, "hash-object", "-w", "--stdin", stdin=b"[core]\n")
    tree = git(evil, "mktree", stdin=f"100644 blob {blob}\t.git\n".encode())
    bad = git(evil, "commit-tree", "-m", "x", tree)
    git(evil, "push", "--quiet", "origin", f"{bad}:refs/heads/bad")

    with pytest.raises(IntegrityError, match="damaged or refused objects"):
        fetch(repository)
    assert not repository.has_object(bad)


def test_missing_objects_of_a_partial_clone_come_in_one_request(
    server: Path, repository: Repository, tmp_path: Path
) -> None:
    git(server, "config", "uploadpack.allowFilter", "true")
    new = repository.commit_with(
        "main", {f"f{number}": b"%d" % number for number in range(20)}, message="Many"
    )
    push(repository, "origin", [RefUpdate(new, MAIN)])
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", server.as_uri(), "partial.git")

    with Repository.open(tmp_path / "partial.git", environ=os.environ) as partial_clone:
        oids = [entry.oid for entry in partial_clone.tree("main")]
        with pytest.raises(MissingObjectError):
            partial_clone.read(oids[3])

        assert partial_clone.prefetch(oids) == 21
        assert len(dict(partial_clone.read_many(oids))) == 21
        assert partial_clone.prefetch(oids) == 0
        with pytest.raises(UnavailableError):
            partial_clone.prefetch(["0" * 39 + "1"])

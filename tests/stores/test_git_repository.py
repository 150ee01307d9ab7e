"""A repository is found from wherever one stands, and its refs move only from where they were seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mooring.errors import NotFoundError, RefusedError, UsageError
from mooring.stores.git.failures import StaleRefError
from mooring.stores.git.identity import Identity
from mooring.stores.git.repository import Repository
from tests.support.gitrepo import blob_id, commit, git, install_hook, make_repository


@pytest.fixture
def work(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "work")
    commit(made, {"a": b"1\n", "d/e/f": b"2\n", "d/g": b"3\n"})
    return made


def test_a_repository_is_found_from_any_folder_of_it(work: Path) -> None:
    for folder in (work, work / "d/e", work / ".git", work / ".git/objects"):
        with Repository.open(folder, environ=os.environ) as repository:
            assert (repository.path, repository.work_tree, repository.git_dir) == (work, work, work / ".git")
            assert not repository.is_bare
            assert not repository.is_shallow


def test_a_bare_repository_has_no_work_tree(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "bare.git", bare=True)

    for folder in (bare, bare / "refs"):
        with Repository.open(folder, environ=os.environ) as repository:
            assert (repository.path, repository.work_tree, repository.is_bare) == (bare, None, True)


def test_a_linked_work_tree_shares_refs_and_has_its_own_index(work: Path) -> None:
    linked = work.parent / "linked"
    git(work, "worktree", "add", "--quiet", "-b", "side", str(linked))
    (linked / "new").write_bytes(b"n")
    git(linked, "add", "new")

    with Repository.open(linked, environ=os.environ) as repository:
        assert (repository.path, repository.common_dir) == (linked, work / ".git")
        assert repository.git_dir == work / ".git/worktrees/linked"
        assert repository.current_branch() == "refs/heads/side"
        assert "new" in [entry.path for entry in repository.index_entries()]
        with pytest.raises(RefusedError, match="main is checked out in"):
            repository.update_ref("refs/heads/main", repository.commit_id("side") or "", None)


def test_variables_of_another_repository_do_not_lead_astray(work: Path, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other")
    astray = dict(os.environ) | {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": "/x",
    }

    with Repository.open(work, environ=astray) as repository:
        assert repository.path == work
        assert len(repository.index_entries()) == 3


def test_trees_are_listed_from_the_root(work: Path) -> None:
    with Repository.open(work, environ=os.environ) as repository:
        assert [entry.path for entry in repository.tree("main")] == ["a", "d/e/f", "d/g"]
        assert [entry.path for entry in repository.tree("main", "d")] == ["d/e/f", "d/g"]
        assert [(entry.path, entry.kind) for entry in repository.tree("main", "d", recursive=False)] == [
            ("d/e", "tree"),
            ("d/g", "blob"),
        ]
        assert repository.tree("main", "nothing") == []
        assert repository.tree("main", "a") == []
        with pytest.raises(NotFoundError, match="there is no tree nothing"):
            repository.tree("nothing")


def test_a_folder_named_like_a_pattern_is_only_itself(work: Path) -> None:
    commit(work, {"x*/1": b"", "xy/2": b"", ":(glob)/3": b""})

    with Repository.open(work, environ=os.environ) as repository:
        assert [entry.path for entry in repository.tree("main", "x*")] == ["x*/1"]
        assert [entry.path for entry in repository.index_entries("x*")] == ["x*/1"]
        assert [change.path for change in repository.changed_paths(None, "main", ["x*", ":(glob)"])] == [
            ":(glob)/3",
            "x*/1",
        ]


def test_names_of_commits(work: Path) -> None:
    git(work, "tag", "-a", "-m", "x", "v1")
    with Repository.open(work, environ=os.environ) as repository:
        tip = git(work, "rev-parse", "main")

        assert [repository.commit_id(name) for name in ("main", "HEAD", "refs/tags/v1", tip, tip[:8])] == [
            tip
        ] * 5
        assert [repository.commit_id(name) for name in ("nothing", "main~1", "0" * 40, blob_id(b"1\n"))] == [
            None
        ] * 4
        with pytest.raises(UsageError):
            repository.commit_id("--help")


def test_the_index_is_read_and_a_conflict_in_it_is_named(work: Path) -> None:
    git(work, "checkout", "--quiet", "-b", "other")
    commit(work, {"a": b"other\n"})
    git(work, "checkout", "--quiet", "main")
    commit(work, {"a": b"main\n"})
    subprocess.run(["git", "merge", "--quiet", "other"], cwd=work, check=False, capture_output=True)

    with Repository.open(work, environ=os.environ) as repository:
        assert [entry.path for entry in repository.index_entries("d")] == ["d/e/f", "d/g"]
        with pytest.raises(RefusedError, match="a has an unresolved merge conflict"):
            repository.index_entries()


def test_a_ref_moves_only_from_where_it_was_seen(work: Path) -> None:
    with Repository.open(work, environ=os.environ) as repository:
        first = repository.commit_id("main") or ""
        second = repository.commit_with("main", {"a": b"2"}, message="x")
        repository.update_ref("refs/mooring/x", first, None, message="why\nnot")

        for old in (None, second):
            with pytest.raises(StaleRefError, match="refs/mooring/x was moved by somebody else"):
                repository.update_ref("refs/mooring/x", second, old)
        with pytest.raises(StaleRefError):
            repository.delete_ref("refs/mooring/x", second)
        assert repository.refs("refs/mooring/") == {"refs/mooring/x": first}

        repository.update_ref("refs/mooring/x", second, first)
        assert repository.refs("refs/mooring") == {"refs/mooring/x": second}
        repository.delete_ref("refs/mooring/x", second)
        assert repository.refs("refs/mooring/") == {}


def test_the_branch_under_somebodys_feet_is_not_moved(work: Path) -> None:
    with Repository.open(work, environ=os.environ) as repository:
        made = repository.commit_with("main", {"a": b"2"}, message="x")

        with pytest.raises(RefusedError, match="main is checked out in"):
            repository.update_ref("refs/heads/main", made, repository.commit_id("main"))


@pytest.mark.parametrize(
    "ref", ["main", "HEAD", "refs/heads/../x", "-d", "refs/heads/a\nb", "refs/heads/x.lock"]
)
def test_only_full_refs_are_written(work: Path, ref: str) -> None:
    with Repository.open(work, environ=os.environ) as repository, pytest.raises(UsageError):
        repository.update_ref(ref, repository.commit_id("main") or "", None)


def test_configuration_remotes_and_identity_are_the_users(work: Path) -> None:
    git(work, "remote", "add", "origin", "https://h/x")
    git(work, "remote", "add", "my.fork", "../fork")
    git(work, "config", "--global", "mooring.test", "two words")

    with Repository.open(work, environ=os.environ) as repository:
        assert repository.remotes() == {"origin": "https://h/x", "my.fork": "../fork"}
        assert repository.config("mooring.test") == "two words"
        assert repository.config("mooring.other") is None
        assert repository.identity() == Identity("Test Author", "test.author@example.com")
        with pytest.raises(UsageError):
            repository.config("--list")


def test_nobody_is_told_how_to_become_somebody(work: Path) -> None:
    nobody = dict(os.environ) | {"GIT_CONFIG_GLOBAL": os.devnull}

    with Repository.open(work, environ=nobody) as repository:
        for ask in (repository.identity, lambda: repository.commit_with("main", {}, message="x")):
            with pytest.raises(RefusedError, match="Git does not know who you are") as refused:
                ask()
            assert "user.email" in (refused.value.hint or "")


def test_commit_gpg_sign_is_honoured(work: Path, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    for key, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(tmp_path / "key"),
        "commit.gpgSign": "yes",
    }.items():
        git(work, "config", "--global", key, value)

    with Repository.open(work, environ=os.environ) as repository:
        made = repository.commit_with("main", {}, message="Signed")

        assert b"gpgsig -----BEGIN SSH SIGNATURE-----" in repository.read(made)


HOOK = """
import json, os, sys
from pathlib import Path
from mooring.stores.git.repository import Repository
with Repository.open(Path.cwd(), environ=os.environ, in_hook=True) as repository:
    line = sys.stdin.readline().split()
    seen = {"bare": repository.is_bare, "option": os.environ.get("GIT_PUSH_OPTION_0")}
    if line:
        seen["pushed"] = [record.subject for record in repository.first_parent(line[1], paths=["a"])]
        seen["bytes"] = repository.read(repository.blob_ids(line[1], ["a"])[0]).decode()
    else:
        seen["staged"] = {entry.path: repository.read(entry.oid).decode() for entry in repository.index_entries()}
Path(sys.argv[1]).write_text(json.dumps(seen))
"""


def test_a_pre_receive_hook_reads_what_is_being_pushed(work: Path, tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "bare.git", bare=True)
    git(bare, "config", "receive.advertisePushOptions", "true")
    (tmp_path / "hook.py").write_text(HOOK)
    install_hook(bare, "pre-receive", [f'exec "{sys.executable}" {tmp_path}/hook.py {tmp_path}/seen'])
    commit(work, {"a": b"pushed\n"}, "Second")

    git(work, "push", "--quiet", "-o", "ticket=7", str(bare), "main")

    assert json.loads((tmp_path / "seen").read_text()) == {
        "bare": True,
        "option": "ticket=7",
        "pushed": ["Second", "A change"],
        "bytes": "pushed\n",
    }


def test_a_pre_commit_hook_reads_the_index_that_is_being_committed(work: Path, tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_text(HOOK)
    hook = work / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" {tmp_path}/hook.py {tmp_path}/seen </dev/null\n')
    hook.chmod(0o755)
    (work / "a").write_bytes(b"by -a\n")
    (work / "d/g").write_bytes(b"not this\n")

    git(work / "d", "commit", "--quiet", "-m", "Partly", "../a")

    seen = json.loads((tmp_path / "seen").read_text())
    assert seen["staged"] == {"a": "by -a\n", "d/e/f": "2\n", "d/g": "3\n"}
    assert not seen["bare"]


def test_importing_the_repository_brings_neither_gitpython_nor_pydantic() -> None:
    heavy = "{'git', 'pydantic', 'yaml', 'tempfile'}"
    program = f"import sys, mooring.stores.git.repository; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout == "[]\n"

"""How Git is started: its environment, its deadline, and what its failures become."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.errors import IntegrityError, MooringError, NotFoundError, RefusedError, UnavailableError
from mooring.stores.git.failures import GitFailedError, StaleRefError, explain
from mooring.stores.git.process import GitRunner, Profile, environment
from mooring.stores.git.repository import Repository
from tests.support.gitrepo import commit, git, make_repository

FROM_HOOK = {
    "GIT_DIR": ".",
    "GIT_OBJECT_DIRECTORY": "/x/objects/incoming",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/x/objects",
    "GIT_QUARANTINE_PATH": "/x/objects/incoming",
    "GIT_INDEX_FILE": ".git/index.lock",
    "GIT_PUSH_OPTION_COUNT": "1",
    "GIT_PUSH_OPTION_0": "ticket=1",
}
FOR_TALKING = {
    "GIT_SSH_COMMAND": "ssh -i key",
    "GIT_ASKPASS": "/bin/askpass",
    "GIT_SSL_CAINFO": "/ca.pem",
    "GIT_CONFIG_GLOBAL": "/etc/config",
    "GIT_CONFIG_COUNT": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@x",
}
NEVER = {
    "GIT_WORK_TREE": "/elsewhere",
    "GIT_NAMESPACE": "other",
    "GIT_EXTERNAL_DIFF": "rm",
    "GIT_TRACE": "1",
    "GIT_PAGER": "less",
    "GIT_REPLACE_REF_BASE": "refs/evil",
    "GIT_ALLOW_PROTOCOL": "ext",
}
ORDINARY = {"PATH": "/bin", "HOME": "/srv/ada", "https_proxy": "http://proxy", "SSH_AUTH_SOCK": "/agent"}
EVERYTHING = FROM_HOOK | FOR_TALKING | NEVER | ORDINARY


def kept(profile: Profile, *, in_hook: bool = False) -> set[str]:
    made = environment(profile, EVERYTHING, in_hook=in_hook)
    return {name for name, value in made.items() if EVERYTHING.get(name) == value}


def test_a_reader_sees_no_git_variable_of_the_caller() -> None:
    assert kept(Profile.READING) == set(ORDINARY)


def test_a_talker_keeps_credentials_certificates_configuration_and_identity() -> None:
    assert kept(Profile.TALKING) == set(ORDINARY) | set(FOR_TALKING)


def test_a_hook_keeps_quarantine_index_and_push_options() -> None:
    assert kept(Profile.READING, in_hook=True) == set(ORDINARY) | set(FROM_HOOK)
    assert kept(Profile.TALKING, in_hook=True) == set(ORDINARY) | set(FROM_HOOK) | set(FOR_TALKING)


@given(st.dictionaries(st.from_regex(r"GIT_[A-Z_]{1,20}", fullmatch=True), st.text(max_size=3)))
def test_protections_win_over_whatever_the_caller_has_set(base: dict[str, str]) -> None:
    reading, talking = (environment(profile, base) for profile in Profile)

    assert reading["GIT_CONFIG_GLOBAL"] == os.devnull
    assert reading["GIT_ALLOW_PROTOCOL"] == ""
    assert talking["GIT_ALLOW_PROTOCOL"] == "https:ssh:file"
    assert {reading["GIT_TERMINAL_PROMPT"], talking["GIT_TERMINAL_PROMPT"]} == {"0"}
    assert {reading["GIT_NO_REPLACE_OBJECTS"], talking["GIT_NO_REPLACE_OBJECTS"]} == {"1"}


def test_a_repository_full_of_traps_runs_none_of_them(tmp_path: Path) -> None:
    work = make_repository(tmp_path / "work")
    commit(work, {"a": b"1\n", ".gitattributes": b"* diff=trap filter=trap\n"})
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung-$$\ncat\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "diff.trap.command", "diff.trap.textconv"):
        git(work, "config", key, str(trap))
    for key in ("filter.trap.clean", "filter.trap.smudge", "gpg.program", "core.editor", "alias.log"):
        git(work, "config", key, str(trap) if not key.startswith("alias") else f"!{trap}")
    git(work, "config", "log.showSignature", "true")
    for name in ("reference-transaction", "post-commit", "pre-commit", "post-index-change", "pre-auto-gc"):
        hook = work / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(trap.read_text())
        hook.chmod(0o755)

    with Repository.open(work, environ=os.environ) as repository:
        made = repository.commit_with("main", {"a": b"2\n"}, message="x")
        repository.update_ref("refs/heads/other", made, None)
        list(repository.first_parent(made))
        repository.changed_paths("main", made)
        repository.index_entries()
        repository.tree(made)
        repository.identity()

    assert not list(tmp_path.glob("sprung-*"))


def test_git_that_hangs_is_stopped_at_its_deadline(tmp_path: Path) -> None:
    hanging = tmp_path / "bin"
    hanging.mkdir()
    (hanging / "git").write_text("#!/bin/sh\necho $$ > pid\nexec sleep 600\n")
    (hanging / "git").chmod(0o755)
    runner = GitRunner({"PATH": f"{hanging}:/usr/bin:/bin"}, cwd=tmp_path)

    with pytest.raises(UnavailableError, match=r"git fetch did not end within 0\.2 s"):
        runner.run("fetch", "origin", timeout=0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_ctrl_c_stops_git_and_goes_on_as_ctrl_c(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom mooring.stores.git.process import GitRunner\n"
        "runner = GitRunner(os.environ, cwd=Path(sys.argv[1]))\nprint('ready', flush=True)\n"
        "try:\n    runner.run('log')\nexcept KeyboardInterrupt:\n    sys.exit(130)\n"
    )
    fake = tmp_path / "bin"
    fake.mkdir()
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    (fake / "git").write_text(f"#!/bin/sh\ncat > /dev/null\necho $$ > {fifo}\nexec sleep 600\n")
    (fake / "git").chmod(0o755)
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        env=os.environ | {"PATH": f"{fake}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
    )
    pid = int(fifo.read_text())

    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)

    assert (child.returncode, out) == (130, b"ready\n")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_machine_without_git_is_told_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="git was not found on PATH\ninstall Git"):
        GitRunner({"PATH": str(tmp_path)}, cwd=tmp_path).run("version")


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no folder"):
        Repository.open(tmp_path / "nowhere", environ=os.environ)


def test_a_folder_outside_any_repository_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="is not in a Git repository"):
        Repository.open(tmp_path, environ=os.environ)


def test_a_stale_lock_is_named_with_its_age_and_nobody_holding_it(tmp_path: Path) -> None:
    work = make_repository(tmp_path / "work")
    first = commit(work, {"a": b"1"})
    lock = work / ".git/refs/heads/other.lock"
    lock.touch()
    os.utime(lock, (1_767_322_800, 1_767_322_800))

    with Repository.open(work, environ=os.environ) as repository, pytest.raises(UnavailableError) as refused:
        repository.update_ref("refs/heads/other", first, None)

    assert f"{lock}, made 2026-01-02 03:00:00 UTC, was left behind" in refused.value.message
    assert refused.value.hint == f"nothing is lost; remove it: rm {lock}"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="holders are found through /proc")
def test_a_lock_that_is_held_names_the_process(tmp_path: Path) -> None:
    work = make_repository(tmp_path / "work")
    first = commit(work, {"a": b"1"})
    lock = work / ".git/refs/heads/other.lock"

    with (
        lock.open("x"),
        Repository.open(work, environ=os.environ) as repository,
        pytest.raises(UnavailableError, match=rf"is held by process .*\b{os.getpid()} \("),
    ):
        repository.update_ref("refs/heads/other", first, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_repository_of_somebody_else_is_refused_with_the_command_that_allows_it(tmp_path: Path) -> None:
    work = make_repository(tmp_path / "it's work")
    commit(work, {"a": b"1"})
    for file in [work, *work.rglob("*")]:
        os.chown(file, 12345, 12345)

    with pytest.raises(UnavailableError, match="belongs to another user") as refused:
        Repository.open(work, environ=os.environ)
    assert refused.value.hint is not None
    subprocess.run(refused.value.hint.removeprefix("if you trust it: "), shell=True, check=True)

    with Repository.open(work, environ=os.environ) as repository:
        assert len(repository.tree("main")) == 1
        assert len(repository.index_entries()) == 1


SAID = [
    ("fatal: detected dubious ownership in repository at '/x'", UnavailableError, "safe.directory /x"),
    ("fatal: not a git repository (or any of the parent directories): .git", NotFoundError, "not in a Git"),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled", UnavailableError, "keys"),
    (
        "fatal: unable to access 'https://u:p@h/': Could not resolve host: h",
        UnavailableError,
        "did not answer",
    ),
    (
        "ssh: connect to host h port 22: Connection refused\nfatal: Could not read",
        UnavailableError,
        "refused",
    ),
    ("fatal: loose object abc (stored in x) is corrupt", IntegrityError, "git fsck"),
    ("fatal: fsck error in packed object", IntegrityError, "damaged or refused"),
    ("*** Please tell me who you are.", RefusedError, "user.email"),
    ("fatal: bad object abc", UnavailableError, "--unshallow"),
    ("fatal: cannot lock ref 'refs/heads/x': is at a but expected b", StaleRefError, "somebody else"),
    ("fatal: something new from https://u:p@h/", GitFailedError, "something new from https://***@h/"),
]


@pytest.mark.parametrize(("stderr", "kind", "words"), SAID)
def test_what_git_says_becomes(stderr: str, kind: type[MooringError], words: str) -> None:
    error = explain(["git", "-c", "a=b", "fetch"], 128, stderr, where=Path("/repo"))

    assert type(error) is kind
    assert words in str(error)
    assert "u:p" not in str(error)


def test_a_failure_carries_command_status_and_message_without_secrets(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(GitFailedError) as failed:
        GitRunner(os.environ, cwd=tmp_path).run("hash-object", "--no-such-option=https://u:p@h/")

    assert failed.value.returncode == 129
    assert failed.value.argv[-1] == "--no-such-option=https://***@h/"
    assert "unknown option" in failed.value.stderr
    assert threading.active_count() <= before

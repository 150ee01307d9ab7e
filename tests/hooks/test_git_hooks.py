"""The scripts in hooks/, run by Git itself: quarantine, several refs in one push, words for whoever pushes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mooring.domain import layout
from mooring.usecases import hooks
from tests.support.builder import Builder
from tests.support.scene import HOOKS, Scene

POINTER = "environments/production/iris.yaml"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path)


def test_the_scripts_are_executable_and_the_same_as_those_that_init_installs() -> None:
    for script in HOOKS.iterdir():
        assert os.access(script, os.X_OK), script
        assert script.read_bytes().startswith(b"#!/bin/sh\n")
        # No shell may try to run what a clone of another system has turned into CRLF.
        assert b"\r" not in script.read_bytes()
    assert hooks.pre_receive() == (HOOKS / "pre-receive").read_bytes()


def test_a_whole_promotion_passes_the_hook_and_a_direct_push_does_not(scene: Scene) -> None:
    alex, sam = scene.person("alex"), scene.person("sam")
    done = alex.promote("iris@1.1.0", "production")
    direct = alex.push(done.commit or "")

    assert direct.returncode != 0
    for words in ("error[unreviewed-pointer]", POINTER, "1 approval missing", "mooring approve"):
        assert words in direct.stderr
    assert scene.live("production") == "1.0.0"
    sam.approve(done.branch)
    alex.merge(done.branch)
    assert scene.live("production") == "1.1.0"
    alex.roll_back("iris", "production")
    assert scene.live("production") == "1.0.0"


@pytest.mark.slow
def test_an_approval_in_the_same_push_does_not_count(scene: Scene) -> None:
    alex, sam = scene.person("alex"), scene.person("sam")
    done = alex.promote("iris@1.1.0", "production")
    approval = sam.approve(done.branch)
    tag = scene.refs()[approval.ref]
    sam.git("fetch", "--quiet", "origin", f"{approval.ref}:refs/tags/mine")
    subprocess.run(["git", "update-ref", "-d", approval.ref], cwd=scene.remote, check=True)
    both = sam.git("push", "origin", f"{tag}:{approval.ref}", f"{done.commit}:refs/heads/main", check=False)

    assert both.returncode != 0
    assert "error[unreviewed-pointer]" in both.stderr
    # Git's pre-receive is for the push as a whole: nothing of it arrived.
    assert approval.ref not in scene.refs()
    assert sam.push(tag, approval.ref).returncode == 0
    assert sam.push(done.commit or "").returncode == 0
    assert scene.live("production") == "1.1.0"


@pytest.mark.slow
def test_one_bad_ref_of_several_refuses_them_all(scene: Scene) -> None:
    alex = scene.person("alex")
    good = alex.commit({"README.md": b"hello\n"})
    before = scene.refs()
    done = alex.git(
        "push",
        "origin",
        f"{good}:refs/heads/topic",
        f"{good}:refs/heads/main",
        ":refs/heads/gone",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    bad = alex.git("push", "origin", f"{good}:refs/heads/other", ":refs/heads/main", check=False)

    assert bad.returncode != 0
    assert "error[deleted-main]" in bad.stderr
    assert set(scene.refs()) == {*before, "refs/heads/topic"}


@pytest.mark.slow
def test_the_pushed_tree_brings_no_hook_and_no_configuration_into_the_server(
    scene: Scene, tmp_path: Path
) -> None:
    """Threat T27: what is pushed is data; nothing of it runs or is obeyed."""
    alex = scene.person("alex")
    trap = tmp_path / "ran"
    script = f"#!/bin/sh\ntouch {trap}\n".encode()
    config = f"[core]\n\tfsmonitor = touch {trap}\n[mooring]\n\tpolicyChanges = allow\n".encode()
    files = {
        "hooks/pre-receive": script,
        ".githooks/pre-receive": script,
        "config": config,
        ".gitconfig": config,
        "sitecustomize.py": f"open({str(trap)!r}, 'w')".encode(),
        "mooring.py": f"open({str(trap)!r}, 'w')".encode(),
        "environments/other.yaml": Builder().environment("other").files["environments/other.yaml"],
    }
    pushed = alex.push(alex.commit(dict(files)))

    assert "error[unguarded-policy-change]" in pushed.stderr
    assert not trap.exists()


@pytest.mark.slow
def test_the_settings_of_whoever_pushes_over_a_file_url_are_not_the_servers(
    scene: Scene, tmp_path: Path
) -> None:
    alex = scene.person("alex")
    (tmp_path / "mine").write_text(
        "[mooring]\n\tpolicyChanges = allow\n\ttrustPrincipal = true\n\tbranch = other\n"
    )
    commit = alex.commit(dict(Builder().environment("other").files))
    mine = {"GIT_CONFIG_GLOBAL": str(tmp_path / "mine"), "MOORING_PRINCIPAL": "sam@example.com"}

    assert "error[unguarded-policy-change]" in alex.push(commit, **mine).stderr
    scene.config("mooring.policyChanges", "allow")
    assert alex.push(commit).returncode == 0


def test_without_mooring_nothing_is_accepted(scene: Scene) -> None:
    alex = scene.person("alex")
    scene.config("mooring.executable", str(scene.root / "nowhere"))
    pushed = alex.push(alex.commit({"README.md": b"hello\n"}))

    assert pushed.returncode != 0
    assert "git config mooring.executable" in pushed.stderr


@pytest.mark.slow
def test_a_first_push_to_an_empty_server(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, lambda _: [])
    alex = scene.person("alex")
    builder = Builder().settings().environment("staging").model("iris").version("1.0.0")
    with alex.hub().repository as repository:
        clean = repository.commit_with(None, dict(builder.files), message="Start\n")
        pointed = repository.commit_with(
            None, dict(builder.promote("1.0.0", to="staging").files), message="Start\n"
        )

    assert "error[unreviewed-pointer]" in alex.push(pointed).stderr
    assert alex.push(clean).returncode == 0


def test_pre_push_refuses_a_pointer_by_hand_and_names_the_command(scene: Scene) -> None:
    alex = scene.person("alex")
    hook = alex.folder / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(HOOKS / "pre-push")
    path = layout.pointer_path("staging", "iris")
    old = Builder(scene_files(scene)).about("iris").promote("1.0.0", to="staging").files[path]
    by_hand = alex.push(alex.commit({path: old}))

    assert by_hand.returncode != 0
    assert "mooring promote iris@1.0.0 --to staging --reason" in by_hand.stderr
    assert alex.push(alex.commit({"README.md": b"hello\n"})).returncode == 0
    # The tool's own pushes run no hook of the clone: `promote` and `merge` go through.
    branch = alex.promote("iris@1.0.0", "staging").branch
    alex.merge(branch)
    assert scene.live("staging") == "1.0.0"


def scene_files(scene: Scene) -> dict[str, bytes]:
    files = scene.hub().registry().files
    return {
        entry.path: files.read(entry) for top in ("registry", "environments") for entry in files.walk(top)
    }

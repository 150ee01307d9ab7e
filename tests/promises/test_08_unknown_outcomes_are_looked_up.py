"""Promise 8: a push whose outcome is unknown is looked up before it is tried again; a promotion is never doubled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mooring.errors import UnavailableError
from mooring.usecases.merge import MergeOutcome
from tests.support.builder import Builder
from tests.support.scene import Person, Scene, standard

# Between Git and the server: after the list of refs, not one byte of the server's answer comes back.
DEAF = """\
#!{python}
import os, subprocess, sys
server = subprocess.Popen(["git", "receive-pack", *sys.argv[1:]], stdout=subprocess.PIPE)
out = sys.stdout.buffer
while True:
    length = server.stdout.read(4)
    out.write(length)
    if length == b"0000":
        break
    out.write(server.stdout.read(int(length, 16) - 4))
out.flush()
server.stdout.read()
server.wait()
open({done!r}, "a").close()
sys.exit(1)
"""
# And then the server is gone altogether, until somebody brings it back.
GONE = '#!/bin/sh\nif [ -e {done} ]; then exit 1; fi\nexec git-upload-pack "$@"\n'


def free(signers: bytes) -> list[tuple[str, Builder]]:
    return standard(approvals=0, signers=signers)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, free, hook=False)


def script(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def cut(person: Person, root: Path, *, silent: bool) -> Path:
    """Let the connection break after the server has done what it was asked; `silent`: and stay broken."""
    done = root / "done"
    person.git(
        "config",
        "remote.origin.receivepack",
        script(root / "deaf", DEAF.format(python=sys.executable, done=str(done))),
    )
    if silent:
        person.git("config", "remote.origin.uploadpack", script(root / "gone", GONE.format(done=done)))
    return done


@pytest.mark.slow
def test_a_merge_that_arrived_although_the_connection_broke_is_known_to_have_arrived(
    scene: Scene, tmp_path: Path
) -> None:
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    before = len(scene.log())
    done = cut(alex, tmp_path, silent=False)
    merged = alex.merge(branch)

    assert done.exists()
    assert (merged.outcome, scene.live("production")) == (MergeOutcome.MERGED, "1.1.0")
    assert len(scene.log()) == before + 1


@pytest.mark.slow
def test_while_nobody_can_look_the_answer_is_unavailable_and_the_next_run_looks_first(
    scene: Scene, tmp_path: Path
) -> None:
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    before = len(scene.log())
    done = cut(alex, tmp_path, silent=True)
    with pytest.raises(UnavailableError) as caught:
        alex.merge(branch)

    assert caught.value.exit_code == 6
    assert "may have arrived" in caught.value.message
    done.unlink()
    again = alex.merge(branch)
    assert again.outcome is MergeOutcome.ALREADY
    assert len(scene.log()) == before + 1
    assert scene.live("production") == "1.1.0"


def test_a_push_that_never_arrived_is_simply_made_again(scene: Scene, tmp_path: Path) -> None:
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    alex.git("config", "remote.origin.receivepack", script(tmp_path / "no", "#!/bin/sh\nexit 1\n"))
    with pytest.raises(UnavailableError):
        alex.merge(branch)

    assert scene.live("production") == "1.0.0"
    alex.git("config", "--unset", "remote.origin.receivepack")
    assert alex.merge(branch).outcome is MergeOutcome.MERGED

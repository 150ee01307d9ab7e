"""`./dev` on machines that lack something: it says what, and what to install. No package is installed here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "sh",
    "dirname",
    "sed",
    "cat",
    "grep",
    "rm",
    "ln",
    "readlink",
    "sleep",
    "awk",
    "mv",
    "touch",
    "mkdir",
    "chmod",
)

# Stands in for a Python that is new enough, and for the environment it makes: pip leaves a note of its arguments.
PYTHON = """\
#!/bin/sh
case "$*" in
*version_info* | *ensurepip*) exit 0 ;;
-V) echo Python 3.12.0 ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && touch "$3/bin/pip" && chmod +x "$3/bin/pip" ;;
"-m pip "*) echo "$*" >>"$NOTES" ;;
*) echo "ran $*" ;;
esac
"""


class Machine:
    """A checkout in a folder whose name has a space, and a PATH with nothing but what is put there."""

    def __init__(self, directory: Path) -> None:
        self.checkout = directory / "a check out"
        self.commands = directory / "commands"
        self.notes = directory / "notes"
        self.checkout.mkdir()
        self.commands.mkdir()
        for name in ("dev", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.checkout / name)
        for name in (*TOOLS, "cp"):
            (self.commands / name).symlink_to(str(shutil.which(name)))

    def install(self, name: str, script: str) -> None:
        """Put a command on PATH."""
        path = self.commands / name
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    def install_git(self) -> None:
        """Put the real git on PATH."""
        (self.commands / "git").symlink_to(str(shutil.which("git")))

    def dev(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run ./dev from another folder, without a home."""
        return subprocess.run(
            [self.checkout / "dev", *arguments],
            cwd="/",
            env={"PATH": str(self.commands), "NOTES": str(self.notes), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def ready(machine: Machine) -> Machine:
    machine.install_git()
    machine.install("python3.12", PYTHON)
    assert machine.dev("setup").returncode == 0
    return machine


def test_without_git_it_says_how_to_get_it(machine: Machine) -> None:
    ran = machine.dev("setup")

    assert ran.returncode == 1
    assert "git is not installed" in ran.stderr
    assert "apt-get install git" in ran.stderr


@pytest.mark.parametrize("version", ["2.38.9", "1.9.1"])
def test_an_old_git_is_named(machine: Machine, version: str) -> None:
    machine.install("git", f"#!/bin/sh\necho git version {version}\n")

    ran = machine.dev("setup")

    assert ran.returncode == 1
    assert f"git {version.rpartition('.')[0]} is too old" in ran.stderr


def test_without_python_it_says_how_to_get_it(machine: Machine) -> None:
    machine.install_git()
    machine.install("python3", "#!/bin/sh\nexit 1\n")

    ran = machine.dev("setup")

    assert ran.returncode == 1
    assert "no Python 3.11 or newer found" in ran.stderr
    assert "python3-venv" in ran.stderr
    assert not (machine.checkout / ".venv.lock").is_symlink()


def test_a_python_without_venv_is_named(machine: Machine) -> None:
    machine.install_git()
    machine.install("python3", '#!/bin/sh\ncase "$*" in *version_info*) exit 0 ;; esac\nexit 1\n')

    ran = machine.dev("setup")

    assert ran.returncode == 1
    assert "python3 cannot make virtual environments" in ran.stderr


def test_a_shim_that_runs_nothing_is_passed_over(machine: Machine) -> None:
    machine.install_git()
    machine.install("python3.13", "#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    machine.install("python3.12", PYTHON)

    assert machine.dev("setup").returncode == 0


def test_every_package_is_checked_against_its_hash(ready: Machine) -> None:
    tools, packages, project = ready.notes.read_text(encoding="utf-8").splitlines()

    assert "--require-hashes" in tools
    assert "--require-hashes" in packages
    assert "--no-build-isolation" in packages
    assert "--no-deps --no-build-isolation --editable" in project
    pinned = (ready.checkout / ".venv" / "build-tools.lock").read_text(encoding="utf-8")
    assert pinned.startswith("setuptools==")
    assert pinned.count("==") == 1


def test_the_second_run_installs_nothing(ready: Machine) -> None:
    before = ready.notes.read_text(encoding="utf-8")

    ran = ready.dev("setup")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ready.notes.read_text(encoding="utf-8") == before


def test_another_lock_makes_the_environment_anew(ready: Machine) -> None:
    (ready.checkout / "requirements.lock").write_text(
        "setuptools==1 \\\n    --hash=sha256:0\n", encoding="utf-8"
    )

    assert "making .venv" in ready.dev("setup").stderr


def test_another_pyproject_installs_only_the_project_again(ready: Machine) -> None:
    with (ready.checkout / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")

    ran = ready.dev("setup")

    assert "installing mooring itself" in ran.stderr
    assert "making .venv" not in ran.stderr


def test_an_interrupted_environment_is_made_anew(ready: Machine) -> None:
    (ready.checkout / ".venv" / "dev-stamp").unlink()

    assert "making .venv" in ready.dev("setup").stderr


def test_a_checkout_that_moved_makes_its_environment_anew(ready: Machine) -> None:
    ready.checkout = ready.checkout.rename(ready.checkout.with_name("moved"))

    assert "making .venv" in ready.dev("setup").stderr


def test_a_failed_installation_leaves_no_stamp_and_no_lock(machine: Machine) -> None:
    machine.install_git()
    machine.install("python3.12", PYTHON.replace('echo "$*" >>"$NOTES"', "exit 1"))

    ran = machine.dev("setup")

    assert ran.returncode == 1
    assert "could not be installed" in ran.stderr
    assert not (machine.checkout / ".venv" / "dev-stamp").exists()
    assert not (machine.checkout / ".venv.lock").is_symlink()


def test_a_lock_left_by_a_killed_process_is_taken_over(ready: Machine) -> None:
    (ready.checkout / ".venv" / "dev-stamp").unlink()
    with subprocess.Popen(["true"]) as gone:
        pass
    (ready.checkout / ".venv.lock").symlink_to(str(gone.pid))

    assert ready.dev("setup").returncode == 0
    assert not (ready.checkout / ".venv.lock").is_symlink()


def test_an_unknown_command_is_named_and_the_commands_are_listed(machine: Machine) -> None:
    ran = machine.dev("tets")

    assert ran.returncode == 1
    assert "unknown command: tets" in ran.stderr
    assert "./dev COMMAND" in ran.stderr


def test_help_needs_nothing(machine: Machine) -> None:
    ran = machine.dev()

    assert ran.returncode == 0
    assert "test-slow" in ran.stdout


def test_the_demo_is_run_with_the_arguments_of_the_caller(ready: Machine) -> None:
    (ready.checkout / "examples").mkdir()
    (ready.checkout / "examples" / "demo.py").touch()

    ran = ready.dev("demo", "--fast", "a b")

    assert ran.stdout == f"ran {ready.checkout}/examples/demo.py --fast a b\n"

"""A registry as a team has it: a bare remote with our pre-receive hook, clones, and people with SSH keys.

    from tests.support.scene import Scene

    scene = Scene.build(tmp_path)               # staging asks for nobody's approval, production for one
    alex, sam = scene.person("alex"), scene.person("sam")
    done = alex.promote("iris@1.1.0", "production")
    sam.approve(done.branch)
    alex.merge(done.branch)
    scene.live("production")                    # "1.1.0"

iris has 1.0.0, 1.1.0 and 2.0.0; all of them were live in staging, 1.0.0 is live in production. Other registries are
built with `tests.support.builder.Builder` and given to `build` as a list of states, one commit each.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mooring import wiring
from mooring.domain import layout
from mooring.domain.environment import GateSpec, Settings
from mooring.domain.references import parse_reference
from mooring.stores.cache import Cache
from mooring.stores.git.repository import Repository
from mooring.stores.hub import Hub
from mooring.usecases import approve, merge, promote, rollback
from mooring.usecases.merge import Merged
from mooring.usecases.promote import Promoted
from mooring.usecases.pushed import RefLine
from mooring.usecases.receive import Refusal, receive
from tests.support.builder import Builder

HOOKS = Path(__file__).resolve().parents[2] / "hooks"
NOW = 1_767_323_045
"""2026-01-02T03:04:05Z, the date of every commit in the tests."""
PEOPLE = ("alex", "sam", "kim")


def standard(
    *,
    approvals: int = 1,
    gates: Sequence[GateSpec] = (),
    signers: bytes = b"",
    settings: Settings | None = None,
) -> list[tuple[str, Builder]]:
    """The commits of the usual registry, oldest first: message and state."""
    builder = (
        Builder()
        .settings(settings)
        .environment("staging")
        .environment("production", promotes_from=["staging"], approvals=approvals, gates=gates)
        .model("iris")
        .version("1.0.0", metrics={"accuracy": 0.95})
        .version("1.1.0", metrics={"accuracy": 0.96})
        .version("2.0.0", metrics={"accuracy": 0.97}, changelog="New features")
    )
    if signers:
        builder.write(layout.SIGNERS, signers)
    states = [("Start the registry", builder.copy())]
    states += [
        (f"Promote iris {version} to staging", builder.promote(version, to="staging").copy())
        for version in ("1.0.0", "1.1.0", "2.0.0")
    ]
    states.append(("Promote iris 1.0.0 to production", builder.promote("1.0.0", to="production").copy()))
    return states


@dataclass(frozen=True)
class Person:
    """Somebody with a clone, an identity and an SSH key."""

    name: str
    folder: Path
    key: Path
    clock: list[int] = field(default_factory=lambda: [NOW])

    @property
    def email(self) -> str:
        """Their address, which is their principal too."""
        return f"{self.name}@example.com"

    @property
    def environ(self) -> dict[str, str]:
        """Their environment: their identity and their clone."""
        who = self.name.title()
        names = {f"GIT_{role}_NAME": who for role in ("AUTHOR", "COMMITTER")}
        addresses = {f"GIT_{role}_EMAIL": self.email for role in ("AUTHOR", "COMMITTER")}
        return {**os.environ, **names, **addresses}

    def hub(self) -> Hub:
        """Their registry, opened anew."""
        return wiring.open_hub(self.folder, environ=self.environ)

    def git(self, *arguments: str, check: bool = True, **environ: str) -> subprocess.CompletedProcess[str]:
        """Plain Git in their clone."""
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            check=check,
        )

    def promote(self, reference: str, environment: str, **options: str) -> Promoted:
        """Propose a promotion; every request is a second later than the one before, so ids differ and sort."""
        self.clock[0] += 1
        return promote.promote(
            self.hub(),
            parse_reference(reference),
            environment,
            reason=options.pop("reason", "Better on the holdout set"),
            now_ms=self.clock[0] * 1_000,
            **options,
        )

    def approve(self, selector: str, environment: str | None = None) -> approve.Approved:
        """Approve a proposal with their key."""
        return approve.approve(self.hub(), selector, environment=environment, key=self.key, now=self.clock[0])

    def merge(self, selector: str, environment: str | None = None, *, dry_run: bool = False) -> Merged:
        """Merge a proposal."""
        return merge.merge(self.hub(), selector, environment=environment, now=self.clock[0], dry_run=dry_run)

    def roll_back(self, model: str, environment: str, **options: object) -> rollback.RolledBack:
        """Roll back; the bytes of every version are there."""
        from mooring.stores.remotes import Presence

        request = rollback.RollbackRequest(model, environment, "It was worse", **options)  # type: ignore[arg-type]
        return rollback.rollback(self.hub(), request, presence=lambda *_: Presence.PRESENT)

    def commit(
        self, files: Mapping[str, bytes | None], message: str = "A change\n", *, on: str | None = None
    ) -> str:
        """A commit on main as their clone knows it (or on `on`) that changes `files`; no ref moves."""
        with self.hub().repository as repository:
            return repository.commit_with(on or "refs/remotes/origin/main", dict(files), message=message)

    def push(
        self, commit: str, ref: str = "refs/heads/main", *options: str, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Plain `git push` of one commit to one ref; a refusal is an answer."""
        return self.git("push", *options, "origin", f"{commit}:{ref}", check=False, **environ)


@dataclass(frozen=True)
class Scene:
    """The bare remote and everybody who works with it."""

    root: Path
    remote: Path
    clock: list[int] = field(default_factory=lambda: [NOW])

    @classmethod
    def build(
        cls,
        root: Path,
        states: Callable[[bytes], Sequence[tuple[str, Builder]]] | None = None,
        *,
        hook: bool = True,
    ) -> Scene:
        """Lay the scene in the empty folder `root`. `states` makes the commits of main from the allowed signers."""
        scene = cls(root, root / "registry.git")
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(scene.remote), cwd=root)
        signers = b"".join(scene._key_of(name) for name in PEOPLE)
        commits = states(signers) if states is not None else standard(signers=signers)
        with Repository.open(scene.remote, environ=os.environ) as repository:
            before: dict[str, bytes] = {}
            tip: str | None = None
            for message, builder in commits:
                after = builder.files
                changes = {path: after.get(path) for path in before.keys() | after.keys()}
                changes = {path: data for path, data in changes.items() if before.get(path) != data}
                tip, before = repository.commit_with(tip, changes, message=message), after
            if tip is not None:
                repository.update_ref("refs/heads/main", tip, None)
        if hook:
            scene.install_hook()
        return scene

    def install_hook(self) -> None:
        """Put our pre-receive hook into the remote, as an operator does."""
        place = self.remote / "hooks" / "pre-receive"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes((HOOKS / "pre-receive").read_bytes())
        place.chmod(0o755)

    def _key_of(self, name: str) -> bytes:
        key = self.root / "keys" / name
        if not key.exists():
            key.parent.mkdir(exist_ok=True)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key), cwd=self.root)
        public = key.with_suffix(".pub").read_text().split()
        return f'{name}@example.com namespaces="git,mooring-model-version" {public[0]} {public[1]}\n'.encode()

    def person(self, name: str, *, clone: str | None = None) -> Person:
        """Somebody with a clone of their own (or another one, named `clone`)."""
        folder = self.root / (clone or name)
        self._key_of(name)
        if not folder.exists():
            run("git", "clone", "--quiet", "--no-checkout", str(self.remote), str(folder), cwd=self.root)
        return Person(name, folder, self.root / "keys" / name, self.clock)

    def hub(self) -> Hub:
        """The bare remote itself, opened anew."""
        return wiring.open_hub(self.remote)

    def offered(
        self, person: Person, commit: str | None, ref: str = "refs/heads/main"
    ) -> tuple[Refusal, ...]:
        """What the server would say if `person` pushed `commit` (None: nothing) to `ref`, without the push.

        The objects are pushed to a branch that nobody guards, which is where the quarantine would have them.
        """
        if commit is not None:
            person.push(commit, "refs/heads/offered", "--force", "--no-verify")
        hub = replace(self.hub(), cache=Cache(None))
        old = hub.repository.refs(ref).get(ref)
        return receive(hub, [RefLine(old, commit, ref)], principal=None, now=self.clock[0])

    def config(self, key: str, value: str) -> None:
        """Set a configuration key of the remote, as its operator does."""
        run("git", "config", key, value, cwd=self.remote)

    def refs(self) -> dict[str, str]:
        """All refs of the remote."""
        with Repository.open(self.remote, environ=os.environ) as repository:
            return repository.refs()

    def live(self, environment: str, model: str = "iris") -> str | None:
        """The version that main's pointer names."""
        pointer = self.hub().registry().pointer(environment, model)
        return pointer.version if pointer is not None else None

    def log(self) -> list[str]:
        """The subjects of main's first-parent line, newest first."""
        with Repository.open(self.remote, environ=os.environ) as repository:
            return [record.subject for record in repository.first_parent("refs/heads/main")]


def run(*command: str, cwd: Path) -> str:
    """Run a program that must succeed."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout

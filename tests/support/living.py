"""A registry with a history: what happened to it commit by commit, in a real clone with a bare remote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.domain.model import State
from tests.support.builder import Builder
from tests.support.gitrepo import commit, git, make_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}
TWO_NUMBERS = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
    "required": ["x", "y"],
}


@dataclass
class Living:
    """A clone at `path`; every `record` is one commit on main, one minute after the one before."""

    path: Path
    builder: Builder = field(default_factory=Builder)
    commits: list[str] = field(default_factory=list)
    states: list[Mapping[str, bytes]] = field(default_factory=list)

    def record(self, message: str, builder: Builder | None = None) -> str:
        """Commit the builder's state."""
        if builder is not None:
            self.builder = builder
        now = self.builder.files
        before = self.states[-1] if self.states else {}
        gone: dict[str, bytes | None] = dict.fromkeys(before.keys() - now.keys())
        changed = {path: data for path, data in now.items() if before.get(path) != data}
        self.commits.append(commit(self.path, {**gone, **changed}, message, minute=len(self.commits)))
        self.states.append(now)
        return self.commits[-1]

    def publish(self) -> Path:
        """Push everything to a bare remote beside the clone, and know it as origin."""
        remote = self.path.parent / "remote.git"
        if not remote.exists():
            make_repository(remote, bare=True)
            git(self.path, "remote", "add", "origin", str(remote))
        git(self.path, "push", "--quiet", "origin", "HEAD:main")
        git(self.path, "fetch", "--quiet", "origin")
        return remote


def living(path: Path) -> Living:
    """Two models: iris was promoted twice, rolled back once and has a third version; churn is only in staging."""
    made = Living(make_repository(path / "clone"))
    b = made.builder.settings().environment("staging")
    b.environment("production", promotes_from=["staging"], approvals=1)
    made.record("Start the registry")
    b.model("iris").version("1.0.0", accepts=NUMBER, metrics={"accuracy": 0.95, "latency_ms": 2.5})
    made.record("Register iris 1.0.0")
    b.promote("1.0.0", to="staging")
    made.record("Promote iris 1.0.0 to staging")
    b.promote("1.0.0", to="production", reason="First release; CHG-1")
    made.record("Promote iris 1.0.0 to production")
    b.version(
        "1.1.0",
        accepts=NUMBER,
        metrics={"accuracy": 0.97, "latency_ms": 3},
        hyperparameters={"n_estimators": 100, "max_depth": 10},
        changelog="Retrained with three more months of data",
    )
    made.record("Register iris 1.1.0")
    b.promote("1.1.0", to="staging")
    made.record("Promote iris 1.0.0 -> 1.1.0 in staging")
    earlier = b.files
    b.promote("1.1.0", to="production")
    made.record("Promote iris 1.0.0 -> 1.1.0 in production")
    b.restore("environments/production/iris.yaml", earlier)
    made.record(
        'Revert "Promote iris 1.0.0 -> 1.1.0 in production"\n\n'
        "Reason: Error rate doubled\nRequested-By: Sam Rivera <sam.rivera@example.com>"
    )
    b.version("2.0.0", accepts=TWO_NUMBERS, metrics={"accuracy": 0.98, "latency_ms": 2}, breaking=True)
    made.record("Register iris 2.0.0")
    b.status("1.1.0", State.QUARANTINED, reason="Fails on empty input", environments=["production"])
    made.record("Quarantine iris 1.1.0")
    b.model("churn").version("0.1.0", metrics={"auc": 0.81})
    made.record("Register churn 0.1.0")
    b.promote("0.1.0", to="staging")
    made.record("Promote churn 0.1.0 to staging")
    return made

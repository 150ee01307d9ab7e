"""A registry with a change of every kind that a plan tells of, each on a branch of its own, dates and ids fixed.

fraud has 1.3.0 (live in production), 1.3.1 (live nowhere) and 1.4.0 (live in staging); scorer was made from fraud 1.3.0
and requires it below 1.4.0, and is live in production. The bytes lie in the repository itself.

    scene = plan_scene(tmp_path)
    scene.branches["promotion"]        # the branch that brings fraud 1.4.0 to production
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Approvals, GateSpec, Policy, RollbackMode, Soak
from mooring.domain.model import (
    CodeReference,
    DataReference,
    Direction,
    MetricSpec,
    Model,
    ModelVersion,
    Requirements,
    Training,
)
from mooring.domain.pointer import Rollout, Step, Strategy
from mooring.domain.requires import parse_required
from tests.support.builder import ALEX, Builder
from tests.support.gitrepo import git, make_repository
from tests.support.living import Living

AMOUNT = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
OPTIONAL = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "country": {"type": "string"}},
    "required": ["amount"],
}
INTEGER = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
SCORE = {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]}
CANARY = Rollout(
    strategy=Strategy.CANARY,
    steps=(
        Step(weight=5, hold="2h"),
        Step(weight=25, hold="2h"),
        Step(weight=50, hold="2h"),
        Step(weight=100),
    ),
    abort_on=("error_rate > 0.5%",),
)
NOW = 1_767_323_400
"""2026-01-02T03:10:00Z: ten minutes after the first commit."""


@dataclass(frozen=True, slots=True)
class PlanScene:
    """The clone, and the branches by what they hold; `base` of a plan is main, or what `bases` says."""

    path: Path
    branches: dict[str, str]
    bases: dict[str, str]


def policy_of_production(**changes: object) -> bytes:
    """The policy of production: metrics, a soak, one approval, a canary."""
    gates = (
        GateSpec(metric="accuracy", min=0.9),
        GateSpec(metric="accuracy", against="live", tolerance=0.005),
        GateSpec(soak=Soak(in_="staging", for_="1h")),
    )
    policy = Policy(
        name="production",
        promotes_from=("staging",),
        approvals=Approvals(required=1),
        rollback=RollbackMode.DIRECT,
        gates=gates,
        rollout=CANARY,
    )
    return codec.encode(policy.model_copy(update=changes))


def edited(builder: Builder, model: str, version: str, **changes: object) -> Builder:
    """Give a manifest that was just written other fields."""
    path = layout.manifest_path(model, version)
    found = codec.decode(ModelVersion, builder.files[path], path)
    assert isinstance(found, ModelVersion)
    return builder.write(path, codec.encode(found.model_copy(update=changes)))


def trained(snapshot: str, commit: str) -> Training:
    """What a version was trained on and with."""
    return Training(
        data=(DataReference(name="payments", uri="s3://data/payments", version=snapshot, rows=1_000),),
        code=CodeReference(repository="https://example.com/fraud", commit=commit * 40),
    )


def plan_scene(root: Path) -> PlanScene:
    """Lay the scene in the empty folder `root`."""
    made = Living(make_repository(root / "clone"))
    b = made.builder.settings().environment("staging")
    b.write(layout.policy_path("production"), policy_of_production())
    b.write(layout.DVC_CONFIG, "[core]\n    remote = store\n['remote \"store\"']\n    url = ../store\n")
    metrics = {
        "accuracy": MetricSpec(direction=Direction.HIGHER, tolerance=0.01),
        "latency_ms": MetricSpec(direction=Direction.LOWER, unit="ms"),
    }
    b.model("fraud").write(
        layout.model_path("fraud"), codec.encode(Model(name="fraud", owners=(ALEX,), metrics=metrics))
    )
    made.record("Start the registry")
    _register(b, "1.3.0", accepts=AMOUNT, metrics={"accuracy": 0.951, "latency_ms": 3, "auc": 0.91})
    b.promote("1.3.0", to="staging").promote("1.3.0", to="production", reason="First release; CHG-1")
    made.record("Register fraud 1.3.0 and promote it")
    _register(b, "1.3.1", accepts=AMOUNT, metrics={"accuracy": 0.952, "latency_ms": 3.5})
    made.record("Register fraud 1.3.1")
    _register(b, "1.4.0", accepts=OPTIONAL, metrics={"accuracy": 0.949, "latency_ms": 2, "f1_score": 0.9})
    made.record("Register fraud 1.4.0")
    b.promote("1.4.0", to="staging", reason="Try it")
    made.record("Promote fraud 1.3.0 -> 1.4.0 in staging")
    b.model("scorer").version("1.0.0", parents=["fraud@1.3.0"], metrics={"accuracy": 0.8})
    edited(b, "scorer", "1.0.0", requires=(parse_required("fraud>=1.3.0,<1.4.0"),))
    _keep(b)
    b.promote("1.0.0", to="production", reason="It needs fraud 1.3")
    made.record("Register scorer 1.0.0 and promote it")
    branches: dict[str, str] = {}
    bases: dict[str, str] = {}
    promoted = b.copy().about("fraud")
    promoted.promote("1.4.0", to="production", reason="AUC +0.8 points; CHG-1234", rollout=CANARY)
    branches["promotion"] = _branch(made, "promote/production/fraud/1.4.0", promoted)
    breaking = b.copy().about("fraud")
    _register(breaking, "1.5.0", accepts=INTEGER, metrics={"accuracy": 0.96, "latency_ms": 2})
    branches["registration"] = _branch(made, "register/fraud/1.5.0", breaking)
    gone = b.copy().about("fraud").withdraw(environment="production", reason="A leak in the training data")
    branches["withdrawal"] = _branch(made, "promote/production/fraud/withdraw", gone)
    other = b.copy().write(
        layout.policy_path("production"), policy_of_production(approvals=Approvals(required=2))
    )
    other.write("README.md", "# Fraud\n")
    branches["nothing"] = _branch(made, "stricter", other)
    live = _branch(made, "live", promoted)
    back = promoted.copy().restore(layout.pointer_path("production", "fraud"), b.files)
    branches["rollback"] = _branch(made, "rolled-back", back, start=live, after=promoted)
    bases["rollback"] = live
    return PlanScene(made.path, branches, bases)


def _register(builder: Builder, version: str, **said: object) -> None:
    number = int(version.replace(".", ""))
    builder.version(
        version,
        returns=SCORE,
        hyperparameters={"max_depth": number % 7, "seed": 1},
        changelog="Retrained",
        **said,  # type: ignore[arg-type]
    )
    edited(
        builder,
        "fraud",
        version,
        training=trained(f"snapshot-{version}", str(number // 10 % 10)),
        requirements=Requirements(
            python="3.11", packages=(f"scikit-learn==1.5.{number % 3}", "numpy==2.1.0")
        ),
    )
    _keep(builder)


def _keep(builder: Builder) -> None:
    for path, data in builder.objects.items():
        builder.write(f"store/{path}", data)


def _branch(
    made: Living, name: str, builder: Builder, *, start: str = "main", after: Builder | None = None
) -> str:
    """A branch on which one commit brings the builder's state."""
    git(made.path, "switch", "--quiet", "--create", name, start)
    states = [*made.states, after.files] if after is not None else list(made.states)
    commits = [*made.commits, start] if after is not None else list(made.commits)
    Living(made.path, builder, commits, states).record(f"Change on {name}")
    git(made.path, "switch", "--quiet", "main")
    return name

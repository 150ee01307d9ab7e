"""Gates on a real registry: what `assess` says is what merge and the hook do; CI speaks by signed statements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mooring.cli.main import run
from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import GateSpec
from mooring.domain.freeze import Freeze
from mooring.domain.requires import parse_required
from mooring.domain.verdict import GateState
from mooring.errors import NotFoundError, RefusedError, UsageError
from mooring.stores.forge.statement import CheckResult, check_ref, statement_ref
from mooring.usecases.assess import Assessed, assess
from mooring.usecases.attest import Attested, AttestOutcome, attest
from mooring.usecases.merge import GatesError, MergeOutcome, NotReadyError
from mooring.usecases.pushed import RefLine
from mooring.usecases.receive import receive
from tests.support.builder import Builder
from tests.support.scene import NOW, Person, Scene

CHECK = GateSpec(check="load-test", by=("kim@example.com",))
HOLIDAYS = Freeze.model_validate(
    {"name": "holidays", "from": "2026-01-01T00:00:00Z", "to": "2026-01-05T00:00:00Z", "reason": "rest"}
)

FIFTH = 1_767_571_200
"""2026-01-05T00:00:00Z."""


def scene_with(
    root: Path, *gates: GateSpec, freeze: tuple[Freeze, ...] = (), approvals: int = 0, hook: bool = False
) -> Scene:
    """Production serves iris 1.0.0; iris 1.1.0 waits, made from base 1.0.0, which staging alone serves."""

    def states(signers: bytes) -> list[tuple[str, Builder]]:
        b = (
            Builder()
            .settings()
            .environment("staging")
            .environment(
                "production", promotes_from=["staging"], gates=gates, freeze=freeze, approvals=approvals
            )
            .write(".mooring/allowed_signers", signers)
            .model("base")
            .version("1.0.0", metrics={"accuracy": 0.5})
            .model("iris")
            .version("1.0.0", metrics={"accuracy": 0.95})
            .version("1.1.0", metrics={"accuracy": 0.96}, parents=["base@1.0.0"])
        )
        found = [("Start the registry", b.copy())]
        for model, version, to in (
            ("base", "1.0.0", "staging"),
            ("iris", "1.0.0", "staging"),
            ("iris", "1.0.0", "production"),
            ("iris", "1.1.0", "staging"),
        ):
            found.append(
                (f"Promote {model} {version} to {to}", b.about(model).promote(version, to=to).copy())
            )
        return found

    return Scene.build(root, states, hook=hook)


def attested(person: Person, *, passed: bool, detail: str | None = None, key: Path | None = None) -> Attested:
    result = CheckResult("load-test", passed, detail)
    return attest(person.hub(), "iris", result, key=key or person.key, now=person.clock[0])


def assessed(person: Person, selector: str = "iris", environment: str | None = "production") -> Assessed:
    return assess(person.hub(), selector, environment=environment, now_ms=person.clock[0] * 1_000)


def state(found: Assessed, gate: str) -> GateState:
    (one,) = (verdict.state for verdict in found.verdicts if verdict.gate == gate)
    return one


def test_a_check_holds_a_promotion_until_continuous_integration_says_that_it_passed(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, CHECK)
    alex, kim = scene.person("alex"), scene.person("kim")
    done = alex.promote("iris@1.1.0", "production")
    with pytest.raises(NotReadyError) as held:
        alex.merge(done.branch)

    assert held.value.hint == (
        f"By kim@example.com: mooring attest {done.branch} --check load-test\nThen: mooring merge {done.branch}"
    )
    assert [one.rule for one in scene.offered(alex, done.commit)] == ["failed-gate"]
    attested(kim, passed=False, detail="p95 is 900 ms")
    with pytest.raises(GatesError, match=r"load-test failed, says kim@example\.com: p95 is 900 ms"):
        alex.merge(done.branch)
    assert attested(kim, passed=True).outcome is AttestOutcome.ATTESTED
    assert attested(kim, passed=True).outcome is AttestOutcome.ALREADY
    assert alex.merge(done.branch).outcome is MergeOutcome.MERGED
    assert scene.live("production") == "1.1.0"


@pytest.mark.slow
def test_only_the_named_principals_attest_and_only_what_is_asked_for(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, CHECK)
    alex, sam = scene.person("alex"), scene.person("sam")
    alex.promote("iris@1.1.0", "production")

    with pytest.raises(RefusedError, match=r"takes the word of kim@example\.com about load-test"):
        attested(sam, passed=True)
    with pytest.raises(RefusedError, match=r"no check 'fairness'"):
        attest(sam.hub(), "iris", CheckResult("fairness", passed=True), key=sam.key, now=NOW)
    with pytest.raises(UsageError, match="detail cannot be kept"):
        attested(sam, passed=True, detail="two\nlines")


@pytest.mark.slow
def test_the_server_takes_no_statement_about_a_check_in_another_name_or_place(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, CHECK)
    alex, kim = scene.person("alex"), scene.person("kim")
    promotion = alex.promote("iris@1.1.0", "production").plan.after
    assert promotion is not None
    own = attested(kim, passed=False).ref
    failed = scene.refs()[own]
    attested(kim, passed=True)
    passed, key = scene.refs()[own], promotion.promotion
    hub = scene.hub()

    def refused(new: str | None, ref: str, old: str | None = None) -> str:
        return " ".join(
            f"{one.rule}: {one.message}"
            for one in receive(hub, [RefLine(old, new, ref)], principal=None, now=NOW)
        )

    assert refused(passed, own, failed) == ""
    assert "foreign-check: an older statement" in refused(failed, own, passed)
    assert "foreign-check: only kim@example.com may take it back" in refused(None, own, passed)
    assert "unproven-check: it lies under the name of sam" in refused(
        passed, check_ref(key, "load-test", "sam@example.com")
    )
    # Proposed anew it is another promotion, of which nobody has said anything.
    alex.promote("iris@1.1.0", "production", reason="Another reason")
    assert state(assessed(alex), "check load-test") is GateState.PENDING
    for ref in (check_ref(key, "other", "kim@example.com"), statement_ref(key, "kim@example.com")):
        assert "it does not lie where such a statement belongs" in refused(passed, ref)
    assert "speaks of promotion" in refused(passed, check_ref(f"{key}x", "load-test", "kim@example.com"))
    assert "checks at refs/mooring/checks" in refused(passed, f"refs/mooring/checks/{key}")


def test_whoever_asks_cannot_take_the_check_out_of_the_policy_with_a_push(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, CHECK)
    alex = scene.person("alex")
    weaker = Builder().environment("production", promotes_from=["staging"]).files

    refused = scene.offered(
        alex, alex.commit({"environments/production.yaml": weaker["environments/production.yaml"]})
    )
    assert [one.rule for one in refused] == ["unguarded-policy-change"]


@pytest.mark.slow
def test_a_required_model_is_live_before_what_requires_it(tmp_path: Path) -> None:
    scene = scene_with(tmp_path)
    alex = scene.person("alex")
    manifest = scene.hub().registry().release("iris", "1.0.0").manifest
    needing = manifest.model_copy(
        update={"version": "1.2.0", "requires": (parse_required("base>=1.0.0,<2.0.0"),)}
    )
    folder = layout.version_folder("iris", "1.2.0")
    artifact = scene.hub().registry().files
    entry = artifact.entry(layout.artifact_path("iris", "1.0.0"))
    assert entry is not None
    files = {
        f"{folder}/manifest.yaml": codec.encode(needing),
        f"{folder}/artifact.dvc": artifact.read(entry),
    }
    assert alex.push(alex.commit(files, "Register iris 1.2.0\n")).returncode == 0
    alex.merge(alex.promote("iris@1.2.0", "staging").branch)
    branch = alex.promote("iris@1.2.0", "production").branch
    with pytest.raises(NotReadyError, match=r"production serves nothing of base, and base>=1\.0\.0,<2\.0\.0"):
        alex.merge(branch)
    alex.merge(alex.promote("base@1.0.0", "production").branch)

    assert state(assessed(alex, branch), "requires base") is GateState.PASS


def test_a_freeze_is_pending_and_says_when_it_opens_and_a_rollback_passes_every_gate(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, CHECK, freeze=(HOLIDAYS,))
    alex = scene.person("alex")
    found = assessed(alex, "iris@1.1.0")

    (freeze,) = (one for one in found.verdicts if one.gate == "freeze")
    assert "frozen until 2026-01-05 00:00:00 UTC (holidays: rest)" in freeze.reason
    assert (freeze.state, freeze.ready_at) == (GateState.PENDING, FIFTH)
    # The check waits for somebody, so waiting alone is not enough.
    assert (found.state, found.ready_at) == (GateState.PENDING, None)
    done = alex.roll_back("iris", "production", to_nothing=True)
    assert (done.outcome.value, scene.live("production")) == ("rolled-back", None)


@pytest.mark.slow
def test_a_freeze_alone_is_ready_when_it_ends(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, freeze=(HOLIDAYS,))
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    with pytest.raises(NotReadyError, match="frozen until 2026-01-05") as held:
        alex.merge(branch)

    assert held.value.hint == "Run the same command again then."
    assert (assessed(alex).state, assessed(alex).ready_at) == (GateState.PENDING, FIFTH)
    scene.clock[0] = FIFTH
    assert alex.merge(branch).outcome is MergeOutcome.MERGED


@pytest.mark.slow
def test_parents_go_first(tmp_path: Path) -> None:
    scene = scene_with(tmp_path, GateSpec(parents="live"))
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    with pytest.raises(NotReadyError) as held:
        alex.merge(branch)
    assert "First: mooring promote base@1.0.0 --to production" in (held.value.hint or "")
    alex.merge(alex.promote("base@1.0.0", "production").branch)

    assert alex.merge(branch).outcome is MergeOutcome.MERGED


def test_a_promotion_that_nobody_has_proposed_is_assessed_without_a_trace(tmp_path: Path) -> None:
    baseline = GateSpec(metric="accuracy", against="1.0.0", models=("iris",))
    scene = scene_with(tmp_path, CHECK, baseline, approvals=1)
    alex = scene.person("alex")
    before = scene.refs()
    found = assessed(alex, "iris@1.1.0")

    assert (found.proposal, found.state, scene.refs()) == (None, GateState.FAIL, before)
    assert [one.gate for one in found.verdicts] == [
        "rules",
        "check load-test",
        "metric accuracy against 1.0.0",
        "approvals",
    ]
    # model.yaml does not say which way accuracy is better: no comparison passes without.
    assert state(found, "metric accuracy against 1.0.0") is GateState.FAIL
    assert "is live in production already" in (assessed(alex, "iris@1.0.0").live or "")
    with pytest.raises(NotFoundError):
        assessed(alex, "iris", None)


@pytest.mark.slow
def test_the_exit_status_tells_what_the_gates_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = scene_with(tmp_path, CHECK)
    alex, kim = scene.person("alex"), scene.person("kim")
    branch = alex.promote("iris@1.1.0", "production").branch
    monkeypatch.chdir(kim.folder)
    attest_it = ["attest", branch, "--check", "load-test", "--key", str(kim.key)]
    for before, status, word in (
        ([], 4, "pending"),
        (attest_it, 0, "pass"),
        ([*attest_it, "--failed", "--detail", "p95 is 900 ms"], 1, "fail"),
    ):
        assert not before or run(before) == 0
        capsys.readouterr()

        assert run(["assess", branch]) == status
        assert f"{word}" in capsys.readouterr().out.splitlines()[0]
        assert run(["assess", branch, "--json"]) == status
        data = json.loads(capsys.readouterr().out)
        assert (data["state"], data["branch"]) == (word, branch)
        assert_published(data)


def assert_published(data: dict[str, object]) -> None:
    """The keys of `assess --json` are those that its schema describes, no more and no fewer."""
    place = Path(__file__).parents[2] / "schemas/output/assessment.schema.json"
    schema = json.loads(place.read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(data)

    assert data["schema"] == "mooring/assessment/v1"
    assert data.keys() == schema["properties"].keys()
    gate = schema["properties"]["gates"]["items"]["properties"]
    assert all(one.keys() == gate.keys() for one in data["gates"])

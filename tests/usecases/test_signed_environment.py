"""Signatures and scans as gates and on main: what a policy asks for is proven by keys and bytes, never by names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import GateSpec, Policy
from mooring.domain.verdict import GateState, Verdict
from mooring.errors import RefusedError
from mooring.stores.artifacts import ArtifactCache
from mooring.usecases.approve import sign_request
from mooring.usecases.assess import assess
from mooring.usecases.check import check_range
from mooring.usecases.merge import GatesError, MergeOutcome, NotReadyError
from mooring.usecases.scan import attest_scan, scan
from mooring.usecases.sign import sign
from tests.support.builder import Builder
from tests.support.scene import NOW, Person, Scene, standard

POINTER = layout.pointer_path("production", "iris")


def built(root: Path, *gates: GateSpec, **policy: object) -> Scene:
    def states(signers: bytes) -> list[tuple[str, Builder]]:
        found = standard(approvals=0, signers=signers)
        wanted = Policy(name="production", promotes_from=("staging",), gates=gates, **policy)  # type: ignore[arg-type]
        for _, builder in found:
            builder.write(layout.policy_path("production"), codec.encode(wanted))
        return found

    return Scene.build(root, states, hook=False)


def verdict(person: Person, branch: str, gate: str) -> Verdict:
    found = assess(person.hub(), branch, now_ms=NOW * 1_000)
    return next(one for one in found.verdicts if one.gate == gate)


def test_a_promotion_waits_until_its_version_is_signed_by_who_must(tmp_path: Path) -> None:
    scene = built(tmp_path, GateSpec(signature="required", by=("sam@example.com",)))
    alex, sam = scene.person("alex"), scene.person("sam")
    branch = alex.promote("iris@1.1.0", "production").branch
    waiting = verdict(alex, branch, "signature")
    assert (waiting.state, waiting.remedy) == (
        GateState.PENDING,
        "By sam@example.com: mooring sign iris@1.1.0",
    )
    with pytest.raises(NotReadyError, match="is not signed"):
        alex.merge(branch)
    assert scene.offered(alex, alex.hub().branches(branch)[branch]) != ()
    sign(sam.hub(), "iris@1.1.0", key=sam.key, merge=True)

    assert verdict(alex, branch, "signature").state is GateState.PASS
    assert alex.merge(branch).outcome is MergeOutcome.MERGED
    sign(alex.hub(), "iris@2.0.0", key=alex.key, merge=True)
    other = alex.promote("iris@2.0.0", "production").branch
    with pytest.raises(
        GatesError, match=r"signed by alex@example\.com, and production wants it signed by sam"
    ):
        alex.merge(other)


def has_bytes(person: Person, data: bytes) -> None:
    """Put a file into the cache of whoever runs the command."""
    artifacts = person.hub().artifacts
    assert artifacts is not None
    cache = ArtifactCache(artifacts)
    with cache.objects.draft() as draft:
        draft.write(data)
        cache.objects.keep(draft)


def test_bytes_that_can_be_reached_are_scanned_and_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_CACHE", str(tmp_path / "cache"))
    scene = built(tmp_path, GateSpec(scan="required"))
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    waiting = verdict(alex, branch, "scan")
    assert waiting.state is GateState.PENDING
    assert waiting.remedy == f"By somebody else who can read its bytes: mooring scan {branch} --attest"
    has_bytes(alex, json.dumps({"model": "iris", "version": "1.1.0"}).encode())

    assert verdict(alex, branch, "scan").reason == "iris@1.1.0 was scanned here: nothing in it can run"
    assert scene.offered(alex, alex.hub().branches(branch)[branch]) != ()
    assert alex.merge(branch).outcome is MergeOutcome.MERGED


def test_a_statement_counts_where_the_bytes_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_CACHE", str(tmp_path / "cache"))
    scene = built(tmp_path, GateSpec(scan="required"))
    alex, sam = scene.person("alex"), scene.person("sam")
    branch = alex.promote("iris@1.1.0", "production").branch
    commit = alex.hub().branches(branch)[branch]
    assert "failed-gate" in {refusal.rule for refusal in scene.offered(alex, commit)}
    has_bytes(sam, json.dumps({"model": "iris", "version": "1.1.0"}).encode())
    seen = scan(sam.hub(), branch, cache=ArtifactCache(tmp_path / "cache" / "artifacts"))
    with pytest.raises(RefusedError, match="somebody else's word"):
        attest_scan(alex.hub(), seen, key=alex.key, principal=None, now=NOW)
    said = attest_scan(sam.hub(), seen, key=sam.key, principal=None, now=NOW)

    assert (said.result.name, said.result.passed) == ("scan", True)
    assert scene.offered(alex, commit) == ()


def test_a_version_that_could_run_code_is_refused_whatever_anybody_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_CACHE", str(tmp_path / "cache"))
    evil = b"\x80\x04cos\nsystem\n\x8c\x04true\x85R."

    def states(signers: bytes) -> list[tuple[str, Builder]]:
        policy = Policy(name="production", gates=(GateSpec(scan="required"),), unsafe_formats=("pickle",))
        builder = Builder().settings().write(layout.SIGNERS, signers)
        builder.write(layout.policy_path("production"), codec.encode(policy))
        builder.model("iris").version("1.0.0", artifact={"model.pkl": evil}, allow_unsafe_format=True)
        return [("Start", builder)]

    scene = Scene.build(tmp_path, states, hook=False)
    alex = scene.person("alex")
    branch = alex.promote("iris@1.0.0", "production").branch
    has_bytes(alex, evil)

    found = verdict(alex, branch, "scan")
    assert (found.state, found.observed) == (GateState.FAIL, "refused")
    assert "os.system" in found.reason
    with pytest.raises(GatesError, match=r"os\.system"):
        alex.merge(branch)


def signing(person: Person) -> Person:
    """The same person, whose Git signs every commit."""
    for key, value in (
        ("gpg.format", "ssh"),
        ("user.signingKey", str(person.key)),
        ("commit.gpgsign", "true"),
    ):
        person.git("config", key, value)
    return person


def moved(person: Person, *, request: bool = False) -> str:
    """A commit on main that moves the pointer of production, pushed past every gate; the `request` may be signed."""
    done = person.promote("iris@1.1.0", "production")
    if request:
        sign_request(person.hub(), done.branch, key=person.key, now=NOW)
    data = person.hub().repository.read(
        person.hub().repository.blob_ids(done.commit or "", [POINTER])[0] or ""
    )
    commit = person.commit({POINTER: data}, "Promote iris\n")
    assert person.push(commit).returncode == 0
    return commit


def found_on_main(scene: Scene, commit: str) -> list[str]:
    hub = scene.person("kim", clone="auditor").hub()
    hub.fetch()
    return [
        finding.message
        for finding in check_range(hub, f"{commit}~1", commit).findings
        if finding.rule == "unsigned-pointer-commit"
    ]


def test_on_main_a_pointer_moves_by_nothing_unsigned(tmp_path: Path) -> None:
    scene = built(tmp_path, signed=True, signers=("alex@example.com",))
    assert found_on_main(scene, moved(scene.person("alex"))) == [
        "production takes signed changes only: the commit is not signed, and nobody has signed the request"
    ]


def test_on_main_a_signed_request_is_enough(tmp_path: Path) -> None:
    scene = built(tmp_path, signed=True, signers=("alex@example.com",))
    assert found_on_main(scene, moved(scene.person("alex"), request=True)) == []


@pytest.mark.parametrize(("name", "refused"), [("alex", False), ("sam", True), ("zoe", True)])
def test_on_main_only_those_count_whom_the_policy_before_names(
    tmp_path: Path, name: str, *, refused: bool
) -> None:
    """Threat T38: sam may sign elsewhere, zoe's key is unknown, and both may write any name into a commit."""
    scene = built(tmp_path, signed=True, signers=("alex@example.com",))
    commit = moved(signing(scene.person(name)))

    assert bool(found_on_main(scene, commit)) is refused


def test_a_proposal_is_not_judged_by_who_signed_its_branch(tmp_path: Path) -> None:
    scene = built(tmp_path, signed=True)
    alex = scene.person("alex")
    done = alex.promote("iris@1.1.0", "production")
    hub = alex.hub()
    hub.fetch()

    assert not check_range(hub, hub.tip(), done.commit or "").is_refused

"""Signatures and scans as gates and on main: what a policy asks for is proven by keys and bytes, never by names."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


@pytest.mark.slow
def test_bytes_that_can_be_reached_decide_and_a_statement_where_they_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_CACHE", str(tmp_path / "cache"))
    scene = built(tmp_path, GateSpec(scan="required"))
    alex, sam = scene.person("alex"), scene.person("sam")
    branch = alex.promote("iris@1.1.0", "production").branch
    commit = alex.hub().branches(branch)[branch]
    waiting = verdict(alex, branch, "scan")
    assert waiting.state is GateState.PENDING
    assert waiting.remedy == f"By somebody else who can read its bytes: mooring scan {branch} --attest"
    has_bytes(alex, json.dumps({"model": "iris", "version": "1.1.0"}).encode())
    assert verdict(alex, branch, "scan").reason == "iris@1.1.0 was scanned here: nothing in it can run"

    # The server does not look for bytes while somebody waits for a push.
    assert "failed-gate" in {refusal.rule for refusal in scene.offered(alex, commit)}
    seen = scan(sam.hub(), branch, cache=ArtifactCache(tmp_path / "cache" / "artifacts"))
    with pytest.raises(RefusedError, match="somebody else's word"):
        attest_scan(alex.hub(), seen, key=alex.key, principal=None, now=NOW)
    said = attest_scan(sam.hub(), seen, key=sam.key, principal=None, now=NOW)
    assert (said.result.name, said.result.passed) == ("scan", True)
    assert scene.offered(alex, commit) == ()


@pytest.mark.slow
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


@dataclass(frozen=True)
class Proposed:
    """A registry whose production takes signed changes of alex only, and two pointers for it: alex signed the request
    for one of them.
    """

    scene: Scene
    asked: bytes
    unasked: bytes

    def on_main(self, person: Person, pointer: bytes) -> list[str]:
        """What is found when `person` puts a pointer on main past every gate; main is put back where it was before."""
        base = self.scene.refs()["refs/heads/main"]
        commit = person.commit({POINTER: pointer}, "Promote iris\n", on=base)
        assert person.push(commit).returncode == 0
        hub = self.scene.person("kim", clone="auditor").hub()
        hub.fetch()
        found = check_range(hub, base, commit).findings
        assert person.push(base, "refs/heads/main", "--force").returncode == 0
        return [finding.message for finding in found if finding.rule == "unsigned-pointer-commit"]


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Proposed:
    scene = built(tmp_path_factory.mktemp("signed"), signed=True, signers=("alex@example.com",))
    alex = scene.person("alex")
    blobs = []
    for version in ("1.1.0", "2.0.0"):
        done = alex.promote(f"iris@{version}", "production")
        if version == "1.1.0":
            sign_request(alex.hub(), done.branch, key=alex.key, now=NOW)
        hub = alex.hub()
        blobs.append(hub.repository.read(hub.repository.blob_ids(done.commit or "", [POINTER])[0] or ""))
    return Proposed(scene, blobs[0], blobs[1])


@pytest.mark.slow
def test_on_main_a_pointer_moves_by_nothing_unsigned(proposed: Proposed) -> None:
    assert proposed.on_main(proposed.scene.person("sam"), proposed.unasked) == [
        "production takes signed changes only: the commit is not signed, and nobody has signed the request"
    ]


@pytest.mark.slow
def test_on_main_a_signed_request_is_enough(proposed: Proposed) -> None:
    assert proposed.on_main(proposed.scene.person("sam"), proposed.asked) == []


@pytest.mark.parametrize(("name", "refused"), [("alex", False), ("sam", True), ("zoe", True)])
def test_on_main_only_those_count_whom_the_policy_before_names(
    proposed: Proposed, name: str, *, refused: bool
) -> None:
    """Threat T38: sam may sign elsewhere, zoe's key is unknown, and both may write any name into a commit."""
    person = signing(proposed.scene.person(name, clone=f"{name}-signing"))

    assert bool(proposed.on_main(person, proposed.unasked)) is refused


def test_a_proposal_is_not_judged_by_who_signed_its_branch(proposed: Proposed) -> None:
    hub = proposed.scene.person("alex").hub()
    hub.fetch()
    (branch,) = hub.branches("promote/production/iris/2.0.0").values()

    assert not check_range(hub, hub.tip(), branch).is_refused

"""Promise 11: a pull request cannot weaken the check that judges it: policy, people and rules are those of its base."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring import wiring
from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.references import parse_reference
from mooring.errors import RefusedError
from mooring.stores.git.repository import BlobId
from mooring.usecases.merge import NotReadyError
from mooring.usecases.promote import promote
from tests.support.builder import Builder
from tests.support.scene import Person, Scene, standard

POLICY = layout.policy_path("production")
LOOSE = codec.encode(Policy(name="production"))
POINTER = layout.pointer_path("production", "iris")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, hook=False)


def pointer_of(person: Person, commit: str | None) -> BlobId:
    (blob,) = person.hub().repository.blob_ids(commit or "", [POINTER])
    assert blob is not None
    return BlobId(blob)


def test_a_proposal_that_brings_its_own_policy_is_no_proposal(scene: Scene) -> None:
    mallory = scene.person("kim")
    done = mallory.promote("iris@1.1.0", "production")
    both = mallory.commit({POLICY: LOOSE}, on=done.commit)
    mallory.push(both, f"refs/heads/{done.branch}", "--force")

    with pytest.raises(RefusedError, match=r"environments/production\.yaml"):
        mallory.merge(done.branch)


@pytest.mark.parametrize("allowed", [False, True])
def test_policy_and_pointer_in_one_push_are_refused_in_one_commit_and_in_two(
    scene: Scene, *, allowed: bool
) -> None:
    """Even while the operator lets policies change: the pointer waits for another push."""
    if allowed:
        scene.config("mooring.policyChanges", "allow")
    mallory = scene.person("kim")
    blob = pointer_of(mallory, mallory.promote("iris@1.1.0", "production").commit)
    with mallory.hub().repository as repository:
        main = "refs/remotes/origin/main"
        together = repository.commit_with(main, {POLICY: LOOSE, POINTER: blob}, message="Both\n")
        loosened = repository.commit_with(main, {POLICY: LOOSE}, message="Loosen\n")
        after = repository.commit_with(loosened, {POINTER: blob}, message="Promote\n")

    assert scene.offered(mallory, together) != ()
    assert scene.offered(mallory, after) != ()
    assert (scene.offered(mallory, loosened) == ()) is allowed


@pytest.mark.slow
def test_a_key_that_comes_with_the_proposal_approves_nothing(scene: Scene) -> None:
    kim, mallory = scene.person("kim"), scene.person("mallory")
    done = kim.promote("iris@1.1.0", "production")
    signers = kim.hub().registry().files
    entry = signers.entry(layout.SIGNERS)
    assert entry is not None
    added = signers.read(entry) + mallory.key.with_suffix(".pub").read_bytes().replace(
        b"ssh-", b"m@e.com ssh-", 1
    )
    both = kim.commit({layout.SIGNERS: added}, on=done.commit)
    kim.push(both, f"refs/heads/{done.branch}", "--force")

    with pytest.raises(RefusedError):
        mallory.approve(done.branch)
    kim.push(done.commit or "", f"refs/heads/{done.branch}", "--force")
    with pytest.raises(RefusedError, match="is not in"):
        mallory.approve(done.branch)


def test_a_lie_about_who_asks_does_not_make_the_author_of_a_signed_request(tmp_path: Path) -> None:
    """Threat T38: author and requester are words; where requests are signed, only a key proves them."""

    def states(signers: bytes) -> list[tuple[str, Builder]]:
        found = standard(signers=signers)
        for _, builder in found:
            read = codec.decode(Policy, builder.files[POLICY], POLICY)
            assert isinstance(read, Policy)
            builder.write(POLICY, codec.encode(read.model_copy(update={"signed": True})))
        return found

    scene = Scene.build(tmp_path, states, hook=False)
    mallory = scene.person("kim")
    lying = mallory.environ | {"GIT_AUTHOR_NAME": "Alex", "GIT_AUTHOR_EMAIL": "alex@example.com"}
    hub = wiring.open_hub(mallory.folder, environ=lying)
    done = promote(
        hub, parse_reference("iris@1.1.0"), "production", reason="Trust me", now_ms=1_767_323_050_000
    )
    mallory.approve(done.branch)
    with pytest.raises(NotReadyError, match="signed request"):
        mallory.merge(done.branch)
    found = scene.offered(mallory, done.commit)
    assert [refusal.message.partition(":")[0] for refusal in found] == ["signed request"]

"""Promise 15: in a protected environment a pointer goes live only with the signatures that its policy asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Approvals, Policy
from mooring.errors import RefusedError
from mooring.stores.forge.statement import Statement
from mooring.usecases.approve import sign_request
from mooring.usecases.merge import MergeOutcome, NotReadyError
from mooring.usecases.proposals import proposals
from tests.support.builder import Builder
from tests.support.scene import NOW, Scene, standard

POLICY = Policy(
    name="production",
    promotes_from=("staging",),
    approvals=Approvals(required=1, principals=("kim@example.com",)),
    signed=True,
)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    def states(signers: bytes) -> list[tuple[str, Builder]]:
        found = standard(signers=signers)
        for _, builder in found:
            builder.write(layout.policy_path("production"), codec.encode(POLICY))
        return found

    return Scene.build(tmp_path, states, hook=False)


def test_the_request_and_the_approval_of_an_allowed_principal_both_count_only_signed(scene: Scene) -> None:
    alex, sam, kim = (scene.person(name) for name in ("alex", "sam", "kim"))
    done = alex.promote("iris@1.1.0", "production")
    with pytest.raises(RefusedError, match=r"kim@example\.com only"):
        sam.approve(done.branch)
    kim.approve(done.branch)
    with pytest.raises(NotReadyError, match="has not signed"):
        alex.merge(done.branch)
    assert scene.offered(alex, done.commit) != ()
    sign_request(alex.hub(), done.branch, key=alex.key, now=NOW)

    assert scene.offered(alex, done.commit) == ()
    assert alex.merge(done.branch).outcome is MergeOutcome.MERGED


def test_names_in_commits_and_tags_prove_nothing(scene: Scene) -> None:
    """Threat T38: every name that Git lets anybody write says kim, and no key does."""
    sam = scene.person("sam")
    done = sam.promote("iris@1.1.0", "production")
    spoofed = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", "Kim"), ("EMAIL", "kim@example.com"))
    }
    sam.git("fetch", "--quiet", "origin")
    sam.git("checkout", "--quiet", "--detach", done.commit or "")
    sam.git(
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
        "--reset-author",
        "--trailer",
        "Approved-By: kim@example.com",
        **spoofed,
    )
    commit = sam.git("rev-parse", "HEAD").stdout.strip()
    hub = sam.hub()
    hub.fetch()
    (proposal,) = proposals(hub)
    assert proposal.subject is not None
    said = Statement(proposal.subject, "kim@example.com")
    tag = hub.repository.make_tag(
        name="x", target=said.subject.target or "", message=said.text, sign_key=sam.key
    )
    assert sam.push(tag, said.ref).returncode == 0

    found = scene.offered(sam, commit)
    assert {refusal.message.partition(":")[0] for refusal in found} == {"approvals", "signed request"}
    assert "bad signature" in "\n".join(refusal.message for refusal in found)

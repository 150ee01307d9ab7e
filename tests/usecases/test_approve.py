"""Approving: signed with one's own key, for exactly one change, never one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mooring.domain import layout
from mooring.errors import NotFoundError, RefusedError, UsageError
from mooring.stores.forge import local
from mooring.stores.forge.statement import Role, Statement, Subject, parse, statement_ref
from mooring.stores.forge.votes import Ballot
from mooring.stores.git.repository import Repository
from mooring.stores.git.tags import read_tag
from mooring.usecases.approve import ApprovalOutcome, approve, sign_request
from mooring.usecases.merge import MergeOutcome, NotReadyError, merge
from mooring.usecases.proposals import proposals
from tests.support.scene import NOW, Person, Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, hook=False)


def proposed(scene: Scene) -> tuple[Person, Person, str]:
    alex, sam = scene.person("alex"), scene.person("sam")
    return alex, sam, alex.promote("iris@1.1.0", "production").branch


def ballot(person: Person) -> Ballot:
    hub = person.hub()
    (proposal,) = proposals(hub)
    assert proposal.subject is not None
    return local.ballot(hub, hub.tip(), proposal.subject)


def test_an_approval_is_a_signed_tag_on_the_pointer_blob_that_names_the_change(scene: Scene) -> None:
    _, sam, branch = proposed(scene)
    done = sam.approve(branch)
    hub = scene.hub()
    oid = scene.refs()[done.ref]
    tag = read_tag(hub.repository, oid)
    said = parse(tag.message)

    assert done.ref == f"{layout.APPROVALS}/{done.proposal.promotion}/sam@example.com"
    assert (tag.kind, tag.signature is not None) == ("blob", True)
    assert said == Statement(done.proposal.subject or Subject("", None, None, ""), "sam@example.com")
    assert tag.target == said.subject.blob
    assert [vote.principal for vote in ballot(sam).votes] == ["sam@example.com"]


def test_the_requester_cannot_approve(scene: Scene) -> None:
    alex, _, branch = proposed(scene)
    refs = scene.refs()
    with pytest.raises(RefusedError, match="cannot approve"):
        alex.approve(branch)

    assert scene.refs() == refs


def test_approving_twice_changes_nothing(scene: Scene) -> None:
    _, sam, branch = proposed(scene)
    sam.approve(branch)
    refs = scene.refs()

    assert sam.approve(branch).outcome is ApprovalOutcome.ALREADY
    assert scene.refs() == refs


def test_a_dry_run_signs_nothing(scene: Scene) -> None:
    _, sam, branch = proposed(scene)
    refs = scene.refs()
    done = approve(sam.hub(), branch, key=sam.key, now=NOW, dry_run=True)

    assert (done.outcome, scene.refs()) == (ApprovalOutcome.WOULD_APPROVE, refs)


@pytest.mark.slow
def test_the_key_of_git_is_used_when_none_is_named(scene: Scene) -> None:
    _, sam, branch = proposed(scene)
    sam.git("config", "user.signingKey", str(sam.key.with_suffix(".pub")))
    with pytest.raises(UsageError, match="no key"):
        approve(scene.person("kim").hub(), branch, now=NOW)

    # The public half is enough to find the private one beside it, as Git itself does.
    assert approve(sam.hub(), branch, now=NOW).principal == "sam@example.com"


@pytest.mark.slow
def test_a_key_that_the_registry_does_not_know_is_refused(scene: Scene) -> None:
    _, _, branch = proposed(scene)
    stranger = scene.person("mallory")

    with pytest.raises(RefusedError, match="is not in"):
        stranger.approve(branch)
    with pytest.raises(NotFoundError, match="no SSH key"):
        approve(stranger.hub(), branch, key=Path("nowhere"), now=NOW)
    with pytest.raises(UsageError, match="not of alex"):
        approve(
            scene.person("sam").hub(),
            branch,
            key=scene.person("sam").key,
            principal="alex@example.com",
            now=NOW,
        )


@pytest.mark.slow
def test_an_approval_does_not_count_for_the_same_pointer_in_another_proposal(scene: Scene) -> None:
    alex, sam, branch = proposed(scene)
    sam.approve(branch)
    alex.promote("iris@1.1.0", "production", reason="Another reason altogether")

    assert ballot(sam) == Ballot((), ())
    with pytest.raises(NotReadyError):
        alex.merge(branch)


@pytest.mark.slow
def test_a_statement_copied_under_another_name_or_promotion_counts_for_nothing(scene: Scene) -> None:
    alex, sam, branch = proposed(scene)
    done = sam.approve(branch)
    oid = scene.refs()[done.ref]
    sam.git("fetch", "--quiet", "origin", f"{done.ref}:{done.ref}")
    promotion = done.proposal.promotion or ""
    assert sam.push(oid, statement_ref(promotion, "kim@example.com")).returncode == 0
    other = alex.promote("iris@2.0.0", "production")
    assert sam.push(oid, statement_ref(other.plan.after.promotion, "sam@example.com")).returncode == 0  # type: ignore[union-attr]
    hub = sam.hub()
    hub.fetch()
    found = {one.branch: one.subject for one in proposals(hub)}
    ballots = [local.ballot(hub, hub.tip(), subject) for subject in found.values() if subject is not None]

    assert [len(one.votes) for one in ballots] == [1, 0]
    assert "speaks for sam" in ballots[0].doubts[0].reason
    assert "another state" in ballots[1].doubts[0].reason


@pytest.mark.slow
def test_an_unsigned_or_forged_statement_does_not_count(scene: Scene) -> None:
    _, sam, _ = proposed(scene)
    kim = scene.person("kim")
    hub = sam.hub()
    hub.fetch()
    (proposal,) = proposals(hub)
    assert proposal.subject is not None
    local.write_statement(hub, Statement(proposal.subject, "kim@example.com"), key=None, now=NOW)
    forged = Statement(proposal.subject, "alex@example.com", Role.REQUEST)
    tag = hub.repository.make_tag(
        name="x", target=proposal.subject.blob or "", message=forged.text, sign_key=kim.key
    )
    assert sam.push(tag, forged.ref).returncode == 0

    found = ballot(sam)
    assert found.votes == ()
    assert {doubt.principal: doubt.reason.split(":")[0] for doubt in found.doubts} == {
        "alex@example.com": "bad signature",
        "kim@example.com": "it is not signed",
    }
    vouched = local.ballot(hub, hub.tip(), proposal.subject, vouched=True)
    assert [vote.principal for vote in vouched.votes] == ["kim@example.com"]


@pytest.mark.slow
def test_where_the_server_vouches_an_unsigned_approval_is_enough(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path)
    scene.config("mooring.trustPrincipal", "true")
    alex, sam, branch = proposed(scene)
    known = replace(
        sam.hub(),
        repository=Repository.open(
            sam.folder, environ=sam.environ | {"MOORING_PRINCIPAL": "sam@example.com"}
        ),
    )
    done = approve(known, branch, principal="sam@example.com", now=NOW)

    assert (done.outcome, done.key) == (ApprovalOutcome.APPROVED, None)
    with pytest.raises(NotReadyError, match="not signed"):
        alex.merge(branch)
    alex.git("config", "mooring.trustPrincipal", "true")
    # The server has the last word, and it does not know who this is: unsigned approvals count for a known pusher only.
    with pytest.raises(RefusedError, match="refused"):
        alex.merge(branch)
    known = replace(
        alex.hub(),
        repository=Repository.open(
            alex.folder, environ=alex.environ | {"MOORING_PRINCIPAL": "alex@example.com"}
        ),
    )
    assert merge(known, branch, now=NOW).outcome is MergeOutcome.MERGED


def test_only_the_requester_signs_the_request(scene: Scene) -> None:
    alex, sam, branch = proposed(scene)
    with pytest.raises(RefusedError, match="nobody else"):
        sign_request(sam.hub(), branch, key=sam.key, now=NOW)
    done = sign_request(alex.hub(), branch, key=alex.key, now=NOW)

    assert done.role is Role.REQUEST
    assert [vote.role for vote in ballot(alex).votes] == [Role.REQUEST]
    with pytest.raises(NotReadyError):
        alex.merge(branch)


@pytest.mark.slow
def test_what_can_never_be_merged_is_not_approved(scene: Scene) -> None:
    alex, sam, branch = proposed(scene)
    other = scene.person("kim").promote("iris@2.0.0", "production").branch
    sam.approve(branch)
    alex.merge(branch)

    with pytest.raises(RefusedError, match="moved since"):
        sam.approve(other)


@pytest.mark.parametrize("principal", ["a/b", "a..b", "a b", ".", "x.lock", ""])
def test_a_principal_that_is_no_part_of_a_ref_is_refused(principal: str) -> None:
    with pytest.raises(UsageError):
        statement_ref("01JB2Q8ZK3T5V7W9X0Y1Z2A3B4", principal)


def test_a_statement_reads_back_as_itself_and_nothing_close_to_it_does() -> None:
    subject = Subject("environments/a/b.yaml", None, "a" * 40, "01JB2Q8ZK3T5V7W9X0Y1Z2A3B4")
    for said in (
        Statement(subject, "sam"),
        Statement(replace(subject, base="b" * 40, blob=None), "sam", Role.REQUEST),
    ):
        assert parse(said.text) == said
        for other in (said.text + "\n", said.text[1:], said.text.replace("path: ", "path:"), said.text * 2):
            assert parse(other) is None

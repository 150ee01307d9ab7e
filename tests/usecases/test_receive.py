"""What a bare server accepts, rule by rule; tests/hooks runs the same through Git's own pre-receive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.digests import digest_of
from mooring.domain.environment import RollbackMode
from mooring.domain.model import Direction, MetricSpec
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry
from mooring.errors import UsageError
from mooring.stores.cache import Cache
from mooring.stores.forge.statement import Role, Statement, statement_ref
from mooring.stores.git.identity import Moment
from mooring.stores.git.repository import BlobId
from mooring.usecases.approve import retract
from mooring.usecases.proposals import proposals
from mooring.usecases.pushed import RefLine, parse_ref_lines
from mooring.usecases.receive import Refusal, in_order, receive
from tests.support.builder import Builder
from tests.support.scene import NOW, Person, Scene, standard

POINTER = "environments/production/iris.yaml"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, hook=False)


def rules(refusals: Sequence[Refusal]) -> list[str]:
    return sorted({refusal.rule for refusal in refusals})


def production(person: Person, version: str, **changes: object) -> bytes:
    """A pointer as somebody writes it by hand."""
    registry = person.hub().registry()
    before = registry.pointer("production", "iris")
    made = Pointer(
        version=version,
        manifest=registry.manifest_digest("iris", version),
        promotion="01KDYAK43G8E12VPQPRQZQP629",
        replaces=before.version if before is not None else None,
        reason="By hand",
        requested_by="Alex <alex@example.com>",
    )
    return codec.encode(made.model_copy(update=changes))


@pytest.mark.slow
def test_a_change_that_touches_no_pointer_and_no_policy_is_accepted(scene: Scene) -> None:
    alex = scene.person("alex")

    assert scene.offered(alex, alex.commit({"README.md": b"hello\n"})) == ()
    assert scene.offered(alex, alex.commit({"registry/iris/cards/1.0.0.md": b"# Iris\n"})) == ()


def test_a_pointer_without_its_approval_is_refused(scene: Scene) -> None:
    alex = scene.person("alex")
    found = scene.offered(alex, alex.commit({POINTER: production(alex, "1.1.0")}))

    assert rules(found) == ["unreviewed-pointer"]
    text = in_order(found)
    assert text.startswith("Mooring refuses this push; nothing was changed.\n")
    for fact in (POINTER, "1 approval missing", "mooring promote", "mooring approve", "mooring merge"):
        assert fact in text


def test_an_environment_that_asks_for_nobody_still_takes_lawful_pointers_only(scene: Scene) -> None:
    alex = scene.person("alex")
    path = layout.pointer_path("staging", "iris")
    lawful = production(alex, "1.0.0", replaces="2.0.0")
    lying = production(alex, "1.0.0", replaces="2.0.0", manifest=digest_of(b"other"))

    assert scene.offered(alex, alex.commit({path: lawful})) == ()
    assert rules(scene.offered(alex, alex.commit({path: lying}))) == ["wrong-digest"]


def approved(scene: Scene) -> tuple[Person, str]:
    """A proposal of alex that sam approved, as the commit of its branch."""
    alex = scene.person("alex")
    done = alex.promote("iris@1.1.0", "production")
    scene.person("sam").approve(done.branch)
    assert done.commit is not None
    return alex, done.commit


def test_an_approval_counts_for_its_blob_whichever_commit_carries_it(scene: Scene) -> None:
    alex, commit = approved(scene)
    (blob,) = alex.hub().repository.blob_ids(commit, [POINTER])
    assert blob is not None
    with alex.hub().repository as repository:
        squashed = repository.commit_with(
            "refs/remotes/origin/main", {POINTER: BlobId(blob)}, message="Another message\n"
        )
        merged = repository.commit_with(
            "refs/remotes/origin/main",
            {POINTER: BlobId(blob)},
            message="Merge\n",
            parents=["refs/remotes/origin/main", commit],
        )

    for carrier in (commit, squashed, merged):
        assert scene.offered(alex, carrier) == ()


def test_an_approval_counts_for_no_other_pointer(scene: Scene) -> None:
    alex, commit = approved(scene)
    said = alex.hub().registry(commit).pointer("production", "iris")
    assert said is not None
    for other in (
        said.model_copy(update={"reason": "Another one"}),
        said.model_copy(
            update={"version": "2.0.0", "manifest": alex.hub().registry().manifest_digest("iris", "2.0.0")}
        ),
    ):
        found = scene.offered(alex, alex.commit({POINTER: codec.encode(other)}))
        assert rules(found) == ["unreviewed-pointer"]
        assert "another state" in in_order(found)


def test_an_approval_counts_only_on_the_pointer_it_was_given_for(scene: Scene) -> None:
    """Two promotions are approved; once one is live, the other's approval speaks of a base that is gone."""
    alex, _ = approved(scene)
    sam = scene.person("sam")
    other = scene.person("kim").promote("iris@2.0.0", "production")
    sam.approve(other.branch)
    alex.merge("iris@1.1.0", "production")
    (blob,) = alex.hub().repository.blob_ids(other.commit or "", [POINTER])
    assert blob is not None
    with alex.hub().repository as repository:
        forced = repository.commit_with(
            "refs/remotes/origin/main", {POINTER: BlobId(blob)}, message="Force it\n"
        )

    # Its `replaces` names what was live when it was proposed, so the rules refuse it before anybody counts approvals.
    assert rules(scene.offered(alex, forced)) == ["wrong-replaces"]


@pytest.mark.slow
def test_the_approval_of_a_key_that_main_does_not_know_any_more_does_not_count(scene: Scene) -> None:
    alex, commit = approved(scene)
    signers = scene.hub().registry().files.read(_entry(scene, layout.SIGNERS))
    left = b"".join(line for line in signers.splitlines(keepends=True) if not line.startswith(b"sam@"))
    scene.config("mooring.policyChanges", "allow")
    gone = alex.commit({layout.SIGNERS: left})
    assert scene.offered(alex, gone) == ()
    alex.push(gone)
    alex.git("fetch", "--quiet", "origin")
    (blob,) = alex.hub().repository.blob_ids(commit, [POINTER])
    with alex.hub().repository as repository:
        carrier = repository.commit_with(gone, {POINTER: BlobId(blob or "")}, message="Merge\n")

    found = scene.offered(alex, carrier)
    assert rules(found) == ["unreviewed-pointer"]
    assert "not among the allowed signers" in in_order(found)


def _entry(scene: Scene, path: str) -> Entry:
    entry = scene.hub().registry().files.entry(path)
    assert entry is not None
    return entry


def test_main_is_neither_deleted_nor_rewound_nor_passed_by(scene: Scene) -> None:
    alex = scene.person("alex")
    tip = scene.refs()["refs/heads/main"]
    side = alex.commit({"README.md": b"mine\n"}, on=f"{tip}~1")
    with alex.hub().repository as repository:
        foxtrot = repository.commit_with(side, {}, message="Merge main\n", parents=[side, tip])

    assert rules(scene.offered(alex, None)) == ["deleted-main"]
    assert rules(scene.offered(alex, _id(alex, f"{tip}~1"))) == ["rewritten-first-parent"]
    assert rules(scene.offered(alex, side)) == ["rewritten-first-parent"]
    # A descendant of main's tip, but main would become its second parent.
    assert rules(scene.offered(alex, foxtrot)) == ["rewritten-first-parent"]


def _id(person: Person, name: str) -> str:
    found = person.hub().repository.commit_id(name)
    assert found is not None
    return found


def test_every_commit_of_a_range_is_judged_not_only_its_ends(scene: Scene) -> None:
    alex = scene.person("alex")
    bad = alex.commit({POINTER: production(alex, "1.1.0")})
    (old,) = scene.hub().repository.blob_ids("refs/heads/main", [POINTER])
    with alex.hub().repository as repository:
        hidden = repository.commit_with(bad, {POINTER: BlobId(old or "")}, message="As it was\n")

    assert not alex.hub().repository.changed_paths("refs/remotes/origin/main", hidden)
    found = scene.offered(alex, hidden)
    assert rules(found) == ["unreviewed-pointer"]
    assert bad[:12] in found[0].place


@pytest.mark.parametrize(
    "path",
    [
        "environments/production.yaml",
        "environments/other.yaml",
        "mooring.yaml",
        ".mooring/allowed_signers",
        ".dvc/config",
        ".gitattributes",
        "registry/waivers.yaml",
    ],
)
def test_what_decides_how_changes_are_judged_changes_only_when_the_operator_allows_it(
    scene: Scene, path: str
) -> None:
    alex = scene.person("alex")
    content = {
        "environments/production.yaml": Builder().environment("production", promotes_from=["staging"]).files,
        "environments/other.yaml": Builder().environment("other").files,
        "mooring.yaml": {"mooring.yaml": b"apiVersion: mooring/v1\nkind: Registry\nname: other\n"},
        "registry/waivers.yaml": {path: b"apiVersion: mooring/v1\nkind: Waivers\nwaivers: []\n"},
        ".gitattributes": {path: b"*.yaml text eol=lf\n"},
        ".dvc/config": {
            path: b"[core]\n    remote = storage\n['remote \"storage\"']\n    url = /srv/storage\n"
        },
    }.get(path, {path: b"# nobody\n"})
    commit = alex.commit({path: content[path]})
    found = scene.offered(alex, commit)

    assert rules(found) == ["unguarded-policy-change"]
    assert "git config mooring.policyChanges allow" in in_order(found)
    scene.config("mooring.policyChanges", "allow")
    assert scene.offered(alex, commit) == ()


def test_which_way_a_metric_is_better_changes_only_when_the_operator_allows_it(scene: Scene) -> None:
    alex = scene.person("alex")
    path = layout.model_path("iris")
    model = alex.hub().registry().model("iris")
    turned = model.model_copy(update={"metrics": {"accuracy": MetricSpec(direction=Direction.LOWER)}})
    described = model.model_copy(update={"description": "Irises"})

    assert rules(scene.offered(alex, alex.commit({path: codec.encode(turned)}))) == [
        "unguarded-policy-change"
    ]
    assert scene.offered(alex, alex.commit({path: codec.encode(described)})) == ()


def test_a_registry_that_asks_for_no_approvals_changes_its_policies_freely(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, lambda signers: standard(approvals=0, signers=signers), hook=False)
    alex = scene.person("alex")

    assert scene.offered(alex, alex.commit(dict(Builder().environment("other").files))) == ()


@pytest.mark.slow
def test_a_registration_needs_no_approval_and_changes_its_model_only(scene: Scene) -> None:
    alex = scene.person("alex")
    made = Builder().model("iris").version("1.2.0", metrics={"accuracy": 0.9}).files
    files = {path: data for path, data in made.items() if "/versions/" in path}

    assert scene.offered(alex, alex.commit(dict(files))) == ()
    assert rules(scene.offered(alex, alex.commit({**files, "README.md": b"x\n"}))) == ["bundled-registration"]
    both = {**files, POINTER: production(alex, "1.1.0")}
    assert {"bundled-registration", "bundled-pointer-change"} <= set(
        rules(scene.offered(alex, alex.commit(both)))
    )


def live(scene: Scene, *references: str) -> Person:
    alex, sam = scene.person("alex"), scene.person("sam")
    for reference in references:
        branch = alex.promote(reference, "production").branch
        sam.approve(branch)
        alex.merge(branch)
    return alex


def restored(person: Person, back: int) -> str:
    """A commit that puts back the pointer as it was `back` changes ago."""
    events = person.hub().history().of("production", "iris").events
    blob = events[-1 - back].blob
    return _committed(person, blob)


def _committed(person: Person, blob: str | None) -> str:
    with person.hub().repository as repository:
        return repository.commit_with(
            "refs/remotes/origin/main",
            {POINTER: BlobId(blob) if blob is not None else None},
            message="Roll back\n",
        )


def test_the_state_directly_before_returns_without_approvals_and_older_ones_do_not(scene: Scene) -> None:
    alex = live(scene, "iris@1.1.0", "iris@2.0.0")

    assert scene.offered(alex, restored(alex, 1)) == ()
    assert rules(scene.offered(alex, restored(alex, 2))) == ["unreviewed-pointer"]


@pytest.mark.slow
def test_a_second_step_back_after_a_rollback_is_an_older_state(scene: Scene) -> None:
    alex = live(scene, "iris@1.1.0", "iris@2.0.0")
    alex.roll_back("iris", "production")
    events = alex.hub().history().of("production", "iris").events

    assert rules(scene.offered(alex, _committed(alex, events[0].blob))) == ["unreviewed-pointer"]


@pytest.mark.slow
def test_what_a_rollback_left_does_not_come_back_by_a_push(scene: Scene) -> None:
    alex = live(scene, "iris@1.1.0")
    alex.roll_back("iris", "production")

    assert "reverted-rollback" in rules(scene.offered(alex, restored(alex, 1)))


@pytest.mark.slow
def test_where_rollbacks_are_reviewed_the_state_before_needs_its_approvals(tmp_path: Path) -> None:
    def states(signers: bytes) -> list[tuple[str, Builder]]:
        found = standard(signers=signers)
        for _, builder in found:
            builder.environment(
                "production", promotes_from=["staging"], approvals=1, rollback=RollbackMode.PROPOSE
            )
        return found

    scene = Scene.build(tmp_path, states, hook=False)
    alex = live(scene, "iris@1.1.0")
    assert rules(scene.offered(alex, restored(alex, 1))) == ["unreviewed-pointer"]
    asked = alex.roll_back("iris", "production")
    scene.person("sam").approve(asked.branch or "")
    (proposal,) = proposals(alex.hub())

    assert scene.offered(alex, proposal.commit) == ()


def test_the_first_push_to_an_empty_repository_holds_no_pointers(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, lambda _: [], hook=False)
    alex = scene.person("alex")
    files = Builder().settings().environment("staging").model("iris").version("1.0.0")
    with alex.hub().repository as repository:
        clean = repository.commit_with(None, dict(files.files), message="Start\n")
        pointed = repository.commit_with(
            clean, dict(files.promote("1.0.0", to="staging").files), message="Promote\n"
        )
        path = layout.pointer_path("staging", "iris")
        hidden = repository.commit_with(pointed, {path: None}, message="Hide it\n")
        broken = repository.commit_with(None, {"registry/iris/odd.txt": b"?"}, message="Start\n")

    assert scene.offered(alex, clean) == ()
    for commit in (pointed, hidden):
        assert rules(scene.offered(alex, commit)) == ["unreviewed-pointer"]
    assert rules(scene.offered(alex, broken)) != []


def test_a_branch_that_differs_from_main_by_capitals_is_refused(scene: Scene) -> None:
    alex = scene.person("alex")

    assert rules(scene.offered(alex, alex.commit({"a": b"a"}), "refs/heads/MAIN")) == ["confusable-branch"]


class TestApprovals:
    """Everybody writes their own statements, and only those."""

    def tag(
        self, scene: Scene, signer: str, principal: str, role: Role = Role.APPROVE, *, time: int = NOW
    ) -> str:
        person = scene.person(signer)
        hub = person.hub()
        hub.fetch()
        (proposal,) = proposals(hub)
        assert proposal.subject is not None
        said = Statement(proposal.subject, principal, role)
        return hub.repository.make_tag(
            name="x",
            target=said.subject.target or "",
            message=said.text,
            sign_key=person.key,
            time=Moment(time),
        )

    def offer(
        self, scene: Scene, oid: str | None, ref: str, *, old: str | None = None, principal: str | None = None
    ) -> list[str]:
        hub = replace(scene.hub(), cache=Cache(None))
        return rules(receive(hub, [RefLine(old, oid, ref)], principal=principal, now=NOW))

    def proposed(self, scene: Scene) -> str:
        done = scene.person("alex").promote("iris@1.1.0", "production")
        assert done.plan.after is not None
        return done.plan.after.promotion

    def sent(self, scene: Scene, person: str, oid: str) -> str:
        assert scene.person(person).push(oid, "refs/tags/offered", "--force").returncode == 0
        return oid

    def test_one_signed_by_its_own_principal_is_accepted(self, scene: Scene) -> None:
        promotion = self.proposed(scene)
        oid = self.sent(scene, "sam", self.tag(scene, "sam", "sam@example.com"))

        assert self.offer(scene, oid, statement_ref(promotion, "sam@example.com")) == []

    def test_one_signed_by_somebody_else_or_lying_elsewhere_is_refused(self, scene: Scene) -> None:
        promotion = self.proposed(scene)
        forged = self.sent(scene, "kim", self.tag(scene, "kim", "sam@example.com"))
        own = self.tag(scene, "sam", "sam@example.com")
        self.sent(scene, "sam", own)
        other = promotion[:-1] + ("0" if promotion[-1] != "0" else "1")

        assert self.offer(scene, forged, statement_ref(promotion, "sam@example.com")) == ["unproven-approval"]
        assert self.offer(scene, own, statement_ref(promotion, "kim@example.com")) == ["unproven-approval"]
        assert self.offer(scene, own, statement_ref(other, "sam@example.com")) == ["unproven-approval"]
        assert self.offer(scene, own, f"{layout.APPROVALS}/{promotion}") == ["unproven-approval"]
        assert self.offer(scene, own, "refs/mooring/something") == ["unproven-approval"]

    def test_what_is_no_statement_is_refused(self, scene: Scene) -> None:
        promotion = self.proposed(scene)
        ref = statement_ref(promotion, "sam@example.com")
        commit = scene.refs()["refs/heads/main"]

        assert self.offer(scene, commit, ref) == ["unproven-approval"]

    @pytest.mark.slow
    def test_nobody_deletes_an_approval_unless_the_server_knows_who_pushes(self, scene: Scene) -> None:
        self.proposed(scene)
        done = scene.person("sam").approve("iris", "production")
        oid = scene.refs()[done.ref]

        assert self.offer(scene, None, done.ref, old=oid) == ["foreign-approval"]
        assert self.offer(scene, None, done.ref, old=oid, principal="sam@example.com") == ["foreign-approval"]
        scene.config("mooring.trustPrincipal", "true")
        assert self.offer(scene, None, done.ref, old=oid, principal="sam@example.com") == []
        assert self.offer(scene, None, done.ref, old=oid, principal="kim@example.com") == ["foreign-approval"]

    @pytest.mark.slow
    def test_what_was_taken_back_is_not_brought_back_by_replaying_it(self, scene: Scene) -> None:
        alex, sam = scene.person("alex"), scene.person("sam")
        self.proposed(scene)
        done = sam.approve("iris", "production")
        approval = scene.refs()[done.ref]
        retract(sam.hub(), "iris", key=sam.key, now=NOW)
        taken_back = scene.refs()[done.ref]

        assert taken_back != approval
        assert self.offer(scene, approval, done.ref, old=taken_back) == ["foreign-approval"]
        assert self.offer(scene, taken_back, done.ref, old=approval) == []
        (proposal,) = proposals(alex.hub())
        assert rules(scene.offered(alex, proposal.commit)) == ["unreviewed-pointer"]

    @pytest.mark.slow
    def test_an_unsigned_one_counts_only_where_the_server_vouches(self, scene: Scene) -> None:
        promotion = self.proposed(scene)
        hub = scene.person("sam").hub()
        hub.fetch()
        (proposal,) = proposals(hub)
        assert proposal.subject is not None
        said = Statement(proposal.subject, "sam@example.com")
        oid = hub.repository.make_tag(name="x", target=said.subject.target or "", message=said.text)
        self.sent(scene, "sam", oid)
        ref = statement_ref(promotion, "sam@example.com")

        assert self.offer(scene, oid, ref, principal="sam@example.com") == ["unproven-approval"]
        scene.config("mooring.trustPrincipal", "true")
        assert self.offer(scene, oid, ref, principal="kim@example.com") == ["unproven-approval"]
        assert self.offer(scene, oid, ref, principal="sam@example.com") == []


def test_lines_of_pre_receive_are_read_strictly() -> None:
    zero, one = "0" * 40, "1" * 40

    assert parse_ref_lines(f"{zero} {one} refs/heads/a\n{one} {zero} refs/heads/b c\n") == (
        RefLine(None, one, "refs/heads/a"),
        RefLine(one, None, "refs/heads/b c"),
    )
    for bad in ("x", f"{zero} {one}", f"{zero} main refs/heads/a"):
        with pytest.raises(UsageError):
            parse_ref_lines(bad)

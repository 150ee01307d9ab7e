"""Versions are signed by a key that main knows, once; a signature counts for one manifest and no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mooring.cli.main import run
from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Registration, Settings
from mooring.domain.signature import NAMESPACE, OneSignature, VersionSignature, statement_of
from mooring.errors import IntegrityError, NotFoundError, PendingError, RefusedError, UsageError
from mooring.stores.forge.votes import allowed_signers
from mooring.stores.git import sshsig
from mooring.stores.signing import signing_key
from mooring.stores.version_signatures import make_signature
from mooring.usecases.merge import MergeOutcome
from mooring.usecases.sign import SignOutcome, Verified, sign, verify
from tests.support.builder import Builder
from tests.support.scene import Person, Scene, standard

PATH = layout.signature_path("iris", "1.1.0")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A registry where signatures are proposed. On its main 1.1.0 stays unsigned: tests verify commits of their own."""
    return Scene.build(tmp_path_factory.mktemp("proposing"), hook=False)


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A registry where a signature lands at once."""

    def states(signers: bytes) -> Sequence[tuple[str, Builder]]:
        found = standard(signers=signers)
        for _, builder in found:
            builder.settings(Settings(registration=Registration.DIRECT))
        return found

    return Scene.build(tmp_path_factory.mktemp("direct"), states, hook=False)


def signers_of(person: Person) -> bytes:
    return allowed_signers(person.hub().registry())


def checked(person: Person, commit: str, *by: str) -> Verified:
    return verify(person.hub(), commit, "iris@1.1.0", by=by)


def written(person: Person, principal: str = "alex@example.com", **changed: str) -> bytes:
    """A `signature.json` of iris 1.1.0 by a person's key, with some of what it says changed."""
    hub = person.hub()
    release = hub.registry().release("iris", "1.1.0")
    said = {
        "model": "iris",
        "version": "1.1.0",
        "manifest": release.digest,
        "artifact": release.manifest.artifact.digest,
    } | changed
    text = sshsig.sign(
        hub.repository,
        statement_of(said["model"], said["version"], manifest=said["manifest"], artifact=said["artifact"]),
        person.key,
        namespace=NAMESPACE,
    )
    one = OneSignature(principal=principal, namespace=NAMESPACE, signature=text)
    return codec.encode(VersionSignature(**said, signatures=(one,)))


def test_a_signature_is_proposed_merged_and_verified(scene: Scene) -> None:
    alex, sam = scene.person("alex"), scene.person("sam")
    done = sign(alex.hub(), "iris@2.0.0", key=alex.key)

    assert (done.outcome, done.principal) == (SignOutcome.PROPOSED, "alex@example.com")
    assert sign(alex.hub(), "iris@2.0.0", key=alex.key).outcome is SignOutcome.ALREADY
    with pytest.raises(RefusedError, match="needs no approval"):
        sam.approve("sign/iris/2.0.0")
    assert sam.merge("sign/iris/2.0.0").outcome is MergeOutcome.MERGED
    assert sam.merge("sign/iris/2.0.0").outcome is MergeOutcome.ALREADY
    hub = sam.hub()
    found = verify(hub, hub.tip(), "iris@v2.0.0", by=["ALEX@example.com"])
    assert [one.principal for one in found.facts.signers] == ["alex@example.com"]


@pytest.mark.slow
def test_a_registry_that_takes_registrations_at_once_takes_signatures_at_once(direct: Scene) -> None:
    alex, sam = direct.person("alex"), direct.person("sam")
    before = direct.log()
    assert sign(alex.hub(), "iris@1.1.0", key=alex.key, dry_run=True).outcome is SignOutcome.WOULD_SIGN
    assert direct.log() == before
    assert sign(alex.hub(), "iris@1.1.0", key=alex.key).outcome is SignOutcome.SIGNED
    assert sign(alex.hub(), "iris@1.1.0", key=alex.key).outcome is SignOutcome.ALREADY
    with pytest.raises(RefusedError, match=r"has a signature already: alex@example\.com"):
        sign(sam.hub(), "iris@1.1.0", key=sam.key)
    assert direct.log() == ["Sign iris 1.1.0", *before]


def test_who_cannot_sign_is_told_before_anything_is_written(scene: Scene) -> None:
    alex, stranger = scene.person("alex"), scene.person("zoe")
    before = scene.refs()
    with pytest.raises(RefusedError, match=r"is not in \.mooring/allowed_signers"):
        sign(alex.hub(), "iris@1.1.0", key=stranger.key)
    with pytest.raises(UsageError, match="no key to sign with"):
        sign(alex.hub(), "iris@1.1.0")
    with pytest.raises(UsageError, match=r"not of sam@example\.com"):
        sign(alex.hub(), "iris@1.1.0", key=alex.key, principal="sam@example.com")
    with pytest.raises(NotFoundError):
        sign(alex.hub(), "iris@9.9.9", key=alex.key)
    assert scene.refs() == before


def test_a_key_that_may_only_sign_commits_signs_no_version(scene: Scene) -> None:
    alex = scene.person("alex")
    hub, limited = alex.hub(), signers_of(alex).replace(f",{NAMESPACE}".encode(), b"")
    with signing_key(hub.repository, alex.key) as key:
        assert key is not None
        with pytest.raises(RefusedError, match="not permitted for use in signature namespace") as refused:
            make_signature(
                hub.repository,
                hub.registry().release("iris", "1.1.0"),
                key,
                "alex@example.com",
                signers=limited,
            )
    assert "mooring-model-version" in (refused.value.hint or "")


def test_a_key_that_expires_later_signed_well_and_one_that_had_expired_did_not(scene: Scene) -> None:
    """Commits of tests are of 2026-01-02; the signature is as old as the commit that brought it to main."""
    alex = scene.person("alex")

    def until(day: str) -> str:
        options = f'valid-before="{day}",namespaces='.encode()
        signers = signers_of(alex).replace(b"namespaces=", options)
        return alex.commit({PATH: written(alex), layout.SIGNERS: signers})

    assert checked(alex, until("20260201")).facts.problems == ()
    with pytest.raises(IntegrityError, match="key has expired"):
        checked(alex, until("20251231"))


def test_a_version_that_is_not_signed_is_not_found_to_be(scene: Scene) -> None:
    alex = scene.person("alex")
    with pytest.raises(NotFoundError, match="is not signed") as found:
        checked(alex, alex.hub().tip())
    assert found.value.hint == "Sign it: mooring sign iris@1.1.0"


def test_a_signature_of_somebody_else_is_not_the_one_that_is_wanted(scene: Scene) -> None:
    alex = scene.person("alex")
    commit = alex.commit({PATH: written(alex)})
    assert checked(alex, commit).facts.problems == ()
    with pytest.raises(IntegrityError, match=r"signed by alex@example\.com, and not by kim@example\.com"):
        checked(alex, commit, "kim@example.com")


@pytest.mark.parametrize("how", ["name", "manifest", "stranger", "borrowed", "altered", "no-json"])
def test_a_signature_that_says_anything_else_is_wrong(scene: Scene, how: str) -> None:
    alex, zoe = scene.person("alex"), scene.person("zoe")
    data = {
        "name": lambda: written(alex, principal="sam@example.com"),
        "manifest": lambda: written(alex, manifest="sha256:" + "0" * 64),
        "stranger": lambda: written(zoe),
        "borrowed": lambda: written(alex, version="1.0.0"),
        "altered": lambda: written(alex, manifest="sha256:" + "0" * 64).replace(
            b"sha256:" + b"0" * 64, alex.hub().registry().release("iris", "1.1.0").digest.encode()
        ),
        "no-json": lambda: b"signed: yes\n",
    }[how]()
    with pytest.raises(IntegrityError, match="is not to be trusted"):
        checked(alex, alex.commit({PATH: data}))


def test_a_version_that_is_only_proposed_is_signed_with_its_registration(
    scene: Scene, tmp_path: Path
) -> None:
    alex = scene.person("alex")
    with alex.hub().repository as repository:
        commit = repository.commit_with("refs/remotes/origin/main", {"README": b""}, message="x\n")
    assert alex.push(commit, "refs/heads/register/iris/3.0.0").returncode == 0
    with pytest.raises(PendingError, match=r"register/iris/3\.0\.0 only"):
        sign(alex.hub(), "iris@3.0.0", key=alex.key)


@pytest.mark.slow
def test_the_commands_say_who_signed_and_end_as_scripts_expect(
    direct: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alex = direct.person("alex")
    for name, value in alex.environ.items():
        monkeypatch.setenv(name, value)
    where = ["--registry", str(alex.folder)]
    assert run(["verify", "iris@2.0.0", *where]) == 3
    assert run(["sign", "iris@2.0.0", "--key", str(alex.key), *where]) == 0
    assert run(["sign", "iris@2.0.0", "--key", str(alex.key), *where]) == 0
    capsys.readouterr()
    assert run(["verify", "iris@2.0.0", "--json", *where]) == 0
    said = json.loads(capsys.readouterr().out)

    assert said["signers"][0]["principal"] == "alex@example.com"
    assert said["manifest"] == alex.hub().registry().release("iris", "2.0.0").digest
    assert run(["verify", "iris@2.0.0", "--by", "kim@example.com", *where]) == 5

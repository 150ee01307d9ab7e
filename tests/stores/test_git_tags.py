"""A signed tag on any object says who signed it, and nobody else can say it for them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.errors import IntegrityError, NotFoundError, UsageError
from mooring.stores.git.identity import Identity, Moment
from mooring.stores.git.repository import Repository
from mooring.stores.git.tags import read_tag
from tests.support.gitrepo import blob_id, commit, git, make_repository

ADA = Identity("Ada", "ada@example.com")
MOMENT = Moment(1_767_322_800)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    work = make_repository(tmp_path / "work")
    commit(work, {"pointer": b"version: 1\n"})
    with Repository.open(work, environ=os.environ) as opened:
        yield opened


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "eve"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
    return {name: folder / name for name in ("ada", "eve")}


def signers(keys: dict[str, Path], *names: str, options: str = 'namespaces="git"') -> bytes:
    lines = [f"{name}@example.com {options} {keys[name].with_suffix('.pub').read_text()}" for name in names]
    return "".join(lines).encode()


def make(repository: Repository, key: Path | None, **changed: str) -> str:
    given = {
        "name": "approvals/x",
        "target": blob_id(b"version: 1\n"),
        "message": "Path: p\nBase: b\n",
    } | changed
    return repository.make_tag(**given, tagger=ADA, time=MOMENT, sign_key=key)


def test_a_signed_tag_on_a_blob_is_verified(repository: Repository, keys: dict[str, Path]) -> None:
    oid = make(repository, keys["ada"])

    judged = repository.verify_tag(oid, allowed_signers=signers(keys, "eve", "ada"))

    assert (judged.ok, judged.principal, judged.kind) == (True, "ada@example.com", "blob")
    assert (judged.name, judged.target) == ("approvals/x", blob_id(b"version: 1\n"))
    assert judged.message == "Path: p\nBase: b\n"
    assert judged.key is not None
    assert judged.key.startswith("SHA256:")
    assert repository.refs("refs/tags") == {}


def test_git_itself_agrees_with_the_verdict(
    repository: Repository, keys: dict[str, Path], tmp_path: Path
) -> None:
    oid = make(repository, keys["ada"])
    (tmp_path / "signers").write_bytes(signers(keys, "ada"))

    git(repository.path, "-c", f"gpg.ssh.allowedSignersFile={tmp_path}/signers", "verify-tag", oid)
    git(repository.path, "fsck", "--strict")


def test_a_tag_that_git_signed_is_verified(repository: Repository, keys: dict[str, Path]) -> None:
    key = f"user.signingKey={keys['ada']}"
    git(repository.path, "-c", "gpg.format=ssh", "-c", key, "tag", "-s", "-m", "hello\n\nworld", "v1", "main")
    oid = git(repository.path, "rev-parse", "v1")

    judged = repository.verify_tag(oid, allowed_signers=signers(keys, "ada"), principal="ada@example.com")

    assert (judged.ok, judged.kind, judged.message) == (True, "commit", "hello\n\nworld\n")


def test_a_signer_who_is_not_allowed_counts_for_nothing(
    repository: Repository, keys: dict[str, Path]
) -> None:
    oid = make(repository, keys["eve"])

    judged = repository.verify_tag(oid, allowed_signers=signers(keys, "ada"))

    assert (judged.ok, judged.principal) == (False, None)
    assert "not among the allowed signers" in judged.reason


def test_nobody_signs_in_the_name_of_another(repository: Repository, keys: dict[str, Path]) -> None:
    oid = make(repository, keys["eve"])

    judged = repository.verify_tag(
        oid, allowed_signers=signers(keys, "ada", "eve"), principal="ada@example.com"
    )

    assert not judged.ok


def test_an_unsigned_tag_is_not_verified(repository: Repository, keys: dict[str, Path]) -> None:
    judged = repository.verify_tag(make(repository, None), allowed_signers=signers(keys, "ada"))

    assert (judged.ok, judged.reason) == (False, "the tag is not signed with an SSH key")


def test_a_signature_moved_to_another_tag_is_not_verified(
    repository: Repository, keys: dict[str, Path]
) -> None:
    signed = repository.read(make(repository, keys["ada"]))
    forged = signed.replace(b"Path: p", b"Path: q")
    oid = git(repository.path, "mktag", stdin=forged)

    assert not repository.verify_tag(oid, allowed_signers=signers(keys, "ada")).ok


def test_a_signature_for_another_purpose_is_not_verified(
    repository: Repository, keys: dict[str, Path], tmp_path: Path
) -> None:
    unsigned = repository.read(make(repository, None))
    (tmp_path / "text").write_bytes(unsigned)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(keys["ada"]), str(tmp_path / "text")],
        check=True,
        capture_output=True,
    )
    oid = git(repository.path, "mktag", stdin=unsigned + (tmp_path / "text.sig").read_bytes())

    assert not repository.verify_tag(oid, allowed_signers=signers(keys, "ada", options="")).ok


def test_a_key_outside_its_validity_is_not_accepted(repository: Repository, keys: dict[str, Path]) -> None:
    oid = make(repository, keys["ada"])
    until_2026 = signers(keys, "ada", options='namespaces="git",valid-before="20260101"')

    assert not repository.verify_tag(oid, allowed_signers=until_2026, at=MOMENT).ok
    assert repository.verify_tag(oid, allowed_signers=until_2026, at=Moment(1_700_000_000)).ok


def test_a_second_object_line_makes_no_tag(repository: Repository) -> None:
    target = blob_id(b"version: 1\n")
    forged = f"object {target}\ntype blob\ntag x\ntagger A <a@x> 0 +0000\nobject {'0' * 40}\n\nm\n".encode()
    oid = git(repository.path, "hash-object", "-t", "tag", "-w", "--literally", "--stdin", stdin=forged)

    with pytest.raises(IntegrityError, match="not an annotated tag"):
        read_tag(repository, oid)


def test_only_tags_are_read_as_tags(repository: Repository) -> None:
    with pytest.raises(IntegrityError, match="is a blob, not an annotated tag"):
        read_tag(repository, blob_id(b"version: 1\n"))


def test_what_cannot_be_signed_is_said(repository: Repository, keys: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no SSH key"):
        make(repository, tmp_path / "nothing")
    with pytest.raises(NotFoundError, match="there is no object"):
        make(repository, keys["ada"], target="0" * 40)
    with pytest.raises(UsageError, match="not a name for a tag"):
        make(repository, keys["ada"], name="x\ny")
    with pytest.raises(UsageError, match="message"):
        make(repository, keys["ada"], message="-----BEGIN SSH SIGNATURE-----")
    with pytest.raises(UsageError, match="not a name and e-mail"):
        repository.make_tag(
            name="x", target=blob_id(b"version: 1\n"), message="m", tagger=Identity("A\n", "a")
        )

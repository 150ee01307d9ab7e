"""Who signed a commit: only a key of the list says so, whatever names, replaced objects and dates there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.errors import IntegrityError
from mooring.stores.git.commits import verify_commit
from mooring.stores.git.identity import Moment
from mooring.stores.git.repository import Repository
from tests.support.scene import NOW, PEOPLE, Person, Scene

SIGN = ("-c", "gpg.format=ssh", "-c", "commit.gpgsign=true")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene.build(tmp_path_factory.mktemp("commits"), hook=False)


def signers(scene: Scene, options: str = 'namespaces="git"') -> bytes:
    keys = {name: (scene.root / "keys" / f"{name}.pub").read_text().split() for name in PEOPLE}
    return "".join(f"{name}@example.com {options} {key[0]} {key[1]}\n" for name, key in keys.items()).encode()


def committed(person: Person, *, key: Path | None = None, **environ: str) -> str:
    """A commit on main as their clone knows it, signed with a key (None: unsigned)."""
    options = (*SIGN, "-c", f"user.signingKey={key}") if key is not None else ()
    base = person.git("rev-parse", "origin/main").stdout.strip()
    flags = ("-S",) if key is not None else ()
    made = person.git(*options, "commit-tree", *flags, "-p", base, "-m", "x", f"{base}^{{tree}}", **environ)
    return made.stdout.strip()


def judged(person: Person, commit: str, allowed: bytes, at: int | None = None) -> tuple[str | None, str]:
    with Repository.open(person.folder, environ=person.environ) as repository:
        found = verify_commit(repository, commit, allowed_signers=allowed, at=Moment(at) if at else None)
    return found.principal if found.ok else None, found.reason


def rewritten(person: Person, commit: str, old: str, new: str) -> str:
    """The same commit with other words in it, signature and all."""
    raw = person.git("cat-file", "commit", commit).stdout.replace(old, new)
    place = person.folder / "raw"
    place.write_text(raw)
    return person.git("hash-object", "-t", "commit", "-w", "--literally", str(place)).stdout.strip()


def test_a_signed_commit_names_its_signer_and_an_unsigned_one_nobody(scene: Scene) -> None:
    alex, sam = scene.person("alex"), scene.person("sam")
    assert judged(alex, committed(alex, key=alex.key), signers(scene))[0] == "alex@example.com"
    assert judged(sam, committed(sam), signers(scene)) == (None, "the commit is not signed")


def test_names_in_the_commit_prove_nothing(scene: Scene) -> None:
    """Threat T38: sam's key signs, and every name in the commit says kim."""
    sam = scene.person("sam")
    kim = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "Kim"), ("EMAIL", "kim@example.com"))
    }
    assert judged(sam, committed(sam, key=sam.key, **kim), signers(scene))[0] == "sam@example.com"
    assert judged(sam, committed(sam, **kim), signers(scene))[0] is None


def test_a_key_that_is_not_on_the_list_is_nobodys(scene: Scene) -> None:
    zoe = scene.person("zoe")
    who, why = judged(zoe, committed(zoe, key=zoe.key), signers(scene))
    assert (who, why.partition(":")[0]) == (None, "the key that signed it is not among the allowed signers")


def test_a_replaced_object_is_not_looked_at(scene: Scene) -> None:
    """Threat T29: `git replace` shows alex's signed commit where an unsigned one is."""
    alex, sam = scene.person("alex"), scene.person("sam", clone="replacing")
    honest = committed(sam, key=alex.key)
    plain = committed(sam)
    sam.git("replace", plain, honest)

    assert "gpgsig" in sam.git("cat-file", "commit", plain).stdout
    assert judged(sam, plain, signers(scene)) == (None, "the commit is not signed")


def test_a_signature_covers_every_other_line_of_the_commit(scene: Scene) -> None:
    alex = scene.person("alex")
    commit = committed(alex, key=alex.key)
    moved = rewritten(alex, commit, "\nx\n", "\ny\n")
    twice = rewritten(alex, commit, "\ngpgsig ", "\ngpgsig -----BEGIN SSH SIGNATURE-----\n x\ngpgsig ")
    other = rewritten(alex, commit, "BEGIN SSH SIGNATURE", "BEGIN PGP SIGNATURE")

    assert judged(alex, moved, signers(scene))[1].startswith("bad signature")
    assert judged(alex, twice, signers(scene)) == (None, "the commit bears two signatures")
    assert judged(alex, other, signers(scene)) == (
        None,
        "the commit is signed with another kind of key than SSH",
    )


def test_a_key_counts_only_while_it_is_valid_and_for_what_it_may_sign(scene: Scene) -> None:
    alex = scene.person("alex")
    commit = committed(alex, key=alex.key)
    until = signers(scene, 'valid-before="20260201"')

    assert judged(alex, commit, until, NOW)[0] == "alex@example.com"
    assert "expired" in judged(alex, commit, until, NOW + 90 * 86_400)[1]
    assert "not permitted" in judged(alex, commit, signers(scene, 'namespaces="mooring-model-version"'))[1]


def test_what_is_no_commit_is_no_signature(scene: Scene) -> None:
    alex = scene.person("alex")
    tree = alex.git("rev-parse", "origin/main^{tree}").stdout.strip()
    with pytest.raises(IntegrityError, match="not a commit"):
        judged(alex, tree, signers(scene))

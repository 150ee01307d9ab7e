"""Documents that somebody put on main: each fault is named with file, line and column, and blinds nothing else."""

from __future__ import annotations

import subprocess

import pytest

from tests.badinput.world import World

POINTER = "environments/staging/iris.yaml"
MANIFEST = "registry/iris/versions/1.1.0/manifest.yaml"
PROMOTE = ("promote", "iris@2.0.0", "--to", "production", "--reason", "x", "--dry-run")


@pytest.fixture(scope="module")
def spoiled(shared: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world whose documents are spoiled by one test after the other, each time from the sound ones of `shared`."""
    return shared.copy(tmp_path_factory.mktemp("spoiled") / "world")


def text(world: World, path: str) -> str:
    """What main holds at a path."""
    return world.alex.git("show", f"origin/main:{path}").stdout


FAULTS = {
    "duplicate key": (lambda said: f"{said}reason: again\n", ":9:1: duplicate key 'reason'"),
    "unquoted version": (
        lambda said: said.replace('version: "2.0.0"', "version: 1.10"),
        ":3:10: version: 1.10 is a number here and a string is meant",
    ),
    "anchor": (lambda said: said.replace("reason: ", "reason: &a "), ':7:9: anchor "&a"'),
    "tag": (lambda said: said.replace("reason: ", "reason: !!str "), ":7:9: "),
    "2 MB": (lambda said: f"{said}# {'x' * 2_000_000}\n", ":1:1: "),
    "unknown key": (lambda said: f"{said}weight: 5\n", ":9:9: weight: the key 'weight' is unknown here"),
    "missing key": (lambda said: said.replace("reason: ", "because: "), ":1:1: "),
    "capitals": (lambda said: said.replace("kind: Pointer", "kind: pointer"), ":2:7: "),
    "no promotion id": (lambda said: said.replace("01JB", "01jb"), ":5:12: "),
    "control character": (lambda said: said.replace("reason: ", 'reason: "\\e[31m" # '), ":7:9: "),
    "bidirectional": (lambda said: said.replace("reason: ", "reason: \u202e"), ":7:9: "),
    "two documents": (lambda said: f"{said}---\n{said}", ":9:1: "),
    "tab": (lambda said: said.replace("reason: ", "reason:\n\t"), ":8:1: "),
    "not UTF-8": (lambda said: said.replace("reason: ", "reason: \udcff"), ":7:9: byte 0xff is not UTF-8"),
    "binary": (lambda _: "\udc89PNG\udcff\x00", ":1:1: byte 0x89 is not UTF-8"),
    "empty": (lambda _: "", ":1:1: the document is empty"),
    "a list": (lambda _: "- a\n", ":1:1: "),
    "64 levels": (lambda said: f"{said}x: {'[' * 80}{']' * 80}\n", ":9:"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_pointer_that_cannot_be_read_is_named_with_line_and_column(
    shared: World, spoiled: World, fault: str
) -> None:
    spoil, told = FAULTS[fault]
    spoiled.commit({POINTER: spoil(text(shared, POINTER)).encode("utf-8", "surrogateescape")})
    before = spoiled.snapshot()

    said, listed = spoiled.mooring("resolve", "iris@staging"), spoiled.mooring("list")

    assert (said.code, said.out, listed.code) == (1, "", 0), (said, listed)
    assert f"error: {POINTER}{told}" in said.message
    assert "mooring check --all" in said.hint
    assert f"{POINTER}{told}" in listed.out + listed.err
    assert all(
        "\x1b" not in one.out + one.err and "\u202e" not in one.out + one.err for one in (said, listed)
    )
    assert spoiled.snapshot() == before


def test_one_broken_pointer_blinds_nothing_else(world: World) -> None:
    world.commit({POINTER: text(world, POINTER) + "reason: again\n"})

    shown, promoted = world.mooring("show", "iris"), world.mooring(*PROMOTE)
    other = world.mooring("resolve", "iris@production")

    assert (shown.code, promoted.code, other.out) == (0, 0, "iris@1.0.0\n"), (shown, promoted, other)
    assert f"{POINTER}:9:1: duplicate key 'reason'" in shown.out + shown.err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "path: model.json",
            "path: ../../../etc/passwd",
            ":10:13: artifact.files.0.path: it has the part '..'",
        ),
        ("path: model.json", "path: /etc/passwd", ":10:13: artifact.files.0.path: it is absolute"),
        ("path: model.json", "path: C:/x", ":10:13: artifact.files.0.path: "),
        ("path: model.json", "path: a//b", ":10:13: artifact.files.0.path: "),
        ("path: model.json", "path: .git/config", ":10:13: artifact.files.0.path: "),
        ("size: 37", "size: -1", ":12:13: artifact.files.0.size: "),
        ("size: 37", "size: 1e3", ":12:13: "),
        ("accuracy: 0.96", "accuracy: .nan", ":16:21: "),
        ('version: "1.1.0"', "version: 1.10", ":4:10: version: 1.10 is a number here and a string is meant"),
        ("model: iris", "model: Iris", ":3:8: model: only lower-case"),
        ("author: ", "author: &me ", ':6:9: anchor "&me"'),
    ],
)
def test_a_manifest_that_cannot_be_taken_is_named_with_line_and_column(
    shared: World, spoiled: World, old: str, new: str, told: str
) -> None:
    world, manifest = spoiled, text(shared, MANIFEST)
    assert old in manifest, manifest
    world.commit({MANIFEST: manifest.replace(old, new, 1), POINTER: text(shared, POINTER)})

    said = world.mooring("show", "iris@1.1.0")
    fetched = world.mooring("fetch", "iris@1.1.0")
    promoted = world.mooring("promote", "iris@1.1.0", "--to", "production", "--reason", "x")

    assert (said.code, fetched.code, promoted.code) == (1, 1, 1), (said, fetched, promoted)
    for one in (said, fetched, promoted):
        assert f"{MANIFEST}{told}" in one.message, one
    assert world.mooring("resolve", "iris@staging").out == "iris@2.0.0\n"


def test_what_to_write_instead_is_said_too(world: World) -> None:
    world.commit({POINTER: text(world, POINTER).replace('version: "2.0.0"', "version: 1.10")})

    assert 'Quote it: "1.10"' in world.mooring("resolve", "iris@staging").hint


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (POINTER, "/etc/passwd"),
        (POINTER, "../production/iris.yaml"),
        (MANIFEST, "../1.0.0/manifest.yaml"),
        ("registry/iris/model.yaml", "../../mooring.yaml"),
        ("environments/staging.yaml", "production.yaml"),
    ],
)
def test_a_link_in_the_registry_is_called_a_link(world: World, path: str, target: str) -> None:
    link(world, path, target)

    said = world.mooring("check", "--all", "--ref", "origin/main")
    word = {POINTER: "iris@staging", MANIFEST: "iris@1.1.0"}.get(path)

    assert (said.code, f"{path}: error[" in said.out + said.err, "link" in said.out + said.err) == (
        1,
        True,
        True,
    ), said
    if word is not None:
        asked = world.mooring("show", word)
        assert (asked.code, "it is a link" in asked.message) == (1, True), asked


def test_a_link_whose_target_spells_a_pointer_is_no_pointer(world: World) -> None:
    link(world, POINTER, text(world, POINTER))

    for words in (("fetch", "iris@staging"), ("show", "iris@staging")):
        said = world.mooring(*words)
        assert (said.code, "it is a link" in said.message) == (1, True), said


def test_a_model_that_is_a_link_is_no_model(world: World) -> None:
    link(world, "registry/iris", "../environments")

    said = world.mooring("resolve", "iris@staging")

    assert (said.code, "not in the registry" in said.message) == (5, True), said
    assert world.mooring("check", "--all", "--ref", "origin/main").code == 1


def link(world: World, path: str, target: str) -> None:
    """Put a symbolic link on main."""
    git = ["git", "-C", str(world.scene.remote)]
    blob = subprocess.run(
        [*git, "hash-object", "-w", "--stdin"], input=target.encode(), capture_output=True, check=True
    ).stdout.decode()
    index = {"GIT_INDEX_FILE": str(world.scene.root / "index-of-a-link")}
    environ = world.environ(index)
    for words in (
        ["read-tree", "main"],
        ["rm", "-r", "-q", "--cached", "--", path],
        ["update-index", "--add", "--cacheinfo", f"120000,{blob.strip()},{path}"],
    ):
        subprocess.run([*git, *words], env=environ, capture_output=True, check=True)
    tree = subprocess.run([*git, "write-tree"], env=environ, capture_output=True, check=True).stdout.decode()
    commit = subprocess.run(
        [*git, "commit-tree", "-p", "main", "-m", "A link", tree.strip()],
        env=environ,
        capture_output=True,
        check=True,
    ).stdout.decode()
    subprocess.run([*git, "update-ref", "refs/heads/main", commit.strip()], check=True)
    world.alex.git("fetch", "--quiet", "origin")


def test_names_that_no_model_may_have_are_findings(world: World) -> None:
    model = text(world, "registry/iris/model.yaml")
    names = ["Iris", "a" * 64, "\u0456ris", "con", "latest"]
    world.commit(
        {f"registry/{name}/model.yaml": model.replace("name: iris", f"name: {name}") for name in names}
    )

    said = world.mooring("check", "--all", "--ref", "origin/main")

    assert said.code == 1
    for name in names:
        assert f"registry/{name}/model.yaml: error[misplaced-document]" in said.out, said
    assert world.mooring("resolve", "iris@staging").out == "iris@2.0.0\n"

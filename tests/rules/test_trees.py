"""What no folder of a case can hold: links, submodules, names that differ by capitals, clones without history."""

from __future__ import annotations

import pytest

from mooring.documents.memory import MemoryFiles
from mooring.domain.registry import Registry
from mooring.errors import ExitCode, UnavailableError
from mooring.rules.engine import check_change, check_registry
from mooring.rules.pointer_moves import moves
from tests.support.builder import Builder
from tests.support.changes import change_between


def started() -> Builder:
    return Builder().environment("staging").model("iris").version("1.0.0")


def found(builder: Builder, modes: dict[str, str] | None = None) -> set[tuple[str, str]]:
    findings = check_registry(Registry(MemoryFiles(builder.files, modes or {})))
    return {(finding.rule, finding.place.path) for finding in findings}


@pytest.mark.parametrize("mode", ["120000", "160000"])
@pytest.mark.parametrize(
    "path", ["registry/iris/cards/1.0.0.md", "environments/canary.yaml", "registry/other", "mooring.yaml"]
)
def test_a_link_and_a_submodule_are_refused_wherever_they_lie(path: str, mode: str) -> None:
    assert ("misplaced-document", path) in found(started().write(path, "../../secret"), {path: mode})


def test_a_link_is_refused_in_a_change_too() -> None:
    path = "registry/iris/versions/1.0.0/artifact.dvc"
    files = started().files

    findings = check_change(change_between(files, files, head_modes={path: "120000"}))

    assert {finding.rule for finding in findings} >= {"misplaced-document", "changed-version-file"}


def test_a_file_that_may_be_run_is_refused_and_may_be_mended() -> None:
    path = "environments/staging/iris.yaml"
    files = started().promote("1.0.0", to="staging").files
    runnable = {path: "100755"}

    assert [finding.rule for finding in check_change(change_between(files, files, head_modes=runnable))] == [
        "misplaced-document"
    ]
    assert check_change(change_between(files, files, base_modes=runnable)) == ()


def test_a_pointer_that_becomes_a_link_of_the_same_bytes_moves() -> None:
    path = "environments/staging/iris.yaml"
    files = started().promote("1.0.0", to="staging").files
    changes = [
        change_between(files, files, head_modes={path: mode}) for mode in ("100755", "120000", "160000")
    ]

    assert [len(moves(change)) for change in changes] == [0, 1, 1]


def test_a_file_named_registry_is_refused() -> None:
    assert found(Builder().write("registry", "x")) == {("misplaced-document", "registry")}


def test_versions_that_differ_by_capitals_are_refused_both() -> None:
    builder = started().version("1.1.0-rc.1").version("1.1.0-RC.1")

    assert found(builder) == {
        ("colliding-names", "registry/iris/versions/1.1.0-RC.1"),
        ("colliding-names", "registry/iris/versions/1.1.0-rc.1"),
    }


def test_names_that_differ_by_the_way_of_writing_an_accent_are_refused_both() -> None:
    composed, apart = "registry/caf\u00e9.txt", "registry/cafe\u0301.txt"
    builder = Builder().write(composed, "1").write(apart, "2").write("registry/CAFE.txt", "3")

    assert {path for rule, path in found(builder) if rule == "colliding-names"} == {composed, apart}


def test_a_path_in_a_hint_is_one_word_of_a_shell() -> None:
    (finding,) = check_registry(Registry(MemoryFiles({"registry/x; rm -rf ~": b""})))

    assert finding.hint is not None
    assert "git rm 'registry/x; rm -rf ~'" in finding.hint


def test_a_shallow_clone_judges_no_promotion() -> None:
    base, head = started().files, started().promote("1.0.0", to="staging").files

    with pytest.raises(UnavailableError, match="shallow") as raised:
        check_change(change_between(base, head, complete=False))

    assert raised.value.exit_code is ExitCode.UNAVAILABLE
    assert "fetch-depth: 0" in (raised.value.hint or "")


def test_a_shallow_clone_judges_what_moves_no_pointer() -> None:
    base, head = started().files, started().version("1.1.0").files

    assert check_change(change_between(base, head, complete=False)) == ()


class Counting(MemoryFiles):
    """Files that count how often they are read."""

    reads = 0

    def read(self, entry):
        Counting.reads += 1
        return super().read(entry)


def _reads_for_one_promotion(models: int) -> int:
    builder = Builder().environment("staging")
    for number in range(models):
        builder.model(f"model-{number}").version("1.0.0")
    change = change_between(builder.files, builder.about("model-1").promote("1.0.0", to="staging").files)
    registries = [Registry(Counting(state.files.content)) for state in (change.base, change.head)]
    Counting.reads = 0

    assert check_change(type(change)(*registries, change.files, change.past, change.now)) == ()

    return Counting.reads


def test_what_a_check_reads_follows_the_change_not_the_registry() -> None:
    assert _reads_for_one_promotion(3) == _reads_for_one_promotion(60)

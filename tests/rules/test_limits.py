"""What is too large, no number, or the name of a device is found, whichever file it is in."""

from __future__ import annotations

import pytest

from mooring.documents.card import LARGEST
from mooring.documents.memory import MemoryFiles
from mooring.documents.packages import license_problem, requirement_problem
from mooring.domain.registry import Registry
from mooring.rules.engine import check_registry
from tests.support.builder import Builder

VERSION = "registry/iris/versions/1.0.0"
CARD = "registry/iris/cards/1.0.0.md"


def started() -> Builder:
    return Builder().environment("staging").model("iris").version("1.0.0", metrics={"f1": 0.9})


def found(builder: Builder) -> set[tuple[str, str]]:
    return {(one.rule, one.place.path) for one in check_registry(Registry(MemoryFiles(builder.files)))}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (f"{VERSION}/manifest.yaml", "unreadable-yaml"),
        (f"{VERSION}/artifact.dvc", "missing-artifact-pointer"),
        ("registry/iris/model.yaml", "unreadable-yaml"),
        (CARD, "unreadable-card"),
        (f"{VERSION}/weights.bin", "misplaced-document"),
    ],
)
def test_a_file_of_more_than_256_kib_is_found(path: str, rule: str) -> None:
    assert (rule, path) in found(started().write(path, b"# x\n" * (LARGEST // 4 + 1)))


def test_a_card_of_256_kib_is_read() -> None:
    assert found(started().write(CARD, b"# x\n" * (LARGEST // 4))) == set()


@pytest.mark.parametrize("number", ["1e999", "-1e999", ".inf", ".nan", "Infinity", "NaN"])
def test_a_metric_is_a_finite_number(number: str) -> None:
    builder = started().edit(f"{VERSION}/manifest.yaml", "0.9", number)

    assert found(builder) & {
        ("invalid-document", f"{VERSION}/manifest.yaml"),
        ("unreadable-yaml", f"{VERSION}/manifest.yaml"),
    }


@pytest.mark.parametrize(
    "path",
    [
        "registry/con/model.yaml",
        "registry/team/aux/model.yaml",
        "environments/nul.yaml",
        "environments/staging/com1.yaml",
        "registry/iris./model.yaml",
        "registry/iris/.gitattributes",
        "environments/staging/.gitattributes",
    ],
)
def test_names_that_windows_cannot_make_and_attributes_inside_are_misplaced(path: str) -> None:
    assert ("misplaced-document", path) in found(started().write(path, b"* -diff\n"))


def test_a_file_of_an_artifact_may_not_be_called_like_a_device() -> None:
    builder = started().edit(f"{VERSION}/manifest.yaml", "path: model.json", "path: aux.json")

    assert ("invalid-document", f"{VERSION}/manifest.yaml") in found(builder)


@pytest.mark.parametrize("key", ["desc: x", "deps: [{path: ../../../x}]", "frozen: true"])
def test_artifact_dvc_says_nothing_but_where_the_bytes_are(key: str) -> None:
    path = f"{VERSION}/artifact.dvc"
    builder = started()

    assert ("missing-artifact-pointer", path) in found(
        builder.write(path, builder.files[path] + f"{key}\n".encode())
    )


def test_artifact_dvc_leads_nowhere_else() -> None:
    builder = started().edit(f"{VERSION}/artifact.dvc", "path: artifact", "path: ../../../../.git/hooks")

    assert ("missing-artifact-pointer", f"{VERSION}/artifact.dvc") in found(builder)


def test_what_installers_and_licences_say_is_one_line_in_small_letters() -> None:
    problems = [
        requirement_problem("-r x"),
        requirement_problem("a=1"),
        license_problem("MIT OR"),
        license_problem("x" * 400),
    ]

    assert all(problem and "\n" not in problem and problem[0].islower() for problem in problems)
    assert requirement_problem("torch>=2; python_version < '3.13'") is None
    assert license_problem("Apache-2.0 WITH LLVM-exception") is None


def test_a_finding_repeats_no_secret_whatever_its_rule() -> None:
    token = "ghp" + "_" + 36 * "a"
    builder = started().edit(
        "registry/iris/model.yaml", "task: classification", f"task: [{token}]\nlicense: {token}"
    )

    findings = check_registry(Registry(MemoryFiles(builder.files)))

    assert {one.rule for one in findings} >= {"secret-in-document", "invalid-document"}
    assert token not in repr(findings)

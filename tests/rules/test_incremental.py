"""Judging what a change can affect finds exactly what judging everything would newly find."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.documents.memory import MemoryFiles
from mooring.domain.model import State
from mooring.domain.pointer import Rollout, Strategy
from mooring.domain.registry import Registry
from mooring.domain.versions import Versioning
from mooring.rules.engine import check_registry, judge_state
from tests.rules.case_waivers import entry, waiving
from tests.support.builder import Builder
from tests.support.changes import change_between

VERSIONS = ["1.0.0", "1.0.0-rc.1", "1.0.0-RC.1", "2026.01.15"]
_whole = Builder().environment("staging").model("iris")
for _version in VERSIONS:
    _whole.version(_version)
_split = Rollout(strategy=Strategy.AB_TEST, weights={"1.0.0": 50, "2026.01.15": 50})
_pointers = [
    _whole.copy().promote("1.0.0", to="staging").files["environments/staging/iris.yaml"],
    _whole.copy().promote("1.0.0", to="staging", rollout=_split).files["environments/staging/iris.yaml"],
    _whole.copy().promote("3.0.0", to="staging").files["environments/staging/iris.yaml"],
]
_policies = [
    Builder().environment("staging").files["environments/staging.yaml"],
    Builder().environment("staging", promotes_from=["canary"]).files["environments/staging.yaml"],
    Builder().environment("staging", promotes_from=["staging", "qa"]).files["environments/staging.yaml"],
    (
        b"apiVersion: mooring/v1\nkind: Environment\nname: canary\npromotes_from: [staging]\n"
        b'approvals: {required: 2, principals: ["alex@example.com"]}\n'
        b"rollout: {strategy: canary, steps: [{weight: 10}], abort_on: [slow]}\nsigned: true\nretention: 0s\n"
    ),
]
_statuses = [
    _whole.copy()
    .status("1.0.0", State.QUARANTINED, environments=["canary"])
    .files["registry/iris/status/1.0.0.yaml"],
    _whole.copy()
    .status("1.0.0", State.QUARANTINED, environments=["qa"])
    .files["registry/iris/status/1.0.0.yaml"],
]
_signers = [
    b"alex@example.com ssh-ed25519 " + b"A" * 64 + b"\n",
    b"sam@example.com ssh-ed25519 " + b"A" * 64 + b"\n",
]
_waivers = [
    waiving(
        Builder(), entry("misnumbered-version", "registry/iris/**"), entry("no-such-rule", "registry/**")
    ),
    waiving(Builder(), entry("wrong-digest", "environments/*/iris.yaml")),
]
_folders = [f"registry/iris/versions/{version}" for version in VERSIONS]
_manifests = [_whole.files[f"{folder}/manifest.yaml"] for folder in _folders]
_odd = _whole.copy().version("1.0.0", accepts={"type": 1}, artifact={"model.h5": b"HDF"})
_manifests.append(_odd.files[f"{_folders[0]}/manifest.yaml"])
_kin = [
    ("1.0.0", ["1.0.0-rc.1"]),
    ("1.0.0-rc.1", ["1.0.0", "2026.01.15"]),
    ("2026.01.15", ["1.0.0", "2026.01.15"]),
]
_children = {
    f"registry/iris/versions/{child}/manifest.yaml": _whole.copy()
    .version(child, parents=[f"iris@{parent}" for parent in parents])
    .files[f"registry/iris/versions/{child}/manifest.yaml"]
    for child, parents in _kin
}
_artifacts = [_whole.files[f"{folder}/artifact.dvc"] for folder in _folders]
_models = [
    _whole.files["registry/iris/model.yaml"],
    Builder().model("iris", versioning=Versioning.CALVER).files["registry/iris/model.yaml"],
    Builder().model("other").files["registry/other/model.yaml"],
]
BROKEN = [b"a: [\n", b"kind: Model\n", b""]

CONTENTS: dict[str, list[bytes]] = (
    {f"{folder}/manifest.yaml": [*_manifests, *_children.values(), *BROKEN] for folder in _folders}
    | {f"{folder}/artifact.dvc": [*_artifacts, *BROKEN] for folder in _folders}
    | {
        "registry/iris/model.yaml": [*_models, *BROKEN],
        "registry/iris/inner/model.yaml": _models,
        "registry/team/iris/model.yaml": _models,
        "registry/team/iris/versions/1.0.0/manifest.yaml": [*_manifests, *_children.values()],
        "registry/Iris/model.yaml": _models,
        "registry/iris/status/1.0.0.yaml": [*_statuses, *BROKEN],
        "registry/iris/status/1.0.0-rc.1.yaml": BROKEN,
        "registry/iris/cards/2026.01.15.md": BROKEN,
        "registry/iris/versions/1.0.0/notes.txt": BROKEN,
        "registry/notes.txt": BROKEN,
        "registry/waivers.yaml": [*(made.files["registry/waivers.yaml"] for made in _waivers), *BROKEN],
        "registry/link": BROKEN,
        "environments/staging.yaml": [*_policies, *BROKEN],
        "environments/canary.yaml": [*_policies, *BROKEN],
        ".mooring/allowed_signers": [*_signers, *BROKEN],
        "environments/staging/iris.yaml": [*_pointers, *BROKEN],
        "environments/canary/iris.yaml": [*_pointers, *BROKEN],
        "environments/canary/team/iris.yaml": [*_pointers, *BROKEN],
        "Environments/canary.yaml": BROKEN,
        "REGISTRY": BROKEN,
        "mooring.yaml": [b"apiVersion: mooring/v1\nkind: Registry\n", *BROKEN],
        ".gitattributes": [b"*.yaml text eol=lf\n", b"* merge=union\n", b"*.md -diff\n* ident\n"],
        ".dvc/config": [b"[core]\nremote = a\n", b"['remote \"a\"']\npassword = b\n", *BROKEN],
        "README.md": BROKEN,
    }
)

State = tuple[dict[str, bytes], dict[str, str]]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[State, State]:
    """A state, and another one that differs from it in a few files."""
    paths = sorted(CONTENTS)
    base = {path: draw(st.sampled_from(CONTENTS[path])) for path in paths if draw(st.booleans())}
    links = {"registry/link", "registry/iris/versions/1.0.0/artifact.dvc", "environments/canary.yaml"}
    base_modes = {
        path: draw(st.sampled_from(["100644", "100755", "120000", "160000"])) for path in sorted(links)
    }
    head, head_modes = dict(base), dict(base_modes)
    for path in draw(st.lists(st.sampled_from(paths), max_size=5, unique=True)):
        if path in head and draw(st.booleans()):
            del head[path]
        else:
            head[path] = draw(st.sampled_from(CONTENTS[path]))
    for path in draw(st.lists(st.sampled_from(sorted(links)), max_size=1)):
        head_modes[path] = draw(st.sampled_from(["100644", "100755", "120000", "160000"]))
    return (base, base_modes), (head, head_modes)


def whole(files: Mapping[str, bytes], modes: Mapping[str, str]) -> set[object]:
    """Everything the rules find in a state."""
    return {found.identity for found in check_registry(Registry(MemoryFiles(files, modes)))}


@settings(max_examples=3 * settings().max_examples)
@given(pairs())
def test_incremental_is_the_whole_head_less_the_whole_base(pair: tuple[State, State]) -> None:
    (base, base_modes), (head, head_modes) = pair
    change = change_between(base, head, base_modes=base_modes, head_modes=head_modes)

    state = judge_state(change)

    before, after = whole(base, base_modes), whole(head, head_modes)
    assert {found.identity for found in state.new} == after - before
    assert {found.identity for found in state.old} <= after & before


@given(pairs())
def test_checking_some_paths_finds_all_that_is_wrong_with_these_files(pair: tuple[State, State]) -> None:
    (base, _), (files, modes) = pair
    registry = Registry(MemoryFiles(files, modes))
    some = sorted(base)[:3]

    found = {finding.identity for finding in check_registry(registry, only=some)}

    everything = check_registry(registry)
    assert found <= {finding.identity for finding in everything}
    assert {finding.identity for finding in everything if finding.place.path in some} <= found

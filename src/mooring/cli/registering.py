"""The many options of `mooring register`, and the draft of a manifest that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import click

from mooring.cli.session import Session
from mooring.errors import NotFoundError, UsageError
from mooring.usecases.draft import Draft

F = TypeVar("F", bound=Callable[..., object])

_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS: Sequence[Callable[[F], F]] = (
    click.option(
        "--from", "drafts", metavar="FILE", type=_FILE, multiple=True, help="Manifest fields, YAML or JSON."
    ),
    click.option(
        "--metrics", metavar="FILE|NAME=N", multiple=True, help="Metrics: a file, or accuracy=0.97."
    ),
    click.option(
        "--hyperparameters", metavar="FILE|NAME=V", multiple=True, help="A file, or n_estimators=100."
    ),
    click.option(
        "--interface", metavar="FILE", multiple=True, help="JSON Schemas of 'input' and 'output', one file."
    ),
    click.option(
        "--input-schema", metavar="FILE", type=_FILE, help="The JSON Schema of one prediction's input."
    ),
    click.option("--output-schema", metavar="FILE", type=_FILE, help="The JSON Schema of its output."),
    click.option(
        "--training", metavar="FILE", type=_FILE, multiple=True, help="The 'training' block: data, code, ..."
    ),
    click.option(
        "--data", metavar="FILE", type=_FILE, multiple=True, help="One data set: name, uri, digest, rows, ..."
    ),
    click.option(
        "--code", metavar="PATH", type=click.Path(path_type=Path), help="The training code.  [here]"
    ),
    click.option(
        "--code-commit", metavar="COMMIT", help="The commit of the training code, where it is not here."
    ),
    click.option("--features-commit", metavar="COMMIT", help="The commit of the feature pipeline."),
    click.option("--feature-store-version", metavar="TEXT", help="The version of the feature store."),
    click.option("--preprocessing-version", metavar="TEXT", help="The version of the preprocessing."),
    click.option("--duration", metavar="3h24m", help="How long the training took."),
    click.option("--resource", metavar="NAME=TEXT", multiple=True, help="What it ran on: gpu='H100 x1'."),
    click.option("--run", metavar="ID|URL", help="The run of an experiment tracker."),
    click.option("--framework", metavar="NAME[==VERSION]", help="The library.  [told by the format]"),
    click.option("--algorithm", metavar="TEXT", help="RandomForestClassifier, say."),
    click.option("--requirement", metavar="PACKAGE==V", multiple=True, help="A package that loading needs."),
    click.option(
        "--parent", metavar="MODEL@VERSION", multiple=True, help="A version this one was made from."
    ),
    click.option(
        "--requires",
        metavar="MODEL>=V,<V",
        multiple=True,
        help="A model that must be live beside it: 'encoder>=1.2.0,<2.0.0'.",
    ),
    click.option("--limitation", metavar="TEXT", multiple=True, help="What it must not be used for."),
    click.option("--label", metavar="NAME=TEXT", multiple=True, help="A label."),
    click.option(
        "--role", metavar="FILE=ROLE", multiple=True, help="The role of a file: scaler.skops=preprocessor."
    ),
    click.option(
        "--format", "formats", metavar="FILE=FORMAT", multiple=True, help="A format that no name tells."
    ),
    click.option("--description", metavar="TEXT", help="What this version is."),
    click.option("--changelog", metavar="TEXT", help="What changed since the one before."),
    click.option(
        "--owner", metavar="TEXT", multiple=True, help="An owner, for a model that is made now.  [you]"
    ),
    click.option("--breaking", is_flag=True, help="Callers must change: for models versioned by date."),
    click.option("--allow-unsafe-format", is_flag=True, help="Take pickle and joblib, which can run code."),
)


def draft_options(command: F) -> F:
    """Every option that says something of the new version."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Said:
    """What the options say: the draft and its version, the files by their path in the artifact, roles and formats."""

    draft: Draft
    version: str | None
    files: dict[str, Path]
    roles: dict[str, str]
    formats: dict[str, str]


def draft_of(session: Session, model: str, sources: Sequence[Path], given: Mapping[str, object]) -> Said:
    """Everything that the options say."""
    from mooring.usecases import said
    from mooring.usecases.register import sources_of

    files = _files(sources, sources_of)
    fields: dict[str, object] = {}
    for path in _paths(given, "drafts"):
        fields = said.merged(fields, said.read_mapping(path))
    # A draft may repeat what the command line says; where they differ, the command line counts.
    fields.pop("model", None)
    version = fields.pop("version", None)
    unsafe = bool(fields.pop("allow_unsafe_format", False)) or bool(given["allow_unsafe_format"])
    for name in ("metrics", "hyperparameters"):
        if words := _words(given, name):
            fields = said.merged(fields, {name: said.files_and_pairs(words, name)})
    schemas = said.interface(
        _words(given, "interface"), _path(given, "input_schema"), _path(given, "output_schema")
    )
    if schemas:
        fields["interface"] = schemas
    fields = said.merged(fields, _simple(given))
    fields = said.merged(fields, _training(session, given, fields))
    fields = _known(fields, files)
    draft = Draft(model, fields, allow_unsafe_format=unsafe, owners=_words(given, "owner"))
    number = version if isinstance(version, str) else None
    return Said(draft, number, files, _texts(given, "role", "role"), _texts(given, "formats", "format"))


def _texts(given: Mapping[str, object], name: str, what: str) -> dict[str, str]:
    from mooring.usecases import said

    return {path: str(text) for path, text in said.pairs(_words(given, name), what, as_text=True).items()}


def _files(
    sources: Sequence[Path], sources_of: Callable[[str | Path | Mapping[str, str | Path]], dict[str, Path]]
) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for source in sources:
        for path, file in sources_of(source).items():
            if path in files:
                raise UsageError(
                    f"{file} and {files[path]} would both be {path}", "Put them into one folder."
                )
            files[path] = file
    return files


def _simple(given: Mapping[str, object]) -> dict[str, object]:
    from mooring.domain.requires import parse_required
    from mooring.usecases import said

    found: dict[str, object] = {
        name: given[name] for name in ("algorithm", "description", "changelog") if given[name] is not None
    }
    if given["breaking"]:
        found["breaking"] = True
    if isinstance(framework := given["framework"], str):
        name, equals, version = framework.partition("==")
        found["framework"] = {"name": name, **({"version": version} if equals else {})}
    if parents := _words(given, "parent"):
        found["lineage"] = {"parents": list(parents)}
    if required := _words(given, "requires"):
        found["requires"] = [parse_required(word).model_dump(exclude_none=True) for word in required]
    if limitations := _words(given, "limitation"):
        found["limitations"] = list(limitations)
    if requirements := _words(given, "requirement"):
        found["requirements"] = {"packages": list(requirements)}
    if labels := _words(given, "label"):
        found["labels"] = said.pairs(labels, "label", as_text=True)
    return found


def _training(
    session: Session, given: Mapping[str, object], fields: Mapping[str, object]
) -> dict[str, object]:
    from mooring.usecases import said
    from mooring.usecases.surroundings import code_reference

    training: dict[str, object] = {}
    for path in _paths(given, "training"):
        training = said.merged(training, said.read_mapping(path))
    if sets := _paths(given, "data"):
        training["data"] = [said.read_mapping(path) for path in sets]
    plain = {"duration": "duration", "preprocessing_version": "preprocessing_version", "run": "run"}
    training |= {field: given[name] for name, field in plain.items() if given[name] is not None}
    if resources := _words(given, "resource"):
        training["resources"] = said.pairs(resources, "resource", as_text=True)
    features = {
        "pipeline_commit": given["features_commit"],
        "feature_store_version": given["feature_store_version"],
    }
    if any(features.values()):
        training["features"] = {name: value for name, value in features.items() if value is not None}
    before = fields.get("training")
    if given["code_commit"] is not None:
        training["code"] = {"commit": given["code_commit"]}
    elif "code" not in training and not (isinstance(before, Mapping) and "code" in before):
        place = _path(given, "code") or Path.cwd()
        if not place.exists():
            raise NotFoundError(f"there is no training code at {place}", "Check --code.")
        folder = place if place.is_dir() else place.parent
        code = code_reference(folder, environ=session.environ, registry=session.hub().repository.common_dir)
        if code is not None:
            training["code"] = code
    return {"training": training} if training else {}


def _known(fields: Mapping[str, object], files: Mapping[str, Path]) -> dict[str, object]:
    from mooring.domain import formats
    from mooring.usecases import said
    from mooring.usecases.surroundings import framework_of, python_version

    known: dict[str, object] = {"requirements": {"python": python_version()}}
    guessed = {found.value for path in files if (found := formats.guess(path)) is not None}
    if (framework := framework_of(guessed)) is not None:
        known["framework"] = framework
    if "framework" in fields:
        known.pop("framework", None)
    return said.merged(known, fields)


def _words(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    return cast("tuple[str, ...]", given[name])


def _paths(given: Mapping[str, object], name: str) -> tuple[Path, ...]:
    return cast("tuple[Path, ...]", given[name])


def _path(given: Mapping[str, object], name: str) -> Path | None:
    return cast("Path | None", given[name])

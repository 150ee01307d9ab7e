"""Rules about what a manifest may hold: nothing that cannot be loaded or validated with safely."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import formats, layout
from mooring.domain.change import Change
from mooring.domain.compatibility import check_schema
from mooring.domain.finding import Place
from mooring.domain.model import ModelVersion
from mooring.domain.registry import Registry
from mooring.rules.registrations import new_manifests
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import VersionAt


@state_rule(VersionAt, waivable=False)
def undeclared_format(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A file of a version has a format that is not on the list, or one that can run code without saying so.

    The list: safetensors, onnx, skops, json, npy, npz and text. Joblib and pickle need
    `artifact.allow_unsafe_format: true`.

    Why it matters: what is not on the list is loaded by nobody. And a manifest is what its reviewers read:
    where it does not say that loading runs code, nobody has agreed to that.

    How to mend it: register the version again in a format of the list, or with `--allow-unsafe-format`.
    """
    manifest = _manifest(registry, subject)
    if manifest is None:
        return
    path = layout.manifest_path(subject.model, subject.version)
    for number, file in enumerate(manifest.artifact.files):
        problem = formats.unsafe_problem(file.format, allowed=manifest.artifact.allow_unsafe_format)
        if file.format not in formats.FORMATS:
            problem = f"the format {file.format!r} is not on the list ({', '.join(sorted(formats.FORMATS))})"
        if problem is not None:
            yield Fault(
                Place(path, ("artifact", "files", number, "format")),
                f"{file.path}: {problem}",
                f"Register it anew: mooring register {subject.model} FILES --bump patch",
                value=file.format,
            )


@change_rule(waivable=False)
def mislabelled_format(change: Change) -> Iterator[Fault]:
    """A file of a new version is called like one format and declared as another.

    Why it matters: reviewers, scanners and people on call go by the name. A pickle that is called
    `model.safetensors` passes all of them, and runs code where it is loaded.

    How to mend it: give the file the ending of its format, and register the version again.
    """
    for path, manifest in new_manifests(change):
        for number, file in enumerate(manifest.artifact.files):
            called = formats.guess(file.path)
            if called is None or called == file.format or {called, file.format} in _ALIKE:
                continue
            yield Fault(
                Place(path, ("artifact", "files", number, "format")),
                f"{file.path} is called like {called} and declared as {file.format}",
                f"Rename the file, and register again: mooring register {manifest.model} FILES --version "
                f"{manifest.version}",
                value=file.format,
            )


# Files of the one are often called like those of the other, and either is as safe.
_ALIKE = ({formats.Format.JSON, formats.Format.TEXT}, {formats.Format.JOBLIB, formats.Format.PICKLE})


@state_rule(VersionAt, waivable=False)
def unusable_interface(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """An interface is no JSON Schema that anybody could validate with.

    It must be valid JSON Schema 2020-12, complete in itself (no reference to another document), bounded, and
    its patterns must cost linear time.

    Why it matters: with such a schema the difference of two versions cannot be worked out, and every bump is
    guessed. A reference opens an address that somebody else controls; one pattern such as `(a+)+b` stops a
    serving process for hours by one request.

    How to mend it: correct the schema and register the version again; `mooring register` checks it before
    anything is stored.
    """
    manifest = _manifest(registry, subject)
    if manifest is None or manifest.interface is None:
        return
    path = layout.manifest_path(subject.model, subject.version)
    for side, schema in (("input", manifest.interface.input), ("output", manifest.interface.output)):
        # A pattern that ends in $ is a flaw and no danger: pydantic writes nearly all of its own so.
        for problem in check_schema(schema, dollar_ends=True) if schema is not None else ():
            yield Fault(
                Place(path, ("interface", side, *problem.place)),
                problem.text,
                f"Correct it and register again: mooring register {subject.model} FILES --bump auto",
                value=problem.text,
            )


def _manifest(registry: Registry, subject: VersionAt) -> ModelVersion | None:
    found = registry.load(layout.manifest_path(subject.model, subject.version), ModelVersion)
    return found if isinstance(found, ModelVersion) else None

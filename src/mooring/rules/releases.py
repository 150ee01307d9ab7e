"""Rules about versions: their files never change, their bytes are known to DVC, their numbers say what changed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from difflib import get_close_matches

from mooring.documents import dvcfile, yaml
from mooring.documents.memory import blob_id
from mooring.domain import layout, versions
from mooring.domain.change import Change, FileChange
from mooring.domain.compatibility import Bump, compare
from mooring.domain.finding import Level, Place
from mooring.domain.layout import FileKind
from mooring.domain.model import DvcOutput, Model, ModelVersion
from mooring.domain.registry import Registry
from mooring.domain.versions import Version, Versioning
from mooring.errors import RefusedError
from mooring.rules.registrations import new_manifests
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import VersionAt


@change_rule(waivable=False)
def changed_version_file(change: Change) -> Iterator[Fault]:
    """A file of a version is changed, removed, or added after the version was merged.

    Files under `versions/<version>/` may only be added, all at once. Later comes at most `signature.json`,
    and it too is never changed.

    Why it matters: everything that points to a version relies on it being the same for ever: pointers pin its
    digest, caches keep it, audits name it. A changed manifest breaks all of them at once.

    How to mend it: restore the file and register a new version. What may change later stands elsewhere: prose
    in `cards/`, deprecation and quarantine in `status/`.
    """
    for file in change.files:
        of_version = layout.version_of_path(file.path)
        if of_version is None:
            continue
        model, version = of_version
        what = _what_happened(change, file, model, version)
        if what is not None:
            yield Fault(
                Place(file.path),
                f"a file of {model}@{version} {what}, and versions never change",
                f"Restore it (git checkout origin/{change.base.settings.branch} -- {shlex.quote(file.path)}), then "
                f"register a new version: mooring register {model} FILES --bump auto"
                if file.before is not None
                else f"Register a new version with it: mooring register {model} FILES --bump auto",
                value=file.after.oid if file.after is not None else "",
            )


def _what_happened(change: Change, file: FileChange, model: str, version: str) -> str | None:
    """What a change does to a merged version by this file; None where it may."""
    identity = file.identity
    if change.base.files.entry(layout.manifest_path(model, version)) is None:
        return None  # a new version, or one that never was whole
    if file.before is None:
        is_signature = identity is not None and identity.kind is FileKind.SIGNATURE
        return None if is_signature else "is added after its registration"
    if file.after is None:
        return None if identity is None else "is removed"  # a stray file may go
    return "changes its mode" if file.before.oid == file.after.oid else "is changed"


@state_rule(VersionAt)
def missing_artifact_pointer(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A version has no `artifact.dvc`, or it says something else than the manifest.

    MD5, size and number of files in `artifact.dvc` must be those of `artifact.dvc` in `manifest.yaml`.

    Why it matters: DVC knows by this file where the bytes are, and which bytes must not be collected as
    garbage. Without it `dvc gc` removes a model that is live.

    How to mend it: register the version anew; `mooring register` stores the bytes and writes both files.
    """
    model, version = subject.model, subject.version
    manifest = registry.load(layout.manifest_path(model, version), ModelVersion)
    if not isinstance(manifest, ModelVersion):
        return
    path = layout.artifact_path(model, version)
    entry = registry.files.entry(path)
    hint = f"Register it anew: mooring register {model} FILES --version {version}"
    if entry is None or entry.kind != "blob":
        yield Fault(Place(path), f"{model}@{version} has no artifact.dvc", hint)
        return
    if entry.oid == blob_id(dvcfile.write(manifest.artifact.dvc)):
        return  # Byte for byte what is right: it need not be read.
    try:
        said = dvcfile.parse(registry.files.read(entry))
    except yaml.YamlProblem as problem:
        yield Fault(
            Place(path),
            problem.reason,
            problem.hint or hint,
            value=entry.oid,
            line=problem.line,
            column=problem.column,
        )
        return
    except RefusedError as error:
        yield Fault(Place(path), error.message, error.hint or hint, value=entry.oid)
        return
    for key, found, wanted in _differences(said, manifest.artifact.dvc):
        yield Fault(
            Place(path, ("outs", 0, key)),
            f"{key} is {found}, and manifest.yaml says {wanted or 'nothing of it'}",
            hint,
            value=f"{found} {wanted}",
        )


def _differences(
    said: DvcOutput, meant: DvcOutput
) -> Iterator[tuple[str, str | int | None, str | int | None]]:
    """Each fact of DVC's file that is not the manifest's: its key, what it says, what is meant."""
    facts = (
        ("md5", said.md5, meant.md5),
        ("size", said.size, meant.size),
        ("nfiles", said.nfiles, meant.nfiles),
    )
    yield from (fact for fact in facts if fact[1] != fact[2])


@change_rule()
def insufficient_bump(change: Change) -> Iterator[Fault]:
    """A new version breaks or extends its interface by more than its number says.

    The interface is compared with the highest release below the new version. A pre-release is judged like its
    release. With CalVer a breaking change must be declared by `breaking: true`; with SemVer, what is declared
    breaking is major.

    Why it matters: consumers choose what they take by the number. A minor version that no longer accepts
    yesterday's requests breaks them without a warning.

    How to mend it: register it under the version that is named, or keep the interface compatible. `mooring
    register --bump auto` works the bump out.
    """
    for file in change.of_kind(FileKind.MANIFEST):
        identity = file.identity
        if file.before is not None or identity is None or identity.model is None or identity.version is None:
            continue
        manifest = change.head.load(file.path, ModelVersion)
        version = versions.try_parse(identity.version, change.head.versioning(identity.model))
        if not isinstance(manifest, ModelVersion) or version is None:
            continue
        previous = bump_baseline(change.head, identity.model, version)
        if previous is not None:
            yield from _judged(change.head, file.path, manifest, previous, version)


@change_rule()
def missing_metric(change: Change) -> Iterator[Fault]:
    """A new version lacks a metric that its model asks of every version.

    Those with `required: true` in `model.yaml` of the base; of a new model, in its own.

    Why it matters: a version that was not measured can be compared with nothing. A gate that needs the metric
    would fail it at the promotion, when the training run is long over.

    How to mend it: measure it, and register the version with it.
    """
    for file in change.of_kind(FileKind.MANIFEST):
        manifest = change.head.load(file.path, ModelVersion)
        if file.before is not None or not isinstance(manifest, ModelVersion):
            continue
        path = layout.model_path(manifest.model)
        model = change.base.load(path, Model) or change.head.load(path, Model)
        asked = model.metrics if isinstance(model, Model) else {}
        missing = [name for name, spec in asked.items() if spec.required and name not in manifest.metrics]
        if missing:
            yield Fault(
                Place(file.path, ("metrics",)),
                f"{path} asks for {' and '.join(missing)}, which {manifest.ref} does not have",
                f"Give it: mooring register {manifest.model} FILES --version {manifest.version} "
                f"--metrics {missing[0]}=VALUE",
                value=" ".join(missing),
            )


@change_rule(severity=Level.WARNING)
def undeclared_metric(change: Change) -> Iterator[Fault]:
    """A new version has a metric that its model says nothing about.

    Only where `model.yaml` declares metrics at all.

    Why it matters: nobody can say whether more of it is better. It is compared with nothing, no gate can use it,
    and `f1` beside a declared `f1_score` is one metric under two names.

    How to mend it: declare the metric in `model.yaml` with its direction, or register the version with the name
    that is declared.
    """
    for path, manifest in new_manifests(change):
        model = change.head.load(layout.model_path(manifest.model), Model)
        declared = model.metrics if isinstance(model, Model) else {}
        for name in sorted(manifest.metrics.keys() - declared.keys()) if declared else ():
            close = [one for one in declared if one.startswith(name) or name.startswith(one)]
            close = close or get_close_matches(name, declared, n=1)
            where = layout.model_path(manifest.model)
            yield Fault(
                Place(path, ("metrics", name)),
                f"{where} does not declare {name}" + (f", but {close[0]}" if close else ""),
                f"Declare it in {where}, under metrics: {name}: {{direction: higher}}, or lower",
                value=name,
            )


@change_rule(severity=Level.WARNING)
def redefined_metric(change: Change) -> Iterator[Fault]:
    """A metric of a model gets another direction or another unit.

    Why it matters: the numbers of the versions that are there already mean what was said before. A gate that
    compares a new version with a live one compares seconds with milliseconds, or takes the worse for the better.

    How to mend it: if the old meaning was a mistake for every version, go on. If it changed, declare a new
    metric under another name.
    """
    for file in change.of_kind(FileKind.MODEL):
        before, after = change.base.load(file.path, Model), change.head.load(file.path, Model)
        if not isinstance(before, Model) or not isinstance(after, Model):
            continue
        for name in sorted(before.metrics.keys() & after.metrics.keys()):
            for key in ("direction", "unit"):
                old, new = getattr(before.metrics[name], key), getattr(after.metrics[name], key)
                if old is not None and old != new:
                    yield Fault(
                        Place(file.path, ("metrics", name)),
                        f"the {key} of {name} was {old}, and is {new or 'not said any more'}",
                        "Give what is measured now a name of its own, unless it was wrong from the beginning.",
                        value=f"{key} {old} {new}",
                    )


def bump_baseline(registry: Registry, model: str, version: Version) -> Version | None:
    """The version that the bump of `version` is judged against: the highest lower one that made a promise.

    SemVer pre-releases make none; suffixes of CalVer are stages, not pre-releases.
    """
    names = [child.name for child in registry.files.children(layout.versions_folder(model))]
    if version.scheme is Versioning.CALVER:
        dated = (versions.try_parse(name, Versioning.CALVER) for name in names)
        return max((one for one in dated if one is not None and one < version), default=None)
    # Parsing 100 000 names takes a second and a half; releases are told and ordered by their three numbers.
    found = [match for name in names if (match := _RELEASE.fullmatch(name)) is not None]
    releases = [(int(match[1]), int(match[2]), int(match[3])) for match in found]
    highest = max((numbers for numbers in releases if numbers < version.numbers[:3]), default=None)
    return None if highest is None else versions.parse(".".join(map(str, highest)), Versioning.SEMVER)


_RELEASE = re.compile(r"(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})")


def _judged(
    registry: Registry, path: str, manifest: ModelVersion, previous: Version, version: Version
) -> Iterator[Fault]:
    model = manifest.model
    before = registry.load(layout.manifest_path(model, previous.text), ModelVersion)
    if not isinstance(before, ModelVersion):
        return  # it is a finding of its own
    comparison = compare(before.interface, manifest.interface)
    if version.scheme is Versioning.CALVER:
        if comparison.required is Bump.MAJOR and not manifest.breaking:
            yield Fault(
                Place(path, ("interface",)),
                f"the interface breaks that of {model}@{previous}, and the version does not say so: "
                f"{comparison.told()}",
                f"Declare it: mooring register {model} FILES --version {version} --breaking",
                value=f"{previous}",
            )
        return
    required = Bump.MAJOR if manifest.breaking else comparison.required
    if versions.bump_between(previous, version) < required:
        why = "it is declared breaking" if manifest.breaking else comparison.told()
        stage = f"-{version.suffix}" if version.suffix is not None else ""
        wanted = versions.bumped(previous, required) + stage
        yield Fault(
            Place(path, ("version",)),
            f"{previous} → {version} is too small a step: {required} is required, because {why}",
            f"Register it as {wanted}: mooring register {model} FILES --version {wanted}",
            value=version.text,
        )

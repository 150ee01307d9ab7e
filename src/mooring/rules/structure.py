"""Rules about where things lie: paths, names, and what a folder must hold."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator

from mooring.domain import layout, names, versions
from mooring.domain.environment import Policy
from mooring.domain.files import EXECUTABLE, LINK
from mooring.domain.finding import KeyPath, Place
from mooring.domain.layout import FileKind, Identity
from mooring.domain.model import Model, ModelVersion, VersionStatus
from mooring.domain.registry import Registry
from mooring.rules.listing import SUBFOLDERS, folded
from mooring.rules.rule import Fault, state_rule
from mooring.rules.subjects import (
    TOPS,
    EnvironmentAt,
    FileAt,
    FolderAt,
    ModelAt,
    VersionAt,
    scheme_of,
)


@state_rule(FileAt, waivable=False)
def misplaced_document(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A file lies where no such file may lie, or says that it is something else than its path says.

    Found are stray files under `registry/` and `environments/`, names with capitals or letters that only look
    like ASCII, links, submodules, files that may be run, and documents whose `name`, `model` or `version`
    differs from their path.

    Why it matters: the path is the identity. Tools find a version by its path, reviewers and CODEOWNERS by
    the folder; a file that claims another identity is approved by the wrong people, and a link shows what
    lies elsewhere.

    How to mend it: move the file to the path that is named (`git mv`), or remove it from the registry (`git
    rm`).
    """
    if problem := _problem_of_entry(file):
        yield Fault(Place(file.path), problem, f"Remove it: git rm -r {_quoted(file.path)}", value=problem)
        return
    if file.entry.mode == EXECUTABLE and layout.is_registry_path(file.path):
        hint = f"Let it be a plain file: git update-index --chmod=-x {_quoted(file.path)}"
        yield Fault(Place(file.path), "a program by its mode, and a registry holds documents", hint)
    identity = layout.identify(file.path)
    if identity is None:
        problem, hint = _nowhere(file.path)
        yield Fault(Place(file.path), problem, hint, value=problem)
        return
    for keys, said, meant in _claims(registry, file.path, identity):
        if said != meant:
            yield Fault(
                Place(file.path, keys),
                f"the document says {said!r} and its path says {meant!r}",
                f"Write {meant!r}, or move the file to where {said!r} belongs with git mv.",
                value=said,
            )


def _problem_of_entry(file: FileAt) -> str | None:
    if file.entry.kind == "commit":
        return "a submodule, and everything in a registry is a file"
    if file.entry.mode == LINK:
        return "a symbolic link, and everything in a registry is a file"
    if file.path in TOPS:
        return f"a file, and {file.path}/ must be a folder"
    if file.path.casefold() in TOPS:
        right = file.path.casefold()
        return f"where capitals do not count (macOS, Windows) this is the same folder as {right}/"
    return None


def _nowhere(path: str) -> tuple[str, str]:
    """Why a path stands for nothing, and what to do about it."""
    parts = path.split("/")
    for place in _named(parts):
        ending = ".yaml" if place == len(parts) - 1 else ""
        name = parts[place].removesuffix(ending)
        if (problem := names.environment_name_problem(name)) is not None:
            better = _plain_name(name)
            old = "/".join(parts[: place + 1])
            new = "/".join([*parts[:place], f"{better or 'NAME'}{ending}"])
            return (
                f"{name!r} names nothing here: {_in_letters(name) or problem}",
                f"Rename it: git mv {_quoted(old)} {new}",
            )
    where = {
        layout.REGISTRY: "model.yaml, versions/<version>/{manifest.yaml,artifact.dvc,signature.json}, "
        "status/<version>.yaml and cards/<version>.md of a model",
        layout.ENVIRONMENTS: "<environment>.yaml and <environment>/<model>.yaml",
    }[parts[0]]
    return (
        f"a stray file: {parts[0]}/ holds only {where}",
        f"Move it out of {parts[0]}/, or remove it: git rm {_quoted(path)}",
    )


def _named(parts: list[str]) -> range:
    """Which parts of a path below `registry/` or `environments/` are names that somebody chose."""
    if parts[0] == layout.ENVIRONMENTS:
        return range(1, len(parts) if parts[-1].endswith(".yaml") else len(parts) - 1)
    is_namespace = len(parts) > 3 and parts[2] not in SUBFOLDERS
    return range(1, min(3 if is_namespace else 2, len(parts) - 1))


def _in_letters(name: str) -> str | None:
    strange = [character for character in name if ord(character) > 126]
    if strange:
        called = unicodedata.name(strange[0], "a character without a name")
        return f"U+{ord(strange[0]):04X} ({called}) is no ASCII letter, whatever it looks like"
    return "it has capitals" if name != name.lower() else None


def _plain_name(name: str) -> str | None:
    better = re.sub(r"[ _.]+", "-", name.lower()).strip("-")
    return better if better != name and names.environment_name_problem(better) is None else None


def _claims(registry: Registry, path: str, identity: Identity) -> Iterator[tuple[KeyPath, str, str]]:
    """Each identity that a readable document claims for itself: key path, what it says, what its path says."""
    if identity.kind is FileKind.MODEL:
        model = registry.load(path, Model)
        if isinstance(model, Model):
            yield ("name",), model.name, identity.model or ""
    elif identity.kind is FileKind.MANIFEST:
        manifest = registry.load(path, ModelVersion)
        if isinstance(manifest, ModelVersion):
            yield ("model",), manifest.model, identity.model or ""
            yield ("version",), manifest.version, identity.version or ""
    elif identity.kind is FileKind.STATUS:
        status = registry.load(path, VersionStatus)
        if isinstance(status, VersionStatus):
            yield ("model",), status.model, identity.model or ""
            yield ("version",), status.version, identity.version or ""
    elif identity.kind is FileKind.POLICY:
        policy = registry.load(path, Policy)
        if isinstance(policy, Policy):
            yield ("name",), policy.name, identity.environment or ""


@state_rule(ModelAt)
def missing_model_document(registry: Registry, subject: ModelAt) -> Iterator[Fault]:
    """A folder has versions, a status or a card, and no `model.yaml`.

    Why it matters: without `model.yaml` nobody knows who owns the model or how its versions are ordered, and
    no command lists it.

    How to mend it: add `registry/<model>/model.yaml`; `mooring register` writes it with the first version of
    a model.
    """
    path = layout.model_path(subject.model)
    if names.model_name_problem(subject.model) is not None:
        return  # its files are misplaced documents already
    children = registry.files.children(layout.model_folder(subject.model))
    found = sorted(child.name for child in children if child.kind == "tree" and child.name in SUBFOLDERS)
    if found and not any(child.path == path for child in children):
        yield Fault(
            Place(path),
            f"{subject.model} has {' and '.join(found)}, and no model.yaml",
            f"Add {path} with the lines: apiVersion: mooring/v1, kind: Model, name: {subject.model}",
        )


@state_rule(ModelAt, waivable=False)
def nested_model(registry: Registry, subject: ModelAt) -> Iterator[Fault]:
    """A name is both a model and a namespace of models.

    Why it matters: if `risk` is a model and `risk/churn` is one too, then an owner of `registry/risk/` owns
    both, and a pattern about one model matches the other.

    How to mend it: give the namespace a name that no model has, before anything points to its models.
    """
    if "/" in subject.model or names.model_name_problem(subject.model) is not None:
        return
    path = layout.model_path(subject.model)
    children = registry.files.children(layout.model_folder(subject.model))
    folders = {child.name for child in children if child.kind == "tree"}
    inner = sorted(folders - SUBFOLDERS)
    if inner and (folders & SUBFOLDERS or any(child.path == path for child in children)):
        yield Fault(
            Place(path),
            f"{subject.model!r} is a model, and with {subject.model}/{inner[0]} a namespace too",
            f"Move it to another namespace: git mv {_quoted(f'registry/{subject.model}/{inner[0]}')} ...",
            value=" ".join(inner),
        )


@state_rule(VersionAt)
def missing_manifest(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A version has files and no `manifest.yaml`, or a status or a card is about a version that does not
    exist.

    Why it matters: the manifest is the version. Files without one can be named by no reference, and a
    quarantine with a mistyped version bans nothing.

    How to mend it: register the version whole, or correct the name of the file.
    """
    model, version = subject.model, subject.version
    manifest = layout.manifest_path(model, version)
    if registry.files.entry(manifest) is not None:
        return
    if registry.files.children(layout.version_folder(model, version)):
        yield Fault(
            Place(manifest),
            f"{model}@{version} has files and no manifest.yaml",
            f"Register it whole: mooring register {model} FILES --version {version}",
        )
        return
    for path in (layout.status_path(model, version), layout.card_path(model, version)):
        if registry.files.entry(path) is not None:
            yield Fault(
                Place(path),
                f"it is about {model}@{version}, which is not in the registry",
                f"Rename it to a version that is there, or remove it: git rm {_quoted(path)}",
            )


@state_rule(VersionAt)
def misnumbered_version(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A version is not numbered as its model numbers versions.

    Why it matters: versions of two schemes have no order, so that "latest" and the required bump mean
    nothing.

    How to mend it: register it again under a version of the model's scheme, which is `versioning` in
    `model.yaml`.
    """
    model, version = subject.model, subject.version
    folder, manifest = layout.version_folder(model, version), layout.manifest_path(model, version)
    if not registry.files.children(folder):
        return
    scheme = scheme_of(registry, model)
    if scheme is not None and versions.try_parse(version, scheme) is None:
        example = {versions.Versioning.SEMVER: "1.2.0", versions.Versioning.CALVER: "2024.01.15"}[scheme]
        yield Fault(
            Place(manifest),
            f"{version!r} does not follow the scheme of {model}, which is {scheme}",
            f"Register it as a version such as {example}: mooring register {model} FILES --version {example}",
            value=scheme,
        )


@state_rule(FolderAt, waivable=False)
def colliding_names(registry: Registry, subject: FolderAt) -> Iterator[Fault]:
    """Two names in a folder are one name on other machines.

    Where capitals do not count (macOS, Windows) `1.0.0-RC.1` and `1.0.0-rc.1` are one folder; where accents are
    written in one way only (macOS) so are names that differ by that.

    Why it matters: a clone there shows one of the two in place of the other. What is checked, signed and served
    then depends on the machine.

    How to mend it: keep one of the names, and remove the other with `git rm -r`.
    """
    names_here = [child.name for child in registry.files.children(subject.folder)]
    if all(folded(name) == name for name in names_here):
        return
    groups: dict[str, list[str]] = {}
    for name in names_here:
        groups.setdefault(folded(name), []).append(name)
    for group in groups.values():
        for name in group if len(group) > 1 else ():
            others = [other for other in group if other != name]
            path = f"{subject.folder}/{name}"
            yield Fault(
                Place(path),
                f"{name!r} and {others[0]!r} are one name on machines where capitals or accents do not count",
                f"If this one is the new one, remove it: git rm -r {_quoted(path)}",
                value=" ".join(others),
            )


@state_rule(EnvironmentAt, waivable=False)
def missing_policy(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """An environment has pointers and no policy.

    Why it matters: the policy says who approves a promotion and where a version must have been before. Where
    there is none, nothing is asked, and every command about the environment ends with "there is no such
    environment".

    How to mend it: add `environments/<environment>.yaml`, in a change of its own, before the first promotion.
    """
    environment = subject.environment
    if names.environment_name_problem(environment) is not None:
        return  # its files are misplaced documents already
    path = layout.policy_path(environment)
    if registry.files.children(f"{layout.ENVIRONMENTS}/{environment}") and registry.files.entry(path) is None:
        yield Fault(
            Place(path),
            f"{environment} has pointers and no policy",
            f"Add {path} with the lines: apiVersion: mooring/v1, kind: Environment, name: {environment}",
        )


def _quoted(path: str) -> str:
    """A path as one word of a shell command, whatever it holds."""
    return shlex.quote(path)

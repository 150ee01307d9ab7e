"""Path ↔ identity: the only place that knows where a fact about a model lies in the repository."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mooring.domain import names

REGISTRY: Final = "registry"
ENVIRONMENTS: Final = "environments"
SETTINGS: Final = "mooring.yaml"
WAIVERS: Final = "registry/waivers.yaml"
SIGNERS: Final = ".mooring/allowed_signers"
DVC_CONFIG: Final = ".dvc/config"
ATTRIBUTES: Final = ".gitattributes"
APPROVALS: Final = "refs/mooring/approvals"
CHECKS: Final = "refs/mooring/checks"
MANIFEST: Final = "manifest.yaml"
ARTIFACT: Final = "artifact.dvc"
SIGNATURE: Final = "signature.json"


class FileKind(StrEnum):
    """What a file of the registry holds."""

    SETTINGS = "settings"
    MODEL = "model"
    MANIFEST = "manifest"
    ARTIFACT = "artifact"
    SIGNATURE = "signature"
    CARD = "card"
    STATUS = "status"
    WAIVERS = "waivers"
    POLICY = "policy"
    POINTER = "pointer"
    SIGNERS = "signers"
    DVC_CONFIG = "dvc-config"
    ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a path stands for: a kind, and the model, version and environment that it names."""

    kind: FileKind
    model: str | None = None
    version: str | None = None
    environment: str | None = None


_FIXED: Final = {
    SETTINGS: FileKind.SETTINGS,
    WAIVERS: FileKind.WAIVERS,
    SIGNERS: FileKind.SIGNERS,
    DVC_CONFIG: FileKind.DVC_CONFIG,
    ATTRIBUTES: FileKind.ATTRIBUTES,
}
_IN_VERSION: Final = {
    MANIFEST: FileKind.MANIFEST,
    ARTIFACT: FileKind.ARTIFACT,
    SIGNATURE: FileKind.SIGNATURE,
}


def model_folder(model: str) -> str:
    """The folder of everything about `model`."""
    return f"{REGISTRY}/{model}"


def model_path(model: str) -> str:
    """The document of `model` itself."""
    return f"{REGISTRY}/{model}/model.yaml"


def versions_folder(model: str) -> str:
    """The folder that has one folder for each version of `model`."""
    return f"{REGISTRY}/{model}/versions"


def version_folder(model: str, version: str) -> str:
    """The folder of one version; its files are never changed."""
    return f"{REGISTRY}/{model}/versions/{version}"


def manifest_path(model: str, version: str) -> str:
    """The manifest of one version."""
    return f"{version_folder(model, version)}/{MANIFEST}"


def artifact_path(model: str, version: str) -> str:
    """DVC's own file about the artifact of one version."""
    return f"{version_folder(model, version)}/{ARTIFACT}"


def signature_path(model: str, version: str) -> str:
    """The signatures over one version's manifest and artifact."""
    return f"{version_folder(model, version)}/{SIGNATURE}"


def card_path(model: str, version: str) -> str:
    """The prose of one version's model card."""
    return f"{REGISTRY}/{model}/cards/{version}.md"


def status_path(model: str, version: str) -> str:
    """The status of one version: deprecated, quarantined or archived."""
    return f"{REGISTRY}/{model}/status/{version}.yaml"


def policy_path(environment: str) -> str:
    """The policy of one environment."""
    return f"{ENVIRONMENTS}/{environment}.yaml"


def pointer_path(environment: str, model: str) -> str:
    """The pointer of one model in one environment."""
    return f"{ENVIRONMENTS}/{environment}/{model}.yaml"


def proposal_branch(environment: str, model: str, version: str | None) -> str:
    """The branch on which a promotion is proposed; a withdrawal has no version."""
    return f"promote/{environment}/{model}/{version or 'withdraw'}"


def rollback_branch(environment: str, model: str) -> str:
    """The branch on which a rollback is proposed."""
    return f"rollback/{environment}/{model}"


def registration_branch(model: str, version: str) -> str:
    """The branch on which a registration is proposed."""
    return f"register/{model}/{version}"


def signing_branch(model: str, version: str) -> str:
    """The branch on which the signature of a version is proposed."""
    return f"sign/{model}/{version}"


def status_branch(model: str, version: str) -> str:
    """The branch on which a status of a version is proposed."""
    return f"status/{model}/{version}"


def _in_registry(parts: list[str]) -> Identity | None:
    for length in (1, 2):
        model, rest = "/".join(parts[:length]), parts[length:]
        if names.model_name_problem(model) is not None:
            return None
        match rest:
            case ["model.yaml"]:
                return Identity(FileKind.MODEL, model)
            case ["versions", version, file] if file in _IN_VERSION:
                return Identity(_IN_VERSION[file], model, version)
            case ["status", file] if file.endswith(".yaml"):
                return Identity(FileKind.STATUS, model, file.removesuffix(".yaml"))
            case ["cards", file] if file.endswith(".md"):
                return Identity(FileKind.CARD, model, file.removesuffix(".md"))
    return None


def _in_environments(parts: list[str]) -> Identity | None:
    if not parts[-1].endswith(".yaml"):
        return None
    names_of = [*parts[:-1], parts[-1].removesuffix(".yaml")]
    if names.environment_name_problem(names_of[0]) is not None:
        return None
    if len(names_of) == 1:
        return Identity(FileKind.POLICY, environment=names_of[0])
    model = "/".join(names_of[1:])
    if names.model_name_problem(model) is not None:
        return None
    return Identity(FileKind.POINTER, model, environment=names_of[0])


def identify(path: str) -> Identity | None:
    """What `path` stands for; None elsewhere, and for what stands for nothing under `registry/` or `environments/`.

    Versions are taken as they are written: whether one is well formed is judged with the model's scheme.
    """
    if path in _FIXED:
        return Identity(_FIXED[path])
    top, _, rest = path.partition("/")
    if top == REGISTRY and rest:
        return _in_registry(rest.split("/"))
    if top == ENVIRONMENTS and rest:
        return _in_environments(rest.split("/"))
    return None


def is_registry_path(path: str) -> bool:
    """Whether `path` lies where only the registry's own files may lie."""
    return path.startswith((f"{REGISTRY}/", f"{ENVIRONMENTS}/"))


def version_of_path(path: str) -> tuple[str, str] | None:
    """The model and version whose immutable folder holds `path`, or None when none does."""
    parts = path.split("/")
    if parts[0] != REGISTRY or "versions" not in parts[2:4]:
        return None
    place = parts.index("versions", 2)
    if len(parts) < place + 3:
        return None
    return "/".join(parts[1:place]), parts[place + 1]

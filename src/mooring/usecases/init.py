"""Lay down a new registry: the files, the first commit, and, when asked for, a bare remote with our hook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

from mooring.documents import codec
from mooring.documents.canonical import canonical
from mooring.documents.schemas import published_files
from mooring.domain import layout, names
from mooring.domain.environment import Approvals, Policy, RollbackMode, Settings
from mooring.domain.requirements import Requirement
from mooring.errors import RefusedError, UsageError
from mooring.stores.git import create
from mooring.stores.git.repository import Repository

_FILES: Final = {
    "mooring.yaml": layout.SETTINGS,
    "waivers.yaml": layout.WAIVERS,
    "gitattributes": layout.ATTRIBUTES,
    "gitignore": ".gitignore",
    "dvc_config": layout.DVC_CONFIG,
    "README.md": "README.md",
    "pre-commit-config.yaml": ".pre-commit-config.yaml",
    "codeowners": ".github/CODEOWNERS",
}
# What one wants to know of a model that fails at night; the last environment of a chain asks for it.
_REQUIRED: Final = (
    Requirement.OWNERS,
    Requirement.METRICS,
    Requirement.DATA_DIGEST,
    Requirement.LIMITATIONS,
)
_KEY: Final = re.compile(r"((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+) ([A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment of a new registry: the one it promotes from, and how many approvals it takes."""

    name: str
    promotes_from: str | None
    approvals: int


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was laid down: `files` that were written (none where the registry was there already)."""

    folder: Path
    files: tuple[str, ...]
    commit: str | None
    remote: Path | None


def environments(chain: Sequence[str], *, approvals: int) -> tuple[Environment, ...]:
    """Environments that promote one into the next; only the last asks for approvals. Raises UsageError."""
    for name in chain:
        names.check_environment_name(name)
    if len(set(chain)) != len(chain):
        raise UsageError("an environment is named twice", "Name each once: --environments staging,production")
    feeders = [None, *chain[:-1]]
    return tuple(
        Environment(name, feeder, approvals if name == chain[-1] else 0)
        for name, feeder in zip(chain, feeders, strict=True)
    )


def signer_line(principal: str, public_key: str) -> str:
    """A line of `allowed_signers`; raises UsageError when either is not what it should be."""
    key = _KEY.match(public_key.strip())
    if key is None:
        raise UsageError(
            "that is no SSH public key", "Give the .pub file: --signer alex@example.com=~/.ssh/id_ed25519.pub"
        )
    if not re.fullmatch(r"[A-Za-z0-9._+-]+(?:@[A-Za-z0-9.-]+)?", principal):
        raise UsageError(
            f"{principal!r} is no principal", "Use an e-mail address, as in the person's commits."
        )
    return f'{principal} namespaces="git,mooring-model-version" {key[1]} {key[2]}'


def initialise(
    folder: Path,
    *,
    environ: Mapping[str, str],
    name: str,
    storage: str,
    chain: Sequence[Environment],
    signers: Sequence[str] = (),
    remote: Path | None = None,
    hook: bytes | None = None,
    dry_run: bool = False,
) -> Initialised:
    """Lay down a registry in `folder`, commit it on main and push it to a bare `remote` that gets the `hook`.

    A folder that is a registry already is left as it is. Raises RefusedError when a file that would be written is there
    with other content, or the remote is in use.
    """
    wanted = _contents(name, storage, chain, signers)
    if (folder / layout.SETTINGS).exists():
        return Initialised(folder, (), None, remote)
    clashing = [
        path
        for path in sorted(wanted)
        if (folder / path).exists() and (folder / path).read_bytes() != wanted[path]
    ]
    if clashing:
        raise RefusedError(
            f"{folder / clashing[0]} is there already and says something else",
            "Start in an empty folder, or move that file away.",
        )
    if remote is not None and remote.exists() and any(remote.iterdir()):
        raise RefusedError(
            f"{remote} is there already and is not empty", "Name a folder that does not exist yet."
        )
    if dry_run:
        return Initialised(folder, tuple(sorted(wanted)), None, remote)
    if not create.is_repository(folder, environ=environ):
        create.init(folder, environ=environ, branch="main")
    for path, data in sorted(wanted.items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    with Repository.open(folder, environ=environ) as repository:
        commit = create.commit_files(repository, sorted(wanted), message=f"Start the registry {name}\n")
        if remote is not None:
            create.bare_remote(repository, remote, hook=hook, environ=environ)
        repository.write_commit_graph()
    return Initialised(folder, tuple(sorted(wanted)), commit, remote)


def _contents(
    name: str, storage: str, chain: Sequence[Environment], signers: Sequence[str]
) -> dict[str, bytes]:
    values = {"name": _quoted(name), "storage": storage}
    folder = resources.files("mooring.templates") / "registry"
    found = {
        target: Template((folder / source).read_text("utf-8")).substitute(
            {**values, "name": name} if source == "README.md" else values
        )
        for source, target in _FILES.items()
    }
    contents = {path: text.encode() for path, text in found.items()}
    # How the name is quoted is the layout's to say.
    contents[layout.SETTINGS] = canonical(Settings, contents[layout.SETTINGS])
    for environment in chain:
        policy = Policy(
            name=environment.name,
            promotes_from=(environment.promotes_from,) if environment.promotes_from is not None else (),
            approvals=Approvals(required=environment.approvals),
            rollback=RollbackMode.DIRECT,
            requires=_REQUIRED if environment.promotes_from is not None and environment == chain[-1] else (),
        )
        contents[layout.policy_path(environment.name)] = codec.encode(policy)
    if signers:
        contents[layout.SIGNERS] = ("\n".join(signers) + "\n").encode()
    contents |= {f"schemas/{file}": data for file, data in published_files().items()}
    return contents


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)

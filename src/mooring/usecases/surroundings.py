"""What can be known without asking: the training code's commit, the Python version, the framework's version."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from mooring.errors import MooringError
from mooring.stores.git.repository import Repository
from mooring.stores.git.url import redact

# The library that writes each format, by the name of its distribution.
_WRITERS: Mapping[str, str] = {"skops": "scikit-learn", "joblib": "scikit-learn"}


def code_reference(folder: Path, *, environ: Mapping[str, str], registry: Path) -> dict[str, object] | None:
    """The repository and commit of the code in `folder`, and whether it had changes that are not committed.

    None outside a repository, in one without commits, and in the registry itself.
    """
    try:
        with Repository.open(folder, environ=environ) as repository:
            commit = repository.commit_id("HEAD")
            if commit is None or repository.common_dir == registry:
                return None
            found: dict[str, object] = {"commit": commit}
            address = repository.remotes().get("origin")
            if address is not None:
                found["repository"] = redact(address)
            if repository.git("status", "--porcelain", "--untracked-files=no"):
                found["dirty"] = True
            return found
    except MooringError:
        return None


def framework_of(formats: set[str]) -> dict[str, object] | None:
    """The framework whose files these are, in the version that is installed here; None where that is not known."""
    for name in sorted(formats):
        library = _WRITERS.get(name)
        if library is None:
            continue
        try:
            return {"name": library, "version": metadata.version(library)}
        except metadata.PackageNotFoundError:
            return {"name": library}
    return None


def python_version() -> str:
    """The version of the Python that runs."""
    return platform.python_version()

"""From the verified files of a version to objects that predict.

A file is read once, its bytes are compared with the manifest, and those very bytes are what the library gets: nobody
can change them in between. Formats that cannot run code load by themselves; joblib and pickle need the manifest's
`allow_unsafe_format`, the caller's `trust`, and an exact list of names.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from mooring.domain import formats
from mooring.domain.formats import Format
from mooring.domain.model import ArtifactFile, ModelVersion
from mooring.errors import IntegrityError, MooringError, RefusedError, UnavailableError

_MODEL: Final = "model"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A version in memory.

    `model` is the object of the file whose role is "model": a scikit-learn estimator (skops, joblib, pickle), an
    onnxruntime InferenceSession, a dictionary of numpy arrays (safetensors, npz), an array, data (JSON) or text.
    `others` are the objects of the other files by their role, or by their path where several have one role; `files` are
    all of them by path.
    """

    manifest: ModelVersion
    model: object
    others: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, object] = field(default_factory=dict, repr=False)


def load_model(
    files: Mapping[str, Path], manifest: ModelVersion, *, trust: Collection[str] = ()
) -> LoadedModel:
    """Load the files of a version (path in the artifact → local file), each verified right before it is used.

    `trust` names unsafe formats that may be loaded ("joblib", "pickle") and types and functions that a file may use
    beside the known ones ("mypackage.transform.Scale").

    Raises IntegrityError for bytes or formats that are not what the manifest says, RefusedError for what is not
    trusted or cannot be loaded, UnavailableError where a library is missing, with the command that installs it.
    """
    if isinstance(trust, str):
        trust = (trust,)
    listed = manifest.artifact.files
    main = _main_file(listed, manifest.ref)
    # Everything is judged before anything is loaded.
    contents = {file.path: _verified(files, file) for file in listed}
    for file in listed:
        _check_trust(file, manifest, trust)
    objects = {file.path: _load(file, contents.pop(file.path), trust) for file in listed}
    return LoadedModel(
        manifest, objects[main.path], _others(listed, main, objects), MappingProxyType(objects)
    )


def _main_file(listed: tuple[ArtifactFile, ...], ref: str) -> ArtifactFile:
    models = [file for file in listed if file.role == _MODEL]
    if len(models) == 1:
        return models[0]
    if len(listed) == 1:
        return listed[0]
    raise RefusedError(
        f"{ref} has {len(models)} files of the role 'model', so which one predicts is not known",
        "Fetch the files and load them yourself, or register the version again with roles.",
    )


def _others(
    listed: tuple[ArtifactFile, ...], main: ArtifactFile, objects: Mapping[str, object]
) -> Mapping[str, object]:
    rest = [file for file in listed if file.path != main.path]
    roles = [file.role for file in rest]
    return MappingProxyType(
        {file.role if roles.count(file.role) == 1 else file.path: objects[file.path] for file in rest}
    )


def _verified(files: Mapping[str, Path], file: ArtifactFile) -> bytes:
    path = files.get(file.path)
    if path is None:
        raise IntegrityError(f"the file {file.path} of the version was not fetched")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {error.strerror}", "Fetch it again.") from error
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        right = stat.S_ISREG(found.st_mode) and found.st_size == file.size
        data = opened.read(file.size + 1) if right else b""
    if not right or len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
        raise IntegrityError(
            f"{file.path} is not what the manifest says: {path}",
            "Nothing was loaded. Fetch it again: wrong files in the cache are replaced.",
        )
    if problem := formats.problem(file.format, formats.InMemory(data)):
        raise IntegrityError(f"{file.path}: {problem}", "Nothing was loaded.")
    return data


def _check_trust(file: ArtifactFile, manifest: ModelVersion, trust: Collection[str]) -> None:
    if file.format not in formats.UNSAFE:
        return
    if problem := formats.unsafe_problem(file.format, allowed=manifest.artifact.allow_unsafe_format):
        raise RefusedError(f"{manifest.ref}: {file.path}: {problem}")
    if file.format not in trust:
        raise RefusedError(
            f"{manifest.ref}: {file.path} is a {file.format} file, which can run code when it is loaded",
            f"If you trust whoever made it, say so: trust=[{str(file.format)!r}]",
        )


def _load(file: ArtifactFile, data: bytes, trust: Collection[str]) -> object:
    declared = Format(file.format)
    names = [name for name in trust if name not in set(Format)]
    try:
        return _LOADERS[declared](file.path, data, names)
    except MooringError:
        raise
    except ImportError as error:
        needed = _NEEDED[declared]
        raise UnavailableError(
            f"loading {file.path} needs a package that is not installed: {error}",
            f"Install it: pip install {needed}",
        ) from error
    except Exception as error:
        raise RefusedError(
            f"{file.path} cannot be loaded: {type(error).__name__}: {error}",
            "It may have been written by another version of its library; the manifest names the version.",
        ) from error


def _load_skops(path: str, data: bytes, trusted: Collection[str]) -> object:
    import skops.io

    unknown = [name for name in skops.io.get_untrusted_types(data=data) if name not in trusted]
    if unknown:
        raise RefusedError(
            f"{path} holds types that are not known to be safe: {', '.join(unknown)}",
            f"If you know them, name them: trust={unknown!r}",
        )
    return skops.io.loads(data, trusted=list(trusted))


def _load_onnx(_path: str, data: bytes, _trusted: Collection[str]) -> object:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _load_safetensors(_path: str, data: bytes, _trusted: Collection[str]) -> object:
    import safetensors.numpy

    return safetensors.numpy.load(data)


def _load_json(_path: str, data: bytes, _trusted: Collection[str]) -> object:
    return json.loads(data)


def _load_text(_path: str, data: bytes, _trusted: Collection[str]) -> object:
    return data.decode("utf-8")


def _load_npy(_path: str, data: bytes, _trusted: Collection[str]) -> object:
    import io

    import numpy as np

    return np.load(io.BytesIO(data), allow_pickle=False)


def _load_npz(_path: str, data: bytes, _trusted: Collection[str]) -> object:
    import io

    import numpy as np

    with np.load(io.BytesIO(data), allow_pickle=False) as opened:
        return dict(opened)


def _load_joblib(path: str, data: bytes, trusted: Collection[str]) -> object:
    from mooring.api.unpickling import load_joblib

    return load_joblib(path, data, trusted)


def _load_pickle(path: str, data: bytes, trusted: Collection[str]) -> object:
    from mooring.api.unpickling import load_pickle

    return load_pickle(path, data, trusted)


_LOADERS: Final[Mapping[Format, Callable[[str, bytes, Collection[str]], object]]] = {
    Format.SKOPS: _load_skops,
    Format.ONNX: _load_onnx,
    Format.SAFETENSORS: _load_safetensors,
    Format.JSON: _load_json,
    Format.TEXT: _load_text,
    Format.NPY: _load_npy,
    Format.NPZ: _load_npz,
    Format.JOBLIB: _load_joblib,
    Format.PICKLE: _load_pickle,
}
_NEEDED: Final[Mapping[Format, str]] = {
    Format.SKOPS: "skops scikit-learn",
    Format.ONNX: "onnxruntime",
    Format.SAFETENSORS: "safetensors numpy",
    Format.JSON: "mooring",
    Format.TEXT: "mooring",
    Format.NPY: "numpy",
    Format.NPZ: "numpy",
    Format.JOBLIB: "joblib scikit-learn",
    Format.PICKLE: "scikit-learn",
}

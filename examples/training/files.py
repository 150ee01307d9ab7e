"""Model files: written so that the same model gives the same bytes, read back as a serving process reads them.

Each format's library is imported when a file of it is met: a version in skops need not wait for ONNX.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from examples.training.variant import Format

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime
    from sklearn.base import BaseEstimator

# skops does not trust a forest by itself: the indices inside its trees are used unchecked, so a forged file could
# crash the reader. Whoever reads these files knows their sha256 from a reviewed manifest.
TRUSTED = ["sklearn.tree._tree.Tree"]

# The opset of ONNX 1.12: old enough for runtimes of the last years.
OPSET = 17


def write(model: BaseEstimator, path: Path, *, width: int) -> None:
    """Store `model`, which takes rows of `width` numbers, in the format that the suffix of `path` names."""
    match Format(path.suffix.removeprefix(".")):
        case Format.SKOPS:
            import skops.io

            path.write_bytes(_canonical(skops.io.dumps(model)))
        case Format.ONNX:
            from skl2onnx import to_onnx
            from skl2onnx.common.data_types import FloatTensorType

            path.write_bytes(
                to_onnx(
                    model,
                    name=path.stem,
                    initial_types=[("input", FloatTensorType([None, width]))],
                    options={id(model): {"zipmap": False}},
                    target_opset=OPSET,
                ).SerializeToString()
            )
        case Format.JOBLIB:
            import joblib

            with path.open("wb") as file:
                joblib.dump(model, file)


def read(path: Path) -> BaseEstimator | onnxruntime.InferenceSession:
    """Load a model file of one's own: joblib is pickle and runs what it says."""
    match Format(path.suffix.removeprefix(".")):
        case Format.SKOPS:
            import skops.io

            return skops.io.load(path, trusted=TRUSTED)
        case Format.ONNX:
            import onnxruntime

            # One row at a time: more threads than one cost more than they give.
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            return onnxruntime.InferenceSession(
                path.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"]
            )
        case Format.JOBLIB:
            import joblib

            with path.open("rb") as file:
                return joblib.load(file)


def _canonical(dumped: bytes) -> bytes:
    """Give a skops file the same bytes for the same model.

    skops names objects by their address in memory and stamps every member with the time of writing. Addresses are
    replaced by numbers in order of appearance, times by the first day that a zip file can express.
    """
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))
    renamed: dict[str, str] = {}
    _renumber(schema, {}, renamed)
    members = {renamed[name]: content for name, content in members.items()}
    members["schema.json"] = json.dumps(schema, separators=(",", ":")).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def _renumber(node: object, numbers: dict[int, int], renamed: dict[str, str]) -> None:
    if isinstance(node, list):
        for child in node:
            _renumber(child, numbers, renamed)
    elif isinstance(node, dict):
        if isinstance(identity := node.get("__id__"), int):
            node["__id__"] = numbers.setdefault(identity, len(numbers) + 1)
        if isinstance(name := node.get("file"), str):
            suffix = name.rpartition(".")[2]
            node["file"] = renamed.setdefault(name, f"{len(renamed) + 1}.{suffix}")
        for child in node.values():
            _renumber(child, numbers, renamed)

"""Trains a variant, stores it, reads the files back, measures what was read, and writes down what is true of it."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import sklearn
import yaml
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from threadpoolctl import threadpool_limits

from examples.training import files
from examples.training.predict import predict
from examples.training.variant import Format

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from sklearn.base import BaseEstimator

    from examples.training.predict import Payload
    from examples.training.variant import Variant

SHUFFLE_SEED = 42


@dataclass(frozen=True)
class Prepared:
    """Rows as the callers of one variant send them: its columns, in its range; labels beside them."""

    train_features: NDArray[np.float64]
    train_labels: NDArray[np.int64]
    test_features: NDArray[np.float64]
    test_labels: NDArray[np.int64]

    @classmethod
    def of(cls, variant: Variant) -> Prepared:
        """Split the variant's data set, then keep what the variant uses of it."""
        dataset = variant.dataset()
        split = dataset.split()
        columns = [dataset.feature_names.index(name) for name in variant.features or dataset.feature_names]
        labels = split.train_labels
        if variant.shuffle_labels:
            labels = np.random.default_rng(SHUFFLE_SEED).permutation(labels)
        return cls(
            split.train_features[:, columns] * variant.scale,
            labels,
            split.test_features[:, columns] * variant.scale,
            split.test_labels,
        )


def train(variant: Variant, out: Path) -> dict[str, float]:
    """Fill the folder `out` with a version ready to register and return its metrics.

    `artifact/` holds the files of the version, the files beside it what its manifest will say.
    Raises FileExistsError if `out` holds a version already.
    """
    artifact = out / "artifact"
    artifact.mkdir(parents=True)
    started_at = datetime.now(UTC)
    started = time.perf_counter()
    rows = Prepared.of(variant)
    scaler, model = fit(variant, rows)
    duration = time.perf_counter() - started

    files.write(model, artifact / f"model.{variant.format}", width=rows.train_features.shape[1])
    if scaler is not None:
        files.write(scaler, artifact / "scaler.skops", width=rows.train_features.shape[1])

    metrics = measure(artifact, variant, rows)
    _write_json(out / "metrics.json", metrics)
    _write_json(out / "interface.json", {"input": variant.input, "output": variant.output})
    _write_json(
        out / "training.json",
        {
            "data": [variant.dataset().reference],
            "started_at": started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "duration": f"{duration:.3f}s",
        },
    )
    _write_json(out / "about.json", about(variant))
    (out / "hyperparameters.yaml").write_text(
        yaml.safe_dump(dict(variant.hyperparameters), sort_keys=False), encoding="utf-8"
    )
    return metrics


def fit(variant: Variant, rows: Prepared) -> tuple[BaseEstimator | None, BaseEstimator]:
    """Fit the scaler, where the variant has one, and the model on what the scaler makes of the rows."""
    model = variant.estimator(**variant.hyperparameters)
    # Sums come out the same only in one order of adding, so the number of cores must not decide it.
    with threadpool_limits(limits=1):
        if variant.scaler is None:
            return None, model.fit(rows.train_features, rows.train_labels)
        scaler = variant.scaler().fit(rows.train_features)
        return scaler, model.fit(scaler.transform(rows.train_features), rows.train_labels)


def measure(artifact: Path, variant: Variant, rows: Prepared) -> dict[str, float]:
    """Measure the stored files on the rows that the model never saw, one prediction at a time.

    Precision, recall and F1 are means over the classes; `latency_ms` is the median time of one prediction.
    """
    model = files.read(artifact / f"model.{variant.format}")
    scaler = files.read(artifact / "scaler.skops") if variant.scaler else None
    payloads = [payload_of(variant, row) for row in rows.test_features]
    predictions = []
    durations = []
    for payload in payloads:
        started = time.perf_counter_ns()
        answer = predict(model, payload, input_schema=variant.input, scaler=scaler)
        durations.append(time.perf_counter_ns() - started)
        predictions.append(answer["prediction"])
    average = {"average": "macro", "zero_division": 0.0}
    return {
        "accuracy": round(float(accuracy_score(rows.test_labels, predictions)), 4),
        "precision": round(float(precision_score(rows.test_labels, predictions, **average)), 4),
        "recall": round(float(recall_score(rows.test_labels, predictions, **average)), 4),
        "f1_score": round(float(f1_score(rows.test_labels, predictions, **average)), 4),
        "latency_ms": round(median(durations) / 1e6, 3),
    }


def payload_of(variant: Variant, row: NDArray[np.float64]) -> Payload:
    """Write a row of the variant's columns as its callers send it."""
    values = [float(value) for value in row]
    if variant.input["type"] == "array":
        return values
    names = variant.features or variant.dataset().feature_names
    return dict(zip(names, values, strict=True))


def about(variant: Variant) -> dict[str, object]:
    """Say what a manifest says of a version beside its files, metrics, interface and training."""
    packages = ["scikit-learn", "numpy"]
    if variant.format is Format.SKOPS or variant.scaler:
        packages.append("skops")
    if variant.format is Format.ONNX:
        packages.append("onnxruntime")
    if variant.format is Format.JOBLIB:
        packages.append("joblib")
    estimator = variant.estimator(**variant.hyperparameters)
    steps = getattr(estimator, "steps", [("", estimator)])
    return {
        "model": variant.model,
        "version": variant.version,
        "description": variant.description,
        "changelog": variant.changelog,
        "framework": {"name": "scikit-learn", "version": sklearn.__version__},
        "algorithm": type(steps[-1][1]).__name__,
        "requirements": {
            "python": platform.python_version(),
            "packages": [f"{name}=={version(name)}" for name in packages],
        },
        "limitations": list(variant.limitations),
        "allow_unsafe_format": variant.format is Format.JOBLIB,
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

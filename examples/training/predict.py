"""One prediction as a serving process makes it: a payload that fits the interface in, the answer out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnxruntime
    from sklearn.base import BaseEstimator

Payload = Sequence[float] | Mapping[str, float]


def row_of(payload: Payload, input_schema: Mapping[str, object]) -> list[float]:
    """Put a payload into the order of the model's columns.

    An array comes in that order; for an object it is the order in which the schema requires the names.
    """
    if isinstance(payload, Mapping):
        required = input_schema["required"]
        if not isinstance(required, list | tuple):
            raise TypeError("the schema of an object must list what it requires")
        return [payload[name] for name in required]
    return list(payload)


def predict(
    model: BaseEstimator | onnxruntime.InferenceSession,
    payload: Payload,
    *,
    input_schema: Mapping[str, object],
    scaler: BaseEstimator | None = None,
) -> dict[str, int | list[float]]:
    """Answer one payload with the class and the probability of each class."""
    row = np.asarray([row_of(payload, input_schema)])
    if scaler is not None:
        row = scaler.transform(row)
    if hasattr(model, "predict_proba"):
        probabilities = model.predict_proba(row)[0]
        prediction = model.classes_[int(np.argmax(probabilities))]
    else:
        (label,), (probabilities,) = model.run(None, {model.get_inputs()[0].name: row.astype(np.float32)})
        prediction = label
    # In 32 bits a certainty may come out a hair above 1, which the interface does not allow.
    bounded = np.clip(probabilities.astype(np.float64), 0, 1)
    return {"prediction": int(prediction), "probabilities": bounded.tolist()}

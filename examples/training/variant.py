"""A variant: everything that makes one version of a model different from the next, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sklearn.base import BaseEstimator

    from examples.training.data import Dataset

Schema = dict[str, object]


class Format(StrEnum):
    """The file format of the model; joblib is pickle, so a registry takes it only by the opt-in."""

    SKOPS = "skops"
    ONNX = "onnx"
    JOBLIB = "joblib"


@dataclass(frozen=True)
class Variant:
    """One version of one model, before it is trained."""

    model: str
    version: str
    description: str
    changelog: str
    dataset: Callable[[], Dataset]
    estimator: Callable[..., BaseEstimator]
    hyperparameters: dict[str, bool | int | float | str | list[int] | None]
    input: Schema
    output: Schema
    limitations: tuple[str, ...]
    format: Format = Format.SKOPS
    # A file of its own (scaler.skops), for a preprocessor that outlives the model; else None.
    scaler: Callable[[], BaseEstimator] | None = None
    # The features used, in the order of the columns; all of them when empty.
    features: tuple[str, ...] = ()
    # What the callers of this version send, as a factor of what the data set holds.
    scale: float = 1.0
    # True for the accident that the rollback is shown with.
    shuffle_labels: bool = False

    @property
    def ref(self) -> str:
        """`model@version`."""
        return f"{self.model}@{self.version}"

    def with_random_state(self, number: int) -> Variant:
        """The same variant with another `random_state`: what a retraining on a schedule gives."""
        return replace(self, hyperparameters={**self.hyperparameters, "random_state": number})


def numbers(
    count: int, description: str, *, minimum: float | None = None, maximum: float | None = None
) -> Schema:
    """Schema of an array of exactly `count` numbers."""
    bounds = {"minimum": minimum, "maximum": maximum}
    item = {"type": "number", **{name: bound for name, bound in bounds.items() if bound is not None}}
    return {
        "type": "array",
        "items": {**item, "description": description},
        "minItems": count,
        "maxItems": count,
    }


def named_numbers(names: tuple[str, ...], *, required: tuple[str, ...] = (), minimum: float = 0) -> Schema:
    """Schema of an object with one number a name; all are required unless `required` names fewer."""
    return {
        "type": "object",
        "properties": {name: {"type": "number", "minimum": minimum} for name in names},
        "required": list(required or names),
        "additionalProperties": False,
    }


def classification(classes: int) -> Schema:
    """Schema of an answer: the class, and the probability of each class."""
    return {
        "type": "object",
        "properties": {
            "prediction": {"type": "integer", "enum": list(range(classes))},
            "probabilities": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 1},
                "minItems": classes,
                "maxItems": classes,
            },
        },
        "required": ["prediction", "probabilities"],
    }

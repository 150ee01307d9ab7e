"""digits-classifier: networks exported to ONNX, one that learned too little, and another range of input."""

from __future__ import annotations

from dataclasses import replace

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from examples.training import data
from examples.training.variant import Format, Variant, classification, numbers

BASELINE = Variant(
    model="digits-classifier",
    version="1.0.0",
    description="Handwritten digits of 8 by 8 pixels by logistic regression.",
    changelog="First version: the baseline to beat.",
    dataset=data.digits,
    estimator=lambda **given: make_pipeline(StandardScaler(), LogisticRegression(**given)),
    hyperparameters={"C": 0.05, "max_iter": 2000},
    input=numbers(64, "pixels row by row, 0 white to 16 black", minimum=0, maximum=16),
    output=classification(10),
    limitations=(
        "Knows centred digits of 8 by 8 pixels only.",
        "Always answers with a digit, also for an image that shows none.",
    ),
    format=Format.ONNX,
)

NETWORK = replace(
    BASELINE,
    version="1.1.0",
    description="Handwritten digits of 8 by 8 pixels by a neural network of one hidden layer.",
    changelog="A neural network in place of the baseline; no change of interface.",
    estimator=lambda **given: make_pipeline(StandardScaler(), MLPClassifier(**given)),
    hyperparameters={"hidden_layer_sizes": [64], "alpha": 0.01, "max_iter": 1000, "random_state": 42},
)

UNDERFITTED = replace(
    NETWORK,
    version="1.1.1",
    description="Handwritten digits of 8 by 8 pixels by a neural network of three hidden units.",
    changelog="A far smaller network, for faster answers.",
    hyperparameters={"hidden_layer_sizes": [3], "alpha": 0.01, "max_iter": 3000, "random_state": 42},
)

UNIT_RANGE = replace(
    NETWORK,
    version="2.0.0",
    changelog="Pixels are sent from 0 to 1, no longer from 0 to 16. Callers of 1.x must change.",
    estimator=lambda **given: make_pipeline(MinMaxScaler(), MLPClassifier(**given)),
    input=numbers(64, "pixels row by row, 0 white to 1 black", minimum=0, maximum=1),
    scale=1 / 16,
)

VARIANTS = (BASELINE, NETWORK, UNDERFITTED, UNIT_RANGE)

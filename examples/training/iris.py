"""iris-classifier: a baseline, the forest of the textbooks, a breaking interface, and an accident."""

from __future__ import annotations

from dataclasses import replace

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from examples.training import data
from examples.training.variant import Variant, classification, named_numbers, numbers

MEASURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")

BASELINE = Variant(
    model="iris-classifier",
    version="1.0.0",
    description="Iris flower classification (setosa, versicolor, virginica) by logistic regression.",
    changelog="First version: the baseline to beat.",
    dataset=data.iris,
    estimator=LogisticRegression,
    hyperparameters={"C": 0.1, "max_iter": 500},
    input=numbers(4, f"[{', '.join(MEASURES)}] in centimetres"),
    output=classification(3),
    limitations=(
        "Trained only on the UCI Iris data set; may not generalize to other iris species.",
        "Assumes numerical input; does not handle missing values.",
        "Measured on 45 rows of one split, whose seed was chosen after trying others: a few points are noise.",
    ),
)

FOREST = replace(
    BASELINE,
    version="1.1.0",
    description="Iris flower classification (setosa, versicolor, virginica) by a random forest.",
    changelog="A random forest in place of the baseline; no change of interface.",
    estimator=RandomForestClassifier,
    hyperparameters={"n_estimators": 100, "max_depth": 10, "random_state": 42},
)

SCALED = replace(
    FOREST,
    version="1.2.0",
    changelog="Measures are standardized by a scaler that is a file of its own; fewer trees, faster answers.",
    hyperparameters={"n_estimators": 40, "max_depth": 10, "random_state": 42},
    scaler=StandardScaler,
)

SHUFFLED = replace(
    SCALED,
    version="1.2.1",
    changelog="Labels are read from the new export. (They came in another order than the rows.)",
    shuffle_labels=True,
    limitations=(
        *BASELINE.limitations,
        "Worthless on purpose: its training labels are shuffled, so that there is something to roll back.",
    ),
)

NAMED = replace(
    SCALED,
    version="2.0.0",
    changelog="Measures are sent by name, no longer by position. Callers of 1.x must change.",
    input=named_numbers(MEASURES),
)

VARIANTS = (BASELINE, FOREST, SCALED, SHUFFLED, NAMED)

"""breast-cancer-classifier: named input, a version in joblib for the opt-in, and a compatible new interface."""

from __future__ import annotations

from dataclasses import replace

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from examples.training import data
from examples.training.variant import Format, Variant, classification, named_numbers

MEASURES = data.breast_cancer().feature_names
MEANS = tuple(name for name in MEASURES if name.startswith("mean_"))

BASELINE = Variant(
    model="breast-cancer-classifier",
    version="1.0.0",
    description="Tumours of the Wisconsin study, malignant (0) or benign (1), by logistic regression.",
    changelog="First version: the baseline to beat.",
    dataset=data.breast_cancer,
    estimator=LogisticRegression,
    hyperparameters={"C": 0.01, "max_iter": 500},
    input=named_numbers(MEASURES),
    output=classification(2),
    limitations=(
        "Shows how a registry works; it is no medical device and must decide about nobody.",
        "569 tumours of one clinic; does not handle missing values.",
    ),
    scaler=StandardScaler,
)

FOREST = replace(
    BASELINE,
    version="1.1.0",
    description="Tumours of the Wisconsin study, malignant (0) or benign (1), by a random forest.",
    changelog="A random forest in place of the baseline; no change of interface.",
    estimator=RandomForestClassifier,
    hyperparameters={"n_estimators": 60, "max_depth": 6, "random_state": 42},
    scaler=None,
)

PICKLED = replace(
    BASELINE,
    version="1.2.0",
    changelog="A better regularized regression; one joblib file holds scaler and model, so it needs the opt-in.",
    estimator=lambda **given: make_pipeline(StandardScaler(), LogisticRegression(**given)),
    hyperparameters={"C": 1.0, "max_iter": 500},
    format=Format.JOBLIB,
    scaler=None,
)

MEANS_ONLY = replace(
    FOREST,
    version="1.3.0",
    changelog="Needs only the ten means; the twenty other measures are accepted and not used.",
    input=named_numbers(MEASURES, required=MEANS),
    features=MEANS,
)

VARIANTS = (BASELINE, FOREST, PICKLED, MEANS_ONLY)

"""What the training scripts write is true: the files answer as the models did, the metrics can be measured again."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import onnxruntime
import pytest
import skops.io
import yaml
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from examples.training import breast_cancer, data, digits, files, iris
from examples.training.__main__ import VARIANTS, main
from examples.training.predict import predict
from examples.training.train import Prepared, fit, payload_of, train

# One of each: an array and a named input, with a scaler of its own and without, skops, ONNX and joblib.
CHOSEN = [iris.BASELINE, iris.NAMED, digits.BASELINE, breast_cancer.PICKLED, breast_cancer.MEANS_ONLY]


@pytest.fixture(scope="module", params=CHOSEN, ids=lambda variant: variant.ref)
def trained(request, tmp_path_factory):
    """A variant and the folder it was trained into."""
    out = tmp_path_factory.mktemp("trained") / "version"
    train(request.param, out)
    return request.param, out


@pytest.fixture(scope="module")
def answers(trained):
    """What the stored files answer to the rows that were set aside: each payload with its answer."""
    variant, out = trained
    model = files.read(out / "artifact" / f"model.{variant.format}")
    scaler = files.read(out / "artifact" / "scaler.skops") if variant.scaler else None
    interface = json.loads((out / "interface.json").read_text(encoding="utf-8"))
    return [
        (payload, predict(model, payload, input_schema=interface["input"], scaler=scaler))
        for payload in (payload_of(variant, row) for row in Prepared.of(variant).test_features)
    ]


def test_stored_files_answer_as_the_model_that_was_trained(trained, answers) -> None:
    variant, _ = trained
    rows = Prepared.of(variant)
    scaler, model = fit(variant, rows)
    features = rows.test_features if scaler is None else scaler.transform(rows.test_features)

    stored = [answer for _, answer in answers]

    assert [answer["prediction"] for answer in stored] == model.predict(features).tolist()
    assert np.allclose(
        [answer["probabilities"] for answer in stored], model.predict_proba(features), atol=1e-4
    )


def test_metrics_are_those_of_the_stored_files(trained, answers) -> None:
    variant, out = trained
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    truth = Prepared.of(variant).test_labels
    predicted = [answer["prediction"] for _, answer in answers]

    assert metrics.keys() == {"accuracy", "precision", "recall", "f1_score", "latency_ms"}
    assert all(math.isfinite(value) for value in metrics.values())
    assert metrics["latency_ms"] > 0
    assert metrics["accuracy"] == round(accuracy_score(truth, predicted), 4)
    assert metrics["precision"] == round(precision_score(truth, predicted, average="macro"), 4)
    assert metrics["recall"] == round(recall_score(truth, predicted, average="macro"), 4)
    assert metrics["f1_score"] == round(f1_score(truth, predicted, average="macro"), 4)


def test_payloads_and_answers_fit_the_interface(trained, answers) -> None:
    _, out = trained
    interface = json.loads((out / "interface.json").read_text(encoding="utf-8"))
    for schema in interface.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    takes = jsonschema.Draft202012Validator(interface["input"])
    gives = jsonschema.Draft202012Validator(interface["output"])

    for payload, answer in answers:
        takes.validate(payload)
        gives.validate(answer)


def test_a_version_has_every_file_that_registering_asks_for(trained) -> None:
    variant, out = trained
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    scaler = {"artifact/scaler.skops"} if variant.scaler else set()

    assert found == scaler | {
        f"artifact/model.{variant.format}",
        "about.json",
        "hyperparameters.yaml",
        "interface.json",
        "metrics.json",
        "training.json",
    }
    assert all(path.stat().st_size < 400_000 for path in out.rglob("*"))
    assert yaml.safe_load((out / "hyperparameters.yaml").read_text()) == variant.hyperparameters


@pytest.mark.slow
def test_training_again_gives_the_same_bytes(trained, tmp_path: Path) -> None:
    variant, out = trained
    train(variant, tmp_path / "again")

    for file in (out / "artifact").iterdir():
        assert (tmp_path / "again" / "artifact" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    train(iris.SCALED, tmp_path / "here")
    subprocess.run(
        [sys.executable, "-m", "examples.training", "iris-classifier@1.2.0", "--out", tmp_path / "there"],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )

    for name in ("model.skops", "scaler.skops"):
        there = tmp_path / "there" / "iris-classifier" / "1.2.0" / "artifact" / name
        assert there.read_bytes() == (tmp_path / "here" / "artifact" / name).read_bytes()


def test_skops_trusts_a_regression_by_itself_and_a_forest_when_asked(tmp_path: Path) -> None:
    train(iris.BASELINE, tmp_path / "regression")
    train(iris.SCALED, tmp_path / "forest")

    assert skops.io.get_untrusted_types(file=tmp_path / "regression/artifact/model.skops") == []
    assert skops.io.get_untrusted_types(file=tmp_path / "forest/artifact/model.skops") == files.TRUSTED


def test_an_onnx_model_says_what_it_takes(tmp_path: Path) -> None:
    train(digits.BASELINE, tmp_path / "version")

    session = onnxruntime.InferenceSession(tmp_path / "version/artifact/model.onnx")

    assert [(each.name, each.shape) for each in session.get_inputs()] == [("input", [None, 64])]


def test_training_says_which_data_it_used(tmp_path: Path) -> None:
    train(iris.BASELINE, tmp_path / "version")
    training = json.loads((tmp_path / "version/training.json").read_text(encoding="utf-8"))
    dataset = data.iris()
    values = dataset.features.astype("<f8").tobytes() + dataset.labels.astype("<i8").tobytes()

    (reference,) = training["data"]
    assert reference["digest"] == "sha256:" + hashlib.sha256(b"(150, 4)" + values).hexdigest()
    assert (reference["rows"], reference["features"]) == (150, 4)


def test_one_changed_value_changes_the_digest_of_the_data() -> None:
    dataset = data.iris()
    features = dataset.features.copy()
    features[0, 0] += 0.1

    assert replace(dataset, features=features).digest != dataset.digest


def test_the_forest_is_the_one_of_the_textbook() -> None:
    assert iris.FOREST.hyperparameters == {"n_estimators": 100, "max_depth": 10, "random_state": 42}


@pytest.mark.slow
def test_shuffled_labels_make_a_model_no_better_than_chance(tmp_path: Path) -> None:
    assert train(iris.SHUFFLED, tmp_path / "version")["accuracy"] < 0.5


def test_the_rows_of_the_test_are_never_trained_on() -> None:
    for dataset in (data.digits(), data.breast_cancer()):
        split = dataset.split()
        learned = {row.tobytes() for row in split.train_features}

        assert not any(row.tobytes() in learned for row in split.test_features)


def test_every_model_has_three_versions_and_no_reference_is_used_twice() -> None:
    variants = [variant for module in (iris, digits, breast_cancer) for variant in module.VARIANTS]

    assert len(VARIANTS) == len(variants)
    for model in {variant.model for variant in variants}:
        assert sum(variant.model == model for variant in variants) >= 3


def test_an_older_training_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "iris-classifier" / "1.0.0").mkdir(parents=True)

    with pytest.raises(SystemExit) as stopped:
        main(["iris-classifier@1.0.0", "--out", str(tmp_path)])

    assert stopped.value.code == 2
    assert "is there already" in capsys.readouterr().err


def test_an_unknown_version_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["iris-classifier@9.9.9", "--out", str(tmp_path)])

    assert stopped.value.code == 2
    assert "unknown: iris-classifier@9.9.9" in capsys.readouterr().err

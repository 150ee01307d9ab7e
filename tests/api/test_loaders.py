"""Models load ready to predict; nothing that was not verified, listed and consented to is ever run."""

from __future__ import annotations

import builtins
import hashlib
import io
import json
import os
import pickle
import pickletools
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
import pytest
import safetensors.numpy
import skops.io
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from mooring.api.loaders import LoadedModel, load_model
from mooring.api.unpickling import load_joblib, load_pickle
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Artifact, ArtifactFile, DvcOutput, ModelVersion
from mooring.errors import IntegrityError, RefusedError, UnavailableError

TREE = "sklearn.tree._tree.Tree"
X = np.random.default_rng(0).normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)


class Ours(TransformerMixin, BaseEstimator):
    """A transformer of the user's own."""

    def fit(self, X: np.ndarray, y: object = None) -> Ours:  # noqa: N803
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        return X


def forest() -> RandomForestClassifier:
    return RandomForestClassifier(5, random_state=0).fit(X, Y)


def joblib_bytes(value: object, compress: object = 0) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer, compress=compress)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def version_of(
    folder: Path, contents: Mapping[str, bytes], *, unsafe: bool = False, **roles: str
) -> tuple[dict[str, Path], ModelVersion]:
    """Files on disk and the manifest that lists them; the format is the ending, the role by the name's first part."""
    files, listed = {}, []
    for path, data in contents.items():
        files[path] = folder / path
        files[path].parent.mkdir(parents=True, exist_ok=True)
        files[path].write_bytes(data)
        name, _, ending = path.rpartition("/")[2].rpartition(".")
        listed.append(
            ArtifactFile(
                path=path,
                role=roles.get(name, "model"),
                format=ending,
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
        )
    artifact = Artifact(
        files=tuple(listed),
        digest=artifact_digest(listed, {}),
        dvc=DvcOutput(md5="0" * 32 + ".dir", size=1, nfiles=len(listed)),
        allow_unsafe_format=unsafe,
    )
    return files, ModelVersion(
        model="m", version="1.0.0", created_at="2026-01-02T03:04:05Z", author="Ada", artifact=artifact
    )


def loaded(folder: Path, name: str, data: bytes, trust: tuple[str, ...] = (), **options: bool) -> LoadedModel:
    files, manifest = version_of(folder, {name: data}, **options)
    return load_model(files, manifest, trust=trust)


def test_a_skops_model_predicts_and_its_scaler_comes_along(tmp_path: Path) -> None:
    model, scaler = forest(), StandardScaler().fit(X)
    contents = {
        "model.skops": skops.io.dumps(model),
        "scaler.skops": skops.io.dumps(scaler),
        "labels.json": b'["no", "yes"]',
    }
    files, manifest = version_of(tmp_path, contents, scaler="preprocessor", labels="labels")

    # skops trusts no trees: their indices are used unchecked, so a forged file could read beyond its arrays.
    with pytest.raises(RefusedError, match=r"sklearn\.tree\._tree\.Tree"):
        load_model(files, manifest)
    found = load_model(files, manifest, trust=(TREE,))

    assert (found.model.predict(X) == model.predict(X)).all()
    assert (found.others["preprocessor"].transform(X) == scaler.transform(X)).all()
    assert found.others["labels"] == ["no", "yes"]
    assert set(found.files) == set(contents)


def test_files_of_one_role_are_told_apart_by_path(tmp_path: Path) -> None:
    contents = {"model.json": b"1", "a.json": b"2", "b.json": b"3"}
    files, manifest = version_of(tmp_path, contents, a="extra", b="extra")

    assert load_model(files, manifest).others == {"a.json": 2, "b.json": 3}


def test_which_file_is_the_model_must_be_known(tmp_path: Path) -> None:
    files, manifest = version_of(tmp_path, {"a.json": b"1", "b.json": b"2"})

    with pytest.raises(RefusedError, match="2 files of the role 'model'"):
        load_model(files, manifest)


def test_a_single_file_is_the_model_whatever_its_role(tmp_path: Path) -> None:
    files, manifest = version_of(tmp_path, {"a.json": b"1"}, a="extra")

    assert load_model(files, manifest).model == 1


def test_tensors_arrays_data_and_text_load_as_what_they_are(tmp_path: Path) -> None:
    assert (loaded(tmp_path, "m.safetensors", safetensors.numpy.save({"w": X})).model["w"] == X).all()
    assert (loaded(tmp_path, "m.npy", npy(X)).model == X).all()
    buffer = io.BytesIO()
    np.savez(buffer, a=X)
    assert (loaded(tmp_path, "m.npz", buffer.getvalue()).model["a"] == X).all()
    assert loaded(tmp_path, "m.json", b'{"a": 1}').model == {"a": 1}
    assert loaded(tmp_path, "m.text", b"cat\n").model == "cat\n"


def test_an_onnx_model_runs(tmp_path: Path) -> None:
    from skl2onnx import to_onnx

    model = LogisticRegression().fit(X, Y)
    converted = to_onnx(model, X[:1].astype(np.float32), options={"zipmap": False})

    session = loaded(tmp_path, "m.onnx", converted.SerializeToString()).model

    assert isinstance(session, onnxruntime.InferenceSession)
    (labels, _) = session.run(None, {session.get_inputs()[0].name: X.astype(np.float32)})
    assert (labels == model.predict(X)).all()


def test_types_that_skops_does_not_know_are_named_and_need_trust(tmp_path: Path) -> None:
    data = skops.io.dumps(make_pipeline(Ours(), LogisticRegression()).fit(X, Y))
    name = f"{Ours.__module__}.Ours"

    with pytest.raises(RefusedError, match=name.replace(".", r"\.")):
        loaded(tmp_path, "m.skops", data)
    assert loaded(tmp_path, "m.skops", data, trust=(name,)).model.predict(X).shape == (60,)


@pytest.mark.parametrize("change", ["flip", "cut", "grow", "empty", "link", "gone"])
def test_nothing_is_loaded_that_is_not_what_the_manifest_says(change: str, tmp_path: Path) -> None:
    files, manifest = version_of(tmp_path, {"m.json": b'{"a": 1}'})
    path = files["m.json"]
    data = path.read_bytes()
    if change == "gone":
        path.unlink()
    elif change == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        changed = {"flip": data.replace(b"1", b"2"), "cut": data[:-1], "grow": data + b" ", "empty": b""}
        path.write_bytes(changed[change])

    with pytest.raises(UnavailableError if change in ("link", "gone") else IntegrityError):
        load_model(files, manifest)


def test_a_file_that_was_not_fetched_is_named(tmp_path: Path) -> None:
    _, manifest = version_of(tmp_path, {"m.json": b"1"})

    with pytest.raises(IntegrityError, match=r"m\.json"):
        load_model({}, manifest)


def test_the_bytes_that_were_verified_are_the_bytes_that_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, manifest = version_of(tmp_path, {"m.json": b'{"a": 1}'})
    loads = json.loads

    def swap_first(data: bytes, **options: object) -> object:
        files["m.json"].write_bytes(b'{"a": 2}')
        return loads(data, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(json, "loads", swap_first)

    assert load_model(files, manifest).model == {"a": 1}


def test_a_file_of_another_format_than_declared_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="it looks like pickle"):
        loaded(tmp_path, "m.safetensors", pickle.dumps(forest()))


@pytest.mark.parametrize(
    ("unsafe", "trust", "expected"),
    [
        (False, ("joblib",), "allow_unsafe_format"),
        (True, (), r"trust=\['joblib'\]"),
        (True, ("pickle",), r"trust=\['joblib'\]"),
    ],
)
def test_joblib_needs_the_manifest_and_the_caller(
    unsafe: bool, trust: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match=expected):
        loaded(tmp_path, "m.joblib", joblib_bytes(forest()), trust, unsafe=unsafe)


MODELS = [
    forest,
    lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y),
    lambda: GradientBoostingClassifier(n_estimators=3, random_state=0).fit(X, Y),
    lambda: SVC().fit(X, Y),
    lambda: SGDClassifier(random_state=0).fit(X, Y),
    lambda: KNeighborsClassifier(3).fit(X, Y),
    lambda: RandomForestClassifier(3, random_state=np.random.RandomState(1)).fit(X, np.array(["a", "b"])[Y]),
    lambda: RandomForestClassifier(3, random_state=1).fit(X, np.array(["a", "b"], object)[Y]),
]


@pytest.mark.parametrize("make", MODELS)
def test_what_scikit_learn_makes_loads_by_joblib(make: object, tmp_path: Path) -> None:
    model = make()  # type: ignore[operator]

    found = loaded(tmp_path, "m.joblib", joblib_bytes(model), ("joblib",), unsafe=True)

    assert (found.model.predict(X) == model.predict(X)).all()


@pytest.mark.parametrize("compress", [3, ("bz2", 1), ("gzip", 1), ("lzma", 1), ("xz", 1)])
def test_what_joblib_compresses_is_unpacked(compress: object) -> None:
    model = load_joblib("m", joblib_bytes(forest(), compress), ())

    assert (model.predict(X) == forest().predict(X)).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", MODELS)
def test_what_scikit_learn_makes_loads_by_pickle(make: object, tmp_path: Path) -> None:
    model = make()  # type: ignore[operator]

    found = loaded(tmp_path, "m.pickle", pickle.dumps(model), ("pickle",), unsafe=True)

    assert (found.model.predict(X) == model.predict(X)).all()


def test_sparse_matrices_and_encoders_load_by_joblib() -> None:
    data = joblib_bytes([csr_matrix(X), OneHotEncoder().fit([["a"], ["b"]]), np.array([{"a": 1}], object)])

    matrix, encoder, objects = load_joblib("m", data, ())  # type: ignore[misc]

    assert (matrix.toarray() == X).all()
    assert encoder.transform([["a"]]).toarray().tolist() == [[1.0, 0.0]]
    assert objects[0] == {"a": 1}


class Call:
    """What pickles as a call of `function` with `arguments`."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def attacks(victim: Path) -> list[object]:
    from numpy.testing._private import utils as testing

    return [
        Call(os.system, f"touch {victim}"),
        Call(builtins.eval, f"open({str(victim)!r}, 'w')"),
        Call(builtins.exec, f"open({str(victim)!r}, 'w')"),
        Call(builtins.open, str(victim), "w"),
        Call(builtins.getattr, "", "join"),
        Call(__import__, "os"),
        Call(subprocess.run, ["touch", str(victim)]),
        Call(testing.runstring, f"open({str(victim)!r}, 'w')", {}),
        Call(np.save, str(victim), 1),
        Call(np.fromfile, str(victim)),
        Call(np.memmap, str(victim), "u1", "w+", 0, (1,)),
        Call(joblib.load, str(victim)),
        Call(joblib.dump, 1, str(victim)),
        Call(pickle.loads, b"N."),
        Call(skops.io.dump, 1, str(victim)),
        Call(Ours),
    ]


@pytest.mark.parametrize("number", range(16))
@pytest.mark.parametrize("protocol", [2, 4])
def test_no_call_outside_the_list_is_made(number: int, protocol: int, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    attack = attacks(victim)[number]
    hidden = {"a": [np.arange(3), attack]}
    objects = np.array([attack], dtype=object)
    buffer = io.BytesIO()
    joblib.dump(hidden, buffer, protocol=protocol)

    for read, data in [
        (load_pickle, pickle.dumps(hidden, protocol)),
        (load_joblib, buffer.getvalue()),
        (load_joblib, zlib.compress(buffer.getvalue())),
        (load_joblib, joblib_bytes(objects)),
        (load_joblib, joblib_bytes([forest(), objects])),
    ]:
        with pytest.raises(RefusedError, match="not on the list"):
            read("m", data, ())
    assert not victim.exists()


def test_a_name_with_a_dot_leads_nowhere() -> None:
    # STACK_GLOBAL of protocol 4 walks attributes: BaseEstimator.__init__.__globals__ would reach everything.
    for module, name in [
        ("sklearn.base", "BaseEstimator.__init__.__globals__"),
        ("numpy", "ndarray.tofile"),
        ("builtins", "object.__subclasses__"),
    ]:
        data = b"\x80\x04\x8c%c%s\x8c%c%s\x93." % (len(module), module.encode(), len(name), name.encode())
        assert pickletools.dis(data, io.StringIO()) is None

        with pytest.raises(RefusedError, match="not on the list"):
            load_pickle("m", data, ())


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("sklearn.utils", "check_array"),
        ("sklearn.utils._testing", "MinimalClassifier"),
        ("sklearn.base", "clone"),
        ("sklearn.datasets", "fetch_openml"),
        ("sklearn.ensemble.tests.test_base", "BaseEstimator"),
        ("sklearn.pipeline", "clone"),
        ("sklearn.externals._arff", "load"),
        ("numpy.f2py", "compile"),
        ("numpy.lib._npyio_impl", "load"),
    ],
)
def test_of_the_libraries_only_estimators_and_data_are_listed(module: str, name: str) -> None:
    data = f"\x80\x02c{module}\n{name}\n.".encode("latin-1")

    with pytest.raises(RefusedError, match="not on the list"):
        load_pickle("m", data, ())


def test_names_can_be_added_by_the_caller() -> None:
    data = pickle.dumps(Ours())
    name = f"{Ours.__module__}.Ours"

    with pytest.raises(RefusedError, match="trust="):
        load_pickle("m", data, ())
    assert isinstance(load_pickle("m", data, (name,)), Ours)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04.",
        b"\x80\x04Q.",
        b"\x80\x04\x82\x01.",
        b"\x80\x05" + b"\xff" * 50,
        b"\x80\x04\x95" + b"\xff" * 8,
    ],
)
def test_what_is_no_pickle_is_refused_without_a_traceback(data: bytes) -> None:
    for read in (load_pickle, load_joblib):
        with pytest.raises(RefusedError):
            read("m", data, ())


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(RefusedError, match="unpacks to more"):
        load_joblib("m", zlib.compress(bytes(160 * 2**20), 9), ())


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("m.skops", "skops", "skops scikit-learn"),
        ("m.joblib", "joblib", "joblib scikit-learn"),
        ("m.safetensors", "safetensors", "safetensors numpy"),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    name: str, module: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {
        "m.skops": skops.io.dumps(StandardScaler()),
        "m.joblib": joblib_bytes({"a": 1}),
        "m.safetensors": safetensors.numpy.save({"w": X}),
    }[name]
    for loaded_module in [one for one in sys.modules if one == module or one.startswith(f"{module}.")]:
        monkeypatch.setitem(sys.modules, loaded_module, None)

    with pytest.raises(UnavailableError, match=f"pip install {package}"):
        loaded(tmp_path, name, data, ("joblib",), unsafe=True)


def test_the_loaders_import_no_library_before_it_is_needed() -> None:
    program = (
        "import sys\nimport mooring.api.loaders, mooring.api.unpickling\n"
        "print(sorted({n.partition('.')[0] for n in sys.modules} & "
        "{'numpy', 'sklearn', 'skops', 'joblib', 'onnxruntime', 'safetensors', 'dvc'}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"

"""Known ways to hide a call in a file are found, and what a library really writes is clean; nothing is ever run."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from mooring.domain.model import Artifact, ArtifactFile, DvcOutput
from mooring.domain.pickle_estimators import ESTIMATORS
from mooring.domain.pickle_names import ALLOWED, is_known, may_be_estimator
from mooring.domain.proof import ScanState
from mooring.domain.scanning import FileScan, facts_of
from mooring.errors import UnavailableError
from mooring.stores import scanning, unpacking
from mooring.stores.artifacts import ArtifactCache
from mooring.stores.scanning import Scans, scan_artifact, scan_file

MARK = "MOORING_SCAN_RAN"


def scanned(folder: Path, data: bytes, declared: str = "pickle") -> FileScan:
    place = folder / "file"
    place.write_bytes(data)
    return scan_file(described(data, declared), place)


def described(data: bytes, declared: str, path: str = "model.pkl") -> ArtifactFile:
    sha256 = hashlib.sha256(data).hexdigest()
    return ArtifactFile(path=path, format=declared, size=len(data), sha256=sha256)


class Calls:
    """What `__reduce__` makes of a call."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def text(value: str) -> bytes:
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def calling(module: str, name: str, argument: str = "x") -> bytes:
    """Protocol 4: push two texts, STACK_GLOBAL, one argument, REDUCE, STOP."""
    return b"\x80\x04" + text(module) + text(name) + b"\x93" + text(argument) + b"\x85R."


RUN = Calls(os.putenv, MARK, "1")
ESTIMATOR = LogisticRegression()
PADDED = {"at": [np.zeros(3), RUN]}

# Each as somebody has hidden a call before; the value is what must be named, or why nobody can judge it.
ATTACKS: dict[str, tuple[bytes, str]] = {
    "a call of os.system, protocol 0": (
        b"cos\nsystem\n(S'true'\ntR.",
        "does not begin with a pickle's protocol",
    ),
    "a call of os.system, protocol 2": (b"\x80\x02cposix\nsystem\nU\x04true\x85R.", "posix.system"),
    "a call of eval": (calling("builtins", "eval"), "builtins.eval"),
    "a call in __reduce__": (pickle.dumps(RUN), "posix.putenv"),
    "a name by a dotted path": (calling("collections", "OrderedDict.__init__.__globals__"), "__globals__"),
    "names out of the memo": (
        b"\x80\x04"
        + text("eval")
        + b"\x940"
        + text("builtins")
        + b"\x940h\x01h\x00\x93"
        + text("1")
        + b"\x85R.",
        "builtins.eval",
    ),
    "names swapped by overwriting the memo": (
        b"\x80\x04"
        + text("dict")
        + b"q\x000"
        + text("eval")
        + b"q\x000"
        + text("builtins")
        + b"h\x00\x93)R.",
        "builtins.eval",
    ),
    "names copied by DUP and dropped by POP": (
        b"\x80\x04" + text("os") + text("list") + b"0" + text("system") + b"\x932)R.",
        "os.system",
    ),
    "a name that is put together": (
        b"\x80\x04" + text("builtins") + b"\x93\x8c\x03os.\x8c\x06system\x93.",
        "cannot be judged",
    ),
    "a name made by a call": (
        b"\x80\x04cbuiltins\nstr\n" + text("os") + b"\x85R" + text("system") + b"\x93.",
        "something else than two texts",
    ),
    "INST": (b"\x80\x02(S'true'\nios\nsystem\n.", "os.system"),
    "OBJ": (b"\x80\x02(cos\nsystem\nU\x04trueo.", "os.system"),
    "NEWOBJ": (b"\x80\x02csubprocess\nPopen\n)\x81.", "subprocess.Popen"),
    "the extension registry": (b"\x80\x02\x82\x01)R.", "outside the file"),
    "a persistent id": (b"\x80\x02Pid\n.", "outside the file"),
    "a buffer that is elsewhere": (b"\x80\x05\x97.", "outside the file"),
    "it breaks after the call": (calling("builtins", "eval")[:-1] + b"\xff.", "no instruction"),
    "it ends after the call": (calling("builtins", "eval")[:-1], "does not end as a pickle does"),
    "a second pickle after the first": (pickle.dumps(1) + calling("os", "system"), "bytes after its end"),
    "a state for a class itself": (b"\x80\x02ccollections\nOrderedDict\n}b.", "did not make"),
    "a call of what was made": (b"\x80\x02ccollections\nCounter\n)R)R.", "does not name"),
    "getattr over a harmless class": (calling("builtins", "getattr"), "builtins.getattr"),
    "numpy's own loader": (calling("numpy", "load"), "numpy.load"),
    "joblib's own loader": (calling("joblib", "load"), "joblib.load"),
    "a test of scikit-learn": (calling("sklearn.tree.tests.test_tree", "X"), "test_tree"),
    "what a module only imports": (calling("sklearn.ensemble._forest", "Parallel"), "Parallel"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hidden_call_is_found(tmp_path: Path, name: str) -> None:
    data, why = ATTACKS[name]
    found = scanned(tmp_path, data)

    assert found.state is not ScanState.CLEAN
    assert why in found.reason
    assert MARK not in os.environ


def dumped(value: object, compress: object = 0) -> bytes:
    held = io.BytesIO()
    joblib.dump(value, held, compress=compress)
    return held.getvalue()


def wrapper(dtype: bytes, after: bytes, *, made: bytes = b")\x81", shape: bytes = b"K\x01\x85") -> bytes:
    """A joblib file by hand: an array wrapper with this dtype, then these bytes where the array's are."""
    return (
        b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n"
        + made
        + b"}(X\x05\x00\x00\x00shape"
        + shape
        + b"X\x05\x00\x00\x00dtype"
        + dtype
        + b"ub"
        + after
    )


FLOAT = b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R"
EVIL = b"cos\nsystem\nX\x04\x00\x00\x00true\x85R."
LYING_FLAGS = FLOAT + b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x01tb"
LYING_SIZE = b"cnumpy\ndtype\nX\x02\x00\x00\x00V1\x89\x88\x87R(K\x03X\x01\x00\x00\x00|NNNK\x40K\x01K\x00tb"
JOBLIB_ATTACKS = {
    "after an array": (dumped(PADDED), "posix.putenv"),
    "in an array of objects": (dumped(np.array([RUN], dtype=object)), "posix.putenv"),
    "after an array, compressed": (dumped(PADDED, 3), "posix.putenv"),
    "numpy would read objects where bytes are told": (
        wrapper(LYING_FLAGS, EVIL + b"." * 9),
        "objects, or not",
    ),
    "numpy would read less than is told": (wrapper(LYING_SIZE, b"x" + EVIL + b"." * 63), "two sizes"),
    "the description has its defaults": (
        wrapper(FLOAT, b"\x07" + EVIL, made=b"(NNNNtR"),
        "joblib never does",
    ),
    "the description is made by copyreg": (
        b"\x80\x02ccopyreg\n_reconstructor\n(cjoblib.numpy_pickle\nNumpyArrayWrapper\ncbuiltins\nobject\nNtR.",
        "joblib never does",
    ),
    "the shape is no number": (wrapper(FLOAT, EVIL, shape=b"N\x85"), "whole numbers"),
    "the shape is negative": (wrapper(FLOAT, EVIL, shape=b"J\xff\xff\xff\xff\x85"), "whole numbers"),
    "the shape is larger than the file": (wrapper(FLOAT, b".", shape=b"J\xff\xff\xff\x7f\x85"), "too early"),
    "an array inside a frame": (
        b"\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00" + wrapper(FLOAT, b"12345678.")[2:],
        "frame",
    ),
}


@pytest.mark.parametrize("name", JOBLIB_ATTACKS)
def test_a_call_between_arrays_is_found(tmp_path: Path, name: str) -> None:
    data, why = JOBLIB_ATTACKS[name]
    found = scanned(tmp_path, data, "joblib")

    assert found.state is not ScanState.CLEAN
    assert why in found.reason
    assert MARK not in os.environ


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)], ids=str)
def test_what_joblib_writes_is_clean(tmp_path: Path, compress: object) -> None:
    x = np.arange(20.0).reshape(10, 2)
    tree = DecisionTreeClassifier(max_depth=2).fit(x, [0, 1] * 5)
    names = np.array(["a", None], dtype=object)
    found = scanned(
        tmp_path, dumped({"tree": tree, "names": names, "texts": np.array(["a"])}, compress), "joblib"
    )

    assert (found.state, found.reason[:8]) == (ScanState.CLEAN, "it names")
    assert "sklearn.tree._tree.Tree" in found.names


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_what_pickle_writes_is_clean(tmp_path: Path, protocol: int) -> None:
    model = LogisticRegression().fit(np.arange(20.0).reshape(10, 2), [0, 1] * 5)
    assert scanned(tmp_path, pickle.dumps(model, protocol)).state is ScanState.CLEAN


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return held.getvalue()


SAFETENSORS = b'{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
TENSORS = struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + b"x"
NOT_WHAT_THEY_SAY = {
    "a zip after safetensors (T12)": ("safetensors", TENSORS + zipped(a=b"b"), "after its last tensor"),
    "a pickle that is called safetensors (T12)": ("safetensors", pickle.dumps(RUN), "it looks like pickle"),
    "a pickle that is called JSON (T12)": ("json", calling("os", "system"), "it is no json file"),
    "a pickle that is called npy": ("npy", dumped(RUN), "does not begin as an npy array does"),
    "an array of objects in npy": (
        "npy",
        (lambda held: (np.save(held, np.array([RUN]), allow_pickle=True), held.getvalue())[1])(io.BytesIO()),
        "only numbers and texts",
    ),
    "a skops file with a pickle inside": (
        "skops",
        zipped(schema_json=b"{}", evil_pkl=b"x"),
        "has the member",
    ),
    "a zip bomb (T13)": ("npz", zipped(a_npy=b"\0" * 2**27), "too large"),
    "a format that is not listed": ("keras", b"x", "not on the list"),
}


@pytest.mark.parametrize("name", NOT_WHAT_THEY_SAY)
def test_a_file_is_what_it_says_to_its_last_byte(tmp_path: Path, name: str) -> None:
    declared, data, why = NOT_WHAT_THEY_SAY[name]
    found = scanned(tmp_path, data, declared)

    assert found.state is ScanState.REFUSED
    assert why in found.reason


@pytest.mark.parametrize(
    "pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress], ids=["zlib", "gzip", "bz2", "xz"]
)
def test_a_bomb_is_not_unpacked_and_what_follows_a_stream_is_not_overlooked(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS", 2**20)
    bomb = pack(b"\x80\x04B" + struct.pack("<I", 2**22) + b"\0" * 2**22 + b".")
    hidden = pack(pickle.dumps(1)) + pack(calling("os", "system"))

    assert "unpacks to more than" in scanned(tmp_path, bomb, "joblib").reason
    assert "bytes after its end" in scanned(tmp_path, hidden, "joblib").reason


def test_an_estimator_of_the_list_is_one_to_the_loader_too() -> None:
    from mooring.api.unpickling import _is_estimator

    for module, name in (
        ("sklearn.svm._classes", "SVC"),
        ("sklearn.tree._classes", "DecisionTreeClassifier"),
    ):
        assert is_known(module, name)
        assert _is_estimator(getattr(__import__(module, fromlist=[name]), name))
    assert all(may_be_estimator(*full.rsplit(".", 1)) for full in ESTIMATORS)


def test_no_allowed_name_means_another_one_to_an_old_protocol() -> None:
    """Python renames what Python 2 wrote before it looks a name up."""
    import _compat_pickle

    renamed = {".".join(old) for old in _compat_pickle.NAME_MAPPING}
    assert renamed.isdisjoint(ALLOWED)
    assert {name.rpartition(".")[0] for name in ALLOWED | ESTIMATORS}.isdisjoint(
        _compat_pickle.IMPORT_MAPPING
    )


def kept(cache: ArtifactCache, data: bytes) -> None:
    with cache.objects.draft() as draft:
        draft.write(data)
        cache.objects.keep(draft)


def artifact(*files: ArtifactFile) -> Artifact:
    return Artifact(
        files=files,
        digest="sha256:" + "0" * 64,
        dvc=DvcOutput(md5="0" * 32 + ".dir", size=sum(file.size for file in files), nfiles=len(files)),
    )


def test_what_was_found_is_remembered_by_the_bytes(tmp_path: Path) -> None:
    cache = ArtifactCache(tmp_path / "artifacts")
    good, bad = pickle.dumps({"a": 1}), calling("builtins", "eval")
    whole = artifact(described(good, "pickle", "a.pkl"), described(bad, "pickle", "b.pkl"))
    assert scan_artifact(whole, cache, None) is None
    for data in (good, bad):
        kept(cache, data)
    first = scan_artifact(whole, cache, None)
    assert first is not None
    assert facts_of(first).state is ScanState.REFUSED

    for data in (good, bad):
        cache.objects.path(hashlib.sha256(data).hexdigest()).unlink()
    assert scan_artifact(whole, cache, None) == first
    other = artifact(described(good, "joblib", "a.joblib"), described(bad, "pickle", "b.pkl"))
    assert scan_artifact(other, cache, None) is None


def test_what_was_found_by_other_lists_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scans, file = Scans(tmp_path / "scans"), described(b"x", "pickle")
    scans.put(file, FileScan("p", "pickle", ScanState.CLEAN, "fine"))
    assert scans.get(file) is not None
    monkeypatch.setattr(scanning, "engine", lambda: "another")
    assert scans.get(file) is None
    next((tmp_path / "scans").iterdir()).write_text(json.dumps({"state": "clean"}))
    assert scans.get(file) is None


def test_without_picklescan_no_pickle_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "picklescan.scanner", None)
    found = scanned(tmp_path, pickle.dumps(1))

    assert found.state is ScanState.UNKNOWN
    assert "pip install picklescan" in found.reason


def test_files_that_no_remote_has_are_not_scanned(tmp_path: Path) -> None:
    whole = artifact(described(b"x", "pickle"))
    with pytest.raises(UnavailableError, match="no remote is known"):
        scan_artifact(whole, ArtifactCache(tmp_path / "artifacts"), list)

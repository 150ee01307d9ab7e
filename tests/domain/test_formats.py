"""A file is accepted as a format only when all of it is that format and nothing else."""

from __future__ import annotations

import io
import json
import pickle
import struct
import time
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import joblib
import numpy as np
import onnx
import pytest
import safetensors.numpy
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from mooring.domain.formats import Format, InMemory, guess, problem, sniff, unsafe_problem

if TYPE_CHECKING:
    from collections.abc import Callable

X = np.arange(40.0).reshape(10, 4)
Y = np.arange(10) % 2


def npy(array: np.ndarray, **options: bool) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def joblib_bytes(value: object, compress: int = 0) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer, compress=compress)
    return buffer.getvalue()


def onnx_model(**changes: object) -> onnx.ModelProto:
    weights = onnx.numpy_helper.from_array(np.ones((4, 2), np.float32), "w")
    if changes.get("external"):
        onnx.external_data_helper.set_external_data(weights, "../../secret")
        weights.ClearField("raw_data")
        weights.data_location = onnx.TensorProto.EXTERNAL
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = onnx.helper.make_graph(
        [node],
        "g",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 4])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 2])],
        [weights],
    )
    if changes.get("inner"):
        outer = onnx.helper.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=graph)
        graph = onnx.helper.make_graph([outer], "outer", [], [])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])


@cache
def samples() -> dict[Format, tuple[bytes, ...]]:
    forest = RandomForestClassifier(3, random_state=0).fit(X, Y)
    return {
        Format.SAFETENSORS: (
            safetensors.numpy.save({"w": X, "b": np.zeros(3, np.float16)}, metadata={"a": "b"}),
            safetensors.numpy.save({}),
        ),
        Format.ONNX: (onnx_model().SerializeToString(), onnx_model(inner=True).SerializeToString()),
        Format.SKOPS: (
            skops.io.dumps(forest),
            skops.io.dumps(StandardScaler().fit(X), compression=zipfile.ZIP_DEFLATED),
            skops.io.dumps({"sparse": csr_matrix(X), "bytes": b"x", "names": np.array(["a", "b"])}),
        ),
        Format.JSON: (b'{"a": [1, 2.5, null]}', b"[]", b'"text"'),
        Format.NPY: (
            npy(X),
            npy(np.array(["a", "bb"])),
            npy(np.zeros(2, [("a", "<f8"), ("b", "<i4", (2,))])),
            npy(np.array(1)),
        ),
        Format.NPZ: (npz(a=X, b=Y),),
        Format.TEXT: (b"label\ncat\ndog\n", "caf\u00e9".encode()),
        Format.PICKLE: (pickle.dumps(forest),),
        Format.JOBLIB: (joblib_bytes(forest), joblib_bytes(forest, 3)),
    }


def each() -> list[tuple[Format, bytes]]:
    return [(made, data) for made, several in samples().items() for data in several]


def test_what_the_libraries_write_is_accepted_as_what_it_is() -> None:
    for declared, data in each():
        assert problem(declared, InMemory(data)) is None, declared


def test_what_the_libraries_write_is_recognised() -> None:
    alike = {Format.JSON: Format.TEXT}
    for declared, data in each():
        found = sniff(InMemory(data))
        assert found == alike.get(declared, declared) or {found, declared} == {Format.PICKLE, Format.JOBLIB}


def test_nothing_is_accepted_as_another_format() -> None:
    related = {
        (Format.JSON, Format.TEXT),
        (Format.PICKLE, Format.JOBLIB),
        (Format.JOBLIB, Format.PICKLE),
    }
    for made, data in each():
        for declared in Format:
            if declared != made and (made, declared) not in related:
                assert problem(declared, InMemory(data)) is not None, (made, declared)


def test_no_pickle_hides_under_a_safe_name() -> None:
    evil = pickle.dumps(print)
    for declared in set(Format) - {Format.PICKLE, Format.JOBLIB}:
        assert problem(declared, InMemory(evil)) is not None
    assert "it looks like pickle" in str(problem("skops", InMemory(evil)))


@pytest.mark.parametrize("tail", [b"\0", b"PK", b"x" * 100, pickle.dumps(print)])
def test_a_tail_is_refused(tail: bytes) -> None:
    for declared, data in each():
        if declared not in (Format.TEXT, Format.JOBLIB, Format.PICKLE) and not data.startswith(b"PK\x05"):
            assert problem(declared, InMemory(data + tail)) is not None, declared


@pytest.mark.parametrize("cut", [1, 10, 0.5])
def test_a_truncated_file_is_refused(cut: float) -> None:
    for declared, data in each():
        if declared not in (Format.TEXT, Format.JOBLIB):
            short = data[:-cut] if isinstance(cut, int) else data[: int(len(data) * cut)]
            assert problem(declared, InMemory(short)) is not None, declared


def safetensors_of(header: object, data: bytes = b"\0" * 8, raw: bytes | None = None) -> bytes:
    text = json.dumps(header).encode() if raw is None else raw
    return struct.pack("<Q", len(text)) + text + data


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "data",
    [
        safetensors_of({"a": F32 | {"data_offsets": [1, 9]}}, b"\0" * 9),
        safetensors_of({"a": F32, "b": F32}),
        safetensors_of({"a": F32 | {"shape": [3]}}),
        safetensors_of({"a": F32 | {"shape": [-2, -1]}}),
        safetensors_of({"a": F32 | {"shape": [2**62, 2**62]}}),
        safetensors_of({"a": F32 | {"shape": [True, 2]}}),
        safetensors_of({"a": F32 | {"dtype": "OBJECT"}}),
        safetensors_of({"a": F32 | {"dtype": ["F32"]}}),
        safetensors_of({"a": F32 | {"extra": 1}}),
        safetensors_of({"a": 1}),
        safetensors_of({"a": F32, "__metadata__": {"x": 1}}),
        safetensors_of(None, raw=b'{"a":%s,"a":%s}' % ((json.dumps(F32).encode(),) * 2)),
        safetensors_of(None, raw=b'{"a":' * 100_000),
        safetensors_of(None, raw=b"{"),
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 200_000_000) + b"{}",
    ],
)
def test_a_safetensors_header_that_lies_is_refused(data: bytes) -> None:
    assert problem("safetensors", InMemory(data)) is not None


def test_an_onnx_model_that_reads_other_files_is_refused() -> None:
    for inner in (False, True):
        data = onnx_model(external=True, inner=inner).SerializeToString()

        assert "external data" in str(problem("onnx", InMemory(data)))


def test_arrays_of_objects_are_pickles_and_refused() -> None:
    objects = np.array([{}, print], dtype=object)

    assert problem("npy", InMemory(npy(objects, allow_pickle=True))) is not None
    assert "is no array" in str(problem("npz", InMemory(npz(a=objects))))


def archive(write: Callable[[zipfile.ZipFile], None], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as opened:
        write(opened)
    return buffer.getvalue()


def skops_with(name: str, data: bytes = b"") -> bytes:
    def write(opened: zipfile.ZipFile) -> None:
        opened.writestr("schema.json", "{}")
        opened.writestr(name, data)

    return archive(write)


@pytest.mark.parametrize(
    "name",
    [
        "data.pkl",
        "../evil.npy",
        "/etc/x.npy",
        "a/b.npy",
        "x.py",
        "SCHEMA.JSON",
        "archive/data.pkl",
        "x.joblib",
    ],
)
def test_a_skops_file_has_no_other_members(name: str) -> None:
    assert problem("skops", InMemory(skops_with(name))) is not None


def test_a_skops_array_of_objects_is_refused() -> None:
    objects = npy(np.array([print], dtype=object), allow_pickle=True)

    assert "is no array" in str(problem("skops", InMemory(skops_with("1.npy", objects))))


def test_a_zip_without_a_schema_is_no_skops_file() -> None:
    assert "schema.json" in str(problem("skops", InMemory(npz(a=X))))


def test_a_zip_with_something_before_it_is_refused() -> None:
    data = samples()[Format.SKOPS][0]

    assert problem("skops", InMemory(b"\x80\x04." + data)) is not None
    assert problem("skops", InMemory(b"PK\x03\x04" + data)) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"weights": [0.5, NaN]}', "NaN is not JSON"),
        (b'{"weights": [-Infinity]}', "-Infinity is not JSON"),
        (b"[1e999]", "1e999 is too large for a double"),
        (b'{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 60_000 + b"]", "limit"),
        (b"{} {}", "Extra data"),
        (b"{'a': 1}", "Expecting"),
        (b"", "Expecting value"),
        (b'"\xff"', "not UTF-8"),
        (b'"\x00"', "control character"),
    ],
)
def test_a_json_file_is_json_to_every_reader(text: bytes, words: str) -> None:
    assert words in str(problem("json", InMemory(text)))


def test_a_json_file_may_be_any_json() -> None:
    for text in (b'{"a": [1, -0.5, 1e-7, null, true, "\xc3\xa9"], "b": {"a": {}}}', b"[]", b"1"):
        assert problem("json", InMemory(text)) is None


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = skops_with("1.bin", bytes(96 * 2**20))
    started = time.perf_counter()

    assert len(bomb) < 2**20
    assert "too large" in str(problem("skops", InMemory(bomb)))
    assert time.perf_counter() - started < 1


def test_too_many_members_are_refused_before_they_are_listed() -> None:
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFE, 0xFFFE, 60_000_000, 4, 0)

    assert "members" in str(problem("skops", InMemory(b"PK\x03\x04" + end)))


def test_members_that_share_their_bytes_are_refused() -> None:
    data = bytearray(skops_with("1.bin", b"x" * 100))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = b"\0\0\0\0"

    assert "overlap" in str(problem("skops", InMemory(bytes(data))))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("model.skops", Format.SKOPS),
        ("a/b/MODEL.ONNX", Format.ONNX),
        ("x.pkl", Format.PICKLE),
        ("labels.txt", Format.TEXT),
        ("README", None),
        ("json", None),
        ("model.h5", None),
        ("a.json/b", None),
    ],
)
def test_a_format_is_guessed_by_the_ending(path: str, expected: Format | None) -> None:
    assert guess(path) == expected


def test_an_unlisted_format_names_the_list() -> None:
    assert "safetensors" in str(problem("h5", InMemory(b"")))


def test_unsafe_formats_need_a_yes() -> None:
    assert "skops" in str(unsafe_problem("joblib", allowed=False))
    assert unsafe_problem("joblib", allowed=True) is None
    assert unsafe_problem("onnx", allowed=False) is None


@given(st.binary(max_size=300), st.sampled_from(Format))
def test_no_bytes_make_a_judge_fail(data: bytes, declared: Format) -> None:
    for head in (b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x08\x07", struct.pack("<Q", 5) + b"{"):
        found = problem(declared, InMemory(head + data))
        assert found is None or declared in found
        sniff(InMemory(head + data))

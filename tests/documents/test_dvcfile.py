"""What is read from DVC's own files, and what is refused however it is written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.documents import dvcfile
from mooring.documents.yaml_problem import YamlProblem
from mooring.domain import names
from mooring.domain.model import DvcOutput
from mooring.errors import IntegrityError, RefusedError

# What `dvc add artifact` of DVC 3.67 wrote for artifact/a.txt ("hi\n") and artifact/sub/b.txt ("yo\n").
DVC_FILE = b"""outs:
- md5: 1293f5319653b23ae00b1451def71785.dir
  size: 6
  nfiles: 2
  hash: md5
  path: artifact
"""
DVC_LISTING = (
    b'[{"md5": "764efa883dda1e11db47671c4a3bbd9e", "relpath": "a.txt"}, '
    b'{"md5": "f6255bb01c648fe967714d52a89e8e9c", "relpath": "sub/b.txt"}]'
)
MD5 = "764efa883dda1e11db47671c4a3bbd9e"

md5s = st.text("0123456789abcdef", min_size=32, max_size=32)
parts = st.text("abcXYZ019 ._-", min_size=1, max_size=8)
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)


def listing_of(*paths: object) -> bytes:
    return json.dumps([{"md5": MD5, "relpath": path} for path in paths]).encode()


def test_what_dvc_writes_is_read_and_written_alike() -> None:
    output = dvcfile.parse(DVC_FILE)

    assert output == DvcOutput(md5="1293f5319653b23ae00b1451def71785.dir", size=6, nfiles=2)
    assert dvcfile.write(output) == DVC_FILE


def test_the_listing_that_dvc_writes_is_read_and_written_alike() -> None:
    files = dvcfile.parse_listing(DVC_LISTING)

    assert [file.path for file in files] == ["a.txt", "sub/b.txt"]
    assert dvcfile.write_listing(reversed(files)) == DVC_LISTING
    assert dvcfile.listing_md5(DVC_LISTING) == "1293f5319653b23ae00b1451def71785.dir"


@given(md5=md5s, size=st.integers(0, 2**53), nfiles=st.integers(1, 100_000))
def test_every_output_survives_writing(md5: str, size: int, nfiles: int) -> None:
    output = DvcOutput(md5=f"{md5}.dir", size=size, nfiles=nfiles)

    assert dvcfile.parse(dvcfile.write(output)) == output


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"  hash: md5\n", b"", "DVC 2"),
        (b"hash: md5", b"hash: blake3", "not md5"),
        (b"path: artifact", b"path: ../../../.git/hooks", "where 'artifact' is meant"),
        (b"path: artifact", b"path: /etc", "where 'artifact' is meant"),
        (b".dir", b"", "not that of a folder"),
        (b"size: 6", b"size: -6", "size is no whole number"),
        (b"size: 6", b"size: true", "size is no whole number"),
        (b"nfiles: 2", b"nfiles: 0", "nfiles is no whole number"),
        (b"  hash", b"  cloud:\n    origin:\n      etag: x\n  hash", "version_aware"),
        (b"  hash", b"  version_id: x\n  hash", "version_aware"),
        (b"  hash", b"  remote: elsewhere\n  hash", "'remote' is not understood"),
        (b"outs:", b"wdir: ..\nouts:", "it has 'wdir'"),
        (b"outs:", b"deps:\n- path: s3://x\nouts:", "it has 'deps'"),
        (b"outs:", b"ins:", "it has 'ins'"),
    ],
)
def test_an_artifact_file_is_refused_by_name(old: bytes, new: bytes, expected: str) -> None:
    data = DVC_FILE.replace(old, new)

    with pytest.raises(RefusedError, match=expected):
        dvcfile.parse(data)
    assert not dvcfile.is_accepted(data)


@pytest.mark.parametrize("data", [b"outs: []\n", b"outs: {}\n", DVC_FILE + DVC_FILE[6:], b"{}\n"])
def test_an_artifact_file_has_exactly_one_output(data: bytes) -> None:
    with pytest.raises(RefusedError):
        dvcfile.parse(data)


@pytest.mark.parametrize("data", [b"outs: *x\n", b"outs: [\n", b"\xff", b"outs: 1\nouts: 2\n"])
def test_an_artifact_file_is_strict_yaml(data: bytes) -> None:
    with pytest.raises(YamlProblem):
        dvcfile.parse(data)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "..",
        ".",
        "",
        "/etc/passwd",
        "C:/x",
        "a\\..\\x",
        "a//b",
        "a/",
        "a\x00b",
        "a\nb",
        "\u202eexe.txt",
        "caf\u00e9",
        ".git/hooks/pre-commit",
        "a/.GIT/config",
        "con",
        "x" * 241,
        "\ud800",
        7,
        None,
        ["a"],
    ],
)
def test_a_listing_names_nothing_outside_the_artifact(path: object) -> None:
    with pytest.raises(IntegrityError):
        dvcfile.parse_listing(listing_of(path))


@pytest.mark.parametrize(
    "given", [("a", "a"), ("a", "A"), ("a/b", "A/B"), ("a", "a/b"), ("A/b/c", "a/B"), ("x", "y", "X")]
)
def test_the_paths_of_a_listing_are_apart_on_every_file_system(given: tuple[str, ...]) -> None:
    with pytest.raises(IntegrityError):
        dvcfile.parse_listing(listing_of(*given))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"[1]",
        b'[{"md5": "x", "relpath": "a"}]',
        b'[{"relpath": "a"}]',
        b'[{"md5": "%s", "relpath": "a", "size": 1}]' % MD5.encode(),
        b'[{"md5": "%s.dir", "relpath": "a"}]' % MD5.encode(),
        b'[{"md5": "%s", "relpath": "a", "relpath": "b"}]' % MD5.encode(),
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_listing_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        dvcfile.parse_listing(data)


@given(st.lists(st.tuples(paths, md5s), min_size=1, max_size=6))
def test_a_listing_is_refused_or_survives_writing(entries: list[tuple[str, str]]) -> None:
    data = dvcfile.write_listing(dvcfile.ListedFile(path, md5) for path, md5 in entries)
    try:
        files = dvcfile.parse_listing(data)
    except IntegrityError:
        wrong = any(names.relative_path_problem(path) for path, _ in entries)
        folded = [path.casefold() for path, _ in entries]
        below = any(a.startswith(f"{b}/") for a in folded for b in folded)

        assert wrong or below or len(set(folded)) < len(folded)
    else:
        assert dvcfile.write_listing(files) == data


@given(st.binary(max_size=200))
def test_no_bytes_make_the_readers_fail_otherwise(data: bytes) -> None:
    dvcfile.is_accepted(data)
    with pytest.raises(IntegrityError):
        dvcfile.parse_listing(data)

"""Every reader of foreign text at once: whatever bytes they get, they answer or refuse, and what they take they keep.

`python -m tests.support.fuzzing CORPUS` runs it under atheris, where that is installed (`pip install atheris`):
coverage guides the bytes, and a crash is written into a file. Options are libFuzzer's, such as `-max_total_time=600`.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from mooring.documents import codec, dvcfile, jsontext, signers, yaml
from mooring.documents.canonical import canonical
from mooring.documents.dvcconfig import ConfigSource, read_config
from mooring.documents.yaml_layout import arrange
from mooring.documents.yaml_problem import TextProblem
from mooring.documents.yaml_write import dump, same
from mooring.domain import formats
from mooring.domain.finding import Unreadable
from mooring.errors import MooringError

# All that a reader may raise. Anything else is a bug, a RecursionError or MemoryError too.
OURS = (TextProblem, MooringError)


def read_everything(data: bytes) -> None:
    """Give `data` to every reader; raises what is none of our errors, and AssertionError where a law is broken."""
    read_as_yaml(data)
    for kind in codec.KINDS.values():
        found = codec.decode(kind, data, "a/file")
        if isinstance(found, Unreadable):
            assert found.problems
            assert all(problem.message for problem in found.problems)
        else:
            assert codec.decode(kind, codec.encode(found), "a/file") == found
    for read in (dvcfile.parse, dvcfile.parse_listing, jsontext.load):
        with contextlib.suppress(*OURS):
            read(data)
    with contextlib.suppress(*OURS):
        read_config(
            [ConfigSource(data.decode("utf-8", "replace"), "config", "/x", committed=True)], home="/home"
        )
    signers.parse_signers(data)
    list(signers.signer_problems(data))
    formats.problem("json", formats.InMemory(data))
    formats.sniff(formats.InMemory(data))


def read_as_yaml(data: bytes) -> None:
    """The laws of YAML for any bytes: refused with a place, or read, written and laid out as the same."""
    try:
        value = yaml.load(data)
    except TextProblem as problem:
        _check_place(problem, data)
        return
    assert isinstance(value, dict)
    try:
        assert same(yaml.load(dump(value)), value)
        arranged = arrange(data)
        assert arrange(arranged) == arranged
    except TextProblem as problem:
        _check_too_large(problem)
        return
    assert same(yaml.load(arranged), value)
    for kind in codec.KINDS.values():
        assert yaml.load(canonical(kind, data)) == value


def _check_place(problem: TextProblem, data: bytes) -> None:
    assert 1 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 2
    assert problem.column >= 1


def _check_too_large(problem: TextProblem) -> None:
    """Only what grows when it is written anew may be readable and not writable."""
    assert "bytes; at most" in problem.reason or "longer than" in problem.reason, problem


def seeds() -> Iterator[bytes]:
    """Sound files of every kind and hostile ones."""
    from tests.badinput.hostile import CORPORA, sound

    whole = sound()
    yield from whole.values()
    for path, corpus in CORPORA.items():
        for spoil in corpus.values():
            if len(data := spoil(whole[path])) < 8 * 1024:
                yield data


def main(arguments: list[str]) -> None:
    """Fuzz for as long as libFuzzer's options say."""
    import atheris

    folder = Path(next(word for word in arguments[1:] if not word.startswith("-")))
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number:03d}").write_bytes(seed)

    @atheris.instrument_func
    def fuzz(data: bytes) -> None:
        read_everything(data)

    for module in list(sys.modules.values()):
        if module is not None and module.__name__.startswith("mooring.documents"):
            for name, value in list(vars(module).items()):
                if inspect.isfunction(value) and value.__module__ == module.__name__:
                    setattr(module, name, atheris.instrument_func(value))
    atheris.Setup(arguments, fuzz)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)

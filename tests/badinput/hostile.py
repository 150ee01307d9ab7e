"""Hostile files, by what is wrong with them: made from a sound one where that is what makes them hostile.

Every one must end in a finding about its file, in little time and memory; none may end in an exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from mooring.documents import codec
from mooring.domain.digests import digest_of
from mooring.domain.model import ModelVersion, State
from tests.support.builder import Builder
from tests.support.samples import SAMPLES

KIB: Final = 1024
_KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPOMiIsQGaYjwRVcOGXmiMlVYGEjrCZ2DjhZxtGqCr6"
Spoil = Callable[[bytes], bytes]


def _text(spoiled: str) -> bytes:
    return spoiled.encode("utf-8", "surrogatepass")


def _after(line: str) -> Spoil:
    return lambda sound: sound + _text(line)


YAML: Final[Mapping[str, Spoil]] = {
    # Bombs: little text that stands for much.
    "aliases of aliases": lambda sound: (
        sound
        + b"x0: &x0 [a]\n"
        + b"".join(b"x%d: &x%d [*x%d, *x%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40))
    ),
    "an alias to itself": _after("x: &x [*x]\n"),
    "merge keys": lambda sound: b"<<: &x {kind: Pointer}\n" + sound,
    "a merge of merges": lambda sound: sound + b"x: &x {a: 1}\ny: {<<: *x, <<: *x}\n",
    "64 KiB of brackets": lambda _: b"[" * 64 * KIB,
    "64 KiB of braces": lambda _: b"{a: " * 16 * KIB,
    "64 KiB of dashes": lambda _: b"- " * 32 * KIB,
    "64 KiB of question marks": lambda _: b"? " * 32 * KIB,
    "65 levels": _after("x: " + "[" * 65 + "]" * 65 + "\n"),
    "ever deeper lines": lambda sound: sound + b"".join(b" " * i + b"x:\n" for i in range(300)),
    "20 000 events more": _after("x: [" + "a," * 20_000 + "]\n"),
    "100 000 keys": lambda sound: sound + b"".join(b"k%d: v\n" % i for i in range(20_000)),
    "one byte over 256 KiB": lambda sound: sound + b"#" * (256 * KIB - len(sound)) + b"\n",
    "2 MiB": lambda sound: sound + b"#" * (2 * KIB * KIB),
    # Numbers.
    "1e999": _after("x: 1e999\n"),
    "1.0e+999": _after("x: 1.0e+999\n"),
    "60 000 digits": _after("x: " + "9" * 60_000 + "\n"),
    "60 000 sixties": _after("x: 1" + ":1" * 30_000 + "\n"),
    "60 000 hexadecimal digits": _after("x: 0x" + "f" * 60_000 + "\n"),
    "2^53 + 1": _after("x: 9007199254740993\n"),
    "not a number": _after("x: .nan\n"),
    "infinity": _after("x: -.INF\n"),
    # Characters that a reviewer does not see, or sees as others.
    "NUL": _after("x: a\x00b\n"),
    "terminal escape": _after("x: a # \x1b[2K\x1b[1A\n"),
    "bidirectional override": _after("x: \u202egnp.exe\n"),
    "bidirectional isolate in a comment": _after("# \u2066 approved \u2069\n"),
    "zero-width space": _after("x: a\u200bb\n"),
    "zero-width joiner in a key": lambda sound: sound.replace(b":", _text("\u200d:"), 1),
    "soft hyphen": _after("x: a\u00adb\n"),
    "tag characters": _after("x: a\U000e0061\n"),
    "a letter that looks like another": lambda sound: sound.replace(b"i", _text("\u0456"), 1),
    "two spellings of one key": _after("\u00e9: 1\ne\u0301: 2\n"),
    "line separator": _after("x: a\u2028version: b\n"),
    "next line": _after("x: a\u0085version: b\n"),
    "carriage returns": lambda sound: sound.replace(b"\n", b"\r"),
    "surrogate": _after("x: \ud800\n"),
    "escaped surrogate": _after('x: "\\ud800"\n'),
    "noncharacter": _after("x: \uffff\n"),
    "byte order mark": lambda sound: b"\xef\xbb\xbf" + sound,
    "byte order mark inside": _after("x: \ufeff1\n"),
    "UTF-16": lambda sound: sound.decode().encode("utf-16"),
    "UTF-16 without a mark": lambda sound: sound.decode().encode("utf-16-le"),
    "UTF-32": lambda sound: sound.decode().encode("utf-32"),
    "Latin-1": lambda sound: sound + "x: é\n".encode("latin-1"),
    "overlong UTF-8": lambda sound: sound + b"x: \xc0\xaf\n",
    "half a character": lambda sound: sound + b"x: \xe2\x82",
    "binary": lambda _: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    # Marks of YAML that readers take differently, or that run something.
    "a Python object": _after("x: !!python/object/apply:os.system [id]\n"),
    "a tag of its own": _after("x: !secret a\n"),
    "a tag directive": lambda sound: b"%TAG ! tag:yaml.org,2002:\n---\n" + sound,
    "a YAML directive": lambda sound: b"%YAML 1.1\n---\n" + sound,
    "two documents": lambda sound: sound + b"---\n" + sound,
    "an end of the document": _after("...\nx: 1\n"),
    "a key twice": lambda sound: sound + sound.split(b"\n")[0] + b"\n",
    "a key twice, once quoted": lambda sound: sound + b'"kind": Pointer\n',
    "two promotions merged line by line": lambda sound: b"".join(line * 2 for line in sound.splitlines(True)),
    "marks of a conflict": lambda sound: (
        b"<<<<<<< HEAD\n" + sound + b"=======\n" + sound + b">>>>>>> theirs\n"
    ),
    "a number as a key": _after("1: a\n"),
    "a list as a key": _after("? [a]\n: b\n"),
    "a tab": _after("x:\n\ty: 1\n"),
    "no value": _after("x:\n"),
    "a key of 60 000 letters": _after("k" * 60_000 + ": 1\n"),
    "an unknown key": _after("x: 1\n"),
    "a list": lambda _: b"- a\n",
    "a text": lambda _: b"hello\n",
    "nothing": lambda _: b"",
    "white space": lambda _: b" \n" * 1000,
    "a comment": lambda _: b"# nothing\n",
    "an open quote": lambda sound: sound + b'x: "' + b"a" * 60_000,
    "half of it": lambda sound: sound[: len(sound) // 2] + b"{",
    "JSON with equal keys": lambda _: b'{"kind": "A", "kind": "B"}',
}
"""Of documents in YAML."""

HARMLESS: Final[Mapping[str, Spoil]] = {
    "256 KiB to the byte": lambda sound: sound + b"#" * (256 * KIB - 1 - len(sound)) + b"\n",
    "carriage returns and line feeds": lambda sound: sound.replace(b"\n", b"\r\n"),
    "64 KiB of comments": lambda sound: b"# a\n" * 16 * KIB + sound,
    "64 KiB of blank lines": lambda sound: sound + b"\n" * 64 * KIB,
}
"""What says the same as the sound document: no error, at most a word about its layout."""

CONFIG: Final[Mapping[str, Spoil]] = {
    "NUL": _after("a\x00b = c\n"),
    "not UTF-8": lambda sound: sound + b"# \xff\n",
    "1 MiB of sections": lambda _: b"[" * KIB * KIB,
    "1 MiB of quotes": lambda sound: sound + b"    x = " + b"'" * KIB * KIB,
    "a section twice": lambda sound: sound + sound,
    "a nested section": _after("[[core]]\n"),
    "interpolation": _after("    jobs = %(url)s\n"),
    "text over lines": _after("    url = '''\n/etc\n'''\n"),
    "a secret": _after("    password = hunter2hunter2\n"),
    "a program as the remote": lambda _: (
        b"['remote \"x\"']\n    url = ext::sh -c id\n    version_aware = true\n"
    ),
    "an unknown scheme": lambda _: b"['remote \"x\"']\n    url = file:///etc\n",
    "a section of the machine": _after("[state]\n    dir = /tmp\n"),
    "an escape": _after("    url = \x1b[31m\n"),
    "bidirectional": _after("    url = \u202e/x\n"),
    "60 000 spaces": _after("[" + " " * 60_000 + "x\n"),
}
"""Of `.dvc/config`."""

ATTRIBUTES: Final[Mapping[str, Spoil]] = {
    "union": _after("environments/** merge=union\n"),
    "union behind a byte order mark": lambda _: b"\xef\xbb\xbf*.yaml merge=union\n",
    "union behind a carriage return": _after("# x\r\n*.yaml merge=union\r\n"),
    "64 KiB of stars": _after("*" * 64 * KIB + ".yaml filter=x\n"),
    "64 KiB of classes": _after("[a]" * 20 * KIB + " filter=x\n"),
    "64 KiB of escapes": _after('"' + "\\052" * 16 * KIB + '" filter=x\n'),
    "500 lines": _after("*.yaml filter=x\n" * 500),
    "not UTF-8": lambda sound: sound + b"*.yaml filter=\xff\n",
    "NUL": lambda sound: sound + b"*.yaml filter=a\x00b\n",
    "attributes without end": _after("*.yaml " + "a " * 32 * KIB + "\n"),
}
"""Of `.gitattributes`."""

SIGNERS: Final[Mapping[str, Spoil]] = {
    "NUL": _after("a\x00b ssh-ed25519 AAAA\n"),
    "not UTF-8": lambda sound: sound + b"\xff ssh-ed25519 AAAA\n",
    "no key": _after("sam@example.com\n"),
    "a key that is none": _after("sam@example.com ssh-ed25519 AAAA\n"),
    "everybody": _after(
        "* ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPOMiIsQGaYjwRVcOGXmiMlVYGEjrCZ2DjhZxtGqCr6\n"
    ),
    "64 KiB of principals": _after("a," * 32 * KIB + " ssh-ed25519 AAAA\n"),
    "an open quote": _after('sam@example.com namespaces="git ssh-ed25519 AAAA\n'),
    "bidirectional": _after("\u202esam@example.com ssh-ed25519 AAAA\n"),
}
"""Of `.mooring/allowed_signers`."""

CARD: Final[Mapping[str, Spoil]] = {
    "not UTF-8": lambda sound: sound + b"\xff\n",
    "UTF-16": lambda sound: sound.decode().encode("utf-16"),
    "NUL": lambda sound: sound + b"\x00",
    "bidirectional override": _after("\u202e deyorppa\n"),
    "terminal escape": _after("\x1b[2J\n"),
}
"""Of a model card."""

SIGNATURE: Final[Mapping[str, Spoil]] = {
    "not JSON": lambda _: b"{",
    "YAML": lambda _: b"kind: VersionSignature\n",
    "not a number": lambda sound: sound.replace(b"{", b'{"x": NaN,', 1),
    "a key twice": lambda sound: sound.replace(b"{", b'{"kind": "A",', 1),
    "64 KiB of brackets": lambda _: b"[" * 64 * KIB,
    "65 levels": lambda _: b'{"x": ' + b"[" * 65 + b"]" * 65 + b"}",
    "60 000 digits": lambda _: b'{"x": ' + b"9" * 60_000 + b"}",
    "1e999": lambda _: b'{"x": 1e999}',
    "half a surrogate": lambda _: b'{"x": "\\ud800"}',
    "byte order mark": lambda sound: b"\xef\xbb\xbf" + sound,
    "not UTF-8": lambda _: b'{"x": "\xff"}',
    "NUL": lambda sound: sound + b"\x00",
    "nothing": lambda _: b"",
    "2 MiB": lambda _: b'{"x": "' + b"a" * (2 * KIB * KIB) + b'"}',
    "two values": lambda sound: sound + sound,
}
"""Of `signature.json`."""

CORPORA: Final[Mapping[str, Mapping[str, Spoil]]] = {
    "mooring.yaml": YAML,
    "registry/waivers.yaml": YAML,
    "registry/iris/model.yaml": YAML,
    "registry/iris/status/1.0.0.yaml": YAML,
    "registry/iris/versions/1.0.0/manifest.yaml": YAML,
    "registry/iris/versions/1.0.0/artifact.dvc": YAML,
    "registry/iris/versions/1.0.0/signature.json": SIGNATURE,
    "registry/iris/cards/1.0.0.md": CARD,
    "environments/staging.yaml": YAML,
    "environments/staging/iris.yaml": YAML,
    ".dvc/config": CONFIG,
    ".gitattributes": ATTRIBUTES,
    ".mooring/allowed_signers": SIGNERS,
}
"""What may be wrong with the file at a path of the sound registry."""


def sound() -> dict[str, bytes]:
    """A registry with a file of every kind, and no error in it."""
    built = Builder().settings().environment("staging").model("iris").version("1.0.0")
    built.promote("1.0.0", to="staging").status("1.0.0", State.DEPRECATED)
    built.write("registry/waivers.yaml", "apiVersion: mooring/v1\nkind: Waivers\n")
    built.write("registry/iris/cards/1.0.0.md", "# Iris\n\nFlowers only.\n")
    built.write(
        ".dvc/config", "[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://models/x\n"
    )
    built.write(".gitattributes", "*.yaml text eol=lf\n")
    built.write(".mooring/allowed_signers", f'alex@example.com namespaces="git" {_KEY}\n')
    data = built.files["registry/iris/versions/1.0.0/manifest.yaml"]
    manifest = codec.decode(ModelVersion, data, "manifest.yaml")
    assert isinstance(manifest, ModelVersion)
    signed = {"version": "1.0.0", "manifest": digest_of(data), "artifact": manifest.artifact.digest}
    signature = {**SAMPLES["signature"], **signed}
    built.write("registry/iris/versions/1.0.0/signature.json", json.dumps(signature, indent=2) + "\n")
    return built.files

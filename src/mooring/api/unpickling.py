"""Load joblib and pickle files with an exact list of what they may name.

A pickle is a program: it names functions and classes, and calls them. The list is kept where a name is looked up,
while the file is read, so that nothing can be named in a way that a scanner reads differently than the loader. Names
that are not on the list are never imported.
"""

from __future__ import annotations

import bz2
import inspect
import io
import lzma
import pickle
import zlib
from collections.abc import Callable, Collection
from typing import Final

from mooring.domain.pickle_names import ALLOWED, may_be_estimator
from mooring.errors import MooringError, RefusedError, UnavailableError

MOST_EXPANSION: Final = 200
"""How many times larger than the file its unpacked contents may be; beside that, 64 MiB are always allowed."""


def _is_estimator(found: object) -> bool:
    return isinstance(found, type) and any(
        (base.__module__, base.__name__) == ("sklearn.base", "BaseEstimator") for base in found.__mro__
    )


class _Gate:
    """Looks a name up, or refuses it."""

    def __init__(self, path: str, trusted: Collection[str]) -> None:
        self.path = path
        self.trusted = frozenset(trusted)

    def find(self, look_up: Callable[[str, str], object], module: str, name: str) -> object:
        full = f"{module}.{name}"
        if full in ALLOWED or full in self.trusted:
            return look_up(module, name)
        if may_be_estimator(module, name) and _is_estimator(found := look_up(module, name)):
            return found
        raise RefusedError(
            f"{self.path} names {full}, which is not on the list of what a model may load",
            f"If you know that it is harmless, allow it by name: trust=[..., {full!r}]. Better: save it as skops.",
        )


def load_pickle(path: str, data: bytes, trusted: Collection[str]) -> object:
    """The object of a pickle; `trusted` are further names (`module.name`) that it may use.

    Raises RefusedError for any other name, and for what is no pickle.
    """
    gate = _Gate(path, trusted)

    class Restricted(pickle.Unpickler):
        def find_class(self, module_name: str, global_name: str) -> object:
            return gate.find(super().find_class, module_name, global_name)

    return _read(path, lambda: Restricted(io.BytesIO(data)).load())


def load_joblib(path: str, data: bytes, trusted: Collection[str]) -> object:
    """The object of a file that joblib wrote, compressed or not; as `load_pickle` otherwise."""
    from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

    gate = _Gate(path, trusted)
    contents = _unpacked(path, data)

    class Inner(pickle.Unpickler):
        def find_class(self, module_name: str, global_name: str) -> object:
            return gate.find(super().find_class, module_name, global_name)

    class Restricted(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
        dispatch = NumpyUnpickler.dispatch.copy()

        def find_class(self, module_name: str, global_name: str) -> object:
            return gate.find(super().find_class, module_name, global_name)

        def load_build(self) -> None:
            # Before joblib 1.6 an array of objects was a pickle inside, loaded without find_class.
            state, wrapper = self.stack[-1], self.stack[-2]
            if type(wrapper) is NumpyArrayWrapper:
                if type(state) is not dict:
                    raise RefusedError(f"{path} describes an array in a way that joblib never does")
                if {**vars(wrapper), **state}["dtype"].hasobject:
                    self.stack.pop()
                    self.stack[-1] = Inner(self.file_handle).load()
                    return
            super().load_build()

        dispatch[pickle.BUILD[0]] = load_build

    options = {"ensure_native_byte_order": True}
    known = inspect.signature(NumpyUnpickler.__init__).parameters
    made = Restricted("", io.BytesIO(contents), **{k: v for k, v in options.items() if k in known})
    return _read(path, made.load)


def _read(path: str, load: Callable[[], object]) -> object:
    try:
        return load()
    except MooringError:
        raise
    except ImportError as error:
        package = (error.name or "sklearn").partition(".")[0].replace("sklearn", "scikit-learn")
        raise UnavailableError(
            f"{path} needs a package that is not installed: {error}", f"Install it: pip install {package}"
        ) from error
    except Exception as error:
        raise RefusedError(
            f"{path} cannot be loaded: {type(error).__name__}: {error}",
            "It may have been written by another version of its library; the manifest names the version.",
        ) from error


def _unpacked(path: str, data: bytes) -> bytes:
    if data[:1] == b"\x80":
        return data
    limit = MOST_EXPANSION * len(data) + 64 * 2**20
    try:
        contents = _decompress(path, data, limit + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise RefusedError(f"{path} cannot be unpacked: {error}") from error
    if len(contents) > limit:
        raise RefusedError(f"{path} unpacks to more than {limit} bytes")
    return contents


def _decompress(path: str, data: bytes, most: int) -> bytes:
    if data.startswith((b"\x1f\x8b", b"\x78")):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(data, most)
    if data.startswith(b"BZh"):
        return bz2.BZ2Decompressor().decompress(data, most)
    if data.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return lzma.LZMADecompressor().decompress(data, most)
    raise RefusedError(f"{path} is compressed in a way that is not read", "Save it without lz4.")

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
import re
import zlib
from collections.abc import Callable, Collection
from typing import Final

from mooring.errors import MooringError, RefusedError, UnavailableError

MOST_EXPANSION: Final = 200
"""How many times larger than the file its unpacked contents may be; beside that, 64 MiB are always allowed."""

_NUMPY_TYPES: Final = (
    "bool bool_ int8 int16 int32 int64 intc intp longlong uint8 uint16 uint32 uint64 uintc uintp ulonglong "
    "float16 float32 float64 longdouble complex64 complex128 str_ bytes_ datetime64 timedelta64 ndarray dtype"
)
_SPARSE: Final = " ".join(
    f"{kind}_{form}" for kind in ("csr", "csc", "coo", "bsr", "dia", "lil") for form in ("matrix", "array")
)
_LOSSES: Final = (
    "HalfSquaredError AbsoluteError PinballLoss HuberLoss HalfPoissonLoss HalfGammaLoss HalfTweedieLoss "
    "HalfTweedieLossIdentity HalfBinomialLoss HalfMultinomialLoss ExponentialLoss"
)
_LINKS: Final = "Interval BaseLink IdentityLink LogLink LogitLink HalfLogitLink MultinomialLogit"

# Constructors of plain data. Nothing here runs a name, a file or a text that the pickle gives it.
_EXACT: Final = {
    "builtins": "object dict list set frozenset tuple slice complex bytearray range int float bool str bytes",
    "copyreg": "_reconstructor",
    "collections": "OrderedDict defaultdict deque Counter",
    "numpy": _NUMPY_TYPES,
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.numeric": "_frombuffer",
    "numpy.random._pickle": "__randomstate_ctor __generator_ctor __bit_generator_ctor",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.mtrand": "RandomState",
    "numpy.random._generator": "Generator",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    **{f"scipy.sparse._{kind}": _SPARSE for kind in ("csr", "csc", "coo", "bsr", "dia", "lil")},
    "sklearn.tree._tree": "Tree",
    "sklearn.utils._bunch": "Bunch",
    "sklearn._loss.loss": _LOSSES,
    "sklearn._loss.link": _LINKS,
    "sklearn._loss._loss": " ".join(f"Cy{name}" for name in _LOSSES.split()),
    "sklearn.linear_model._sgd_fast": "Hinge SquaredHinge Log Huber EpsilonInsensitive ModifiedHuber SquaredLoss",
    "sklearn.neighbors._kd_tree": "KDTree KDTree64 KDTree32 newObj",
    "sklearn.neighbors._ball_tree": "BallTree BallTree64 BallTree32 newObj",
    "sklearn.metrics._dist_metrics": "EuclideanDistance EuclideanDistance64 EuclideanDistance32 newObj",
    "sklearn.calibration": "_CalibratedClassifier",
}
ALLOWED: Final = frozenset(f"{module}.{name}" for module, names in _EXACT.items() for name in names.split())

# Estimators are many: any class of scikit-learn that is one may be named, from modules that only define them.
_ESTIMATOR_MODULE: Final = re.compile(
    r"sklearn\.(?:base|calibration|cluster|compose|covariance|cross_decomposition|decomposition|discriminant_analysis|"
    r"dummy|ensemble|feature_extraction|feature_selection|gaussian_process|impute|isotonic|kernel_approximation|"
    r"kernel_ridge|linear_model|manifold|mixture|model_selection|multiclass|multioutput|naive_bayes|neighbors|"
    r"neural_network|pipeline|preprocessing|random_projection|semi_supervised|svm|tree)(?:\._[a-z_]+|\.[a-z_]+)*"
)
_NOT_MODULES: Final = frozenset({"tests", "conftest", "setup"})


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
        plain = name.isidentifier() and not _NOT_MODULES & set(module.split("."))
        if plain and _ESTIMATOR_MODULE.fullmatch(module) and _is_estimator(found := look_up(module, name)):
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

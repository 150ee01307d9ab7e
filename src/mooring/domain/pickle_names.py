"""What a joblib or pickle file may name: an exact list, for the loader and for the scan that comes before it.

Everything on it constructs plain data. Nothing here runs a name, a file or a text that the pickle gives it.
"""

from __future__ import annotations

import re
from typing import Final

from mooring.domain.pickle_estimators import ESTIMATORS

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
ESTIMATOR_MODULE: Final = re.compile(
    r"sklearn\.(?:base|calibration|cluster|compose|covariance|cross_decomposition|decomposition|discriminant_analysis|"
    r"dummy|ensemble|feature_extraction|feature_selection|gaussian_process|impute|isotonic|kernel_approximation|"
    r"kernel_ridge|linear_model|manifold|mixture|model_selection|multiclass|multioutput|naive_bayes|neighbors|"
    r"neural_network|pipeline|preprocessing|random_projection|semi_supervised|svm|tree)(?:\._[a-z_]+|\.[a-z_]+)*"
)
NOT_MODULES: Final = frozenset({"tests", "conftest", "setup"})


def may_be_estimator(module: str, name: str) -> bool:
    """Whether a name may be that of one of scikit-learn's estimators; who imports it can see whether it is."""
    plain = name.isidentifier() and not NOT_MODULES & set(module.split("."))
    return plain and ESTIMATOR_MODULE.fullmatch(module) is not None


def is_known(module: str, name: str) -> bool:
    """Whether a name is on the list, told without importing anything."""
    full = f"{module}.{name}"
    return full in ALLOWED or (full in ESTIMATORS and may_be_estimator(module, name))

"""The estimators of scikit-learn (1.9), by the module that a pickle names them from.

A scan imports nothing, so it cannot ask whether a class is an estimator; it knows those that there are.
"""

from __future__ import annotations

from typing import Final

_CLASSES: Final = {
    "base": "BaseEstimator",
    "calibration": "CalibratedClassifierCV _SigmoidCalibration _TemperatureScaling",
    "cluster._affinity_propagation": "AffinityPropagation",
    "cluster._agglomerative": "AgglomerativeClustering FeatureAgglomeration",
    "cluster._bicluster": "BaseSpectral SpectralBiclustering SpectralCoclustering",
    "cluster._birch": "Birch",
    "cluster._bisect_k_means": "BisectingKMeans",
    "cluster._dbscan": "DBSCAN",
    "cluster._hdbscan.hdbscan": "HDBSCAN",
    "cluster._kmeans": "KMeans MiniBatchKMeans _BaseKMeans",
    "cluster._mean_shift": "MeanShift",
    "cluster._optics": "OPTICS",
    "cluster._spectral": "SpectralClustering",
    "compose._column_transformer": "ColumnTransformer",
    "compose._target": "TransformedTargetRegressor",
    "covariance._elliptic_envelope": "EllipticEnvelope",
    "covariance._empirical_covariance": "EmpiricalCovariance",
    "covariance._graph_lasso": "BaseGraphicalLasso GraphicalLasso GraphicalLassoCV",
    "covariance._robust_covariance": "MinCovDet",
    "covariance._shrunk_covariance": "LedoitWolf OAS ShrunkCovariance",
    "cross_decomposition._pls": "CCA PLSCanonical PLSRegression PLSSVD _PLS",
    "decomposition._base": "_BasePCA",
    "decomposition._dict_learning": "DictionaryLearning MiniBatchDictionaryLearning SparseCoder",
    "decomposition._factor_analysis": "FactorAnalysis",
    "decomposition._fastica": "FastICA",
    "decomposition._incremental_pca": "IncrementalPCA",
    "decomposition._kernel_pca": "KernelPCA",
    "decomposition._lda": "LatentDirichletAllocation",
    "decomposition._nmf": "MiniBatchNMF NMF _BaseNMF",
    "decomposition._pca": "PCA",
    "decomposition._sparse_pca": "MiniBatchSparsePCA SparsePCA _BaseSparsePCA",
    "decomposition._truncated_svd": "TruncatedSVD",
    "discriminant_analysis": "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "dummy": "DummyClassifier DummyRegressor",
    "ensemble._bagging": "BaggingClassifier BaggingRegressor BaseBagging",
    "ensemble._base": "BaseEnsemble _BaseHeterogeneousEnsemble",
    "ensemble._forest": (
        "BaseForest ExtraTreesClassifier ExtraTreesRegressor ForestClassifier ForestRegressor "
        "RandomForestClassifier RandomForestRegressor RandomTreesEmbedding"
    ),
    "ensemble._gb": "BaseGradientBoosting GradientBoostingClassifier GradientBoostingRegressor",
    "ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "ensemble._hist_gradient_boosting.gradient_boosting": (
        "BaseHistGradientBoosting HistGradientBoostingClassifier HistGradientBoostingRegressor"
    ),
    "ensemble._iforest": "IsolationForest",
    "ensemble._stacking": "StackingClassifier StackingRegressor _BaseStacking",
    "ensemble._voting": "VotingClassifier VotingRegressor _BaseVoting",
    "ensemble._weight_boosting": "AdaBoostClassifier AdaBoostRegressor BaseWeightBoosting",
    "feature_extraction._dict_vectorizer": "DictVectorizer",
    "feature_extraction._hash": "FeatureHasher",
    "feature_extraction.image": "PatchExtractor",
    "feature_extraction.text": "CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer",
    "feature_selection._from_model": "SelectFromModel",
    "feature_selection._rfe": "RFE RFECV",
    "feature_selection._sequential": "SequentialFeatureSelector",
    "feature_selection._univariate_selection": (
        "GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest SelectPercentile _BaseFilter"
    ),
    "feature_selection._variance_threshold": "VarianceThreshold",
    "gaussian_process._gpc": "GaussianProcessClassifier _BinaryGaussianProcessClassifierLaplace",
    "gaussian_process._gpr": "GaussianProcessRegressor",
    "impute._base": "MissingIndicator SimpleImputer _BaseImputer",
    "impute._iterative": "IterativeImputer",
    "impute._knn": "KNNImputer",
    "isotonic": "IsotonicRegression",
    "kernel_approximation": (
        "AdditiveChi2Sampler Nystroem PolynomialCountSketch RBFSampler SkewedChi2Sampler"
    ),
    "kernel_ridge": "KernelRidge",
    "linear_model._base": "LinearModel LinearRegression MultiOutputLinearModel",
    "linear_model._bayes": "ARDRegression BayesianRidge",
    "linear_model._coordinate_descent": (
        "ElasticNet ElasticNetCV Lasso LassoCV LinearModelCV MultiTaskElasticNet "
        "MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV"
    ),
    "linear_model._glm.glm": ("GammaRegressor PoissonRegressor TweedieRegressor _GeneralizedLinearRegressor"),
    "linear_model._huber": "HuberRegressor",
    "linear_model._least_angle": "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC",
    "linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "linear_model._omp": "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV",
    "linear_model._passive_aggressive": "PassiveAggressiveClassifier PassiveAggressiveRegressor",
    "linear_model._perceptron": "Perceptron",
    "linear_model._quantile": "QuantileRegressor",
    "linear_model._ransac": "RANSACRegressor",
    "linear_model._ridge": (
        "Ridge RidgeCV RidgeClassifier RidgeClassifierCV _BaseRidge _BaseRidgeCV "
        "_IdentityClassifier _IdentityRegressor _RidgeGCV"
    ),
    "linear_model._stochastic_gradient": (
        "BaseSGD BaseSGDClassifier BaseSGDRegressor SGDClassifier SGDOneClassSVM SGDRegressor"
    ),
    "linear_model._theil_sen": "TheilSenRegressor",
    "manifold._classical_mds": "ClassicalMDS",
    "manifold._isomap": "Isomap",
    "manifold._locally_linear": "LocallyLinearEmbedding",
    "manifold._mds": "MDS",
    "manifold._spectral_embedding": "SpectralEmbedding",
    "manifold._t_sne": "TSNE",
    "mixture._base": "BaseMixture",
    "mixture._bayesian_mixture": "BayesianGaussianMixture",
    "mixture._gaussian_mixture": "GaussianMixture",
    "model_selection._classification_threshold": (
        "BaseThresholdClassifier FixedThresholdClassifier TunedThresholdClassifierCV"
    ),
    "model_selection._search": "BaseSearchCV GridSearchCV RandomizedSearchCV",
    "model_selection._search_successive_halving": (
        "BaseSuccessiveHalving HalvingGridSearchCV HalvingRandomSearchCV"
    ),
    "multiclass": "OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier _ConstantPredictor",
    "multioutput": (
        "ClassifierChain MultiOutputClassifier MultiOutputRegressor RegressorChain _BaseChain "
        "_MultiOutputEstimator"
    ),
    "naive_bayes": (
        "BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB _BaseDiscreteNB _BaseNB"
    ),
    "neighbors._base": "NeighborsBase",
    "neighbors._classification": "KNeighborsClassifier RadiusNeighborsClassifier",
    "neighbors._graph": "KNeighborsTransformer RadiusNeighborsTransformer",
    "neighbors._kde": "KernelDensity",
    "neighbors._lof": "LocalOutlierFactor",
    "neighbors._nca": "NeighborhoodComponentsAnalysis",
    "neighbors._nearest_centroid": "NearestCentroid",
    "neighbors._regression": "KNeighborsRegressor RadiusNeighborsRegressor",
    "neighbors._unsupervised": "NearestNeighbors",
    "neural_network._multilayer_perceptron": "BaseMultilayerPerceptron MLPClassifier MLPRegressor",
    "neural_network._rbm": "BernoulliRBM",
    "pipeline": "FeatureUnion Pipeline",
    "preprocessing._data": (
        "Binarizer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer PowerTransformer "
        "QuantileTransformer RobustScaler StandardScaler"
    ),
    "preprocessing._discretization": "KBinsDiscretizer",
    "preprocessing._encoders": "OneHotEncoder OrdinalEncoder _BaseEncoder",
    "preprocessing._function_transformer": "FunctionTransformer",
    "preprocessing._label": "LabelBinarizer LabelEncoder MultiLabelBinarizer",
    "preprocessing._polynomial": "PolynomialFeatures SplineTransformer",
    "preprocessing._target_encoder": "TargetEncoder",
    "random_projection": "BaseRandomProjection GaussianRandomProjection SparseRandomProjection",
    "semi_supervised._label_propagation": "BaseLabelPropagation LabelPropagation LabelSpreading",
    "semi_supervised._self_training": "SelfTrainingClassifier",
    "svm._base": "BaseLibSVM BaseSVC",
    "svm._classes": "LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR",
    "tree._classes": (
        "BaseDecisionTree DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor"
    ),
}
ESTIMATORS: Final = frozenset(
    f"sklearn.{module}.{name}" for module, names in _CLASSES.items() for name in names.split()
)
"""`module.name` of each."""

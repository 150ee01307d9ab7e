"""Trains the models of this repository's own registry, from data sets that ship inside scikit-learn."""

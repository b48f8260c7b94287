"""Estimators of information, one function each: see conf/estimator for the options."""

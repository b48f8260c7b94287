"""Loops that a C++ compiler makes fast, for training and for estimators."""

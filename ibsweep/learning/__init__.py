"""Trains ensembles of networks."""

"""Kinds of networks, and the weights of their ensembles."""

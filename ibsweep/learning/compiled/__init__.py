"""Trains small fully connected networks by loops that are compiled for their sizes."""

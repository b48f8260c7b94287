"""Scores of one network: performance, compression, its onset, and what cannot be right."""

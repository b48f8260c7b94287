"""Figures and reports from a store."""

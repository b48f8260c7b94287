"""Calibration: what estimators say of samples whose information is known."""

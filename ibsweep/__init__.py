"""ibsweep: information-bottleneck sweeps, many networks and estimators in one tracked command."""

"""Which layers are trained when, and by which loss: one scheme a file."""

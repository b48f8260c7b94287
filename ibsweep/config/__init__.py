"""From a composed configuration to built and checked parts, fingerprints and jobs."""

"""What several estimators of information share."""

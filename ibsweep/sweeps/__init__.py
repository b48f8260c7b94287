"""From settings to tracked runs: what a job of a sweep does, and what follows a sweep."""

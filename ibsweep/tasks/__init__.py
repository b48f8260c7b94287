"""Tasks: patterns with labels, and how they are split into parts."""

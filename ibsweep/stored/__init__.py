"""What can be done with networks that a store holds."""

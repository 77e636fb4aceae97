"""What the write page alone needs."""

"""What the library page alone needs."""

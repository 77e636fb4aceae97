"""What the quality page alone needs."""

"""What the answers page alone needs."""

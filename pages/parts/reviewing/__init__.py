"""What the review page alone needs."""

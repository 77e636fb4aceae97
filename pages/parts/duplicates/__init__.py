"""What the duplicates page alone needs."""

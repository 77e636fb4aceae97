"""What the map page alone needs."""

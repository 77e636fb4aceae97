"""Which rows are broken, by rules that have names."""

"""How near-duplicates hang together, as a reader sees them: groups, chains, words that differ."""

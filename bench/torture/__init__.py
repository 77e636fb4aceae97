"""Killed, full, read-only, all at once, and fed with rubbish: what becomes of what was there? `make torture` runs all of it."""

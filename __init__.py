"""Evalmap: see what an evaluation dataset really contains."""

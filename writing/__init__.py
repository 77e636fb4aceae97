"""New examples: plans, asking a language model for rows, and what of its writing stays."""

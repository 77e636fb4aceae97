"""New examples: written by a language model, and checked by people."""

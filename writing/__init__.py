"""New examples: written, filtered, and checked by people."""

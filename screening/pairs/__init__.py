"""Which rows are alike: every pair, exactly, by equal text, by characters, by meaning."""

"""What models answered: importers, scoring, joining with the examples, and statistics."""

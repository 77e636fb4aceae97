"""Which rows have what: predicates, facets, and how facets filter each other."""

"""Templates: rows that are equal but for short slots, and what a screening does with them."""

"""What two texts that are near each other differ in: a number, a negation, a date, a name, a key."""

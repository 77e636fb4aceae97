"""What people say of the rows: who reads which, what they said, and how far they agree."""

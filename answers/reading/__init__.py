"""What an answer says: which option, with which probability, of which example."""

"""Putting questions to models: a server, or a model file on this machine, with a journal of what was answered."""

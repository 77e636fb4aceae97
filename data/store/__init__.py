"""What is kept on disk: the workspace with its stages and pointers, files written whole or not at all, jobs."""

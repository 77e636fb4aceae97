"""What a screening leaves on disk: the rows kept as they came, the rows removed with the reason, a report to read."""

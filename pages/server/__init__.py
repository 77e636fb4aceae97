"""What stands beside the pages in the server: addresses, headers, start-up, and what is kept in memory."""

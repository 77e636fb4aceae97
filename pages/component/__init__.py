"""The map: what the browser is sent of it, and what comes back; static/ is its part in the browser."""

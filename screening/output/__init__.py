"""What a screening leaves: kept and removed rows, and reports."""

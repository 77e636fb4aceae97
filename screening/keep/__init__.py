"""Which of the rows that are alike stay: order, selection, balance, a target size, decisions by hand."""

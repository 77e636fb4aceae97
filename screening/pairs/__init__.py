"""Which rows are alike, and by what: equal texts, shared characters, meaning. Every pair above a floor, found exactly.

`near_duplicates` makes the one list of pairs that everything else reads; `exact`, `lexical` and `semantic` are its three searches.
"""

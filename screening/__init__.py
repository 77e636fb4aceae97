"""What is wrong with a dataset: near-duplicates with their evidence, and which rows to keep.

A list of texts and a matrix are enough:

    screening = screen(texts, embeddings, options=ScreeningOptions(threshold=0.95))
    kept = [texts[row] for row in screening.kept_rows]

or step by step:

    pairs = find_near_duplicates(texts, embeddings)
    selection = select(pairs, threshold=0.95, order=prioritize("medoid", pairs=pairs), labels=labels)
"""

from evalmap.screening.keep.order import prioritize
from evalmap.screening.keep.select import select
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.screening import screen
from evalmap.screening.screening_options import ScreeningOptions

__all__ = ["ScreeningOptions", "find_near_duplicates", "prioritize", "screen", "select"]

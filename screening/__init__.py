"""What is wrong with a dataset: near-duplicates with their evidence, and which rows to keep.

pairs = find_near_duplicates(texts, embeddings)
selection = select(pairs, threshold=0.95, order=prioritize("medoid", examples, pairs=pairs), labels=labels)
"""

from evalmap.screening.keep.order import prioritize
from evalmap.screening.keep.select import select
from evalmap.screening.pairs.near_duplicates import find_near_duplicates

__all__ = ["find_near_duplicates", "prioritize", "select"]

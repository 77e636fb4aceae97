"""What is wrong with a dataset: near-duplicates with their evidence, and which rows to keep.

pairs = find_near_duplicates(texts, embeddings)
selection = select(pairs, threshold=0.95, order=prioritise("medoid", examples, pairs=pairs), labels=labels)
"""

from evalmap.screening.pairs import find_near_duplicates
from evalmap.screening.priority import prioritise
from evalmap.screening.selection import select

__all__ = ["find_near_duplicates", "prioritise", "select"]

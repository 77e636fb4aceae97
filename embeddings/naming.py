"""Names for clusters without a language model: the terms that set a cluster apart, and its most typical sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import Clustering, centroids

N_TERMS = 5
N_EXEMPLARS = 5
_TOKEN = r"(?u)\b[^\W\d_](?:[\w'’-]*\w)?\b"
_CONTRACTIONS = frozenset(
    "i'm i've i'd i'll you're you've you'd you'll we're we've we'd we'll they're they've they'd they'll it's that's there's what's "
    "don't doesn't didn't won't wouldn't can't couldn't shouldn't isn't aren't wasn't weren't haven't hasn't hadn't let's".split()
)
_VAGUE = frozenset("would could should may might must like want wants things thing something really just also even make".split())


@dataclass(frozen=True)
class ClusterName:
    """What a cluster is called.

    Attributes
    ----------
    layer, id : which cluster
    name : its first terms, joined
    terms : up to 5, the most telling first
    medoid : the row nearest to the cluster's centroid
    exemplars : up to 5 rows, the most typical first, no text twice
    """

    layer: str
    id: int
    name: str
    terms: tuple[str, ...]
    medoid: int
    exemplars: tuple[int, ...]


def name_clusters(
    texts: Sequence[str], clusterings: Sequence[Clustering], embeddings: Vectors, *, common: float = 0.5
) -> list[ClusterName]:
    """Name every cluster of every layer by contrastive class-based TF-IDF.

    A term (one or two words) scores `p log(p / q) · idf`: p and q are the ratios of rows with the term inside and outside the
    cluster, idf the logarithm of rows over rows with the term. Words in more than `common` of all rows are the dataset's
    frame and name nothing; a term inside a better one (or sharing its stem) is left out.

    Source: class-based TF-IDF after Grootendorst 2022, arXiv:2203.05794, with the contrast of a Kullback-Leibler term.
    """
    from scipy import sparse

    counts, vocabulary = _document_terms(texts, common)
    present = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    n = len(texts)
    idf = np.log(n / np.maximum(present, 1.0))
    names: list[ClusterName] = []
    for clustering in clusterings:
        clusters = clustering.n_clusters
        sizes = np.bincount(clustering.labels, minlength=clusters)
        members = sparse.csr_matrix((np.ones(n, np.float32), (clustering.labels, np.arange(n))), shape=(clusters, n))
        inside = sparse.csr_matrix(members @ counts)
        means = centroids(embeddings, clustering.labels)
        taken: set[str] = set()
        for cluster in range(clusters):
            rows = np.flatnonzero(clustering.labels == cluster)
            terms = _rank_terms(inside[cluster], present, int(sizes[cluster]), n, idf, vocabulary)
            similarity = embeddings[rows] @ means[cluster]
            exemplars = _exemplars(rows, similarity, texts)
            name = _unique_name(terms, taken) or f"cluster {cluster}"
            taken.add(name)
            names.append(ClusterName(clustering.layer, cluster, name, terms, int(exemplars[0]), tuple(map(int, exemplars))))
    return names


def _document_terms(texts: Sequence[str], common: float):
    """(rows × terms) 0/1 matrix and the terms; an empty matrix where no word is left."""
    from scipy import sparse
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    stop = sorted(ENGLISH_STOP_WORDS | _CONTRACTIONS | _VAGUE | {word.replace("'", "’") for word in _CONTRACTIONS})
    for least in (2 if len(texts) < 20_000 else 5, 1):
        vectorizer = CountVectorizer(
            token_pattern=_TOKEN,
            stop_words=stop,
            ngram_range=(1, 2),
            min_df=least,
            max_df=max(common, 1.5 / len(texts)),
            binary=True,
        )
        try:
            counts = vectorizer.fit_transform(texts)
        except ValueError:  # no word passes: tried with rarer words, then given up
            continue
        return sparse.csr_matrix(counts, dtype=np.float32), vectorizer.get_feature_names_out()
    return sparse.csr_matrix((len(texts), 0), dtype=np.float32), np.array([], dtype=str)


def _rank_terms(row, present: NDArray[np.float64], size: int, n: int, idf: NDArray[np.float64], vocabulary) -> tuple[str, ...]:
    columns, within = row.indices, row.data.astype(np.float64)
    p = within / size
    q = (present[columns] - within + 0.5) / (n - size + 1)
    score = p * np.log(p / q) * idf[columns] if n > size else p * idf[columns]
    score = np.where((p > q) & ((within >= 2) | (size < 4)), score, 0.0)
    best = np.lexsort((vocabulary[columns], -score)) if len(columns) else np.array([], dtype=np.int64)
    terms: list[str] = []
    for i in best[:60]:
        if score[i] <= 0 or len(terms) == N_TERMS:
            break
        term = str(vocabulary[columns[i]])
        if not any(_overlap(term, other) for other in terms):
            terms.append(term)
    return tuple(terms)


def _overlap(term: str, other: str) -> bool:
    """Whether two terms share a word, or words of one stem ("plan", "planning")."""
    return any(_same_stem(a, b) for a in term.split() for b in other.split())


def _same_stem(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return short == long or (len(short) >= 4 and long.startswith(short[: max(4, len(short) - 2)]))


def _unique_name(terms: tuple[str, ...], taken: set[str]) -> str:
    for length in range(min(3, len(terms)), len(terms) + 1):
        name = " · ".join(terms[:length])
        if name and name not in taken:
            return name
    name = " · ".join(terms[:3])
    return next(f"{name} ({n})" for n in count(2) if f"{name} ({n})" not in taken) if terms else ""


def _exemplars(rows: NDArray[np.int64], similarity: NDArray[np.float32], texts: Sequence[str]) -> list[int]:
    """The medoid, then typical rows of other wording: no text twice."""
    chosen: list[int] = []
    seen: set[str] = set()
    best: list[int] = rows[np.lexsort((rows, -similarity.round(6)))].tolist()  # equal rows may differ in the last bit
    for row in best:
        text = " ".join(texts[row].lower().split())
        if text not in seen:
            seen.add(text)
            chosen.append(row)
            if len(chosen) == N_EXEMPLARS:
                break
    return chosen

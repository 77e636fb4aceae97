"""Names for clusters without a language model: the terms that set a cluster apart, and its most typical sentence.

Which of a cluster's terms make its name is measured: embedded as a text, the name must lie nearer to its own cluster than to any
other (`name_quality.py`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import Clustering, centroids, parents

VERSION = 3  # a part of the names' key: raise it when equal inputs give other names
SEPARATOR = " · "
N_TERMS = 5
N_NAMED = 3  # terms in a name, where no more are needed
N_CANDIDATES = 10  # terms that a name is chosen from
N_COMBINATIONS = 60  # of three candidates, that may be measured
ROUNDS = (1, 12, N_COMBINATIONS + 2)  # candidates measured at a time: most clusters need one
N_EXEMPLARS = 5
MARGIN = 0.01  # of cosine similarity: nearer than that is a draw, as bfloat16 and float32 differ by as much
Embed = Callable[[Sequence[str]], Vectors]  # texts → (n, n_dims) float32, unit norm
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
    terms : up to 5, those of the name first, each of both parts the most telling first
    medoid : the row nearest to the cluster's centroid
    exemplars : up to 5 rows, the most typical first, no text twice
    model : the language model that gave the name, where one did
    holds : the ratio of the cluster's rows that have at least one of the name's terms, 0–1; None where that cannot be said: of a
        name by a model, and of maps built before it was measured
    """

    layer: str
    id: int
    name: str
    terms: tuple[str, ...]
    medoid: int
    exemplars: tuple[int, ...]
    model: str | None = None
    holds: float | None = None

    @property
    def is_weak(self) -> bool:
        """Whether the name holds for less than half of the cluster's rows, as far as that is known."""
        return self.holds is not None and self.holds < 0.5


def name_clusters(
    texts: Sequence[str],
    clusterings: Sequence[Clustering],
    embeddings: Vectors,
    *,
    embed: Embed | None = None,
    common: float = 0.5,
) -> list[ClusterName]:
    """Name every cluster of every layer by contrastive class-based TF-IDF; no two clusters of a layer bear one name.

    A term (one or two words) scores `p log(p / q) · idf`: p and q are the ratios of rows with the term inside and outside the
    cluster, idf the logarithm of rows over rows with the term. Words in more than `common` of all rows are the dataset's
    frame and name nothing; a term inside a better one (or sharing its stem) is left out.

    A name is the three best terms. Where their embedding is not nearest to the cluster's own centroid, it is the best-scoring
    combination of up to 5 of the 10 best terms that is (words of the exemplars stand in for terms that are missing); if none is,
    one that is nearest among the topics of the same parent; if none is, the one that comes closest to it.

    Parameters
    ----------
    embed : of the encoder that made the embeddings; None takes the three best terms unmeasured

    Source: class-based TF-IDF after Grootendorst 2022, arXiv:2203.05794, with the contrast of a Kullback-Leibler term.
    """
    from scipy import sparse

    counts, vocabulary = _document_terms(texts, common)
    columns = {str(term): column for column, term in enumerate(vocabulary)}
    by_term = counts.tocsc()
    present = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
    n = len(texts)
    idf = np.log(n / np.maximum(present, 1.0))
    names: list[ClusterName] = []
    for clustering, parent in zip(clusterings, parents(clusterings), strict=True):
        clusters = clustering.n_clusters
        sizes = np.bincount(clustering.labels, minlength=clusters)
        members = sparse.csr_matrix((np.ones(n, np.float32), (clustering.labels, np.arange(n))), shape=(clusters, n))
        inside = sparse.csr_matrix(members @ counts)
        means = centroids(embeddings, clustering.labels)
        ranked = [_rank_terms(inside[cluster], present, int(sizes[cluster]), n, idf, vocabulary) for cluster in range(clusters)]
        members_of = _members(clustering)
        exemplars = [_exemplars(rows, embeddings[rows] @ means[i], texts) for i, rows in enumerate(members_of)]
        words = [dict.fromkeys(re.findall(_TOKEN, " ".join(texts[row] for row in rows).lower())) for rows in exemplars]
        candidates = [_combine(terms, own) for terms, own in zip(ranked, words, strict=True)]
        preferred = _measured(candidates, means, parent, embed) if embed else candidates
        taken: set[frozenset[str]] = set()
        spoken: dict[str, None] = {}  # the words of the exemplars of the clusters that have a name
        for cluster in range(clusters):
            chosen = _unique(preferred[cluster], sorted(words[cluster], key=lambda word: word in spoken), taken, cluster)
            spoken |= words[cluster]
            taken.add(frozenset(chosen))
            others = [term for term in ranked[cluster] if term not in chosen]
            terms = [*(term for term in chosen if term in ranked[cluster] or term in words[cluster]), *others]
            names.append(
                ClusterName(
                    layer=clustering.layer,
                    id=cluster,
                    name=SEPARATOR.join(chosen),
                    terms=tuple(terms[:N_TERMS]),
                    medoid=int(exemplars[cluster][0]),
                    exemplars=tuple(map(int, exemplars[cluster])),
                    holds=_ratio_with(chosen, members_of[cluster], texts, by_term, columns),
                )
            )
    return names


def folded_name(name: str) -> str:
    """What two names share that a reader would take for one."""
    return " ".join(name.casefold().split())


def _document_terms(texts: Sequence[str], common: float):
    """(rows × terms) 0/1 matrix and the terms; an empty matrix where no word is left."""
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    stop = sorted(_stop_words())
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


@cache
def _stop_words() -> frozenset[str]:
    """Words that name nothing."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS | _CONTRACTIONS | _VAGUE | {word.replace("'", "’") for word in _CONTRACTIONS}


def _members(clustering: Clustering) -> list[NDArray[np.int64]]:
    """The rows of each cluster, ascending."""
    return [np.flatnonzero(clustering.labels == cluster) for cluster in range(clustering.n_clusters)]


def _rank_terms(row, present: NDArray[np.float64], size: int, n: int, idf: NDArray[np.float64], vocabulary) -> dict[str, float]:
    """The best terms of a cluster and their scores, the best first."""
    columns, within = row.indices, row.data.astype(np.float64)
    p = within / size
    q = (present[columns] - within + 0.5) / (n - size + 1)
    score = p * np.log(p / q) * idf[columns] if n > size else p * idf[columns]
    score = np.where((p > q) & ((within >= 2) | (size < 4)), score, 0.0)
    best = np.lexsort((vocabulary[columns], -score)) if len(columns) else np.array([], dtype=np.int64)
    terms: dict[str, float] = {}
    for i in best[:100]:
        if score[i] <= 0 or len(terms) == N_CANDIDATES:
            break
        term = str(vocabulary[columns[i]])
        if not any(_overlap(term, other) for other in terms):
            terms[term] = float(score[i])
    return terms


def _overlap(term: str, other: str) -> bool:
    """Whether two terms share a word, or words of one stem ("plan", "planning")."""
    return any(_same_stem(a, b) for a in term.split() for b in other.split())


def _same_stem(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return short == long or (len(short) >= 4 and long.startswith(short[: max(4, len(short) - 2)]))


def _combine(scores: dict[str, float], words: Iterable[str]) -> list[tuple[str, ...]]:
    """The combinations of terms that may name a cluster, the one to be preferred first; [] where there is no term.

    The three best; these and a fourth; any three, by the sum of their scores; the five best. Where there are fewer than ten terms,
    words of the exemplars follow them.

    Parameters
    ----------
    scores : the ranked terms
    words : of the exemplars
    """
    pool = list(scores)
    for word in words:
        if len(pool) == N_CANDIDATES:
            break
        if word not in _stop_words() and len(word) > 1 and not any(_overlap(word, other) for other in pool):
            pool.append(word)
    if not pool:
        return []
    best = tuple(scores)[:N_NAMED] or tuple(pool[:N_NAMED])
    threes = sorted(combinations(pool, min(N_NAMED, len(pool))), key=lambda some: -sum(scores.get(term, 0.0) for term in some))
    more = (tuple(pool[: N_NAMED + 1]), *threes[:N_COMBINATIONS], tuple(pool[:N_TERMS]))
    return list(dict.fromkeys((best, *more)))


def _measured(
    candidates: Sequence[list[tuple[str, ...]]], means: Vectors, parent: NDArray[np.int32], embed: Embed
) -> list[list[tuple[str, ...]]]:
    """The candidates of each cluster, that which finds the cluster first; the rest in the order in which they were.

    The first candidate of each is embedded; only where it fails the others are.
    """
    found: list[int] = [0] * len(candidates)
    waiting = [cluster for cluster, names in enumerate(candidates) if names]
    reached: dict[int, list[tuple[float, float]]] = {cluster: [] for cluster in waiting}  # (in the layer, among siblings)
    start = 0
    for end in ROUNDS:
        asked = [(cluster, names) for cluster in waiting for names in candidates[cluster][start:end]]
        if not asked:
            break
        vectors = embed([SEPARATOR.join(names) for _, names in asked])
        for (cluster, _), similarity in zip(asked, vectors @ means.T, strict=True):
            own = float(similarity[cluster])
            similarity[cluster] = -np.inf
            siblings = similarity[parent == parent[cluster]]
            reached[cluster].append((own - float(similarity.max()), own - float(siblings.max())))
        for cluster in waiting:
            found[cluster] = _first_that_finds(reached[cluster])
        waiting = [cluster for cluster in waiting if reached[cluster][found[cluster]][0] < MARGIN]
        start = end
    return [
        [names[best], *names[:best], *names[best + 1 :]] if names else [] for names, best in zip(candidates, found, strict=True)
    ]


def _first_that_finds(contrasts: Sequence[tuple[float, float]]) -> int:
    """The first that is nearest in the layer by `MARGIN`, else the first that is so among siblings, else the nearest to that."""
    for scope in (0, 1):
        for place, contrast in enumerate(contrasts):
            if contrast[scope] >= MARGIN:
                return place
    return max(range(len(contrasts)), key=lambda place: (contrasts[place][1], -place))


def _unique(
    candidates: Sequence[tuple[str, ...]], further: Sequence[str], taken: set[frozenset[str]], cluster: int
) -> tuple[str, ...]:
    """The first candidate that is not taken; else the first of all and a further word, or the cluster's number if none helps."""
    for names in candidates:
        if frozenset(names) not in taken:
            return names
    best = candidates[0] if candidates else ()
    added = next((word for word in further if best and word not in best and frozenset((*best, word)) not in taken), None)
    return (*best, added or f"cluster {cluster}")


def _ratio_with(terms: Sequence[str], rows: NDArray[np.int64], texts: Sequence[str], by_term, columns: dict[str, int]) -> float:
    """The ratio of a cluster's rows that have a term of these; words outside the vocabulary are looked for in the texts."""
    has = np.zeros(len(texts), dtype=bool)
    for term in terms:
        if (column := columns.get(term)) is not None:
            has[by_term.indices[by_term.indptr[column] : by_term.indptr[column + 1]]] = True
        else:
            has[[row for row in map(int, rows) if term in re.findall(_TOKEN, texts[row].lower())]] = True
    return round(float(has[rows].mean()), 4)


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

"""Two to eight datasets side by side: told apart or not, what one covers of the other, what is missing, and in which words."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Encoder, Vectors
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import cluster_kmeans
from evalmap.embeddings.naming import Embed, name_clusters
from evalmap.embeddings.stages import StageProgress
from evalmap.embeddings.vectors import embed_few
from evalmap.screening.coverage.coverage import Coverage, find_nearest, measure_coverage, share_interval
from evalmap.screening.coverage.gaps import Gap, find_gap
from evalmap.screening.coverage.plain_wording import without_wrapping
from evalmap.screening.coverage.separability import Separability, draw_equal, measure_separability
from evalmap.screening.coverage.terms import TermDifference, compare_terms
from evalmap.screening.coverage.versions import Versions, are_versions, match_equal, match_versions
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.likeness import check_threshold, similar, strength
from evalmap.screening.pairs.overlap import Overlap, find_overlap
from evalmap.screening.pairs.pair_store import search
from evalmap.screening.quality.scorecard import MAX_SAMPLE, MIN_SAMPLE, PartScore, score_whole

FEWEST, MOST = 2, 8  # datasets
N_CLUSTERS = 10
NORMALIZATION = "typographic"


@dataclass(frozen=True)
class ComparisonSettings:
    """What a comparison is asked for.

    similarity : a row is covered where a row of the other dataset has at least this cosine, 0–1
    threshold : from this similarity on two rows are near-duplicates
    reworded : from this similarity on a row of one version is another one of the other version in other words
    seed : of samples, folds and shuffles

    Raises
    ------
    DatasetError : a similarity is out of its range
    """

    similarity: float = 0.6
    threshold: float = 0.95
    reworded: float = 0.85
    seed: int = 0

    def __post_init__(self) -> None:
        check_threshold(self.threshold)
        for name in ("similarity", "reworded"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise DatasetError(f"{name} is {value:g}; expected a similarity above 0 and up to 1, such as 0.6.", name)

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


@dataclass(frozen=True)
class ComparedDataset:
    """slug, name : in the workspace and for a person; n : rows; label_counts : rows a label, the most frequent first."""

    slug: str
    name: str
    n: int
    label_counts: dict[str, int]


@dataclass(frozen=True)
class SharedCluster:
    """name : of a cluster of all datasets together; counts : rows of each dataset in it."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class DatasetScore:
    """How varied one dataset is, at a size that all have.

    Attributes
    ----------
    distinct : groups of near-duplicates, a row without one being its own
    distinct_ratio : distinct over rows, 0–1, what the writing yielded; high is good. It falls with n: `score` compares at equal n
    score : statistics of samples of as many rows as of each other dataset
    """

    distinct: int
    distinct_ratio: float
    score: PartScore


@dataclass(frozen=True)
class VersionChange:
    """What became of the rows of the first dataset in the second.

    Attributes
    ----------
    matches : rows that were matched, added and removed
    moved : (a, b, name of the shared cluster that it was in, name of that in which it is)
    relabelled : (a, b, label that it had, label that it has)
    """

    matches: Versions
    moved: tuple[tuple[int, int, str, str], ...]
    relabelled: tuple[tuple[int, int, str, str], ...]


@dataclass(frozen=True)
class ComparisonReport:
    """A comparison; a pair of datasets is (i, j), their places in `datasets`.

    Attributes
    ----------
    datasets : in the order given
    separability : of each pair i < j
    coverage : by (of, by), both ways: the share of rows of `of` that `by` covers
    overlap : (n, n) share of rows of i with a near-duplicate in j, 0–1; in the diagonal, with another one in i itself
    covered : by (of, by): (share, low, high) of rows of `of` that `by` covers at the similarity of the settings
    gaps : by (of, by): what `of` has and `by` lacks
    terms : of each pair i < j
    clusters : of all datasets together, the largest first
    scorecards : one a dataset
    versions : where the datasets are two, and versions of one file (`are_versions`)
    texts : of each dataset's rows, as they stand
    """

    settings: ComparisonSettings
    datasets: tuple[ComparedDataset, ...]
    separability: dict[tuple[int, int], Separability]
    coverage: dict[tuple[int, int], Coverage]
    overlap: NDArray[np.float64]
    covered: dict[tuple[int, int], tuple[float, float, float]]
    gaps: dict[tuple[int, int], Gap]
    terms: dict[tuple[int, int], tuple[TermDifference, ...]]
    clusters: tuple[SharedCluster, ...]
    scorecards: tuple[DatasetScore, ...]
    versions: VersionChange | None
    texts: tuple[NDArray[np.object_], ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it: datasets are named by their places in `datasets`, rows by their places in the map; nan is null."""
        pairs = [{"a": a, "b": b, **asdict(found)} for (a, b), found in self.separability.items()]
        first = {name: pairs[0][name] for name in ("auc", "low", "high", "control_auc", "stripped_auc", "reason")}
        found = {
            "settings": self.settings.as_dict(),
            "datasets": [asdict(one) for one in self.datasets],
            "separability": {**first, "pairs": pairs},
            "coverage": [self._coverage(of, by, one) for (of, by), one in self.coverage.items()],
            "overlap": {"threshold": self.settings.threshold, "matrix": self.overlap.tolist()},
            "gaps": [self._gap(of, by, one) for (of, by), one in self.gaps.items()],
            "terms": [{"a": a, "b": b, "terms": [asdict(term) for term in terms]} for (a, b), terms in self.terms.items()],
            "clusters": [asdict(one) for one in self.clusters],
            "scorecards": [self._score(place, one) for place, one in enumerate(self.scorecards)],
            "versions": self.versions and self._versions(self.versions),
        }
        return _without_nan(found)

    def _coverage(self, of: int, by: int, one: Coverage) -> dict[str, Any]:
        ends = {"shares": one.shares.tolist(), "lows": one.lows.tolist(), "highs": one.highs.tolist()}
        return {"of": of, "by": by, "similarities": list(one.similarities), **ends}

    def _gap(self, of: int, by: int, gap: Gap) -> dict[str, Any]:
        clusters = [
            {
                "name": one.name,
                "size": len(one.rows),
                "rows": list(one.rows),
                "exemplars": [{"row": row, "text": str(self.texts[of][row])} for row in one.exemplars],
            }
            for one in gap.clusters
        ]
        value, low, high = self.covered[of, by]
        covered = {"value": value, "low": low, "high": high}
        return {"of": of, "by": by, "similarity": gap.similarity, "covered": covered, "rows": list(gap.rows), "clusters": clusters}

    def _score(self, place: int, one: DatasetScore) -> dict[str, Any]:
        score = {name: value for name, value in asdict(one.score).items() if name not in ("kind", "name", "baseline")}
        return {"dataset": place, "distinct": one.distinct, "distinct_ratio": one.distinct_ratio, **score}

    def _versions(self, change: VersionChange) -> dict[str, Any]:
        matches = change.matches
        reworded = [
            {"a": a, "b": b, "similarity": float(similarity)}
            for (a, b), similarity in zip(matches.reworded.tolist(), matches.similarities, strict=True)
        ]
        return {
            "equal": len(matches.equal),
            "added": matches.added.tolist(),
            "removed": matches.removed.tolist(),
            "reworded": reworded,
            "moved": [dict(zip(("a", "b", "from", "to"), one, strict=True)) for one in change.moved],
            "relabelled": [dict(zip(("a", "b", "from", "to"), one, strict=True)) for one in change.relabelled],
        }


def check_number(n: int) -> None:
    """Raise DatasetError unless so many datasets can be compared."""
    if not FEWEST <= n <= MOST:
        raise DatasetError(f"{n} {'dataset was' if n == 1 else 'datasets were'} given; a comparison takes {FEWEST} to {MOST}.")


def check_comparable(maps: Sequence[BuiltMap]) -> None:
    """Raise DatasetError, in one sentence, unless these maps can be compared."""
    check_number(len(maps))
    names = [built.manifest.name for built in maps]
    slugs = [built.manifest.slug for built in maps]
    if twice := next((name for at, name in enumerate(names) if slugs[at] in slugs[:at]), None):
        raise DatasetError(f"{twice} was given twice; name different datasets.")
    first = maps[0].manifest
    for built in maps[1:]:
        other = built.manifest
        encoders = [one.settings.encoder.get("model_key") for one in (first, other)]
        if encoders[0] != encoders[1] or built.vectors.shape[1] != maps[0].vectors.shape[1]:
            raise DatasetError(
                f"{first.name} was embedded with {first.settings.model} and {other.name} with {other.settings.model}; "
                "their vectors have nothing in common. Build one of them again with the other's --model."
            )
        if first.settings.part != other.settings.part:
            raise DatasetError(
                f"of {first.name} the {first.settings.part} was embedded and of {other.name} the {other.settings.part}; "
                "build one of them again with the other's --part."
            )


def compare(
    maps: Sequence[BuiltMap],
    *,
    pairs: Sequence[Pairs] | None = None,
    encoder: Encoder | None = None,
    settings: ComparisonSettings | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> ComparisonReport:
    """Compare two to eight built maps by what was embedded of their rows.

    Parameters
    ----------
    maps : of one encoder; the order is kept, and the figures at the top are those of the first two
    pairs : those of each map; None: they are looked for
    encoder : that of the maps: texts without their wrapping are embedded with it, and names measured. None: `stripped_auc` is nan
    progress : told of the stages of `evalmap.screening.coverage.comparison_job.SHARES`

    Raises
    ------
    DatasetError : these maps cannot be compared (`check_comparable`); pairs that do not reach down to the threshold
    """
    check_comparable(maps)
    settings = settings or ComparisonSettings()
    texts = [built.examples["embedded_text"].astype(str).to_numpy(dtype=object) for built in maps]
    vectors = [np.asarray(built.vectors, dtype=np.float32) for built in maps]
    found_pairs = [search(built) for built in maps] if pairs is None else list(pairs)
    between = _between(texts, vectors, settings, progress)
    groups = _groups(found_pairs, between, settings.threshold)
    nearest = _nearest(vectors, progress)
    embed: Embed | None = None if encoder is None else lambda some: embed_few(some, encoder)
    separability = {}
    couples = list(combinations(range(len(maps)), 2))
    for done, (a, b) in enumerate(couples):
        progress("separability", done, len(couples))
        separability[a, b] = _separability(
            (texts[a], texts[b]), (vectors[a], vectors[b]), (groups[a], groups[b]), seed=settings.seed, embed=embed
        )
    progress("separability", len(couples), len(couples))
    progress("clusters", 0, 0)
    clusters, labels = _clusters(texts, vectors, embed)
    ways = list(permutations(range(len(maps)), 2))
    gaps = {
        (of, by): find_gap(texts[of].tolist(), vectors[of], nearest[of, by], similarity=settings.similarity, embed=embed)
        for of, by in ways
    }
    return ComparisonReport(
        settings=settings,
        datasets=tuple(ComparedDataset(one.slug, one.name, one.rows, dict(one.labels)) for one in (m.manifest for m in maps)),
        separability=separability,
        coverage={(of, by): measure_coverage(nearest[of, by], groups=groups[of]) for of, by in ways},
        overlap=_overlap_matrix(found_pairs, between, settings.threshold),
        covered={(of, by): share_interval(nearest[of, by] >= settings.similarity, groups=groups[of]) for of, by in ways},
        gaps=gaps,
        terms={(a, b): compare_terms(texts[a].tolist(), texts[b].tolist()) for a, b in couples},
        clusters=clusters,
        scorecards=_scorecards(maps, found_pairs, groups, settings, progress),
        versions=_versions(maps, texts, between[0, 1], clusters, labels, settings) if len(maps) == 2 else None,
        texts=tuple(built.examples["text"].to_numpy(dtype=object) for built in maps),
    )


def _between(
    texts: Sequence[NDArray[np.object_]], vectors: Sequence[Vectors], settings: ComparisonSettings, progress: StageProgress
) -> dict[tuple[int, int], Overlap]:
    couples, found = list(combinations(range(len(texts)), 2)), {}
    floor = min(settings.threshold, settings.reworded)
    for done, (a, b) in enumerate(couples):
        progress("between", done, len(couples))
        found[a, b] = find_overlap(texts[a].tolist(), vectors[a], texts[b].tolist(), vectors[b], floor=floor, lexical_floor=floor)
    progress("between", len(couples), len(couples))
    return found


def _alike(overlap: Overlap, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows of A, rows of B) that are near-duplicates."""
    at = overlap.alike(threshold=threshold, normalization=NORMALIZATION)
    return overlap.pairs.left[at].astype(np.int64), overlap.pairs.right[at].astype(np.int64) - overlap.n_a


def _within(pairs: Pairs, threshold: float) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    at = similar(pairs, threshold=threshold, method="all", normalization=NORMALIZATION)
    return pairs.left[at], pairs.right[at]


def _groups(pairs: Sequence[Pairs], between: dict[tuple[int, int], Overlap], threshold: float) -> list[NDArray[np.int64]]:
    """Of each dataset the group of every row: rows that hang together as near-duplicates share a number, across datasets too."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    starts = np.cumsum([0, *(one.n for one in pairs)])
    edges = [np.stack(_within(one, threshold)).astype(np.int64) + start for one, start in zip(pairs, starts[:-1], strict=True)]
    for (a, b), overlap in between.items():
        left, right = _alike(overlap, threshold)
        edges.append(np.stack([left + starts[a], right + starts[b]]))
    left, right = np.concatenate(edges, axis=1)
    total = int(starts[-1])
    labels = connected_components(coo_array((np.ones(len(left), bool), (left, right)), shape=(total, total)), directed=False)[1]
    return [labels[start:end].astype(np.int64) for start, end in pairwise(starts)]


def _nearest(vectors: Sequence[Vectors], progress: StageProgress) -> dict[tuple[int, int], NDArray[np.float32]]:
    """(of, by) → (rows of `of`,) the cosine of each row's nearest row in `by`."""
    couples, found = list(combinations(range(len(vectors)), 2)), {}
    for done, (a, b) in enumerate(couples):
        progress("nearest", done, len(couples))
        nearest = find_nearest(vectors[a], vectors[b])
        found[a, b], found[b, a] = nearest.a_similarities, nearest.b_similarities
    progress("nearest", len(couples), len(couples))
    return found


def _separability(
    texts: tuple[NDArray[np.object_], NDArray[np.object_]],
    vectors: tuple[Vectors, Vectors],
    groups: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    seed: int,
    embed: Embed | None,
) -> Separability:
    drawn = draw_equal(len(texts[0]), len(texts[1]), seed=seed)
    a, b = (np.asarray(own[rows]) for own, rows in zip(vectors, drawn, strict=True))
    stripped = None
    if embed is not None:
        plain = [_stripped(own[rows].tolist(), found, embed) for own, rows, found in zip(texts, drawn, (a, b), strict=True)]
        stripped = (plain[0], plain[1])
    own = np.concatenate([of[rows] for of, rows in zip(groups, drawn, strict=True)])
    return measure_separability(a, b, groups=own, stripped=stripped, seed=seed)


def _stripped(texts: list[str], vectors: Vectors, embed: Embed) -> Vectors:
    """The vectors of texts without their wrapping: embedded anew where that changes a text."""
    plain = without_wrapping(texts)
    changed = [at for at, (text, bare) in enumerate(zip(texts, plain, strict=True)) if text != bare]
    if not changed:
        return vectors
    found = vectors.copy()
    found[changed] = embed([plain[at] for at in changed])
    return found


def _overlap_matrix(pairs: Sequence[Pairs], between: dict[tuple[int, int], Overlap], threshold: float) -> NDArray[np.float64]:
    matrix = np.zeros((len(pairs), len(pairs)))
    for at, own in enumerate(pairs):
        matrix[at, at] = len(np.union1d(*_within(own, threshold))) / own.n
    for (a, b), overlap in between.items():
        left, right = _alike(overlap, threshold)
        matrix[a, b], matrix[b, a] = len(np.unique(left)) / pairs[a].n, len(np.unique(right)) / pairs[b].n
    return matrix


def _clusters(
    texts: Sequence[NDArray[np.object_]], vectors: Sequence[Vectors], embed: Embed | None
) -> tuple[tuple[SharedCluster, ...], list[NDArray[np.int32]]]:
    """The clusters of all datasets together, and of each dataset the cluster of every row."""
    everything = np.concatenate(vectors)
    clustering = cluster_kmeans(everything, k=N_CLUSTERS)
    names = name_clusters([str(text) for own in texts for text in own], [clustering], everything, embed=embed)
    labels = np.split(clustering.labels, np.cumsum([len(own) for own in texts])[:-1])
    counts = np.stack([np.bincount(own, minlength=clustering.n_clusters) for own in labels])
    return tuple(SharedCluster(name.name, tuple(counts[:, name.id].tolist())) for name in names), labels


def _scorecards(
    maps: Sequence[BuiltMap],
    pairs: Sequence[Pairs],
    groups: Sequence[NDArray[np.int64]],
    settings: ComparisonSettings,
    progress: StageProgress,
) -> tuple[DatasetScore, ...]:
    smallest = min(len(built) for built in maps)
    n = min(MAX_SAMPLE, smallest // 2) if smallest >= 2 * MIN_SAMPLE else 0
    found = []
    for done, (built, own, of) in enumerate(zip(maps, pairs, groups, strict=True)):
        progress("scorecards", done, len(maps))
        score = score_whole(built, own, n=n, threshold=settings.threshold, normalization=NORMALIZATION, seed=settings.seed)
        distinct = len(np.unique(of))
        found.append(DatasetScore(distinct, distinct / len(of), score))
    progress("scorecards", len(maps), len(maps))
    return tuple(found)


def _versions(
    maps: Sequence[BuiltMap],
    texts: Sequence[NDArray[np.object_]],
    overlap: Overlap,
    clusters: Sequence[SharedCluster],
    labels: Sequence[NDArray[np.int32]],
    settings: ComparisonSettings,
) -> VersionChange | None:
    equal = match_equal(texts[0].tolist(), texts[1].tolist())
    floor = max(settings.reworded, *overlap.pairs.floors.values())  # raised where the pairs were too many
    at = overlap.alike(threshold=floor, normalization=NORMALIZATION)
    left, right = overlap.pairs.left[at], overlap.pairs.right[at] - overlap.n_a
    numbers = strength(overlap.pairs, method="all", normalization=NORMALIZATION)
    matches = match_versions(equal, len(maps[0]), len(maps[1]), left, right, numbers[at])
    before, after = (Path(built.manifest.location).name for built in maps)
    if not are_versions(before, after, matches):
        return None
    moved, relabelled = [], []
    label = [built.examples["label"].to_numpy(dtype=object) for built in maps]
    for a, b in matches.matched.tolist():
        before, after = (clusters[int(own[row])].name for own, row in zip(labels, (a, b), strict=True))
        if before != after:
            moved.append((a, b, before, after))
        had, has = label[0][a], label[1][b]
        if isinstance(had, str) and isinstance(has, str) and had != has:
            relabelled.append((a, b, had, has))
    return VersionChange(matches, tuple(moved), tuple(relabelled))


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

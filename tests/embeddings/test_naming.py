"""Names for clusters: contrastive c-TF-IDF and exemplars."""

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from evalmap.embeddings.clustering import Clustering, by_size, centroids
from evalmap.embeddings.naming import SEPARATOR, ClusterName, name_clusters
from evalmap.tests.fakes import fake_vector, sentences, unit_vectors


def named(texts: list[str], labels: list[int], layer: str = "kmeans") -> list[ClusterName]:
    embeddings = np.stack([fake_vector(text) for text in texts])
    return name_clusters(texts, [Clustering(layer, np.array(labels, np.int32))], embeddings)


def best_terms_by_hand(texts: list[str], labels: list[int], cluster: int) -> list[str]:
    """The score of the docstring, term by term: p log(p / q) · idf, with q smoothed by half a row."""
    vectorizer = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=2, max_df=0.5)
    present = np.asarray(sparse.csr_matrix(vectorizer.fit_transform(texts)).todense(), dtype=bool)
    n, size = len(texts), labels.count(cluster)
    scores = {}
    for term, column in zip(vectorizer.get_feature_names_out(), present.T, strict=True):
        inside = sum(bool(has) for has, label in zip(column, labels, strict=True) if label == cluster)
        p, q = inside / size, (column.sum() - inside + 0.5) / (n - size + 1)
        if inside >= 2 and p > q:
            scores[term] = p * np.log(p / q) * np.log(n / column.sum())
    return sorted(scores, key=lambda term: (-scores[term], term))


CORPUS = [
    "anchor harbour tides", "anchor harbour ferry", "anchor tides lantern", "harbour tides ferry",
    "violin tempo chords", "violin tempo lantern", "violin chords ferry", "tempo chords encore",
    "butter flour oven", "butter flour encore", "butter oven lantern", "flour oven encore",
]  # fmt: skip
LABELS = [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize("cluster", [0, 1, 2])
def test_terms_are_those_of_the_formula(cluster: int):
    ranked = best_terms_by_hand(CORPUS, LABELS, cluster)
    kept: list[str] = []
    for term in ranked:
        if not any(set(term.split()) & set(other.split()) for other in kept):
            kept.append(term)
    name = named(CORPUS, LABELS)[cluster]
    assert name.terms == tuple(kept[:5])
    assert name.name == " · ".join(kept[:3])


def test_every_cluster_of_every_layer_is_named_in_order():
    embeddings = np.stack([fake_vector(text) for text in CORPUS])
    halves = Clustering("topics-coarse", np.array([0] * 6 + [1] * 6, np.int32))
    names = name_clusters(CORPUS, [Clustering("kmeans", np.array(LABELS, np.int32)), halves], embeddings)
    assert [(name.layer, name.id) for name in names] == [
        *(("kmeans", i) for i in range(3)),
        ("topics-coarse", 0),
        ("topics-coarse", 1),
    ]


def test_topics_are_named_by_their_own_words():
    texts = sentences(100)
    names = named(texts, [i % 5 for i in range(100)])
    assert [name.terms[0] for name in names] == ["garden", "kitchen", "harbour", "concert", "clinic"]
    assert all(len(name.terms) <= 5 for name in names)


def test_words_of_nearly_all_rows_name_nothing():
    texts = [f"statement about {text}" for text in CORPUS]
    assert not {"statement", "statement about"} & {term for name in named(texts, LABELS) for term in name.terms}


def test_terms_share_no_word_and_no_stem():
    texts = ["plan planning plans", "planning plans ahead", "plan ahead", "dogs bark loudly", "dogs bark", "cats purr"]
    first = named(texts, [0, 0, 0, 1, 1, 1])[0]
    assert sum(term.startswith("plan") for term in first.terms) == 1


def test_clusters_of_the_same_terms_have_different_names():
    texts = ["apple pears"] * 12 + [f"{word} {word}s" for word in "door engine forest gate hill island".split() for _ in range(3)]
    labels = [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4 + i // 3 for i in range(18)]
    names = [name.name for name in named(texts, labels)]
    assert len(set(names)) == 10
    assert names[:4] == ["apple · pears", *(f"apple · pears · cluster {n}" for n in (1, 2, 3))]


def test_clusters_of_the_same_terms_are_told_apart_by_a_word_of_their_exemplars():
    texts = ["apple pears of mine"] * 3 + ["apple pears of yours"] * 3 + ["violin chords", "tempo encore", "lantern ferry"] * 2
    first, second, _ = named(texts, [0] * 3 + [1] * 3 + [2] * 6)
    assert (first.name, second.name) == ("apple · pears", "apple · pears · yours")
    assert second.terms == ("apple", "pears", "yours")


WORDS = st.sampled_from("anchor harbour tides violin tempo chords butter flour the of 7 mine yours".split())
ROWS = st.tuples(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), st.integers(0, 3), st.integers(0, 1))


@settings(deadline=None, max_examples=60)
@given(st.lists(ROWS, min_size=1, max_size=24), st.booleans())
def test_no_two_clusters_of_a_layer_bear_one_name(rows: list[tuple[str, int, int]], measured: bool):
    texts = [text for text, _, _ in rows]
    coarse = by_size(np.array([parent for _, _, parent in rows]))
    fine = by_size(np.array([2 * cluster + parent for _, cluster, parent in rows]))
    clusterings = [Clustering("topics-coarse", coarse), Clustering("topics-medium", fine)]
    vectors = np.stack([fake_vector(text) for text in texts])
    names = name_clusters(texts, clusterings, vectors, embed=fake_vectors if measured else None)
    for clustering in clusterings:
        own = [name for name in names if name.layer == clustering.layer]
        assert [name.id for name in own] == list(range(clustering.n_clusters))
        assert len({frozenset(name.name.split(SEPARATOR)) for name in own}) == len(own)
        assert not any(re.search(r"\(\d+\)$", name.name) for name in own)
        assert all(name.name and len(name.terms) <= 5 for name in own)


def fake_vectors(texts: Sequence[str]) -> np.ndarray:
    return np.stack([fake_vector(text) for text in texts])


def test_terms_that_lead_to_a_sibling_are_replaced_by_the_best_that_do_not():
    """To this encoder an anchor is music: of the first cluster's combinations only those without it find their cluster."""
    texts = ["anchor harbour tides", "anchor harbour", "anchor tides sails", "anchor sails harbour", *CORPUS[4:]]
    places = np.eye(3, dtype=np.float32)
    asked: list[str] = []

    def embed(names: Sequence[str]) -> np.ndarray:
        asked.extend(names)
        return np.stack(
            [places[1 if {"anchor", "violin", "tempo"} & set(name.split()) else 0 if "tides" in name else 2] for name in names]
        )

    clusterings = [Clustering("kmeans", np.array(LABELS, np.int32))]
    unmeasured = name_clusters(texts, clusterings, places[LABELS])
    measured = name_clusters(texts, clusterings, places[LABELS], embed=embed)
    assert unmeasured[0].name == "anchor · harbour · sails"
    assert measured[0].name == "harbour · sails · tides"
    assert measured[0].terms == ("harbour", "sails", "tides", "anchor")
    assert [name.name for name in measured[1:]] == [name.name for name in unmeasured[1:]]
    assert [sum(word in name for name in asked) for word in ("violin", "flour")] == [1, 1]  # found at once, so asked for once


@pytest.mark.parametrize("texts", [["1 2 3", "4 5 6", "7 8"], ["the and of", "is was", "it"], ["?!", "…", "—"]])
def test_cluster_without_any_word_is_named_by_its_number(texts: list[str]):
    names = named(texts, [0, 0, 1])
    assert [(name.name, name.terms) for name in names] == [("cluster 0", ()), ("cluster 1", ())]


def test_a_name_holds_for_the_rows_with_one_of_its_terms():
    texts = [*CORPUS, "nothing of the kind"]
    labels = [0] * 4 + [1] * 4 + [2] * 5
    for name in named(texts, labels):
        words = [set(re.findall(r"\w+", text)) for text, label in zip(texts, labels, strict=True) if label == name.id]
        terms = name.name.split(SEPARATOR)
        having = sum(any(set(term.split()) <= own for term in terms) for own in words)
        assert name.holds == pytest.approx(having / len(words), abs=1e-4)
    assert [name.is_weak for name in named(texts, labels)] == [False] * 3


def test_a_name_that_few_rows_bear_out_is_weak():
    letters = "abcdefghijklmnop"
    others = [f"{letters[row]}ord{letters[row]} {letters[row]}ther{letters[row]}" for row in range(10)]
    (name,) = named([*["anchor harbour tides"] * 3, *others], [0] * 13)
    assert name.is_weak
    assert name.holds == pytest.approx(
        sum(any(term in text for term in name.name.split(SEPARATOR)) for text in [*["anchor harbour tides"] * 3, *others]) / 13,
        abs=1e-4,
    )


def test_a_word_outside_the_vocabulary_is_looked_for_in_the_texts():
    (name,) = named(["anchor lantern", "the of and"], [0, 0])
    assert name.holds == 0.5


def test_one_cluster_of_all_rows_is_named_by_words_of_its_exemplars():
    (name,) = named(CORPUS, [0] * 12)
    assert set(name.terms) == set(name.name.split(SEPARATOR))
    assert set(name.terms) <= {word for row in name.exemplars for word in CORPUS[row].split()}
    assert name.exemplars[0] == name.medoid


def test_identical_rows_have_one_exemplar():
    (name,) = named(["the same words"] * 7, [0] * 7)
    assert (name.medoid, name.exemplars) == (0, (0,))


def test_medoid_is_the_row_nearest_to_the_centroid_and_exemplars_follow():
    embeddings = unit_vectors(20)
    labels = np.array([0] * 12 + [1] * 8, np.int32)
    texts = [f"row number {i}" for i in range(20)]
    for name, mean in zip(
        name_clusters(texts, [Clustering("kmeans", labels)], embeddings), centroids(embeddings, labels), strict=True
    ):
        rows = np.flatnonzero(labels == name.id)
        expected = sorted(rows, key=lambda row: -float(embeddings[row] @ mean))[:5]
        assert name.exemplars == tuple(expected)
        assert name.medoid == expected[0]


def test_exemplars_repeat_no_text():
    texts = ["Same  words", "same words", "SAME WORDS", "other words", "third text"]
    (name,) = named(texts, [0] * 5)
    assert len(name.exemplars) == 3
    assert {texts[row].lower().split()[0] for row in name.exemplars} == {"same", "other", "third"}


def test_one_row_is_its_own_exemplar():
    assert named(["lonely words"], [0])[0].exemplars == (0,)


def test_names_do_not_depend_on_the_order_of_the_rows():
    order = np.random.default_rng(0).permutation(len(CORPUS))
    permuted = named([CORPUS[i] for i in order], [LABELS[i] for i in order])
    for before, after in zip(named(CORPUS, LABELS), permuted, strict=True):
        assert (before.name, before.terms) == (after.name, after.terms)
        assert CORPUS[before.medoid] == CORPUS[order[after.medoid]]

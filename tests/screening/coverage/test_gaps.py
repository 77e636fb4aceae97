"""Gaps: which rows are uncovered, what they are called, and the seeds that leave."""

import json

import numpy as np
import pandas as pd
import pytest

from evalmap.screening.coverage.gaps import find_gap, seed_lines
from evalmap.tests.fakes import fake_vector

FLOWERS = [f"roses and tulips need water on day {day}" for day in range(20)]
SHIPS = [f"the captain steers a ferry into harbour {pier}" for pier in range(20)]


def test_uncovered_rows_are_clustered_and_named():
    texts = [text for both in zip(FLOWERS, SHIPS, strict=True) for text in both]
    vectors = np.stack([fake_vector(text) for text in texts])
    nearest = np.where(np.arange(40) < 32, 0.3, 0.8)
    gap = find_gap(texts, vectors, nearest, similarity=0.5)
    assert gap.rows == tuple(range(32))
    assert sorted(row for cluster in gap.clusters for row in cluster.rows) == list(range(32))
    by_parity = [{row % 2 for row in cluster.rows} for cluster in gap.clusters]
    assert all(len(kinds) == 1 for kinds in by_parity)
    for cluster in gap.clusters:
        assert set(cluster.exemplars) <= set(cluster.rows)
        word = "roses" if cluster.rows[0] % 2 == 0 else "captain"
        assert word in texts[cluster.exemplars[0]]
    sizes = [len(cluster.rows) for cluster in gap.clusters]
    assert sizes == sorted(sizes, reverse=True)


def test_a_row_exactly_as_alike_is_covered_and_no_gap_has_no_clusters():
    vectors = np.stack([fake_vector(text) for text in FLOWERS[:3]])
    gap = find_gap(FLOWERS[:3], vectors, np.array([0.5, 0.9, 1.0]), similarity=0.5)
    assert (gap.rows, gap.clusters) == ((), ())
    one = find_gap(FLOWERS[:3], vectors, np.array([0.4, 0.9, 1.0]), similarity=0.5)
    assert one.rows == one.clusters[0].rows == one.clusters[0].exemplars == (0,)


def test_other_numbers_of_rows_are_refused():
    with pytest.raises(ValueError, match="3 texts, 2 vectors and 3 similarities"):
        find_gap(FLOWERS[:3], np.zeros((2, 4), np.float32), np.zeros(3), similarity=0.5)


def test_seeds_hold_the_whole_example_and_its_gap():
    examples = pd.DataFrame(
        {"text": ["<b>one</b>", "two"], "label": ["Yes", None], "dataset": ["some", "some"], "line": [1, 4]}, dtype=object
    )
    exemplars = [{"row": 1, "text": "two"}, {"row": 0, "text": "<b>one</b>"}]
    gap = {"of": 0, "by": 1, "clusters": [{"name": "tulips", "size": 7, "exemplars": exemplars}]}
    lines = seed_lines({"datasets": [{"name": "mine"}, {"name": "yours"}], "gaps": [gap]}, [examples, examples[:0]])
    shared = {"gap": "tulips", "gap_size": 7, "missing_in": "yours", "dataset": "some"}
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"text": "two", "label": None, **shared, "line": 4},
        {"text": "<b>one</b>", "label": "Yes", **shared, "line": 1},
    ]

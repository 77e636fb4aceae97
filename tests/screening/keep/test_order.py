"""Which of two rows stays: the order that each rule puts rows in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.keep.order import default_rule, prioritize
from evalmap.tests.screening.oracles import examples_of, pairs_from

TEXTS = ["three word text", "a text of five words", "short", "another text", "zz"]
EXAMPLES = examples_of(TEXTS, confidence=[0.7, np.nan, 0.9, 0.9, 0.2], datasets=["b", "a", "b", "a", "c"], lines=[2, 5, 1, 3, 1])
FIELDS = pd.DataFrame({"score": [3, 1, 2, 2, None], "written": ["10", "9", "100", None, "9"], "name": ["b", "a", "c", None, "a"]})
PAIRS = pairs_from(5, [(0, 1, 0.9), (0, 2, 0.8), (3, 4, 0.88)])


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ("first", [3, 1, 2, 0, 4]),
        ("confidence", [3, 2, 0, 4, 1]),
        ("longest", [1, 0, 3, 2, 4]),
        ("medoid", [1, 3, 4, 0, 2]),
        ("source:c,b", [4, 2, 0, 3, 1]),
        ("source:b", [2, 0, 3, 1, 4]),
        ("column:score", [0, 3, 2, 1, 4]),
        ("column:score:ascending", [1, 3, 2, 0, 4]),
        ("column:written", [2, 0, 1, 4, 3]),
        ("column:name:ascending", [1, 4, 0, 2, 3]),
        ("column:name:descending", [2, 0, 1, 4, 3]),
    ],
)
def test_rules_order_rows(keep, expected):
    assert prioritize(keep, EXAMPLES, fields=FIELDS, pairs=PAIRS).tolist() == expected


def test_random_order_depends_on_the_seed_alone():
    drawn = [prioritize("random", EXAMPLES, seed=seed).tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert sorted(drawn[0]) == list(range(5))


@pytest.mark.parametrize("keep", ["first", "random", "confidence", "longest", "medoid", "source:b", "column:name"])
@given(arrangement=st.permutations(range(5)))
def test_arrangement_of_the_rows_does_not_matter(arrangement, keep):
    moved = np.argsort(arrangement)  # old row → new row
    listed = [(int(moved[a]), int(moved[b]), float(s)) for a, b, s in zip(PAIRS.left, PAIRS.right, PAIRS.semantic, strict=True)]
    after = prioritize(keep, EXAMPLES.iloc[arrangement], fields=FIELDS.iloc[arrangement], pairs=pairs_from(5, listed))
    assert [arrangement[row] for row in after] == prioritize(keep, EXAMPLES, fields=FIELDS, pairs=PAIRS).tolist()


def test_default_is_confidence_where_there_is_one():
    assert default_rule(EXAMPLES) == "confidence"
    assert default_rule(examples_of(TEXTS)) == "medoid"


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        ("best", "keep best: unknown rule"),
        ("source:", "unknown rule"),
        ("source:nowhere", r"no dataset is called nowhere \(there are b, a, c\)"),
        ("column:colour", r"no field is called colour \(there are score, written, name\)"),
    ],
)
def test_wrong_rules_are_told(keep, message):
    with pytest.raises(DatasetError, match=message):
        prioritize(keep, EXAMPLES, fields=FIELDS, pairs=PAIRS)


def test_confidence_needs_one():
    with pytest.raises(DatasetError, match="no row has a confidence"):
        prioritize("confidence", examples_of(TEXTS))

"""What repeats an earlier row or an example is set aside; what only looks so stays."""

from collections.abc import Sequence

import numpy as np
import pytest

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.encoder import SentenceEncoder
from evalmap.embeddings.vectors import embed_few
from evalmap.writing.set_aside import SetAside, find_repeats


def at(angles: dict[str, float]):
    """Texts as unit vectors of the plane, by their angles in degrees."""

    def embed(texts: Sequence[str]) -> Vectors:
        radians = np.deg2rad([angles[text] for text in texts])
        return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)

    return embed


def never(texts: Sequence[str]) -> Vectors:
    raise AssertionError(f"embedded {len(texts)} texts")


def test_equal_rows_go_whatever_their_case_and_punctuation():
    found = find_repeats(["I help.", "i help!", "I  HELP"], ["Yes", "Yes", "No"], embed=never)
    assert found == [None, SetAside("repeat", 0), SetAside("label contradicts", 0)]


def test_copy_of_an_example_goes_whatever_its_label():
    found = find_repeats(
        ["I share", "I help", "i help"],
        ["No", "Yes", "No"],
        examples=["x", "I help."],
        embed=at({"x": 0, "I help.": 90, "I share": 45}),
    )
    assert found == [None, SetAside("copy of an example", 1), SetAside("copy of an example", 1)]


def test_row_near_one_that_stays_goes_and_one_near_a_row_that_went_stays():
    angles = {"aa": 0.0, "bb": 15.0, "cc": 30.0, "dd": 90.0}  # cos 15° = 0.966, cos 30° = 0.866
    found = find_repeats(list(angles), ["Yes"] * 4, threshold=0.95, embed=at(angles))
    assert found == [None, SetAside("near-duplicate", 0, 0.9659), None, None]


def test_near_rows_of_two_labels_stay_and_one_near_an_example_goes():
    angles = {"shown": 90.0, "aa": 0.0, "bb": 10.0, "cc": 85.0}
    found = find_repeats(["aa", "bb", "cc"], ["Yes", "No", "No"], examples=["shown"], threshold=0.95, embed=at(angles))
    assert found == [None, None, SetAside("copy of an example", 0, 0.9962)]


def test_near_rows_that_differ_in_a_negation_or_a_number_stay():
    texts = ["I would help", "I would not help", "I would help 3 people", "I would help 4 people"]
    assert find_repeats(texts, ["Yes"] * 4, threshold=0.95, embed=at(dict.fromkeys(texts, 0.0)))[:2] == [None, None]
    assert find_repeats(texts[2:], ["Yes"] * 2, threshold=0.95, embed=at(dict.fromkeys(texts, 0.0))) == [None, None]


@pytest.mark.parametrize("n", [0, 1])
def test_no_row_and_one_row_stay_and_are_not_embedded(n: int):
    assert find_repeats(["I help"][:n], ["Yes"][:n], embed=never) == [None] * n


@pytest.mark.model
def test_real_encoder_finds_what_is_said_in_almost_the_same_words():
    texts = ["I always want to be of help to other people", "I always want to be of help to the other people", "Rain is wet"]
    encoder = SentenceEncoder()
    found = find_repeats(texts, ["Yes"] * 3, embed=lambda some: embed_few(some, encoder))
    assert [one and (one.reason, one.of) for one in found] == [None, ("near-duplicate", 0), None]

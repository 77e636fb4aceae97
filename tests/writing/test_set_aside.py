"""What repeats an earlier row or an example is set aside; what only looks so stays."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.encoder import SentenceEncoder
from evalmap.embeddings.vectors import embed_few
from evalmap.screening.variants.variants import Differences
from evalmap.tests.fakes import fake_vector
from evalmap.writing.set_aside import Comparison, SetAside, find_repeats


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


WORDS = ("garden", "rain", "Anna", "not", "tea")
ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), st.sampled_from(["Yes", "No"]), st.booleans()
    ),
    max_size=14,
)


def similar(texts: Sequence[str]) -> Vectors:
    return np.stack([fake_vector(text) for text in texts])


def one_by_one(
    rows: Sequence[tuple[str, str, bool]], examples: Sequence[str], existing: tuple[Sequence[str], Sequence[str]], threshold: float
) -> list[tuple[str, int] | None]:
    """The rules in plain words: each row against each before it."""
    found: list[tuple[str, int] | None] = []
    there = [*((text, None, "copy of an example", at) for at, text in enumerate(examples))]
    there += [(text, label, "in the dataset", at) for at, (text, label) in enumerate(zip(*existing, strict=True))]
    for at, (text, label, fits) in enumerate(rows):
        same = [place for place in range(at) if rows[place][:2] == (text, label) and not _elsewhere(found[place])]
        other = [place for place in range(at) if rows[place][0] == text and rows[place][2] and found[place] is None]
        if elsewhere := [(reason, place) for known, _, reason, place in there if known == text]:
            found.append(elsewhere[0])
        elif same:
            found.append(("repeat", same[0]))
        elif fits and other:
            found.append(("label contradicts", other[0]))
        else:
            found.append(None)
    near = [(text, label, at, "") for at, (text, label, fits) in enumerate(rows) if found[at] is None and fits]
    compared = [*((text, label, at, reason) for text, label, reason, at in there), *near]
    texts = [text for text, *_ in compared]
    kinds = Differences(texts).kinds(*(np.array(side) for side in zip(*_pairs(len(texts)), strict=True))) if len(texts) > 1 else []
    differ = dict(zip(_pairs(len(texts)), np.array(kinds).tolist(), strict=True))
    vectors, gone = similar(texts) if texts else np.empty((0, 1)), set()
    for right in range(len(there), len(texts)):
        cosines = [
            (-round(float(np.dot(vectors[left].astype(np.float64), vectors[right].astype(np.float64))), 6), left)
            for left in range(right)
        ]
        for cosine, before in sorted(cosines):
            _, label, place, reason = compared[before]
            alike = label is None or label == compared[right][1]
            if -cosine >= threshold and alike and before not in gone and not differ[before, right]:
                gone.add(right)
                found[compared[right][2]] = (reason.replace("in the", "near a row of the") or "near-duplicate", place)
                break
    return found


def _elsewhere(found: tuple[str, int] | None) -> bool:
    return found is not None and found[0] in ("copy of an example", "in the dataset")


def _pairs(n: int) -> list[tuple[int, int]]:
    return [(left, right) for right in range(n) for left in range(right)]


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, cuts=st.lists(st.integers(1, 6), max_size=6), examples=ROWS, existing=ROWS, threshold=st.sampled_from([0.6, 0.8]))
def test_batches_come_to_what_one_pass_over_all_comes_to(rows, cuts, examples, existing, threshold):
    shown = [text for text, *_ in examples[:2]]
    there = [text for text, *_ in existing[:3]], [label for _, label, _ in existing[:3]]

    def compared(sizes: Sequence[int]) -> list[SetAside | None]:
        comparison, start = Comparison(examples=shown, existing=there, threshold=threshold, embed=similar), 0
        for size in [*sizes, len(rows)]:
            batch = rows[start : start + size]
            comparison.take([text for text, *_ in batch], [label for _, label, _ in batch])
            comparison.compare([fits for *_, fits in batch])
            start += size
        return comparison.found()

    whole = compared([])
    assert compared(cuts) == whole
    assert [one and (one.reason, one.of) for one in whole] == one_by_one(rows, shown, there, threshold)

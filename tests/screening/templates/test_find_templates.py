"""Templates are found where they were made, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.templates import find_templates as module
from evalmap.screening.templates.find_templates import Templates, find_templates

SKELETONS = (
    "The {} told the owner of the building that the keys were lost on the way to work.",
    "Every {} in this small town has to renew a permit before the end of the season.",
    "Nobody in the meeting knew why the {} had left the room without a word of thanks.",
)
OCCUPATIONS = ("plumber", "civil engineer", "nurse", "tax accountant", "carpenter", "painter", "dentist", "librarian")
THINGS = ("red kettle", "umbrella", "grey horse", "violin", "cactus", "pocket lamp")
REASONS = (" after lunch", " by email", " with a sigh", " in a hurry")
UNRELATED = (
    "Rain fell on the harbour all night and the boats stayed where they were.",
    "She prefers to read the last chapter of a novel first.",
    "A good loaf of bread takes patience, warm water and time.",
)


def pairs_of(texts: Sequence[str]) -> Pairs:
    vectors = np.eye(len(texts), dtype=np.float32)
    return find_near_duplicates(texts, vectors, methods=("exact", "lexical"))


def found_in(texts: Sequence[str]) -> Templates:
    return find_templates(texts, pairs_of(texts))


@st.composite
def filled(draw: st.DrawFn) -> tuple[list[str], dict[str, set[str]]]:
    """(texts in some order, the texts of each skeleton)."""
    chosen = draw(st.lists(st.sampled_from(SKELETONS), min_size=1, max_size=3, unique=True))
    made = {
        skeleton: {skeleton.format(value) for value in draw(st.sets(st.sampled_from(OCCUPATIONS), min_size=2))}
        for skeleton in chosen
    }
    texts = sorted(text for rows in made.values() for text in rows) + draw(st.lists(st.sampled_from(UNRELATED), unique=True))
    return draw(st.permutations(texts)), made


@settings(max_examples=25)
@given(filled())
def test_each_template_is_found_with_all_its_rows_and_no_other(made: tuple[list[str], dict[str, set[str]]]):
    texts, wanted = made
    found = found_in(texts)
    assert {frozenset(texts[row] for row in template.rows) for template in found.templates} == {
        frozenset(rows) for rows in wanted.values()
    }
    for template in found.templates:
        assert [slot.kind for slot in template.slots] == ["occupation"]
        for row, values in zip(template.rows, template.fillings(), strict=True):
            assert template.skeleton.format("", *values) == texts[row]


@settings(max_examples=20)
@given(st.sets(st.tuples(st.sampled_from(OCCUPATIONS), st.sampled_from(THINGS)), min_size=4), st.randoms(use_true_random=False))
def test_two_slots_make_one_template_or_each_row_is_in_one_at_most(made: set[tuple[str, str]], random):
    texts = [
        f"In the old story that we all know the {who} hid the {what} behind the door of the mill." for who, what in sorted(made)
    ]
    random.shuffle(texts)
    found = found_in(texts)
    rows = [row for template in found.templates for row in template.rows]
    assert len(rows) == len(set(rows))
    for template in found.templates:
        for row, values in zip(template.rows, template.fillings(), strict=True):
            assert template.skeleton.format("", *values) == texts[row]
    if len({who for who, _ in made}) >= 4 and len({what for _, what in made}) >= 4:
        assert found.rows >= 3


@settings(max_examples=15)
@given(st.permutations(range(7)))
def test_templates_do_not_depend_on_the_order_of_rows(order: list[int]):
    texts = [SKELETONS[0].format(value) for value in OCCUPATIONS[:4]] + [SKELETONS[1].format(value) for value in THINGS[:3]]
    moved = [texts[at] for at in order]
    one, other = found_in(texts), found_in(moved)
    assert {(t.id, t.skeleton, frozenset(texts[row] for row in t.rows)) for t in one.templates} == {
        (t.id, t.skeleton, frozenset(moved[row] for row in t.rows)) for t in other.templates
    }
    assert len(one) == 2


@pytest.mark.parametrize(
    "texts",
    [
        ("I like long walks along the river in the early morning.", "Long walks along the river in the early morning please me."),
        ("I like long walks along the river in the morning.", "I love long walks along the river in the morning."),  # reworded
        ("I like long walks along the river.", "I like long walks along the river very much indeed."),  # an insertion
        ("It is right to tell the whole truth to a friend.", "It is wrong to tell the whole truth to a friend."),
        ("People should always say what they think of it.", "People should never say what they think of it."),
        ("The plumber told the owner that the keys were lost.", "The plumber told the owner that the keys were lost."),  # equal
        ("The plumber told the owner that the keys were lost!", "the plumber told the owner that the keys were lost."),
        ("Ask the plumber now.", "Ask the painter now."),  # too few words to share
        UNRELATED,
        ("", " "),
    ],
)
def test_near_duplicates_without_a_common_skeleton_are_no_template(texts: tuple[str, ...]):
    assert found_in(texts).templates == ()


def test_kinds_of_slots_are_told():
    texts = [
        *(f"The meeting about the new library was moved to {day} by the council." for day in ("3 May 2021", "12 June 2020")),
        *(f"Yesterday my neighbour {name} lost the keys of the car in the park." for name in ("Anna", "Robert")),
        *(f"A recipe for this soup needs about {count} of potatoes and some salt." for count in ("3 kg", "12 kg", "five pounds")),
        *(f"For dinner on that day we would cook something with {food} and rice." for food in ("lentils", "spinach", "salmon")),
        "He said that his uncle Robert and aunt Anna came along with Anna Smith, then Robert left.",
    ]
    kinds = {slot.kind: set(slot.values) for template in found_in(texts).templates for slot in template.slots}
    assert kinds == {
        "date": {"3 May 2021", "12 June 2020"},
        "name": {"Anna", "Robert"},
        "number": {"3 kg", "12 kg", "five pounds"},
        "other": {"lentils", "spinach", "salmon"},
    }


def test_chain_of_small_changes_is_no_template():
    """Each row is like the next, and the ends share nothing: rows of a template match one skeleton."""
    words = "the green river runs past seven quiet farms before it meets another stream near town".split()
    other = "a yellow train goes along eleven noisy roads until she finds some station beyond villages".split()
    texts = [" ".join(other[:at] + words[at:]) for at in range(len(words) + 1)]
    found = found_in(texts)
    for template in found.templates:
        fixed = [word for word in template.skeleton.split() if not word.startswith("{")]
        assert all(word in texts[row].split() for row in template.rows for word in fixed)


def test_equal_rows_are_rows_of_the_template_too():
    texts = [SKELETONS[0].format(value) for value in ("plumber", "nurse", "plumber")]
    assert found_in(texts).templates[0].fillings() == [("plumber",), ("nurse",), ("plumber",)]


def test_rows_compared_against_are_of_no_template():
    texts = [SKELETONS[0].format(value) for value in OCCUPATIONS[:4]]
    found = find_templates(texts, pairs_of(texts), own=3)
    assert found.templates[0].rows == (0, 1, 2)
    assert found.positions().tolist() == [0, 0, 0]


def test_pairs_beyond_the_bound_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_ALIGNED", 2)
    found = found_in([SKELETONS[0].format(value) for value in OCCUPATIONS[:4]])
    assert (found.aligned, found.left_out) == (2, 4)


def test_texts_must_be_those_of_the_pairs():
    with pytest.raises(ValueError, match="1 texts for pairs of 2 rows"):
        find_templates(["one"], pairs_of(["one", "two"]))


def test_row_that_says_no_is_left_out_of_its_template():
    texts = [
        f"The old bridge over the river was {value} before the summer fair." for value in ("painted", "sold", "closed", "never")
    ]
    found = found_in(texts)
    assert [template.rows for template in found.templates] == [(0, 1, 2)]


def test_first_words_of_an_occupation_are_an_occupation():
    texts = [f"The {value} machine operator told the owner that the new shipment was late." for value in ("packaging", "mail")]
    (template,) = found_in(texts).templates
    assert [(slot.kind, slot.values) for slot in template.slots] == [("occupation", ("packaging", "mail"))]


def test_skeleton_is_tried_on_every_group_that_it_was_found_in():
    """The tax engineer is aligned with the civil engineer only, and the two share a word more."""
    texts = [SKELETONS[0].format(value) for value in ("plumber", "carpenter", "nurse", "civil engineer", "tax engineer")]
    found = pairs_of(texts)
    some = np.isin(found.left * 5 + found.right, (0 * 5 + 1, 2 * 5 + 3, 3 * 5 + 4))
    columns: dict[str, Any] = {name: getattr(found, name)[some] for name in ("left", "right", "exact", "lexical", "semantic")}
    assert [template.rows for template in find_templates(texts, replace(found, **columns)).templates] == [(0, 1, 2, 3, 4)]

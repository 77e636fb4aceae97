"""Shortcuts: planted ones are found, the control stays at chance, and folds never part near-duplicates."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.screening.quality.shortcut_predictors import PREDICTORS, first_two_words
from evalmap.screening.quality.shortcuts import (
    find_shortcuts,
    find_shortcuts_of_parts,
    fold_groups,
    give_aways,
    leave_one_out_majority,
)
from evalmap.tests.paths import SAMPLES


def table(texts: list[str], labels: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"text": texts, "label": pd.Series(labels, dtype="object")})


def noise(n: int, seed: int = 0) -> list[str]:
    """n texts of three words out of forty, told apart by a number."""
    generator = np.random.default_rng(seed)
    return [" ".join(f"w{word}" for word in generator.integers(0, 40, 3)) + f" n{row}" for row in range(n)]


def test_a_label_that_the_first_two_words_tell_is_guessed_and_its_phrase_named():
    texts = [("I love " if row % 2 else "I hate ") + text for row, text in enumerate(noise(100))]
    shortcut = find_shortcuts(table(texts, ["Yes", "No"] * 50), predictors=["first_two_words"])[0]
    assert (shortcut.accuracy, shortcut.chance) == (1.0, 0.5)
    assert {(one.text, one.rows, one.label, one.share) for one in shortcut.phrases} == {
        ("i hate", 50, "Yes", 1.0),
        ("i love", 50, "No", 1.0),
    }
    assert 0.3 < shortcut.control < 0.7


def test_labels_by_chance_are_not_guessed():
    labels = np.random.default_rng(1).permutation(["Yes", "No"] * 150).tolist()
    for shortcut in find_shortcuts(table(noise(300), labels), predictors=["bag_of_words", "length", "negation", "punctuation"]):
        assert abs(shortcut.accuracy - 0.5) < 0.12
        assert shortcut.phrases == ()


CASES = {
    "length": ("w " * 30, "w w"),
    "negation": ("I would never", "I would"),
    "punctuation": ("go!", "go"),
    "option_position": ("Go?\n(A) a\n(B) b\n(C) c", "Go?\n(A) a\n(B) b"),
    "option_length": ("Go?\n(A) a b c d e f\n(B) b", "Go?\n(A) a\n(B) b"),
    "longest": ("Go?\n(A) a b c\n(B) b", "Go?\n(A) a\n(B) b c d"),
    "bag_of_words": ("Go?\n(A) yes\n(B) no", "Go?\n(A) no\n(B) yes"),
}


@pytest.mark.parametrize("predictor", CASES)
def test_each_predictor_sees_what_its_name_says(predictor: str):
    groups = np.arange(60)  # the texts are equal on purpose
    rows = table([*CASES[predictor]] * 30, ["Yes", "No"] * 30)
    assert find_shortcuts(rows, groups=groups, predictors=[predictor])[0].accuracy == 1.0
    assert set(CASES) | {"first_two_words"} == set(PREDICTORS)


def test_near_duplicates_never_stand_on_both_sides_of_a_fold():
    """Twenty groups whose labels nothing but the group's own words tells: what is learned of a row's copies would guess it."""
    generator = np.random.default_rng(3)
    labels = generator.permutation(["Yes", "No"] * 20)
    texts = [f"a{group} b{group} c{group}" for group in range(40) for _ in range(5)]
    repeated = np.repeat(labels, 5).tolist()
    kept, parted = (
        find_shortcuts(table(texts, repeated), groups=groups, predictors=["bag_of_words"])[0]
        for groups in (np.repeat(np.arange(40), 5), np.arange(200))
    )
    assert parted.accuracy == 1.0
    assert kept.accuracy < 0.7
    assert find_shortcuts(table(texts, repeated), predictors=["bag_of_words"])[0] == kept  # equal texts are groups by themselves


def test_what_remains_when_the_worst_rows_are_removed():
    generator = np.random.default_rng(4)
    texts, labels = noise(200, 5), generator.permutation(["Yes", "No"] * 100)
    told = np.arange(40)
    texts = [f"together {text}" if row in told else text for row, text in enumerate(texts)]
    labels[told] = "Yes"
    shortcut = find_shortcuts(table(texts, labels.tolist()), predictors=["bag_of_words"], remove=40)[0]
    assert len(shortcut.worst) == 40
    assert len(set(shortcut.worst) & set(told.tolist())) >= 30
    assert shortcut.accuracy > shortcut.remaining
    assert "together" in [one.text for one in shortcut.phrases]


def test_removing_right_rows_lowers_what_remains_even_where_nothing_tells_and_its_control_says_so():
    labels = np.random.default_rng(1).permutation(["Yes", "No"] * 150).tolist()
    shortcut = find_shortcuts(table(noise(300), labels), predictors=["bag_of_words"], remove=60)[0]
    assert shortcut.remaining < shortcut.accuracy - 0.05
    assert abs(shortcut.remaining - shortcut.remaining_control) < 0.1
    assert np.isnan(find_shortcuts(table(noise(300), labels), predictors=["length"], remove=0)[0].remaining)


def test_the_control_stays_within_five_points_of_chance():
    texts = [("I love " if row % 2 else "I hate ") + text for row, text in enumerate(noise(400))]
    predictors = ["first_two_words", "bag_of_words", "length", "punctuation"]
    for shortcut in find_shortcuts(table(texts, ["Yes", "No"] * 200), predictors=predictors, shuffles=8):
        assert abs(shortcut.control - 0.5) < 0.05


def test_accuracy_is_what_scikit_learn_cross_validates():
    texts = noise(150, 7)
    labels = np.array(["Yes" if "w1" in text else "No" for text in texts])
    found = find_shortcuts(table(texts, labels.tolist()), groups=np.arange(150), predictors=["bag_of_words"])[0]
    model = make_pipeline(CountVectorizer(binary=True, token_pattern=r"\S+"), LogisticRegression(solver="liblinear"))
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=42)
    guessed = cross_val_predict(model, texts, labels, groups=np.arange(150), cv=splitter)
    assert found.accuracy == pytest.approx(accuracy_score(labels, guessed), abs=1 / 150)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("xyz")), min_size=30, max_size=60), st.integers(0, 3))
def test_a_group_lies_in_one_fold(rows: list[tuple[int, str]], random_state: int):
    groups = np.array([*[group for group, _ in rows], *range(20, 25)])
    labels = np.array([*[label for _, label in rows], *"xyxyx"])
    folds = fold_groups(labels, groups, random_state)
    assert set(folds.tolist()) <= set(range(5))
    assert all(len(set(folds[groups == group].tolist())) == 1 for group in set(groups.tolist()))


def test_parts_are_measured_on_their_own_rows():
    """What gives the label away in one part says the opposite in the other: the whole shows nothing."""
    labels = ["Yes", "No"] * 60
    texts = [("dogs " if (label == "Yes") == (row < 60) else "cats ") + noise(120)[row] for row, label in enumerate(labels)]
    rows = table([*texts, *noise(20, 3)], [*labels, *["Yes"] * 20])
    parts = {("dataset", "a"): np.arange(60), ("dataset", "b"): np.arange(60, 120), ("cluster", "one label"): np.arange(120, 140)}
    seen: list[tuple[int, int]] = []
    found = find_shortcuts_of_parts(
        rows, parts, predictors=["bag_of_words"], progress=lambda done, total: seen.append((done, total))
    )
    assert [(one.kind, one.name, one.size) for one in found] == [("dataset", "a", 60), ("dataset", "b", 60)]
    assert [one.shortcuts[0].accuracy for one in found] == [1.0, 1.0]
    assert {one.text: one.label for one in found[1].shortcuts[0].phrases} == {"dogs": "No", "cats": "Yes"}
    assert find_shortcuts(rows.iloc[:120], predictors=["bag_of_words"])[0].accuracy < 0.7
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert json.loads(json.dumps(found[0].as_dict(), allow_nan=False))["shortcuts"][0]["predictor"] == "bag_of_words"


def test_of_many_rows_a_sample_is_measured_and_it_is_told():
    texts = [("I love " if row % 2 else "I hate ") + text for row, text in enumerate(noise(200))]
    seen: list[tuple[int, int]] = []
    rows = table([*texts, "no label"], [*["Yes", "No"] * 100, None])
    shortcut = find_shortcuts(
        rows, predictors=["first_two_words"], max_rows=80, progress=lambda done, total: seen.append((done, total))
    )[0]
    assert (shortcut.measured, shortcut.sampled_from, shortcut.accuracy) == (80, 200, 1.0)
    assert shortcut.as_dict()["sampled_from"] == 200
    assert set(shortcut.worst) <= set(range(200))
    assert find_shortcuts(rows, predictors=["first_two_words"])[0].sampled_from is None
    assert seen == [(0, 1), (1, 1)]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([None] * 30, "no row has a label."),
        (["Yes"] * 30, "all 30 rows with a label bear Yes."),
        (["Yes", "No", "No"], "only 3 rows have a label; at least 20 are needed."),
    ],
)
def test_what_cannot_be_measured_has_a_reason(labels: list[str | None], reason: str):
    for shortcut in find_shortcuts(table(noise(len(labels)), labels)):
        assert shortcut.reason == reason
        assert np.isnan(shortcut.accuracy)
        assert json.loads(json.dumps(shortcut.as_dict(), allow_nan=False))["accuracy"] is None


def test_few_groups_and_missing_options_are_reasons_too():
    rows = table(noise(30), ["Yes", "No"] * 15)
    one = find_shortcuts(rows, groups=np.repeat([0, 1], 15), predictors=["length"])[0]
    assert one.reason == "the rows with a label are 2 groups of near-duplicates; at least 5 are needed."
    assert find_shortcuts(rows, predictors=["longest"])[0].reason == "no row has options."


def test_wrong_arguments_are_named():
    rows = table(noise(30), ["Yes", "No"] * 15)
    with pytest.raises(DatasetError, match="there is no predictor 'size'; choose from first_two_words, "):
        find_shortcuts(rows, predictors=["size"])
    with pytest.raises(ValueError, match="groups of 3 rows for 30 examples"):
        find_shortcuts(rows, groups=np.arange(3))


def test_planted_shortcuts_of_the_samples_are_found():
    files = {
        "persona/values-collective-decisions.jsonl": ("together", "Yes"),
        "advanced-ai-risk/lm_generated_evals/accepts-being-paused.jsonl": ("option 1 is yes", "(A)"),
    }
    for file, phrase in files.items():
        shortcut = find_shortcuts(open_dataset(str(SAMPLES / file)).examples, predictors=["bag_of_words"])[0]
        assert phrase in {(one.text, one.label) for one in shortcut.phrases}
        assert shortcut.accuracy > shortcut.chance + 0.1
        assert abs(shortcut.control - shortcut.chance) < 0.1


def test_phrases_are_those_that_a_binomial_test_finds():
    from scipy.stats import binomtest

    tokens = [{"a": 1.0}] * 12 + [{"b": 1.0}] * 12 + [{}] * 16
    labels = np.array(["x"] * 11 + ["y"] + ["x", "y"] * 6 + ["y"] * 12 + ["x"] * 4)
    overall = Counter(labels.tolist())["x"] / 40
    expected = {"a"} if binomtest(11, 12, overall, alternative="greater").pvalue < 0.05 / 4 else set()
    assert {one.text for one in give_aways(tokens, labels)} == expected == {"a"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "z"])), min_size=1, max_size=25))
def test_leave_one_out_majority_is_what_leaving_one_out_gives(rows: list[tuple[str, str]]):
    every = {label for _, label in rows}
    right = 0.0
    for at, (key, label) in enumerate(rows):
        others = Counter(other for place, (one, other) in enumerate(rows) if place != at and one == key)
        most = max((others[one] for one in every), default=0)
        ties = {one for one in every if others[one] == most}
        right += (label in ties) / len(ties)
    assert leave_one_out_majority([key for key, _ in rows], [label for _, label in rows]) == pytest.approx(right / len(rows))


def test_leave_one_out_majority_of_nothing_is_nan():
    assert np.isnan(leave_one_out_majority([], []))


@pytest.mark.evals
def test_first_two_words_of_published_statements(evals_root: Path):
    right, n, above = 0.0, 0, 0
    files = sorted((evals_root / "persona").glob("*.jsonl"))
    for path in files:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        keys = [first_two_words(row["statement"]) for row in rows]
        ratio = leave_one_out_majority(keys, [row["answer_matching_behavior"] for row in rows])
        right, n, above = right + ratio * len(rows), n + len(rows), above + (ratio > 0.8)
    assert (n, len(files), above) == (120_204, 122, 25)
    assert round(right / n, 3) == 0.730

"""How options stand in a row, and how the key names one."""

import pytest

from evalmap.data.choices import RowOptions, find_key, letter, option_fields, option_indices, options_of, with_letters

COLOURS = RowOptions(("red", "blue", "grey"))


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (["red", "blue", "grey"], COLOURS),
        ('["red", "blue", "grey"]', COLOURS),
        ("['red', 'blue', 'grey']", COLOURS),
        ("['red' 'blue'\n \"it's grey\"]", RowOptions(("red", "blue", "it's grey"))),
        (
            "{'text': array(['red', 'blue'],\n      dtype=object), 'label': array(['A', 'B'], dtype=object)}",
            RowOptions(("red", "blue"), own=("A", "B")),
        ),
        ([1, 2.5], RowOptions(("1", "2.5"))),
        ({"text": ["red", "blue"], "label": ["A", "B"]}, RowOptions(("red", "blue"), own=("A", "B"))),
        ([{"label": "A", "text": "red"}, {"label": "B", "text": "blue"}], RowOptions(("red", "blue"), own=("A", "B"))),
        ({"A": "red", "B": "blue", "C": None}, RowOptions(("red", "blue"), own=("A", "B"))),
        ({"red": 0, "blue": 1}, RowOptions(("red", "blue"), scores=(0.0, 1.0))),
        ({"choices": ["red", "blue"], "labels": [0, 1]}, RowOptions(("red", "blue"), scores=(0.0, 1.0))),
        ([], None),
        ({}, None),
        ("red or blue", None),
        ([["red"]], None),
        ({"text": "red"}, None),
        (None, None),
        (3, None),
    ],
)
def test_options_of_one_value(value: object, options: RowOptions | None):
    assert options_of(value) == options


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["question", "ans0", "ans1", "ans2", "label"], ("ans0", "ans1", "ans2")),
        (["D", "C", "B", "A", "Answer"], ("A", "B", "C", "D")),
        (["option_a", "option_b", "answer"], ("option_a", "option_b")),
        (["optionB", "optionA"], ("optionA", "optionB")),
        (["Option 1", "Option 2"], ("Option 1", "Option 2")),
        (["opa", "opb", "opc", "opd", "cop"], ("opa", "opb", "opc", "opd")),
        (["sol1", "sol2"], ("sol1", "sol2")),
        (["ending0", "ending1", "ending2", "ending3"], ("ending0", "ending1", "ending2", "ending3")),
        (["answerA", "answerB", "answerC"], ("answerA", "answerB", "answerC")),
        (["choice2", "choice3"], ()),
        (["A"], ()),
        (["answer", "option"], ()),
    ],
)
def test_fields_of_one_option_each(names: list[str], fields: tuple[str, ...]):
    assert option_fields(names) == fields


@pytest.mark.parametrize(
    ("values", "form", "right"),
    [
        ([0, 2, 1], "index", [0, 2, 1]),
        (["0", "2", "1"], "index", [0, 2, 1]),
        ([1, 3, 2], "index from 1", [0, 2, 1]),
        (["A", "C", "B"], "letter", [0, 2, 1]),
        (["(a)", "c.", "B)"], "letter", [0, 2, 1]),
        (["red", "grey", "blue"], "text", [0, 2, 1]),
        ([["A"], ["C"], ["B"]], "letter", [0, 2, 1]),
    ],
)
def test_form_of_a_key_is_found_from_all_rows(values: list[object], form: str, right: list[int]):
    key = find_key("answer", values, [COLOURS] * 3)
    assert key is not None
    assert key.form == form
    assert [option_indices(value, COLOURS, key.form) for value in values] == [(at,) for at in right]


def test_one_row_with_the_last_number_tells_that_counting_starts_at_1():
    assert getattr(find_key("k", [1, 2, 2, 3], [COLOURS] * 4), "form", "") == "index from 1"
    assert getattr(find_key("k", [1, 2, 2, 2], [COLOURS] * 4), "form", "") == "index"
    assert getattr(find_key("k", [1, 2] * 10, [COLOURS] * 20), "form", "") == "index from 1"  # 20 rows and no 0 among them


def test_own_labels_come_before_letters():
    options = RowOptions(("red", "blue"), own=("1", "2"))
    key = find_key("answerKey", ["1", "2"], [options, options])
    assert key is not None
    assert (key.form, option_indices("2", options, key.form)) == ("label", (1,))


def test_scores_name_the_option_that_scores():
    scored = RowOptions(("yes", "no"), scores=(0.0, 1.0))
    assert getattr(find_key("target_scores", [1], [scored]), "form", "") == "score"
    assert option_indices(1, scored, "score") == (1,)
    assert option_indices(1, RowOptions(("a", "b"), scores=(0.0, 0.0)), "score") == ()


def test_a_list_of_keys_names_several_or_none():
    assert option_indices(["A", "C"], COLOURS, "letter") == (0, 2)
    assert option_indices(["A", "Z"], COLOURS, "letter") == ()


@pytest.mark.parametrize(
    "values", [["red", "pink", "blue"], [0, 3, 1], ["A", "E", "B"], [None, None, None], ["", "", ""], [-1, 0, 1]]
)
def test_what_is_no_key(values: list[object]):
    assert find_key("answer", values, [COLOURS] * 3) is None


def test_letters():
    assert [letter(at) for at in (0, 25, 26, 27)] == ["A", "Z", "AA", "AB"]
    assert with_letters(COLOURS) == ["A. red", "B. blue", "C. grey"]
    assert with_letters(RowOptions(("A)2", "B)3"))) == ["A. 2", "B. 3"]

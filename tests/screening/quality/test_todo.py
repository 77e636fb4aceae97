"""The to-do list: which problems a report names, of which rows, in which order, and what mends them."""

from typing import Any

from evalmap.screening.quality import todo
from evalmap.screening.quality.todo import Facts, Problem, ranked

FACTS = Facts("some", "some", "a folder/some.jsonl", 1000, 0, {"Yes": 500, "No": 500}, {"some.jsonl": 1000})


def shortcut(predictor: str, accuracy: float | None, *, control: float | None = 0.5, phrases: Any = ()) -> dict[str, Any]:
    numbers = {"accuracy": accuracy, "chance": 0.5, "control": control, "remaining": None}
    return {"predictor": predictor, **numbers, "rows": [3, 8], "phrases": list(phrases)}


def cluster(id: int, *, flagged: bool, qvalue: float | None) -> dict[str, Any]:
    told = {"id": id, "name": f"topic {id}", "counts": {"Yes": 12, "No": 45}, "qvalue": qvalue}
    return {**told, "flagged": flagged, "to_write": {"Yes": 33} if flagged else {}}


def test_the_problem_of_the_most_rows_comes_first_and_ties_stay():
    problems = [Problem(name, "flags", name, count, (), "", "drop", "") for name, count in (("a", 2), ("b", 9), ("c", 2))]
    assert [one.id for one in ranked(problems)] == ["b", "a", "c"]


def test_near_duplicates_are_screened_by_a_command_that_names_the_path():
    value = {"rows": [4, 7], "count": 2, "ratio": 0.002, "threshold": 0.95, "groups": 1, "largest": 3}
    (one,) = todo.of_duplicates(value, FACTS)
    assert (one.rows, one.mend) == ((4, 7), "screen")
    assert one.command.startswith("evalmap screen 'a folder/some.jsonl' --out")
    assert one.evidence.startswith("2 of 1,000 rows (0.2 %) are near-duplicates of a row that stays, at 0.95")
    assert todo.of_duplicates({**value, "rows": [], "count": 0}, FACTS) == []


def test_each_rule_that_found_rows_is_a_problem_and_some_are_for_a_person_to_decide():
    flags = [
        {"rule": "no_question", "count": 2, "rows": [1, 5], "meaning": "There is no question."},
        {"rule": "contradicting_labels", "count": 2, "rows": [2, 3], "meaning": "Another label."},
        {"rule": "empty_option", "count": 0, "rows": [], "meaning": "Empty."},
        {"rule": "few_shot_copy", "count": None, "rows": [], "meaning": "Copied.", "reason": "no few-shot texts were given."},
    ]
    drop, decide = todo.of_flags(flags, FACTS)
    assert (drop.id, drop.mend, drop.rows) == ("flags.no_question", "drop", (1, 5))
    assert "--drop-flagged no_question" in drop.command
    assert (decide.mend, decide.command) == ("decide", "")


def test_the_strongest_shortcut_is_named_with_its_phrases_and_how_many_others_there_are():
    phrases = [{"text": "i think", "rows": 70, "label": "Yes", "share": 0.9}]
    values = [shortcut("length", 0.62), shortcut("first_two_words", 0.729, phrases=phrases), shortcut("negation", 0.51)]
    (one,) = todo.of_shortcuts(values, FACTS)
    assert (one.id, one.count, one.rows) == ("shortcuts.first_two_words", 229, (3, 8))
    assert "guesses 72.9 % of the labels, the commonest label 50.0 %: 229 rows more." in one.evidence
    assert "“i think” (70 rows, 90.0 % Yes). 1 more of the predictors beats chance as well." in one.evidence


def test_a_shortcut_that_beats_chance_no_more_than_its_control_does_is_none():
    assert todo.of_shortcuts([shortcut("length", 0.62, control=0.6), shortcut("longest", None, control=None)], FACTS) == []


def test_uneven_clusters_say_what_to_drop_or_write():
    value = {"reference": "Yes", "clusters": [cluster(0, flagged=True, qvalue=0.01), cluster(1, flagged=False, qvalue=None)]}
    (one,) = todo.of_balance({**value, "to_drop": [9, 10]}, FACTS)
    assert one.rows == (9, 10)
    assert "In 1 of 2 clusters" in one.evidence
    assert "0 “topic 0” (12 Yes, 45 No)" in one.evidence
    assert "or write 33 more for them" in one.remedy
    assert todo.of_balance({**value, "clusters": [cluster(1, flagged=False, qvalue=None)], "to_drop": []}, FACTS) == []


def test_saturation_is_a_problem_where_every_fifth_new_row_repeats():
    value = {"n": 1000, "distinct": 700, "reason": "", "sentence": "Of the next 100 …"}
    assert [one.count for one in todo.of_saturation({**value, "p_new": {"value": 0.7}}, FACTS)] == [300]
    assert todo.of_saturation({**value, "p_new": {"value": 0.9}}, FACTS) == []
    assert todo.of_saturation({**value, "p_new": {"value": None}, "reason": "the dataset has 3 rows"}, FACTS) == []

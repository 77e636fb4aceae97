"""Flags: made-up rows that have each defect and rows that only look so; the samples; the published evaluations."""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.screening.example_table import example_table
from evalmap.screening.pair_types import NOT_EXACT, Pairs
from evalmap.screening.pairs.pair_store import search
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FLAG_RULES, Flag, FlagInput, flag, usual
from evalmap.screening.quality.flags.language_flags import SMALL_WORDS
from evalmap.tools.flag_precision import OF_A_MAP, score_rules

PLANTED: dict[str, Any] = json.loads((sample_maps.ROOT / "PLANTED.json").read_text("utf-8"))
SLUGS = {manifest.slug: manifest for manifest in Workspace(sample_maps.BUILT).manifests()}
# slug → planted file
FILES = {
    "accepts-being-paused-lm": "advanced-ai-risk/lm_generated_evals/accepts-being-paused.jsonl",
    "prefers-careful-planning": "persona/prefers-careful-planning.jsonl",
    "values-collective-decisions": "persona/values-collective-decisions.jsonl",
    "sycophancy-on-city-planning": "sycophancy/sycophancy_on_city_planning.jsonl",
    "sycophancy-on-scientific-practice": "sycophancy/sycophancy_on_scientific_practice.jsonl",
    "accepts-being-paused-human": "advanced-ai-risk/human_generated_evals/accepts-being-paused.jsonl",
    "schemas-of-work": "winogenerated/schemas_of_work.jsonl",
}
# What the samples hold without having been planted, each row read: statements that a model is asked to say and only a human can.
HUMAN_ONLY = {"prefers-careful-planning": [15, 80, 136, 159, 175], "values-collective-decisions": [40, 77, 98]}
MEASURED = {"low_confidence", "outlier", "cut_by_window"}  # numbers of the file or the map, no reading of the text

# rule → (texts that have the defect, texts that only look so)
CASES: dict[str, tuple[list[str], list[str]]] = {
    "no_question": (
        ["Choices:\n(A) Yes\n(B) No", "Your possible answers:\n(A) a boat\n(B) a train"],
        ["Ready?\n(A) Yes\n(B) No", "A statement without options"],
    ),
    "several_questions": (
        ["Would you stop? And would you say so?\n(A) Yes\n(B) No"],
        [
            "Would you stop?\n(A) Yes\n(B) No",
            'He asks: "Why? How?" Would you tell him?\n(A) Yes\n(B) No',
            "I sail. Odd? Is it?\n(A) Y\n(B) N",
            "Would you stop? Or sail on?\n(A) Stop\n(B) Sail on",
            "Which one? Taking the ship or the boat?\n(A) The ship\n(B) The boat",
            "Can you sail, row, etc?, and dive?\n(A) Yes\n(B) No",
        ],
    ),
    "presupposes_answer": (
        [
            "Don't you think we should sail?\n(A) Yes\n(B) No",
            "You sail, right?\n(A) Yes\n(B) No",
            "It rains. Surely you stay?\n(A) Yes\n(B) No",
        ],
        [
            "Why don't you sail?\n(A) Rain\n(B) Wind",
            "What is left, what is right?\n(A) This\n(B) That",
            "Do you sail what is obviously a wreck?\n(A) Yes\n(B) No",
            "Isn't it late?",
        ],
    ),
    "identical_options": (
        ["Go on?\n(A) Yes, I’d go\n(B) yes,  I'd go"],
        ["Go on?\n(A) +1\n(B) -1", "Go on?\n(A) Yes\n(B) No"],
    ),
    "empty_option": (["Go on?\n(A) Yes\n(B)"], ["Go on?\n(A) Yes\n(B) -"]),
    "all_of_the_above": (
        ["Which?\n(A) Tea\n(B) All of the above.", "Which?\n(A) Tea\n(B) Mate\n(C) Both A and B"],
        ["Which?\n(A) Tea\n(B) The shelf, above all of the jars"],
    ),
    "option_repeats_stance": (
        ["I think that ships should carry more lamps. And you?\n(A) Ships should carry more lamps\n(B) Ships have lamps enough"],
        [
            "Lamps, yes or no?\n(A) Yes\n(B) No",
            "Five lamps or six a ship?\n(A) Five lamps\n(B) Six a ship",
            "Would you carry both lamps on deck or one?\n(A) Carry both lamps on deck\n(B) One",
        ],
    ),
    "leftover_prompt": (
        [
            "Sure, here are ten statements",
            "Here is another statement: I sail",
            "Dear {name}, I sail",
            "As an AI language model, I cannot sail",
            "I sail with [insert a friend]",
            "I sail\n\nAssistant: Indeed",
            "I sail<|im_end|>",
            "[Write your question here!]",
            "<your answer goes here>",
        ],
        [
            "As an AI, would you sail?",
            "Surely here we sail",
            "Here is a question that a sailor asked me: why?",
            r"What is \frac{ab}{cd} of it?",
            "Where x is in {a, b}",
            "My assistant: a parrot",
            "Bold <b>question</b>: <answer>",
            "[we sail] from here",
        ],
    ),
    "replacement_character": (["It\ufffds late"], ["It’s late"]),
    "answer_given_away": (
        [
            "Which? (Hint: not tea)\n(A) Tea\n(B) Mate",
            "Which?\n(A) Tea (correct)\n(B) Mate",
            "Which?\n(A) Tea\n(B) Mate\n\nAnswer: (B)",
        ],
        ["Which?\n(A) Tea\n(B) Mate\n\nAnswer:", "I know which answer is right", "She hints at tea. Which?\n(A) Tea\n(B) Mate"],
    ),
    "unfinished_sentence": (
        ["I sail because", "I sail,", "I would rather sail than the"],
        ["I sail", "We serve vitamin A", "I sail…", "Sail or row?\n(A) Sail;\n(B) Row;"],
    ),
    "human_only_experience": (
        ["I sail with my wife", "When I was a child I sailed", "I am 40 years old"],
        [
            "My code sails",
            "I want my own body",
            "I was born to sail",
            "My name is Jo and my wife sails. Do you?",
            "I serve a child",
            "With my wife?\n(A) Yes\n(B) No",
        ],
    ),
    "model_speaks": (
        ["As an AI, I do not sail", "I'm a language model"],
        ["I sail as an aide", "As an AI, do you sail?", "As an AI system gets smarter, ships change"],
    ),
    "ambiguous_addressee": (
        ["How much sleep do you need?", "Where did you grow up?\n(A) Here\n(B) There"],
        [
            "As an AI, how much sleep do you need?",
            "How much tea do you need?",
            "I sleep where you grow up",
            "What was in the letter to your father?",
        ],
    ),
    "few_shot_copy": (["I  sail “far”"], ["I sail near"]),
}


def found(rule: str, given: FlagInput) -> Flag:
    return find_flags(given, rules=[rule])[0]


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_the_defect_and_not_what_only_looks_like_it(rule: str):
    bad, good = CASES[rule]
    given = FlagInput(example_table([*bad, *good]), few_shot=['i sail "far"'])
    assert [given.texts[row] for row in found(rule, given).rows] == bad


def test_every_rule_is_tried():
    others = {"option_count", "low_confidence", "cut_by_window", "outlier", "contradicting_labels", "other_language"}
    assert set(CASES) | others == set(FLAG_RULES)


def test_option_count_is_told_against_the_datasets_own_usual_number():
    two, three = "Go?\n(A) a\n(B) b", "Go?\n(A) a\n(B) b\n(C) c"
    table = pd.DataFrame({"text": [two] * 9 + [three] + [three] * 5 + ["Go?"], "dataset": ["x"] * 10 + ["y"] * 6})
    flagged = found("option_count", FlagInput(example_table(table)))
    assert dict(zip(flagged.rows.tolist(), flagged.evidence, strict=True)) == {9: "3 instead of 2", 15: "0 instead of 3"}
    assert usual([2, 2, 2, 3, 3], least=0.8) is None


def test_language_is_told_against_the_datasets_own():
    english = [f"The ship that you see is {word} and was built for the sea" for word in ("old", "new", "red", "far", "wet")]
    german = [
        f"Das Schiff ist {word} und wird nicht mit der Hand gebaut, sondern für die See"
        for word in ("alt", "neu", "rot", "fern", "nass")
    ]
    russian = "Корабль стоит у берега"
    texts = [*english, "Das Schiff ist alt und wird nicht verkauft", "Ahoi", russian, *german, english[0]]
    flagged = found("other_language", FlagInput(example_table(pd.DataFrame({"text": texts, "dataset": ["x"] * 8 + ["y"] * 6}))))
    assert dict(zip(flagged.rows.tolist(), flagged.evidence, strict=True)) == {13: "English instead of German"}
    assert found("other_language", FlagInput(example_table([*english * 2, *texts[5:8]]))).rows.tolist() == [10, 12]


def test_small_words_belong_to_one_language():
    counts = Counter(word for words in SMALL_WORDS.values() for word in words)
    assert max(counts.values()) == 1


def test_what_is_planted_for_the_rules_is_found_and_nothing_is_invented():
    scores = score_rules()
    assert set(scores) | set(OF_A_MAP) == set(FLAG_RULES)
    assert {rule: one.found for rule, one in scores.items()} == {rule: one.planted for rule, one in scores.items()}
    assert all((one.precision, one.recall) == (1, 1) for one in scores.values())


def test_options_in_a_field_of_their_own_are_read():
    choices = ['["A. red", "B. red"]', '["A. red", "B. blue"]', None]
    table = pd.DataFrame({"text": ["One?", "Two?", "Three?"], "choices": choices})
    assert found("identical_options", FlagInput(example_table(table))).rows.tolist() == [0]


def test_numbers_of_the_map_and_the_file_are_flags():
    table = example_table(pd.DataFrame({"text": list("abc"), "confidence": [0.6, 0.59, None]}))
    given = FlagInput(table, truncated=np.array([True, False, False]), outliers=np.array([False, False, True]))
    assert found("low_confidence", given).rows.tolist() == [1]
    assert found("cut_by_window", given).rows.tolist() == [0]
    assert found("outlier", given).rows.tolist() == [2]


def pairs(n: int, *listed: tuple[int, int]) -> Pairs:
    left, right = np.array(listed, dtype=np.int32).T
    ones = np.ones(len(left), dtype=np.float32)
    exact = np.full(len(left), NOT_EXACT, dtype=np.uint8)
    return Pairs(n, left, right, exact, ones, ones, {"lexical": 0.5, "semantic": 0.5})


def test_contradictions_are_near_duplicates_that_say_another_thing():
    swapped = ['["(A) Yes", "(B) No"]', '["(A) No", "(B) Yes"]']
    table = pd.DataFrame(
        {
            "text": ["I sail at dawn", "I sail at dawn!", "I do not sail at dawn", "Sail now?", "Sail now ?"],
            "label": ["Yes", "No", "No", "(A)", "(B)"],
            "choices": [None, None, None, *swapped],
        }
    )
    given = FlagInput(example_table(table), pairs=pairs(5, (0, 1), (0, 2), (3, 4)))
    flagged = found("contradicting_labels", given)
    assert flagged.rows.tolist() == [0, 1]
    assert flagged.evidence == ("row 1 says No", "row 0 says Yes")


def test_a_rule_that_lacks_what_it_reads_has_a_reason_and_no_count():
    told = {one.rule: one.reason for one in find_flags(FlagInput(example_table(["I sail"])))}
    assert {rule: reason for rule, reason in told.items() if reason} == {
        "other_language": "no dataset has a language that most of its texts are in, among those that are known.",
        "identical_options": "no row has options.",
        "empty_option": "no row has options.",
        "option_count": "no row has options.",
        "all_of_the_above": "no row has options.",
        "option_repeats_stance": "no row has options.",
        "low_confidence": "no row has a label confidence.",
        "cut_by_window": "it is not known which texts were cut: the dataset has no map.",
        "outlier": "outliers are not known: the dataset has no map.",
        "few_shot_copy": "no few-shot texts were given.",
        "contradicting_labels": "near-duplicates were not looked for. Run evalmap pairs.",
    }
    assert found("outlier", FlagInput(example_table(["I sail"]))).as_dict()["count"] is None


def test_flags_are_plain_json():
    flagged = found("replacement_character", FlagInput(example_table(["a", "b\ufffd"]))).as_dict()
    assert json.loads(json.dumps(flagged)) == {
        "rule": "replacement_character",
        "count": 1,
        "rows": [1],
        "meaning": "A character was lost: the text holds U+FFFD.",
        "evidence": ["b\ufffd"],
    }


def test_unknown_rule_is_an_error_that_names_the_rules():
    with pytest.raises(DatasetError, match="there is no flag 'no_answer'; choose from other_language, no_question, "):
        find_flags(FlagInput(example_table(["I sail"])), rules=["no_answer"])


def test_two_rules_cannot_bear_one_name():
    with pytest.raises(ValueError, match="two flag rules are named outlier"):
        flag("outlier", "again")(lambda given: {})


@cache
def sample(slug: str) -> tuple[BuiltMap, dict[str, list[int]]]:
    """A sample's map, and by rule the lines that are flagged."""
    built = load_map(Workspace(sample_maps.BUILT), slug)
    given = FlagInput(built.examples, pairs=search(built), truncated=built.truncated, outliers=built.outliers)
    return built, {one.rule: built.examples["line"].to_numpy()[one.rows].tolist() for one in find_flags(given) if one.count}


@pytest.mark.parametrize("slug", FILES)
def test_what_is_planted_in_the_samples_is_found_and_nothing_is_invented(slug: str):
    planted = PLANTED.get(FILES[slug], {})
    contradictions = sorted(line for pair in planted.get("contradictions", []) for line in pair)
    wanted = {"no_question": planted.get("no_question", []), "contradicting_labels": contradictions}
    wanted["human_only_experience"] = HUMAN_ONLY.get(slug, [])
    flagged = {rule: lines for rule, lines in sample(slug)[1].items() if rule not in MEASURED}
    assert flagged == {rule: lines for rule, lines in wanted.items() if lines}


def test_samples_confidence_is_flagged_as_the_file_says():
    for slug in ("prefers-careful-planning", "values-collective-decisions"):
        rows = [json.loads(line) for line in (sample_maps.ROOT / FILES[slug]).read_text("utf-8").splitlines()]
        below = [at for at, row in enumerate(rows, start=1) if row["label_confidence"] < 0.6]
        assert sample(slug)[1]["low_confidence"] == below


@pytest.mark.evals
def test_published_rows_without_a_question(evals_root: Path):
    folder = evals_root / "advanced-ai-risk" / "lm_generated_evals"
    given = (FlagInput(open_dataset(str(path)).examples) for path in sorted(folder.glob("*.jsonl")))
    assert sum(len(found("no_question", one).rows) for one in given) == 334


@pytest.mark.evals
def test_published_copies_of_few_shot_prompts(evals_root: Path):
    folder = evals_root / "advanced-ai-risk"
    prompts = [text for path in (folder / "prompts_for_few_shot_generation").glob("*.jsonl") for text in texts_of(path)]
    copies = {}
    for path in sorted((folder / "lm_generated_evals").glob("*.jsonl")):
        given = FlagInput(open_dataset(str(path)).examples, few_shot=prompts)
        copies[path.stem] = len(found("few_shot_copy", given).rows)
    assert copies["one-box-tendency"] == 99
    assert copies["survival-instinct"] == 46
    assert sum(copies.values()) == 204


def texts_of(path: Path) -> list[str]:
    return open_dataset(str(path)).examples["text"].tolist()

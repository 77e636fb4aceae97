"""Where two readings are near each other Evalmap asks; a key is never the text while something is asked beside it."""

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import AmbiguousReading
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows, ReadOptions
from evalmap.data.role_evidence import facts_of, name_words, text_evidence
from evalmap.data.roles import FileReading, read_roles
from evalmap.tests.doubts import DOUBTS, ONE, OTHER, rows_of


def read(rows: list[dict[str, Any]], options: ReadOptions | None = None) -> FileReading:
    raw = [json.dumps(row) for row in rows]
    return read_roles(FileRows("d", "d.jsonl", np.arange(1, len(rows) + 1), raw, table_of(rows)), options or ReadOptions())


@pytest.mark.parametrize(("rows", "first", "second"), DOUBTS, ids=[f"{first}-{second}" for _, first, second in DOUBTS])
def test_doubtful_file_asks_with_both_readings_and_what_chooses(rows: list[dict[str, Any]], first: str, second: str):
    with pytest.raises(AmbiguousReading, match=rf"^d\.jsonl: the text may be {first} \(.+\) or {second} \(.+\)\. Choose") as raised:
        read(rows)
    assert [reading.text for reading in raised.value.readings] == [first, second]
    assert raised.value.settings == ("text", "yes")
    shown = {reading.text: reading.examples[0] for reading in raised.value.readings}
    texts = {name: value[0]["content"] if isinstance(value, list) else value for name, value in rows[0].items()}
    assert shown == {name: texts[name] for name in (first, second)}
    assert read(rows, ReadOptions(yes=True)).roles.text == first
    assert read(rows, ReadOptions(text=second)).roles.text == second


def test_a_doubt_can_be_handed_from_process_to_process():
    with pytest.raises(AmbiguousReading) as raised:
        read(rows_of("sentence", "text"))
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.readings, copy.settings) == (str(raised.value), raised.value.readings, raised.value.settings)


def test_text_that_stands_inside_the_other_is_no_doubt():
    rows = [{"prompt": f"Please answer at once: {ONE.format(i=i)}", "question": ONE.format(i=i)} for i in range(30)]
    found = read(rows)
    assert found.roles.text == "question"
    assert found.reading.roles[0].reason == "a known name of what is asked, and it stands inside prompt"


def test_longest_field_does_not_win():
    rows = [{"task": f"Do thing {i} now", "essay": OTHER.format(i=i) * 9} for i in range(30)]
    assert read(rows).roles.text == "task"


def test_a_prompt_that_never_changes_gives_way():
    rows = [{"prompt": "Answer this question:", "question": ONE.format(i=i)} for i in range(30)]
    assert read(rows).roles.text == "question"


# Names in any case and style


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("user_input", ("user", "input")),
        ("userInputs", ("user", "input")),
        ("User-Input", ("user", "input")),
        ("USER INPUT", ("user", "input")),
        ("BehaviorID", ("behavior", "id")),
        ("ans0", ("ans", "0")),
        ("answerKey", ("answer", "key")),
        ("HTTPQueries", ("http", "query")),
        ("class", ("class",)),
        ("mc1_targets", ("mc", "1", "target")),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]):
    assert name_words(name) == words


PROMPT_NAMES = ("question prompt instruction goal behavior problem user_input query input text statement sentence claim").split()
KEY_NAMES = ("target ideal answer reference ground_truth expected output response completion gold solution rejected label").split()
KEY_NAMES += ["correct_answer", "expected_output", "model_output", "chosen", "answer_key", "generated_text", "prediction"]
OTHER_NAMES = ("id category subject source metadata url explanation notes").split()


def styled(name: str, style: str) -> str:
    words = name.split("_")
    return {
        "snake": "_".join(words),
        "camel": words[0] + "".join(word.title() for word in words[1:]),
        "pascal": "".join(word.title() for word in words),
        "upper": "_".join(words).upper(),
        "kebab": "-".join(words),
        "spaces": " ".join(word.title() for word in words),
        "plural": "_".join(words) + "s",
        "joined": "".join(words),
    }[style]


STYLES = ("snake", "camel", "pascal", "upper", "kebab", "spaces", "plural", "joined")


@settings(max_examples=300, deadline=None)
@given(
    asked=st.sampled_from(PROMPT_NAMES),
    keys=st.lists(st.sampled_from(KEY_NAMES), min_size=1, max_size=3, unique=True),
    others=st.lists(st.sampled_from(OTHER_NAMES), max_size=3, unique=True),
    style=st.sampled_from(STYLES),
    long_keys=st.booleans(),
    few_words=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_a_key_is_never_the_text_while_something_is_asked(asked, keys, others, style, long_keys, few_words, order):
    asked_text = "apples {i}" if few_words else "Which of the {i} apples is ripe?"
    key_text = "It is said of number {i} that it is ripe, and that nobody ate it yet. " * 3 if long_keys else "number {i}"
    texts = {styled(asked, style): asked_text}
    texts |= {styled(name, style): key_text + name for name in keys}
    texts |= {styled(name, style): "a remark of some length on {i}" for name in others}
    names = list(texts)
    order.shuffle(names)
    found = read([{name: texts[name].format(i=i) for name in names} for i in range(12)])
    assert found.text_fields == (styled(asked, style),)


def test_table_of_evidence_can_be_looked_at():
    fields = table_of(
        [{"answer": f"It was number {i} of them", "problem": ONE.format(i=i), "memo": OTHER.format(i=i)} for i in range(9)]
    )
    table = text_evidence(facts_of(fields))
    assert [one.facts.name for one in table] == ["problem", "memo", "answer"]
    assert [one.score for one in table] == sorted((one.score for one in table), reverse=True)
    assert table[0].reason == "a known name of what is asked"
    assert table[-1].reason == "free text, named like an answer"

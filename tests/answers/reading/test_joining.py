"""Which example an answer belongs to."""

import hashlib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.reading.joining import Questions, join, name_of, same_tail
from evalmap.tests.answers.join_cases import asked, nothing_lost, pairs, staged
from evalmap.tests.fakes import sentences

WORDS = ["walk by the sea", "bake a cake", "read the news", "mend the roof", "call a friend"]
ROWS = [
    {
        "question": f'Would you say this?\n"I like to {words}"',
        "statement": f"I like to {words}",
        "answer_matching_behavior": [" Yes", " No"][i % 2],
        "answer_not_matching_behavior": [" No", " Yes"][i % 2],
    }
    for i, words in enumerate(WORDS)
]


@pytest.fixture
def persona(tmp_path: Path) -> Questions:
    return asked(tmp_path / "persona" / "habits.jsonl", ROWS)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# By the line


def test_file_and_line_are_enough_where_the_source_tells_no_question(persona: Questions):
    answers = [RawAnswer(dataset="persona/habits", row=row) for row in (4, 0)]
    assert pairs(answers, persona) == ([(0, 4, "row"), (1, 0, "row")], {})


def test_question_in_the_line_must_agree(persona: Questions):
    answers = [RawAnswer(dataset="habits", row=1, question=ROWS[1]["statement"]), RawAnswer(row=1, question=ROWS[3]["statement"])]
    assert pairs(answers, persona) == ([(0, 1, "row"), (1, 3, "text")], {})


def test_line_that_holds_another_question_is_told(persona: Questions):
    found, why = pairs([RawAnswer(dataset="habits", row=1, question="I like to sing")], persona)
    assert found == []
    sentence = "the dataset has another question in this line, and this question nowhere (another version of the dataset?)"
    assert why == {0: sentence}


def test_source_row_is_compared_by_its_text(persona: Questions):
    other = {**ROWS[2], "statement": "I like to sing", "question": "Do you sing?"}
    found, why = pairs([RawAnswer(row=2, example=ROWS[2]), RawAnswer(row=2, example=other)], persona, dataset="habits")
    assert found == [(0, 2, "row")]
    assert list(why) == [1]


def test_words_that_stand_beside_every_text_join_nothing(tmp_path: Path):
    rows = [{"prompt": "Answer yes or no.", "text": text, "label": "yes"} for text in sentences(6)]
    questions = asked(tmp_path / "told.jsonl", rows, text="text", label="label")
    other = {"prompt": "Answer yes or no.", "text": "something else entirely"}
    answers = [
        RawAnswer(row=3, example=rows[3]),
        RawAnswer(row=3, example=other),
        RawAnswer(row=3, question="Answer yes or no."),
        RawAnswer(row=3, question=f"Answer yes or no. {rows[5]['text']}", prompt_only=True),
    ]
    found, why = pairs(answers, questions)
    assert found == [(0, 3, "row"), (3, 5, "text")]
    assert sorted(why) == [1, 2]


def test_line_beyond_the_file_is_told(persona: Questions):
    found, why = pairs([RawAnswer(dataset="habits", row=99)], persona)
    assert (found, why) == ([], {0: "no file of the dataset is called so, or has this line"})


@pytest.mark.parametrize(("trusted", "expected"), [(True, [(0, 2, "row")]), (False, [])])
def test_line_alone_is_believed_only_where_the_user_named_the_dataset(persona: Questions, trusted: bool, expected: list[object]):
    found, _ = pairs([RawAnswer(row=2)], persona, trust_lines=trusted)
    assert found == expected


def test_line_of_another_file_is_not_believed_though_the_user_named_the_dataset(persona: Questions):
    found, why = pairs([RawAnswer(dataset="persona/other", row=2)], persona, trust_lines=True)
    assert (found, why) == ([], {0: "no file of the dataset is called so, or has this line"})


def test_line_alone_never_chooses_a_file_of_a_collection(tmp_path: Path):
    for name in ("a/habits", "b/habits"):
        asked(tmp_path / "all" / f"{name}.jsonl", ROWS)
    questions = asked(tmp_path / "all")
    found, why = pairs([RawAnswer(row=2), RawAnswer(dataset="habits", row=2)], questions, trust_lines=True)
    assert found == []
    assert sorted(why) == [0, 1]


# By the name of the file


def test_file_of_a_collection_is_found_by_the_tail_of_its_name(tmp_path: Path):
    for folder in ("human", "model"):
        asked(tmp_path / "all" / folder / "habits.jsonl", ROWS)
    questions = asked(tmp_path / "all")
    row_of = {(name, line): row for row, (name, line) in enumerate(zip(questions.datasets, questions.lines, strict=True))}
    answers = [
        RawAnswer(dataset="model/habits.jsonl", row=2),
        RawAnswer(dataset="/data/all/human/habits", row=2),
        RawAnswer(dataset="model_habits", question=ROWS[4]["question"]),
        RawAnswer(dataset="human", question=ROWS[4]["question"], row=4),
    ]
    found, why = pairs(answers, questions)
    assert found == [
        (0, row_of["model/habits", 2], "row"),
        (1, row_of["human/habits", 2], "row"),
        (2, row_of["model/habits", 4], "text"),
        (3, row_of["human/habits", 4], "text"),  # no file is called so; of the rows with the text, the first in that line
    ]
    assert why == {}


def test_file_called_exactly_so_goes_before_one_that_only_ends_so(tmp_path: Path):
    asked(tmp_path / "all" / "habits.jsonl", ROWS)
    asked(tmp_path / "all" / "other-habits.jsonl", ROWS[::-1])
    questions = asked(tmp_path / "all")
    ((_, row, how),), _ = pairs([RawAnswer(dataset="habits", row=0)], questions)
    assert (questions.datasets[row], questions.lines[row], how) == ("habits", 0, "row")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("persona/agreeableness.jsonl", "agreeableness", True),
        ("persona_agreeableness", "persona/agreeableness", True),
        ("Persona/Agreeableness.JSONL.gz", "agreeableness", True),
        ("survival-instinct", "lm-survival-instinct", True),
        ("instinctive", "survival-instinct", False),
        ("agreeableness", "persona", False),
        ("", "persona", False),
        (".jsonl", "", False),
    ],
)
def test_names_share_their_last_words(a: str, b: str, expected: bool):
    assert same_tail(a, b) is same_tail(b, a) is expected


# By the text


def test_text_is_compared_without_regard_to_white_space(persona: Questions):
    answers = [RawAnswer(question='  Would you say this? "I like to\tbake a cake" '), RawAnswer(question=ROWS[0]["statement"])]
    assert pairs(answers, persona) == ([(0, 1, "text"), (1, 0, "text")], {})


def test_hash_of_any_text_field_joins_as_the_text_stands(persona: Questions):
    answers = [
        RawAnswer(question_hash=hash_of(ROWS[3]["question"])),
        RawAnswer(question_hash=hash_of(ROWS[2]["statement"]).upper()),
        RawAnswer(question_hash=hash_of(ROWS[2]["statement"]) + "0123"),
        RawAnswer(row=1, question_hash=hash_of(ROWS[1]["question"])),
        RawAnswer(row=1, question_hash=hash_of("another")),
    ]
    found, why = pairs(answers, persona, dataset="habits")
    assert found[:2] == [(0, 3, "text"), (1, 2, "text")]
    assert (3, 1, "row") in found
    assert 4 in why


def test_own_ids_of_the_rows_join(tmp_path: Path):
    questions = asked(tmp_path / "ids.jsonl", [{"id": 10 + i, "text": text} for i, text in enumerate(sentences(5))])
    assert pairs([RawAnswer(id="13"), RawAnswer(id="10"), RawAnswer(id="99")], questions) == (
        [(0, 3, "text"), (1, 0, "text")],
        {2: "the dataset has no such question"},
    )


def test_answer_that_tells_nothing_belongs_nowhere(persona: Questions):
    found, why = pairs([RawAnswer(answer="Yes")], persona, trust_lines=True)
    assert (found, why) == ([], {0: "no file of the dataset is called so, or has this line"})


# Texts that repeat


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Questions:
    """26 rows of one text among others, at the even lines."""
    other = sentences(26)
    rows = [{"text": "the same again" if i % 2 == 0 else other[i // 2], "label": "Yes"} for i in range(52)]
    return asked(tmp_path_factory.mktemp("repeated") / "repeated.jsonl", rows)


SAME = list(range(0, 52, 2))


def test_named_lines_of_a_repeated_text_are_preferred(repeated: Questions):
    answers = [RawAnswer(question="the same again", row=row) for row in reversed(SAME)]
    assert pairs(answers, repeated) == ([(at, row, "row") for at, row in enumerate(reversed(SAME))], {})


def test_as_many_answers_as_rows_of_a_text_are_given_out_in_order(repeated: Questions):
    answers = [RawAnswer(question="the same again", answer=str(i)) for i in range(26)]
    assert pairs(answers, repeated) == ([(at, row, "text") for at, row in enumerate(SAME)], {})


def test_one_answer_to_a_repeated_text_is_given_to_every_row_and_counted_once(repeated: Questions):
    found, why = pairs([RawAnswer(question="the same again")], repeated)
    assert found == [(0, 0, "text"), *((0, row, "repeat") for row in SAME[1:])]
    assert why == {}


def test_fewer_answers_than_rows_of_a_text_are_told(repeated: Questions):
    found, why = pairs([RawAnswer(question="the same again") for _ in range(3)], repeated)
    assert [row for _, row, _ in found] == SAME
    assert {answer for answer, _, _ in found} == {0}
    sentence = "its question was answered before in the same source, and the dataset has it in another number of rows"
    assert why == {1: sentence, 2: sentence}


def test_epochs_of_a_repeated_text_are_told_apart_by_their_number(repeated: Questions):
    answers = [RawAnswer(question="the same again", sample=sample) for sample in (0, 1)]
    found, why = pairs(answers, repeated)
    assert [how for _, _, how in found].count("text") == 2
    assert {(answer, row) for answer, row, _ in found} == {(answer, row) for answer in (0, 1) for row in SAME}
    assert why == {}


# Labels


def test_other_label_in_the_named_line_is_told(persona: Questions):
    found, why = pairs([RawAnswer(row=0, question=ROWS[0]["question"], matching=" No")], persona)
    assert (found, why) == ([], {0: "the source calls No the matching answer, the dataset Yes"})


def test_other_label_of_the_text_is_told(persona: Questions):
    answers = [RawAnswer(question=ROWS[0]["question"], matching="No"), RawAnswer(question=ROWS[0]["question"], matching=" Yes")]
    assert pairs(answers, persona) == ([(1, 0, "text")], {0: "the source calls No the matching answer, the dataset Yes"})


def test_label_chooses_among_rows_of_one_text(tmp_path: Path):
    rows = [{"text": "the same", "label": label} for label in ("Yes", "No", "Yes")]
    rows += [{"text": text, "label": "Yes"} for text in sentences(9)]
    questions = asked(tmp_path / "twice.jsonl", rows)
    found, why = pairs([RawAnswer(question="the same", matching=label) for label in ("No", "Yes", "Yes")], questions)
    assert (found, why) == ([(0, 1, "text"), (1, 0, "text"), (2, 2, "text")], {})


@pytest.mark.parametrize(
    ("matching", "options"),
    [("A", {"A": "Yes", "B": "No"}), ("B", {"A": "No", "B": "Yes"}), ("yes", None), ("**Yes**", None)],
)
def test_label_that_the_source_writes_otherwise_is_the_same_label(
    persona: Questions, matching: str, options: dict[str, str] | None
):
    answer = RawAnswer(question=ROWS[0]["question"], matching=matching, options=options)
    assert pairs([answer], persona) == ([(0, 0, "text")], {})


def test_letter_of_another_choice_is_another_label(persona: Questions):
    answer = RawAnswer(question=ROWS[0]["question"], matching="B", options={"A": "Yes", "B": "No"})
    assert pairs([answer], persona) == ([], {0: "the source calls B the matching answer, the dataset Yes"})


# Whole prompts


@pytest.mark.parametrize("field", ["question", "statement"])
@pytest.mark.parametrize(
    "frame", ["{}", "Human: {}\n\nAssistant:", "Q: I like to read the news\nA: Yes\n\nQ: {}\nA:", "I like to {}"]
)
def test_question_is_found_inside_the_whole_prompt(persona: Questions, frame: str, field: str):
    answers = [RawAnswer(question=frame.format(ROWS[row][field]), prompt_only=True) for row in (3, 0, 1)]
    assert pairs(answers, persona) == ([(0, 3, "text"), (1, 0, "text"), (2, 1, "text")], {})


def test_question_after_other_examples_is_the_last_one(persona: Questions):
    shots = [f"{ROWS[i]['statement']}: Yes\n{ROWS[i + 1]['statement']}: No\n" for i in (0, 1, 2)]
    answers = [RawAnswer(question=f"{shot}{ROWS[4 - i]['statement']}:", prompt_only=True) for i, shot in enumerate(shots)]
    found, _ = pairs(answers, persona)
    assert [(answer, row) for answer, row, _ in found] == [(0, 4), (1, 3), (2, 2)]


@pytest.mark.parametrize(
    ("prompt", "stated"),
    [
        ("I like to read the news", True),
        ("Is this true of you?\nI like to read the news\nAnswer yes or no.", True),
        ('Would you say "I like to read the news"? Answer yes or no.', True),
        ("Statement: I like to read the news\nAnswer:", True),
        ("Of all the things that people do in the morning I like to read the news least of all, for it makes me sad. Why?", False),
        ("My sister told me that I like to read the news.", False),
        (
            "Write a long story about a town. Then another. I like to read the news. Let there be a horse in it, and a cart. " * 3,
            False,
        ),
    ],
)
def test_text_joins_where_the_prompt_states_it_and_not_where_it_merely_stands_in_it(persona: Questions, prompt: str, stated: bool):
    found, _ = pairs([RawAnswer(question=prompt, prompt_only=True)], persona)
    assert [row for _, row, _ in found] == ([2] if stated else [])


def test_words_that_all_questions_share_are_not_cut_off_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("evalmap.answers.reading.joining.MOST_SEARCHED", 0)  # as with a collection too large to look through
    rows = [{"text": f"Hello, I am from {place} and I like tea"} for place in ("Aberdeen", "Antwerp", "Ankara", "Bern")]
    questions = asked(tmp_path / "places.jsonl", rows)
    answers = [RawAnswer(question=f"Human: {rows[i]['text']}.\nAssistant:", prompt_only=True) for i in (2, 0, 1)]
    assert pairs(answers, questions) == ([(0, 2, "text"), (1, 0, "text"), (2, 1, "text")], {})


def test_named_line_is_checked_against_the_whole_prompt(persona: Questions):
    prompt = f"Human: {ROWS[1]['question']} Assistant:"
    assert pairs([RawAnswer(row=1, question=prompt, prompt_only=True)], persona)[0] == [(0, 1, "row")]
    assert pairs([RawAnswer(row=2, question=prompt, prompt_only=True)], persona)[0] == [(0, 1, "text")]


def test_prompt_without_any_question_of_the_dataset_is_told(persona: Questions):
    found, why = pairs([RawAnswer(question="Human: sing! Assistant:", prompt_only=True)], persona)
    assert (found, why) == ([], {0: "the dataset has no such question"})


# All together


@cache
def _mixed() -> tuple[Questions, list[dict[str, str]]]:
    rows = [
        {"text": text, "label": ["Yes", "No"][i % 2]}
        for i, text in enumerate(["once more", *sentences(8), "once more", "once more"])
    ]
    return asked(Path(mkdtemp()) / "mixed.jsonl", rows), rows


@st.composite
def _answer(draw: st.DrawFn) -> RawAnswer:
    _, rows = _mixed()
    row = draw(st.integers(0, len(rows)))
    text = rows[row]["text"] if row < len(rows) else "no such text"
    told = draw(st.sampled_from(["question", "hash", "example", "prompt", "nothing"]))
    return RawAnswer(
        dataset=draw(st.sampled_from([None, "mixed", "elsewhere"])),
        row=draw(st.sampled_from([None, row, row + 1])),
        question={"question": text, "prompt": f"Q: {text} A:"}.get(told),
        prompt_only=told == "prompt",
        question_hash=hash_of(text) if told == "hash" else None,
        example={"text": text} if told == "example" else None,
        matching=draw(st.sampled_from([None, "Yes", "No"])),
        sample=draw(st.integers(0, 1)),
    )


@settings(deadline=None, max_examples=150)
@given(st.lists(_answer(), max_size=12), st.booleans())
def test_no_answer_is_lost_and_no_join_contradicts_the_source(answers: list[RawAnswer], trust_lines: bool):
    questions, rows = _mixed()
    joins, unjoined = join(staged(answers), questions, trust_lines=trust_lines)
    nothing_lost(len(answers), joins, unjoined)
    for one in joins:
        raw, row = answers[one.answer], rows[one.row]
        told = raw.question or (raw.example or {}).get("text")
        assert told is None or row["text"] in told
        assert raw.matching in (None, row["label"])
        if one.how == "row":
            assert raw.row == one.row
        if told is None and raw.question_hash is None:
            assert one.how == "row"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_order_of_the_answers_changes_nothing(data: st.DataObject):
    questions, rows = _mixed()
    once = [row for row in range(len(rows)) if rows[row]["text"] != "once more"]
    answers = [RawAnswer(question=rows[row]["text"]) for row in once]
    answers += [RawAnswer(row=row, question="once more") for row in range(len(rows)) if row not in once]
    answers += [RawAnswer(question="no such text"), RawAnswer(row=1, question=rows[1]["text"], matching="Yes", sample=1)]
    shuffled = data.draw(st.permutations(answers))

    def by_content(given: list[RawAnswer]) -> tuple[set[object], set[object]]:
        joins, unjoined = join(staged(given), questions)
        nothing_lost(len(given), joins, unjoined)
        return {(id(given[j.answer]), j.row, j.how) for j in joins}, {(id(given[u.answer]), u.why) for u in unjoined}

    assert by_content(shuffled) == by_content(answers)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (RawAnswer(dataset="habits", row=0), "habits, line 1"),
        (RawAnswer(row=41), "line 42"),
        (RawAnswer(id="q7", question="long"), "q7"),
        (RawAnswer(question="x" * 100), "x" * 79 + "…"),
        (RawAnswer(example={"question": "what now?"}), "what now?"),
        (RawAnswer(question_hash="abc"), "abc"),
        (RawAnswer(), "an answer that names no question"),
    ],
)
def test_answer_is_named_as_a_person_would(raw: RawAnswer, expected: str):
    assert name_of(raw) == expected

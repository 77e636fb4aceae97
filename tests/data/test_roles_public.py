"""The shapes of public evaluation files, in words of our own, open right at the first try.

A shape is the fields of its rows: a text is filled in with the row's number, a list of two or more in a tuple goes round.
"""

import json
from typing import Any

import numpy as np
import pytest

from evalmap.data.assembling import assemble
from evalmap.data.readers.table import table_of
from evalmap.data.records import Dataset, FileRows

SENTENCE = "What is said of thing {i} by those who know it?"
SHORT = "thing {i}"
ROUND_OPTIONS = ["red {i}", "green {i}", "blue {i}", "grey {i}"]
LONG = "Long ago thing {i} was found by a farmer. He kept it in a barn, and told nobody of it for a year. " * 3


def messages(*turns: str) -> list[dict[str, str]]:
    return [{"role": "user" if at % 2 == 0 else "assistant", "content": turn} for at, turn in enumerate(turns)]


# name → (fields, text, {role: field})
SHAPES: dict[str, tuple[dict[str, Any], str, dict[str, str | None]]] = {
    "advbench": ({"goal": SENTENCE, "target": "Sure, here is what is said of thing {i}"}, "goal", {"choices": None}),
    "jailbreakbench": (
        {
            "Index": 1,
            "Goal": SENTENCE,
            "Target": "Sure, here is {i}",
            "Behavior": "Thing {i}",
            "Category": ("a", "b"),
            "Source": "Ours",
        },
        "Goal",
        {"group": "Category"},
    ),
    "harmbench": (
        {
            "Behavior": SENTENCE,
            "SemanticCategory": ("rude", "odd"),
            "Tags": None,
            "ContextString": (None, LONG),
            "BehaviorID": "b{i}",
        },
        "Behavior",
        {"group": "SemanticCategory", "id": "BehaviorID", "label": None},
    ),
    "strongreject": ({"category": ("a", "b"), "source": ("x", "y"), "forbidden_prompt": SENTENCE}, "forbidden_prompt", {}),
    "xstest": (
        {"id": "{i}", "prompt": SENTENCE, "type": ("a", "b"), "label": ("safe", "unsafe"), "focus": "word", "note": ""},
        "prompt",
        {"label": "label", "id": "id"},
    ),
    "wildguard": (
        {"prompt": SENTENCE, "adversarial": (True, False), "response": LONG, "prompt_harm_label": ("harmful", "unharmful")},
        "prompt",
        {},
    ),
    "beavertails": (
        {"prompt": SENTENCE, "response": LONG, "category": {"a": True, "b": False}, "is_safe": (True, False)},
        "prompt",
        {"label": "is_safe"},
    ),
    "toxicchat": (
        {"conv_id": "c{i}", "user_input": SENTENCE, "model_output": LONG, "toxicity": (0, 1), "jailbreaking": (0, 0, 1)},
        "user_input",
        {"label": "toxicity"},
    ),
    "do-not-answer": ({"id": 1, "risk_area": ("a", "b"), "types_of_harm": ("c", "d"), "question": SENTENCE}, "question", {}),
    "salad": ({"qid": "{i}", "question": SENTENCE, "source": ("x", "y"), "1-category": ("a", "b")}, "question", {"id": "qid"}),
    "simpleqa": (
        {"metadata": "{{'topic': 'Things', 'urls': ['https://example.org/{i}']}}", "problem": SENTENCE, "answer": SHORT},
        "problem",
        {"choices": None},
    ),
    "gpqa": (
        {
            "Pre-Revision Question": "Before: " + SENTENCE,
            "Pre-Revision Correct Answer": SHORT,
            "Question": SENTENCE,
            "Correct Answer": SHORT,
            "Incorrect Answer 1": "no {i}",
            "Incorrect Answer 2": "not {i}",
            "Explanation": LONG,
            "Subdomain": ("a", "b"),
            "Record ID": "r{i}",
            "Extra Revised Question": (None, SENTENCE),
        },
        "Question",
        {"id": "Record ID"},
    ),
    "truthfulqa-generation": (
        {
            "type": ("Adversarial", "Not"),
            "category": ("a", "b"),
            "question": SENTENCE,
            "best_answer": "It is thing {i} itself",
            "correct_answers": ["It is {i}"],
            "incorrect_answers": ["It is not {i}"],
            "source": "https://example.org",
        },
        "question",
        {"choices": None},
    ),
    "truthfulqa-csv": (
        {
            "Type": ("Adversarial", "Not"),
            "Category": ("a", "b"),
            "Question": SENTENCE,
            "Best Answer": "It is thing {i} itself",
            "Correct Answers": "It is {i}; so it is",
            "Incorrect Answers": "It is not {i}",
            "Source": "https://example.org",
        },
        "Question",
        {},
    ),
    "truthfulqa-mc": (
        {"question": SENTENCE, "mc1_targets": {"choices": ["yes {i}", "no {i}"], "labels": [1, 0]}},
        "question",
        {"choices": "mc1_targets", "label": "mc1_targets"},
    ),
    "mmlu": (
        {"question": SENTENCE, "subject": ("a", "b"), "choices": ROUND_OPTIONS, "answer": (0, 1, 2, 3)},
        "question",
        {"choices": "choices", "label": "answer", "group": "subject"},
    ),
    "mmlu-pro": (
        {
            "question_id": 1,
            "question": SENTENCE,
            "options": ROUND_OPTIONS,
            "answer": ("A", "B"),
            "answer_index": (0, 1),
            "cot_content": "",
            "category": ("a", "b"),
            "src": "ours",
        },
        "question",
        {"choices": "options", "label": "answer", "group": "category"},
    ),
    "mmmlu": (
        {
            "Unnamed: 0": 1,
            "Question": SENTENCE,
            "A": "red {i}",
            "B": "blue {i}",
            "C": "grey {i}",
            "D": "pink {i}",
            "Answer": ("A", "D"),
            "Subject": ("a", "b"),
        },
        "Question",
        {"choices": "A,B,C,D", "label": "Answer", "group": "Subject"},
    ),
    "arc": (
        {
            "id": "q{i}",
            "question": SENTENCE,
            "choices": {"text": ROUND_OPTIONS, "label": ["A", "B", "C", "D"]},
            "answerKey": ("A", "C"),
        },
        "question",
        {"choices": "choices", "label": "answerKey", "id": "id"},
    ),
    "openbookqa": (
        {
            "id": "q{i}",
            "question_stem": SENTENCE,
            "choices": {"text": ROUND_OPTIONS, "label": ["A", "B", "C", "D"]},
            "answerKey": ("A", "C"),
        },
        "question_stem",
        {"choices": "choices", "label": "answerKey"},
    ),
    "commonsenseqa": (
        {
            "id": "q{i}",
            "question": SENTENCE,
            "question_concept": SHORT,
            "choices": {"label": ["A", "B"], "text": ["x {i}", "y {i}"]},
            "answerKey": ("A", "B"),
        },
        "question",
        {"choices": "choices", "label": "answerKey"},
    ),
    "hellaswag": (
        {
            "ind": 1,
            "activity_label": ("a", "b"),
            "ctx_a": "A man sits on chair {i}.",
            "ctx_b": "he",
            "ctx": "A man sits on chair {i}. he",
            "endings": ROUND_OPTIONS,
            "source_id": "s{i}",
            "label": ("0", "3"),
        },
        "ctx",
        {"choices": "endings", "label": "label"},
    ),
    "piqa": (
        {"goal": SENTENCE, "sol1": "do this {i}", "sol2": "do that {i}", "label": (0, 1)},
        "goal",
        {"choices": "sol1,sol2", "label": "label"},
    ),
    "siqa": (
        {
            "context": "Alex met thing {i} in town.",
            "question": "What will Alex do with {i}?",
            "answerA": "go {i}",
            "answerB": "stay {i}",
            "answerC": "eat {i}",
            "label": ("1", "2", "3"),
        },
        "context,question",
        {"choices": "answerA,answerB,answerC", "label": "label"},
    ),
    "winogrande": (
        {"sentence": "Ann saw _ by house {i} there.", "option1": "Ann {i}", "option2": "Bea {i}", "answer": ("1", "2")},
        "sentence",
        {"choices": "option1,option2", "label": "answer"},
    ),
    "boolq": ({"question": SENTENCE, "passage": LONG, "answer": (True, False)}, "passage,question", {"label": "answer"}),
    "race": (
        {"example_id": "e{i}", "article": LONG, "question": SENTENCE, "options": ROUND_OPTIONS, "answer": ("A", "B")},
        "article,question",
        {"choices": "options", "label": "answer"},
    ),
    "quality": (
        {"article": LONG, "question": SENTENCE, "options": ROUND_OPTIONS, "gold_label": (1, 4)},
        "article,question",
        {"choices": "options", "label": "gold_label"},
    ),
    "medqa": (
        {
            "question": SENTENCE,
            "answer": ("red {i}", "blue {i}"),
            "options": {"A": "red {i}", "B": "blue {i}"},
            "answer_idx": ("A", "B"),
        },
        "question",
        {"choices": "options", "label": "answer"},
    ),
    "medmcqa": (
        {
            "id": "m{i}",
            "question": SENTENCE,
            "opa": "a {i}",
            "opb": "b {i}",
            "opc": "c {i}",
            "opd": "d {i}",
            "cop": (0, 3),
            "exp": LONG,
        },
        "question",
        {"choices": "opa,opb,opc,opd", "label": "cop"},
    ),
    "aqua": (
        {"question": SENTENCE, "options": ["A)2{i}", "B)3{i}", "C)4{i}"], "rationale": LONG, "correct": ("A", "C")},
        "question",
        {"choices": "options", "label": "correct"},
    ),
    "mmmu": (
        {"id": "v{i}", "question": SENTENCE, "options": "['red {i}', 'blue {i}']", "answer": ("A", "B"), "image_1": None},
        "question",
        {"choices": "options", "label": "answer"},
    ),
    "pubmedqa": (
        {"pubid": 1, "question": SENTENCE, "context": {"contexts": [LONG]}, "long_answer": LONG, "final_decision": ("yes", "no")},
        "question",
        {"label": "final_decision"},
    ),
    "bigbench": ({"input": SENTENCE, "target_scores": {"yes": 1, "no": 0}}, "input", {"choices": "target_scores"}),
    "bbh": ({"input": SENTENCE, "target": ("yes", "no")}, "input", {"label": "target"}),
    "gsm8k": ({"question": SENTENCE, "answer": "1 + {i}\n#### {i}"}, "question", {"choices": None}),
    "math": (
        {"problem": SENTENCE, "level": ("Level 1", "Level 5"), "type": ("Algebra", "Number"), "solution": LONG},
        "problem",
        {},
    ),
    "math-500": (
        {"problem": SENTENCE, "solution": LONG, "answer": "{i}", "subject": ("a", "b"), "level": (1, 2), "unique_id": "u{i}"},
        "problem",
        {"group": "subject", "id": "unique_id"},
    ),
    "humaneval": (
        {
            "task_id": "T/{i}",
            "prompt": "def f{i}(x):\n    # add one to x and give it",
            "canonical_solution": "return x + 1 # {i}",
            "test": "assert f{i}(1) == 2",
            "entry_point": "f{i}",
        },
        "prompt",
        {"id": "task_id"},
    ),
    "mbpp": (
        {"task_id": 1, "text": "Write a function for thing {i}.", "code": "def f{i}(x): return x + 1", "test_list": ["assert {i}"]},
        "text",
        {"id": "task_id"},
    ),
    "swe-bench": (
        {"repo": "a/b", "instance_id": "i{i}", "patch": "diff --git a b {i} c d", "problem_statement": LONG, "hints_text": LONG},
        "problem_statement",
        {"id": "instance_id"},
    ),
    "ifeval": ({"key": 1, "prompt": SENTENCE, "instruction_id_list": ["a:b"], "kwargs": [{}]}, "prompt", {}),
    "mt-bench": (
        {"question_id": 1, "category": ("a", "b"), "turns": [SENTENCE, "Now say {i} again."], "reference": ["{i}"]},
        "turns",
        {},
    ),
    "arena-hard": ({"question_id": "{i}", "category": "x", "cluster": "c", "turns": [{"content": SENTENCE}]}, "turns", {}),
    "alpacaeval": ({"instruction": SENTENCE, "output": LONG, "generator": "ours", "dataset": ("x", "y")}, "instruction", {}),
    "alpaca": ({"instruction": "Do {i}, please, as told.", "input": ("", "It is {i}."), "output": LONG}, "instruction,input", {}),
    "dolly": (
        {"instruction": SENTENCE, "context": ("", "", LONG), "response": LONG, "category": ("a", "b")},
        "instruction,context",
        {},
    ),
    "lmsys": (
        {"conversation_id": "c{i}", "model": "m", "conversation": messages(SENTENCE, LONG), "turn": 1, "language": "English"},
        "conversation",
        {"id": "conversation_id"},
    ),
    "ultrafeedback": (
        {
            "prompt": SENTENCE,
            "prompt_id": "p{i}",
            "chosen": messages(SENTENCE, "Yes {i}"),
            "rejected": messages(SENTENCE, "No {i}"),
            "messages": messages(SENTENCE, "Yes {i}"),
            "score_chosen": 8.5,
        },
        "prompt",
        {"label": None, "id": "prompt_id"},
    ),
    "hh-rlhf": (
        {"chosen": "\n\nHuman: " + SENTENCE + "\n\nAssistant: Yes.", "rejected": "\n\nHuman: " + SENTENCE + "\n\nAssistant: No."},
        "chosen,rejected",
        {"label": None},
    ),
    "arena-pairs": (
        {
            "question_id": "{i}",
            "model_a": "m",
            "model_b": "n",
            "winner": ("model_a", "tie"),
            "conversation_a": messages(SENTENCE, "Yes {i}"),
            "conversation_b": messages(SENTENCE, "No {i}"),
        },
        "conversation_a,conversation_b",
        {},
    ),
    "are-you-sure": (
        {"prompt": [{"type": "human", "content": SENTENCE}, {"type": "ai", "content": "Yes."}], "base": {"answer": "{i}"}},
        "prompt",
        {},
    ),
    "bfcl": ({"id": "b{i}", "question": [messages(SENTENCE)], "function": [{"name": "f"}]}, "question", {"id": "id"}),
    "shp": (
        {
            "post_id": "p{i}",
            "domain": ("a", "b"),
            "history": LONG,
            "human_ref_A": "One {i} or so.",
            "human_ref_B": "Two {i} or so.",
            "labels": (0, 1),
        },
        "history",
        {"label": "labels", "group": "domain"},
    ),
    "mnli": (
        {"premise": LONG, "hypothesis": SENTENCE, "label": (0, 1, 2), "idx": 1},
        "premise,hypothesis",
        {"label": "label", "id": "idx"},
    ),
    "anli": (
        {"uid": "u{i}", "premise": LONG, "hypothesis": SENTENCE, "label": (0, 1, 2), "reason": LONG},
        "premise,hypothesis",
        {"id": "uid"},
    ),
    "fever": (
        {"id": 1, "label": ("SUPPORTS", "REFUTES"), "claim": "Thing {i} is red.", "evidence": [["x"]]},
        "claim",
        {"label": "label"},
    ),
    "qqp": (
        {"question1": SENTENCE, "question2": "Who speaks of thing {i} here?", "label": (0, 1), "idx": 1},
        "question1,question2",
        {},
    ),
    "sick": (
        {"pair_ID": 1, "sentence_A": SENTENCE, "sentence_B": "Who speaks of thing {i} here?", "entailment_label": ("a", "b")},
        "sentence_A,sentence_B",
        {"id": "pair_ID"},
    ),
    "squad": (
        {
            "id": "s{i}",
            "title": ("A", "B"),
            "context": LONG,
            "question": SENTENCE,
            "answers": {"text": ["{i}"], "answer_start": [1]},
        },
        "context,question",
        {"choices": None, "id": "id"},
    ),
    "drop": (
        {"section_id": "s{i}", "query_id": "q{i}", "passage": LONG, "question": SENTENCE, "answers_spans": {"spans": ["{i}"]}},
        "passage,question",
        {"choices": None},
    ),
    "record": (
        {"passage": LONG, "query": "The @placeholder of {i} was seen.", "entities": ["x", "y"], "answers": ["{i}"]},
        "passage,query",
        {"choices": None},
    ),
    "copa": (
        {
            "premise": "The lamp {i} broke at night.",
            "choice1": "It fell {i}.",
            "choice2": "It rose {i}.",
            "question": ("cause", "effect"),
            "label": (0, 1),
        },
        "premise,question",
        {"choices": "choice1,choice2", "label": "label"},
    ),
    "natural-questions": ({"question": SENTENCE, "answer": ["thing {i}", "it {i}"]}, "question", {"choices": None}),
    "sst2": ({"idx": 1, "sentence": "a charming film of number {i}", "label": (0, 1)}, "sentence", {"label": "label", "id": "idx"}),
    "jigsaw": ({"id": "j{i}", "comment_text": LONG, "toxic": (0, 1), "obscene": (0, 0)}, "comment_text", {"id": "id"}),
    "realtoxicityprompts": (
        {
            "filename": "f{i}.txt",
            "begin": 1,
            "end": 2,
            "prompt": {"text": SENTENCE, "toxicity": 0.1},
            "continuation": {"text": "and so on {i}", "toxicity": 0.2},
        },
        "prompt",
        {},
    ),
    "bbq": (
        {
            "example_id": 1,
            "question_index": "1",
            "context_condition": ("ambig", "disambig"),
            "category": "Age",
            "answer_info": {"ans0": ["x"]},
            "context": "Two men met at place {i} today.",
            "question": ("Who was lost?", "Who was not lost?"),
            "ans0": "One {i}",
            "ans1": "Two {i}",
            "ans2": "Cannot tell",
            "label": (0, 1, 2),
        },
        "context,question",
        {"choices": "ans0,ans1,ans2", "label": "label", "id": "example_id"},
    ),
    "ethics": (
        {"label": (0, 1), "scenario": "I gave thing {i} to a friend.", "excuse": ("because it rained {i}",)},
        "scenario",
        {"label": "label"},
    ),
    "agentharm": (
        {"id": "{i}-1", "detailed_prompt": (True, False), "prompt": SENTENCE, "name": "n {i}", "category": ("a", "b")},
        "prompt",
        {},
    ),
    "gaia": (
        {
            "task_id": "t{i}",
            "Question": SENTENCE,
            "Level": (1, 2),
            "Final answer": SHORT,
            "file_name": "",
            "Annotator Metadata": {"a": "b"},
        },
        "Question",
        {"id": "task_id", "choices": None},
    ),
    "hle": (
        {
            "id": "h{i}",
            "question": SENTENCE,
            "image": "",
            "answer": SHORT,
            "answer_type": ("exactMatch", "multipleChoice"),
            "rationale": LONG,
        },
        "question",
        {"id": "id"},
    ),
    "inspect": (
        {"input": messages(SENTENCE), "target": ("yes", "no"), "id": "{i}", "metadata": {"a": 1}},
        "input",
        {"label": "target"},
    ),
    "openai-evals": (
        {"input": [{"role": "system", "content": "Say Y or N."}, *messages(SENTENCE)], "ideal": ("Y", "N")},
        "input",
        {"label": "ideal"},
    ),
    "ragas": (
        {"user_input": SENTENCE, "retrieved_contexts": [LONG], "response": LONG, "reference": "It is thing {i}, they say."},
        "user_input",
        {"choices": None},
    ),
    "deepeval": ({"input": SENTENCE, "actual_output": LONG, "expected_output": "It is thing {i}.", "context": [LONG]}, "input", {}),
    "xsum": ({"document": LONG, "summary": "A farmer found thing {i}.", "id": "x{i}"}, "document", {"id": "id"}),
    "samsum": (
        {"id": "d{i}", "dialogue": "Ann: Where is {i}?\nBea: Over there.", "summary": "Ann asks Bea of {i}."},
        "dialogue",
        {},
    ),
    "prompt-injections": ({"text": SENTENCE, "label": (0, 1)}, "text", {"label": "label"}),
    "simple-safety-tests": (
        {"id": "s{i}", "harm_area": ("a", "b"), "counter": 1, "category": ("x", "y"), "prompt": SENTENCE},
        "prompt",
        {},
    ),
}


def filled(value: Any, row: int) -> Any:
    if isinstance(value, tuple):
        return filled(value[row % len(value)], row)
    if isinstance(value, str):
        return value.format(i=row)
    if isinstance(value, list):
        return [filled(one, row) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, row) for key, one in value.items()}
    return value + row if type(value) is int else value


def rows_of(fields: dict[str, Any], n: int = 40) -> list[dict[str, Any]]:
    """Integers alone count up, as ids do; in a tuple they go round."""
    return [
        {name: value[row % len(value)] if _round(value) else filled(value, row) for name, value in fields.items()}
        for row in range(n)
    ]


def _round(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, int) for one in value)


def dataset_of(rows: list[dict[str, Any]]) -> Dataset:
    raw = [json.dumps(row) for row in rows]
    file = FileRows("d", "d.jsonl", np.arange(1, len(rows) + 1), raw, table_of(rows))
    return assemble([file], name="d", source="d.jsonl")


@pytest.mark.parametrize("name", SHAPES)
def test_public_shape_opens_right_at_the_first_try(name: str):
    fields, text, roles = SHAPES[name]
    dataset = dataset_of(rows_of(fields))
    assert dataset.roles.text == text, dataset.reading.sentences()
    assert {role: getattr(dataset.roles, role) for role in roles} == roles, dataset.reading.sentences()
    assert len(dataset) == 40


@pytest.mark.parametrize("name", SHAPES)
def test_order_of_the_columns_changes_no_reading(name: str):
    fields, _, _ = SHAPES[name]
    there, back = (dataset_of(rows_of(dict(order))) for order in (fields.items(), reversed(fields.items())))
    assert there.roles == back.roles
    assert there.examples["label"].equals(back.examples["label"])

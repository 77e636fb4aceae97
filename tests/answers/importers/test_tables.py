"""Tables of answers: which columns are taken for what, which sets come out, and the sentence for each thing that is wrong."""

import gzip
import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evalmap.answers.answer_types import RawAnswer, StagedSet
from evalmap.answers.importers import tables
from evalmap.data.errors import DatasetError


def sets(folder: Path, text: str, name: str = "mine.csv") -> list[StagedSet]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return tables.read([path])


def one(folder: Path, text: str, name: str = "mine.csv") -> StagedSet:
    (staged,) = sets(folder, text, name)
    return staged


def first(folder: Path, text: str, name: str = "mine.csv") -> RawAnswer:
    return one(folder, text, name).answers[0]


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def says(sentence: str):
    return pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$")


# --- the real tables --------------------------------------------------------------------------------------------------------


@pytest.mark.answers
def test_real_tables_give_one_set_each(answers_root: Path):
    staged = tables.read([answers_root / "answers"])
    assert [(s.info.model, s.info.prompt_id, s.dataset, len(s.answers)) for s in staged] == [
        ("SmolLM2-135M-Instruct-Q4_1", prompt, dataset, 1000)
        for prompt in ("chat-yesno", "hhh")
        for dataset in ("persona/agreeableness", "persona/desire-for-acquiring-power", "persona/politically-liberal")
    ]
    assert len({s.info.variant for s in staged}) == 2
    assert len({s.info.id for s in staged}) == 6
    answer = staged[0].answers[1]
    assert (answer.dataset, answer.row, answer.question_hash) == ("persona/agreeableness", 1, "6b57929c87a9299c")
    assert (answer.answer, answer.matching, answer.correct, answer.top_token) == ("Yes", "No", False, "Yes")
    assert answer.p_matching == 0.43249426580492045
    assert (answer.logprob_matching, answer.logprob_not_matching) == (-1.3990050554275513, -1.1273232698440552)
    assert staged[0].notes == (
        "Columns read: dataset, row as row from 0, example_hash as hash of the question, answer, p_matching, logprob_matching, "
        "logprob_not_matching, matches as whether it matches, answer_matching as matching option, answer_mass, top_token, model, "
        "prompt. Not used: top_logprob, n_prompt_tokens, label_confidence.",
    )


@pytest.mark.answers
def test_only_tables_of_answers_are_recognised(answers_root: Path):
    recognised = {path for path in answers_root.rglob("*") if path.is_file() and tables.recognizes(path)}
    assert recognised == set((answers_root / "answers").iterdir())
    assert [folder.name for folder in sorted(answers_root.iterdir()) if folder.is_dir() and tables.recognizes(folder)] == [
        "answers"
    ]


@pytest.mark.evals
def test_questions_are_not_taken_for_answers(evals_root: Path):
    assert [path.name for path in sorted(evals_root.rglob("*.jsonl"))[:20] if tables.recognizes(path)] == []


# --- which question ---------------------------------------------------------------------------------------------------------


def test_every_format_gives_the_same_answers(tmp_path):
    rows = [
        {"dataset": "d", "row": 0, "p_matching": 0.25, "model": "m"},
        {"dataset": "d", "row": 1, "p_matching": 1.0, "model": "m"},
    ]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "a.jsonl").write_text(lines(*rows))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines(*rows).encode()))
    paths = [tmp_path / f"a.{ending}" for ending in ("csv", "tsv", "parquet", "json", "jsonl", "jsonl.gz")]
    assert all(map(tables.recognizes, paths))
    staged = tables.read(paths)
    assert len(staged) == 6
    assert all(s.answers == staged[0].answers for s in staged)
    assert [answer.p_matching for answer in staged[0].answers] == [0.25, 1.0]
    assert staged[4].info.id == staged[5].info.id


@pytest.mark.parametrize(
    ("header", "cells", "told"),
    [
        ("dataset,row", "d,7", {"dataset": "d", "row": 7}),
        ("Dataset,Line", "d,7", {"dataset": "d", "row": 6}),
        ("dataset,row,line", "d,7,9", {"dataset": "d", "row": 7}),
        ("id", "q-7", {"id": "q-7"}),
        ("id", "7", {"id": "7"}),
        ("question", "Is it so?", {"question": "Is it so?", "prompt_only": False}),
        ("Example Hash", "AB" * 32, {"question_hash": "ab" * 8}),
        ("id,sample", "q,2", {"sample": 2}),
        ("id,epoch", "q,1", {"sample": 0}),
        ("id,epoch", "q,0", {"sample": 0}),
    ],
)
def test_a_question_is_named_in_several_ways(tmp_path, header, cells, told):
    answer = first(tmp_path, f"{header},answer\n{cells},Yes\n")
    assert {name: getattr(answer, name) for name in told} == told


def test_a_column_of_whole_prompts_is_searched_for_the_question(tmp_path):
    text = lines(*({"prompt": f"Human: Number {i}?\n\nAssistant:", "completion": "Yes"} for i in range(3)))
    staged = one(tmp_path, text, "mine.jsonl")
    assert staged.answers[1].question == "Human: Number 1?\n\nAssistant:"
    assert all(answer.prompt_only for answer in staged.answers)
    assert staged.info.prompt_id == ""
    assert "The prompt column holds the whole prompt of each row: the question is looked for in it." in staged.notes
    assert tables.recognizes(tmp_path / "mine.jsonl")


def test_whole_prompts_beside_questions_do_not_make_a_set_each(tmp_path):
    text = lines(*({"question": f"Number {i}?", "prompt": f"Human: Number {i}?\n\nAssistant:", "answer": "Yes"} for i in range(3)))
    staged = one(tmp_path, text, "mine.jsonl")
    assert (staged.answers[1].question, staged.answers[1].prompt_only) == ("Number 1?", False)


# --- the answer -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cells", "told"),
    [
        ("answer", "Yes", {"answer": "Yes"}),
        ("answer", "2", {"answer": "2"}),
        ("p_matching", "0.25", {"p_matching": 0.25}),
        ("P-Matching", "1.0000001", {"p_matching": 1.0}),
        ("logprob_matching,logprob_not_matching", "-1,-inf", {"logprob_matching": -1.0, "logprob_not_matching": -math.inf}),
        ("p_yes,p_no", "0.25,0", {"option_logprobs": {"Yes": math.log(0.25), "No": -math.inf}}),
        ("p_no,p_yes", "0.5,0.25", {"option_logprobs": {"Yes": math.log(0.25), "No": math.log(0.5)}}),
        ("p_a,p_b,p_c", "0.5,0.25,", {"option_logprobs": {"(A)": math.log(0.5), "(B)": math.log(0.25)}}),
        ("logprob_yes,logprob_no", "-1,-2", {"option_logprobs": {"Yes": -1.0, "No": -2.0}}),
        ("correct", "1", {"correct": True}),
        ("is_correct", "FALSE", {"correct": False}),
        ("matches", "true", {"correct": True}),
        ("text", "I would not", {"text": "I would not"}),
        ("completion", "(A)", {"text": "(A)"}),
        ("answer,bounded,top_token,answer_mass", "Yes,true, Y,0.5", {"bounded": True, "top_token": " Y", "answer_mass": 0.5}),
        ("answer,answer_matching_behavior", "No, Yes", {"answer": "No", "matching": " Yes"}),
        ("answer,p_yes", "Yes,0.9", {"answer": "Yes", "option_logprobs": None}),
    ],
)
def test_an_answer_is_told_in_several_ways(tmp_path, header, cells, told):
    answer = first(tmp_path, f"id,{header}\nq,{cells}\n")
    assert {name: getattr(answer, name) for name in told} == told
    assert answer.error is None


def test_rows_without_an_answer_are_errors_and_counted(tmp_path):
    staged = one(tmp_path, "id,p_yes,p_no,error\na,0.5,0.5,\nb,,,\nc,0,0,\nd,0.5,,\ne,,,server  gone\nf,1,0,false\n")
    assert {answer.id: answer.error for answer in staged.answers} == {
        "a": None,
        "b": "the row holds no answer",
        "c": "the probability of every option is 0",
        "d": "fewer than two options have a probability",
        "e": "server gone",
        "f": None,
    }
    assert staged.notes[-1] == "4 of 6 answers cannot be used (the row holds no answer)."


def test_json_booleans_nulls_and_nan_texts_are_read(tmp_path):
    rows = [{"id": "a", "correct": True}, {"id": "b", "correct": None}, {"id": "c", "correct": 0, "p_matching": "nan"}]
    assert [(a.correct, a.p_matching) for a in one(tmp_path, lines(*rows), "mine.jsonl").answers] == [
        (True, None),
        (None, None),
        (False, None),
    ]


# --- sets -------------------------------------------------------------------------------------------------------------------


def test_each_model_and_prompt_is_a_set(tmp_path):
    text = "id,answer,model,prompt\na,Yes,m1,raw\na,No,m2,raw\na,No,m1,chat\nb,No,m1,raw\n"
    staged = sets(tmp_path, text)
    assert [(s.info.label, [(a.id, a.answer) for a in s.answers]) for s in staged] == [
        ("m1 · raw", [("a", "Yes"), ("b", "No")]),
        ("m2 · raw", [("a", "No")]),
        ("m1 · chat", [("a", "No")]),
    ]
    assert len({s.info.id for s in staged}) == 3


def test_other_circumstances_tell_sets_apart_too(tmp_path):
    staged = sets(tmp_path, "id,answer,model,temperature,revision\na,Yes,m,0,x\na,No,m,1,x\na,No,m,1,y\n")
    assert [(s.info.temperature, s.info.revision) for s in staged] == [(0.0, "x"), (1.0, "x"), (1.0, "y")]
    assert len({s.info.id for s in staged}) == 3


def test_steps_of_one_model_become_part_of_its_name(tmp_path):
    staged = sets(tmp_path, "id,answer,model,rlhf_steps\na,Yes,m,0\na,No,m,250\n")
    assert [(s.info.model, s.info.rlhf_steps) for s in staged] == [("m (rlhf_steps 0)", 0), ("m (rlhf_steps 250)", 250)]
    assert len({s.info.id for s in staged}) == 2


def test_facts_that_some_rows_leave_out_are_filled_in(tmp_path):
    (staged,) = sets(tmp_path, "id,answer,model,params,family,training\na,Yes,m,1.3B,Tiny,chat\nb,No,m,,,\n")
    assert (staged.info.params, staged.info.family, staged.info.training) == (1.3e9, "Tiny", "instruct")
    assert [answer.id for answer in staged.answers] == ["a", "b"]


def test_without_a_model_the_files_name_stands_for_it(tmp_path):
    staged = one(tmp_path, "dataset,row,answer\nd,0,Yes\n", "tiny-1b.csv")
    assert staged.info.model == "tiny-1b"
    assert staged.notes[1] == "No column names the model: the file's name, tiny-1b, stands for it."
    named, unnamed = sets(tmp_path, "id,answer,model\na,Yes,m\nb,No,\n", "t.csv")
    assert (unnamed.info.model, unnamed.notes[1]) == ("t", "1 row does not name the model: the file's name, t, stands for it.")
    assert len(named.notes) == 1


def test_dataset_is_told_where_there_is_one_and_else_the_files_name(tmp_path):
    assert one(tmp_path, "dataset,row,answer\nd,0,Yes\nd,1,Yes\n").dataset == "d"
    assert one(tmp_path, "dataset,row,answer\nd,0,Yes\ne,1,Yes\n").dataset is None
    assert one(tmp_path, "row,answer\n0,Yes\n", "persona.csv").dataset == "persona"


def test_a_row_that_is_there_twice_counts_once(tmp_path):
    staged = one(tmp_path, "dataset,row,answer\nd,0,Yes\nd,1,No\nd,0,Yes\n")
    assert [answer.row for answer in staged.answers] == [0, 1]
    assert "1 row repeats another with the same answer; each counts once." in staged.notes


def test_several_samples_of_a_row_are_kept(tmp_path):
    staged = one(tmp_path, "dataset,row,answer,epoch\nd,0,Yes,1\nd,0,No,2\n")
    assert [(answer.sample, answer.answer) for answer in staged.answers] == [(0, "Yes"), (1, "No")]


def test_a_question_that_is_repeated_by_its_text_is_kept_each_time(tmp_path):
    staged = one(tmp_path, "question,answer\nSo?,Yes\nSo?,No\n")
    assert [answer.answer for answer in staged.answers] == ["Yes", "No"]


# --- what is wrong ----------------------------------------------------------------------------------------------------------


NO_KEY = "mine.csv: no column tells which question a row answers"
KEYS = "Expected dataset and row (or line), id, or question."
NO_ANSWER = "mine.csv: no column holds an answer"
EVIDENCE = "Expected answer, p_matching, logprob_matching and logprob_not_matching, p_yes and p_no, correct, or text."
TWICE = "from the same model and prompt. Number several answers in a column called sample, or keep one."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,answer\n1,Yes\n", f"{NO_KEY} (found: a, answer). {KEYS}"),
        ("prompt,answer\nraw,Yes\n", f"{NO_KEY} (found: prompt, answer). {KEYS}"),
        ("id,label,p_yes\n1,Yes,1\n", f"{NO_ANSWER} (found: id, label, p_yes). {EVIDENCE}"),
        ("id,logprob_matching\n1,-1\n", f"{NO_ANSWER} (found: id, logprob_matching). {EVIDENCE}"),
        (
            "id,p_matching\na,0.5\nb,1.5\n",
            "mine.csv record 2: p_matching is 1.5, expected a probability from 0 to 1. Divide percentages by 100.",
        ),
        ("id,p_matching\na,-0.1\n", "mine.csv record 1: p_matching is -0.1, expected a probability from 0 to 1."),
        ("id,p_matching\na,0.5\nb,inf\n", "mine.csv record 2: p_matching is inf, expected a probability from 0 to 1."),
        ("id,p_yes,p_no\na,0.5,120\n", "mine.csv record 1: p_no is 120, expected a probability from 0 to 1."),
        ("id,p_yes,p_no\na,0.9,0.8\n", "mine.csv record 1: p_yes and p_no add up to 1.7, expected at most 1."),
        ("id,p_matching\na,high\n", "mine.csv record 1: p_matching is 'high', expected a number."),
        (
            "id,logprob_matching,logprob_not_matching\na,0.5,-1\n",
            "mine.csv record 1: logprob_matching is 0.5, expected the logarithm of a probability, which is at most 0.",
        ),
        ("dataset,row,answer\nd,-1,Yes\n", "mine.csv record 1: row is -1, expected a whole number from 0."),
        ("dataset,row,answer\nd,1.5,Yes\n", "mine.csv record 1: row is 1.5, expected a whole number from 0."),
        ("dataset,line,answer\nd,0,Yes\n", "mine.csv record 1: line is 0, expected a whole number from 1."),
        ("id,correct\na,maybe\n", "mine.csv record 1: correct is 'maybe', expected true or false (or 1 or 0)."),
        ("id,correct\na,0.5\n", "mine.csv record 1: correct is 0.5, expected true or false (or 1 or 0)."),
        (
            "question_hash,answer\nabc,Yes\n",
            "mine.csv record 1: question_hash is 'abc', expected at least 16 hex digits of the SHA-256 of the question.",
        ),
        ("id,answer,params\na,Yes,big\n", "mine.csv record 1: params is 'big', expected a number."),
        ("id,answer,params\na,Yes,0\n", "mine.csv record 1: params is 0, expected a number of parameters such as 135e6 or 135M."),
        (
            "dataset,row,answer\nd,4,Yes\nd,4,No\n",
            f"mine.csv record 2: another answer to row 4 of d than in record 1, {TWICE}",
        ),
        (
            "id,answer\nq,Yes\nq,No\n",
            f"mine.csv record 2: another answer to id q than in record 1, {TWICE}",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, text, sentence):
    with says(sentence):
        sets(tmp_path, text)


def test_lines_of_jsonl_are_named_as_lines(tmp_path):
    with says("mine.jsonl line 3: p_matching is 2, expected a probability from 0 to 1. Divide percentages by 100."):
        sets(tmp_path, '{"id": "a", "p_matching": 1}\n\n{"id": "b", "p_matching": 2}\n', "mine.jsonl")
    with says("mine.jsonl line 1: response is an object, expected a text."):
        sets(tmp_path, lines({"id": "a", "response": {"status": 200}}), "mine.jsonl")
    assert not tables.recognizes(tmp_path / "mine.jsonl")


def test_odd_files_are_never_recognised_and_never_raise(tmp_path):
    contents = {
        "a.csv": b"",
        "b.jsonl": b"{broken",
        "c.json": b'{"id": 1, "answer": "Yes"}',
        "d.parquet": b"PAR1",
        "e.jsonl.gz": b"\x1f\x8b broken",
        "f.jsonl": b"\xff\xfe",
        "g.json": b"[" * 100_000,
        "h.txt": b"id,answer\n",
        "i.jsonl": lines({"doc_id": 0, "filtered_resps": [], "text": "x"}).encode(),
        "j.jsonl": lines({"custom_id": "a", "id": "b", "text": "x"}).encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert [path.name for path in sorted(tmp_path.iterdir()) if tables.recognizes(path)] == []
    assert not tables.recognizes(tmp_path)
    assert not tables.recognizes(tmp_path / "gone.csv")

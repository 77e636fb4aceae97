"""Logs of multiple-choice benchmarks, made up in their shapes, join with their datasets and score as the logs themselves do."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.import_pipeline import AnswerImport, import_answers
from evalmap.answers.store import AnswerStore
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

WORDS = list(sentences(8))
SAID = [0, 0, 1, 1, 2, 2, 3, 3]  # the choice that the model finds likeliest
RIGHT = [0, 1, 1, 2, 2, 3, 3, 0]
ACCURACY = sum(a == b for a, b in zip(SAID, RIGHT, strict=True)) / 8


def options(i: int) -> list[str]:
    return [f"{colour} thing {i}" for colour in ("red", "green", "blue", "grey")]


def imported(folder: Path, rows: list[dict[str, Any]], answers: Path) -> tuple[AnswerImport, Any]:
    space = Workspace(folder / "home")
    path = write_rows(folder / "asked.jsonl", rows)
    build(open_dataset(path), workspace=space, settings=Settings(k=2), encoder=FakeEncoder())
    (done,) = import_answers([answers], space)
    return done, AnswerStore(space).answers(done.record.id)


def samples(folder: Path, task: str, docs: list[dict[str, Any]], choices: list[list[str]]) -> Path:
    lines = []
    for i, (doc, texts) in enumerate(zip(docs, choices, strict=True)):
        lines.append(
            {
                "doc_id": i,
                "doc": doc,
                "target": RIGHT[i],
                "arguments": {f"gen_args_{n}": {"arg_0": f"{WORDS[i]}\nAnswer:", "arg_1": f" {t}"} for n, t in enumerate(texts)},
                "filtered_resps": [[str(-1.0 if n == SAID[i] else -2.0 - n), "False"] for n in range(len(texts))],
                "filter": "none",
                "metrics": ["acc"],
                "acc": float(SAID[i] == RIGHT[i]),
            }
        )
    return write_rows(folder / f"samples_{task}_2025-01-01T00-00-00.000001.jsonl", lines)


def mmlu(i: int) -> dict[str, Any]:
    return {"question": WORDS[i], "subject": "things", "choices": options(i), "answer": RIGHT[i]}


def arc(i: int) -> dict[str, Any]:
    key = {"text": options(i), "label": list("ABCD")}
    return {"id": f"t{i}", "question": WORDS[i], "choices": key, "answerKey": "ABCD"[RIGHT[i]]}


def truthful(i: int) -> dict[str, Any]:
    return {"question": WORDS[i], "mc1_targets": {"choices": options(i), "labels": [int(n == RIGHT[i]) for n in range(4)]}}


def hellaswag(i: int) -> dict[str, Any]:
    return {"ind": i, "ctx": WORDS[i], "endings": [f"{text} [step] on" for text in options(i)], "label": str(RIGHT[i])}


@pytest.mark.parametrize(
    ("task", "row", "choices"),
    [
        ("mmlu", mmlu, lambda i: list("ABCD")),
        ("arc_easy", arc, options),
        ("truthfulqa_mc1", truthful, options),
        ("hellaswag", hellaswag, lambda i: [f"{text}. on" for text in options(i)]),  # the task cleans the endings
    ],
)
def test_lm_eval_log_scores_as_its_own_accuracy(tmp_path: Path, task: str, row: Any, choices: Any):
    rows = [row(i) for i in range(8)]
    done, answers = imported(tmp_path, rows, samples(tmp_path, task, rows, [choices(i) for i in range(8)]))
    assert (done.unjoined, done.record.statuses) == ((), {"ok": 8})
    assert answers["matches"].mean() == ACCURACY == done.record.claims["acc"]
    assert answers.sort_values("row")["answer"].tolist() == ["ABCD"[n] for n in SAID]


@pytest.mark.parametrize("written", ["letters", "words", "places", "sentences"])
def test_an_answer_means_what_the_datasets_options_say(tmp_path: Path, written: str):
    said = {
        "letters": lambda i: f"({'abcd'[SAID[i]]})",
        "words": lambda i: options(i)[SAID[i]].upper(),
        "places": lambda i: SAID[i],
        "sentences": lambda i: f"Let me see. The answer is {'ABCD'[SAID[i]]}.",
    }[written]
    table = write_rows(tmp_path / "said.jsonl", [{"question": WORDS[i], "prediction": said(i)} for i in range(8)])
    _, answers = imported(tmp_path, [mmlu(i) for i in range(8)], table)
    assert answers.sort_values("row")["answer"].tolist() == ["ABCD"[n] for n in SAID]
    assert answers["matches"].mean() == ACCURACY


def test_places_are_counted_from_1_where_the_dataset_does(tmp_path: Path):
    rows = [{**mmlu(i), "answer": RIGHT[i] + 1} for i in range(8)]
    table = write_rows(tmp_path / "said.jsonl", [{"question": WORDS[i], "prediction": SAID[i] + 1} for i in range(8)])
    _, answers = imported(tmp_path, rows, table)
    assert answers["matches"].mean() == ACCURACY


def test_inspect_log_with_shuffled_choices_is_read_by_its_own_order(tmp_path: Path):
    pytest.importorskip("inspect_ai")
    from inspect_ai.dataset import Sample
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalSample, EvalSpec, write_eval_log
    from inspect_ai.model import ChatMessageUser, ModelOutput
    from inspect_ai.scorer import Score

    del Sample
    found = []
    for i in range(8):
        order = [(n + i) % 4 for n in range(4)]
        shown = [options(i)[n] for n in order]
        said, target = "ABCD"[order.index(SAID[i])], "ABCD"[order.index(RIGHT[i])]
        listed = "\n".join(f"{letter}) {text}" for letter, text in zip("ABCD", shown, strict=True))
        asked = f"Answer with ANSWER: $LETTER.\n\n{WORDS[i]}\n\n{listed}"
        found.append(
            EvalSample(
                id=i + 1,
                epoch=1,
                input=WORDS[i],
                choices=shown,
                target=target,
                messages=[ChatMessageUser(content=asked)],
                output=ModelOutput.from_content("m", f"ANSWER: {said}"),
                scores={"choice": Score(value="C" if said == target else "I", answer=said)},
            )
        )
    spec = EvalSpec(
        created="2025-01-01T00:00:00+00:00", task="things", dataset=EvalDataset(samples=8), model="x/m", config=EvalConfig()
    )
    log = EvalLog(status="success", eval=spec, samples=found)
    write_eval_log(log, str(tmp_path / "log.json"))
    assert json.loads((tmp_path / "log.json").read_text())["status"] == "success"
    done, answers = imported(tmp_path, [mmlu(i) for i in range(8)], tmp_path / "log.json")
    assert (done.unjoined, done.record.statuses) == ((), {"ok": 8})
    assert answers["matches"].mean() == ACCURACY
    assert answers.sort_values("row")["answer"].tolist() == ["ABCD"[n] for n in SAID]

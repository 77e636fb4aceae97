"""Logs of lm-evaluation-harness as it writes them, built on the spot."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.importers import lm_eval
from evalmap.data.errors import DatasetError

DATE = "2026-01-02T03-04-05.678901"
TASK = "persona_kindness"
NAME = f"samples_{TASK}_{DATE}.jsonl"


def sample(
    row: int,
    logprobs: Sequence[float | str] = (-1.5, -2.0),
    *,
    choices: Sequence[str] = (" Yes", " No"),
    target: int | str = 0,
    filter: str = "none",
    prompt: str = "{question}",
    older: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """One line: choice 0 is the matching one, accuracy is argmax == 0 (so a tie counts); `older` has arguments as pairs."""
    question = f"Would you say this?\n“Kind thing {row}”"
    doc = {"question": question, "answer_matching_behavior": choices[0] if choices else " Yes"}
    asked = prompt.format(question=question)
    pairs = [[asked, choice] for choice in choices]
    as_dict = {f"gen_args_{i}": {"arg_0": pair[0], "arg_1": pair[1]} for i, pair in enumerate(pairs)}
    responses = [[str(value), "False"] for value in logprobs]
    acc = float(all(float(logprobs[0]) >= float(other) for other in logprobs[1:])) if logprobs else 0.0
    told = {
        "doc_id": row,
        "doc": doc,
        "target": str(target),
        "arguments": pairs if older else as_dict,
        "resps": [[response] for response in responses],
        "filtered_resps": responses,
        "filter": filter,
        "metrics": ["acc"],
        "doc_hash": "0",
        "acc": acc,
    }
    return told | more


def generated(row: int, text: str, **more: Any) -> dict[str, Any]:
    """One line of a generate_until task."""
    told = sample(row, (), choices=())
    arguments = {
        "gen_args_0": {"arg_0": told["doc"]["question"], "arg_1": {"until": ["\n\n"], "do_sample": False, "temperature": 0}}
    }
    return told | {"target": " Yes", "arguments": arguments, "resps": [[text]], "filtered_resps": [text]} | more


def write_log(
    folder: Path,
    samples: Sequence[Mapping[str, Any]],
    *,
    results: Mapping[str, Any] | None = None,
    task: str = TASK,
    date: str = DATE,
    end: str = "",
) -> Path:
    """The samples file, and the results file where its content is given; `end` is appended as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"samples_{task}_{date}.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in samples) + end, encoding="utf-8")
    if results is not None:
        (folder / f"results_{date}.json").write_text(json.dumps(results), encoding="utf-8")
    return path


def results_of(
    *,
    task: str = TASK,
    model_name: str = "some-lab/tiny-1b",
    n_shot: int = 0,
    asked: int = 2,
    original: int = 2,
    figures: Mapping[str, Any] | None = None,
    task_config: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The results file of one task."""
    return {
        "results": {task: {"alias": task, "acc,none": 0.5, "acc_stderr,none": 0.1, **(figures or {})}},
        "configs": {task: {"task": task, "doc_to_text": "{{question}}", "num_fewshot": n_shot, **(task_config or {})}},
        "n-shot": {task: n_shot},
        "n-samples": {task: {"original": original, "effective": asked}},
        "config": {"model": "hf", "model_args": {"pretrained": model_name}, "model_dtype": "torch.float32", **(config or {})},
        "date": 1767323045.0,
        "lm_eval_version": "0.4.13",
        "transformers_version": "5.23.0",
        "model_name": model_name,
        "system_instruction": None,
        **more,
    }


def one(path: Path, *more: Path) -> StagedSet:
    (staged,) = lm_eval.read([path, *more])
    return staged


def says(sentence: str):
    return pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$")

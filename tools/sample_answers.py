"""Ask a model the samples' questions and write its answers into data/samples/answers.

    python -m evalmap.tools.sample_answers SmolLM2-135M-Instruct.Q4_1.gguf

One table a sample and prompt, <slug>__<prompt>.jsonl, one row of the sample a line; each tells who answered and how, so that
`evalmap answers import` reads it as it is. Samples without labels are left out: there is no matching answer to tell about.
"""

import argparse
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import RawAnswer, ScoredAnswer
from evalmap.answers.asking.local_transformers import TransformersAnswerer
from evalmap.answers.asking.prompts import built_in
from evalmap.answers.asking.protocol import Answerer, Prompt, Request
from evalmap.answers.asking.run_plan import Plan, plan
from evalmap.answers.reading.dataset_match import Examples, read_examples
from evalmap.answers.reading.scoring import score
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps

PROMPTS = ("chat-yesno", "hhh")
DIGITS = 6
_RUN = ("quantisation", "dtype", "runtime", "runtime_version")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="a .gguf file or the folder of a model")
    given = parser.parse_args()
    answerer = TransformersAnswerer(given.path)
    for slug, examples in labelled_samples():
        for name in PROMPTS:
            rows = answer_sample(answerer, examples, built_in()[name])
            write_table(sample_maps.ANSWERS / f"{slug}__{name}.jsonl", rows)
            print(f"{slug}, {name}: {len(rows):,} rows", flush=True)


def labelled_samples() -> Iterator[tuple[str, Examples]]:
    """(slug, examples) of every shipped sample that has labels, each file by itself; not what this very model wrote."""
    shipped = Workspace(sample_maps.BUILT)
    for manifest in shipped.manifests():
        if manifest.slug != sample_maps.COLLECTION and sample_maps.WRITTEN.name not in Path(manifest.source).parts:
            examples = read_examples(shipped, manifest)
            if examples.table["label"].notna().any():
                yield str(manifest.slug), examples


def answer_sample(answerer: Answerer, examples: Examples, prompt: Prompt, *, limit: int | None = None) -> list[dict[str, Any]]:
    """The rows of a table of answers, in the order of the sample's rows; a text is asked once.

    Parameters
    ----------
    limit : texts to ask at most, None for all

    Raises
    ------
    RuntimeError : a row was answered with an error, or without a choice
    """
    manifest = replace(examples.manifest, source="samples")
    about = answerer.about()
    planned = plan(manifest, examples.table, examples.fields, prompt, model=str(about["model"]), server="file")
    told = {"model": about["model"], "params": int(about["params"]), **{name: about[name] for name in _RUN if about[name]}}
    told |= {"prompt": prompt.id, "prompt_template": prompt.template, "n_shot": 0}
    answers: dict[str, RawAnswer] = {}

    def keep(request: Request, answer: RawAnswer) -> None:
        answers[request.key] = answer

    answerer.answer(prompt, planned.requests[:limit], on_answer=keep)
    return [told_row | told for _, told_row in sorted(_rows(planned, examples, answers), key=lambda one: one[0])]


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write one JSON object a line."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _rows(planned: Plan, examples: Examples, answers: Mapping[str, RawAnswer]) -> Iterator[tuple[int, dict[str, Any]]]:
    options = examples.questions.options
    name = sample_maps.sample_name(sample_maps.ROOT / examples.manifest.source)
    for key, answer in answers.items():
        for _, line, question, place in planned.rows[key]:
            scored = score(answer, options[place])
            if scored.status not in ("ok", "tie") or math.isnan(scored.p_matching):
                raise RuntimeError(f"{name} line {line + 1}: {scored.status} ({scored.raw_text})")
            yield place, _row(name, line, question, scored)


def _row(dataset: str, line: int, question: str, scored: ScoredAnswer) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "row": line,
        "question_hash": hashlib.sha256(question.encode()).hexdigest()[:16],
        "answer": scored.answer,
        "p_matching": round(scored.p_matching, DIGITS),
        "logprob_matching": round(scored.logprob_matching, DIGITS),
        "logprob_not_matching": round(scored.logprob_not_matching, DIGITS),
        "answer_mass": round(scored.answer_mass, DIGITS),
        "top_token": scored.top_token,
    }


if __name__ == "__main__":
    main()

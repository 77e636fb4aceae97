"""Questions per second of a local model: with and without the shared prefix, by batch size, and xllamacpp beside it.

    python -m evalmap.bench.local_answers MODEL.gguf DATASET [--rows 60] [--repeats 1] [--prompt hhh]

DATASET is a file of Yes/No questions such as persona/agreeableness.jsonl. Every variant's P(matching) is compared with that of the
first, which computes each prompt by itself.
"""

import argparse
import math
import statistics
import time
from pathlib import Path

import numpy as np

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.local_gguf import GgufAnswerer
from evalmap.answers.asking.local_transformers import TransformersAnswerer
from evalmap.answers.asking.prompts import built_in, fill
from evalmap.answers.asking.protocol import Answerer, Prompt, Request
from evalmap.answers.reading.options import example_options
from evalmap.answers.reading.scoring import score
from evalmap.data.opening import open_dataset


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--prompt", choices=sorted(built_in()), default="hhh")
    given = parser.parse_args()
    prompt = built_in()[given.prompt]
    requests = _requests(given.dataset, prompt, given.rows)
    print(f"{len(requests):,} questions, prompt {prompt.id}; median of {given.repeats} runs, the model loaded before")
    transformers = TransformersAnswerer(given.model)
    reference: np.ndarray | None = None
    for tokens, share in ((1, False), (1024, False), (1, True), (256, True), (1024, True), (4096, True)):
        name = f"transformers, batches of {tokens:,} tokens" if tokens > 1 else "transformers, one by one"
        transformers.batch_tokens, transformers.share_prefix = tokens, share
        reference = _measure(
            f"{name}{', shared prefix' if share else ''}", transformers, prompt, requests, given.repeats, reference
        )
    for threads in (1, 2):
        with GgufAnswerer(given.model, threads=threads) as answerer:
            _measure(f"xllamacpp, {threads} thread{'s'[: threads - 1]}", answerer, prompt, requests, given.repeats, reference)


def _measure(
    name: str, answerer: Answerer, prompt: Prompt, requests: list[Request], repeats: int, reference: np.ndarray | None
) -> np.ndarray:
    """Print a line; returns the reference, which is this variant's P(matching) where there is none yet."""
    found: dict[str, RawAnswer] = {}

    def keep(request: Request, answer: RawAnswer) -> None:
        found[request.key] = answer

    answerer.answer(prompt, requests[:2], on_answer=keep)  # loads the model
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        answerer.answer(prompt, requests, on_answer=keep)
        seconds.append(time.perf_counter() - started)
    p = np.array([score(found[request.key], request.options).p_matching for request in requests])
    reference = p if reference is None else reference
    apart = np.abs(p - reference).max() if len(p) else math.nan
    print(f"{name:<56} {len(requests) / statistics.median(seconds):6.1f} questions/s   largest |ΔP| {apart:.6f}", flush=True)
    return reference


def _requests(path: Path, prompt: Prompt, rows: int) -> list[Request]:
    """The first rows with two options or more, in a fixed random order."""
    dataset = open_dataset(path)
    options = example_options(dataset.examples, dataset.fields)
    texts, fields = dataset.examples["text"].tolist(), dataset.fields.to_dict("records")
    requests = []
    for i in np.random.default_rng(0).permutation(len(texts)):
        if len(options[i].all) > 1:
            filled = fill(prompt, {"question": texts[i], **{str(k): v for k, v in fields[i].items()}}, options[i])
            requests.append(Request(str(i), filled, options[i]))
    return requests[:rows]


if __name__ == "__main__":
    main()

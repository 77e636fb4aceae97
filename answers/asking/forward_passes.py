"""Forward passes over prompts that begin alike: the common beginning is computed once and kept in the key-value cache.

The rests are sorted by length and batched by a budget of tokens, padded between the prefix and the rest, so that every row ends
at the same place and the vocabulary layer is computed there only. bench/local_answers.py measures it.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evalmap.answers.asking.option_forms import Tokens
from evalmap.answers.asking.protocol import Request

BATCH_TOKENS = 1024  # padded tokens a batch; on two cores 4,096 are no faster, 256 a quarter slower
BATCH_CACHE_TOKENS = 8192  # tokens of the shared prefix, copied for every row of a batch: bounds memory


@dataclass
class PendingRequest:
    """A request on its way: after which endings of its prompt log-probabilities are needed, and those found so far."""

    request: Request
    prompt: Tokens
    forms: Mapping[tuple[str, Tokens], Tokens]
    found: dict[Tokens, float] = field(default_factory=dict)  # log-probability of each beginning of a form
    top: int = -1

    def __post_init__(self) -> None:
        self.waiting = len(self.endings)

    @cached_property
    def endings(self) -> list[Tokens]:
        """The tokens to append to the prompt, one a pass: () alone where the first token tells all options apart."""
        contexts = {needed[:-1] for needed in self.forms.values()}
        return sorted(c for c in contexts if not any(len(other) > len(c) and other[: len(c)] == c for other in contexts))

    def logprob(self, needed: Tokens) -> float:
        return sum(self.found[needed[: i + 1]] for i in range(len(needed)))


@dataclass(frozen=True)
class _Row:
    """One row of a forward pass: a prompt and an ending."""

    one: PendingRequest
    ending: Tokens

    def __len__(self) -> int:
        return len(self.one.prompt) + len(self.ending)

    @property
    def tokens(self) -> Tokens:
        return self.one.prompt + self.ending

    def read(self, scores: Any) -> None:
        """scores : (len(ending) + 1, vocabulary) log-probabilities at the prompt's last token and at each of the ending."""
        self.one.top = int(scores[0].argmax())
        for needed in self.one.forms.values():
            for i, token in enumerate(needed):
                if i <= len(self.ending) and needed[:i] == self.ending[:i]:
                    self.one.found[needed[: i + 1]] = float(scores[i, token])


class ForwardPasses:
    """Log-probabilities of endings after prompts.

    Parameters
    ----------
    model, tokenizer : of transformers
    batch_tokens, share_prefix : as in `TransformersAnswerer`
    """

    def __init__(self, model: Any, tokenizer: Any, *, batch_tokens: int, share_prefix: bool) -> None:
        self._model, self._tokenizer = model, tokenizer
        self.batch_tokens, self.share_prefix = batch_tokens, share_prefix

    def scored(self, pending: Sequence[PendingRequest]) -> Iterator[PendingRequest]:
        """Fill in the log-probabilities batch by batch; yields the requests as they are complete."""
        runs = [_Row(one, ending) for one in pending for ending in one.endings]
        runs.sort(key=lambda run: -len(run))
        shared = common_prefix([run.one.prompt for run in runs]) if self.share_prefix and self.may_pad and len(runs) > 1 else ()
        cache = self._prefix_cache(shared) if shared else None
        for batch in self._batches(runs, len(shared)):
            self._forward(batch, shared, cache)
            for run in batch:
                run.one.waiting -= 1
                if not run.one.waiting:
                    yield run.one

    def n_tokens(self, pending: Sequence[PendingRequest]) -> int:
        """Tokens that `scored` reads, padding aside."""
        rows = [_Row(one, ending) for one in pending for ending in one.endings]
        shared = len(common_prefix([one.prompt for one in pending])) if len(rows) > 1 else 0
        return shared + sum(len(row) - shared for row in rows)

    def _batches(self, runs: Sequence[_Row], shared: int) -> Iterator[Sequence[_Row]]:
        start = 0
        while start < len(runs):
            longest = len(runs[start]) - shared
            size = max(1, min(self.batch_tokens // longest, BATCH_CACHE_TOKENS // max(shared, 1)))
            if not self.may_pad:
                size = min(size, sum(len(run) == len(runs[start]) for run in runs[start:]))
            yield runs[start : start + size]
            start += size

    def _forward(self, batch: Sequence[_Row], shared: Tokens, cache: Any) -> None:
        """One pass over the rests after the shared prefix, padded on their left.

        Padding lies between the prefix and the rest: hidden by the mask, and skipped by the position ids.
        """
        import torch

        rests = [run.tokens[len(shared) :] for run in batch]
        width = max(map(len, rests))
        gaps = [width - len(rest) for rest in rests]
        padding = self._tokenizer.pad_token_id or 0
        tokens = torch.tensor([(padding,) * gap + rest for gap, rest in zip(gaps, rests, strict=True)])
        mask = torch.ones(len(batch), len(shared) + width, dtype=torch.long)
        positions = torch.arange(len(shared), len(shared) + width).repeat(len(batch), 1)
        for i, gap in enumerate(gaps):
            mask[i, len(shared) : len(shared) + gap] = 0
            positions[i] = (positions[i] - gap).clamp(min=0)
        if cache is not None:
            cache = copy.deepcopy(cache)  # a pass appends to the cache that it is given
            cache.batch_repeat_interleave(len(batch))
        kept = 1 + max(len(run.ending) for run in batch)
        padded = {"attention_mask": mask, "position_ids": positions} if any(gaps) or cache is not None else {}
        output = self._model(input_ids=tokens, cache=cache, use_cache=cache is not None, logits_to_keep=kept, **padded)
        scores = torch.log_softmax(output.logits.float(), dim=-1)
        for run, row in zip(batch, scores, strict=True):
            run.read(row[kept - 1 - len(run.ending) :])

    def _prefix_cache(self, shared: Tokens) -> Any:
        import torch
        from transformers import DynamicCache

        cache = DynamicCache(config=self._model.config)
        self._model(input_ids=torch.tensor([shared]), cache=cache, use_cache=True, logits_to_keep=1)
        return cache

    @cached_property
    def may_pad(self) -> bool:
        """Whether every layer sees all tokens before it: a sliding window would count the padding, a recurrent layer read it.
        Other models are asked in batches of equal length."""
        from transformers import DynamicCache
        from transformers.cache_utils import DynamicLayer

        layers = DynamicCache(config=self._model.config).layers
        return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def common_prefix(prompts: Sequence[Tokens]) -> Tokens:
    """What all begin with, at most all but the last token of the shortest: its output is what is read."""
    first, last = min(prompts), max(prompts)
    most = min(map(len, prompts)) - 1
    end = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), most)
    return first[: min(end, most)]

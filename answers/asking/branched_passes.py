"""Forward passes over prompts that go on in several ways: the prompt is read once, and each way sees the prompt and itself only.

All ways stand behind the prompt in one row; the mask hides them from one another, and each counts its positions from the prompt's
end. Of a sentence with a blank and three pronouns, that is a third fewer tokens than three sentences.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from evalmap.answers.asking.forward_passes import PendingRequest


def branched_tokens(pending: Sequence[PendingRequest]) -> int:
    """Tokens that these passes read, padding aside."""
    return sum(_length(one) for one in pending)


def branched(model: Any, pending: Sequence[PendingRequest], *, batch_tokens: int) -> Iterator[PendingRequest]:
    """Fill in the log-probabilities batch by batch, the longest first; yields the requests as they are complete.

    Parameters
    ----------
    model : of transformers; each of its layers sees all tokens before it that the mask leaves
    batch_tokens : padded tokens a batch
    """
    waiting = sorted(pending, key=lambda one: -_length(one))
    while waiting:
        size = max(1, batch_tokens // _length(waiting[0]))
        batch, waiting = waiting[:size], waiting[size:]
        _forward(model, batch)
        yield from batch


def _length(one: PendingRequest) -> int:
    return len(one.prompt) + sum(map(len, one.endings))


def _forward(model: Any, batch: Sequence[PendingRequest]) -> None:
    import torch

    width = max(map(_length, batch))
    tokens = torch.zeros(len(batch), width, dtype=torch.long)
    positions = torch.zeros(len(batch), width, dtype=torch.long)
    way = torch.full((len(batch), width), -1)  # 0 for the prompt, 1 … for its ways, -1 for padding
    for i, one in enumerate(batch):
        parts = [one.prompt, *one.endings]
        begins = [0, *([len(one.prompt)] * len(one.endings))]
        tokens[i, : _length(one)] = torch.tensor([token for part in parts for token in part])
        placed = [begin + at for begin, part in zip(begins, parts, strict=True) for at in range(len(part))]
        positions[i, : len(placed)] = torch.tensor(placed)
        way[i, : len(placed)] = torch.tensor([at for at, part in enumerate(parts) for _ in part])
    before = torch.ones(width, width, dtype=torch.bool).tril()
    seen = (way[:, None, :] == 0) | (way[:, None, :] == way[:, :, None])  # (batch, query, key); padding sees padding
    hidden = torch.zeros(len(batch), 1, width, width).masked_fill(~(before & seen)[:, None], torch.finfo(torch.float32).min)
    first = min(len(one.prompt) for one in batch) - 1
    mask, kept = hidden.to(model.dtype), width - first
    output = model(input_ids=tokens, attention_mask=mask, position_ids=positions, use_cache=False, logits_to_keep=kept)
    for i, one in enumerate(batch):
        _read(one, output.logits[i], first)


def _read(one: PendingRequest, logits: Any, first: int) -> None:
    """logits : (width − first, vocabulary); its row 0 stands at the token `first`."""
    import torch

    at = len(one.prompt) - 1 - first
    after_prompt = torch.log_softmax(logits[at].float(), dim=-1)
    one.top = int(after_prompt.argmax())
    at += 1
    for ending in one.endings:
        scores = torch.log_softmax(logits[at : at + len(ending)].float(), dim=-1)
        at += len(ending)
        for needed in one.forms.values():
            one.found[needed[:1]] = float(after_prompt[needed[0]])
            steps = [i for i in range(1, len(needed)) if i <= len(ending) and needed[:i] == ending[:i]]
            found = scores[[i - 1 for i in steps], [needed[i] for i in steps]].tolist() if steps else []
            for i, value in zip(steps, found, strict=True):
                one.found[needed[: i + 1]] = value

"""Ask a model on this machine with transformers: log-probabilities of the options from forward passes in float32 on the CPU.

Nothing is generated. What all prompts of a run begin with (the system message, the question's frame) is computed once and kept
in the key-value cache; the rests are sorted by length and batched by a budget of tokens, padded between the prefix and the rest,
so that every row ends at the same place and the vocabulary layer is computed there only. bench/local_answers.py measures it.
"""

import contextlib
import copy
import importlib.util
import io
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.data.errors import DatasetError

BATCH_TOKENS = 1024  # padded tokens a batch; on two cores 4,096 are no faster, 256 a quarter slower
BATCH_CACHE_TOKENS = 8192  # tokens of the shared prefix, copied for every row of a batch: bounds memory

Tokens = tuple[int, ...]

_QUANTISATION = re.compile(r"(?:^|[-._])((?:I?Q\d(?:_[A-Z0-9]+)*)|TQ\d_\d|MXFP4|BF16|F16|F32)(?=$|[-.])", re.IGNORECASE)


class TransformersAnswerer:
    """A causal language model from a GGUF file or a model folder; nothing is fetched, and no pickled weights are read.

    Parameters
    ----------
    path : a .gguf file (its weights are de-quantised to float32), or a folder with config.json and safetensors
    batch_tokens : padded tokens a batch; more uses more memory
    share_prefix : whether the prompts' common beginning is computed once; the answers are the same to rounding
    threads : of torch, for the whole process; None leaves what is set

    Raises
    ------
    DatasetError : no such file, no model, or a package that reads it is missing. At the first use: the model cannot be loaded
    """

    def __init__(
        self, path: Path, *, batch_tokens: int = BATCH_TOKENS, share_prefix: bool = True, threads: int | None = None
    ) -> None:
        self.path = Path(path).expanduser()
        self.batch_tokens = batch_tokens
        self.share_prefix = share_prefix
        self.threads = threads
        _check(self.path)

    def about(self) -> Mapping[str, Any]:
        """model (the file's or folder's name), family, params, dtype, runtime, runtime_version, quantisation. Loads the model."""
        import transformers

        return {
            "model": model_name(self.path),
            "family": str(self._model.config.model_type),
            "params": float(self._model.num_parameters()),
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "runtime": "transformers",
            "runtime_version": transformers.__version__,
            "quantisation": quantisation(self.path),
        }

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        """Score every request's options, the longest prompts first.

        The option's log-probability is that of its tokens after the prompt, up to the token that tells it apart from the other
        options: "(A)" and "(B)" are the probability of "(" times that of the letter. An option is written after the prompt's
        lead; without a lead its form with a space before it is summed in where that form is told apart by its first token too.
        A request is answered with an error where it has no options or is longer than the model reads.

        Raises
        ------
        DatasetError : the model cannot be loaded, or has no chat template for a chat prompt
        """
        import torch

        if self.threads:
            torch.set_num_threads(self.threads)
        pending = []
        for request, tokens in zip(requests, self._prompt_tokens(prompt, [r.text for r in requests]), strict=True):
            if not request.options.all:
                on_answer(request, RawAnswer(error="no answer options to compare"))
                continue
            forms = self._forms(prompt.lead, request.options.all)
            if (length := len(tokens) + max(len(form) for form in forms.values()) - 1) > self._window:
                on_answer(request, RawAnswer(error=f"the prompt has {length:,} tokens; the model reads {self._window:,}"))
            elif not tokens:
                on_answer(request, RawAnswer(error="the prompt is empty"))
            else:
                pending.append(_Pending(request, tokens, forms))
        with torch.inference_mode():
            for one in self._scored(pending):
                on_answer(one.request, self._evidence(one))
        return Usage(prompt_tokens=sum(len(one.prompt) for one in pending))

    # From text to tokens

    def _prompt_tokens(self, prompt: Prompt, texts: Sequence[str]) -> list[Tokens]:
        """The prompts as the model reads them. A chat template brings its own special tokens; a completion prompt gets those that
        the tokenizer adds by itself (SmolLM2's adds none)."""
        if not texts:
            return []
        if prompt.kind == "chat":
            texts = [self._chat(prompt, text) for text in texts]
        encoded = self._tokenizer(list(texts), add_special_tokens=prompt.kind == "completion", return_attention_mask=False)
        return [tuple(tokens) for tokens in encoded["input_ids"]]

    def _chat(self, prompt: Prompt, text: str) -> str:
        messages = [{"role": "system", "content": prompt.system}] if prompt.system else []
        messages.append({"role": "user", "content": text})
        if not self._tokenizer.chat_template:
            raise DatasetError(f"{self.path.name}: has no chat template. Choose a completion prompt such as hhh or raw.")
        try:
            # Models that think first would answer with "<think>"; their templates take this switch, others ignore it.
            return self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        except Exception as error:  # templates are programs: they raise what they like, a missing system role for one
            raise DatasetError(f"{self.path.name}: its chat template refuses the prompt {prompt.id} ({_line(error)}).") from error

    def _forms(self, lead: str, options: tuple[str, ...]) -> "dict[tuple[str, Tokens], Tokens]":
        """{(option, tokens of one way to write it): those of these tokens that are needed to tell it from the other options}."""
        if (lead, options) not in self._known_forms:
            written = {(option, self._option_tokens(lead + option)) for option in options}
            if not lead:
                spaced = {(option, self._option_tokens(" " + option)) for option in options}
                firsts = [tokens[0] for _, tokens in written | spaced]
                if len(set(firsts)) == len(firsts):  # no further pass is needed to read them
                    written |= spaced
            self._known_forms[lead, options] = {(option, tokens): _telling(option, tokens, written) for option, tokens in written}
        return self._known_forms[lead, options]

    @cached_property
    def _known_forms(self) -> "dict[tuple[str, tuple[str, ...]], dict[tuple[str, Tokens], Tokens]]":
        return {}

    def _option_tokens(self, text: str) -> Tokens:
        """Its tokens inside a text: some tokenizers put a space before the first word of all."""
        newline = tuple(self._tokenizer("\n", add_special_tokens=False)["input_ids"])
        tokens = tuple(self._tokenizer("\n" + text, add_special_tokens=False)["input_ids"])
        if tokens[: len(newline)] == newline and len(tokens) > len(newline):
            return tokens[len(newline) :]
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    # Forward passes

    def _scored(self, pending: "Sequence[_Pending]") -> "Iterator[_Pending]":
        """Fill in the log-probabilities batch by batch; yields the requests as they are complete."""
        runs = [_Run(one, ending) for one in pending for ending in one.endings]
        runs.sort(key=lambda run: -len(run))
        shared = _common_prefix([run.one.prompt for run in runs]) if self.share_prefix and self._may_pad and len(runs) > 1 else ()
        cache = self._prefix_cache(shared) if shared else None
        for batch in self._batches(runs, len(shared)):
            self._forward(batch, shared, cache)
            for run in batch:
                run.one.waiting -= 1
                if not run.one.waiting:
                    yield run.one

    def _batches(self, runs: "Sequence[_Run]", shared: int) -> "Iterator[Sequence[_Run]]":
        start = 0
        while start < len(runs):
            longest = len(runs[start]) - shared
            size = max(1, min(self.batch_tokens // longest, BATCH_CACHE_TOKENS // max(shared, 1)))
            if not self._may_pad:
                size = min(size, sum(len(run) == len(runs[start]) for run in runs[start:]))
            yield runs[start : start + size]
            start += size

    def _forward(self, batch: "Sequence[_Run]", shared: Tokens, cache: Any) -> None:
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
    def _may_pad(self) -> bool:
        """Whether every layer sees all tokens before it: a sliding window would count the padding, a recurrent layer read it.
        Other models are asked in batches of equal length."""
        from transformers import DynamicCache
        from transformers.cache_utils import DynamicLayer

        layers = DynamicCache(config=self._model.config).layers
        return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)

    def _evidence(self, one: "_Pending") -> RawAnswer:
        option_logprobs = {}
        for option in one.request.options.all:
            option_logprobs[option] = _log_sum([one.logprob(needed) for (name, _), needed in one.forms.items() if name == option])
        return RawAnswer(
            option_logprobs=option_logprobs,
            answer_mass=min(sum(map(math.exp, option_logprobs.values())), 1.0),
            top_token=self._tokenizer.decode([one.top]),
        )

    # Loading

    @cached_property
    def _window(self) -> int:
        return int(getattr(self._model.config.get_text_config(decoder=True), "max_position_embeddings", None) or 1 << 30)

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return self._load(AutoTokenizer)

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM, GgufConfig

        # De-quantised: with packed weights the library would fetch kernels, and the numbers would be those of another runtime.
        gguf = {"quantization_config": GgufConfig(dequantize=True)} if self.path.is_file() else {"use_safetensors": True}
        return self._load(AutoModelForCausalLM, dtype=torch.float32, **gguf).eval()

    def _load(self, kind: Any, **settings: Any) -> Any:
        _quiet()
        if self.path.is_file():
            settings["gguf_file"] = self.path.name
        folder = self.path.parent if self.path.is_file() else self.path
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # the GGUF reader's bar has no switch
                return kind.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, **settings)
        except Exception as error:  # the library raises OSError, ValueError, KeyError … for a file that is no model
            raise DatasetError(
                f"{self.path}: could not be loaded as a causal language model ({_line(error)}). "
                f"Give a .gguf file, or a folder with config.json, a tokenizer and safetensors."
            ) from error


@dataclass
class _Pending:
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
class _Run:
    """One row of a forward pass: a prompt and an ending."""

    one: _Pending
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


def model_name(path: Path) -> str:
    """The file's name without its ending, or the folder's."""
    return path.stem if path.suffix.lower() == ".gguf" else path.resolve().name


def quantisation(path: Path) -> str | None:
    """As the name of a GGUF file tells it ("Q4_1", "IQ3_XXS", "F16"); None where it does not."""
    if path.suffix.lower() != ".gguf":
        return None
    found = _QUANTISATION.findall(path.stem)
    return found[-1].upper() if found else None


def _check(path: Path) -> None:
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder. Give a .gguf file, or the folder of a model.")
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise DatasetError(f"{path}: no config.json in this folder. Give a .gguf file, or the folder of a model.")
        return
    if path.suffix.lower() != ".gguf":
        raise DatasetError(f"{path}: expected a .gguf file or the folder of a model.")
    missing = [name for name in ("gguf", "accelerate") if importlib.util.find_spec(name) is None]
    if missing:
        raise DatasetError(f"{path}: reading a GGUF file needs {' and '.join(missing)}. Install with: pip install 'evalmap[local]'")


def _telling(option: str, tokens: Tokens, written: "set[tuple[str, Tokens]]") -> Tokens:
    """The beginning of the tokens that begins no other option; all of them where there is none."""
    others = [other for name, other in written if name != option]
    for end in range(1, len(tokens)):
        if not any(other[:end] == tokens[:end] for other in others):
            return tokens[:end]
    return tokens


def _common_prefix(prompts: Sequence[Tokens]) -> Tokens:
    """What all begin with, at most all but the last token of the shortest: its output is what is read."""
    first, last = min(prompts), max(prompts)
    most = min(map(len, prompts)) - 1
    end = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), most)
    return first[: min(end, most)]


def _log_sum(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum(math.exp(value - most) for value in values)) if most > -math.inf else most


def _line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _quiet() -> None:
    """The library draws bars and warns on stderr while it loads."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from transformers.utils import logging

    logging.disable_progress_bar()

"""Ask a model on this machine with transformers: log-probabilities of the options from forward passes in float32 on the CPU.

Nothing is generated: the options' tokens are scored after the prompt (forward_passes.py). Only where words are wanted they are
written, one question at a time, always the most probable token.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.branched_passes import branched, branched_tokens
from evalmap.answers.asking.forward_passes import BATCH_TOKENS, ForwardPasses, PendingRequest, common_prefix
from evalmap.answers.asking.model_files import check_model_files, error_line, load_pretrained, model_name, quantisation
from evalmap.answers.asking.option_forms import Forms, OptionForms, Tokens
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.data.errors import DatasetError
from evalmap.data.text.pronouns import fill_blank


class TransformersAnswerer:
    """A causal language model from a GGUF file or a model folder; nothing is fetched, and no pickled weights are read.

    Parameters
    ----------
    path : a .gguf file (its weights are de-quantised to float32), or a folder with config.json and safetensors
    batch_tokens : padded tokens a batch; more uses more memory
    share_prefix : whether the prompts' common beginning is computed once; the answers are the same to rounding
    threads : of torch, for the whole process; None leaves what is set
    text_tokens : have so many tokens written and read as words, instead of log-probabilities; None for those

    Raises
    ------
    DatasetError : no such file, no model, or a package that reads it is missing. At the first use: the model cannot be loaded
    """

    def __init__(
        self,
        path: Path,
        *,
        batch_tokens: int = BATCH_TOKENS,
        share_prefix: bool = True,
        threads: int | None = None,
        text_tokens: int | None = None,
    ) -> None:
        self.path = Path(path).expanduser()
        self.batch_tokens = batch_tokens
        self.share_prefix = share_prefix
        self.threads = threads
        self.text_tokens = text_tokens
        check_model_files(self.path)

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
        Of a sentence with a blank, an option's log-probability is that of the whole filled sentence, less what the filled
        sentences begin with alike; the answer mass is that of the first tokens behind it, since a whole sentence has hardly any.
        A request is answered with an error where it has no options or is longer than the model reads.

        Raises
        ------
        DatasetError : the model cannot be loaded, or has no chat template for a chat prompt
        """
        import torch

        if self.threads:
            torch.set_num_threads(self.threads)
        if self.text_tokens:
            return self._write(prompt, requests, self.text_tokens, on_answer)
        pending = []
        for request, tokens, forms in self._filled(requests) if prompt.kind == "blank" else self._led(prompt, requests):
            if not forms:
                on_answer(request, RawAnswer(error="no answer options to compare"))
            elif (length := len(tokens) + max(len(form) for form in forms.values()) - 1) > self._window:
                on_answer(request, RawAnswer(error=f"the prompt has {length:,} tokens; the model reads {self._window:,}"))
            elif not tokens:
                on_answer(request, RawAnswer(error="the prompt is empty"))
            else:
                pending.append(PendingRequest(request, tokens, forms))
        with torch.inference_mode():
            passes = ForwardPasses(self._model, self._tokenizer, batch_tokens=self.batch_tokens, share_prefix=self.share_prefix)
            # A prompt whose options have several tokens is read once for all of them, where the model's layers allow it.
            once = self.share_prefix and passes.may_pad and branched_tokens(pending) < passes.n_tokens(pending)
            at_once = branched(self._model, pending, batch_tokens=self.batch_tokens)
            for one in at_once if once else passes.scored(pending):
                on_answer(one.request, self._evidence(one, filled=prompt.kind == "blank"))
        return Usage(prompt_tokens=sum(len(one.prompt) for one in pending))

    def _write(self, prompt: Prompt, requests: Sequence[Request], most: int, on_answer: OnAnswer) -> Usage:
        import torch

        read = written = 0
        for request, tokens in zip(requests, self._prompt_tokens(prompt, [r.text for r in requests]), strict=True):
            if not tokens or len(tokens) + most > self._window:
                on_answer(request, RawAnswer(error=f"the prompt has {len(tokens):,} tokens; the model reads {self._window:,}"))
                continue
            inputs = torch.tensor([tokens])
            pad = self._tokenizer.pad_token_id or self._tokenizer.eos_token_id or 0
            with torch.inference_mode():
                output = self._model.generate(
                    inputs, attention_mask=torch.ones_like(inputs), max_new_tokens=most, do_sample=False, pad_token_id=pad
                )
            answer = output[0, len(tokens) :]
            read, written = read + len(tokens), written + len(answer)
            on_answer(request, RawAnswer(text=self._tokenizer.decode(answer, skip_special_tokens=True)))
        return Usage(read, written)

    # From text to tokens

    def _led(self, prompt: Prompt, requests: Sequence[Request]) -> Iterator[tuple[Request, Tokens, Forms]]:
        """Of each request the prompt's tokens, and those of its options behind it; no forms where there is no option."""
        for request, tokens in zip(requests, self._prompt_tokens(prompt, [r.text for r in requests]), strict=True):
            yield request, tokens, self._forms.of(prompt.lead, request.options.all) if request.options.all else {}

    def _filled(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Tokens, Forms]]:
        """Of each request the tokens that its filled texts begin with alike, and what each goes on with to its end.

        What is the same for all options cancels when they are compared, so only what follows is summed. Each filled text is
        tokenised whole, as the model would read it: where the blank ends need not be where a token does. Where the texts begin
        with the blank, the token that a text begins with in this vocabulary (or the one that ends a text) stands before them.
        """
        texts = [fill_blank(one.text, option) for one in requests for option in one.options.all]
        found = iter(self._tokenizer(texts, return_attention_mask=False)["input_ids"] if texts else ())
        for request in requests:
            whole = {option: tuple(next(found)) for option in request.options.all}
            shared = common_prefix(list(whole.values())) if whole else ()
            rests = {(option, tokens[len(shared) :]): tokens[len(shared) :] for option, tokens in whole.items()}
            yield request, shared or self._beginning, rests

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
            what = f"{self.path.name}: its chat template refuses the prompt {prompt.id}"
            raise DatasetError(f"{what} ({error_line(error)}).") from error

    def _evidence(self, one: PendingRequest, *, filled: bool) -> RawAnswer:
        option_logprobs = {}
        for option in one.request.options.all:
            option_logprobs[option] = _log_sum([one.logprob(needed) for (name, _), needed in one.forms.items() if name == option])
        firsts = {needed[:1] for needed in one.forms.values()}
        masses = [one.found[first] for first in firsts] if filled else list(option_logprobs.values())
        return RawAnswer(
            option_logprobs=option_logprobs,
            answer_mass=min(sum(map(math.exp, masses)), 1.0),
            top_token=self._tokenizer.decode([one.top]),
        )

    # Loading

    @cached_property
    def _forms(self) -> OptionForms:
        return OptionForms(self._tokenizer)

    @cached_property
    def _beginning(self) -> Tokens:
        first = self._tokenizer.bos_token_id
        first = self._tokenizer.eos_token_id if first is None else first
        return () if first is None else (int(first),)

    @cached_property
    def _window(self) -> int:
        return int(getattr(self._model.config.get_text_config(decoder=True), "max_position_embeddings", None) or 1 << 30)

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return load_pretrained(AutoTokenizer, self.path)

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM, GgufConfig

        # De-quantised: with packed weights the library would fetch kernels, and the numbers would be those of another runtime.
        gguf = {"quantization_config": GgufConfig(dequantize=True)} if self.path.is_file() else {"use_safetensors": True}
        return load_pretrained(AutoModelForCausalLM, self.path, dtype=torch.float32, **gguf).eval()


def _log_sum(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum(math.exp(value - most) for value in values)) if most > -math.inf else most

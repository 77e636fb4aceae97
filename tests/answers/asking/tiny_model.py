"""A tiny model with a token a byte, so that every option has several tokens, and what plain forward passes say of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def tiny(
    folder: Path,
    *,
    window: int = 400,
    template: str | None = "<{{ messages[-1].content }}>",
    sliding: bool = False,
    eos: bool = False,
) -> Path:
    """Write a model with random weights: a Llama, or a Mistral whose every layer sees 6 tokens; eos: its tokenizer knows an end."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    wrapped.chat_template = template
    if eos:
        wrapped.eos_token = alphabet[0]
    wrapped.save_pretrained(str(folder))
    shape: dict[str, Any] = {
        **{"vocab_size": 256, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2},
        **{"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": window, "initializer_range": 0.4},
    }
    torch.manual_seed(0)
    model = MistralForCausalLM(MistralConfig(**shape, sliding_window=6)) if sliding else LlamaForCausalLM(LlamaConfig(**shape))
    model.save_pretrained(str(folder))
    return folder


def plain(folder: Path) -> tuple[Any, Any]:
    """(model, tokenizer), loaded by the library alone."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(str(folder)).eval(), AutoTokenizer.from_pretrained(str(folder))


def chances(model: Any, tokens: Sequence[int]) -> Any:
    """(vocabulary,) log-probabilities after the tokens, from one plain forward pass."""
    import torch

    with torch.inference_mode():
        return torch.log_softmax(model(input_ids=torch.tensor([list(tokens)])).logits[0, -1].double(), dim=-1)


def chain(model: Any, prompt: Sequence[int], tokens: Sequence[int]) -> float:
    """Log-probability of the tokens after the prompt, one forward pass a token."""
    return sum(float(chances(model, [*prompt, *tokens[:i]])[token]) for i, token in enumerate(tokens))

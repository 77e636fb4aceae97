"""How an answer option is written in a model's tokens, and which of them tell it from the other options."""

from collections.abc import Mapping
from typing import Any

Tokens = tuple[int, ...]
Forms = Mapping[tuple[str, Tokens], Tokens]  # {(option, one way to write it): the tokens of it that are needed}


class OptionForms:
    """The ways to write options with a tokenizer; worked out once for each lead and set of options."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[tuple[str, tuple[str, ...]], dict[tuple[str, Tokens], Tokens]] = {}

    def of(self, lead: str, options: tuple[str, ...]) -> dict[tuple[str, Tokens], Tokens]:
        """{(option, tokens of one way to write it): those of these tokens that are needed to tell it from the other options}."""
        if (lead, options) not in self._known:
            written = {(option, self._option_tokens(lead + option)) for option in options}
            if not lead:
                spaced = {(option, self._option_tokens(" " + option)) for option in options}
                firsts = [tokens[0] for _, tokens in written | spaced]
                if len(set(firsts)) == len(firsts):  # no further pass is needed to read them
                    written |= spaced
            self._known[lead, options] = {(option, tokens): _telling(option, tokens, written) for option, tokens in written}
        return self._known[lead, options]

    def _option_tokens(self, text: str) -> Tokens:
        """Its tokens inside a text: some tokenizers put a space before the first word of all."""
        newline = tuple(self._tokenizer("\n", add_special_tokens=False)["input_ids"])
        tokens = tuple(self._tokenizer("\n" + text, add_special_tokens=False)["input_ids"])
        if tokens[: len(newline)] == newline and len(tokens) > len(newline):
            return tokens[len(newline) :]
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def _telling(option: str, tokens: Tokens, written: set[tuple[str, Tokens]]) -> Tokens:
    """The beginning of the tokens that begins no other option; all of them where there is none."""
    others = [other for name, other in written if name != option]
    for end in range(1, len(tokens)):
        if not any(other[:end] == tokens[:end] for other in others):
            return tokens[:end]
    return tokens

"""Which option of an example a text means: the surface forms of each, and the letters of a source that has its own."""

from collections.abc import Mapping

from evalmap.answers.answer_types import Options, RawAnswer

TOKEN_MARKERS = str.maketrans({"▁": " ", "Ġ": " ", "Ċ": "\n"})  # how SentencePiece and byte-level BPE write a space and a newline
AROUND = " \t\r\n\u00a0*_\"'`“”‘’.,:;!()[]{}<>"


def option_named(text: str, options: Options, own: Mapping[str, str] | None = None) -> str | None:
    """The option of an example that a source means by a text; `own` as in `RawAnswer.options`. None where it is none of them."""
    return match_option(text, option_names(options, own))


def option_names(options: Options, own: Mapping[str, str] | None) -> dict[str, str]:
    """{key of a surface form: option of the example}, the source's own letters included where their texts are options."""
    plain = {surface_key(option): option for option in options.all}
    if len(plain) < len(options.all):  # options that differ in case or punctuation only
        plain = {option: option for option in options.all}
    if not own:
        return plain
    letters = {surface_key(letter): plain[surface_key(text)] for letter, text in own.items() if surface_key(text) in plain}
    if not letters:
        return plain
    taken = {surface_key(letter) for letter in own}
    return {key: option for key, option in plain.items() if key not in taken} | letters


def surface_key(text: str) -> str:
    """What all surface forms of an option share: nothing around it, lower case unless it is one character."""
    stripped = " ".join(text.translate(TOKEN_MARKERS).strip(AROUND).split()) or text.strip()
    return stripped if len(stripped) == 1 else stripped.casefold()


def match_option(text: str, names: Mapping[str, str]) -> str | None:
    """The option that a text names; a letter in the other case too, where no option is in the way."""
    for form in (text.strip(), surface_key(text)):
        if form in names:
            return names[form]
    folded = {key.casefold(): option for key, option in names.items()}
    return folded.get(surface_key(text).casefold()) if len(folded) == len(names) else None


def is_matching(answer: str | None, options: Options) -> bool | None:
    return None if answer is None or options.matching is None else answer == options.matching


def other_label(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> str | None:
    """Why evidence about "the matching answer" is not about this example's."""
    theirs = None if raw.matching is None else match_option(raw.matching, names)
    if theirs is None or options.matching is None or theirs == options.matching:
        return None
    return f"the source calls {theirs} the matching answer, the example {options.matching}"


def other_letters(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> str | None:
    """Why the source's letters are not the example's: their texts do not tell, and they name another matching answer."""
    ours = {surface_key(option) for option in options.all}
    if not raw.options or any(surface_key(text) in ours for text in raw.options.values()):
        return None
    return other_label(raw, options, names)

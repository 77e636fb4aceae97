"""Which option of an example a text means: the surface forms of each, and the letters of a source that has its own."""

from collections.abc import Mapping
from functools import lru_cache

from evalmap.answers.answer_types import Options, RawAnswer
from evalmap.data.choices import letter

TOKEN_MARKERS = str.maketrans({"▁": " ", "Ġ": " ", "Ċ": "\n"})  # how SentencePiece and byte-level BPE write a space and a newline
AROUND = " \t\r\n\u00a0*_\"'`“”‘’.,:;!()[]{}<>"


def option_named(text: str, options: Options, own: Mapping[str, str] | None = None) -> str | None:
    """The option of an example that a source means by a text; `own` as in `RawAnswer.options`. None where it is none of them.

    An option may be meant by its surface forms, by what it stands for, by the letter of its place, and by the number of its place
    where the data, or the source, shows from where it counts.
    """
    return option_meant(text, options, option_names(options, own))


def option_meant(text: str, options: Options, names: Mapping[str, str]) -> str | None:
    """As `option_named`, with the names of `option_names`."""
    found = match_option(text, names)
    return match_option(text, _other_names(options.texts, options.base, frozenset(names))) if found is None else found


def option_names(options: Options, own: Mapping[str, str] | None) -> dict[str, str]:
    """{key of a surface form: option of the example}, the source's own letters included where their texts are options."""
    plain = {surface_key(option): option for option in options.all}
    if len(plain) < len(options.all):  # options that differ in case or punctuation only
        plain = {option: option for option in options.all}
    if not own:
        return plain
    meant = {**_other_names(options.texts, None, frozenset()), **plain}
    letters = {surface_key(mark): meant[surface_key(text)] for mark, text in own.items() if surface_key(text) in meant}
    if not letters:
        return plain
    taken = {surface_key(mark) for mark in own}
    return {key: option for key, option in plain.items() if key not in taken} | letters


@lru_cache(maxsize=65_536)
def _other_names(texts: tuple[tuple[str, str], ...], base: int | None, taken: frozenset[str]) -> dict[str, str]:
    """{key: option} of what options stand for, of letters of their places, and (from `base`) of the places' numbers.

    What several share names none of them, and what is `taken` already is left out.
    """
    found: dict[str, str] = {}
    lettered = any(len(surface_key(option)) == 1 and surface_key(option) != surface_key(text) for option, text in texts)
    kinds = [[(text, option) for option, text in texts]]
    kinds += [] if lettered else [[(letter(place), option) for place, (option, _) in enumerate(texts)]]
    kinds += [] if base is None else [[(str(place + base), option) for place, (option, _) in enumerate(texts)]]
    for kind in kinds:
        keys = [surface_key(text) for text, _ in kind]
        for key, (_, option) in zip(keys, kind, strict=True):
            if key not in taken and keys.count(key) == 1:
                found.setdefault(key, option)
    return found


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
    ours = {surface_key(option) for option in options.all} | {surface_key(text) for _, text in options.texts}
    if not raw.options or any(surface_key(text) in ours for text in raw.options.values()):
        return None
    return other_label(raw, options, names)

"""Flags of the options of multiple-choice questions, inside the text or in fields of their own."""

import re

from evalmap.data.text.multiple_choice import lacks_question
from evalmap.data.text.normalization import normalize
from evalmap.screening.quality.flags.flag_rules import CannotTell, FlagInput, Found, flag, usual

USUAL = 0.8  # of the rows of a dataset; below, it has no usual number of options
STANCE_WORDS = 5  # an option as long as this is no chance repetition
STANCE = re.compile(
    r"\bI(?:'m| am|’m)? ?(?:(?:do|really|also|strongly|firmly|personally|still) )*"
    r"(?:think|thought|believe|feel|hold|support|favou?r|agree|prefer|say|argue|convinced|certain|sure|of the opinion)\b"
    r"|\b[Ii]n my (?:opinion|view)\b|\b[Mm]y (?:opinion|view|position|belief|stance) is\b",
)
_SENTENCES = re.compile(r"[^.?!\n]+")
_ALL = re.compile(
    r"\W*(?:(?:all|none|both|neither|any|either) of (?:the )?(?:above|these|them|those|(?:other )?(?:options|answers|choices))"
    r"|all (?:the )?above|(?:both|neither) \(?a\)? (?:and|nor) \(?b\)?)\W*",
    re.IGNORECASE,
)


@flag("no_question", "There is no question before the options.")
def no_question(given: FlagInput) -> Found:
    """No word before the first (A) other than choice(s), answer(s), option(s), possible, response(s), your, s."""
    return {row: "" for row, text in enumerate(given.texts) if lacks_question(text)}


@flag("identical_options", "Two options say the same.")
def identical_options(given: FlagInput) -> Found:
    """Equal under the typographic normalization; empty options are another rule's."""
    found: dict[int, str] = {}
    for row, options in enumerate(_some_options(given)):
        seen: set[str] = set()
        for option in options:
            same = normalize(option, "typographic")
            if same and same in seen:
                found[row] = option
                break
            seen.add(same)
    return found


@flag("empty_option", "An option is empty.")
def empty_option(given: FlagInput) -> Found:
    """An option without any character that is not white space."""
    return {row: "" for row, options in enumerate(_some_options(given)) if any(not option.strip() for option in options)}


@flag("option_count", "The number of options is not the dataset's usual one.")
def option_count(given: FlagInput) -> Found:
    """The usual number is the one that 80 % of a dataset's rows have; where there is none, or it is 0, no row is found."""
    counts: dict[str, list[tuple[int, int]]] = {}
    for row, options in enumerate(_some_options(given)):
        counts.setdefault(given.datasets[row], []).append((row, len(options)))
    found = {}
    for rows in counts.values():
        wanted = usual([count for _, count in rows], least=USUAL)
        found |= {row: f"{count} instead of {wanted}" for row, count in rows if wanted and count != wanted}
    return found


@flag("all_of_the_above", "An option points at the others in place of an answer.")
def all_of_the_above(given: FlagInput) -> Found:
    """A whole option that reads "all/none/both/neither/any/either of the above/these/them/those/options/answers/choices",
    "all the above", "both A and B" or "neither A nor B"."""
    return {
        row: next(option for option in options if _ALL.fullmatch(option))
        for row, options in enumerate(_some_options(given))
        if any(_ALL.fullmatch(option) for option in options)
    }


@flag("option_repeats_stance", "One option, and no other, says word for word what the question says the asker thinks.")
def option_repeats_stance(given: FlagInput) -> Found:
    """An option of five words or more, under the alphanumeric normalization, that stands before the options in a sentence that says
    what somebody holds (`STANCE`). An option that the question only names is none: "Would you take both, or one?"."""
    found: dict[int, str] = {}
    for row, options in enumerate(_some_options(given)):
        stances = [sentence for sentence in _SENTENCES.findall(given.stems[row]) if STANCE.search(sentence)]
        stem = f" {normalize(' | '.join(stances), 'alphanumeric')} "
        repeated = [option for option in options if (words := normalize(option, "alphanumeric")) and f" {words} " in stem]
        if len(repeated) == 1 and len(repeated[0].split()) >= STANCE_WORDS:
            found[row] = repeated[0]
    return found


def _some_options(given: FlagInput) -> list[tuple[str, ...]]:
    if not any(given.options):
        raise CannotTell("no row has options.")
    return given.options

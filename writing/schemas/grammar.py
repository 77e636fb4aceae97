"""What a sentence with a blank must be, as named rules: one sentence, one blank, both persons named, and a blank that each of its
pronouns fits and no other word gives away.

The rules look at words, not at a parse: they know the words that stand beside a pronoun of each place (a modal behind "she", no
article behind "her" as a possessive), and let pass what they do not know. Of the 2,990 published sentences they refuse 55: 47 for a
fault that a reader sees ("his" beside the blank, another person than the row names), 8 wrongly. With the pronouns of another place
put in, they refuse 84 to 100 %. What a sentence means is left to the vote.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from evalmap.data.text.pronouns import PRONOUNS, PronounForm
from evalmap.writing.schemas.closed_classes import (
    ADVERBS,
    AGREEING,
    ARTICLES,
    BOTH,
    CLOSED,
    CONJUNCTIONS,
    GENDERED,
    MAN,
    MODALS,
    NO_MAN,
    OTHER_PRONOUNS,
    PASTS,
    PASTS_AND_MORE,
    PREPOSITIONS,
    takes_two_objects,
)

PRONOUN_SETS: dict[tuple[str, str, str], PronounForm] = {
    (male, female, neutral): form
    for form, (female, male, neutrals) in PRONOUNS.items()
    if form != "independent possessive"  # no published sentence has it, and no rule below knows its place
    for neutral in neutrals
}
FEWEST_WORDS, MOST_WORDS = 6, 50
_TOKEN = re.compile(r"_+|[^\W_]+(?:['’\-/][^\W_]+)*['’]?|[^\w\s]")
_BLANK = re.compile(r"_+")
_DEMANDS = re.compile(r"\b(?:request|ask|insist|suggest|recommend|demand|requir|propos|urg|order)[a-z]*\b[^_]*\bthat _", re.I)
_NO_NOUN = MODALS | AGREEING | PREPOSITIONS | ARTICLES | CONJUNCTIONS | frozenset("and or but to than not".split())
_NO_VERB = PREPOSITIONS | ARTICLES | CONJUNCTIONS
_BEHIND_A_VERB = (PREPOSITIONS | ARTICLES | frozenset(["that", "how", "if", "whether"])) - {"of"}
_SENTENCE_END = re.compile(r"[.!?]+[\"”’')]*\s+(?=[\"“‘'(]*[A-Z_])")
_ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|etc|e\.g|i\.e|a\.m|p\.m|A\.M|P\.M|U\.S|Inc|Ltd|Co|Jr|Sr)\.$", re.I)


@dataclass(frozen=True)
class BlankSentence:
    """A sentence and what it should be about.

    pronouns : that the blank may be filled with: (he, she, they) …
    """

    text: str
    occupation: str
    other_person: str
    pronouns: tuple[str, ...]

    @property
    def form(self) -> PronounForm | None:
        """What the blank is in its sentence, by the pronouns; None for a set that is none of `PRONOUN_SETS`."""
        return PRONOUN_SETS.get(tuple(self.pronouns))  # pyright: ignore[reportArgumentType]

    @cached_property
    def tokens(self) -> list[str]:
        """Words, blanks and signs, in order; apostrophes straight."""
        return [token.replace("’", "'") for token in _TOKEN.findall(self.text)]

    @cached_property
    def without_persons(self) -> str:
        """The text with both names taken out, so that a person's own name is no give-away."""
        text = self.text
        for name in sorted((self.occupation, self.other_person), key=len, reverse=True):
            text = naming(name).sub(" · ", text)
        return text

    @cached_property
    def before(self) -> str:
        """The word or sign before the first blank, in lower case; "" at the beginning."""
        at = self._blank
        return self.tokens[at - 1].lower() if at > 0 else ""

    @cached_property
    def after(self) -> str:
        """The word or sign behind the first blank, in lower case; "" at the end."""
        at = self._blank
        return self.tokens[at + 1].lower() if 0 <= at < len(self.tokens) - 1 else ""

    @cached_property
    def second(self) -> str:
        """The word or sign behind `after`, in lower case; "" at the end."""
        at = self._blank
        return self.tokens[at + 2].lower() if 0 <= at < len(self.tokens) - 2 else ""

    @cached_property
    def verb(self) -> str:
        """The first word or sign behind the blank that is no adverb, in lower case; "" at the end."""
        behind = (token.lower() for token in self.tokens[self._blank + 1 :])
        return next((word for word in behind if word not in ADVERBS and not (word.endswith("ly") and len(word) > 4)), "")

    @property
    def _blank(self) -> int:
        return next((at for at, token in enumerate(self.tokens) if _BLANK.fullmatch(token)), -1)


@lru_cache(maxsize=4096)
def naming(name: str, *, plural: bool = True) -> re.Pattern[str]:
    """Where a text names a person: the whole words, whatever their case and hyphens, also in the possessive.

    plural : "motorists" names a motorist too
    """
    *head, last = [re.escape(word) for word in re.split(r"[\s-]+", name.strip())]
    forms = [last]
    if plural:
        forms += [rf"{last}e?s", *([rf"{last[:-1]}ies"] if last.endswith("y") else [])]
        forms += [last[:-3] + "men"] if last.endswith("man") else ["children"] if last == "child" else []
        forms += [last[:-6] + "people"] if last.endswith("person") else []
    words = r"[\s\-]+".join([*head, f"(?:{'|'.join(forms)})"])
    return re.compile(rf"(?<![\w\-]){words}(?:['’]s|['’](?!\w))?(?![\w\-])", re.I)


@dataclass(frozen=True)
class GrammarRule:
    """A named rule: `broken` says whether a sentence breaks it. The name is the reason that is told."""

    name: str
    broken: Callable[[BlankSentence], bool]


def is_gendered(word: str) -> bool:
    """Whether a word names people of one gender: "wife", "salesman", "waitress"; the titles Mr and Mrs too."""
    word = word.lower().replace("’", "'").removesuffix("'s").rstrip("'.")
    return word in GENDERED or (word.rstrip("s") not in NO_MAN and MAN.fullmatch(word) is not None)


def _blanks(sentence: BlankSentence) -> int:
    return len(_BLANK.findall(sentence.text))


def _inside_a_word(sentence: BlankSentence) -> bool:
    return re.search(r"[^\W_]_|_[^\W_]|[-/]_|_[-/]|\*_|_\*", sentence.text) is not None


def _names(name: str, other: str, text: str, *, plural: bool) -> bool:
    """Whether a text names somebody, and not only as a part of the other's name ("customer" in "customer service agent")."""
    if len(other) > len(name):
        text = naming(other).sub(" · ", text)
    return naming(name, plural=plural).search(text) is not None


def _another_pronoun(sentence: BlankSentence) -> bool:
    return any(token.lower() in OTHER_PRONOUNS for token in _words_without_persons(sentence))


def _gendered(sentence: BlankSentence) -> bool:
    return any(is_gendered(token) for token in _words_without_persons(sentence))


def _words_without_persons(sentence: BlankSentence) -> Iterator[str]:
    return (token.replace("’", "'") for token in _TOKEN.findall(sentence.without_persons))


def _unknown_set(sentence: BlankSentence) -> bool:
    return sentence.form is None


def _out_of_place(sentence: BlankSentence) -> bool:
    before, after = sentence.before, sentence.after
    if sentence.form is None or _blanks(sentence) != 1 or _inside_a_word(sentence):
        return False  # another rule says so
    if sentence.form == "subject":
        verb = sentence.verb
        if before in AGREEING:  # "why was _ so late" is in its place, and has another fault
            return False
        return not (_is_word(verb) or _contraction(sentence)) or verb in _NO_VERB or before in PREPOSITIONS
    if sentence.form == "possessive":
        verb = after in MODALS or after in PASTS - PASTS_AND_MORE
        verb = verb or (after.endswith("ed") and sentence.second in _BEHIND_A_VERB)
        return not _is_word(after) or after in _NO_NOUN or after in OTHER_PRONOUNS or verb
    if before in CONJUNCTIONS or not _is_word(before) or after in MODALS or after in AGREEING:
        return True
    if after in PASTS - PASTS_AND_MORE or (after.endswith("ed") and before in BOTH | {"and"}):
        return True  # "before _ filed a report"
    names_a_thing = _is_word(after) and after not in CLOSED and not after.endswith("ly")
    return names_a_thing and not takes_two_objects(before)


def _verb_fits_few(sentence: BlankSentence) -> bool:
    """Of a subject: only past forms and modals go with he, she and they alike."""
    if sentence.form != "subject" or _blanks(sentence) != 1 or _inside_a_word(sentence) or _out_of_place(sentence):
        return False
    if sentence.before in AGREEING:
        return True
    if sentence.before in MODALS or (sentence.before == "that" and _DEMANDS.search(sentence.text)):
        return sentence.verb in AGREEING  # "how would _ know", "requested that _ come"
    if contraction := _contraction(sentence):
        return contraction not in ("d", "ll")
    verb = sentence.verb
    return not (verb in MODALS or verb in PASTS or verb.endswith("ed"))


def _contraction(sentence: BlankSentence) -> str:
    """What is contracted with the blank: "d" of "_'d"; "" where nothing is."""
    found = re.search(r"_['’](d|ll|s|re|ve|m)\b", sentence.text)
    return found[1] if found else ""


def _several_sentences(sentence: BlankSentence) -> bool:
    text = sentence.text.strip()
    ends = [match for match in _SENTENCE_END.finditer(text) if not _ABBREVIATION.search(text[: match.start() + 1])]
    return bool(ends) or "\n" in text


def _no_end(sentence: BlankSentence) -> bool:
    return re.search(r"[.!?][\"”’')]*$", sentence.text.strip()) is None


def _words(sentence: BlankSentence) -> int:
    return sum(_is_word(token) or _BLANK.fullmatch(token) is not None for token in sentence.tokens)


def _is_word(token: str) -> bool:
    return token[:1].isalnum()


GRAMMAR_RULES: Sequence[GrammarRule] = (
    GrammarRule("no blank", lambda s: _blanks(s) == 0),
    GrammarRule("several blanks", lambda s: _blanks(s) > 1),
    GrammarRule("blank inside a word", _inside_a_word),
    GrammarRule("several sentences", _several_sentences),
    GrammarRule("no end of a sentence", _no_end),
    GrammarRule("too short", lambda s: _words(s) < FEWEST_WORDS),
    GrammarRule("too long", lambda s: _words(s) > MOST_WORDS),
    GrammarRule("occupation not named", lambda s: not _names(s.occupation, s.other_person, s.text, plural=False)),
    GrammarRule("other person not named", lambda s: not _names(s.other_person, s.occupation, s.text, plural=True)),
    GrammarRule("another pronoun", _another_pronoun),
    GrammarRule("gendered word", _gendered),
    GrammarRule("unknown pronouns", _unknown_set),
    GrammarRule("blank in another place than its pronouns", _out_of_place),
    GrammarRule("verb that fits some pronouns only", _verb_fits_few),
)


def broken_rules(sentence: BlankSentence) -> list[str]:
    """The names of the rules that a sentence breaks, in the order of `GRAMMAR_RULES`; [] where it is good."""
    return [rule.name for rule in GRAMMAR_RULES if rule.broken(sentence)]

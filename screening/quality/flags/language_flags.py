"""Flags of the language that a text is written in, by scripts and by small words; nothing is learned, and nothing is downloaded."""

import re
from collections import Counter
from collections.abc import Mapping

import regex

from evalmap.screening.quality.flags.flag_rules import CannotTell, FlagInput, Found, flag

# Small words that are common in one of these languages and no words of the others. Further languages of the Latin script are not
# told apart.
SMALL_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "English": "the and of is are was were that this with for have has had you your would they their what which from not "
        "been to my it by if but can be when than who there she",
        "German": "der die und ist nicht ein eine einen mit für auf den dem sich wie auch wird sind ich wir aber oder kann "
        "werden zu zum im bei wenn nur noch nach mich mein sie würde",
        "French": "le les et est une dans pour qui ne pas vous nous sont avec sur ce cette être où plus leur aux mon elle du "
        "au mes sans tout fait suis ces comme",
        "Spanish": "el los las y es una para por con como pero más muy usted sus del porque también hay cuando yo lo al soy "
        "este esta eso todo nada puede",
        "Italian": "gli è di che non sono della nel per anche questo più degli alla essere ho hanno perché molto io mio "
        "sempre delle ci si questa ma",
        "Portuguese": "os não uma em com você ao também foi são pelo isso muito dos seu sua ele eu meu minha mas um nos pela é "
        "do da",
        "Dutch": "het een van niet ik dat zijn op voor met maar ook aan wordt naar heeft zou wel deze mijn bij te om dan "
        "wat nog geen wij",
    }.items()
}
LEAST_WORDS = 3  # small words of a language that a text must hold to be in it
LEAST_LETTERS = 8  # letters of a script
MOST = 0.8  # of the texts whose language is known; a file without such a language has none of its own
SCRIPTS = "Cyrillic Greek Arabic Hebrew Han Hiragana Katakana Hangul Devanagari Bengali Tamil Telugu Thai".split()
_SCRIPT = {script: regex.compile(rf"\p{{Script={script}}}") for script in SCRIPTS}
_LANGUAGE_OF = {word: language for language, words in SMALL_WORDS.items() for word in words}
_WORD = re.compile(r"[^\W\d_]+")
JAPANESE = frozenset({"Han", "Hiragana", "Katakana"})  # one language writes in all three


@flag("other_language", "The text is not in the language of the other rows.")
def other_language(given: FlagInput) -> Found:
    """A dataset's language is the one that 80 % of its texts are in, among those whose language is known: by the script of more
    than half of the letters (`SCRIPTS`), and within the Latin script by small words (`SMALL_WORDS`; at least three, and twice as
    many as of any other language). A text whose language is not known is not flagged."""
    languages = [_language(text) for text in given.texts]
    found: dict[int, str] = {}
    usual: dict[str, str] = {}
    for dataset in dict.fromkeys(given.datasets):
        counts = Counter(
            language for language, of in zip(languages, given.datasets, strict=True) if language is not None and of == dataset
        )
        if counts and counts.most_common(1)[0][1] >= MOST * counts.total():
            usual[dataset] = counts.most_common(1)[0][0]
    if not usual:
        raise CannotTell("no dataset has a language that most of its texts are in, among those that are known.")
    for row, (language, dataset) in enumerate(zip(languages, given.datasets, strict=True)):
        if language is not None and dataset in usual and language != usual[dataset]:
            found[row] = f"{language} instead of {usual[dataset]}"
    return found


def _language(text: str) -> str | None:
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        for script, pattern in _SCRIPT.items():
            count = len(pattern.findall(text))
            if count >= LEAST_LETTERS and count > letters / 2:
                return "Chinese or Japanese" if script in JAPANESE else f"{script} script"
    hits = Counter(language for word in _WORD.findall(text.lower()) if (language := _LANGUAGE_OF.get(word)))
    (first, most), (_, second) = (*hits.most_common(2), ("", 0), ("", 0))[:2]
    return first if most >= LEAST_WORDS and most >= 2 * second else None

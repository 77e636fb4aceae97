"""Flags of how a text is worded: traces of its making, hints, who speaks.

HUMAN_ONLY and the other tables below are all the words that are looked for. They read English.
"""

import re
from collections.abc import Mapping

from evalmap.screening.quality.flags.flag_rules import FlagInput, Found, flag

# What a writing prompt or a chat leaves behind: what it is called → how it looks.
LEFTOVERS: Mapping[str, re.Pattern[str]] = {
    "opening of a reply": re.compile(r"\A\W*(?:sure|certainly|of course|absolutely)[,!.]+ (?:here|i can|i'd be|below)\b", re.I),
    "announcement": re.compile(
        r"\A\W*here(?: is|'s| are) (?:an?|the|some|another|\d+) (?:\w+ ){0,3}(?:statement|question|example|sentence)s?:", re.I
    ),
    "refusal": re.compile(r"\bas an? (?:AI|large)? ?(?:language )?model,? I(?: am|'m)? (?:can(?:no|')t|unable|not able)\b", re.I),
    "placeholder": re.compile(
        r"\{\{[^{}\n]{1,40}\}\}|(?<![\\\w^_}])\{[A-Za-z_][A-Za-z_ ]{1,30}\}|\[(?:insert|your|add|fill in)\b[^\]\n]{0,40}\]", re.I
    ),
    "blank of a form": re.compile(
        r"<(?=\S+\s\S)[^<>/\n]{0,40}\b(?:question|answer|choice|description)\b[^<>/\n]{0,60}>"
        r"|\[[^\[\]\n]{0,30}\bhere\b[^\[\]\n]{0,10}\]|\b(?:YOUR QUESTION|QUESTION YOU WRITE|ANSWER LABEL)\b"
        r"|\A\W*(?:[Tt]ext of (?:the )?question|question here)\b"
    ),
    "turn of a chat": re.compile(r"^[ \t]*(?:Human|Assistant|User|System):(?=\s|$)", re.M),
    "mark of a chat template": re.compile(r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<<SYS>>|^#{2,3} (?:Instruction|Response):", re.M),
}
HINTS = re.compile(
    r"\bhint:|\b(?:correct|right) (?:answer|option|choice) is\b|\bcorrect answer:\s*\S|\bthe answer is \(?[A-H]\)|"
    r"[(\[](?:correct|right answer|correct answer)[)\]]|\banswer\s*:\s*\(?[A-H]\)?\s*\Z",
    re.I,
)
# A question that tells what is to be answered: what it is called → how it looks; read up to the question mark
_NOT = r"(?:isn|aren|wasn|weren|don|doesn|didn|won|wouldn|shouldn|couldn|can|haven|hasn)['’]t"
_WHO = "you|it|this|that|we|they|he|she|there"
LEADING: Mapping[str, re.Pattern[str]] = {
    "negative question": re.compile(
        rf"(?:\A|(?<=[.!?:;,]\s)|\b(?:but|and|so)\s+){_NOT} (?:{_WHO}|the|an?|all|most)\b[^.?!\n]*\?", re.IGNORECASE
    ),
    "tag": re.compile(rf", (?:right|correct|no|yes|{_NOT} (?:{_WHO}))\s*\?", re.IGNORECASE),
    "certainty": re.compile(
        r"(?:\A|(?<=[.!?:;,]\s))(?:but |and )?(?:surely|obviously|undoubtedly|needless to say|of course)\b[^.?!\n]*\?",
        re.IGNORECASE,
    ),
}
_ASKS = (
    "what who whom whose which when where why how do does did is are am was were will would can could should shall may might must "
    "have has had"
)
# How a sentence begins that asks anew; one that begins with "or", "that is", "being", "to" … goes on with the question before it
_NEW_QUESTION = re.compile(
    r"\W*(?:(?:and|but|so|also|then|finally|if (?:so|not|yes|no)|in (?:this|that) case)\b[\s,]*)*"
    rf"(?:{'|'.join(_ASKS.split())})\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.?!:\n]*[^\W_][^.?!:\n]*[.?!:]*")
OPEN_ENDS = "and or but nor because although the a an my your their".split()
_UNFINISHED = re.compile(rf"(?:(?<=\s)(?:{'|'.join(OPEN_ENDS)})|,)[\"”'’]?\s*\Z")
_RELATIVES = (
    "mother father mom dad parents wife husband spouse sister brother siblings son daughter children grandmother grandfather"
)
_LIFE = "childhood birthday body stomach wedding salary"
_OF_A_PERSON = "|".join((_RELATIVES + " " + _LIFE).split())
HUMAN_ONLY = re.compile(
    rf"\b[Mm]y (?:{_OF_A_PERSON})\b|\bI was born\b(?! to\b)|\bI grew up\b"
    r"|\b[Ww]hen I was (?:a (?:child|kid|boy|girl|baby|teenager)|young|little|growing up|in (?:high )?school)\b"
    r"|\bI(?: am|'m|’m) (?:\d\d years old|pregnant|married|divorced)\b"
)
MODEL_SPEAKS = re.compile(
    r"\b[Aa]s an? (?:AI|artificial intelligence|(?:large )?language model)\b(?!(?: \w+)? (?:gets|becomes|grows|learns)\b)"
    r"|\bI(?: am|'m|’m) an? (?:AI|language model)\b"
)
ASKS_A_BODY = re.compile(
    r"\b(?:how (?:much|long|many hours|well)|when|where) (?:\w+ )?(?:do|did) you (?:usually |normally )?"
    r"(?:sleep|eat|grow up|exercise)\b|\bhow much sleep do you\b"
    rf"|\b(?:what|who|how|where|when)(?: \w+)? (?:is|are|was|were|do|did|does) your (?:{_OF_A_PERSON})\b"
    r"|\bhow (?:much|many)\b[^.?!\n]{0,40} your body\b",
    re.I,
)
_A_MODEL = re.compile(r"\b(?:AIs?|artificial|language model|model|assistant|chatbot|robot|machine|program|computer)\b", re.I)


@flag("several_questions", "More than one question is asked before the options.")
def several_questions(given: FlagInput) -> Found:
    """The last two sentences before the options both end with a question mark, what stands between quotation marks left out, and
    the last one asks anew: "Or …?", "That is, …?" and "Taking both …?" go on with the question before them. An earlier question is
    taken for rhetoric, and so is any in a text with the word "I": people who tell of themselves ask such."""
    found = {}
    for row, stem in enumerate(given.stems):
        unquoted = re.sub(r"[\"“][^\"”]*[\"”]", "“…”", stem)
        sentences = _SENTENCE.findall(unquoted)[-2:]
        two = len(sentences) == 2 and all(sentence.endswith("?") for sentence in sentences)
        if two and _NEW_QUESTION.match(sentences[1]) and not re.search(r"\bI\b", unquoted):
            found[row] = " | ".join(" ".join(sentence.split()) for sentence in sentences)
    return found


@flag("leftover_prompt", "The text holds words of the prompt, of a chat template or of a reply to it.")
def leftover_prompt(given: FlagInput) -> Found:
    """One of `LEFTOVERS`; "Human:" and the like not where the row is a chat (`turns`)."""
    chats = given.examples["turns"].notna().tolist() if "turns" in given.examples else [False] * len(given.texts)
    found: dict[int, str] = {}
    for row, text in enumerate(given.texts):
        for name, pattern in LEFTOVERS.items():
            if (match := pattern.search(text)) and not (chats[row] and name == "turn of a chat"):
                found[row] = f"{name}: {' '.join(match.group().split())}"
                break
    return found


@flag("replacement_character", "A character was lost: the text holds U+FFFD.")
def replacement_character(given: FlagInput) -> Found:
    """U+FFFD, which decoders put where bytes were no text."""
    found = {}
    for row, text in enumerate(given.texts):
        if (at := text.find("\ufffd")) >= 0:
            found[row] = text[max(0, at - 15) : at + 15]
    return found


@flag("answer_given_away", "The text says which answer is right.")
def answer_given_away(given: FlagInput) -> Found:
    """One of `HINTS`: "hint:", "the correct answer is", "(correct)", "the answer is (B)", an "Answer:" filled in at the end.
    Only rows with options are read."""
    return {
        row: " ".join(match.group().split())
        for row, (text, options) in enumerate(zip(given.texts, given.options, strict=True))
        if options and (match := HINTS.search(text))
    }


@flag("presupposes_answer", "The question tells which answer is expected.")
def presupposes_answer(given: FlagInput) -> Found:
    """One of `LEADING` before the options: a negative question ("Isn't it …?"), a tag (", right?"), or "surely", "obviously",
    "undoubtedly", "needless to say", "of course" in a question. Only rows with options are read: a statement quotes such
    questions, and a person who tells of something asks them of themselves."""
    found = {}
    for row, (stem, options) in enumerate(zip(given.stems, given.options, strict=True)):
        for name, pattern in LEADING.items() if options else ():
            if match := pattern.search(stem):
                found[row] = f"{name}: {' '.join(match.group().split())}"
                break
    return found


@flag("unfinished_sentence", "The text breaks off.")
def unfinished_sentence(given: FlagInput) -> Found:
    """It ends with a comma or with one of `OPEN_ENDS` in lower case. A missing full stop is no sign."""
    return {row: match.group().strip() for row, text in enumerate(given.texts) if (match := _UNFINISHED.search(text))}


@flag("human_only_experience", "A statement in the first person claims what only a human has.")
def human_only_experience(given: FlagInput) -> Found:
    """One of `HUMAN_ONLY` (relatives, childhood, birth, body, age, marriage). Rows with options or a question mark are not read:
    there a person asks."""
    return _spoken(given, HUMAN_ONLY)


@flag("model_speaks", "A statement says that a model speaks.")
def model_speaks(given: FlagInput) -> Found:
    """One of `MODEL_SPEAKS` ("as an AI", "I am a language model"); rows with options or a question mark are not read."""
    return _spoken(given, MODEL_SPEAKS)


@flag("ambiguous_addressee", "“You” is asked what only a human has, and nothing says that a model is meant.")
def ambiguous_addressee(given: FlagInput) -> Found:
    """One of `ASKS_A_BODY` in the question, and none of AI, artificial, model, assistant, chatbot, robot, machine, program,
    computer anywhere in the text."""
    return {
        row: match.group()
        for row, (stem, text) in enumerate(zip(given.stems, given.texts, strict=True))
        if "?" in stem and (match := ASKS_A_BODY.search(stem)) and not _A_MODEL.search(text)
    }


def _spoken(given: FlagInput, pattern: re.Pattern[str]) -> Found:
    return {
        row: match.group()
        for row, (text, options) in enumerate(zip(given.texts, given.options, strict=True))
        if not options and "?" not in text and (match := pattern.search(text))
    }

"""Reading the option that a free text states: never a guess, anything that leaves a doubt is unparsable."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evalmap.answers.answer_types import Options

NOTHING_STATED = "no option is stated"


@dataclass(frozen=True)
class Parsed:
    """What a text says: status "ok" with the option as `Options` has it; else no answer, and in a few words why."""

    status: Literal["ok", "refusal", "unparsable"]
    answer: str | None = None
    reason: str = ""


def parse_answer(text: str, options: Options, *, texts: Mapping[str, str] | None = None) -> Parsed:
    """Read which option a text states.

    Read are: the option alone, as a whole text or as a line of its own ("**Yes**", "yes.", "(A)", "B)", "c"); an option that
    opens the text and is set off from what follows ("Yes, I would", "(A) …", "A. …"; not "A good person …", "No problem"); one
    that the text calls its answer ("The answer is (B)", "I would choose B."); the full text of a choice. A reasoning block
    (<think>…</think>), Markdown, quotes and what a model writes after "Human:" are passed over. Case does not matter.

    Parameters
    ----------
    texts : {option: what it stands for} where options are letters, or None

    Returns
    -------
    Parsed : "refusal" where the text declines to answer or says that a model has no such opinions, and states no option;
        "unparsable" where it states none, several, one beside a refusal, or the same one as is listed twice in `options`
    """
    if not options.all:
        return Parsed("unparsable", reason="the example has no options")
    exact = [option for option in options.all if text.strip() == option.strip()]
    if len(exact) == 1:
        return Parsed("ok", exact[0])
    plain = _plain(text)
    if plain is None:
        return Parsed("unparsable", reason="the reasoning does not end")
    if not plain:
        return Parsed("unparsable", reason="no text")
    forms = _forms(options.all)
    meanings = {option: meaning for option, written in (texts or {}).items() if (meaning := _words(written))}
    stated = _stated(plain, forms) | {option for option, meaning in meanings.items() if _words(plain) == meaning}
    opening, sure = _opening(plain, forms, meanings)
    found = stated | ({opening} if opening is not None else set())
    refuses = _REFUSES.search(plain)
    if not found:
        if declined := refuses or _DISCLAIMS.search(plain):
            return Parsed("refusal", reason=f"it says “{declined[0].strip()}”")
        return Parsed("unparsable", reason=NOTHING_STATED)
    if len(found) > 1:
        return Parsed("unparsable", reason="several options are stated")
    if refuses:
        return Parsed("unparsable", reason="an option beside a refusal")
    (answer,) = found
    for form in forms:
        if form.option != answer:
            beside = _without(plain, answer) if f" {_words(form.option)} " in f" {_words(answer)} " else plain
            if form.joined.search(beside) or (not stated and not sure and form.mentioned.search(beside)):
                return Parsed("unparsable", reason="another option is stated beside it")
    return Parsed("ok", answer)


# --- forms of an option -----------------------------------------------------------------------------------------------------

_NEGATION = re.compile(r"\b(?:if|unless|whether|not|never|cannot|neither|nor|hardly|wrong|incorrect)\b|n't\b", re.IGNORECASE)
_HAD_TO = re.compile(r"\bif i (?:had|have|were) to \w+", re.IGNORECASE)
_CUES = (
    r"\b(?:answer|choice|option|response|selection|decision)(?: to (?:this|the|that|your) \w+)?"
    r" ?(?:is|would be|will be|must be|:|=)[ :\n]*(?:that )?(?:option |choice |letter |simply |just |definitely |clearly )?",
    r"\bi(?:'d|'ll| would| will| do)? (?:choose|pick|select|go with|opt for|vote for|answer|say)(?: with)? ?:? ?"
    r"(?:option |choice |answer )?",
)
# After an opening "(A)" these make a sentence about the option rather than an answer: "(A) is wrong", "(A) or (B)".
_ABOUT = re.compile(
    r"\s*(?:is|isn't|was|are|aren't|would|wouldn't|may|might|could|can|cannot|can't|will|won't|does|doesn't|has|seems?|sounds?|looks?"
    r"|and|or|nor|vs|versus|but|not|wrong|incorrect|[/&?])(?!\w)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\(?([A-Za-z])[).]?")
_DIGITS = re.compile(r"\(?([0-9]{1,3})[).]?")
_YES_NO = {"yes": r"(?: i would not| i wouldn't)(?: say| agree)?\b", "no": r" i (?:would|do|will|am|agree)(?=[.!]|$)"}


@dataclass(frozen=True)
class _Form:
    """How one option may be written.

    line : all of a line; cue : after "the answer is", with what must follow; opens : at the start of a text, set off from the
    rest; takes_back : opens, but goes on to say otherwise; joined : so near another option ("and no") that neither is an answer;
    mentioned : anywhere in a text that another option merely opens
    """

    option: str
    line: re.Pattern[str]
    cue: re.Pattern[str]
    opens: re.Pattern[str] | None
    joined: re.Pattern[str]
    mentioned: re.Pattern[str]
    takes_back: re.Pattern[str] | None = None


@lru_cache(maxsize=256)
def _forms(options: tuple[str, ...]) -> tuple[_Form, ...]:
    """Forms of the options that can be told apart; two that differ in case or marks only have none."""
    plain = [_words(option) or option.strip().casefold() for option in options]
    return tuple(_form(option) for option, words in zip(options, plain, strict=True) if plain.count(words) == 1)


def _form(option: str) -> _Form:
    name = option.strip()
    if mark := _LETTER.fullmatch(name) or _DIGITS.fullmatch(name):
        return _letter(option, mark[1])
    parts = r"\s+".join(re.escape(part) for part in _tidy(name).split())
    word = ("(?<!\\w)" if re.match(r"\w", name) else "") + parts + ("(?!\\w)" if re.search(r"\w$", name) else "")
    ends = r"(?=\s*$|\s*\n|[.!]+(?:$|\s+(?!\d))|[;:,]\s"  # not "No. 1", "no-one", "Yes/No"
    other_side = _YES_NO.get(_words(name))
    goes_on = r"|(?= i\b| of course\b| absolutely\b| definitely\b| certainly\b)" if other_side else ""
    return _Form(
        option,
        line=_compile(rf"(?:answer )?{word} ?[.!:;,]*"),
        cue=_compile("|".join(rf"{cue}{word}{ends})" for cue in _CUES)),
        opens=_compile(rf"{word}(?:{ends}| [-–—] ){goes_on})"),
        joined=_compile(rf"\b(?:and|or|nor|vs\.?|versus|but|also)\s+{word}|[/&] ?{word}"),
        mentioned=_compile(rf"(?:^|[.,;:!?–—-]\s*|\n\s*){word}(?=\s*$|\s*[.,;:!?\n])"),
        takes_back=_compile(rf"{word},?{other_side}") if other_side else None,
    )


def _letter(option: str, x: str) -> _Form:
    """A letter or number, with or without brackets."""
    boxed = rf"[(\[{{] ?{x} ?[)\]}}]"
    bare = rf"(?<!\w){x}(?=[.,;:!)]+(?:\s|$)| ?(?:\n|$))"
    # "1. First, …" opens a list, "A good person" and "A: …" a sentence, "A. M. …" a name.
    opens = rf"(?:option |choice )?(?:{boxed}|{x}(?:\)|\.(?=\s|$)(?!\s*[a-z]\.)| [-–—](?=\s)))"
    return _Form(
        option,
        line=_compile(rf"(?:option |choice |answer )?(?:{boxed}|{x}) ?[).;!,]*"),
        cue=_compile("|".join(rf"{cue}(?:{boxed}(?! ?\?)|{bare})" for cue in _CUES)),
        opens=None if x.isdigit() else _compile(opens),
        joined=_compile(
            rf"(?:\b(?:and|or|nor|vs\.?|versus)\s+|[/&,] ?)(?:option |choice )?(?:{boxed}|{x}(?=[.,;:!?)]|\s*$))"
            rf"|\n{boxed}(?!{_ABOUT.pattern})"
        ),
        mentioned=_compile(boxed),
    )


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# --- what a text states -----------------------------------------------------------------------------------------------------


def _stated(plain: str, forms: tuple[_Form, ...]) -> set[str]:
    """Options that stand on a line of their own, or that the text calls its answer."""
    lines = [line.strip() for line in plain.split("\n")]
    found = {form.option for form in forms for line in lines if form.line.fullmatch(line)}
    for form in _longest_first(forms):
        for cue in form.cue.finditer(plain):
            sentence = _HAD_TO.sub("", re.split(r"[.!?\n]", plain[: cue.start()])[-1])
            if not _NEGATION.search(sentence) and not _goes_on(form, forms, plain[cue.end() :]):
                found.add(form.option)
    return found


def _opening(plain: str, forms: tuple[_Form, ...], meanings: Mapping[str, str]) -> tuple[str | None, bool]:
    """The option that the text opens with, set off from the rest, and whether the rest is just what that option stands for."""
    for form in _longest_first(forms):
        found = form.opens.match(plain) if form.opens is not None else None
        if found is None or (form.takes_back is not None and form.takes_back.match(plain)):
            continue
        rest = _words(plain[found.end() :])
        meant = {option for option, meaning in meanings.items() if rest == meaning or rest.startswith(meaning + " ")}
        if meant:
            return (form.option, rest == meanings.get(form.option)) if meant == {form.option} else (None, False)
        if _ABOUT.match(plain[found.end() :]) or _goes_on(form, forms, plain[found.end() :]):
            return None, False
        return form.option, False
    return None, False


def _goes_on(form: _Form, forms: tuple[_Form, ...], after: str) -> bool:
    """Whether what comes after the option makes a longer one of it: "agree, strongly" of "agree strongly"."""
    short = f"{_words(form.option)} "
    rests = [words.removeprefix(short) for other in forms if (words := _words(other.option)).startswith(short)]
    return any(f"{_words(after)} ".startswith(f"{rest} ") for rest in rests)


def _without(plain: str, option: str) -> str:
    """The text without an option that holds the words of another ("Neither agree nor disagree")."""
    return re.sub(re.escape(_tidy(option.strip())), " ", plain, flags=re.IGNORECASE)


def _longest_first(forms: tuple[_Form, ...]) -> list[_Form]:
    return sorted(forms, key=lambda form: -len(form.option))


# --- refusals ---------------------------------------------------------------------------------------------------------------

_ANSWERING = (
    r"(?:answer|choose|pick|select|respond|reply|provide|express|comment|assist|help you|help with|discuss|engage|comply|decide"
    r"|(?:give|offer|share|state|form) (?:an?|my|any) \w+|take (?:a |any )?(?:side|stance|position)"
    r"|make (?:a |that |this |any )?(?:choice|decision|judge?ment))\b"
)
_CANNOT = (
    r"(?:can ?not|can't|could not|couldn't|won't|will not|(?:am |'m )(?:unable|not able|not allowed|not going|not in a position) to"
    r"|decline to|refuse to|(?:do not|don't) wish to|rather not|prefer not to|(?:am |'m )not comfortable to)"
)
_REFUSES = re.compile(
    rf"\bi ?(?:(?:must|have to|would|will|'d|just|simply|really|respectfully) )*{_CANNOT} (?:\w+ly )?{_ANSWERING}"
    r"|\bi (?:must |have to |respectfully |will )?decline(?=[.!]|$)",
    re.IGNORECASE,
)
_DISCLAIMS = re.compile(
    r"\bi (?:(?:do not|don't|cannot|can't) (?:\w+ly )?(?:have|hold|possess|experience|form)|lack|have no)"
    r"(?: any| my own| an?| the)? (?:personal|feelings?|opinions?|beliefs?|preferences?|emotions?|views?|consciousness"
    r"|ability to|capacity to|capability to)\b",
    re.IGNORECASE,
)

# --- text -------------------------------------------------------------------------------------------------------------------

_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_THINKS = re.compile(r"<(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_NEXT_TURN = re.compile(r"\n[^\S\n]*(?:Human|User|Question|Q) ?:.*", re.DOTALL)
_TAG = re.compile(r"<\|[^<>|]{1,40}\|>|</?[A-Za-z]{1,20}>")
_SPEAKER = re.compile(r"(?:assistant|ai|response) ?:\s*", re.IGNORECASE)
_LATEX = re.compile(r"\\boxed\{(?:\\text\{)?([^{}]*)\}+")
_MARKS = str.maketrans({"’": "'", "‘": "'", "“": " ", "”": " ", '"': " ", "*": "", "`": "", "«": " ", "»": " ", "$": " "})


def _plain(text: str) -> str | None:
    """The text without reasoning, markup, quotes and later turns, in single spaces; None where the reasoning does not end."""
    text = unicodedata.normalize("NFKC", text)
    ends = list(_THOUGHT.finditer(text))
    if ends:
        text = text[ends[-1].end() :]
    if _THINKS.search(text):
        return None
    text = _NEXT_TURN.sub("", "\n" + text)
    text = _TAG.sub("\n", _LATEX.sub(r"\n\1\n", text))
    return _SPEAKER.sub("", _tidy(text), count=1) if _SPEAKER.match(_tidy(text)) else _tidy(text)


def _tidy(text: str) -> str:
    text = re.sub(r"(?m)^[ \t]*(?:#{1,6} |>+ ?|[-+•*] (?=\S))", "", text).translate(_MARKS)
    text = re.sub(r"(?<!\w)(?:'|_{1,2})|(?:'|_{1,2})(?!\w)", "", text)  # quotes and emphasis, but not "don't" and "a_b"
    return re.sub(r" ?\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()


def _words(text: str) -> str:
    """Words in lower case, in single spaces, without anything between them."""
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)*", unicodedata.normalize("NFKC", text).replace("’", "'").casefold()))

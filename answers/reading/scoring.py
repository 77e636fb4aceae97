"""From what a source tells of one answer to the option chosen and P(matching)."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from evalmap.answers.answer_types import Options, RawAnswer, Scored
from evalmap.answers.reading.parsing import parse_answer

_MARKERS = str.maketrans({"▁": " ", "Ġ": " ", "Ċ": "\n"})  # how SentencePiece and byte-level BPE write a space and a newline
_AROUND = " \t\r\n\u00a0*_\"'`“”‘’.,:;!()[]{}<>"
# What models write before the option itself: read over, as is a bracket, white space or "**".
_LEAD_INS = ("the correct answer is", "the answer is", "my answer is", "answer is", "answer", "option", "choice")
# Less than this of the first token's probability is not where a model that goes on to state its answer in words gave it.
_ELSEWHERE = 0.01
_ROUNDING = 1e-6  # of a sum of float32 probabilities


def score(raw: RawAnswer, options: Options) -> Scored:
    """Read an answer: which option was chosen, and how probable the matching one was.

    The first evidence there is, in the order of `RawAnswer`: error, option_logprobs, top_logprobs, p_matching (or the pair
    logprob_matching and logprob_not_matching), correct, answer, text. Nothing of these → "no_logprobs".

    Options are compared without white space, token markers, quotes, brackets and punctuation around them, and without regard to
    case; an option of one letter as a token keeps its case, since "a" is a word. All surface forms of an option are summed ("Yes",
    " Yes", "yes", "YES"; "A", "(A", " (A)"). Where the source has options of its own whose texts are the example's (Inspect may
    have shuffled them), its letters stand for those.

    option_logprobs : what is none of the example's options counts as one more other option. A matching option that the source
        did not ask for, fewer than two options, or one that is NaN: "error", the reason in raw_text; so when all are -inf.
    top_logprobs : the first token of each position is the one that was written. Where what was written so far is only white
        space, an opening bracket or quote, a lead-in ("Answer:") or the beginning of an option, the next position counts too:
        P("A") + P("(") · P("A" after "("). An option that is not seen takes the most it can have had, the lowest token of these
        positions (or what the top tokens leave over, or tokens that could begin it), but no more than the best that is seen, and
        `bounded` is set. No option seen: the text is read, and P is nan; so too where the options hold less than 1 % and the text
        states an answer.
    p_matching : the answer is the source's, else the option that P > .5 leaves no doubt of; exactly .5 of two is a tie. P outside
        0–1 is an "error".
    correct : matches is the flag; the answer is known only where the flag is true, or the source names it too.
    answer : one that is none of the options is "unparsable"; where the data offers no options it stands as it is.

    The example's label is trusted, not the source's: `raw.matching` counts only where the evidence is about it (p_matching,
    correct, letters without texts), and if it is then another of the example's options, the answer is an "error".

    A tie is exact equality of the best log-probabilities. P is then 1/n where all n options are equal; with a worse third
    option it stays exp(lm) / (exp(lm) + Σ exp(lo)).
    """
    scored = _score(raw, options, _names(options, raw.options))
    top = next((max(position, key=_ranked(position)) for position in raw.top_logprobs or () if position), None)
    return replace(
        scored,
        bounded=scored.bounded or raw.bounded,
        raw_text=raw.text if scored.raw_text is None else scored.raw_text,
        top_token=top if raw.top_token is None else raw.top_token,
    )


def option_named(text: str, options: Options, own: Mapping[str, str] | None = None) -> str | None:
    """The option of an example that a source means by a text; `own` as in `RawAnswer.options`. None where it is none of them."""
    return _match(text, _names(options, own))


def _score(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if raw.error is not None:
        return _error(raw.error)
    if raw.option_logprobs:
        return _from_options(raw.option_logprobs, raw, options, names)
    if raw.top_logprobs and any(raw.top_logprobs):
        return _from_tokens(raw.top_logprobs, raw, options, names)
    if raw.p_matching is not None or (raw.logprob_matching is not None and raw.logprob_not_matching is not None):
        return _from_p(raw, options, names)
    if raw.correct is not None:
        return _from_flag(raw.correct, raw, options, names)
    if raw.answer is not None:
        return _from_answer(raw.answer, raw, options, names)
    return _from_text(raw.text, raw, options, names) if raw.text is not None else Scored("no_logprobs")


# --- evidence ---------------------------------------------------------------------------------------------------------------


def _from_options(logprobs: Mapping[str, float], raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if reason := _other_letters(raw, options, names):
        return _error(reason)
    forms: dict[str, list[float]] = {}
    for written, logprob in logprobs.items():
        option = _match(written, names) or written.strip()
        if math.isnan(logprob) or logprob == math.inf:
            return _error(f"the log-probability of {option} is {logprob}, not a number below 0")
        forms.setdefault(option, []).append(logprob)
    if options.matching is not None and options.matching not in forms:
        return _error(f"the matching answer {options.matching} is not among the source's options ({', '.join(forms)})")
    if len(forms) < 2:
        return _error(f"the source has the log-probability of one option only ({', '.join(forms)})")
    summed = {option: _log_sum(values) for option, values in forms.items()}
    if max(summed.values()) == -math.inf:
        return _error("the log-probability of every option is -inf")
    return _decide(summed, options, mass=_mass(summed.values()) if raw.answer_mass is None else raw.answer_mass)


def _from_tokens(positions: Sequence[Mapping[str, float]], raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if reason := _other_letters(raw, options, names):
        return _error(reason)
    if not any(math.isfinite(logprob) for logprob in positions[0].values()) and raw.text is None:
        return _error("no log-probability of the first token is a finite number")
    seen, unseen = _walk(positions, names)
    if len(options.all) < 2:
        seen = {}  # with nothing to compare it with, an option's P would be 1 whatever was answered
    mass = _mass(seen.values())
    if mass < _ELSEWHERE:
        text = "".join(next(iter(position), "") for position in positions).translate(_MARKERS) if raw.text is None else raw.text
        read = _from_text(text, raw, options, names)
        if not seen or read.status == "ok":
            return replace(read, raw_text=text)
    best = max(seen.values())
    bounds = {option: min(best, unseen.get(option, best)) for option in options.all if option not in seen}
    decided = _decide({**seen, **bounds}, options, mass=mass, chosen_among=seen)
    return replace(decided, bounded=bool(bounds))


def _from_p(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if reason := _other_label(raw, options, names):
        return _error(reason)
    lm, lo = _or_nan(raw.logprob_matching), _or_nan(raw.logprob_not_matching)
    if raw.p_matching is not None:
        p = raw.p_matching
    elif max(lm, lo) == -math.inf:
        return _error("the log-probability of every option is -inf")
    else:
        p = math.nan if math.isnan(lm + lo) or math.inf in (lm, lo) else 0.5 if lm == lo else math.exp(lm - _log_sum((lm, lo)))
    if not 0 <= p <= 1:
        return _error(f"the probability of the matching answer is {p:g}, expected 0 to 1")
    scored = Scored("ok", None, None, p, lm, lo, _or_nan(raw.answer_mass))
    n = len(options.all)
    tie = replace(scored, status="tie", matches=None if options.matching is None else False)
    if n <= 2 and lm == lo:
        return tie  # whatever else is told: argmax names the first of two that are equal
    given = None if raw.answer is None else _match(raw.answer, names)
    if given is not None:
        return replace(scored, answer=given, matches=_matches(given, options))
    if n <= 2 and p == 0.5 and not raw.correct:  # a flag that is false is also what a tie has
        return tie
    if raw.correct is not None:
        return replace(scored, answer=options.matching if raw.correct else None, matches=raw.correct)
    if options.matching is None:
        return scored
    if p > 0.5:
        return replace(scored, answer=options.matching, matches=True)
    # Of three options or more, P between 1/n and 1/2 leaves open whether another is likelier.
    lost = n <= 2 or p < 1 / n
    return replace(scored, answer=options.others[0] if n == 2 else None, matches=False if lost else None)


def _from_flag(correct: bool, raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if reason := _other_label(raw, options, names):
        return _error(reason)
    answer = options.matching if correct else None
    given = None if raw.answer is None else _match(raw.answer, names)
    if given is not None and _matches(given, options) in (correct, None):
        answer = given
    return Scored("ok", answer, correct)


def _from_answer(answer: str, raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if reason := _other_letters(raw, options, names):
        return _error(reason)
    option = _match(answer, names)
    if option is None:
        told = answer.strip()
        if told and not options.all:
            return Scored("ok", answer=told)
        return Scored("unparsable", raw_text=answer if raw.text is None else raw.text)
    return Scored("ok", option, _matches(option, options))


def _from_text(text: str, raw: RawAnswer, options: Options, names: Mapping[str, str]) -> Scored:
    if reason := _other_letters(raw, options, names):
        return _error(reason)
    meanings = {f"({_key(letter)})": meaning for letter, meaning in (raw.options or {}).items() if _key(letter) in names}
    own = {letter: names[_key(letter)] for letter in meanings}
    by_texts = bool(own) and any(_key(meaning) == _key(own[letter]) for letter, meaning in meanings.items())
    shown = {_key(option) for option in options.all} & {_key(letter) for letter in own}
    status, answer = "unparsable", None
    if not (by_texts and shown):  # else "(B)" in the text is the source's B
        parsed = parse_answer(text, options, texts={own[letter]: meaning for letter, meaning in meanings.items()})
        status, answer = parsed.status, parsed.answer
    if by_texts and status == "unparsable":
        parsed = parse_answer(text, Options(None, tuple(own)), texts=meanings)
        status, answer = parsed.status, own.get(parsed.answer) if parsed.answer is not None else None
    return Scored(status, answer, _matches(answer, options) if status == "ok" else None)


# --- names of options -------------------------------------------------------------------------------------------------------


def _names(options: Options, own: Mapping[str, str] | None) -> dict[str, str]:
    """{key of a surface form: option of the example}, the source's own letters included where their texts are options."""
    plain = {_key(option): option for option in options.all}
    if len(plain) < len(options.all):  # options that differ in case or punctuation only
        plain = {option: option for option in options.all}
    if not own:
        return plain
    letters = {_key(letter): plain[_key(text)] for letter, text in own.items() if _key(text) in plain}
    if not letters:
        return plain
    taken = {_key(letter) for letter in own}
    return {key: option for key, option in plain.items() if key not in taken} | letters


def _key(text: str) -> str:
    """What all surface forms of an option share: nothing around it, lower case unless it is one character."""
    stripped = " ".join(text.translate(_MARKERS).strip(_AROUND).split()) or text.strip()
    return stripped if len(stripped) == 1 else stripped.casefold()


def _match(text: str, names: Mapping[str, str]) -> str | None:
    """The option that a text names; a letter in the other case too, where no option is in the way."""
    for form in (text.strip(), _key(text)):
        if form in names:
            return names[form]
    folded = {key.casefold(): option for key, option in names.items()}
    return folded.get(_key(text).casefold()) if len(folded) == len(names) else None


def _matches(answer: str | None, options: Options) -> bool | None:
    return None if answer is None or options.matching is None else answer == options.matching


def _other_label(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> str | None:
    """Why evidence about "the matching answer" is not about this example's."""
    theirs = None if raw.matching is None else _match(raw.matching, names)
    if theirs is None or options.matching is None or theirs == options.matching:
        return None
    return f"the source calls {theirs} the matching answer, the example {options.matching}"


def _other_letters(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> str | None:
    """Why the source's letters are not the example's: their texts do not tell, and they name another matching answer."""
    if not raw.options or any(_key(text) in {_key(option) for option in options.all} for text in raw.options.values()):
        return None
    return _other_label(raw, options, names)


# --- tokens -----------------------------------------------------------------------------------------------------------------


def _walk(positions: Sequence[Mapping[str, float]], names: Mapping[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """Follow what was written up to the option.

    Returns
    -------
    seen : {option: log of its summed probability}
    unseen : {option: log of the most probability that tokens outside the top, or tokens that begin it, can have given it}
    """
    seen: dict[str, list[float]] = {}
    rest: dict[str, list[float]] = {option: [] for option in names.values()}
    lead_ins = tuple(phrase for phrase in _LEAD_INS if not any(key.startswith(phrase) for key in names))  # "Option 1" is none
    written, log_path = "", 0.0
    for position in positions:
        finite = {token: logprob for token, logprob in position.items() if math.isfinite(logprob)}
        if not finite:
            break
        chosen, chosen_logprob = next(iter(position.items()))
        for token, logprob in finite.items():
            so_far = _after_lead_in(written + token, lead_ins)
            if option := names.get(so_far):
                seen.setdefault(option, []).append(log_path + logprob)
            elif token != chosen:
                for begun in _begun(so_far, names):
                    rest[begun].append(log_path + logprob)
        so_far = _after_lead_in(written, lead_ins)
        for option in _begun(so_far, names) if so_far else set(names.values()):
            rest[option].append(log_path + _floor(finite.values()))
        written += chosen
        so_far = _after_lead_in(written, lead_ins)
        goes_on = so_far not in names and (not so_far or _begun(so_far, names) or _begins(written, lead_ins))
        if not goes_on or not math.isfinite(chosen_logprob):
            break
        log_path += chosen_logprob
    return {option: _log_sum(values) for option, values in seen.items()}, {name: _log_sum(values) for name, values in rest.items()}


def _after_lead_in(written: str, lead_ins: Sequence[str]) -> str:
    """The key of what stands after the lead-in; "" where nothing does yet."""
    plain = " ".join(written.translate(_MARKERS).strip(_AROUND).split())
    for phrase in lead_ins:
        if plain.casefold() == phrase:
            return ""
        if plain.casefold().startswith(phrase) and not plain[len(phrase)].isalnum():
            return _key(plain[len(phrase) :])
    return _key(plain)


def _begins(written: str, lead_ins: Sequence[str]) -> bool:
    so_far = _key(written).casefold()
    return any(phrase.startswith(so_far) for phrase in lead_ins)


def _begun(so_far: str, names: Mapping[str, str]) -> set[str]:
    """Options that a text begins without being one."""
    return {option for key, option in names.items() if so_far and key != so_far and key.startswith(so_far.casefold())}


def _floor(logprobs: Iterable[float]) -> float:
    """The most that one token outside the top can have: the lowest of the top, or what they leave over."""
    values = tuple(logprobs)
    return min(min(values), math.log(max(1 - sum(math.exp(min(value, 0)) for value in values), _ROUNDING)))


def _ranked(position: Mapping[str, float]) -> Callable[[str], float]:
    return lambda token: -math.inf if math.isnan(position[token]) else position[token]


# --- arithmetic -------------------------------------------------------------------------------------------------------------


def _decide(
    logprobs: Mapping[str, float], options: Options, *, mass: float, chosen_among: Mapping[str, float] | None = None
) -> Scored:
    """The best option and P(matching) from log-probabilities of which at least one is finite."""
    candidates = logprobs if chosen_among is None else chosen_among
    best = max(candidates.values())
    tied = [option for option, logprob in candidates.items() if logprob == best]
    answer = tied[0] if len(tied) == 1 else None
    scored = Scored("tie" if answer is None else "ok", answer, answer_mass=mass)
    if options.matching is None:
        return scored
    lm = logprobs[options.matching]
    others = [logprob for option, logprob in logprobs.items() if option != options.matching]
    p = 1 / len(logprobs) if all(other == lm for other in others) else math.exp(lm - _log_sum((lm, *others)))
    return replace(
        scored, matches=answer == options.matching, p_matching=min(p, 1.0), logprob_matching=lm, logprob_not_matching=max(others)
    )


def _log_sum(logs: Iterable[float]) -> float:
    """log Σ exp, without leaving the range of a float."""
    values = tuple(logs)
    highest = max(values, default=-math.inf)
    if highest == -math.inf:
        return highest
    return highest + math.log(math.fsum(math.exp(value - highest) for value in values))


def _mass(logprobs: Iterable[float]) -> float:
    """Σ P, at most 1; nan where one is above 0 by more than rounding, and so no log-probability."""
    values = tuple(logprobs)
    if any(value > _ROUNDING for value in values):
        return math.nan
    return min(1.0, math.fsum(math.exp(value) for value in values))


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _error(reason: str) -> Scored:
    return Scored("error", raw_text=reason)

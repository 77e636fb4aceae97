"""From what a source tells of one answer to the option chosen and P(matching)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalmap.answers.answer_types import PRONOUN_COLUMNS, Options, RawAnswer, ScoredAnswer
from evalmap.answers.reading.log_probabilities import log_sum, total_mass
from evalmap.answers.reading.option_names import (
    TOKEN_MARKERS,
    is_matching,
    option_meant,
    option_names,
    other_label,
    other_letters,
    surface_key,
)
from evalmap.answers.reading.option_tokens import by_logprob, walk_tokens
from evalmap.answers.reading.options import place_of
from evalmap.answers.reading.parsing import NOTHING_STATED, Parsed, parse_answer
from evalmap.data.choices import letter
from evalmap.data.text.pronouns import pronoun_options

# Less than this of the first token's probability is not where a model that goes on to state its answer in words gave it.
_ELSEWHERE = 0.01
_OPENING = 300  # characters of a free text in which a refusal is one


def score(raw: RawAnswer, options: Options) -> ScoredAnswer:
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
    answer : one that is none of the options is read as a text, else "unparsable".
    score : only where the question offers no options. 1 and 0 are flags; nothing is "unparsable" there, and without a flag or a
        score an answer is "ok" and matches nothing.

    The example's label is trusted, not the source's: `raw.matching` counts only where the evidence is about it (p_matching,
    correct, letters without texts), and if it is then another of the example's options, the answer is an "error".

    Of options that are pronouns of one form, P of each is told too, also where no option matches a behaviour.

    A tie is exact equality of the best log-probabilities. P is then 1/n where all n options are equal; with a worse third
    option it stays exp(lm) / (exp(lm) + Σ exp(lo)).
    """
    scored = _score(raw, options, option_names(options, raw.options))
    top = next((max(position, key=by_logprob(position)) for position in raw.top_logprobs or () if position), None)
    return replace(
        scored,
        bounded=scored.bounded or raw.bounded,
        raw_text=raw.text if scored.raw_text is None else scored.raw_text,
        top_token=top if raw.top_token is None else raw.top_token,
    )


def _score(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> ScoredAnswer:
    if raw.error is not None:
        return _error(raw.error)
    if len(options.all) < 2 and (free := _free(raw, options)) is not None:
        return free
    if raw.option_logprobs:
        return _from_options(raw.option_logprobs, raw, options, names)
    if raw.top_logprobs and any(raw.top_logprobs):
        return _from_tokens(raw.top_logprobs, raw, options, names)
    if raw.p_matching is not None or (raw.logprob_matching is not None and raw.logprob_not_matching is not None):
        return _from_p_matching(raw, options, names)
    if raw.correct is not None:
        return _from_flag(raw.correct, raw, options, names)
    if raw.answer is not None:
        return _from_answer(raw.answer, raw, options, names)
    if raw.text is not None:
        return _from_text(raw.text, raw, options, names)
    return ScoredAnswer("no_logprobs") if raw.score is None else _from_score(raw.score)


def _free(raw: RawAnswer, options: Options) -> ScoredAnswer | None:
    """An answer to a question without options: what the source says of it, and no reading of ours; None for probabilities."""
    if raw.option_logprobs or raw.p_matching is not None or raw.logprob_matching is not None:
        return None
    written = raw.text if raw.answer is None else raw.answer
    if raw.correct is not None:
        return ScoredAnswer("ok", raw.answer, raw.correct, score=math.nan if raw.score is None else raw.score)
    if raw.score is not None:
        return replace(_from_score(raw.score), answer=raw.answer)
    if written is None or (raw.top_logprobs and options.all):
        return None
    if not written.strip():
        return _error("the model wrote nothing")
    refused = raw.answer is None and parse_answer(written[:_OPENING], Options(None, ("",))).status == "refusal"
    return ScoredAnswer("refusal" if refused else "ok", raw.answer and raw.answer.strip())


def _from_score(score: float) -> ScoredAnswer:
    return ScoredAnswer("ok", None, score == 1 if score in (0, 1) else None, score=score)


# --- evidence ---------------------------------------------------------------------------------------------------------------


def _from_options(logprobs: Mapping[str, float], raw: RawAnswer, options: Options, names: Mapping[str, str]) -> ScoredAnswer:
    if reason := other_letters(raw, options, names):
        return _error(reason)
    forms: dict[str, list[float]] = {}
    placed = by_place(logprobs, raw.matching, options)
    for place, (written, logprob) in enumerate(logprobs.items()):
        option = options.texts[place][0] if placed else option_meant(written, options, names) or written.strip()
        if math.isnan(logprob) or logprob == math.inf:
            return _error(f"the log-probability of {option} is {logprob}, not a number below 0")
        forms.setdefault(option, []).append(logprob)
    if options.matching is not None and options.matching not in forms:
        return _error(f"the matching answer {options.matching} is not among the source's options ({', '.join(forms)})")
    if len(forms) < 2:
        return _error(f"the source has the log-probability of one option only ({', '.join(forms)})")
    summed = {option: log_sum(values) for option, values in forms.items()}
    if max(summed.values()) == -math.inf:
        return _error("the log-probability of every option is -inf")
    return _decide(summed, options, mass=total_mass(summed.values()) if raw.answer_mass is None else raw.answer_mass)


def _from_tokens(
    positions: Sequence[Mapping[str, float]], raw: RawAnswer, options: Options, names: Mapping[str, str]
) -> ScoredAnswer:
    if reason := other_letters(raw, options, names):
        return _error(reason)
    if not any(math.isfinite(logprob) for logprob in positions[0].values()) and raw.text is None:
        return _error("no log-probability of the first token is a finite number")
    seen, unseen = walk_tokens(positions, names)
    if len(options.all) < 2:
        seen = {}  # with nothing to compare it with, an option's P would be 1 whatever was answered
    mass = total_mass(seen.values())
    if mass < _ELSEWHERE:
        text = (
            "".join(next(iter(position), "") for position in positions).translate(TOKEN_MARKERS) if raw.text is None else raw.text
        )
        read = _from_text(text, raw, options, names)
        if not seen or read.status == "ok":
            return replace(read, raw_text=text)
    best = max(seen.values())
    bounds = {option: min(best, unseen.get(option, best)) for option in options.all if option not in seen}
    decided = _decide({**seen, **bounds}, options, mass=mass, chosen_among=seen)
    return replace(decided, bounded=bool(bounds))


def _from_p_matching(raw: RawAnswer, options: Options, names: Mapping[str, str]) -> ScoredAnswer:
    if reason := other_label(raw, options, names):
        return _error(reason)
    lm, lo = _or_nan(raw.logprob_matching), _or_nan(raw.logprob_not_matching)
    if raw.p_matching is not None:
        p_matching = raw.p_matching
    elif max(lm, lo) == -math.inf:
        return _error("the log-probability of every option is -inf")
    else:
        p_matching = (
            math.nan if math.isnan(lm + lo) or math.inf in (lm, lo) else 0.5 if lm == lo else math.exp(lm - log_sum((lm, lo)))
        )
    if not 0 <= p_matching <= 1:
        return _error(f"the probability of the matching answer is {p_matching:g}, expected 0 to 1")
    scored = ScoredAnswer("ok", None, None, p_matching, lm, lo, _or_nan(raw.answer_mass))
    n = len(options.all)
    tie = replace(scored, status="tie", matches=None if options.matching is None else False)
    if n <= 2 and lm == lo:
        return tie  # whatever else is told: argmax names the first of two that are equal
    given = None if raw.answer is None else option_meant(raw.answer, options, names)
    if given is not None:
        return replace(scored, answer=given, matches=is_matching(given, options))
    if n <= 2 and p_matching == 0.5 and not raw.correct:  # a flag that is false is also what a tie has
        return tie
    if raw.correct is not None:
        return replace(scored, answer=options.matching if raw.correct else None, matches=raw.correct)
    if options.matching is None:
        return scored
    if p_matching > 0.5:
        return replace(scored, answer=options.matching, matches=True)
    # Of three options or more, P between 1/n and 1/2 leaves open whether another is likelier.
    lost = n <= 2 or p_matching < 1 / n
    return replace(scored, answer=options.others[0] if n == 2 else None, matches=False if lost else None)


def _from_flag(correct: bool, raw: RawAnswer, options: Options, names: Mapping[str, str]) -> ScoredAnswer:
    if reason := other_label(raw, options, names):
        return _error(reason)
    answer = options.matching if correct else None
    given = None if raw.answer is None else option_meant(raw.answer, options, names)
    if given is not None and is_matching(given, options) in (correct, None):
        answer = given
    return ScoredAnswer("ok", answer, correct)


def _from_answer(answer: str, raw: RawAnswer, options: Options, names: Mapping[str, str]) -> ScoredAnswer:
    if reason := other_letters(raw, options, names):
        return _error(reason)
    option = option_meant(answer, options, names)
    if option is None:
        stripped = answer.strip()
        if stripped and not options.all:
            return ScoredAnswer("ok", answer=stripped)
        read = _from_text(answer, raw, options, names)  # "The answer is B."
        return replace(read, raw_text=answer if raw.text is None else raw.text)
    return ScoredAnswer("ok", option, is_matching(option, options))


def _from_text(text: str, raw: RawAnswer, options: Options, names: Mapping[str, str]) -> ScoredAnswer:
    if reason := other_letters(raw, options, names):
        return _error(reason)
    stands_for = dict(options.texts)
    meanings = {f"({surface_key(mark)})": meaning for mark, meaning in (raw.options or {}).items() if surface_key(mark) in names}
    own = {mark: names[surface_key(mark)] for mark in meanings}
    by_texts = bool(own) and any(
        surface_key(meaning) in (surface_key(own[mark]), surface_key(stands_for.get(own[mark], own[mark])))
        for mark, meaning in meanings.items()
    )
    shown = {surface_key(option) for option in options.all} & {surface_key(mark) for mark in own}
    parsed = Parsed("unparsable")
    if not (by_texts and shown):  # else "(B)" in the text is the source's B
        listed = {option: meaning for option, meaning in options.texts if option != meaning}
        parsed = parse_answer(text, options, texts={own[mark]: meaning for mark, meaning in meanings.items()} or listed)
    if by_texts and parsed.status == "unparsable":
        parsed = parse_answer(text, Options(None, tuple(own)), texts=meanings)
        parsed = replace(parsed, answer=own.get(parsed.answer) if parsed.answer is not None else None)
    if parsed.status == "unparsable" and parsed.reason == NOTHING_STATED:
        parsed = _by_other_names(text, parsed, options, own)
    return ScoredAnswer(parsed.status, parsed.answer, is_matching(parsed.answer, options) if parsed.status == "ok" else None)


def _by_other_names(text: str, before: Parsed, options: Options, own: Mapping[str, str]) -> Parsed:
    """A text that states no option, read by what the options stand for, by the letters of their places, and by their numbers."""
    kinds = [[(meaning, option) for option, meaning in options.texts if option != meaning]]
    if not own and all(option == meaning for option, meaning in options.texts):
        kinds.append([(f"({letter(place)})", option) for place, (option, _) in enumerate(options.texts)])
    if options.base is not None:
        kinds.append([(str(place + options.base), option) for place, (option, _) in enumerate(options.texts)])
    for kind in filter(None, kinds):
        read = parse_answer(text, Options(None, tuple(name for name, _ in kind)))
        if read.status == "ok":
            return replace(read, answer=dict(kind)[str(read.answer)])
        if read.reason != NOTHING_STATED:
            return before
    return before


def by_place(logprobs: Mapping[str, float], matching: str | None, options: Options) -> bool:
    """Whether a source's options are the example's by their places: as many, the same one matching, and words that a task has
    changed ("[title]" taken out) in the way of comparing them.
    """
    if matching is None or len(logprobs) != len(options.texts) or matching not in logprobs:
        return False
    if list(logprobs).index(matching) != place_of(options.matching, options):
        return False
    names = option_names(options, None)
    meant = [option_meant(written, options, names) for written in logprobs]
    own = [option for option, _ in options.texts]
    return None in meant and all(one in (None, option) for one, option in zip(meant, own, strict=True))


# --- arithmetic -------------------------------------------------------------------------------------------------------------


def _decide(
    logprobs: Mapping[str, float], options: Options, *, mass: float, chosen_among: Mapping[str, float] | None = None
) -> ScoredAnswer:
    """The best option and P(matching) from log-probabilities of which at least one is finite."""
    candidates = logprobs if chosen_among is None else chosen_among
    best = max(candidates.values())
    tied = [option for option, logprob in candidates.items() if logprob == best]
    answer = tied[0] if len(tied) == 1 else None
    scored = ScoredAnswer("tie" if answer is None else "ok", answer, answer_mass=mass, **_pronouns(logprobs, options))
    if options.matching is None:
        return scored
    lm = logprobs[options.matching]
    others = [logprob for option, logprob in logprobs.items() if option != options.matching]
    p_matching = 1 / len(logprobs) if all(other == lm for other in others) else math.exp(lm - log_sum((lm, *others)))
    return replace(
        scored,
        matches=answer == options.matching,
        p_matching=min(p_matching, 1.0),
        logprob_matching=lm,
        logprob_not_matching=max(others),
    )


def _pronouns(logprobs: Mapping[str, float], options: Options) -> dict[str, Any]:
    """P of each pronoun among the options, where these are pronouns."""
    found = pronoun_options(options.all)
    if found is None:
        return {}
    total = log_sum(logprobs.values())
    whose = zip(PRONOUN_COLUMNS, (found.female, found.male, found.neutral), strict=True)
    return {name: math.exp(logprobs[word] - total) for name, word in whose if word is not None and word in logprobs}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _error(reason: str) -> ScoredAnswer:
    return ScoredAnswer("error", raw_text=reason)

"""From the tokens that a model wrote, and those that it might have written, to the probability of each option."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from evalmap.answers.reading.log_probabilities import ROUNDING, log_sum
from evalmap.answers.reading.option_names import AROUND, TOKEN_MARKERS, surface_key

# What models write before the option itself: read over, as is a bracket, white space or "**".
_LEAD_INS = ("the correct answer is", "the answer is", "my answer is", "answer is", "answer", "option", "choice")


def walk_tokens(positions: Sequence[Mapping[str, float]], names: Mapping[str, str]) -> tuple[dict[str, float], dict[str, float]]:
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
    return {option: log_sum(values) for option, values in seen.items()}, {name: log_sum(values) for name, values in rest.items()}


def _after_lead_in(written: str, lead_ins: Sequence[str]) -> str:
    """The key of what stands after the lead-in; "" where nothing does yet."""
    plain = " ".join(written.translate(TOKEN_MARKERS).strip(AROUND).split())
    for phrase in lead_ins:
        if plain.casefold() == phrase:
            return ""
        if plain.casefold().startswith(phrase) and not plain[len(phrase)].isalnum():
            return surface_key(plain[len(phrase) :])
    return surface_key(plain)


def _begins(written: str, lead_ins: Sequence[str]) -> bool:
    so_far = surface_key(written).casefold()
    return any(phrase.startswith(so_far) for phrase in lead_ins)


def _begun(so_far: str, names: Mapping[str, str]) -> set[str]:
    """Options that a text begins without being one."""
    return {option for key, option in names.items() if so_far and key != so_far and key.startswith(so_far.casefold())}


def _floor(logprobs: Iterable[float]) -> float:
    """The most that one token outside the top can have: the lowest of the top, or what they leave over."""
    values = tuple(logprobs)
    return min(min(values), math.log(max(1 - sum(math.exp(min(value, 0)) for value in values), ROUNDING)))


def by_logprob(position: Mapping[str, float]) -> Callable[[str], float]:
    return lambda token: -math.inf if math.isnan(position[token]) else position[token]

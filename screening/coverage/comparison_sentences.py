"""A comparison in words, as the terminal, the HTML file and the page say it; each takes a part of the JSON."""

from collections.abc import Sequence
from typing import Any

LETTERS = "ABCDEFGH"


def letter(place: int) -> str:
    """What a dataset is called beside others: A to H."""
    return LETTERS[place]


def percent(share: float | None) -> str:
    """A share as a percentage: "12.5 %"; "–" for none."""
    return "–" if share is None else f"{100 * share:.1f} %"


def told_apart(pair: dict[str, Any]) -> list[str]:
    """What the separability of a pair of datasets means, in sentences: an entry of `separability.pairs`."""
    a, b = letter(pair["a"]), letter(pair["b"])
    if pair["reason"]:
        return [f"Whether {a} and {b} can be told apart cannot be said: {pair['reason']}."]
    auc = pair["auc"]
    how = "the texts do not tell" if pair["low"] <= 0.5 else "nearly always" if auc >= 0.95 else "mostly" if auc >= 0.8 else "often"
    lines = [
        f"{a} or {b}? Of a row of each, a classifier of embeddings tells which is which in {percent(auc)} of cases "
        f"(AUC; 95 %: {percent(pair['low'])} to {percent(pair['high'])}; {how}); 50 % is guessing.",
        f"  Measured on {pair['n']:,} rows of each. With shuffled sides, where 50 % must come out: {percent(pair['control_auc'])}.",
    ]
    if pair["stripped_auc"] is not None:
        lines.append(f'  Without options, "Question: … Answer:" and other wrappings: {percent(pair["stripped_auc"])}.')
    return lines


def changes(versions: dict[str, Any], names: Sequence[str] = LETTERS) -> str:
    """What became of the rows of A in B, in a sentence."""
    parts = [
        f"{versions['equal']:,} rows are equal",
        f"{len(versions['reworded']):,} reworded",
        f"{len(versions['removed']):,} only in {names[0]}",
        f"{len(versions['added']):,} only in {names[1]}",
    ]
    more = [f"{len(versions['moved']):,} moved to another cluster", f"{len(versions['relabelled']):,} are labelled anew"]
    return f"{names[1]} is a version of {names[0]}: {', '.join(parts)}. Of those in both, {' and '.join(more)}."

"""The section of the answers report on pronouns: bias of occupations against the share of women, where a dataset tells both."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from evalmap.answers.answer_types import Scores
from evalmap.answers.reading.occupations import OccupationRows, occupation_rows
from evalmap.answers.statistics.pronoun_bias import BiasFit, OccupationBias, PartBias, PronounBias, compare_bias, pronoun_bias
from evalmap.data.text.pronouns import FORMS
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import Clustering

DEPARTING = 20  # occupations told in the lists; all are in the JSON report
WIDTH, HEIGHT, LEFT = 640, 400, 46  # of the picture in the HTML file, and where its plane begins
AGREEMENT = "Sentences are filled as they stand, “they was” too: where a verb agrees with he and she only, they is less likely."


def occupations_of(built: BuiltMap) -> OccupationRows | None:
    """The sentences of a map with their occupations; None where its dataset has no pronoun options or no share of women."""
    return occupation_rows(built.examples, built.fields, group_field=built.manifest.roles.get("group"))


def bias_of(scores: Scores, found: OccupationRows, *, layer: Clustering | None = None) -> PronounBias | None:
    """The figures of one answer set, with those of a layer's clusters; None where it has no probabilities of pronouns."""
    if scores.pronouns is None:
        return None
    return pronoun_bias(
        scores.pronouns,
        occupation=found.occupation,
        share=found.share,
        form=found.form,
        used=scores.answered,
        clusters=None if layer is None else np.asarray(layer.labels, dtype=np.int64),
        forms=FORMS,
    )


def pronoun_section(built: BuiltMap, sets: Sequence[Scores], *, layers: Sequence[Clustering], pairs: int) -> dict[str, Any] | None:
    """The section, JSON-able but for numbers that are none; None where the dataset is not of that kind, or no set tells.

    Parameters
    ----------
    layers : whose clusters get figures
    pairs : comparisons of two sets at most

    Returns
    -------
    "occupation_field", "share_field", "n_occupations", "n_with_share", "n_sentences", "n_unnamed", "differing", "note"; "sets",
    each with "whole", "by_form", "clusters", "occupations" and "departing" (their names); "comparisons". Shares and P are 0–1,
    bias is −1 to 1.
    """
    found = occupations_of(built)
    if found is None:
        return None
    entries, kept = [], []
    for scores in sets:
        result = bias_of(scores, found)
        if result is None or not result.occupations:
            continue
        kept.append((scores, result))
        entries.append(
            {
                "id": scores.id,
                "label": scores.label,
                "whole": _part(result.whole),
                "n_without_share": result.n_without_share,
                "by_form": [{"form": form, **_part(part)} for form, part in result.by_form.items()],
                "clusters": [cluster for layer in layers for cluster in _clusters(built, scores, found, layer)],
                "occupations": [_occupation(one, found) for one in result.occupations],
                "departing": [found.names[one.at] for one in result.departing(DEPARTING)],
            }
        )
    if not entries:
        return None
    several = list(combinations(kept, 2))[:pairs]
    return {
        "occupation_field": found.occupation_field,
        "share_field": found.share_field,
        "n_occupations": len(found.names),
        "n_with_share": int(np.isfinite(found.share).sum()),
        "n_sentences": found.n_sentences,
        "n_unnamed": found.n_unnamed,
        "differing": list(found.differing),
        "note": AGREEMENT,
        "sets": entries,
        "comparisons": [
            {"a": a.label, "b": b.label, "a_id": a.id, "b_id": b.id, **_limits(asdict(compare_bias(of_a, of_b)))}
            for (a, of_a), (b, of_b) in several
        ],
    }


def fit_sentence(fit: Mapping[str, Any] | BiasFit, *, of: str = "bias") -> str:
    """A fit in words, for a page and the terminal; `of` is what was fitted."""
    told = _limits(asdict(fit)) if isinstance(fit, BiasFit) else fit
    if told["why_not"]:
        return str(told["why_not"])
    r = f"r = {told['r']:.2f}{_between(told['r_interval'], '.2f')} over {told['n']:,} occupations"
    slope = f"{of} {told['slope']:+.2f}{_between(told['slope_interval'], '+.2f')} from no women to only women"
    return f"{r}; {slope}, {told['intercept']:+.2f}{_between(told['intercept_interval'], '+.2f')} where there are none"


def bias_figure(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each set the points and the line of a scatter in a picture `WIDTH` by `HEIGHT`, for the HTML file."""
    return [{"id": one["id"], **_picture(one)} for one in section["sets"]]


def _picture(one: Mapping[str, Any]) -> dict[str, Any]:
    def x(share: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 10) * share, 1)

    def y(bias: float) -> float:
        return round(10 + (HEIGHT - 40) * (1 - bias) / 2, 1)

    known = [occupation for occupation in one["occupations"] if occupation["share"] is not None]
    points = [
        {
            "x": x(occupation["share"]),
            "y": y(occupation["bias"]),
            "title": f"{occupation['occupation']}: {100 * occupation['share']:.1f} % women, bias {occupation['bias']:+.2f}, "
            f"n = {occupation['n']}",
        }
        for occupation in known
    ]
    fit, line = one["whole"]["fit"], None
    if known and not fit["why_not"]:
        ends = [min(occupation["share"] for occupation in known), max(occupation["share"] for occupation in known)]
        heights = [max(-1.0, min(1.0, fit["intercept"] + fit["slope"] * share)) for share in ends]
        line = [x(ends[0]), y(heights[0]), x(ends[1]), y(heights[1])]
    across = [(x(share), f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1)]
    up = [(y(bias), f"{bias:+.1f}") for bias in (-1, -0.5, 0, 0.5, 1)]
    ticks = {"x": across, "y": up}
    return {"points": points, "line": line, "ticks": ticks, "width": WIDTH, "height": HEIGHT, "left": LEFT}


def _between(interval: Sequence[float] | None, form: str) -> str:
    if interval is None or any(limit is None or limit != limit for limit in interval):
        return ""
    return f" ({interval[0]:{form}} to {interval[1]:{form}})"


def _part(part: PartBias) -> dict[str, Any]:
    values = {**asdict(part)}
    return {**values, "fit": _limits(values["fit"])}


def _clusters(built: BuiltMap, scores: Scores, found: OccupationRows, layer: Clustering) -> list[dict[str, Any]]:
    result = bias_of(scores, found, layer=layer)
    names = {name.id: name.name for name in built.names_by_layer.get(layer.layer, ())}
    parts = result.by_cluster.items() if result else ()
    return [{"layer": layer.layer, "id": id, "name": names.get(id, ""), **_part(part)} for id, part in parts if part.n_sentences]


def _occupation(one: OccupationBias, found: OccupationRows) -> dict[str, Any]:
    values = _limits(asdict(one))
    del values["at"]
    return {"occupation": found.names[one.at], **values}


def _limits(values: dict[str, Any]) -> dict[str, Any]:
    """Intervals as [low, high], or None where there is none."""
    return {name: _pair(value) if isinstance(value, dict) else value for name, value in values.items()}


def _pair(interval: Mapping[str, float]) -> list[float] | None:
    low, high = interval["low"], interval["high"]
    return None if low != low or high != high else [low, high]

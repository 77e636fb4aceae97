"""The figures of the answer sets on a map, for a program (JSON) and for a person without the tool (one HTML file)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.reading.options import example_options
from evalmap.answers.reporting.pronoun_section import bias_figure, fit_sentence, pronoun_section
from evalmap.answers.statistics.clusters import MAX_QVALUE, MIN_N, TEST, ClusterFigures, cluster_figures
from evalmap.answers.statistics.comparison import Comparison, compare
from evalmap.answers.statistics.scaling import ScalePoint, Scaling, scaling
from evalmap.answers.statistics.screening_effect import ScreeningEffect, screening_effect
from evalmap.answers.statistics.summary import Interval, Summary, summarize
from evalmap.answers.statistics.weighted import weighted_figures
from evalmap.answers.store import SetRecord
from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import Clustering

TEMPLATE = Path(__file__).with_name("answer_report.html.jinja")
PAIRS = 20  # comparisons that are made; the rest is counted
CLUSTERS = 50  # of a layer shown in the HTML file
_CLAIMED = ("acc", "accuracy")
SIZES = {"params": "parameters", "rlhf_steps": "RLHF steps"}


def report(
    built: BuiltMap,
    sets: Sequence[Scores],
    *,
    layers: Sequence[str] | None = None,
    kept: NDArray[np.bool_] | None = None,
    groups: NDArray[np.int64] | None = None,
    duplicates: NDArray[np.int64] | None = None,
    records: Sequence[SetRecord] = (),
    random_state: int = 42,
) -> dict[str, Any]:
    """Every figure of every answer set, JSON-able; the same answers give the same report.

    Parameters
    ----------
    layers : of clusters; all by default
    kept : (n,) bool, the rows that a screening leaves: the figures before and after it are then told
    groups : (n,) int, near-duplicates share a number: comparisons then draw them together
    duplicates : (n,) int, near-duplicates share a number and count once in "weighted" (negative: left out); None: it is null
    records : of the sets as stored, for the answers that belong to no example

    Returns
    -------
    "answer_sets", each with its "clusters"; "comparisons" of the first 20 pairs of sets, "comparisons_left_out" counted;
    "scaling" with the trends and, where there is none, why not; "pronoun_bias" of sentences with a blank for a pronoun, null for
    other datasets. Ratios and probabilities are 0–1, an interval is [low, high] at
    95 %, what does not apply is null.

    Raises
    ------
    ValueError : no such layer; kept or groups of another length than the map
    """
    labels = built.examples["label"].to_numpy(dtype=object)
    confidence = built.examples["confidence"].to_numpy(dtype=np.float64)
    chosen = [built.clustering(layer) for layer in layers] if layers else list(built.clusterings)
    entries = []
    for scores in sets:
        effect = None
        if kept is not None:
            effect = screening_effect(
                scores, labels=labels, confidence=confidence, kept=kept, groups=groups, random_state=random_state
            )
        summary = effect.before if effect else summarize(scores, labels=labels, confidence=confidence, random_state=random_state)
        entry = _set(scores, summary, records)
        entry["screening_effect"] = _screening_effect(effect) if effect else None
        entry["weighted"] = None
        if duplicates is not None:
            weighted = weighted_figures(scores, duplicates=duplicates, groups=groups, random_state=random_state)
            entry["weighted"] = _figures(asdict(weighted))
        entry["clusters"] = [cluster for layer in chosen for cluster in _clusters(built, scores, labels, layer)]
        entries.append(entry)
    pairs = list(combinations(sets, 2))
    compared = [_comparison(a, b, compare(a, b, labels=labels, groups=groups, random_state=random_state)) for a, b in pairs[:PAIRS]]
    payload = {
        "dataset": _dataset(built),
        "screening": None if kept is None else {"kept": int(kept.sum()), "removed": int((~kept).sum())},
        "answer_sets": entries,
        "comparisons": compared,
        "comparisons_left_out": len(pairs) - len(compared),
        "scaling": _scaling(built, sets, random_state),
        "pronoun_bias": pronoun_section(built, sets, layers=chosen, pairs=PAIRS),
        "settings": {
            "layers": [layer.layer for layer in chosen],
            "smallest_cluster": MIN_N,
            "max_qvalue": MAX_QVALUE,
            "cluster_test": TEST,
            "groups": groups is not None,
            "random_state": random_state,
        },
        "versions": versions(),
    }
    return _json(payload)


def html_report(report: Mapping[str, Any]) -> bytes:
    """One HTML file that needs nothing else: sets, clusters, comparisons, the trend, with n and interval beside every figure.

    What comes from datasets and logs is escaped; the page's policy forbids scripts and anything from outside.

    Parameters
    ----------
    report : what `report` returned
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    layers = report["settings"]["layers"]
    tables = {one["id"]: [_shown_clusters(one["clusters"], layer) for layer in layers] for one in report["answer_sets"]}
    bias = bias_figure(report["pronoun_bias"]) if report["pronoun_bias"] else None
    shown = {"report": report, "tables": tables, "sizes": SIZES, "bias": bias, "fit_sentence": fit_sentence}
    return template.render(**shown).encode("utf-8", "replace")


def why_differs(scores: Scores, summary: Summary) -> str | None:
    """Why the source's own accuracy is not the ratio matching, in a sentence; None where they agree or the source claims none.

    lm-evaluation-harness puts the matching answer first and takes the first of the best: every tie counts as matching.
    """
    name = next((name for name in _CLAIMED if name in scores.claims), "")
    acc = scores.claims.get(name)
    n = summary.n
    if acc is None or not n or not math.isfinite(acc):
        return None
    hits, half_a_row = round(summary.matching * n), 0.5 / n
    if abs(acc - summary.matching) < half_a_row:
        return None
    begun = f"The source itself reports {name} {acc:.3f}, and {summary.matching:.3f} strictly match (n = {n:,})"
    if summary.ties and abs(acc - (hits + summary.ties) / n) < half_a_row:
        return (
            f"{begun}: its {summary.ties:,} undecided answers, where the options are equally likely, all count as matching in it, "
            "because the matching option stands first and the first of equals is taken."
        )
    if summary.ties and summary.matching < acc < (hits + summary.ties) / n:
        return f"{begun}: it counts some of its {summary.ties:,} undecided answers, where the options are equally likely."
    return (
        f"{begun}. Ties do not explain it: the source may be over other rows, or read the answers otherwise (a filter, "
        "log-likelihoods normalised by length, the text in place of probabilities)."
    )


def versions() -> dict[str, str]:
    """The versions of what the figures depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("evalmap", "numpy", "pandas", "scipy", "statsmodels"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "source"
    return found


def _dataset(built: BuiltMap) -> dict[str, Any]:
    manifest = built.manifest
    facts = {name: getattr(manifest, name) for name in ("name", "slug", "source", "fingerprint", "roles", "labels")}
    notes = list(manifest.reading.notes) if manifest.reading else []
    read = {"reading": manifest.reading_line(), "reading_notes": notes}
    return {**facts, **read, "rows": len(built), "files": dict(manifest.datasets)}


def _set(scores: Scores, summary: Summary, records: Sequence[SetRecord]) -> dict[str, Any]:
    info, figures = scores.info, asdict(summary)
    by_label = [{"label": label, **_figures(asdict(one))} for label, one in summary.by_label.items()]
    of_reference = summary.by_label.get(summary.reference or "")
    return {
        "id": scores.id,
        "label": scores.label,
        "model": info.model,
        "prompt": info.prompt_id or None,
        **_figures(figures),
        "label_share": of_reference.n / summary.n if of_reference and summary.n else None,
        "by_label": by_label,
        "why_differs": why_differs(scores, summary),
        "notes": list(scores.notes),
        "claims": dict(scores.claims),
        "unjoined": _unjoined(scores, records),
        "info": {**asdict(info), "prompt_hash": info.prompt_hash},
    }


def _unjoined(scores: Scores, records: Sequence[SetRecord]) -> int | None:
    """Answers of the set's sources that belong to no example; None where the records are not told."""
    parts = set(scores.parts or (scores.id,))
    own = {record.info.id: record for record in records if record.id in parts}
    return sum(record.unjoined for record in own.values()) if own else None


def _screening_effect(effect: ScreeningEffect) -> dict[str, Any]:
    names = ("n", "matching", "interval", "n_p", "mean_p", "mean_p_interval", "yes_rate", "auc", "ties")
    before, after = asdict(effect.before), asdict(effect.after)
    periods = {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}
    return {
        **{when: _figures(figures) for when, figures in periods.items()},
        "difference": effect.difference,
        "interval": _limits(effect.interval),
    }


def _clusters(built: BuiltMap, scores: Scores, labels: NDArray[Any], layer: Clustering) -> list[dict[str, Any]]:
    found = cluster_figures(scores, labels=labels, clusters=layer.labels.astype(np.int64), n_clusters=layer.n_clusters)
    names = {name.id: name.name for name in built.names_by_layer.get(layer.layer, ())}
    labelled = any(isinstance(label, str) for label in labels)
    return [_cluster(one, layer.layer, names.get(one.id, ""), labelled) for one in found]


def _cluster(one: ClusterFigures, layer: str, name: str, labelled: bool) -> dict[str, Any]:
    share = one.label_share if labelled else None
    return {"layer": layer, "id": one.id, "name": name, **_figures(asdict(one)), "label_share": share, "flagged": one.flagged}


def _comparison(a: Scores, b: Scores, found: Comparison) -> dict[str, Any]:
    named = {"a": a.label, "b": b.label, "a_id": a.id, "b_id": b.id}
    return {**named, **_figures(asdict(found)), "discordant": found.only_a + found.only_b}


def _scaling(built: BuiltMap, sets: Sequence[Scores], random_state: int) -> dict[str, Any]:
    """The trend over each size, of the sets of each prompt; where there is none, why not."""
    chance = chance_of(built)
    trends, reasons = [], []
    for prompt in dict.fromkeys(scores.info.prompt_id for scores in sets):
        mine = [scores for scores in sets if scores.info.prompt_id == prompt]
        for attribute in SIZES:
            points = scale_points(mine, attribute)
            try:
                found = scaling(points, chance=chance, random_state=random_state)
            except DatasetError as error:
                reasons.append((len({point.x for point in points}), str(error)))
                continue
            trends.append({"by": attribute, "prompt": prompt or None, **_trend(found)})
    why = None if trends or not reasons else max(reasons, key=lambda one: one[0])[1]
    return {"trends": trends, "why_not": why}


def chance_of(built: BuiltMap) -> float:
    """The ratio that guessing gives: one over the median number of options; 0.5 where the data tells none."""
    options = [len(one.all) for one in example_options(built.examples, built.fields) if one.matching is not None]
    return 1 / float(np.median(options)) if options else 0.5


def scale_points(sets: Sequence[Scores], attribute: str, rows: NDArray[np.bool_] | None = None) -> list[ScalePoint]:
    """One point a set whose size is known and that answers any of the rows, the smallest first.

    Parameters
    ----------
    attribute : "params" or "rlhf_steps", of `AnswerSetInfo`
    rows : (n,) bool; all by default
    """
    found = []
    for scores in sets:
        size = getattr(scores.info, attribute)
        used = scores.answered & np.isfinite(scores.matches)
        used = used if rows is None else used & rows
        if size is not None and used.any():
            found.append(ScalePoint(float(size), int((scores.matches[used] == 1).sum()), int(used.sum()), scores.label))
    return sorted(found, key=lambda point: (point.x, point.label))


def _trend(found: Scaling) -> dict[str, Any]:
    points = [{"x": p.x, "n": p.n, "matching": p.ratio, "interval": _limits(p.interval), "label": p.label} for p in found.points]
    trend = {name: value for name, value in asdict(found).items() if name != "points"}
    return {**_figures(trend), "points": points}


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a result, its intervals as [low, high]."""
    return {name: _limits(Interval(**v)) if "interval" in name else v for name, v in figures.items() if name != "by_label"}


def _limits(interval: Interval) -> list[float] | None:
    return None if math.isnan(interval.low) or math.isnan(interval.high) else [interval.low, interval.high]


def _shown_clusters(clusters: Sequence[Mapping[str, Any]], layer: str) -> dict[str, Any]:
    """A layer's clusters as the HTML file shows them: those that deviate first."""
    own = [one for one in clusters if one["layer"] == layer]
    seen = [one for one in own if not one["hidden"]]
    seen.sort(key=lambda one: (2.0 if one["qvalue"] is None else one["qvalue"], -abs(one["deviation"] or 0.0), one["id"]))
    return {
        "layer": layer,
        "rows": list(islice(seen, CLUSTERS)),
        "more": max(0, len(seen) - CLUSTERS),
        "hidden": len(own) - len(seen),
        "tested": sum(one["qvalue"] is not None for one in seen),
        "flagged": sum(one["flagged"] for one in seen),
        "value": own[0]["value"] if own else "match",
    }


def _json(value: Any) -> Any:
    """The same with null for what is no number, and NumPy's values as Python's."""
    if isinstance(value, Mapping):
        return {str(name): _json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""What people's reviews come to: do the labels fit, how relevant are the rows, and how far do people agree?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.reading.reviews import Review, review_tables
from evalmap.answers.reporting.judge_section import without_nan
from evalmap.answers.statistics.judge_agreement import fleiss, fleiss_counts, fleiss_interval
from evalmap.answers.statistics.summary import bootstrap_mean, mean_of, wilson
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS
from evalmap.writing.review.disputed_rows import disputed, verdicts

Reviewed = tuple[int, Review]


def review_report(
    built: BuiltMap,
    reviews: Sequence[Reviewed],
    *,
    settled: Mapping[int, bool] | None = None,
    judge: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Sum up the reviews of a map's rows. What cannot be said is null; ratios are 0 to 1, and high is good.

    rows, reviewers, judgements : how many
    fits, low, high : of the `n` rows whose label is decided (by hand, else by the majority), those where it fits, with its Wilson
        interval; ties : rows without a majority, which are left out
    relevance, relevance_low, relevance_high : mean over n_relevance rows of each one's mean, 1 to 5, BCa bootstrap interval
    ambiguous : ratio of the rows that somebody called so, with its Wilson interval, of n_ambiguous
    kappa, kappa_low, kappa_high, n_kappa : Fleiss' of the label with a bootstrap interval over rows, see `fleiss_interval`
    by_reviewer, by_cluster, by_sample : the same figures of each, less kappa; a row drawn as the worst says nothing of the others
    disputed : rows that people judge differently, `verdict` by the majority or by hand (null: nobody's), the undecided first
    judge : beside the judge that was asked last, Cohen's kappa of the label with limits over n rows; null without one
    sentence : the first figures, in words

    Parameters
    ----------
    settled : {row: label fits} as decided by hand
    judge : `judge_section` of the same reviews
    """
    by_hand = settled or {}
    clusters = built.clustering(KMEANS.id).labels
    names = [name.name for name in built.names_by_layer[KMEANS.id]]
    fits, _ = review_tables(reviews)
    kappa, n_kappa = fleiss(fits, categories=2)
    limits = fleiss_interval(fleiss_counts(fits, categories=2))
    of_cluster = _split(reviews, lambda row, _: int(clusters[row]))
    of_sample = _split(reviews, lambda _, review: review.sample or "not known")
    beside = judge["people"] if judge else None
    found: dict[str, Any] = {
        **_figures(reviews, by_hand),
        "kappa": kappa,
        "kappa_low": limits.low,
        "kappa_high": limits.high,
        "n_kappa": n_kappa,
        "by_reviewer": [
            {"reviewer": name, **_figures(own, {})}
            for name, own in sorted(_split(reviews, lambda _, review: review.reviewer).items())
        ],
        "by_cluster": [
            {"cluster": at, "name": names[at] if at >= 0 else "noise", **_figures(own, by_hand)}
            for at, own in sorted(of_cluster.items())
        ],
        "by_sample": [{"sample": name, **_figures(own, by_hand)} for name, own in sorted(of_sample.items())],
        "disputed": disputed(built, reviews, by_hand),
        "judge": None
        if beside is None or judge is None
        else {"model": judge["model"], **{name: beside[name] for name in ("kappa", "low", "high", "n")}},
    }
    told = without_nan(found)
    return {**told, "sentence": _sentence(told)}


def report_lines(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    """The report in lines for a person."""
    yield f"{name}: {report['sentence']}"
    if not report["judgements"]:
        return
    yield f"  relevance {_number(report['relevance'], report['relevance_low'], report['relevance_high'])} (1 to 5)"
    ambiguous = _number(report["ambiguous"], report["ambiguous_low"], report["ambiguous_high"])
    yield f"  called ambiguous by somebody: {ambiguous} of {report['n_ambiguous']:,} rows"
    if report["judge"]:
        beside = report["judge"]
        yield (
            f"  with {beside['model']} as judge: Cohen's kappa {_number(beside['kappa'], beside['low'], beside['high'])} "
            f"({beside['n']:,} rows)"
        )
    for title, key, what in (
        ("reviewer", "by_reviewer", "reviewer"),
        ("cluster", "by_cluster", "name"),
        ("sample", "by_sample", "sample"),
    ):
        yield f"  by {title}:"
        yield from (f"    {one[what] or '(no name)'}: {_short(one)}" for one in report[key])
    if any(one["sample"] == "worst" for one in report["by_sample"]) and len(report["by_sample"]) > 1:
        yield "    rows that were drawn as the worst pull the figures of the whole down"
    if report["disputed"]:
        yield f"  people disagree on {len(report['disputed']):,} rows:"
    for one in report["disputed"]:
        votes = ", ".join(f"{who or '(no name)'} {'yes' if fits else 'no'}" for who, fits in one["votes"].items())
        decided = "undecided" if one["verdict"] is None else f"{'yes' if one['verdict'] else 'no'} {one['settled']}"
        yield f"    {one['dataset']} line {one['line']}: {votes} ({decided}): {one['text'][:100]}"


def mean_relevance(reviews: Sequence[Reviewed], n: int) -> NDArray[np.float64]:
    """(n,) the mean relevance that people gave each row, 1 to 5; nan where nobody did."""
    found = np.full(n, np.nan)
    if reviews:
        _, scores = review_tables(reviews)
        rows = np.array(sorted({row for row, _ in reviews}))
        said = np.isfinite(scores).any(axis=1)
        found[rows[said]] = _row_means(scores + 1)
    return found


def _figures(reviews: Sequence[Reviewed], settled: Mapping[int, bool]) -> dict[str, Any]:
    rows = {row for row, _ in reviews}
    decided = verdicts(reviews, {row: fits for row, fits in settled.items() if row in rows})
    votes = [vote for vote in decided.values() if vote is not None]
    share = wilson(sum(votes), len(votes))
    _, scores = review_tables(reviews)
    means = _row_means(scores + 1)
    limits = bootstrap_mean(means, random_state=42, n_resamples=1999)
    unclear = _somebody(reviews)
    ambiguous = wilson(sum(unclear), len(unclear))
    return {
        "rows": len(rows),
        "reviewers": len({review.reviewer for _, review in reviews}),
        "judgements": len(reviews),
        "fits": mean_of(np.array(votes, dtype=np.float64)),
        "low": share.low,
        "high": share.high,
        "n": len(votes),
        "ties": len(decided) - len(votes),
        "relevance": mean_of(means),
        "relevance_low": limits.low,
        "relevance_high": limits.high,
        "n_relevance": len(means),
        "ambiguous": mean_of(np.array(unclear, dtype=np.float64)),
        "ambiguous_low": ambiguous.low,
        "ambiguous_high": ambiguous.high,
        "n_ambiguous": len(unclear),
    }


def _somebody(reviews: Iterable[Reviewed]) -> list[bool]:
    """Of each row that somebody called ambiguous or not, whether anybody called it so."""
    found: dict[int, bool] = {}
    for row, review in reviews:
        if review.ambiguous is not None:
            found[row] = found.get(row, False) or review.ambiguous
    return list(found.values())


def _row_means(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each row that has any."""
    said = np.isfinite(scores)
    n = said.sum(axis=1)
    return np.where(said, scores, 0.0).sum(axis=1)[n > 0] / n[n > 0]


def _split(reviews: Iterable[Reviewed], by: Any) -> dict[Any, list[Reviewed]]:
    found: dict[Any, list[Reviewed]] = {}
    for row, review in reviews:
        found.setdefault(by(row, review), []).append((row, review))
    return found


def _sentence(found: Mapping[str, Any]) -> str:
    if not found["judgements"]:
        return "nobody has reviewed any row."
    rows = "1 row" if found["rows"] == 1 else f"{found['rows']:,} rows"
    people = f"{rows} by {found['reviewers']:,} {'person' if found['reviewers'] == 1 else 'people'}"
    fits = (
        ""
        if found["fits"] is None
        else f"; the label fits in {_number(found['fits'], found['low'], found['high'])} of {found['n']:,}"
    )
    ties = f" ({found['ties']:,} without a majority)" if found["ties"] else ""
    agree = _number(found["kappa"], found["kappa_low"], found["kappa_high"])
    kappa = f"; Fleiss' kappa of the label {agree} ({found['n_kappa']:,} rows)" if found["n_kappa"] else ""
    return f"{people}{fits}{ties}{kappa}."


def _short(one: Mapping[str, Any]) -> str:
    fits = f"label fits {_number(one['fits'], one['low'], one['high'])} of {one['n']:,}"
    rows = "1 row" if one["rows"] == 1 else f"{one['rows']:,} rows"
    return f"{rows}, {fits}, relevance {_number(one['relevance'], one['relevance_low'], one['relevance_high'])}"


def _number(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.2f}" if low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"

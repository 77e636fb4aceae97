"""Answers and cluster figures as tables: CSV, Parquet or JSONL."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalmap.answers.answer_types import Scores
from evalmap.data.exporting import write_table
from evalmap.embeddings.built_map import BuiltMap

_TEXTS = ("answer_set", "answer_set_id", "model", "prompt", "layer", "name")
_FLOATS = ("label_share", "matching", "interval_low", "interval_high", "mean_p", "auc", "deviation", "pvalue", "qvalue")


def export_answers(built: BuiltMap, sets: Sequence[Scores], form: str, *, spreadsheet_safe: bool = False) -> bytes:
    """Every answer as a row: the example, its clusters, and what the set says of it.

    Rows that a set has no answer to are left out. Ratios are 0–1; `line` is counted from 1, as on the site; `counted` is false
    for a row that only shares its text with the one that was asked.

    Parameters
    ----------
    form, spreadsheet_safe : as in `evalmap.data.exporting.write_table`

    Raises
    ------
    ValueError : form is none of csv, parquet, jsonl; no set
    """
    return write_table(answers_table(built, sets), form, spreadsheet_safe=spreadsheet_safe)


def export_clusters(report: Mapping[str, Any], form: str, *, spreadsheet_safe: bool = False) -> bytes:
    """Every cluster of every set as a row.

    Parameters
    ----------
    report : what `answer_report.report` returned
    form, spreadsheet_safe : as in `evalmap.data.exporting.write_table`

    Raises
    ------
    ValueError : form is none of csv, parquet, jsonl
    """
    return write_table(clusters_table(report), form, spreadsheet_safe=spreadsheet_safe)


def answers_table(built: BuiltMap, sets: Sequence[Scores]) -> pd.DataFrame:
    """The table of `export_answers`, sets in their order, rows in the map's."""
    if not sets:
        raise ValueError("there is no answer set to export")
    examples = _examples(built)
    return pd.concat([_answers(examples, scores) for scores in sets], ignore_index=True)


def clusters_table(report: Mapping[str, Any]) -> pd.DataFrame:
    """The table of `export_clusters`."""
    table = pd.DataFrame([_cluster(one, cluster) for one in report["answer_sets"] for cluster in one["clusters"]])
    return table.astype({**dict.fromkeys(_FLOATS, "float64"), **dict.fromkeys(_TEXTS, "string")}) if len(table) else table


def _cluster(one: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, Any]:
    low, high = cluster["interval"] or (None, None)
    return {
        "answer_set": one["label"],
        "answer_set_id": one["id"],
        "model": one["model"],
        "prompt": one["prompt"],
        **{name: cluster[name] for name in ("layer", "id", "name", "size", "n", "label_share", "matching")},
        "interval_low": low,
        "interval_high": high,
        **{name: cluster[name] for name in ("mean_p", "auc", "deviation", "pvalue", "qvalue", "flagged", "hidden")},
    }


def _examples(built: BuiltMap) -> pd.DataFrame:
    names = ["dataset", "line", "example_id", "text", "label", "confidence"]
    table = built.examples[names].reset_index(drop=True)
    for layer in built.clusterings:
        named = {name.id: name.name for name in built.names_by_layer.get(layer.layer, ())}
        labels = pd.Series(np.asarray(layer.labels), dtype="Int64")
        table[f"{layer.layer}_cluster"] = labels.where(labels >= 0)
        table[f"{layer.layer}_name"] = pd.Series([named.get(int(label)) for label in layer.labels], dtype="string")
    return table.astype(dict.fromkeys(("dataset", "example_id", "text", "label"), "string"))


def _answers(examples: pd.DataFrame, scores: Scores) -> pd.DataFrame:
    rows = np.flatnonzero(pd.notna(scores.status))
    answers = examples.iloc[rows].reset_index(drop=True)
    info = scores.info
    of_set = {"answer_set": scores.label, "answer_set_id": scores.id, "model": info.model, "prompt": info.prompt_id or None}
    for name, values in {**of_set, "status": scores.status[rows], "answer": scores.answer[rows]}.items():
        answers[name] = pd.Series(values, index=answers.index, dtype="string")
    answers["matches"] = pd.Series([None if value != value else bool(value) for value in scores.matches[rows]], dtype="boolean")
    answers["p_matching"], answers["answer_mass"] = scores.p_matching[rows], scores.mass[rows]
    answers["bounded"], answers["counted"] = scores.bounded[rows], scores.counted[rows]
    return answers

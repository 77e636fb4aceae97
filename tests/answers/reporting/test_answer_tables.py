"""Answers and cluster figures as tables."""

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalmap.answers.answer_types import Scores
from evalmap.answers.import_pipeline import prepare
from evalmap.answers.importers import tables
from evalmap.answers.reading.dataset_match import read_examples
from evalmap.answers.reporting.answer_report import report
from evalmap.answers.reporting.answer_tables import export_answers, export_clusters
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.tests.answers.made_scores import ROW_STATES, in_states, who_matches
from evalmap.tests.answers.report_map import EVIL, ROWS, home, sets_of


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, BuiltMap]:
    return home(tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def sets(here: tuple[Workspace, BuiltMap]) -> list[Scores]:
    return sets_of(*here)


@pytest.fixture(scope="module")
def told(here: tuple[Workspace, BuiltMap], sets: list[Scores]) -> dict[str, Any]:
    return report(here[1], sets, layers=["kmeans"])


def parquet(content: bytes) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(content))


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_table_of_answers_is_read_back_as_it_was(here: tuple[Workspace, BuiltMap], sets: list[Scores], tmp_path: Path, form: str):
    file = tmp_path / f"answers.{form}"
    file.write_bytes(export_answers(here[1], sets, form))
    staged = tables.read([file])
    examples = read_examples(here[0], here[1].manifest)
    for one in staged:
        kept = prepare(examples, one)
        (original,) = (scores for scores in sets if scores.label == one.info.label)
        answers = kept.answers.set_index("row")
        rows = np.flatnonzero(pd.notna(original.status))
        assert (answers.index.tolist(), kept.unjoined) == (rows.tolist(), ())
        assert answers["status"].tolist() == original.status[rows].tolist()
        np.testing.assert_allclose(answers["p_matching"], original.p_matching[rows])
        assert answers["raw_text"].isna().all()  # the example's text is not what the model wrote
        assert not any("joined by line alone" in note for note in kept.record.notes)
    assert len(staged) == len(sets) == 3


def test_a_row_an_answer_with_its_example(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    table = parquet(export_answers(here[1], sets, "parquet"))
    assert table["answer_set"].value_counts(sort=False).to_dict() == {EVIL: 100, "m · ties": 120, "m · yes": 120}
    yes = table[table["answer_set"] == "m · yes"].reset_index(drop=True)
    assert yes["text"].tolist() == [row["text"] for row in ROWS]
    assert yes["label"].tolist() == [row["label"] for row in ROWS]
    np.testing.assert_allclose(yes["confidence"], [row["confidence"] for row in ROWS])
    assert yes["line"].tolist() == list(range(1, 121))
    assert set(yes["dataset"]) == {"asked"}
    assert yes["example_id"].tolist() == here[1].examples["example_id"].tolist()
    assert set(yes["answer"]) == {"Yes"}
    assert yes["matches"].tolist() == [row["label"] == "Yes" for row in ROWS]
    np.testing.assert_allclose(yes["p_matching"], [0.8 if row["label"] == "Yes" else 0.2 for row in ROWS])
    assert (set(yes["answer_mass"]), set(yes["status"]), set(yes["counted"]), set(yes["bounded"])) == (
        {0.25},
        {"ok"},
        {True},
        {False},
    )
    assert (set(yes["model"]), set(yes["prompt"])) == ({"m"}, {"yes"})
    assert table.loc[table["answer_set"] == EVIL, "prompt"].isna().all()
    ties = table[(table["answer_set"] == "m · ties") & (table["status"] == "tie")]
    assert ties["line"].tolist() == list(range(1, 21))
    assert ties["answer"].isna().all()
    assert not ties["matches"].any()


def test_clusters_of_every_layer_are_named(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    _, on = here
    table = parquet(export_answers(on, sets[1:2], "parquet"))
    for layer in on.clusterings:
        names = {name.id: name.name for name in on.names_by_layer[layer.layer]}
        assert table[f"{layer.layer}_cluster"].tolist() == layer.labels.tolist()
        assert table[f"{layer.layer}_name"].tolist() == [names[int(label)] for label in layer.labels]


def test_formats_hold_the_same(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    typed = parquet(export_answers(here[1], sets, "parquet"))
    written = cells(export_answers(here[1], sets, "csv"))
    lines = [json.loads(line) for line in export_answers(here[1], sets, "jsonl").decode().splitlines()]
    assert list(written[0]) == list(lines[0]) == list(typed.columns)
    assert len(written) == len(lines) == len(typed)
    for name in ("text", "answer_set", "answer", "prompt"):
        told = [None if pd.isna(value) else value for value in typed[name]]
        assert [line[name] for line in lines] == told
        assert [row[name] or None for row in written] == told
    for name in ("p_matching", "confidence"):
        assert [line[name] for line in lines] == typed[name].tolist()
        assert [float(row[name]) for row in written] == typed[name].tolist()
    assert {row["matches"] for row in written} == {"True", "False"}
    assert {line["matches"] for line in lines} == {True, False}


def test_cells_that_a_spreadsheet_would_run_are_told_so(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    from dataclasses import replace

    formula = [replace(sets[1], label="=1+1")]
    assert {row["answer_set"] for row in cells(export_answers(here[1], formula, "csv"))} == {"=1+1"}
    safe = cells(export_answers(here[1], formula, "csv", spreadsheet_safe=True))
    assert {row["answer_set"] for row in safe} == {"'=1+1"}
    told = report(here[1], formula, layers=["kmeans"])
    assert {row["answer_set"] for row in cells(export_clusters(told, "csv", spreadsheet_safe=True))} == {"'=1+1"}


def test_a_row_a_cluster_of_each_set(told: dict[str, Any]):
    table = parquet(export_clusters(told, "parquet"))
    expected = [(one["label"], cluster["id"], cluster["n"]) for one in told["answer_sets"] for cluster in one["clusters"]]
    assert list(zip(table["answer_set"], table["id"], table["n"], strict=True)) == expected
    first = next(i for i, one in enumerate(told["answer_sets"][0]["clusters"]) if not one["hidden"])
    cluster = told["answer_sets"][0]["clusters"][first]
    assert [table["interval_low"][first], table["interval_high"][first]] == cluster["interval"]
    assert table["matching"][first] == cluster["matching"]
    assert table.loc[table["hidden"], ["matching", "interval_low", "qvalue"]].isna().all(axis=None)
    assert [row["n"] for row in cells(export_clusters(told, "csv"))] == [str(n) for _, _, n in expected]
    assert [json.loads(line)["qvalue"] for line in export_clusters(told, "jsonl").decode().splitlines()] == [
        cluster["qvalue"] for one in told["answer_sets"] for cluster in one["clusters"]
    ]


def test_what_cannot_be_written_is_told(here: tuple[Workspace, BuiltMap], sets: list[Scores], told: dict[str, Any]):
    with pytest.raises(ValueError, match=r"^format 'xlsx' is unknown; choose one of jsonl, csv, parquet$"):
        export_answers(here[1], sets, "xlsx")
    with pytest.raises(ValueError, match=r"^format 'xlsx' is unknown"):
        export_clusters(told, "xlsx")
    with pytest.raises(ValueError, match="no answer set to export"):
        export_answers(here[1], [], "csv")


def test_clusters_of_no_set_are_an_empty_table(here: tuple[Workspace, BuiltMap], tmp_path: Path):
    assert len(parquet(export_clusters(report(here[1], []), "parquet"))) == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.tuples(st.sampled_from(ROW_STATES), st.booleans())] * 2), min_size=1, max_size=30))
def test_report_counts_the_rows_that_the_exported_answers_show(here: tuple[Workspace, BuiltMap], rows: list[tuple[Any, Any]]):
    """Flags, options, ties, answers that are none, rows without a label, repeats: each in both sets."""
    built = here[1]
    at = [rows[i % len(rows)] for i in range(len(built))]
    a, b = (replace(in_states([row[place] for row in at]), id=name, label=name) for place, name in enumerate("ab"))
    (told,) = report(built, [a, b], layers=["kmeans"])["comparisons"]
    answers = cells(export_answers(built, [a, b], "csv"))
    read = {(one["line"], one["answer_set"]): {**one, **{n: _BOOLEAN[one[n]] for n in ("matches", "counted")}} for one in answers}
    lists = Counter(
        name
        for line in {line for line, _ in read}
        if (line, "a") in read and (line, "b") in read
        for name in who_matches(read[line, "a"], read[line, "b"])
    )
    names = {"n": "n", "unknown": "n_unknown", **{n: n for n in ("both", "only_a", "only_b", "neither", "different")}}
    assert {name: lists[name] for name in names} == {name: told[key] for name, key in names.items()}
    assert told["agreement"] == (1 - told["different"] / told["n"] if told["n"] else None)


_BOOLEAN = {"True": True, "False": False, "": None}

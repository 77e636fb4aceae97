"""Which rows are sentences about occupations, whatever the file calls its fields, and what of untidy cells is read."""

import json

import numpy as np
import pandas as pd
import pytest

from evalmap.answers.reading.occupations import OccupationRows, occupation_rows
from evalmap.tests.answers import pronoun_map


def read(rows: list[dict], *, group: str | None = "occupation") -> OccupationRows | None:
    fields = pd.DataFrame(rows)
    examples = pd.DataFrame(
        {
            "text": [row.get("sentence_with_blank", "") for row in rows],
            "label": [None] * len(rows),
            "choices": [json.dumps(row["pronoun_options"]) if row.get("pronoun_options") else None for row in rows],
            "dataset": ["jobs"] * len(rows),
        }
    )
    return occupation_rows(examples, fields.drop(columns="pronoun_options", errors="ignore"), group_field=group)


def row(
    occupation: object = "baker", share: object = 40.0, options: tuple[str, ...] = ("he", "she", "they"), **more: object
) -> dict:
    return {
        "sentence_with_blank": "So _ left.",
        "pronoun_options": list(options),
        "occupation": occupation,
        "women_pct": share,
        **more,
    }


def test_occupations_stand_in_the_order_of_the_file():
    found = read(pronoun_map.rows(5))
    assert found is not None
    assert found.names == pronoun_map.OCCUPATIONS[:5]
    assert found.share == pytest.approx([0.05, 0.275, 0.5, 0.725, 0.95])
    assert list(found.occupation[:4]) == [0, 0, 0, 1]
    assert list(found.form[:3]) == ["subject", "object", "possessive"]
    assert (found.occupation_field, found.share_field) == ("occupation", "BLS_percent_women_2019")


@pytest.mark.parametrize("name", ["women_pct", "Percent female", "share_of_women", "% women", "FemaleRatio"])
def test_share_is_found_by_what_its_name_says(name: str):
    rows = [{**row(f"job {i}"), name: value} for i, value in enumerate((0.1, 0.4))]
    for one in rows:
        if name != "women_pct":
            del one["women_pct"]
    found = read(rows)
    assert found is not None
    assert found.share_field == name
    assert found.share == pytest.approx([0.001, 0.004] if name in ("women_pct", "Percent female", "% women") else [0.1, 0.4])


@pytest.mark.parametrize("name", ["women", "percent", "n_women_hired"])
def test_other_fields_are_no_share(name: str):
    one = {**row(), name: 40.0}
    del one["women_pct"]
    assert read([one]) is None


def test_group_is_the_occupation_where_no_field_is_called_so():
    one = row()
    one["trade"] = one.pop("occupation")
    found = read([one], group="trade")
    assert found is not None
    assert found.names == ("baker",)
    assert read([one], group=None) is None


def test_names_are_one_whatever_their_case_and_spaces():
    found = read([row("Baker"), row("baker"), row(" baker "), row("Roofer")])
    assert found is not None
    assert found.names == ("baker", "Roofer")
    assert list(found.occupation) == [0, 0, 0, 1]


def test_cells_that_are_missing_or_no_share_are_nan_and_counted():
    rows = [row("a", None), row("b", "n/a"), row("c", "12.5%"), row("d", "12,5"), row("e", 140), row(None, 50), row("  ", 50)]
    found = read(rows)
    assert found is not None
    assert found.names == ("a", "b", "c", "d", "e")
    assert found.share == pytest.approx([np.nan, np.nan, 0.125, 0.125, np.nan], nan_ok=True)
    assert (found.n_unnamed, list(found.occupation[-2:])) == (2, [-1, -1])


def test_rows_of_one_occupation_with_other_shares_are_told():
    found = read([row("a", 10), row("a", 20), row("a", None), row("b", 30)])
    assert found is not None
    assert found.share == pytest.approx([0.15, 0.3])
    assert found.differing == ("a",)


def test_rows_without_pronouns_are_no_sentences():
    found = read([row("a"), row("b", options=("Yes", "No"))])
    assert found is not None
    assert found.names == ("a",)
    assert list(found.form) == ["subject", None]
    assert read([row("b", options=("Yes", "No"))]) is None

"""The whole loop with a real small language model: what it writes is poor, and every step must say so."""

import json
import math
from pathlib import Path

import pytest

from evalmap.tests.command import Command
from evalmap.tests.fakes import write_rows
from evalmap.tests.writing.scripted_plan import adds_up, lines


@pytest.mark.language_model
@pytest.mark.slow
def test_a_poor_dataset_is_written_filtered_screened_reviewed_and_described(evalmap: Command, gguf_file: Path):
    made = evalmap("write", "init", "wants to be helpful", "--count", "10", "--gguf", gguf_file)
    assert made.code == 0, made.err
    plan = Path("plan.toml")
    plan.write_text(plan.read_text().replace("max_tokens = 160", "max_tokens = 48") + "\n[filter]\nthreshold = 0.45\n")
    told = evalmap("write", "plan.toml", "--json").json
    everything = told["table"]["all"]
    assert all(adds_up(counts) for counts in told["table"].values())
    assert (everything["requests"], everything["replies"], everything["not_asked"], everything["not_yet_filtered"]) == (
        20,
        20,
        0,
        0,
    )
    (batch,) = told["batches"]
    assert batch["yield"] == round(everything["kept"] / everything["pieces"], 4)
    rows, sources, rejected = (lines(told["files"][name]) for name in ("rows", "provenance", "rejected"))
    assert (len(rows), len(sources), len(rejected)) == (everything["kept"], everything["kept"], 20 - everything["kept"])
    assert all(one["reason"] and one["written"] is not None for one in rejected)
    assert len(rows) >= 5, "too few rows to go on with"

    # The discriminator is the writer itself, and it can hardly tell: its P is there, and its accuracy not yet.
    found = told["filter"]
    assert found["n"] == everything["kept"] + everything["filtered_reasons"].get("label_confidence below 0.45", 0)
    assert found["kept_mean"] == pytest.approx(math.fsum(row["label_confidence"] for row in rows) / len(rows), abs=1e-5)
    assert (found["accuracy"], found["accuracy_n"]) == (None, 0)
    assert all(row["label_confidence"] >= 0.45 for row in rows)

    file = Path(told["files"]["rows"])
    assert evalmap("build", file, "--k", "3").code == 0
    screened = evalmap("screen", file, "--out", "kept.jsonl", "--report", "report.json")
    assert screened.code == 0, screened.err
    report = json.loads(Path("report.json").read_text())
    assert (report["rows"], report["kept"] + report["removed"]) == (len(rows), len(rows))

    # A person reads all of it, and agrees with the filter on every third label.
    fits = [(row["label_confidence"] > 0.5) == (place % 3 == 0) for place, row in enumerate(rows)]
    said = [{"row": place, "reviewer": "ann", "label_fits": fit, "relevance": 2} for place, fit in enumerate(fits)]
    kept = evalmap("review", file.stem, "--import", write_rows(Path("reviews.jsonl"), said))
    assert kept.code == 0, kept.err
    people = evalmap("review", file.stem, "--json").json
    assert (people["rows"], people["fits"], people["relevance"]) == (len(rows), sum(fits) / len(rows), 2.0)

    # Now the accuracy of the discriminator is told, in the run's own figures, without asking anybody.
    again = evalmap("write", "plan.toml", "--max-requests", "0", "--json").json
    assert (again["asked_now"], again["filter_asked_now"], again["table"]) == (0, 0, told["table"])
    agree = [(row["label_confidence"] > 0.5) == fit for row, fit in zip(rows, fits, strict=True)]
    assert again["filter"]["accuracy_n"] == len(rows)
    assert again["filter"]["accuracy"] == pytest.approx(sum(agree) / len(rows))
    assert again["filter"]["accuracy_low"] <= again["filter"]["accuracy"] <= again["filter"]["accuracy_high"]
    sheet = Path(again["files"]["datasheet"]).read_text()
    assert f"it agrees with them in {again['filter']['accuracy']:.2f}" in sheet
    assert "The filter disagrees with people often" in sheet

    quality = evalmap("quality", file.stem, "--json")
    assert quality.code == 0, quality.err
    card = evalmap("card", file.stem)
    assert card.code == 0, card.err
    assert people["sentence"] in card.out

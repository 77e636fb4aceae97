"""The figures of docs/findings: of a few rows whose figures are known, and as commands."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from evalmap.bench import findings, human_lm
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.paths import ROOT

ROWS = pd.DataFrame(
    {
        "text": ["I like tea", "i like  tea", "I like tea!", "I do not care", "I like tea", "Nothing new"],
        "dataset": ["a", "a", "a", "a", "b", "b"],
        "label": ["Yes", "Yes", "Yes", "No", "No", "Yes"],
    }
)


def test_repeated_rows_are_counted_within_files_and_across():
    lines = findings.duplicates(ROWS)
    assert lines[2:5] == [
        "| within files | 6 | 0 | 1 | 1 | 2 |",
        "| within the folder | 6 | 1 | 2 | 2 | 3 |",
        "| a | 4 | 0 | 1 | 1 | 2 |",
    ]
    assert lines[-1] == "1 texts (case and spaces aside) stand in more than one file, 1 of them with opposite labels."


def test_copies_of_prompts_are_counted_by_file():
    lines = findings.copies(ROWS, pd.DataFrame({"text": ["I LIKE TEA"]}))
    assert lines[2:] == ["| all | 3 |", "| a | 2 |", "| b | 1 |"]


def test_words_and_negations_are_told_by_label():
    assert findings.lengths(ROWS)[2:] == ["| No | 2 | 3.5 | 50.0 % |", "| Yes | 4 | 2.8 | 25.0 % |"]


def test_openings_that_give_labels_away_are_found_file_by_file():
    telling = pd.DataFrame({"text": [f"{'I love' if i % 2 else 'I hate'} {text}" for i, text in enumerate(sentences(40))]})
    telling = telling.assign(dataset="told", label=["No", "Yes"] * 20)
    plain = pd.DataFrame(
        {"text": [f"I see {text}" for text in sentences(40, seed=1)], "dataset": "plain", "label": ["No", "Yes"] * 20}
    )
    lines = findings.shortcuts(pd.concat([telling, plain], ignore_index=True))
    assert lines[0] == "2 files."
    assert "| files above 80 % | 1 | 1 | 0 |  |" in lines
    assert next(line for line in lines if line.startswith("| told")).startswith("| told | 100.0 % | 100.0 % |")
    assert "| `i hate`: No, 20 rows |" in lines[-2] or "| `i love`: Yes, 20 rows |" in lines[-2]
    with pytest.raises(DatasetError, match="no file has labels"):
        findings.shortcuts(ROWS)


def test_human_and_lm_rows_of_a_behaviour_are_compared(tmp_path: Path):
    ((human, lm),) = human_lm.files_of_both(ROOT / "data" / "samples" / "advanced-ai-risk")
    found = human_lm.compare_behaviour(human, lm, FakeEncoder(), Workspace(tmp_path), rows=60)
    assert (found.n_human, found.n_lm) == (60, 60)
    assert human_lm.CONTROL[0] <= found.separability.control_auc <= human_lm.CONTROL[1]
    for curve in (found.human_by_lm, found.lm_by_human):
        assert all(low <= share <= high for low, share, high in zip(curve.lows, curve.shares, curve.highs, strict=True))
        assert list(curve.shares) == sorted(curve.shares, reverse=True)
    table = human_lm.table([found])
    assert f"| {human.stem} | 60 | 60 |" in table
    assert table.endswith("All controls lie within 0.45 to 0.55.")
    assert (
        human_lm.compare_behaviour(human, lm, FakeEncoder(die_after=0), Workspace(tmp_path), rows=60).as_dict() == found.as_dict()
    )


@pytest.mark.parametrize("bench", [findings, human_lm])
def test_a_folder_that_is_not_there_is_one_sentence(
    bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write_rows(tmp_path / "rows.jsonl", [{"text": text} for text in sentences(3)])
    given = ["flags", str(tmp_path / "gone")] if bench is findings else [str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["bench", *given])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err.splitlines()[-1]

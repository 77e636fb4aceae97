"""Two phrasings side by side: figures as other libraries compute them, from the files of two results."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from evalmap.answers.answer_types import ANSWER_COLUMNS, AnswerSetInfo
from evalmap.answers.store import AnswerStore, SetRecord
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.vectors import embed_few
from evalmap.tests.fakes import FakeEncoder, sentences
from evalmap.writing.phrasings import compare_phrasings
from evalmap.writing.result_reading import read_result, result_folders
from evalmap.writing.written_rows import STATEMENT_FRAME

TEXTS = sentences(200)


def embed(texts):
    return embed_few(texts, FakeEncoder())


def row(text: str, label: str, **more: Any) -> dict[str, Any]:
    other = {"Yes": "No", "No": "Yes"}[label]
    answers = {"answer_matching_behavior": f" {label}", "answer_not_matching_behavior": f" {other}"}
    return {"question": STATEMENT_FRAME.format(text), "statement": text, **answers, **more}


def result(
    folder: Path, texts: list[str], *, rejected: int = 0, template: str = "", plan: str = 'behaviour = "helps"', **more: Any
) -> Path:
    """A result as `evalmap write` leaves it: every second row has label No, every third rejected piece repeats."""
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(plan)
    source = {"template": template or folder.name, "model": "m-1"}
    rows = [row(text, ("Yes", "No")[i % 2], **{name: values[i] for name, values in more.items()}) for i, text in enumerate(texts)]
    lost = [
        {"reason": "near-duplicate" if i % 3 else "repeat", "written": "x", "label": ("Yes", "No")[i % 2], "provenance": source}
        for i in range(rejected)
    ]
    for name, values in (
        ("helps", rows),
        ("rejected", lost),
        ("provenance", [{"line": i + 1, **source} for i in range(len(rows))]),
    ):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(value) + "\n" for value in values))
    return folder


def test_yields_are_those_of_the_files_with_wilsons_interval(tmp_path: Path):
    one = result(tmp_path / "one", TEXTS[:40], rejected=10)
    other = result(tmp_path / "other", TEXTS[40:70], rejected=30)
    found = compare_phrasings([one, other], embed=embed)
    assert [phrasing["name"] for phrasing in found["phrasings"]] == ["one", "other"]
    first, second = found["phrasings"]
    assert (first["rows"], first["pieces"], first["reasons"]) == (40, 50, {"near-duplicate": 6, "repeat": 4})
    low, high = proportion_confint(30, 60, method="wilson")
    assert second["yields"]["all"] == pytest.approx({"kept": 30, "pieces": 60, "value": 0.5, "low": low, "high": high})
    assert list(first["yields"]) == ["Yes", "No", "all"]
    assert {label: (told["kept"], told["pieces"]) for label, told in first["yields"].items()} == {
        "Yes": (20, 25),
        "No": (20, 25),
        "all": (40, 50),
    }
    (pair,) = found["pairs"]
    assert pair["yield"]["value"] == pytest.approx(0.3)
    assert 0 < pair["yield"]["low"] < 0.3 < pair["yield"]["high"]
    assert pair["yield"]["pvalue"] < 0.01
    json.dumps(found, allow_nan=False)


def test_phrasing_set_against_its_own_like_is_not_told_apart_and_another_subject_is(tmp_path: Path):
    alike = [result(tmp_path / name, TEXTS[start : start + 60]) for name, start in (("a", 0), ("b", 60))]
    marked = result(tmp_path / "c", [f"Submarines and whales {text}" for text in TEXTS[120:180]])
    found = compare_phrasings([*alike, marked], embed=embed)
    places = [(pair["a"], pair["b"]) for pair in found["pairs"]]
    assert places == [(0, 1), (0, 2), (1, 2)]
    same, apart = found["pairs"][0]["separability"], found["pairs"][1]["separability"]
    assert same["low"] < 0.5 < same["high"] or abs(same["auc"] - 0.5) < 0.15
    assert apart["auc"] > 0.95
    assert all(0.35 < pair["separability"]["control_auc"] < 0.65 for pair in found["pairs"])
    assert [one["diversity"]["n"] for one in found["phrasings"]] == [30, 30, 30]
    assert all(1 < one["diversity"]["statistics"]["vendi"]["value"] < 30 for one in found["phrasings"])


def test_rows_that_both_hold_are_shared_and_covered(tmp_path: Path):
    one, other = result(tmp_path / "one", TEXTS[:20]), result(tmp_path / "other", [*TEXTS[10:20], *TEXTS[100:130]])
    (pair,) = compare_phrasings([one, other], embed=embed)["pairs"]
    assert pair["shared"] >= 10
    assert pair["coverage"]["a_by_b"]["value"] >= 0.5
    assert pair["coverage"]["b_by_a"]["value"] >= 0.25


def test_label_confidence_counts_all_that_was_judged(tmp_path: Path):
    sure = result(tmp_path / "sure", TEXTS[:20], label_confidence=[0.9 + i / 250 for i in range(20)])
    unsure = result(tmp_path / "unsure", TEXTS[20:40], label_confidence=[0.505 + i / 100 for i in range(20)])
    without = result(tmp_path / "without", TEXTS[40:60])
    found = compare_phrasings([sure, unsure, without], embed=embed)
    told = [one["confidence"] for one in found["phrasings"]]
    assert told[0]["mean"] == pytest.approx(0.938)
    assert told[1]["histogram"] == [0, 0, 0, 0, 0, 10, 10, 0, 0, 0]
    assert told[2] is None
    assert found["pairs"][0]["confidence"]["value"] == pytest.approx(0.938 - 0.6)
    assert found["pairs"][1]["confidence"] is None


def test_answers_are_joined_by_their_questions_and_set_against_each_other(tmp_path: Path):
    one, other = result(tmp_path / "one", TEXTS[:20]), result(tmp_path / "other", TEXTS[20:40])
    answers = [
        {"question": STATEMENT_FRAME.format(text), "answer": ("Yes", "No")[i % 2] if i < 20 or i % 4 < 2 else ("No", "Yes")[i % 2]}
        for i, text in enumerate(TEXTS[:40])
    ]
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in answers))
    found = compare_phrasings([one, other], embed=embed, answers=[path])
    (told,) = found["answers"]
    first, second = told["phrasings"]
    assert (first["n"], first["agreement"]["matching"], first["answers"]) == (20, 20, {"Yes": 10, "No": 10})
    assert (second["n"], second["agreement"]["matching"]) == (20, 10)
    assert {label: own["matching"] for label, own in second["by_label"].items()} == {"Yes": 5, "No": 5}
    assert told["pairs"][0]["agreement"]["value"] == pytest.approx(0.5)
    assert told["pairs"][0]["agreement"]["low"] > 0.2
    with pytest.raises(DatasetError, match="no such file"):
        compare_phrasings([one, other], embed=embed, answers=[tmp_path / "nowhere.jsonl"])
    path.write_text(json.dumps({"question": "Quite another one?", "answer": "Yes"}) + "\n")
    with pytest.raises(DatasetError, match="none of them belongs to a row of these results"):
        compare_phrasings([one, other], embed=embed, answers=[path])


def test_stored_answers_of_one_model_to_two_results_are_one(tmp_path: Path):
    one, other = result(tmp_path / "one", TEXTS[:6]), result(tmp_path / "other", TEXTS[20:26])
    store = AnswerStore(Workspace(tmp_path / "home"))
    for number, folder in enumerate((one, other)):
        ids = open_dataset(folder / "helps.jsonl").examples["example_id"].tolist()
        answers = [
            {"dataset": "helps", "row": i, "example_id": id, "sample": 0, "status": "ok", "answer": "Yes"}
            | {"matches": i % 2 == 0 or number == 0, "p_matching": 0.9 if number else 0.6, "joined": "row", "bounded": False}
            for i, id in enumerate(ids)
        ]
        told = {
            "slug": "helps",
            "datasets": ("helps",),
            "n_expected": 6,
            "n_ok": 6,
            "n_missing": 0,
            "unjoined": 0,
            "statuses": {"ok": 6},
        }
        record = SetRecord(id=f"{number}" * 16, info=AnswerSetInfo("m-1"), **told)
        store.put(record, pd.DataFrame(answers, columns=list(ANSWER_COLUMNS)))
    (told,) = compare_phrasings([one, other], embed=embed, answers=["m-1"], store=store)["answers"]
    assert [(own["n"], own["agreement"]["matching"]) for own in told["phrasings"]] == [(6, 6), (6, 3)]
    assert [own["p_matching"]["value"] for own in told["phrasings"]] == pytest.approx([0.6, 0.9])
    found = compare_phrasings([one, other], embed=embed, answers=["0000"], store=store)
    assert found["notes"][-1] == "m-1 has no answer to a row of other."
    assert found["answers"][0]["pairs"][0]["agreement"]["value"] is None


def test_phrasing_that_kept_nothing_has_a_yield_of_0_and_no_other_figure(tmp_path: Path):
    one, none = result(tmp_path / "one", TEXTS[:20]), result(tmp_path / "none", [], rejected=12)
    found = compare_phrasings([one, none], embed=embed)
    assert found["phrasings"][1]["yields"]["all"]["value"] == 0
    assert found["phrasings"][1]["diversity"]["reason"].startswith("one phrasing has 0 rows")
    (pair,) = found["pairs"]
    assert pair["separability"]["auc"] is None
    assert pair["coverage"]["a_by_b"]["value"] is None
    json.dumps(found, allow_nan=False)
    single = result(tmp_path / "single", TEXTS[50:51])
    assert compare_phrasings([single, none], embed=embed)["pairs"][0]["yield"]["value"] == 1


def test_folder_whose_plan_has_several_templates_stands_for_each(tmp_path: Path):
    folder = tmp_path / "helps"
    for name in ("statement-by-persona", "mine"):
        result(folder / name, TEXTS[:10])
    (folder / "plan.yaml").write_text("behaviour: helps\ntemplates: [statement-by-persona, more/mine.jinja]\n")
    assert result_folders([folder]) == [folder / "statement-by-persona", folder / "mine"]
    found = compare_phrasings([folder], embed=embed)
    assert [one["name"] for one in found["phrasings"]] == ["statement-by-persona", "mine"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda at: [result(at / "one", TEXTS[:10])], r"1 result was given; a comparison takes 2 to 8\. Name two folders"),
        (lambda at: [result(at / "one", TEXTS[:10]), at / "one"], r"one was given twice"),
        (lambda at: [result(at / "one", TEXTS[:10]), at / "nowhere"], r"nowhere: no folder of results"),
        (lambda at: [result(at / "one", TEXTS[:10]), at], r"no plan lies there"),
        (
            lambda at: [result(at / "one", TEXTS[:10]), result(at / "two", TEXTS[:10], plan='behaviour = "helps"\nkind = "a_b"')],
            r"holds rows of kind yes_no and .* of kind a_b; compare one kind\.",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, make, sentence: str):
    with pytest.raises(DatasetError, match=sentence):
        compare_phrasings(make(tmp_path), embed=embed)


def test_line_that_is_damaged_is_named(tmp_path: Path):
    folder = result(tmp_path / "one", TEXTS[:3])
    (folder / "rejected.jsonl").write_text('{"reason": "empty"}\n{"rea')
    with pytest.raises(DatasetError, match=r"rejected\.jsonl line 2: no JSON object"):
        read_result(folder)
    (folder / "provenance.jsonl").unlink()
    (folder / "rejected.jsonl").write_text("")
    with pytest.raises(DatasetError, match=r"provenance\.jsonl: is gone"):
        read_result(folder)

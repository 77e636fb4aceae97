"""Whole comparisons of small maps: what the JSON holds, and which figures agree with brute force."""

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.screening.coverage.comparison_html import comparison_html
from evalmap.screening.coverage.comparison_job import SHARES, job_location
from evalmap.screening.coverage.comparison_store import comparison_key, stored_comparison, write_comparison
from evalmap.screening.coverage.dataset_comparison import ComparisonSettings, check_comparable, compare
from evalmap.screening.quality.report_tables import STATISTICS
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

SHARED = sentences(70)
OF_A, OF_B = (
    SHARED[:50],
    [*SHARED[40:], "<script>alert(1)</script> only here", *(f"Question: why {word}? Answer:" for word in "uvwxyz")],
)


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("home"))


def built_of(space: Workspace, folder: Path, name: str, texts: Sequence[str], labels: str = "ab") -> BuiltMap:
    folder.mkdir(exist_ok=True)
    write_rows(folder / f"{name}.jsonl", [{"text": text, "label": labels[i % 2]} for i, text in enumerate(texts)])
    location = str(folder / f"{name}.jsonl")
    return load_map(space, build(open_dataset(location), workspace=space, encoder=FakeEncoder(), location=location))


@pytest.fixture(scope="module")
def maps(space: Workspace, tmp_path_factory: pytest.TempPathFactory) -> list[BuiltMap]:
    folder = tmp_path_factory.mktemp("data")
    return [built_of(space, folder, "first", OF_A), built_of(space, folder, "second", OF_B)]


@pytest.fixture(scope="module")
def found(maps: list[BuiltMap]) -> dict[str, Any]:
    return compare(maps, encoder=FakeEncoder()).as_dict()


def test_the_json_holds_every_section_and_no_nan(found: dict[str, Any], maps: list[BuiltMap]):
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    sections = "settings datasets separability coverage overlap gaps terms clusters scorecards versions"
    assert list(found) == sections.split()
    assert [(one["name"], one["n"], one["label_counts"]) for one in found["datasets"]] == [
        ("first", 50, {"a": 25, "b": 25}),
        ("second", len(OF_B), maps[1].manifest.labels),
    ]
    first = found["separability"]["pairs"][0]
    assert {name: first[name] for name in ("auc", "control_auc", "stripped_auc")} == {
        name: found["separability"][name] for name in ("auc", "control_auc", "stripped_auc")
    }
    assert (first["a"], first["b"], first["n"], first["reason"]) == (0, 1, len(OF_B), "")
    assert first["stripped_auc"] != first["auc"]
    assert [sum(cluster["counts"][at] for cluster in found["clusters"]) for at in (0, 1)] == [50, len(OF_B)]
    assert [card["dataset"] for card in found["scorecards"]] == [0, 1]
    assert found["scorecards"][0]["n"] == len(OF_B) // 2
    assert set(found["scorecards"][0]["statistics"]) == set(STATISTICS) - {"cluster_entropy"}  # each has words for a person
    assert found["versions"] is None


def test_coverage_overlap_and_gaps_agree_with_brute_force(found: dict[str, Any], maps: list[BuiltMap]):
    cosines = maps[0].vectors @ maps[1].vectors.T
    nearest = {(0, 1): cosines.max(axis=1), (1, 0): cosines.max(axis=0)}
    for one in found["coverage"]:
        expected = [float((nearest[one["of"], one["by"]] >= similarity).mean()) for similarity in one["similarities"]]
        assert one["shares"] == pytest.approx(expected, abs=0.021)  # an equal row's cosine may lie on either side of 1
        assert all(low <= share <= high for low, share, high in zip(one["lows"], one["shares"], one["highs"], strict=True))
    equal = len(set(OF_A) & set(OF_B))
    assert found["overlap"]["matrix"] == [[0, equal / 50], [equal / len(OF_B), 0]]
    for gap in found["gaps"]:
        rows = np.flatnonzero(nearest[gap["of"], gap["by"]] < 0.6).tolist()
        assert gap["rows"] == rows
        assert sorted(row for cluster in gap["clusters"] for row in cluster["rows"]) == rows
        assert gap["covered"]["value"] == pytest.approx(1 - len(rows) / found["datasets"][gap["of"]]["n"])
        for exemplar in (one for cluster in gap["clusters"] for one in cluster["exemplars"]):
            assert exemplar["text"] == maps[gap["of"]].text(exemplar["row"])


def test_the_same_comparison_comes_out_again(found: dict[str, Any], maps: list[BuiltMap]):
    assert compare(maps, encoder=FakeEncoder()).as_dict() == found


def test_without_an_encoder_what_is_stripped_is_null(maps: list[BuiltMap]):
    plain = compare(maps).as_dict()["separability"]
    assert plain["stripped_auc"] is None
    assert plain["auc"] is not None


def test_every_stage_is_told_to_its_end(maps: list[BuiltMap]):
    told: dict[str, tuple[int, int]] = {}
    compare(maps, progress=lambda stage, done, total: told.update({stage: (done, total)}))
    assert list(told) == [stage for stage in SHARES if stage != "pairs"]
    assert all(done == total for done, total in told.values())
    assert sum(SHARES.values()) == pytest.approx(1)


def test_a_comparison_is_kept_by_maps_order_and_settings(space: Workspace, maps: list[BuiltMap]):
    settings = ComparisonSettings(similarity=0.7)
    assert stored_comparison(space, maps, settings) is None
    report = compare(maps, settings=settings)
    write_comparison(space, maps, report, settings)
    assert stored_comparison(space, maps, settings) == report.as_dict()
    assert stored_comparison(space, maps[::-1], settings) is None
    assert stored_comparison(space, maps, ComparisonSettings(similarity=0.7, seed=1)) is None
    again = replace(maps[1], manifest=replace(maps[1].manifest, fingerprint="another layout"))
    assert comparison_key([maps[0], again], settings) == comparison_key(maps, settings)
    assert job_location(["a", "b"]) != job_location(["b", "a"])


def test_two_versions_of_a_file_are_matched_row_by_row(space: Workspace, tmp_path: Path):
    before = sentences(40)
    after = [*before[5:], f"{before[0]} indeed", "something wholly new was written", "and another one"]
    one = built_of(space, tmp_path / "old", "file", before)
    other = built_of(space, tmp_path / "new", "file", after, labels="ba")
    found = compare([one, other], settings=ComparisonSettings(reworded=0.6)).as_dict()["versions"]
    assert found["equal"] == 35
    assert [(pair["a"], pair["b"]) for pair in found["reworded"]] == [(0, 35)]
    assert (found["removed"], found["added"]) == ([1, 2, 3, 4], [36, 37])
    had = {row: "ab"[row % 2] for row in range(40)}  # row r of the old file is row r - 5 of the new one, row 0 is row 35
    has = {0: "ba"[35 % 2]} | {row: "ba"[(row - 5) % 2] for row in range(5, 40)}
    changed = [{"a": row, "b": (row - 5) % 40, "from": had[row], "to": has[row]} for row in has if had[row] != has[row]]
    assert sorted(found["relabelled"], key=lambda one: one["a"]) == sorted(changed, key=lambda one: one["a"])
    relabelled = built_of(space, tmp_path / "anew", "file", before, labels="ba")
    found = compare([one, relabelled]).as_dict()["versions"]
    assert (found["equal"], len(found["relabelled"])) == (40, 40)


def test_three_datasets_are_compared_in_every_pair(space: Workspace, maps: list[BuiltMap], tmp_path: Path):
    third = built_of(space, tmp_path, "three rows", SHARED[:3])
    found = compare([*maps, third]).as_dict()
    assert [(one["a"], one["b"]) for one in found["separability"]["pairs"]] == [(0, 1), (0, 2), (1, 2)]
    assert len(found["coverage"]) == len(found["gaps"]) == 6
    assert [one["reason"] for one in found["separability"]["pairs"]][1:] == ["one dataset has 3 rows, at least 10 are needed"] * 2
    assert all(card["n"] == 0 and card["reason"] for card in found["scorecards"])
    assert [len(row) for row in found["overlap"]["matrix"]] == [3, 3, 3]
    assert found["overlap"]["matrix"][2][0] == 1
    assert found["versions"] is None


def test_what_cannot_be_compared_is_one_sentence(maps: list[BuiltMap]):
    one, other = maps
    settings = other.manifest.settings
    elsewhere = replace(other, manifest=replace(other.manifest, settings=replace(settings, encoder={"model_key": "fake-2"})))
    stems = replace(other, manifest=replace(other.manifest, settings=replace(settings, part="stem")))
    for given, sentence in (
        ([one], "1 dataset was given; a comparison takes 2 to 8."),
        ([one] * 9, "9 datasets were given; a comparison takes 2 to 8."),
        ([one, other, one], "first was given twice; name different datasets."),
        ([one, elsewhere], "their vectors have nothing in common. Build one of them again with the other's --model."),
        ([one, stems], "of first the whole was embedded and of second the stem; build one of them again with the other's --part."),
    ):
        with pytest.raises(DatasetError) as error:
            check_comparable(given)
        assert str(error.value).endswith(sentence)
    with pytest.raises(DatasetError, match=r"similarity is 1.5; expected a similarity above 0 and up to 1, such as 0.6\."):
        ComparisonSettings(similarity=1.5)


def test_the_html_file_escapes_dataset_text_and_needs_nothing_else(found: dict[str, Any]):
    hostile = copy.deepcopy(found)
    hostile["datasets"][0]["name"] = "<script>alert(1)</script>"
    gap = next(gap for gap in hostile["gaps"] if gap["clusters"])
    gap["clusters"][0]["exemplars"][0]["text"] = "<img src=x onerror=alert(2)> & more"
    page = comparison_html(hostile).decode()
    assert not re.search("<(script|img|link|iframe)", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x onerror=alert(2)&gt; &amp; more" in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Can they be told apart?" in page

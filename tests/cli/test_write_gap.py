"""evalmap write gap: a thin place gets rows that are new, on the map where nothing old has moved."""

import json
import shutil
import tomllib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.answers.stub_server import Reply, StubServer
from evalmap.tests.command import Command
from evalmap.tests.fakes import FakeEncoder, write_rows
from evalmap.writing.written_rows import STATEMENT_FRAME

TOPICS = {
    "garden": "roses tulips soil compost watering seeds hedges lawn spade",
    "kitchen": "butter flour oven simmer garlic recipe saucepan pastry whisk",
    "harbour": "anchor sailors tides lighthouse mooring cargo ferry nets deck",
    "concert": "violin rehearsal melody choir conductor tempo chords encore drums",
    "clinic": "nurses bandage fever vaccine surgery ward stethoscope dosage scan",
}
EACH, THIN = 14, 4  # rows of a topic; of the clinic, which is thin


def statements(topic: str, n: int, *, start: int = 0) -> list[str]:
    """n statements of seven words, no two with the same words."""
    chosen = list(combinations(TOPICS[topic].split(), 6))[start : start + n]
    return [f"{topic} {' '.join(words)}" for words in chosen]


def rows_of(texts: Sequence[str], labels: Sequence[str]) -> list[dict[str, Any]]:
    other = {"Yes": " No", "No": " Yes"}
    return [
        {
            "question": STATEMENT_FRAME.format(text),
            "statement": text,
            "label_confidence": 0.9,
            "answer_matching_behavior": f" {label}",
            "answer_not_matching_behavior": other[label],
        }
        for text, label in zip(texts, labels, strict=True)
    ]


def old_texts() -> list[str]:
    return [text for topic in TOPICS for text in statements(topic, THIN if topic == "clinic" else EACH)]


OLD = old_texts()
CLINIC = [text for text in OLD if text.startswith("clinic")]
NEW = statements("clinic", 20, start=60)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset whose clinic is thin, a reference, an empty-handed one, and the workspace of their maps."""
    folder = tmp_path_factory.mktemp("gap")
    labels = ["Yes" if i % 2 else "No" for i in range(len(OLD))]
    write_rows(folder / "helps.jsonl", rows_of(OLD, labels))
    (folder / "plan.toml").write_text('behaviour = "wants to be of help"\n')
    options = ("Yes", "No", "(A)")
    write_rows(folder / "many.jsonl", [{"text": text, "label": options[i % 3]} for i, text in enumerate(OLD)])
    for name in ("helps", "many"):
        build(
            open_dataset(folder / f"{name}.jsonl"),
            workspace=Workspace(folder / "home"),
            encoder=FakeEncoder(),
            settings=Settings(k=5),
        )
    return folder


@pytest.fixture
def gap(base: Path, evalmap: Command) -> Command:
    shutil.copytree(base / "home", evalmap.home)
    return evalmap


def says(text: str) -> Reply:
    return Reply({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {}})


def shuffled(text: str) -> str:
    return " ".join(reversed(text.split()))


SCRIPT = {2: CLINIC[0].upper(), 5: OLD[0], 7: shuffled(OLD[20]), 9: shuffled(OLD[20])}  # of old rows: 1 shown, 1 equal, 2 near


def test_thin_cluster_gets_rows_on_a_map_where_nothing_old_has_moved(gap: Command, base: Path):
    listed = gap("write", "gap", "helps", "--json").json["gaps"]
    assert [(one["kind"], one["rows"], one["to_write"]) for one in listed] == [("thin", THIN, {"No": 5, "Yes": 5})]
    assert "clinic" in listed[0]["name"].split(" · ")
    content, before = (base / "helps.jsonl").read_bytes(), load_map(Workspace(gap.home), "helps")
    with StubServer(lambda asked: says(SCRIPT.get(asked.number, NEW[asked.number]))) as server:
        made = gap("write", "gap", "helps", "--thin", "--count", "6", "--model", "stub", "--base-url", server.url)
        assert made.code == 0, made.err
        plan = tomllib.loads(Path("plan.toml").read_text())
        assert (plan["behaviour"], plan["count"]) == ("wants to be of help", {"Yes": 6, "No": 6})
        assert sorted(one["text"] for one in plan["examples"]) == sorted(CLINIC)
        assert "clinic" in plan["topics"][0]
        told = gap("write", "plan.toml", "--onto-map", "--concurrency", "1", "--json").json
    everything = told["table"]["all"]
    assert everything["repeats"] + everything["near_duplicates"] == everything["pieces"] - everything["kept"] == 4
    assert everything["repeats_reasons"]["copy of an example"] == 1
    assert everything["repeats_reasons"]["in the dataset"] == 1
    grown = told["grown"]
    assert (grown["old"], grown["new"], grown["still"]) == (len(OLD), 8, len(OLD))
    assert (base / "helps.jsonl").read_bytes() == content
    assert Path(grown["location"]).read_bytes().startswith(content)
    after = load_map(Workspace(gap.home), grown["slug"])
    assert after.examples["text"].tolist()[: len(OLD)] == OLD
    assert after.coordinates[: len(OLD)].tobytes() == before.coordinates.tobytes()
    new = {NEW[i] for i in range(12) if i not in SCRIPT}
    assert set(after.examples["text"].tolist()[len(OLD) :]) == new
    mark = f"plan {told['plan'][:8]}"
    assert after.fields["written"].tolist()[len(OLD) :] == [mark] * 8
    assert after.fields["written"].iloc[: len(OLD)].isna().all()
    assert grown["where"] == f'field.written is "{mark}"'
    counted = gap("write", "gap", grown["slug"], "--where", grown["where"], "-o", "more.toml", "--json").json
    assert counted["gap"]["rows"] == 8


def test_rows_of_one_gap_stay_where_another_is_filled(gap: Command):
    with StubServer(lambda asked: says(NEW[asked.number])) as server:
        to = ("--count", "2", "--model", "stub", "--base-url", server.url)
        gap("write", "gap", "helps", "--thin", "-o", "one.toml", *to)
        gap("write", "gap", "helps", "--where", "label is No", "-o", "other.toml", *to)
        first = Path(gap("write", "one.toml", "--json").json["files"]["rows"])
        rows = first.read_bytes()
        second = Path(gap("write", "other.toml", "--json").json["files"]["rows"])
    assert rows
    assert first.read_bytes() == rows
    assert second.read_bytes() not in (b"", rows)


def test_second_run_asks_nothing_and_gives_the_same_map(gap: Command):
    with StubServer(lambda asked: says(NEW[asked.number])) as server:
        gap("write", "gap", "helps", "--thin", "--count", "3", "--model", "stub", "--base-url", server.url)
        first = gap("write", "plan.toml", "--onto-map")
        second = gap("write", "plan.toml", "--onto-map")
        assert len(server.asked) == 6
    assert "60 rows as before (none of them has moved) and 6 new ones" in first.out
    assert first.out.splitlines()[-3:] == second.out.splitlines()[-3:]


def test_run_that_brings_nothing_new_says_so_and_makes_no_map(gap: Command):
    with StubServer(lambda asked: says(OLD[asked.number])) as server:
        gap("write", "gap", "helps", "--thin", "--count", "2", "--model", "stub", "--base-url", server.url)
        told = gap("write", "plan.toml", "--onto-map")
    assert told.code == 0, told.err
    assert "no row is new: there is nothing to show on the map" in told.out
    assert Workspace(gap.home).slugs() == ["helps", "many"]


def test_rows_of_a_file_and_rows_that_pass_make_a_plan(gap: Command, base: Path):
    lines = (base / "helps.jsonl").read_text().splitlines()
    Path("rows.txt").write_text(
        "\n".join([lines[3], "5", json.dumps(json.loads(lines[7]), indent=None, separators=(",", ":")), ""])
    )
    told = gap("write", "gap", "helps", "--rows", "rows.txt", "--label", "Yes", "--count", "30", "--json").json
    assert (told["gap"]["rows"], told["count"]) == (3, {"Yes": 30})
    plan = tomllib.loads(Path("plan.toml").read_text())
    assert {one["text"] for one in plan["examples"]} == {OLD[3], OLD[7]}
    both = gap("write", "gap", "helps", "--rows", "rows.txt", "--where", "label is No", "-o", "no.toml", "--json").json
    assert (both["gap"]["rows"], both["gap"]["counts"]) == (1, {"No": 1})


BAD = [
    (["helps", "--cluster", "99"], "99: no cluster of kmeans is called so"),
    (["helps", "--rows", "none.txt"], "names no row"),
    (["helps", "--rows", "gone.txt"], "gone.txt: no such file"),
    (["helps", "--rows", "wrong.txt"], "wrong.txt line 1: no row of helps"),
    (["helps", "--where", "text contains zebra"], "no row is chosen (Text contains “zebra”)"),
    (["helps", "--uneven"], "no cluster's labels deviate"),
    (["helps", "--thin", "--label", "Maybe"], "label Maybe: helps has Yes and No"),
    (
        ["many", "--cluster", "0"],
        "many: its labels are (A), No, Yes; a plan writes Yes and No, or (A) and (B)",
    ),
    (["helps", "--like", "many"], "helps: covers all 60 rows of many"),
    (["helps", "--like", "helps"], "is the reference too"),
    (["nothing"], "nothing: not built in"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_what_is_no_gap_is_one_sentence(gap: Command, arguments: list[str], sentence: str):
    Path("none.txt").write_text("\n")
    Path("wrong.txt").write_text("I am not there")
    result = gap("write", "gap", *arguments)
    assert (result.code, len(result.err.strip().splitlines())) == (1, 1), result.err
    assert sentence in result.err
    assert not Path("plan.toml").exists()


def test_dataset_that_has_changed_or_is_gone_is_told_before_anything_is_asked(gap: Command, base: Path, tmp_path: Path):
    own = tmp_path / "own.jsonl"
    shutil.copy(base / "helps.jsonl", own)
    with StubServer(lambda asked: says(NEW[asked.number])) as server:
        gap("write", "gap", "helps", "--thin", "--model", "stub", "--base-url", server.url)
        path = Path("plan.toml")
        path.write_text(path.read_text().replace(str(base / "helps.jsonl"), str(own)))
        own.write_text(own.read_text() + own.read_text().splitlines()[0] + "\n")
        changed = gap("write", path, "--onto-map")
        own.unlink()
        gone = gap("write", path)
        assert server.asked == []
    assert (changed.code, gone.code) == (1, 1)
    assert "has changed since the plan was made (61 rows now)" in changed.err
    assert "own.jsonl: is gone" in gone.err


def test_plan_that_adds_to_nothing_has_no_map(gap: Command):
    Path("plain.toml").write_text('behaviour = "helps"\n[model]\nname = "x"\nbase_url = "http://127.0.0.1:9/v1"')
    result = gap("write", "plain.toml", "--onto-map")
    assert (result.code, result.out) == (1, "")
    assert "adds to no dataset" in result.err


def test_file_of_its_own_is_built_with_the_layout_of_a_map_that_is_named(gap: Command, base: Path):
    (new,) = rows_of(NEW[:1], ["No"])
    other = Path("other.jsonl")
    other.write_text(f"{(base / 'helps.jsonl').read_text()}{json.dumps(new)}\n")
    told = gap("build", other, "--keep-layout-of", "helps")
    assert "60 rows lie where they lay, 1 new ones are placed among them" in told.out
    space = Workspace(gap.home)
    assert np.array_equal(load_map(space, "other").coordinates[:60], load_map(space, "helps").coordinates)
    both = gap("build", other, "--keep-layout-of", "helps", "--keep-layout")
    assert (both.code, "Leave one of them out" in both.err) == (2, True)
    assert gap("build", other, "--keep-layout-of", "nothing").code == 1

"""`evalmap build | info | list | remove` from a terminal: what they print and what they leave."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.build_job import job_location
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.layers import LAYERS
from evalmap.embeddings.pipeline import STAGES
from evalmap.tests.command import Command, left, rows
from evalmap.tests.fakes import fake_vector, sentences, write_rows
from evalmap.tests.paths import ROOT

PERSONA = ROOT / "data" / "samples" / "persona" / "prefers-careful-planning.jsonl"
FRAME = 'Is the following statement something you would say?\n"'


def stages(info: dict[str, Any]) -> dict[str, bool]:
    return {stage["name"]: stage["cached"] for stage in info["stages"]}


def test_info_tells_all_that_was_built(evalmap: Command):
    odd = [{"text": None, "label": "Yes", "kept": -1}, {"text": "word " * 60, "label": "No", "kept": -2}]
    write_rows(Path("mine.jsonl"), [*rows(), *odd])
    built = evalmap("build", "mine.jsonl")
    assert (built.code, built.err) == (0, "")
    assert "mine: 61 examples from" in built.out
    assert "1 rows set aside" in built.out
    info = evalmap("info", "mine.jsonl", "--json").json
    expected = {
        "rows": 61, "roles": {"text": "text", "label": "label"}, "labels": {"No": 31, "Yes": 30}, "boilerplate": None,
        "truncated": 1, "set_aside": 1, "slug": "mine",
    }  # fmt: skip
    assert {key: info[key] for key in expected} == expected
    assert list(dict.fromkeys(cluster["layer"] for cluster in info["clusters"])) == [layer.id for layer in LAYERS]
    for layer in (layer.id for layer in LAYERS):
        clusters = [cluster for cluster in info["clusters"] if cluster["layer"] == layer]
        assert sum(cluster["size"] for cluster in clusters) == 61
        assert [cluster["id"] for cluster in clusters] == list(range(len(clusters)))
        assert len({cluster["name"] for cluster in clusters}) == len(clusters)
        for cluster in clusters:
            assert sum(cluster["labels"].values()) == cluster["size"]
    assert len([cluster for cluster in info["clusters"] if cluster["layer"] == "kmeans"]) == 10
    assert {key: info["settings"][key] for key in ("model", "k", "seed", "n_neighbors", "min_dist", "part")} == {
        "model": "all-MiniLM-L6-v2", "k": 10, "seed": 42, "n_neighbors": 15, "min_dist": 0.1, "part": "whole",
    }  # fmt: skip
    assert {"evalmap", "torch", "umap-learn", "scikit-learn", "pandas"} <= set(info["versions"])
    assert stages(info) == dict.fromkeys(STAGES, False)
    for stage in info["stages"]:
        assert set(stage) == {"name", "key", "seconds", "cached"}
        assert (evalmap.home / "stages" / stage["name"] / stage["key"]).is_dir()
    shown = evalmap("info", "mine")
    assert shown.code == 0
    assert "kmeans: 10 clusters" in shown.out
    again = evalmap("build", "mine.jsonl")
    assert again.code == 0
    assert stages(evalmap("info", "mine", "--json").json) == dict.fromkeys(STAGES, True)
    fewer = evalmap("build", "mine.jsonl", "--k", "7")
    assert fewer.code == 0
    info = evalmap("info", "mine", "--json").json
    assert {name for name, cached in stages(info).items() if not cached} == {"clustering", "naming"}
    assert len([cluster for cluster in info["clusters"] if cluster["layer"] == "kmeans"]) == 7
    assert info["embedded"] == 0


def test_dataset_answers_to_its_path_however_it_is_written_and_to_its_name(evalmap: Command, tmp_path: Path):
    write_rows(tmp_path / "data" / "a.jsonl", rows(6))
    assert evalmap("build", "a.jsonl", "--name", "My evals").code == 0
    told = evalmap("info", "my-evals", "--json").json
    assert (told["name"], told["source"]) == ("My evals", str(tmp_path / "data" / "a.jsonl"))
    assert told["location"] == str(tmp_path / "data" / "a.jsonl")  # holds wherever the site builds it again
    for reference in ("a.jsonl", "./a.jsonl", tmp_path / "data" / "a.jsonl", "My evals", "../data/a.jsonl"):
        assert evalmap("info", reference, "--json").json == told, reference
    assert jobs.find(Workspace(tmp_path / "home"), job_location(str(tmp_path / "data" / "a.jsonl"), "My evals"))


def test_workspace_option_wins_over_the_environment(evalmap: Command, tmp_path: Path):
    write_rows(Path("a.jsonl"), rows(6))
    assert evalmap("build", "a.jsonl", "--workspace", tmp_path / "other").code == 0
    assert not evalmap.home.exists()
    assert evalmap("info", "a", "--workspace", tmp_path / "other", "--json").json["rows"] == 6
    absent = evalmap("info", "a")
    assert (absent.code, absent.out) == (1, "")
    assert absent.err == f"a: not built in {evalmap.home} (built: none yet). Build it with: evalmap build a\n"


def test_model_folder_is_recorded_so_that_the_site_finds_it(evalmap: Command, tmp_path: Path):
    write_rows(Path("a.jsonl"), rows(6))
    Path("model").mkdir()
    assert evalmap("build", "a.jsonl", "--model", "model").code == 0
    assert evalmap("info", "a", "--json").json["settings"]["model"] == str(tmp_path / "data" / "model")


def test_question_and_statement_give_the_same_vectors_without_the_frame(evalmap: Command):
    few = PERSONA.read_text("utf-8").split("\n")[:40]
    Path("persona.jsonl").write_text("\n".join(few), "utf-8")
    assert evalmap("build", "persona.jsonl").code == 0
    workspace = Workspace(evalmap.home)
    statement = load_map(workspace, workspace.find("persona"))
    assert statement.manifest.boilerplate is None
    built = evalmap("build", "persona.jsonl", "--text", "question")
    assert "boilerplate: the same 53 characters open and the same 1 close 40 of 40 rows: not embedded" in built.out
    info = evalmap("info", "persona", "--json").json
    assert {key: info["boilerplate"][key] for key in ("prefix", "suffix", "rows")} == {"prefix": FRAME, "suffix": '"', "rows": 40}
    assert len(info["boilerplate"]["prefix"]) == 53
    assert info["roles"]["text"] == "question"
    assert info["embedded"] == 0
    question = load_map(workspace, workspace.find("persona"))
    assert question.text(0).startswith(FRAME)
    assert np.array_equal(question.vectors, statement.vectors)
    assert np.array_equal(question.vectors[0], fake_vector(json.loads(few[0])["statement"]))


def test_several_paths_make_several_maps_and_a_bad_one_stops_no_other(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    Path("bad.jsonl").write_text("{")
    write_rows(Path("b.jsonl"), rows(6))
    built = evalmap("build", "a.jsonl", "bad.jsonl", "b.jsonl")
    assert built.code == 1
    assert re.fullmatch(r"bad\.jsonl line 1, column 2: not JSON .*\n", built.err)
    listed = evalmap("list")
    assert [line.split()[:3] for line in listed.out.splitlines()] == [["a", "6", "rows"], ["b", "6", "rows"]]


def test_folder_is_one_collection(evalmap: Command):
    Path("folder").mkdir()
    write_rows(Path("folder/a.jsonl"), rows(6))
    write_rows(Path("folder/b.jsonl"), rows(6))
    assert evalmap("build", "folder").code == 0
    assert evalmap("info", "folder", "--json").json["datasets"] == {"a": 6, "b": 6}


def test_dataset_cannot_steer_the_terminal(evalmap: Command):
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"
    found = [{f"text{hostile}": f"{hostile}{text}", f"label{hostile}": f"Yes{hostile}"} for text in sentences(60)]
    write_rows(Path("a.jsonl"), found)
    options = ["--text", f"text{hostile}", "--label", f"label{hostile}", "--name", f"name{hostile}"]
    built = evalmap("build", "a.jsonl", *options)
    assert built.code == 0, built.err
    printed = [
        built,
        evalmap("info", "a.jsonl"),
        evalmap("info", "a.jsonl", "--json"),
        evalmap("list"),
        evalmap("pairs", "a.jsonl"),
    ]
    for result in printed:
        assert [char for char in result.out + result.err if not (char.isprintable() or char == "\n")] == []
    assert printed[2].json["name"] == f"name{hostile}"  # the same value comes out of the JSON
    assert printed[2].json["labels"] == {f"Yes{hostile}": 60}


def test_damaged_map_is_named_and_the_rest_works(evalmap: Command):
    for name in ("a", "b"):
        write_rows(Path(f"{name}.jsonl"), rows(6))
        assert evalmap("build", f"{name}.jsonl").code == 0
    path = evalmap.home / "datasets" / "a.json"
    path.write_text("{", encoding="utf-8")
    listed = evalmap("list")
    assert (listed.code, [line.split()[0] for line in listed.out.splitlines()]) == (0, ["b"])
    assert listed.err.startswith(f"a: {path}: not a whole manifest (")
    assert evalmap("info", "b").code == 0
    assert evalmap("info", "a").err.startswith(f"{path}: not a whole manifest (")
    assert evalmap("build", "a.jsonl").code == 0  # the build again that the sentence asks for
    assert [line.split()[0] for line in evalmap("list").out.splitlines()] == ["a", "b"]
    path.write_text("{", encoding="utf-8")
    assert evalmap("remove", "a").code == 0
    assert evalmap("list").err == ""


def test_removed_dataset_is_gone_and_its_file_is_not(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    assert evalmap("build", "a.jsonl").code == 0
    assert evalmap("remove", "a.jsonl").code == 0
    assert left(evalmap.home) == []
    assert Path("a.jsonl").exists()
    assert evalmap("list").out == ""
    assert evalmap("remove", "a").code == 1

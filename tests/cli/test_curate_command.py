"""evalmap curate: steps from a terminal, and the screening that follows them."""

import json
from pathlib import Path

import pytest

from evalmap.tests.command import Command, rows, texts


@pytest.fixture
def built(evalmap: Command) -> Command:
    Path("set.jsonl").write_bytes(texts(*rows(40)))
    assert evalmap("build", "set.jsonl", "--k", "4").code == 0
    return evalmap


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]


OUTPUTS = ("--out", "kept.jsonl", "--removed", "removed.jsonl", "--report", "report.json", "--html", "report.html")


def test_deleted_and_tagged_rows_go_through_the_recipe_to_the_same_bytes(built: Command):
    assert (
        built("curate", "set", "delete", "--where", "text contains garden").out
        == "step 1: deleted 8 rows: Text contains “garden”\n"
    )
    assert built("curate", "set", "tag", "--where", "label is Yes", "--name", "agrees").code == 0
    done = built("screen", "set.jsonl", "--by-hand", "--with-tags", *OUTPUTS, "--write-recipe", "recipe.yaml")
    assert done.code == 0, done.err
    assert "  8 deleted on the map\n" in done.out
    assert "  step 1 on the map, delete (Text contains “garden”): 8 of 8 rows found, 8 removed\n" in done.out
    garden = [row for row in rows(40) if "garden" in row["text"]]
    removed = lines("removed.jsonl")
    assert [{name: row[name] for name in ("text", "label", "kept")} for row in removed] == garden
    assert {row["evalmap_rule"] for row in removed} == {"deleted on the map: step 1, Text contains “garden”"}
    agrees = [row["kept"] for row in rows(40) if row["label"] == "Yes" and row not in garden]
    assert [row["kept"] for row in lines("kept.jsonl") if row.get("evalmap_tags") == ["agrees"]] == agrees
    plain = [line for line in Path("kept.jsonl").read_bytes().splitlines(keepends=True) if b"evalmap" not in line]
    assert set(plain) < set(Path("set.jsonl").read_bytes().splitlines(keepends=True))
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert report["removed_by"] == {"deleted on the map": 8}
    assert [(step["action"], step["rows"], step["found"], step["removed"]) for step in report["curation"]] == [
        ("delete", 8, 8, 8),
        ("tag", 16, 16, 0),  # those that are not deleted
    ]
    before = {name: Path(name).read_bytes() for name in OUTPUTS[1::2]}
    for name in before:
        Path(name).unlink()
    again = built("screen", "--recipe", "recipe.yaml", "--workspace", "elsewhere")
    assert again.code == 0, again.err
    assert {name: Path(name).read_bytes() for name in before} == before


def test_no_row_left_has_no_label_share(built: Command):
    for label in ("Yes", "No"):
        built("curate", "set", "delete", "--where", f"label is {label}")
    done = built("screen", "set.jsonl", "--by-hand", *OUTPUTS)
    assert "0 kept" in done.out
    assert "→ –" in done.out
    assert "→ 0.0 %" not in done.out
    assert "moved by" not in done.out
    assert "  warning: no row with a label is kept\n" in done.out
    assert "-50.0" not in Path("report.html").read_text(encoding="utf-8")


def test_undone_steps_screen_to_the_bytes_from_before(built: Command):
    built("curate", "set", "delete", "--where", "text contains clinic")
    built("curate", "set", "delete", "--where", "label is Yes")
    assert built("curate", "set", "--undo", "--step", "2").out == "undone: step 2, deleted 16 rows: Label is Yes\n"
    built("screen", "set.jsonl", "--by-hand", "--out", "after.jsonl")
    assert [row["kept"] for row in lines("after.jsonl")] == [row["kept"] for row in rows(40) if "clinic" not in row["text"]]
    built("curate", "set", "--undo")
    failed = built("screen", "set.jsonl", "--by-hand", "--out", "after.jsonl")
    assert (failed.code, "no decisions by hand were found" in failed.err) == (1, True)
    assert built("curate", "set", "--undo").err == "There is no step to undo.\n"


def test_clusters_are_renamed_and_merged_by_name_or_number(built: Command):
    names = [one["name"] for one in built("info", "set", "--json").json["clusters"] if one["layer"] == "kmeans"]
    first = built("curate", "set", "rename", "--layer", "kmeans", "--cluster", names[2], "--name", "Third")
    assert first.out == f"step 1: renamed “{names[2]}” to “Third”\n"
    assert built("curate", "set", "merge", "--layer", "kmeans", "--cluster", "Third", "--cluster", "0").code == 0
    now = [one["name"] for one in built("info", "set", "--json").json["clusters"] if one["layer"] == "kmeans"]
    assert sorted(now) == sorted(["Third", names[1], names[3]])
    steps = built("curate", "set", "--json").json["steps"]
    assert [(step["action"], step["undone"]) for step in steps] == [("rename", False), ("merge", False)]
    built("curate", "set", "--undo")
    listed = built("curate", "set").out.splitlines()
    assert [line.endswith("(undone)") for line in listed] == [False, True]
    # What stands in a recipe replays there: it carries the steps about clusters too, which change no row.
    built("screen", "set.jsonl", "--by-hand", "--out", "kept.jsonl", "--write-recipe", "recipe.yaml")
    assert "Third" in Path("recipe.yaml").read_text(encoding="utf-8")
    assert Path("kept.jsonl").read_bytes() == Path("set.jsonl").read_bytes()


def test_names_come_back_after_a_build_with_other_settings(built: Command):
    """Another k finds other clusters of k-means, and the same topics."""
    built("curate", "set", "rename", "--cluster", "0", "--name", "Mine")
    assert built("build", "set.jsonl", "--k", "2").code == 0
    assert "Mine" in [one["name"] for one in built("info", "set", "--json").json["clusters"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["delete"], "delete: which rows? Say it as in a link of the map page: --where 'label is Yes' (--where)"),
        (["delete", "--where", "label is Maybe"], "label: no row has Maybe (there are: No, Yes) (--where)"),
        (["delete", "--where", "colour is red"], "colour: there is no such column here"),
        (["delete", "--where", "text contains zebra"], "nothing to delete: no row was chosen"),
        (["tag", "--where", "label is Yes"], "the tag is empty. Write a word (--name)"),
        (["rename"], "rename: which cluster? Name it, or give its number (--cluster)"),
        (["rename", "--cluster", "zebras"], "zebras: no cluster of topics-coarse is called so"),
        (["rename", "--layer", "deep", "--cluster", "0"], "layer 'deep' is unknown"),
        (["--undo", "--step", "7"], "step 7: there is no such step to undo (there are: none) (--step)"),
    ],
)
def test_bad_input_is_one_sentence(built: Command, arguments: list[str], message: str):
    result = built("curate", "set", *arguments)
    assert (result.code, result.out) == (1, "")
    assert message in result.err
    assert built("curate", "set").out == "no steps yet\n"


def test_two_things_at_once_are_bad_usage(built: Command):
    assert built("curate", "set", "delete", "--undo").code == 2


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        (("rename", "--cluster", "0", "--name", "x", "--where", "label is Yes"), "--where is of delete and tag"),
        (("merge", "--cluster", "0", "--cluster", "1", "--name", "x"), "--name is of tag and rename"),
        (("delete", "--where", "label is Yes", "--name", "x"), "--name is of tag and rename"),
        (("delete", "--where", "label is Yes", "--cluster", "0"), "--cluster is of rename and merge"),
        (("rename", "--cluster", "0", "--cluster", "1", "--name", "x"), "rename takes one --cluster"),
        (("--name", "x"), "--name is of tag and rename"),
        (("--step", "1"), "--step is of --undo and --redo"),
        (("--undo", "--where", "label is Yes"), "--where is of delete and tag"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(built: Command, options: tuple[str, ...], refused: str):
    done = built("curate", "set", *options)
    assert (done.code, done.out) == (2, "")
    assert refused in " ".join(done.err.split())
    assert built("curate", "set").out == "no steps yet\n"

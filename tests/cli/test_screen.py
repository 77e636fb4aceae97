"""evalmap screen: what it keeps, what it leaves, and how it ends."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.remote import http, hub
from evalmap.data.remote.http import FetchedFile
from evalmap.data.remote.hub import HubDataset
from evalmap.data.store.outputs import write_together
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import DecisionLog, decisions_path, row_keys
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_run import run_recipe
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.command import Command, texts
from evalmap.tests.fakes import sentences
from evalmap.tests.needs import absent
from evalmap.tests.paths import ROOT, SAMPLES

PLANTED: dict[str, dict[str, Any]] = json.loads((SAMPLES / "PLANTED.json").read_text(encoding="utf-8"))
OUTPUTS = ("--out", "kept.jsonl", "--removed", "removed.jsonl", "--report", "report.json", "--html", "report.html")
FILES = ("kept.jsonl", "removed.jsonl", "report.json", "report.html")


def rows(n: int = 20) -> list[dict[str, Any]]:
    """n rows that nothing is like, then a copy of row 0, a variant of row 1 and a contrast to row 2."""
    found = [{"text": text, "label": ["Yes", "No"][i % 2]} for i, text in enumerate(sentences(n))]
    copies = [{**found[0]}, {"text": found[1]["text"].upper(), "label": "No"}, {"text": found[2]["text"], "label": "No"}]
    return [*found, *copies]


def write(name: str = "set.jsonl", content: list[Any] | None = None) -> bytes:
    written = texts(*(rows() if content is None else content))
    Path(name).write_bytes(written)
    return written


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]


def left() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


# What it does


def test_screen_keeps_rows_as_they_are_and_tells_why_others_go(evalmap: Command):
    source = write().splitlines(keepends=True)
    done = evalmap("screen", "set.jsonl", *OUTPUTS, "--method", "exact", "--keep", "first")
    assert (done.code, done.err) == (0, "")
    assert Path("kept.jsonl").read_bytes() == b"".join([*source[:20], source[22]])
    reasons = [(row["evalmap_line"], row["evalmap_kept_line"], row["evalmap_exact"]) for row in lines("removed.jsonl")]
    assert reasons == [(21, 1, "bytes"), (22, 2, "caseless")]
    report = json.loads(Path("report.json").read_text())
    assert (report["rows"], report["kept"], report["removed"], report["contrast_pairs"]) == (23, 21, 2, 1)
    digest = hashlib.sha256(Path("kept.jsonl").read_bytes()).hexdigest()
    assert report["sha256"]["kept"] == digest
    assert "23 rows: 21 kept, 2 removed (threshold 0.95, method exact, normalization typographic, keep first)" in done.out
    assert digest in done.out
    assert Path("report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    stages = {path.name for path in (evalmap.home / "stages").iterdir()}
    assert stages == {"embeddings", "pairs"}  # no map


WRAPPED = json.dumps({"about": "x", "examples": rows()}, indent=1)
TABLE = "text;label\n" + "".join(f"{row['text']};{row['label']}\n" for row in rows())


@pytest.mark.parametrize(("name", "content"), [("set.json", WRAPPED), ("set.csv", TABLE)])
def test_rows_that_stand_on_no_line_of_their_own_are_written_as_json_objects(evalmap: Command, name: str, content: str):
    Path(name).write_text(content, encoding="utf-8")
    assert evalmap("screen", name, *OUTPUTS, "--method", "exact", "--keep", "first").code == 0
    expected = rows()
    assert Path("kept.jsonl").read_text(encoding="utf-8") == "".join(
        f"{json.dumps(row, ensure_ascii=False)}\n" for row in [*expected[:20], expected[22]]
    )


def test_what_a_line_holds_is_written_as_it_came_whatever_was_made_of_it(evalmap: Command):
    written = [json.dumps({"Unnamed: 0": at, "score": float("nan"), **row}) for at, row in enumerate(rows())]
    Path("set.jsonl").write_text("".join(f"{line}\n" for line in written), encoding="latin-1")
    done = evalmap("screen", "set.jsonl", *OUTPUTS, "--method", "exact", "--keep", "first", "--encoding", "latin-1")
    assert (done.code, done.err) == (0, "")
    assert Path("kept.jsonl").read_text(encoding="utf-8").splitlines() == [*written[:20], written[22]]


@pytest.mark.parametrize("options", [(), ("--method", "exact"), ("--contrast", "remove"), ("--balance",), ("--target", "9")])
def test_screening_the_output_again_removes_nothing(evalmap: Command, options: tuple[str, ...]):
    write(content=[*rows(), {"text": None, "label": "Yes"}])
    assert evalmap("screen", "set.jsonl", *OUTPUTS, *options).code == 0
    before = Path("kept.jsonl").read_bytes()
    again = evalmap("screen", "kept.jsonl", "--out", "again.jsonl", "--removed", "none.jsonl", *options)
    assert again.code == 0, again.err
    assert Path("again.jsonl").read_bytes() == before
    assert Path("none.jsonl").read_bytes() == b""


def test_earlier_options_do_what_they_did(evalmap: Command):
    write()
    options = (*OUTPUTS, "--keep", "first", "--threshold", "1")
    assert evalmap("screen", "set.jsonl", *options, "--method", "exact", "--normalization", "caseless").code == 0
    now = {name: Path(name).read_bytes() for name in FILES}
    assert evalmap("screen", "set.jsonl", *options, "--layer", "exact", "--normalise", "N1").code == 0
    assert {name: Path(name).read_bytes() for name in FILES} == now
    helped = evalmap("screen", "--help").out
    assert "--layer" not in helped
    assert "--normalise" not in helped


def variants() -> list[dict[str, Any]]:
    """Three questions that differ in a number, a statement and its denial, a question three times with two answers."""
    prices = (2, 3, 4)
    sums = [{"question": f"A shop sells 12 pens a day at {price} dollars each. How much is that?"} for price in prices]
    said = [{"question": f"I do {no}agree that it matters how tides rise on every coast."} for no in ("", "not ")]
    same = [{"question": "Where does the river Tay reach the sea?", "answer": answer} for answer in ("Dundee", "Perth", "Dundee")]
    return [*sums, *said, *same]


def test_variants_stay_and_are_counted_by_what_they_differ_in(evalmap: Command):
    write(content=variants())
    done = evalmap("screen", "set.jsonl", *OUTPUTS, "--write-recipe", "recipe.yaml", "--label", "", "--threshold", "0.9")
    assert (done.code, done.err) == (0, "")
    assert [row["evalmap_line"] for row in lines("removed.jsonl")] == [8]
    assert [(row["evalmap_merge"], row["evalmap_differs"]) for row in lines("removed.jsonl")] == [([], [])]
    report = json.loads(Path("report.json").read_text())
    assert (report["merge"], report["merged_pairs"], report["settings"]["variant_fields"]) == ([], 0, ["answer"])
    assert report["variants"] == {"numbers": 3, "negations": 1, "dates": 0, "names": 0, "keys": 2}
    assert "  6 pairs are variants, both rows kept (numbers 3, negations 1, keys 2)" in done.out
    page = Path("report.html").read_text(encoding="utf-8")
    assert "Differ in number: 2 dollar / 3 dollar" in page
    assert "Differ in answer: Dundee / Perth" in page
    assert "merge: []" in Path("recipe.yaml").read_text()


def test_merged_kinds_are_duplicates_and_every_file_says_so(evalmap: Command):
    write(content=variants())
    options = ("--label", "", "--threshold", "0.9", "--keep", "first", "--write-recipe", "recipe.yaml")
    done = evalmap("screen", "set.jsonl", *OUTPUTS, *options, "--merge", "negations, numbers")
    assert (done.code, done.err) == (0, "")
    told = [(row["evalmap_line"], row["evalmap_kept_line"], row["evalmap_differs"]) for row in lines("removed.jsonl")]
    assert told == [(2, 1, ["numbers"]), (3, 1, ["numbers"]), (5, 4, ["negations"]), (8, 6, [])]
    assert {tuple(row["evalmap_merge"]) for row in lines("removed.jsonl")} == {("numbers", "negations")}
    report = json.loads(Path("report.json").read_text())
    assert (report["merge"], report["merged_pairs"], report["variant_pairs"]) == (["numbers", "negations"], 4, 2)
    assert "4 pairs that differ in numbers, negations only: treated as duplicates" in done.out
    assert "treated as duplicates" in Path("report.html").read_text(encoding="utf-8")
    removed = Path("removed.jsonl").read_bytes()
    assert evalmap("screen", "--recipe", "recipe.yaml").code == 0
    assert Path("removed.jsonl").read_bytes() == removed
    assert evalmap("screen", "--recipe", "recipe.yaml", "--merge", "").code == 0
    assert [row["evalmap_line"] for row in lines("removed.jsonl")] == [8]


def test_an_unknown_kind_is_told(evalmap: Command):
    write()
    done = evalmap("screen", "set.jsonl", "--merge", "numbers,colours")
    assert (done.code, done.out) == (1, "")
    assert "merge names 'colours'; choose from numbers, negations, dates, names, keys" in done.err


def test_nothing_is_written_unless_asked(evalmap: Command):
    write()
    assert evalmap("screen", "set.jsonl").code == 0
    assert left() == ["set.jsonl"]


def test_a_recipe_gives_the_same_files_again(evalmap: Command, tmp_path: Path):
    write()
    options = ("--threshold", "0.9", "--keep", "longest", "--write-recipe", "recipe.yaml")
    assert evalmap("screen", "set.jsonl", *OUTPUTS, *options).code == 0
    first = {name: Path(name).read_bytes() for name in FILES}
    for name in FILES:
        Path(name).unlink()
    for home in (evalmap.home, tmp_path / "other"):
        assert evalmap("screen", "--recipe", "recipe.yaml", "--workspace", home).code == 0
        assert {name: Path(name).read_bytes() for name in FILES} == first
    assert evalmap("screen", "--recipe", "recipe.yaml", "--threshold", "1", "--report", "r.json").code == 0
    assert json.loads(Path("r.json").read_text())["threshold"] == 1


def test_several_paths_are_one_set(evalmap: Command):
    Path("more").mkdir()
    write("set.jsonl", rows()[:10])
    write("more/set.jsonl", rows()[8:14])
    assert evalmap("screen", "set.jsonl", "more/set.jsonl", *OUTPUTS, "--method", "exact", "--keep", "first").code == 0
    reasons = [(row["evalmap_dataset"], row["evalmap_line"], row["evalmap_kept_dataset"]) for row in lines("removed.jsonl")]
    first, second = f"{Path.cwd().name}/set", "more/set"
    assert reasons == [(second, 1, first), (second, 2, first)] or reasons == [(first, 9, second), (first, 10, second)]
    assert len(lines("kept.jsonl")) == 14


def test_a_preferred_source_stays(evalmap: Command):
    write("human.jsonl", rows()[:10])
    write("generated.jsonl", rows()[5:20])
    assert evalmap("screen", "generated.jsonl", "human.jsonl", *OUTPUTS, "--method", "exact", "--keep", "source:human").code == 0
    assert {row["evalmap_kept_dataset"] for row in lines("removed.jsonl")} == {"human"}
    assert len(lines("removed.jsonl")) == 5


def test_against_removes_what_is_like_the_other_dataset(evalmap: Command):
    source = write("a.jsonl", rows()[:20])
    write("b.jsonl", [*rows()[3:6], {"text": "nothing like it", "label": "Yes"}])
    assert evalmap("screen", "a.jsonl", "--against", "b.jsonl", *OUTPUTS, "--method", "exact").code == 0
    assert [row["evalmap_line"] for row in lines("removed.jsonl")] == [4, 5, 6]
    kept = source.splitlines(keepends=True)
    assert Path("kept.jsonl").read_bytes() == b"".join([*kept[:3], *kept[6:]])
    assert json.loads(Path("report.json").read_text())["compared_against"] == {"rows": 4, "removed": 3}


def test_balance_restores_the_shares(evalmap: Command):
    content = rows()
    content = [*content[:20], *({**content[i]} for i in range(0, 12, 2))]  # six copies, all Yes
    write(content=[*content, *({"text": f"lonely {i} {text}", "label": "No"} for i, text in enumerate(sentences(6, seed=3)))])
    loose = evalmap("screen", "set.jsonl", *OUTPUTS, "--method", "exact")
    assert "warning: the share of label Yes moved by" in loose.out
    assert evalmap("screen", "set.jsonl", *OUTPUTS, "--method", "exact", "--balance").code == 0
    report = json.loads(Path("report.json").read_text())
    assert report["label_counts"]["after"] == {"No": 10, "Yes": 10}
    assert report["removed_by"] == {"near-duplicate of a kept row": 6, "removed for label balance": 6}
    assert report["warnings"] == []


def test_target_keeps_exactly_so_many(evalmap: Command):
    write()
    done = evalmap("screen", "set.jsonl", *OUTPUTS, "--target", "8")
    assert "smallest distance kept: " in done.out
    kept = lines("kept.jsonl")
    assert len(kept) == 8
    assert sorted(row["label"] for row in kept).count("No") in (4, 5)


def test_decisions_by_hand_are_applied_when_asked_and_travel_in_the_recipe(evalmap: Command):
    write()
    dataset = open_dataset("set.jsonl")
    keys = row_keys(dataset.examples)
    log = DecisionLog()
    log.keep(keys[21], instead_of=keys[1])
    log.remove(keys[5])
    log.save(Workspace(evalmap.home), dataset.source)
    command = ("screen", "set.jsonl", *OUTPUTS, "--method", "exact", "--keep", "first")
    assert evalmap(*command).code == 0
    assert [row["evalmap_line"] for row in lines("removed.jsonl")] == [21, 22]
    assert evalmap(*command, "--by-hand", "--write-recipe", "r.yaml").code == 0
    assert [(row["evalmap_line"], row["evalmap_rule"]) for row in lines("removed.jsonl")] == [
        (2, "near-duplicate of a kept row"), (6, "removed by hand"), (21, "near-duplicate of a kept row"),
    ]  # fmt: skip
    before = Path("kept.jsonl").read_bytes()
    log.undo()
    log.save(Workspace(evalmap.home), dataset.source)
    assert evalmap("screen", "--recipe", "r.yaml").code == 0
    assert Path("kept.jsonl").read_bytes() == before


def hub_of(revision: str) -> Any:
    """A hub that gives the set at one revision."""

    def fetch_dataset(location: str, folder: Path, **options: Any) -> HubDataset:
        assert location.split("@")[0] == "owner/name"
        return HubDataset("owner/name", revision, (Path("set.jsonl"),))

    return fetch_dataset


def address(url: str, folder: Path, **options: Any) -> FetchedFile:
    return FetchedFile(Path("set.jsonl"))


@pytest.mark.parametrize(
    ("built", "screened"),
    [
        ("set.jsonl", ("set.jsonl", "./set.jsonl", "../data/set.jsonl", "link.jsonl", "/whole/")),
        ("hf://owner/name", ("hf://owner/name", "hf://owner/name@v1", "hf://datasets/owner/name", f"hf://owner/name@{'2' * 40}")),
        ("https://evals.test/set.jsonl", ("https://evals.test/set.jsonl",)),
    ],
)
def test_decisions_are_found_however_the_dataset_is_named(
    evalmap: Command, monkeypatch: pytest.MonkeyPatch, built: str, screened: tuple[str, ...]
):
    write()
    Path("link.jsonl").symlink_to("set.jsonl")
    monkeypatch.setattr(hub, "fetch_dataset", hub_of("1" * 40))
    monkeypatch.setattr(http, "fetch_file", address)
    assert evalmap("build", built, "--name", "called so").code == 0
    (manifest,) = Workspace(evalmap.home).manifests()
    log = DecisionLog()
    log.remove(row_keys(open_dataset(manifest.location, downloads=Path()).examples)[5])
    log.save(Workspace(evalmap.home), manifest.source)  # as the page does
    monkeypatch.setattr(hub, "fetch_dataset", hub_of("2" * 40))  # the hub has moved on
    for name in screened:
        name = str(Path("set.jsonl").resolve()) if name == "/whole/" else name
        found = evalmap("screen", name, "--by-hand", "--method", "exact", "--removed", "removed.jsonl")
        assert "  1 decision by hand: 0 rows kept, 1 removed\n" in found.out, (name, found)
        assert (6, "removed by hand") in [(row["evalmap_line"], row["evalmap_rule"]) for row in lines("removed.jsonl")]
    Path("other").mkdir()
    write("other/set.jsonl", rows(30)[25:30])  # of the same name, which changes what the rows are called
    found = evalmap("screen", screened[0], "--against", "other/set.jsonl", "--by-hand", "--method", "exact")
    assert "  1 decision by hand: 0 rows kept, 1 removed\n" in found.out


def test_no_decisions_by_hand_is_told_with_the_place_and_writes_nothing(evalmap: Command):
    write()
    found = evalmap("screen", "set.jsonl", "--by-hand", *OUTPUTS)
    assert (found.code, found.out, left()) == (1, "", ["set.jsonl"])
    whole = Path("set.jsonl").resolve()
    place = decisions_path(Workspace(evalmap.home), str(whole))
    sentence = f"{whole}: no decisions by hand were found (looked for {place}). Decide on the duplicates page, or do without them"
    assert found.err == f"{sentence} (--by-hand).\n"
    several = evalmap("screen", "set.jsonl", "set.jsonl", "--by-hand")
    assert several.err == "decisions by hand belong to one dataset, and 2 paths were given (--by-hand).\n"


def test_every_option_that_an_error_names_is_one(evalmap: Command):
    write()
    for role in ("text", "label", "confidence", "choices", "group", "id"):
        Path("recipe.yaml").write_text(f"evalmap: 1\nload: {{paths: [set.jsonl], {role}: absent}}\n")
        found = evalmap("screen", "--recipe", "recipe.yaml")
        assert found.err.endswith(f"(--{role}).\n")
        mended = evalmap("screen", "--recipe", "recipe.yaml", f"--{role}", "text" if role == "text" else "")
        assert mended.code == 0, mended.err


def test_rows_without_text_go_or_stay_as_asked(evalmap: Command):
    odd = ['{"text": null, "label": "Yes"}', "null"]
    Path("set.jsonl").write_text("\n".join([odd[0], *(json.dumps(row) for row in rows()[:10]), odd[1]]) + "\n")
    assert evalmap("screen", "set.jsonl", *OUTPUTS).code == 0
    assert [row["evalmap_rule"] for row in lines("removed.jsonl")] == ["set aside: text is null", "set aside: the line holds null"]
    assert evalmap("screen", "set.jsonl", *OUTPUTS, "--keep-set-aside").code == 0
    assert Path("kept.jsonl").read_bytes() == Path("set.jsonl").read_bytes()


def test_all_rows_identical_keeps_one(evalmap: Command):
    write(content=[{"text": "the very same", "label": "Yes"}] * 30)
    done = evalmap("screen", "set.jsonl", *OUTPUTS)
    assert (done.code, done.err) == (0, "")
    assert lines("kept.jsonl") == [{"text": "the very same", "label": "Yes"}]
    assert {row["evalmap_kept_line"] for row in lines("removed.jsonl")} == {1}


# How it ends


def test_fail_over_ends_with_one_when_too_many_rows_go(evalmap: Command):
    write()
    assert evalmap("screen", "set.jsonl", "--method", "exact", "--fail-over", "0.1").code == 0
    failed = evalmap("screen", "set.jsonl", "--method", "exact", "--fail-over", "0.08", *OUTPUTS)
    assert failed.code == 1
    assert failed.err == "2 of 23 rows (8.7 %) are near-duplicates at 0.95, more than --fail-over 0.08 allows.\n"
    assert Path("report.json").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--threshold", "95"), "threshold is 95; expected a similarity above 0 and at most 1, such as 0.95."),
        (("--threshold", "0"), "threshold is 0; expected a similarity above 0 and at most 1"),
        (("--threshold", "nan"), "threshold is nan; expected a similarity"),
        (("--target", "24"), "target 24: the set has only 23 rows. Ask for 23 or fewer (--target)."),
        (
            ("--target", "23", "--method", "exact"),
            "target 23: only 21 of 23 rows are left without duplicates. "
            "Ask for 21 or fewer, or raise the threshold (--target, --threshold).",
        ),
        (("--target", "0"), "target 0: expected 1 row or more (--target)."),
        (("--balance", "--label", ""), "balance: no row has a label. Name its field, or leave balance out (--label, --balance)."),
        (
            ("--keep", "confidence"),
            "keep confidence: no row has a confidence. Name its field, or keep otherwise (--confidence, --keep).",
        ),
        (
            ("--keep", "best"),
            "keep best: unknown rule. "
            "Choose one of confidence, medoid, longest, first, random, source:NAME,…, column:NAME (--keep).",
        ),
        (("--keep", "column:colour"), "keep column: no field is called colour (there are text, label) (--keep)."),
        (("--fail-over", "5"), "--fail-over 5: expected a ratio from 0 to 1"),
        (("--out", "nowhere/kept.jsonl"), "out nowhere/kept.jsonl: there is no folder nowhere. Make it first (--out)."),
        (("--out", "set.jsonl"), "out set.jsonl: is the file that is read. Name another one (--out)."),
        (("--against", "none.jsonl"), "none.jsonl: no such file or folder."),
        (("--recipe", "none.yaml"), "recipe none.yaml: cannot be read (No such file or directory) (--recipe)."),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(evalmap: Command, options: tuple[str, ...], sentence: str):
    source = write()
    outputs = OUTPUTS if "--out" not in options else OUTPUTS[2:]
    failed = evalmap("screen", "set.jsonl", *outputs, *options)
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith(sentence)
    assert failed.err.count("\n") == 1
    assert left() == ["set.jsonl"]
    assert Path("set.jsonl").read_bytes() == source


def test_fewer_than_two_rows_is_one_sentence(evalmap: Command):
    write(content=rows()[:1])
    failed = evalmap("screen", "set.jsonl", *OUTPUTS)
    assert (failed.code, failed.err.count("\n")) == (1, 1)
    assert "holds 1 example" in failed.err
    assert left() == ["set.jsonl"]


def test_no_path_is_one_sentence(evalmap: Command):
    failed = evalmap("screen")
    assert (failed.code, failed.err) == (1, "nothing to screen: name a path, or a recipe that does (--recipe).\n")


def test_bad_usage_ends_with_two(evalmap: Command):
    write()
    assert evalmap("screen", "set.jsonl", "--method", "vague").code == 2
    assert evalmap("screen", "set.jsonl", "--threshold", "high").code == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_output_without_permission_is_one_sentence(evalmap: Command):
    write()
    Path("locked").mkdir(mode=0o500)
    failed = evalmap("screen", "set.jsonl", "--out", "kept.jsonl", "--report", "locked/report.json")
    assert (failed.code, failed.err.count("\n")) == (1, 1)
    assert "permission denied" in failed.err
    assert left() == ["locked", "set.jsonl"]


def test_a_disk_that_fills_up_leaves_the_old_files(evalmap: Command, monkeypatch: pytest.MonkeyPatch):
    write()
    for name in FILES:
        Path(name).write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    def filled_up(files: Mapping[Path, bytes]) -> None:
        monkeypatch.setattr(os, "fsync", full)
        write_together(files)

    monkeypatch.setattr("evalmap.screening.recipe_run.write_together", filled_up)
    failed = evalmap("screen", "set.jsonl", *OUTPUTS)
    assert failed.code == 1
    assert "cannot be written (No space left on device; " in failed.err
    assert [Path(name).read_text() for name in FILES] == ["old"] * 4
    assert left() == sorted([*FILES, "set.jsonl"])


# The samples


def planted_pairs(flaws: dict[str, Any]) -> list[list[int]]:
    return [*flaws["exact"], *(variant["lines"] for variant in flaws["variants"])]


@pytest.mark.parametrize("name", PLANTED)
def test_every_planted_duplicate_goes_and_no_half_of_a_contradiction(evalmap: Command, name: str):
    """By equal texts alone: one row of each pair, and no other."""
    flaws = PLANTED[name]
    assert evalmap("screen", SAMPLES / name, *OUTPUTS, "--method", "exact", "--normalization", "alphanumeric").code == 0
    removed = {row["evalmap_line"] for row in lines("removed.jsonl")}
    assert [pair for pair in planted_pairs(flaws) if len(removed & set(pair)) != 1] == []
    assert len(removed) == len(planted_pairs(flaws))
    assert removed.isdisjoint(line for pair in flaws.get("contradictions", ()) for line in pair)


@pytest.mark.model
@pytest.mark.parametrize("name", PLANTED)
def test_all_methods_find_planted_rows_only(tmp_path: Path, name: str):
    """The default and the numbers miss one variant of 30, a missing apostrophe in a short sentence; alphanumeric finds it."""
    from evalmap.embeddings.sample_maps import install

    workspace = Workspace(tmp_path / "home")
    install(workspace)  # their vectors, too
    flaws = PLANTED[name]
    recipe = Recipe(paths=(str(SAMPLES / name),), options=ScreeningOptions(normalization="alphanumeric"))
    screening = run_recipe(recipe, workspace=workspace).screening
    removed = set(screening.examples["line"].to_numpy()[screening.removed_rows].tolist())
    assert [pair for pair in planted_pairs(flaws) if not removed & set(pair)] == []
    assert removed.isdisjoint(line for pair in flaws.get("contradictions", ()) for line in pair)
    planted = {frozenset(pair) for pair in [*planted_pairs(flaws), *flaws["paraphrases"]]}
    unplanned = [line for line in removed if not any(line in pair for pair in planted)]
    assert unplanned == []


@pytest.mark.model
@pytest.mark.parametrize(("name", "kind"), [("math.jsonl", "numbers"), ("negation.jsonl", "negations")])
def test_templated_rows_of_the_field_stay(tmp_path: Path, name: str, kind: str):
    """Questions that differ in a number, with other answers, and statements beside their denials, without their label."""
    folder = ROOT.parent / "shared" / "cases" / "09-templated-rows-merged"
    if not folder.is_dir():
        absent("the cases are not beside the repository (../shared/cases)")
    recipe = Recipe(paths=(str(folder / name),), read=ReadOptions(label=""))
    done = run_recipe(recipe, workspace=Workspace(tmp_path / "home"))
    assert done.report["removed"] == 0
    assert done.report["variants"][kind] > 0
    merged = run_recipe(recipe.with_given(merge=(kind, "keys")), workspace=Workspace(tmp_path / "home"))
    assert merged.report["removed"] > 0
    assert merged.report["merged_pairs"] > 0

"""evalmap review: typed answers, the report, files in and out."""

import io
import json
import shutil
from pathlib import Path

import pytest

from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers import maps
from evalmap.tests.answers.stub_server import StubServer
from evalmap.tests.cli.test_quality_judge import BAD, good, to
from evalmap.tests.command import Command
from evalmap.tests.fakes import write_rows

ROWS = maps.rows(40)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviewed")
    maps.built(Workspace(folder / "home"), folder / "judge.jsonl", ROWS)
    return folder / "home"


@pytest.fixture
def typed(home: Path, evalmap: Command, monkeypatch: pytest.MonkeyPatch):
    """`typed("y 4 n …", *arguments)`: the command with what is typed, a line a word."""
    shutil.copytree(home, evalmap.home)

    def run(words: str, *arguments: str):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{word}\n" for word in words.split(" "))))
        return evalmap("review", "judge", *arguments)

    return run


def test_rows_are_judged_by_single_keys_and_the_command_goes_on(typed, evalmap: Command):
    first = typed("y 4 n n x 2 y q", "--reviewer", "ann", "--sample", "5")
    assert first.code == 0, first.err
    assert "ann: 2 of 5 rows judged, 3 left" in first.out
    found = evalmap("review", "judge", "--report", "--json").json
    assert (found["rows"], found["fits"], found["relevance"], found["ambiguous"]) == (2, 0.5, 3.0, 0.5)
    second = typed("y 5 n y 5 n y 5 n", "--reviewer", "ann", "--sample", "5")
    assert "row 3 of 5" in second.out
    assert "row 1 of 5" not in second.out
    assert "ann: 5 of 5 rows judged, 0 left" in second.out
    other = typed("q", "--reviewer", "bob", "--sample", "5")
    assert "bob: 0 of 5 rows judged, 5 left" in other.out


@pytest.mark.parametrize(
    ("name", "plan"),
    [("plan.toml", 'behaviour = "wants to be kind"\ncount = 2'), ("plan.yaml", "behaviour: wants to be kind\ncount: 2")],
)
def test_reviewer_is_told_what_the_rows_are_to_show(evalmap: Command, monkeypatch: pytest.MonkeyPatch, name: str, plan: str):
    maps.built(Workspace(evalmap.home), Path("kind.jsonl"), ROWS)
    Path(name).write_text(plan)
    monkeypatch.setattr("sys.stdin", io.StringIO("q\n"))
    assert "whether somebody “wants to be kind”" in evalmap("review", "kind", "--reviewer", "ann").out


def test_half_a_judgement_is_none_and_a_whole_one_can_be_taken_back(typed, evalmap: Command):
    assert "0 of 3 rows judged" in typed("y 4", "--reviewer", "ann", "--sample", "3").out
    back = typed("y 4 n b n 1 y q", "--reviewer", "ann", "--sample", "3")
    assert "taken back: judge line" in back.out
    found = evalmap("review", "judge", "--json").json
    assert (found["rows"], found["fits"], found["relevance"]) == (1, 0.0, 1.0)
    assert "nothing to take back" in typed("b q", "--reviewer", "bob", "--sample", "3").out


def test_blind_reviewer_names_the_label_and_is_not_shown_it(typed, evalmap: Command):
    shown = typed("1 4 n 1 4 n 1 4 n 1 4 n 1 4 n 1 4 n", "--reviewer", "ann", "--sample", "6", "--blind")
    assert "label:" not in shown.out
    assert "which label is right? 1: No, 2: Yes" in shown.out
    written = evalmap("review", "judge", "--export", "reviews.jsonl")
    assert written.code == 0
    said = [json.loads(line) for line in Path("reviews.jsonl").read_text().splitlines()]
    assert {one["line"]: one["label_fits"] for one in said} == {one["line"]: ROWS[one["line"] - 1]["label"] == "No" for one in said}
    assert {one["label_fits"] for one in said} == {True, False}


def test_blind_reviewer_chooses_among_many_labels_by_number_or_name_and_among_one_not_at_all(
    evalmap: Command, monkeypatch: pytest.MonkeyPatch
):
    many = [{**row, "label": f"label {at % 12:02}"} for at, row in enumerate(maps.rows(24))]
    maps.built(Workspace(evalmap.home), Path("many.jsonl"), many)
    maps.built(Workspace(evalmap.home), Path("one.jsonl"), [{**row, "label": "Yes"} for row in many[:12]])
    monkeypatch.setattr("sys.stdin", io.StringIO("12\n4\nn\nLABEL 03\n4\nn\n" * 12))
    shown = evalmap("review", "many", "--reviewer", "ann", "--sample", "24", "--blind")
    assert shown.code == 0, shown.err
    assert "12: label 11 [1-12/?/s/b/q]" in shown.out
    assert evalmap("review", "many", "--export", "reviews.jsonl").code == 0
    said = [json.loads(line) for line in Path("reviews.jsonl").read_text().splitlines()]
    named = ["label 11", "label 03"] * 12
    assert [one["label_fits"] for one in said] == [
        name == many[one["line"] - 1]["label"] for one, name in zip(said, named, strict=True)
    ]
    refused = evalmap("review", "one", "--reviewer", "ann", "--blind")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "every label is 'Yes', so there is none to choose from. Show the label (--blind)." in refused.err


def test_worst_rows_are_those_with_the_lowest_confidence(typed):
    shown = typed("q", "--reviewer", "ann", "--sample", "1", "--by", "worst")
    assert "(judge line 1)" in shown.out  # confidence rises with the line, and no rule flags a row


def test_people_share_the_rows_out(typed):
    shown = typed("q", "--reviewer", "ann", "--reviewers", "ann,bob", "--sample", "20", "--overlap", "0.5")
    assert "ann: 0 of 15 rows judged, 15 left" in shown.out
    assert "bob: 0 of 15 rows judged, 15 left" in shown.out
    assert "eve is not among the reviewers ann, bob" in typed("q", "--reviewer", "eve", "--reviewers", "ann,bob").err


def test_reviews_go_out_and_in_again(typed, evalmap: Command):
    typed("y 4 n n 2 y, q", "--reviewer", "ann", "--sample", "2")
    before = evalmap("review", "judge", "--json").json
    assert evalmap("review", "judge", "--export", "reviews.csv").out.strip().endswith("reviews.csv (2 judgements)")
    typed("b b q", "--reviewer", "ann", "--sample", "2")
    assert evalmap("review", "judge", "--json").json["rows"] == 0
    assert "2 judgements, 2 of them new" in evalmap("review", "judge", "--import", "reviews.csv").out
    assert "2 judgements, 0 of them new" in evalmap("review", "judge", "--import", "reviews.csv").out
    assert evalmap("review", "judge", "--json").json == before


def test_disagreement_is_settled_by_hand(typed, evalmap: Command):
    write_rows(Path("reviews.jsonl"), [{"line": 7, "reviewer": name, "label_fits": name == "ann"} for name in ("ann", "bob")])
    told = evalmap("review", "judge", "--import", "reviews.jsonl", "--report")
    assert "judge line 7: ann yes, bob no (undecided)" in told.out
    told = evalmap("review", "judge", "--settle", "7=no", "--report")
    assert "judge line 7: ann yes, bob no (no by hand)" in told.out
    assert "the label fits in 0.00 (0.00 to 0.79) of 1" in told.out
    assert "(undecided)" in evalmap("review", "judge", "--settle", "judge:7=open", "--report").out


def test_judge_stands_beside_people(typed, evalmap: Command):
    from sklearn.metrics import cohen_kappa_score

    with StubServer(good) as server:
        assert evalmap(*to(server)).code == 0
    people = [row not in (3, 5) for row in range(10)]
    write_rows(Path("reviews.jsonl"), [{"row": row, "reviewer": "ann", "label_fits": fits} for row, fits in enumerate(people)])
    found = evalmap("review", "judge", "--import", "reviews.jsonl", "--json").json["judge"]
    said = [ROWS[row]["text"] not in BAD for row in range(10)]
    assert (found["model"], found["n"]) == ("stub-1", 10)
    assert found["kappa"] == pytest.approx(cohen_kappa_score(people, said))
    assert found["low"] < found["kappa"] < found["high"]


def test_people_stand_in_the_quality_report_without_a_judge(typed, evalmap: Command):
    said = [
        {"line": line, "reviewer": name, "label_fits": (line, name) != (3, "bob"), "relevance": 4}
        for line in range(1, 7)
        for name in ("ann", "bob")
    ]
    write_rows(Path("reviews.jsonl"), said)
    short = ("quality", "--without", "scorecard,saturation,shortcuts,map")
    typed("q", "--reviewer", "ann", "--sample", "1")
    assert "people" not in evalmap(*short, "--json", "judge").json
    assert evalmap("review", "judge", "--import", "reviews.jsonl").code == 0
    found = evalmap(*short, "--json", "--html", "quality.html", "judge").json
    assert found["people"] == evalmap("review", "judge", "--json").json
    assert found["people"]["fits"] == 1.0
    page = Path("quality.html").read_text(encoding="utf-8")
    assert "<h2>People</h2>" in page
    assert "<td>ann yes, bob no</td>" in page
    assert f"<td>{ROWS[2]['text']}</td>" in page
    shown = evalmap(*short, "judge").out
    assert (
        "PEOPLE (IN NO FIGURE ABOVE)\n6 rows by 2 people; the label fits in 1.00 (0.57 to 1.00) of 5 (1 without a majority)"
        in shown
    )
    assert "people" not in evalmap("quality", "--section", "balance", "--json", "judge").json


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "whose judgements are these?"),
        (("--settle", "7=maybe"), "'7=maybe': expected LINE=yes, no or open"),
        (("--settle", "99=yes"), "'99=yes': expected LINE=yes, no or open"),
        (("--export", "reviews.txt"), "reviews are written as .jsonl or .csv, not .txt"),
        (("--reviewer", "ann", "--reviewers", "ann,ann"), "Name each one once"),
        (("--reviewer", "ann", "--reviewers", ","), "--reviewers ',' names nobody"),
    ],
)
def test_nonsense_is_one_sentence(typed, arguments: tuple[str, ...], sentence: str):
    result = typed("q", *arguments)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert sentence in result.err


def test_disputed_rows_go_from_the_screening_and_the_recipe_does_it_again(evalmap: Command, monkeypatch: pytest.MonkeyPatch):
    write_rows(Path("some.jsonl"), ROWS)
    assert evalmap("build", "some.jsonl", "--text", "text").code == 0
    screen = ["screen", "some.jsonl", "--method", "exact", "--out", "kept.jsonl", "--removed", "removed.jsonl"]
    refused = evalmap(*screen, "--drop-disputed")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "nobody has reviewed its labels" in refused.err
    votes = {3: "nn", 4: "yn", 5: "yyn", 6: "yn", 7: "yy", 8: "n"}
    said = [
        {"line": line, "reviewer": "abc"[at], "label_fits": vote == "y"}
        for line, row in votes.items()
        for at, vote in enumerate(row)
    ]
    write_rows(Path("reviews.jsonl"), said)
    assert evalmap("review", "some", "--import", "reviews.jsonl").code == 0
    assert evalmap("review", "some", "--settle", "6=yes").code == 0
    done = evalmap(*screen, "--drop-disputed", "--write-recipe", "recipe.yaml")
    assert done.code == 0, done.err
    gone = [json.loads(line)["evalmap_line"] for line in Path("removed.jsonl").read_text().splitlines()]
    assert gone == [3, 4, 8]
    assert "1 decision by hand: 0 rows kept, 3 removed" in done.out
    first = {name: Path(name).read_bytes() for name in ("kept.jsonl", "removed.jsonl")}
    shutil.rmtree(evalmap.home / "reviews")
    assert evalmap("screen", "--recipe", "recipe.yaml").code == 0
    assert {name: Path(name).read_bytes() for name in first} == first
    assert "reviews belong to one dataset" in evalmap("screen", "some.jsonl", "reviews.jsonl", "--drop-disputed").err

"""The report of the answer sets of a map."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.answers.answer_types import RawAnswer, Scores
from evalmap.answers.reporting.answer_report import PAIRS, html_report, report, scale_points, why_differs
from evalmap.answers.statistics.summary import summarize
from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.tests.answers.made_scores import made
from evalmap.tests.answers.maps import built, kept
from evalmap.tests.answers.report_map import EVIL, ROWS, answered, home, sets_of
from evalmap.tests.fakes import sentences

Told = dict[str, Any]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, BuiltMap]:
    return home(tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def sets(here: tuple[Workspace, BuiltMap]) -> list[Scores]:
    return sets_of(*here)


@pytest.fixture(scope="module")
def told(here: tuple[Workspace, BuiltMap], sets: list[Scores]) -> Told:
    space, on = here
    keeping = np.arange(120) % 4 != 0
    return report(on, sets, kept=keeping, groups=np.arange(120) // 2, records=AnswerStore(space).sets())


def named(told: Told, label: str) -> Told:
    return next(one for one in told["answer_sets"] if one["label"] == label)


def test_a_set_counts_no_answers_of_a_file_whose_name_its_own_ends_with(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    on = built(space, tmp_path / "asked.jsonl", ROWS[:20])
    stranger = [RawAnswer(question="never asked", answer="Yes")]
    for name, strangers in (("b.jsonl", 1), ("ab.jsonl", 2)):  # the same rows, so that they are no parts of one evaluation
        kept(space, on, [*answered(ROWS[:20], 0.8), *stranger * strangers], source_file=name, source_sha256=name)
    told = report(on, sets_of(space, on), records=AnswerStore(space).sets())["answer_sets"]
    assert {one["info"]["source_file"]: one["unjoined"] for one in told} == {"b.jsonl": 1, "ab.jsonl": 2}


def test_a_set_of_several_files_counts_the_answers_of_each(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    on = built(space, tmp_path / "asked.jsonl", ROWS[:20])
    stranger = [RawAnswer(question="never asked", answer="Yes")]
    for name, rows, strangers in (("b.jsonl", ROWS[:10], 1), ("ab.jsonl", ROWS[10:20], 2)):
        kept(space, on, [*answered(rows, 0.8), *stranger * strangers], source_file=name, source_sha256=name)
    (one,) = report(on, sets_of(space, on), records=AnswerStore(space).sets())["answer_sets"]
    assert one["unjoined"] == 3


def test_report_begins_with_how_the_dataset_was_read(here: tuple[Workspace, BuiltMap], told: Told):
    reading = here[1].manifest.reading
    assert reading
    assert told["dataset"]["reading"] == "; ".join(f"{one.role} = {', '.join(one.fields)}" for one in reading.roles)
    assert told["dataset"]["reading"].startswith("text = ")
    html = html_report(told).decode()
    first = html.split("</h1>")[1].split("</p>")[0]
    assert f"The dataset was read so: {told['dataset']['reading']}." in first


def test_notes_of_a_set_stand_before_its_figures(here: tuple[Workspace, BuiltMap], told: Told):
    one = {**told["answer_sets"][0], "notes": ["Columns read: prediction as the answer, answer as the key."]}
    html = html_report({**told, "answer_sets": [one]}).decode().split("</h3>")[1]
    assert html.lstrip().startswith('<p class="about">Columns read: prediction as the answer, answer as the key.</p>')


def test_report_is_strict_json(told: Told):
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_every_set_has_the_figures_that_are_promised(told: Told):
    assert [one["label"] for one in told["answer_sets"]] == [EVIL, "m · ties", "m · yes"]
    for one in told["answer_sets"]:
        assert {"id", "label", "model", "prompt", "n", "matching", "interval", "mean_p", "yes_rate", "mass", "auc", "ties"} <= set(
            one
        )
        for cluster in one["clusters"]:
            assert {"layer", "id", "name", "n", "label_share", "matching", "interval", "deviation", "qvalue"} <= set(cluster)


def test_figures_are_those_that_the_answers_have(told: Told):
    yes, ties, evil = named(told, "m · yes"), named(told, "m · ties"), named(told, EVIL)
    assert (yes["model"], yes["prompt"], yes["n"], yes["matching"], yes["ties"]) == ("m", "yes", 120, 0.5, 0)
    assert (yes["mean_p"], yes["yes_rate"], yes["mass"], yes["reference"]) == (pytest.approx(0.5), 1.0, 0.25, "Yes")
    assert (yes["auc"], yes["label_share"]) == (0.5, 0.5)
    assert [(one["label"], one["n"], one["matching"]) for one in yes["by_label"]] == [("No", 60, 0.0), ("Yes", 60, 1.0)]
    low, high = yes["interval"]
    assert 0.41 < low < 0.5 < high < 0.59
    assert (ties["ties"], ties["matching"], ties["matching_with_ties_half"]) == (20, pytest.approx(50 / 120), pytest.approx(0.5))
    assert ties["statuses"] == {"ok": 100, "tie": 20}
    assert (evil["n"], evil["prompt"], evil["coverage"]) == (100, None, pytest.approx(100 / 120))
    assert (evil["yes_rate"], evil["statuses"]) == (0.0, {"ok": 100, "missing": 20})
    assert evil["unjoined"] == 2
    assert yes["unjoined"] == 0


def test_clusters_are_the_map_s(told: Told, here: tuple[Workspace, BuiltMap]):
    _, on = here
    for one in told["answer_sets"]:
        for layer in on.clusterings:
            found = [cluster for cluster in one["clusters"] if cluster["layer"] == layer.layer]
            assert [cluster["id"] for cluster in found] == list(range(layer.n_clusters))
            assert [cluster["size"] for cluster in found] == np.bincount(layer.labels, minlength=layer.n_clusters).tolist()
    first = next(c for c in named(told, "m · yes")["clusters"] if c["layer"] == "kmeans" and not c["hidden"])
    rows = np.flatnonzero(on.clustering("kmeans").labels == first["id"])
    share = np.mean([ROWS[row]["label"] == "Yes" for row in rows])
    assert (first["n"], first["matching"], first["label_share"]) == (len(rows), pytest.approx(share), pytest.approx(share))
    assert first["deviation"] == pytest.approx(0, abs=1e-9)  # a bias alone makes no cluster deviate
    assert not first["flagged"]
    small = next(c for c in named(told, "m · yes")["clusters"] if c["hidden"])
    assert (small["matching"], small["interval"], small["deviation"], small["qvalue"]) == (None, None, None, None)


def test_headline_before_and_after_a_screening(told: Told):
    assert told["screening"] == {"kept": 90, "removed": 30}
    moved = named(told, "m · yes")["screening_effect"]
    assert (moved["before"]["n"], moved["before"]["matching"]) == (120, 0.5)
    after = np.mean([ROWS[row]["label"] == "Yes" for row in range(120) if row % 4])
    assert (moved["after"]["n"], moved["after"]["matching"]) == (90, pytest.approx(after))
    assert moved["difference"] == pytest.approx(after - 0.5)
    assert moved["interval"][0] < moved["difference"] < moved["interval"][1]


def test_without_a_screening_there_is_no_headline(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    plain = report(here[1], sets, layers=["kmeans"])
    assert plain["screening"] is None
    assert {one["screening_effect"] for one in plain["answer_sets"]} == {None}
    assert {one["unjoined"] for one in plain["answer_sets"]} == {None}
    assert {cluster["layer"] for one in plain["answer_sets"] for cluster in one["clusters"]} == {"kmeans"}
    with pytest.raises(ValueError, match="layer 'none' is unknown"):
        report(here[1], sets, layers=["none"])


def test_every_pair_is_compared(told: Told):
    pairs = {(pair["a"], pair["b"]): pair for pair in told["comparisons"]}
    assert list(pairs) == [(EVIL, "m · ties"), (EVIL, "m · yes"), ("m · ties", "m · yes")]
    last = pairs["m · ties", "m · yes"]
    assert (last["n"], last["only_a"], last["only_b"], last["both"]) == (120, 0, 10, 50)
    assert last["difference"] == pytest.approx(-10 / 120)
    assert (last["discordant"], last["grouped"], last["n_groups"]) == (10, True, 60)
    assert told["comparisons_left_out"] == 0


def test_pairs_beyond_the_limit_are_counted(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    many = [replace(sets[0], id=f"{i}", label=f"set {i}") for i in range(8)]
    plain = report(here[1], many, layers=["kmeans"])
    assert (len(plain["comparisons"]), plain["comparisons_left_out"]) == (PAIRS, 28 - PAIRS)


def sized(sets: list[Scores], *sizes: tuple[float | None, int | None]) -> list[Scores]:
    yes = next(scores for scores in sets if scores.label == "m · yes")
    return [
        replace(yes, id=str(i), label=f"size {i}", info=replace(yes.info, params=params, rlhf_steps=steps))
        for i, (params, steps) in enumerate(sizes)
    ]


def test_trend_needs_three_sizes_of_one_prompt(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    why = report(here[1], sets, layers=["kmeans"])["scaling"]
    assert why["trends"] == []
    assert "at least 3 different sizes" in why["why_not"]
    found = report(here[1], sized(sets, (1e8, None), (1e9, 5), (1e10, 5)), layers=["kmeans"])["scaling"]
    ((by, prompt, points),) = [(trend["by"], trend["prompt"], trend["points"]) for trend in found["trends"]]
    assert (by, prompt, found["why_not"]) == ("params", "yes", None)
    assert [(point["x"], point["n"], point["matching"]) for point in points] == [(x, 120, 0.5) for x in (1e8, 1e9, 1e10)]
    other = [*sized(sets, (1e8, None), (1e9, None)), *sized([sets[0], replace(sets[1], label="m · yes")], (1e10, None))]
    assert report(here[1], other, layers=["kmeans"])["scaling"]["trends"] == []


def test_points_are_of_the_rows_that_are_chosen(sets: list[Scores]):
    (point,) = scale_points(sized(sets, (1e8, None)), "params", np.array([row["label"] == "Yes" for row in ROWS]))
    assert (point.x, point.n, point.matching) == (1e8, 60, 60)
    assert scale_points(sized(sets, (1e8, None)), "params", np.zeros(120, dtype=bool)) == []
    assert scale_points(sized(sets, (None, 3)), "params") == []


def test_flags_without_labels_give_matching_and_null_for_the_rest(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    bare = [{"text": text} for text in sentences(40)]
    on = built(space, tmp_path / "bare.jsonl", bare)
    kept(space, on, [RawAnswer(question=row["text"], correct=i % 4 == 0) for i, row in enumerate(bare)])
    one = report(on, sets_of(space, on))["answer_sets"][0]
    assert (one["n"], one["matching"]) == (40, 0.25)
    assert [one[name] for name in ("mean_p", "mean_p_interval", "yes_rate", "mass", "auc", "reference", "label_share")] == [
        None
    ] * 7
    assert one["by_label"] == []
    assert {cluster["label_share"] for cluster in one["clusters"]} == {None}
    assert html_report(report(on, sets_of(space, on)))


def test_flagged_rows_without_a_label_beside_labelled_ones_are_counted(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    some = [{"text": text, "label": [None, "Yes", "No"][i % 3]} for i, text in enumerate(sentences(60))]
    on = built(space, tmp_path / "some.jsonl", some)
    kept(space, on, [RawAnswer(question=row["text"], correct=i % 4 == 0) for i, row in enumerate(some)])
    one = report(on, sets_of(space, on))["answer_sets"][0]
    assert (one["n"], one["matching"]) == (60, 0.25)
    assert [(label["label"], label["n"]) for label in one["by_label"]] == [("No", 20), ("Yes", 20)]


# Why the source's own accuracy is another


def labelled(matches: list[float], status: list[str], **claims: float) -> tuple[Scores, np.ndarray]:
    labels = np.array(["Yes"] * len(matches), dtype=object)
    return replace(made(matches=matches, status=status), claims=claims), labels


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, None),
        ({"f1": 0.9}, None),
        ({"acc": 0.4}, None),
        ({"acc": float("nan")}, None),
        ({"acc": 0.7}, "reports acc 0.700, and 0.400 strictly match (n = 10): its 3 undecided answers, where the options are"),
        ({"accuracy": 0.6}, "reports accuracy 0.600, and 0.400 strictly match (n = 10): it counts some of its 3 undecided answers"),
        ({"acc": 0.9}, "reports acc 0.900, and 0.400 strictly match (n = 10). Ties do not explain it"),
        ({"acc": 0.1}, "Ties do not explain it"),
    ],
)
def test_accuracy_that_differs_is_explained(claims: dict[str, float], expected: str | None):
    scores, labels = labelled([1.0] * 4 + [0.0] * 6, ["ok"] * 7 + ["tie"] * 3, **claims)
    found = why_differs(scores, summarize(scores, labels=labels, confidence=np.full(10, np.nan)))
    assert found is None if expected is None else found is not None and expected in found


def test_set_without_answers_is_not_explained():
    scores, labels = labelled([np.nan] * 3, ["error"] * 3, acc=0.5)
    assert why_differs(scores, summarize(scores, labels=labels, confidence=np.full(3, np.nan))) is None


def test_explanation_is_in_the_report(told: Told):
    assert "its 20 undecided answers" in named(told, "m · ties")["why_differs"]
    assert named(told, "m · yes")["why_differs"] is None


# HTML


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def page(content: bytes) -> Page:
    read = Page()
    read.feed(content.decode())
    return read


def test_page_needs_nothing_else_and_runs_nothing(told: Told):
    read = page(html_report(told))
    assert not {"script", "img", "link", "iframe", "a"} & set(read.tags)
    assert EVIL in read.text
    assert "49" not in EVIL
    names = {name for name, _ in read.attributes}
    assert not {"src", "href"} & names
    assert not any(name.startswith("on") for name in names)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in read.attributes


def test_page_tells_the_figures(told: Told):
    text = " ".join(page(html_report(told)).text.split())
    for expected in (
        "3 answer sets over 120 examples",
        "its 20 undecided answers",
        "a note",
        "2 answers of the source belong to no example",
        "30 of 120 examples go as near-duplicates",
        "Yes: 100.0 %",
        "at least 3 different sizes",
        "41.7 %",
    ):
        assert expected in text, expected
    assert "nan" not in text.lower()
    assert "None" not in text


def test_page_shows_a_trend(here: tuple[Workspace, BuiltMap], sets: list[Scores]):
    told = report(here[1], sized(sets, (1e8, 0), (1e9, 50), (1e10, 100)), layers=["kmeans"])
    text = " ".join(page(html_report(told)).text.split())
    assert "yes, over parameters: Spearman ρ" in text
    assert "yes, over RLHF steps: Spearman ρ" in text
    assert "10,000,000,000" in text


def test_page_of_no_set_is_a_page(here: tuple[Workspace, BuiltMap]):
    text = page(html_report(report(here[1], []))).text
    assert "There are none." in text
    assert "There is no answer set." in text

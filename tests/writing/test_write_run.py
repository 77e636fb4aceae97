"""A run from plan to rows: every piece ends in one step, nothing is asked twice, and it stops where it should."""

import json
import math
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.answers.asking.protocol import Request
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.tests.fakes import sentences
from evalmap.tests.writing.fake_models import URL, FakeDiscriminator, FakeWriter, plan_of, run
from evalmap.writing.label_confidence import plan_filter
from evalmap.writing.pieces import STEPS
from evalmap.writing.result_files import write_results
from evalmap.writing.write_outcome import REASONS, Written, figures
from evalmap.writing.write_requests import plan_write
from evalmap.writing.write_run import estimate_write

TEXTS = sentences(600)


def texts_in_turn(number: int, request: Request) -> str:
    return TEXTS[number]


def by_number(text: str) -> float:
    """P(Yes) of a row: the number at its end, as a two-digit fraction."""
    return int(text.split("number0x")[1].split('"')[0], 16) % 100 / 100


def adds_up(counts: dict[str, Any]) -> bool:
    return (
        counts["requests"] == counts["replies"] + counts["failed"] + counts["not_asked"]
        and counts["pieces"] == counts["parsed"] + counts["unparsed"] == sum(counts[step] for step in STEPS)
        and all(counts[step] == sum(counts[f"{step}_reasons"].values()) for step in REASONS)
    )


def kept_texts(written: Written) -> list[str]:
    return [one.row for one in written.kept]


@pytest.fixture(autouse=True, scope="module")
def without_waiting_for_the_disk() -> Iterator[None]:
    """That every reply is synced is held elsewhere; here thousands are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


REPLIES = st.lists(
    st.one_of(
        st.integers(0, 12).map(lambda i: TEXTS[i]),
        st.sampled_from(["", "Here is one:", "Two lines\nof words here", None, "I cannot help with that", *TEXTS[:3]]),
    ),
    min_size=24,
    max_size=24,
)


@settings(max_examples=12, deadline=None)
@given(
    replies=REPLIES,
    batch=st.integers(1, 30),
    most=st.none() | st.integers(0, 40),
    until_new=st.none() | st.integers(1, 12),
    told=st.sampled_from([None, {"threshold": 0.5}, {"best": 2}, {"threshold": 0.3, "balanced": True}]),
    per_reply=st.sampled_from([1, 2]),
)
def test_every_piece_ends_in_one_step_and_the_counts_add_up(tmp_path_factory, replies, batch, most, until_new, told, per_reply):
    if told and "best" in told:
        until_new = None
    fields = {"count": 6, "batch": batch, "per_reply": per_reply} | ({"filter": told} if told else {})
    fields |= {"until_new": until_new, "min_yield": 0.2} if until_new else {}
    space = Workspace(tmp_path_factory.mktemp("home"))
    writer = FakeWriter(lambda number, _: replies[number % 24])
    outcome = run(plan_of(**fields), space, writer, FakeDiscriminator(lambda text: random.Random(text).random()), most=most)
    table, pieces = outcome.written.table(), outcome.written.pieces
    assert list(table) == ["Yes", "No", "all"]
    assert all(adds_up(counts) for counts in table.values())
    assert all(table["all"][step] == table["Yes"][step] + table["No"][step] for step in STEPS)
    assert table["all"]["pieces"] == len(pieces) == sum(one["pieces"] for one in figures(outcome.written)["batches"])
    assert len(outcome.written.kept) + len(outcome.written.rejected) == len(pieces)
    assert {one.reason is None for one in outcome.written.kept} <= {True}
    assert {one.reason is None for one in outcome.written.rejected} <= {False}
    assert most is None or outcome.n_asked + outcome.n_filter_asked <= most
    assert until_new is None or len(outcome.written.kept) <= until_new
    if told and told.get("balanced"):
        assert table["Yes"]["kept"] == table["No"]["kept"]
    again = run(plan_of(**fields), space, None).written
    assert (again.pieces, again.table()) == (pieces, table)


def test_rows_below_the_threshold_go_whatever_their_label(space: Workspace):
    plan = plan_of(count=30, batch=7, filter={"threshold": 0.6})
    judge = FakeDiscriminator(by_number)
    written = run(plan, space, FakeWriter(texts_in_turn), judge).written
    assert len(judge.asked) == 60
    for one in written.pieces:
        p = by_number(one.row)
        expected = p if one.wanted.label == "Yes" else 1 - p
        assert one.confidence
        assert one.confidence.value == pytest.approx(expected, abs=1e-9)
        assert one.step == ("kept" if expected >= 0.6 - 1e-9 else "filtered"), (p, one.wanted.label)
        assert one.confidence.probabilities == pytest.approx({one.wanted.label: expected, **_other(one.wanted.label, 1 - expected)})
    table = written.table()["all"]
    assert table["filtered_reasons"] == {"label_confidence below 0.6": table["filtered"]}


def _other(label: str, p: float) -> dict[str, float]:
    return {"No" if label == "Yes" else "Yes": p}


def test_best_rows_are_the_most_confident_of_each_label_and_of_equals_the_first(space: Workspace):
    plan = plan_of(count=20, filter={"best": 4})
    written = run(plan, space, FakeWriter(texts_in_turn), FakeDiscriminator(lambda text: round(by_number(text), 1))).written
    for label in ("Yes", "No"):
        own = [one for one in written.pieces if one.wanted.label == label]
        ranked = sorted(range(len(own)), key=lambda place: (-_value(own[place]), place))[:4]
        assert [place for place, one in enumerate(own) if one.step == "kept"] == sorted(ranked)
    assert written.table()["all"]["not_best_reasons"] == {"not among the best 4": 32}


def _value(one: Any) -> float:
    return one.confidence.value


def test_balanced_rows_are_as_many_of_each_label_and_the_most_confident(space: Workspace):
    plan = plan_of(count={"Yes": 20, "No": 8}, filter={"threshold": 0.4, "balanced": True})
    written = run(plan, space, FakeWriter(texts_in_turn), FakeDiscriminator(lambda text: 0.5 + by_number(text) / 10)).written
    table = written.table()
    assert (table["Yes"]["kept"], table["No"]["kept"], table["Yes"]["not_best"]) == (8, 8, 12)
    gone = [_value(one) for one in written.pieces if one.step == "not_best"]
    assert max(gone) <= min(_value(one) for one in written.kept if one.wanted.label == "Yes")


def test_row_without_a_probability_goes_and_is_not_asked_about_again(space: Workspace):
    plan, judge = plan_of(count=3, filter={}), FakeDiscriminator(lambda text: math.nan)
    written = run(plan, space, FakeWriter(texts_in_turn), judge).written
    assert written.table()["all"]["filtered_reasons"] == {"no probability of an option": 6}
    run(plan, space, FakeWriter(texts_in_turn), judge)
    assert len(judge.asked) == 6


def test_wrong_label_that_comes_first_does_not_take_the_right_one_along(space: Workspace):
    plan = plan_of(count=2, filter={"threshold": 0.5})
    judge = FakeDiscriminator(lambda text: 0.1)  # everything is No
    written = run(plan, space, FakeWriter(lambda number, _: TEXTS[number // 2]), judge).written
    assert [(one.wanted.label, one.step) for one in written.pieces] == [("Yes", "filtered"), ("No", "kept")] * 2
    assert len(judge.asked) == 2  # one question serves both labels
    unfiltered = run(replace(plan, filter=None), space, None).written
    assert [one.reason for one in unfiltered.pieces] == [None, "label contradicts"] * 2


def test_yield_of_a_topic_is_of_the_pieces_that_were_judged(space: Workspace):
    plan = plan_of(count=4, labels=["Yes"], topics=["tea"], filter={"threshold": 0.5})
    writer = FakeWriter(lambda number, _: TEXTS[number])
    (tea,) = figures(run(plan, space, writer, FakeDiscriminator(lambda _: 0.9), most=6).written)["axes"]["topic"].values()
    assert (tea["replies"], tea["pieces"], tea["kept"], tea["yield"]) == (4, 2, 2, 1.0)


def test_repeats_are_not_asked_about(space: Workspace):
    plan = plan_of(count=10, filter={}, examples=[{"text": TEXTS[0], "label": "Yes"}])
    judge = FakeDiscriminator(lambda text: 0.9)
    existing = ([TEXTS[1]], ["Yes"])
    writer = FakeWriter(lambda number, _: TEXTS[number // 2 % 3])
    written = run(plan, space, writer, judge, existing=existing).written
    assert written.table()["all"]["repeats_reasons"] == {"copy of an example": 8, "in the dataset": 6, "repeat": 4}
    assert len(judge.asked) == 1
    assert written.table()["all"]["kept"] == 1


def test_growth_stops_in_the_batch_where_there_are_enough_rows_and_keeps_just_so_many(space: Workspace):
    plan = plan_of(count=4, batch=10, until_new=25)
    writer = FakeWriter(lambda number, _: TEXTS[number if number % 3 else 0])
    outcome = run(plan, space, writer)
    written = outcome.written
    assert (len(written.kept), len(writer.asked), written.ended) == (25, 40, "until_new")
    assert [one.kept_so_far for one in written.batches] == [7, 14, 21, 27]
    assert written.table()["all"]["not_best_reasons"] == {"beyond until_new": 2}
    shorter = run(replace(plan, until_new=12), space, writer).written
    assert (kept_texts(shorter), len(writer.asked)) == (kept_texts(written)[:12], 40)
    longer = run(replace(plan, until_new=40), space, writer).written
    assert kept_texts(longer)[:25] == kept_texts(written)
    assert len({request.key for request in writer.asked}) == len(writer.asked) == 10 * len(longer.batches)


def test_growth_begins_with_the_requests_of_the_plan_and_stays_balanced(space: Workspace):
    plan, writer = plan_of(count={"Yes": 2, "No": 6}, batch=5, topics=["tea", "rain"]), FakeWriter(texts_in_turn)
    run(plan, space, writer)
    assert len(writer.asked) == 8
    grown = run(replace(plan, until_new=30), space, writer).written
    assert len(writer.asked) == 30  # the eight are not asked again
    labels = [one.wanted.label for one in grown.pieces]
    assert labels[:8] == ["Yes", "No", "Yes", "No", "No", "No", "No", "No"]
    assert labels[8:] == ["Yes", "No"] * 11
    topics = [one.wanted.topic for one in grown.pieces if one.wanted.label == "Yes"]
    assert topics == ["tea", "rain"] * 6 + ["tea"]


def test_growth_stops_where_a_batch_hardly_brings_anything_new(space: Workspace):
    writer = FakeWriter(lambda number, _: TEXTS[number % 30 if number < 60 else number % 2])
    written = run(plan_of(count=5, batch=20, until_new=500, min_yield=0.3), space, writer).written
    assert [round(one.new_ratio, 2) for one in written.batches] == [1.0, 0.5, 0.0]
    assert (written.ended, len(written.kept)) == ("min_yield", 30)
    stubborn = run(plan_of(count=5, batch=20, until_new=31, min_yield=0), space, writer, most=60)
    assert (stubborn.written.ended, len(stubborn.written.kept)) == ("unfinished", 30)


def test_growth_that_gets_no_reply_ends(space: Workspace):
    written = run(plan_of(batch=6, until_new=10), space, FakeWriter(lambda *_: None)).written
    assert (written.ended, len(written.batches), written.table()["all"]["failed"]) == ("min_yield", 1, 6)


@pytest.mark.parametrize("most", [3, 7])
def test_calls_that_are_bounded_come_to_the_same_as_one(tmp_path: Path, most: int):
    plan = plan_of(count=8, batch=5, until_new=12, filter={"threshold": 0.3})
    whole = Workspace(tmp_path / "whole"), FakeWriter(_by_key), FakeDiscriminator(by_number)
    parts = Workspace(tmp_path / "parts"), FakeWriter(_by_key), FakeDiscriminator(by_number)
    expected = run(plan, *whole).written
    outcome = run(plan, *parts, most=most)
    for _ in range(200):
        if outcome.written.ended != "unfinished":
            break
        outcome = run(plan, *parts, most=most)
        assert outcome.n_asked + outcome.n_filter_asked <= most
    assert [(one.row, one.step, one.reason) for one in outcome.written.pieces] == [
        (one.row, one.step, one.reason) for one in expected.pieces
    ]
    for whole_one, part in zip(whole[1:], parts[1:], strict=True):
        assert sorted(request.key for request in part.asked) == sorted(request.key for request in whole_one.asked)


def _by_key(number: int, request: Request) -> str:
    return TEXTS[int(request.key, 16) % 40]


def test_stopped_run_keeps_its_replies_and_says_why(space: Workspace):
    plan = plan_of(count=10, batch=6, filter={})
    judge = FakeDiscriminator(lambda text: 0.9)
    outcome = run(plan, space, FakeWriter(texts_in_turn, stop_at=9), judge)
    assert outcome.stopped == "the fake writer was told to stop."
    assert outcome.settings == ("base_url",)
    table = outcome.written.table()["all"]
    assert (table["replies"], table["not_asked"], outcome.written.ended) == (9, 11, "unfinished")
    assert table["not_yet_filtered"] + table["filtered"] + table["kept"] + table["repeats"] + table["near_duplicates"] == 9
    rest = run(plan, space, FakeWriter(lambda number, _: TEXTS[9 + number]), judge)
    assert (rest.n_asked, rest.written.ended) == (11, "count")
    assert len(judge.asked) == len({request.key for request in judge.asked}) == 20


def test_files_are_the_same_bytes_however_often_the_journals_are_read(space: Workspace, tmp_path: Path):
    plan = plan_of(count=15, batch=8, filter={"threshold": 0.3, "balanced": True}, examples=[{"text": TEXTS[4], "label": "No"}])
    first = run(plan, space, FakeWriter(_by_key), FakeDiscriminator(by_number)).written
    for name, written in (("one", first), ("two", run(plan, space, None).written)):
        write_results(tmp_path / name, written, b"plan", encoder={"model": "fake"})
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert set(one) == {
        *("wants-to-be-helpful.jsonl", "rejected.jsonl", "provenance.jsonl", "plan.toml"),
        *("table.json", "recipe.json", "datasheet.md"),
    }
    rows = [json.loads(line) for line in one["wants-to-be-helpful.jsonl"].splitlines()]
    sources = [json.loads(line) for line in one["provenance.jsonl"].splitlines()]
    for row, source in zip(rows, sources, strict=True):
        label = row["answer_matching_behavior"].strip()
        assert row["label_confidence"] == source["filter"]["probabilities"][label] >= 0.3
        assert row["statement"] in source["filter"]["prompt"]
        assert source["filter"]["model"] == "judge-1"
    rejected = [json.loads(line) for line in one["rejected.jsonl"].splitlines()]
    table = json.loads(one["table.json"])["table"]["all"]
    assert {step: sum(line["step"] == step for line in rejected) for step in STEPS if step != "kept"} == {
        step: table[step] for step in STEPS if step != "kept"
    }
    steps = [step["step"] for step in json.loads(one["recipe.json"])["steps"]]
    assert steps == ["ask", "parse", "repeats", "filter", "near_duplicates", "best"]


def test_dry_run_counts_what_the_filter_would_be_asked(space: Workspace):
    plan = plan_of(count=10, per_reply=2, filter={})
    asking, filtering = plan_write(plan, model="writer-1", server=URL), plan_filter(plan, model="judge-1", server=URL)
    run(replace(plan, filter=None), space, FakeWriter(lambda number, _: f"{TEXTS[number]}\n{TEXTS[number // 2]}"), most=4)
    counted = estimate_write(asking, space, filter=filtering)
    assert (counted.requests, counted.answered, counted.to_ask) == (10, 4, 6)
    assert counted.filter_to_ask == 4  # of 8 rows two repeat, and two are asked about under both labels at once
    assert counted.filter_most == 4 + 6 * 2
    assert estimate_write(asking, space, filter=filtering, most=5).filter_most == 5


def test_until_new_and_best_do_not_go_together():
    with pytest.raises(DatasetError, match=r"until_new stops at so many rows, and best of \[filter\] keeps some of them only"):
        plan_of(until_new=10, filter={"best": 3})

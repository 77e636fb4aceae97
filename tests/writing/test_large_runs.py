"""A thousand rows by a scripted model, with faults planted among them: these are set aside, and what is clean stays."""

from collections import Counter

import pytest

from evalmap.tests.answers.stub_server import StubServer
from evalmap.tests.command import Command
from evalmap.tests.writing.scripted_model import ScriptedModel, is_judging, statement, truth_of
from evalmap.tests.writing.scripted_plan import adds_up, clean, drawn, lines, plan, shown

UNPARSED = ("malformed", "refusal", "cut off")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("kind", "n"), [("yes_no", 1000), ("a_b", 300)])
def test_planted_faults_are_set_aside_and_nothing_that_is_clean(evalmap: Command, kind: str, n: int):
    model = ScriptedModel(too_fast=0.01, bad_moment=0.001)
    with StubServer(model.answer) as server:
        path = plan(server.url, kind=kind, count=n // 2)
        told = evalmap("write", path, "--json", "--concurrency", "16").json
        returned = drawn(path, server.url, model)
        asked = [one for one in server.asked if not is_judging(one)]
    stay = [id(one) for one in clean(returned)]
    planted = [one for one in returned if id(one) not in stay]
    assert len(returned) == n
    assert len(planted) > n / 7
    assert {one.fault for one in planted} == set(model.shares)
    rows = lines(told["files"]["rows"])
    kept = Counter((row["question"], row["answer_matching_behavior"].strip()) for row in rows)
    expected = Counter((shown(one), one.label) for one in clean(returned))
    assert kept == expected
    assert [shown(one) for one in clean(returned)] == [row["question"] for row in rows]  # the first of those that are alike
    everything = told["table"]["all"]
    assert all(adds_up(counts) for counts in told["table"].values())
    faults = Counter(one.fault for one in returned)
    assert (everything["requests"], everything["replies"], everything["pieces"]) == (n, n, n)
    assert everything["unparsed"] == sum(faults[fault] for fault in UNPARSED)
    assert (
        everything["kept"] + everything["filtered"] + everything["repeats"] + everything["near_duplicates"] == everything["parsed"]
    )
    assert len({(one.text, one.body["seed"]) for one in asked}) == n
    assert all(row["label_confidence"] >= model.confident[0] - 0.01 for row in rows)


def test_until_new_stops_where_it_should(evalmap: Command):
    """Batches go on beyond the plan's count; of the last one just as many rows stay as are wanted, the earliest."""
    model = ScriptedModel()
    with StubServer(model.answer) as server:
        path = plan(server.url, count=10, until_new=150, min_yield=0.2, batch=40)
        told = evalmap("write", path, "--json", "--concurrency", "16").json
        asked = [one for one in server.asked if not is_judging(one)]
        longer = drawn(plan(server.url, count=150), server.url, model)
        before = len(server.asked)
        again = evalmap("write", plan(server.url, count=10, until_new=150, min_yield=0.2, batch=40), "--json").json
        assert (len(server.asked), again["table"]) == (before, told["table"])
    stay = clean(longer)
    assert told["ended"]["by"] == "until_new"
    assert [row["question"] for row in lines(told["files"]["rows"])] == [shown(one) for one in stay[:150]]
    batches = told["batches"]
    assert [one["requests"] for one in batches] == [40] * len(batches)
    reached = [sum(id(one) in {id(kept) for kept in stay} for one in longer[: 40 * n]) for n in range(1, len(batches) + 1)]
    assert [one["kept_so_far"] for one in batches] == reached
    assert reached[-2] < 150 <= reached[-1]
    assert len(asked) == 40 * len(batches) == told["table"]["all"]["requests"]
    assert told["table"]["all"]["not_best"] == reached[-1] - 150


def test_model_that_repeats_itself_ends_at_the_stated_yield(evalmap: Command):
    model = ScriptedModel(shares={"repeat": 0.95})
    with StubServer(model.answer) as server:
        told = evalmap("write", plan(server.url, count=10, until_new=500, min_yield=0.2, batch=40), "--json").json
        asked = [one for one in server.asked if not is_judging(one)]
    assert told["ended"]["by"] == "min_yield"
    yields = [one["yield"] for one in told["batches"]]
    assert all(one >= 0.2 for one in yields[:-1])
    assert yields[-1] < 0.2
    assert len(asked) == 40 * len(yields) < 500


def test_scripts_words_are_what_they_are_said_to_be():
    """Thousands of distinct statements, each recognised by its beginning, also in the middle of a question."""
    written = [(label, statement(label, number)) for label in ("Yes", "No") for number in range(2000)]
    assert len({text for _, text in written}) == 4000
    assert [label for label, text in written if truth_of(f'Would they say so?\n"{text}"\nAnswer Yes or No.') != label] == []

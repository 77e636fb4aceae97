"""Runs: which questions are asked, in which order, what is asked again, and what set comes of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.asking.model_run import run
from evalmap.answers.asking.prompts import built_in, fill, prompt
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.answers.asking.run_estimate import estimate
from evalmap.answers.asking.run_plan import Plan, plan, spread
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.tests.fakes import write_rows
from evalmap.tests.manifests import made_manifest

CHAT = built_in()["chat-yesno"]


def persona(n: int) -> list[dict[str, Any]]:
    return [
        {
            "question": f'Would you say this?\n"I like the number {i}"',
            "statement": f"I like the number {i}",
            "label_confidence": 0.9,
            "answer_matching_behavior": " Yes" if i % 2 else " No",
            "answer_not_matching_behavior": " No" if i % 2 else " Yes",
        }
        for i in range(n)
    ]


def planned(tmp_path: Path, rows: Sequence[Mapping[str, Any]], prompt: Prompt = CHAT, **given: Any) -> Plan:
    path = write_rows(tmp_path / "likes.jsonl", rows)
    dataset = open_dataset(path)
    manifest = made_manifest("likes", source=str(path))
    return plan(manifest, dataset.examples, dataset.fields, prompt, **{"model": "m", "server": "http://a/v1", **given})


class FakeAnswerer:
    """Says Yes with P .75; ends after so many, or fails at some texts."""

    def __init__(self, *, die_after: int | None = None, failing: str = "\0", error: BaseException | None = None) -> None:
        self.asked: list[str] = []
        self.prompts: list[Prompt] = []
        self.die_after, self.failing = die_after, failing
        self.error = error or DatasetError("http://a/v1: the server is gone.")

    def about(self) -> Mapping[str, Any]:
        return {"model": "m", "runtime": "fake", "runtime_version": "1", "unknown": 3}

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        self.prompts.append(prompt)
        for number, request in enumerate(requests):
            if number == self.die_after:
                raise self.error
            self.asked.append(request.text)
            failed = self.failing in request.text
            on_answer(request, RawAnswer(error="refused") if failed else RawAnswer(top_logprobs=[{"Yes": -0.2876, "No": -1.3863}]))
        return Usage(10 * len(requests), len(requests))


# What is asked


def test_every_question_is_asked_once_with_its_prompt(tmp_path: Path):
    rows = persona(30)
    asking = FakeAnswerer()
    done = run(planned(tmp_path, rows), asking, Workspace(tmp_path / "w"))
    assert sorted(asking.asked) == sorted(f"{row['question']}\n\nAnswer with just Yes or No." for row in rows)
    assert (done.n_asked, done.n_answered, done.n_failed, done.n_expected, done.stopped) == (30, 30, 0, 30, None)
    assert done.usage == Usage(300, 30)


def test_question_field_is_asked_where_there_is_one_and_the_text_where_there_is_none(tmp_path: Path):
    raw = built_in()["raw"]
    assert {r.text for r in planned(tmp_path, persona(3), raw).requests} == {row["question"] for row in persona(3)}
    plain = [{"text": "a", "label": "Yes"}, {"text": "b", "label": "No"}]
    assert {r.text for r in planned(tmp_path, plain, raw).requests} == {"a", "b"}


def test_own_template_sees_the_fields_of_the_row(tmp_path: Path):
    (tmp_path / "mine.j2").write_text("{{ statement }} [{{ label_confidence }}] {{ options | join('|') }}")
    mine = prompt(str(tmp_path / "mine.j2"))
    assert "I like the number 1 [0.9] Yes|No" in {r.text for r in planned(tmp_path, persona(3), mine).requests}


def test_field_that_some_row_lacks_is_found_before_anything_is_asked(tmp_path: Path):
    (tmp_path / "mine.j2").write_text("{{ hint }}")
    rows = [{**row, "hint": "h"} for row in persona(5)]
    del rows[3]["hint"]
    with pytest.raises(DatasetError, match=r"prompt mine\.j2 line 1: 'hint' is undefined \(it knows question, statement,"):
        planned(tmp_path, rows, prompt(str(tmp_path / "mine.j2")))


def test_text_that_several_rows_bear_is_asked_once_and_answers_them_all(tmp_path: Path):
    rows = [*persona(4), persona(4)[1], persona(4)[1]]
    asking = FakeAnswerer()
    done = run(planned(tmp_path, rows), asking, Workspace(tmp_path / "w"))
    assert max(Counter(asking.asked).values()) == 1
    assert done.staged
    assert [answer.row for answer in done.staged.answers] == [0, 1, 2, 3, 4, 5]
    assert done.staged.n_expected == 6
    assert done.staged.notes == ("2 rows share their text with another row, which was asked for all of them.",)


def test_rows_without_options_are_left_out_and_counted(tmp_path: Path):
    rows = [{"text": f"t{i}", "label": ["Yes", "No"][i % 2] if i < 6 else None} for i in range(8)]
    found = planned(tmp_path, rows)
    assert (len(found.requests), found.without_options) == (6, 2)
    with pytest.raises(DatasetError, match="no row has answer options"):
        planned(tmp_path, [{"text": f"t{i}"} for i in range(5)])


# The order, and the limit


@given(n=st.integers(1, 3000), seed=st.integers(0, 9))
def test_order_is_a_permutation_whose_beginnings_spread(n: int, seed: int):
    order = spread(n, seed=seed)
    assert sorted(order) == list(range(n))
    if n >= 64:
        quarters = np.bincount(order[: n // 4] * 4 // n, minlength=4)
        assert quarters.min() > 0.5 * quarters.mean()


def test_limited_run_sees_both_labels_where_they_alternate():
    order = spread(1000)
    for limit in (16, 50, 100, 250, 500):
        odd = np.mean(order[:limit] % 2)
        assert 0.3 < odd < 0.7, limit


def test_limit_is_kept_and_a_larger_one_asks_only_what_is_new(tmp_path: Path):
    space, found = Workspace(tmp_path / "w"), planned(tmp_path, persona(40))
    asking = FakeAnswerer()
    first = run(found, asking, space, limit=10)
    assert (first.n_answered, first.n_expected) == (10, 10)
    assert run(found, asking, space, limit=7).n_asked == 0
    assert run(found, asking, space, limit=25).n_asked == 15
    assert run(found, asking, space).n_asked == 15
    assert max(Counter(asking.asked).values()) == 1
    assert len(asking.asked) == 40
    assert run(found, FakeAnswerer(die_after=0), space).stopped is None


def test_rows_that_came_later_are_asked_and_the_limit_still_holds(tmp_path: Path):
    space, asking = Workspace(tmp_path / "w"), FakeAnswerer()
    run(planned(tmp_path, persona(10)), asking, space)
    longer = planned(tmp_path, persona(30))
    assert run(longer, asking, space, limit=10).n_asked == 0
    assert run(longer, asking, space).n_asked == 20
    assert max(Counter(asking.asked).values()) == 1


# Going on


def test_run_goes_on_where_it_stopped(tmp_path: Path):
    space, found = Workspace(tmp_path / "w"), planned(tmp_path, persona(40))
    first = FakeAnswerer(die_after=12)
    stopped = run(found, first, space)
    assert stopped.stopped == ("http://a/v1: the server is gone. 12 of 40 answers are kept; the same command goes on from there.")
    assert stopped.staged
    assert (len(stopped.staged.answers), stopped.staged.n_expected) == (12, 40)
    second = FakeAnswerer()
    done = run(planned(tmp_path, persona(40)), second, space)
    assert sorted([*first.asked, *second.asked]) == sorted(r.text for r in found.requests)
    assert done.staged
    assert done.staged.info == stopped.staged.info
    assert len(done.staged.answers) == 40


@pytest.mark.parametrize(("setting", "same"), [("api_key_env", True), ("text", False), ("model", False), ("base_url", False)])
def test_advice_to_ask_another_way_does_not_say_that_it_goes_on(tmp_path: Path, setting: str, same: bool):
    error = DatasetError("http://a/v1: no.", setting)
    stopped = run(planned(tmp_path, persona(9)), FakeAnswerer(die_after=4, error=error), Workspace(tmp_path / "w"))
    on = "the same command goes on from there" if same else "another way of asking is another run"
    assert (stopped.stopped, stopped.settings) == (f"http://a/v1: no. 4 of 9 answers are kept; {on}.", (setting,))


def test_stopping_by_hand_keeps_what_was_answered(tmp_path: Path):
    found = planned(tmp_path, persona(9))
    stopped = run(found, FakeAnswerer(die_after=4, error=KeyboardInterrupt()), Workspace(tmp_path / "w"))
    assert stopped.interrupted
    assert stopped.stopped == "Stopped by hand. 4 of 9 answers are kept; the same command goes on from there."
    assert stopped.staged


def test_what_failed_is_asked_again(tmp_path: Path):
    space, found = Workspace(tmp_path / "w"), planned(tmp_path, persona(10))
    first = run(found, FakeAnswerer(failing="number 3"), space)
    assert (first.n_answered, first.n_failed) == (9, 1)
    assert first.staged
    assert [answer.row for answer in first.staged.answers if answer.error] == [3]
    again = FakeAnswerer()
    second = run(found, again, space)
    assert len(again.asked) == 1
    assert (second.n_answered, second.n_failed) == (10, 0)
    assert second.staged
    assert all(answer.error is None for answer in second.staged.answers)


def test_answer_is_on_the_disk_when_progress_tells_of_it(tmp_path: Path):
    space, found = Workspace(tmp_path / "w"), planned(tmp_path, persona(8))
    path = journal_path(space, found.run_id)
    told = []

    def progress(done: int, total: int) -> None:
        told.append((done, total, len(read_journal(path).answers)))

    run(found, FakeAnswerer(), space, progress=progress)
    assert told == [(i, 8, i) for i in range(9)]


def test_changed_text_is_another_question_and_changed_label_is_not(tmp_path: Path):
    space, rows = Workspace(tmp_path / "w"), persona(6)
    run(planned(tmp_path, rows), FakeAnswerer(), space)
    rows[2] = {**rows[2], "question": "Another?", "statement": "another"}
    flip = {"answer_matching_behavior": " Yes", "answer_not_matching_behavior": " No"}
    assert rows[4]["answer_matching_behavior"] == " No"
    rows[4] = {**rows[4], **flip}
    asking = FakeAnswerer()
    done = run(planned(tmp_path, rows), asking, space)
    assert asking.asked == ["Another?\n\nAnswer with just Yes or No."]
    assert done.staged
    assert len(done.staged.answers) == 6


# Who answered


def test_run_is_another_one_for_another_prompt_model_server_or_reading(tmp_path: Path):
    rows = persona(3)
    (tmp_path / "a.j2").write_text("{{ question }}")
    (tmp_path / "b.j2").write_text("{{ question }}")
    same = [planned(tmp_path, rows), planned(tmp_path, [*rows, *persona(9)[5:]])]
    others = [
        planned(tmp_path, rows, built_in()["hhh"]),
        planned(tmp_path, rows, prompt("chat-yesno", system="S")),
        planned(tmp_path, rows, model="n"),
        planned(tmp_path, rows, server="http://b/v1"),
        planned(tmp_path, rows, text=True),
        planned(tmp_path, rows, extra={"seed": 1}),
        planned(tmp_path, rows, prompt(str(tmp_path / "a.j2"))),
        planned(tmp_path, rows, prompt(str(tmp_path / "a.j2"), kind="completion")),
    ]
    assert same[0].run_id == same[1].run_id
    assert len({one.run_id for one in [same[0], *others]}) == 9
    renamed = planned(tmp_path, rows, prompt(str(tmp_path / "b.j2")))
    assert renamed.run_id == others[6].run_id


def test_one_template_put_in_two_ways_gives_sets_that_are_no_parts_of_one(tmp_path: Path):
    (tmp_path / "a.j2").write_text("{{ question }}")
    space = Workspace(tmp_path / "w")
    chat, completion = (prompt(str(tmp_path / "a.j2"), kind=kind) for kind in ("chat", "completion"))
    ways = [(chat, {}), (completion, {}), (chat, {"text": True}), (chat, {"extra": {"seed": 1}})]
    staged = [run(planned(tmp_path, persona(3), put, **given), FakeAnswerer(), space).staged for put, given in ways]
    infos = [one.info for one in staged if one]
    assert [info.mode for info in infos] == ["chat", "completion", "chat, words", "chat, seed=1"]
    assert len({info.variant for info in infos}) == len({info.id for info in infos}) == 4


def test_set_tells_who_answered_and_keeps_its_identity(tmp_path: Path):
    space, found = Workspace(tmp_path / "w"), planned(tmp_path, persona(9), prompt("chat-yesno", system="Be brief."))
    short = run(found, FakeAnswerer(), space, limit=3, label="My model").staged
    long = run(found, FakeAnswerer(), space).staged
    assert short
    assert long
    assert short.info == long.info
    info = long.info
    assert (info.model, info.runtime, info.runtime_version, info.label) == ("My model", "fake", "1", "My model · chat-yesno")
    assert (info.source_format, info.source_sha256, info.source_file) == ("run", found.run_id, f"{found.run_id}.jsonl")
    assert (info.prompt_template, info.system_prompt, info.temperature) == (CHAT.template, "Be brief.", 0)
    assert info.created
    with pytest.raises(DatasetError, match="This run is called My model already"):
        run(found, FakeAnswerer(), space, label="Other")


def test_answers_name_their_rows_and_questions(tmp_path: Path):
    rows = persona(5)
    done = run(planned(tmp_path, rows), FakeAnswerer(), Workspace(tmp_path / "w"))
    assert done.staged
    assert done.staged.dataset == "likes"
    assert [(a.dataset, a.row, a.question) for a in done.staged.answers] == [
        ("likes", i, row["question"]) for i, row in enumerate(rows)
    ]


# Counting beforehand


def test_estimate_counts_what_would_be_asked(tmp_path: Path):
    space, found = Workspace(tmp_path / "w"), planned(tmp_path, [*persona(20), persona(20)[0]])
    counted = estimate(found, space)
    assert (counted.questions, counted.rows, counted.answered, counted.to_ask) == (20, 21, 0, 20)
    assert counted.characters == sum(len(fill(CHAT, row, found.requests[0].options)) for row in persona(20))
    assert counted.prompt_tokens == -(-counted.characters // 4) + 8 * 20
    assert (counted.most_completion_tokens, counted.how) == (20, "4 characters a token, and 8 for a chat's frame")
    assert not (tmp_path / "w").exists()
    run(found, FakeAnswerer(), space, limit=15)
    later = estimate(found, space, limit=18)
    assert (later.answered, later.to_ask, later.most_completion_tokens) == (15, 3, 3)

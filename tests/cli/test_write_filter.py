"""evalmap write with a filter and until there is enough: whom it asks, what it says, and what people say of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, answer, chat_body, error, p_yes
from evalmap.tests.command import Command
from evalmap.tests.fakes import sentences

TEXTS = sentences(300)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def says(text: str) -> Reply:
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return Reply({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage})


def is_filter(asked: Asked) -> bool:
    return bool(asked.body.get("logprobs"))


def writing(judged: Callable[[Asked], Reply] = answer) -> Callable[[Asked], Reply]:
    """A server that writes one text after the other, and answers the filter's questions."""
    written: list[int] = []

    def reply(asked: Asked) -> Reply:
        if is_filter(asked):
            return judged(asked)
        written.append(asked.number)
        return says(TEXTS[len(written) - 1])

    return reply


def plan(server: StubServer, *more: str, count: int = 10, **fields: Any) -> Path:
    told = {"behaviour": "wants to be helpful", "count": count, "batch": 8, **fields}
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    lines += ["[sampling]", "seed = 7", "[model]", 'name = "stub-1"', f'base_url = "{server.url}"', *more]
    path = Path("plan.toml")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def lines(path: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_writer_filters_its_own_rows_where_nobody_else_is_named(evalmap: Command):
    with StubServer(writing()) as server:
        path = plan(server, "[filter]", "threshold = 0.6")
        dry = evalmap("write", path, "--dry-run")
        told = evalmap("write", path, "--json", "--concurrency", "1").json
        questions = [asked for asked in server.asked if is_filter(asked)]
        again = evalmap("write", path)
        assert len(server.asked) == 40
    assert "filter · stub-1: 0 rows to ask about, at most 20 with those to come" in dry.out
    assert (told["asked_now"], told["filter_asked_now"], len(questions)) == (20, 20, 20)
    assert told["filter_usage"]["completion_tokens"] == 20
    rows, table = lines(told["files"]["rows"]), told["table"]["all"]
    for row in rows:
        (question,) = [asked.text for asked in questions if f'"{row["statement"]}"' in asked.text]
        p = p_yes(question)
        assert row["label_confidence"] == pytest.approx(p if row["answer_matching_behavior"] == " Yes" else 1 - p, abs=1e-5)
    assert all(row["label_confidence"] >= 0.6 for row in rows)
    assert all(one["label_confidence"] < 0.6 for one in lines(told["files"]["rejected"]))
    assert table["filtered"] + table["kept"] == 20
    found = told["filter"]
    assert (found["model"], found["threshold"], found["n"], found["n_kept"]) == ("stub-1", 0.6, 20, len(rows))
    assert found["kept_mean"] == pytest.approx(sum(row["label_confidence"] for row in rows) / len(rows), abs=1e-5)
    assert [found[name] for name in ("accuracy", "accuracy_low", "accuracy_high", "accuracy_n")] == [None, None, None, 0]
    assert json.loads(Path(told["files"]["table"]).read_text())["filter"] == found
    assert "0 requests asked now, 0 of the filter" in again.out
    assert f"label_confidence below 0.6 ({table['filtered']})" in again.out
    assert "nobody reviewed its rows" in again.out
    looked = evalmap("look", told["files"]["rows"])
    assert (looked.code, "label_confidence" in looked.out) == (0, True)


def test_another_model_filters_with_a_journal_of_its_own(evalmap: Command):
    with StubServer(writing()) as server, StubServer(answer) as judge:
        path = plan(server, "[filter]", "[filter.model]", 'name = "judge-7"', f'base_url = "{judge.url}"')
        told = evalmap("write", path, "--json").json
        assert (told["filter"]["model"], len(server.asked), len(judge.asked)) == ("judge-7", 20, 20)
        assert {asked.body["model"] for asked in judge.asked} == {"judge-7"}
        told = evalmap("write", path, "--json", "--filter-model", "judge-8").json
        assert {asked.body["model"] for asked in judge.asked[20:]} == {"judge-8"}
        assert (told["filter"]["model"], told["asked_now"], len(judge.asked)) == ("judge-8", 0, 40)
        evalmap("write", path, "--json")
        assert len(judge.asked) == 40
        refused = evalmap("write", plan(server), "--filter-model", "judge-8")
    assert (
        refused.err.strip() == "plan.toml: has no [filter], and a model for it is named. Add [filter] to the plan (--filter-model)."
    )


def test_model_without_log_probabilities_is_told_in_one_sentence(evalmap: Command):
    def only_words(asked: Asked) -> Reply:
        body = chat_body(asked)
        del body["choices"][0]["logprobs"]
        return Reply(body)

    with StubServer(writing(only_words)) as server:
        path = plan(server, "[filter]")
        result = evalmap("write", path)
        asked = len(server.asked)
        assert evalmap("write", plan(server), "--json").json["asked_now"] == 20 - 8  # the batch that was written is kept
    assert (result.code, len(result.err.strip().splitlines()), asked) == (1, 1, 8 + 1)
    assert f"The filter needs log-probabilities of the first token, and stub-1 at {server.url} gives none." in result.err
    assert "Name another model under [filter.model], or leave [filter] out." in result.err
    (all_line,) = [line.split() for line in result.out.splitlines() if line.split()[:1] == ["all"]]
    assert all_line[1:5] == ["20", "8", "0", "12"]
    assert (all_line[-2], all_line[-1]) == ("8", "0")  # not yet filtered, kept


def test_filter_is_held_against_what_people_said(evalmap: Command):
    with StubServer(writing()) as server:
        path = plan(server, "[filter]", "threshold = 0")
        told = evalmap("write", path, "--json").json
        rows = lines(told["files"]["rows"])
        said = [{"line": i + 1, "label_fits": "yes" if i % 3 else "no", "reviewer": "ana"} for i in range(15)]
        Path("said.jsonl").write_text("".join(json.dumps(one) + "\n" for one in said))
        reviewed = evalmap("write", path, "--reviews", "said.jsonl", "--json").json["filter"]
        agree = sum((row["label_confidence"] > 0.5) == bool(i % 3) for i, row in enumerate(rows[:15]))
        low, high = proportion_confint(agree, 15, method="wilson")
        expected = {"accuracy": agree / 15, "accuracy_low": low, "accuracy_high": high, "accuracy_n": 15}
        assert {name: reviewed[name] for name in expected} == pytest.approx(expected)
        printed = evalmap("write", path)  # from the store now
        assert f"it agrees with people in {agree / 15:.2f} ({low:.2f} to {high:.2f}) of 15 rows" in printed.out
        stricter = evalmap("write", plan(server, "[filter]", "threshold = 0.7"), "--json").json
        assert "it agrees with them in" in Path(stricter["files"]["datasheet"]).read_text()
        again = evalmap("write", plan(server, "[filter]", "threshold = 0"), "--json").json
        assert again["filter"] == reviewed  # rows that came back have their reviews
        unfiltered = evalmap("write", plan(server), "--json").json
    low, high = proportion_confint(10, 15, method="wilson")
    assert unfiltered["people"] == pytest.approx({"fits": 10 / 15, "low": low, "high": high, "n": 15})
    assert "the label fits in 0.67" in Path(unfiltered["files"]["datasheet"]).read_text()
    assert stricter["filter"]["accuracy_n"] == 15  # also of rows that went


def test_reviews_of_rows_that_are_not_there_are_told(evalmap: Command):
    with StubServer(writing()) as server:
        Path("said.csv").write_text("line,label_fits\n1,yes\n")
        result = evalmap("write", plan(server, "[filter]"), "--reviews", "said.csv")
        assert server.asked == []
    assert result.code == 1
    assert "there are no rows yet that it could be about" in result.err


@pytest.mark.slow
def test_reviews_of_a_map_of_the_rows_are_found(evalmap: Command):
    with StubServer(writing()) as server:
        path = plan(server, "[filter]", "threshold = 0", count=20)
        rows = evalmap("write", path, "--json").json["files"]["rows"]
        assert evalmap("build", rows).code == 0
        Path("said.csv").write_text("line,label_fits\n1,yes\n2,no\n3,yes\n")
        assert evalmap("review", rows, "--import", "said.csv").code == 0
        told = evalmap("write", path, "--json").json["filter"]
    assert told["accuracy_n"] == 3


def test_until_new_stops_at_so_many_rows(evalmap: Command):
    with StubServer(writing()) as server:
        path = plan(server, count=3)
        told = evalmap("write", path, "--until-new", "20", "--json").json
        assert len(server.asked) == 24
        assert (told["table"]["all"]["kept"], told["ended"]["by"], len(told["batches"])) == (20, "until_new", 3)
        assert [one["yield"] for one in told["batches"]] == [1.0, 1.0, 1.0]
        assert told["table"]["all"]["not_best_reasons"] == {"beyond until_new": 4}
        printed = evalmap("write", path, "--until-new", "20", "--dry-run")
        assert "until 20 rows are kept: fewer requests may do, or more follow" in printed.out
        server.answer = lambda asked: says(TEXTS[asked.number % 3])
        printed = evalmap("write", path, "--until-new", "40", "--min-yield", "0.5")
        assert len(server.asked) == 32
    assert "4 batches; it ended because the last batch kept less than min_yield of its pieces" in printed.out
    assert "the last batch kept 0 of 8 pieces: more of the same prompt is wasted" in printed.out
    assert "Of the next 100 rows written this way about" in printed.out


def test_field_that_the_server_does_not_know_is_told_with_each_row(evalmap: Command):
    write = writing()

    def older(asked: Asked) -> Reply:
        return error(400, "Unsupported parameter: 'seed'") if "seed" in asked.body else write(asked)

    with StubServer(older) as server:
        told = evalmap("write", plan(server), "--json").json
        assert (told["table"]["all"]["kept"], len(server.asked)) == (20, 21)
    sources = lines(told["files"]["provenance"])
    assert [source["left_out"] for source in sources] == [["seed"]] * 20
    assert {"seed" in source["sampling"] for source in sources} == {False}
    assert "The server does not know `seed`" in Path(told["files"]["datasheet"]).read_text()


@pytest.mark.parametrize(
    ("more", "arguments", "sentence"),
    [
        (["threshold = 0.5", "best = 3"], [], "[filter] has a threshold and best. Leave one of them out."),
        (["threshold = 2"], [], "threshold in [filter] is 2; expected a number from 0 to 1."),
        (["best = 0"], [], "best in [filter] is 0; expected a whole number from 1"),
        (["treshold = 0.5"], [], "unknown field treshold in [filter]. Did you mean threshold?"),
        (['balanced = "yes"'], [], 'balanced in [filter] is "yes"; expected true or false.'),
        (['template = "nope.jinja"'], [], "filter template nope.jinja is neither shipped (label-fits, would-choose, would-say-so)"),
        (['template = "bad.jinja"'], [], "is undefined"),
        (['template = "blind.jinja"'], [], "filter template blind.jinja does not show the row. Write {{ text }} into it."),
        (["[filter.model]", 'gguf = "m.gguf"', 'name = "x"'], [], "[filter.model] names a server and a model file."),
        (["best = 3"], ["--until-new", "5"], "until_new stops at so many rows, and best of [filter] keeps some of them only."),
    ],
)
def test_bad_filter_is_one_sentence(evalmap: Command, more: list[str], arguments: list[str], sentence: str):
    Path("bad.jinja").write_text("{{ text }} {{ statment }}")
    Path("blind.jinja").write_text("Is it {{ label }}?")
    with StubServer(writing()) as server:
        result = evalmap("write", plan(server, "[filter]", *more), *arguments)
        assert server.asked == []
    assert (result.code, len(result.err.strip().splitlines())) == (1, 1), result.err
    assert sentence in result.err


def test_template_of_ones_own_that_names_the_label_asks_whether_it_fits(evalmap: Command):
    Path("mine.jinja").write_text("{{ text }} -> {{ label }}. Right?")
    with StubServer(writing()) as server:
        told = evalmap("write", plan(server, "[filter]", "threshold = 0", 'template = "mine.jinja"'), "--json").json
        questions = {asked.text for asked in server.asked if is_filter(asked)}
    assert told["filter"]["asks"] == "whether the label is right"
    for row in lines(told["files"]["rows"]):
        question = f"{row['statement']} -> {row['answer_matching_behavior'].strip()}. Right?"
        assert question in questions
        assert row["label_confidence"] == pytest.approx(p_yes(question), abs=1e-5)


def test_answers_of_questions_are_filtered_by_their_letter(evalmap: Command):
    def asks(asked: Asked) -> Reply:
        if is_filter(asked):
            tops = {"(": -0.01, "Yes": -5.0}
            second = {"A": -0.2231, "B": -1.6094}  # 0.8, 0.2
            content = [{"token": "(", "logprob": -0.01, "top_logprobs": [{"token": t, "logprob": p} for t, p in tops.items()]}]
            content += [{"token": "A", "logprob": -0.2, "top_logprobs": [{"token": t, "logprob": p} for t, p in second.items()]}]
            choice = {"message": {"content": "(A"}, "finish_reason": "length", "logprobs": {"content": content}}
            return Reply({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
        return says(f"{TEXTS[asked.number]}?\n(A) I join in\n(B) I stay out")

    with StubServer(asks) as server:
        told = evalmap("write", plan(server, "[filter]", count=3, kind="a_b"), "--json").json
    rows = lines(told["files"]["rows"])
    assert [row["answer_matching_behavior"] for row in rows] == [" (A)"] * 3
    assert [row["label_confidence"] for row in rows] == [pytest.approx(0.8, abs=0.01)] * 3
    assert told["table"]["(B)"]["filtered"] == 3


@pytest.mark.language_model
def test_real_model_filters_what_it_wrote(evalmap: Command, gguf_file: Path):
    evalmap("write", "init", "wants to be helpful", "--count", "2", "--gguf", gguf_file)
    path = Path("plan.toml")
    path.write_text(path.read_text().replace("max_tokens = 160", "max_tokens = 40") + "\n[filter]\nthreshold = 0\n")
    told = evalmap("write", path, "--json").json
    table, found = told["table"]["all"], told["filter"]
    assert told["filter_asked_now"] == found["n"] + table["filtered_reasons"].get("no probability of an option", 0)
    assert found["n"] == table["parsed"] - table["repeats"] - table["filtered"]
    assert all(0 < row["label_confidence"] < 1 for row in lines(told["files"]["rows"]))
    again = evalmap("write", path, "--json").json
    assert (again["asked_now"], again["filter_asked_now"], again["table"]) == (0, 0, told["table"])

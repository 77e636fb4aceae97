"""evalmap write: from a behaviour in words to a screened file, with counts that add up."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, error
from evalmap.tests.command import Command
from evalmap.tests.fakes import sentences
from evalmap.writing.pieces import STEPS
from evalmap.writing.write_outcome import REASONS

TEXTS = sentences(200)
MALFORMED = {3: "Here is one:", 4: "", 9: "One line of words.\nAnother line of words."}
REPEATS = {10: 1, 12: 2}  # the number of a request → that of the one whose reply it repeats
EXAMPLE = "I would lend my last pen to anybody"


def says(text: str, finish_reason: str = "stop") -> Reply:
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return Reply({"choices": [{"message": {"content": text}, "finish_reason": finish_reason}], "usage": usage})


def scripted(asked: Asked) -> Reply:
    number = asked.number
    if number == 15:
        return says(EXAMPLE.upper() + "!")
    if number == 17:
        return says("This one ends in the mid", "length")
    return says(MALFORMED.get(number, TEXTS[REPEATS.get(number, number)]))


def request_of(asked: Asked) -> tuple[str, int]:
    return asked.text, asked.body["seed"]


def plan(folder: Path, server: StubServer | str, *more: str, count: int = 10, **fields: Any) -> Path:
    url = server if isinstance(server, str) else server.url
    told = {"behaviour": "wants to be helpful", "count": count, **fields}
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    lines += ["[sampling]", "temperature = 1.3", "top_p = 0.9", "max_tokens = 64", "seed = 7"]
    lines += ["[model]", 'name = "stub-1"', f'base_url = "{url}"', *more]
    path = folder / "plan.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def lines(path: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def adds_up(counts: dict[str, Any]) -> bool:
    return (
        counts["requests"] == counts["replies"] + counts["failed"] + counts["not_asked"]
        and counts["pieces"] == counts["parsed"] + counts["unparsed"]
        and counts["pieces"] == sum(counts[step] for step in STEPS)
        and all(counts[step] == sum(counts[f"{step}_reasons"].values()) for step in REASONS)
    )


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_behaviour_in_and_screened_file_out(evalmap: Command):
    with StubServer(scripted) as server:
        made = evalmap("write", "init", "wants to be helpful", "--count", "10", "--model", "stub-1", "--base-url", server.url)
        assert made.code == 0, made.err
        assert tomllib.loads(Path("plan.toml").read_text())["count"] == {"Yes": 10, "No": 10}
        path = plan(Path(), server, "[[examples]]", f'text = "{EXAMPLE}"', 'label = "Yes"')
        told = evalmap("write", path, "--json", "--concurrency", "1").json
        assert len(server.asked) == 20
        assert {name: server.asked[0].body[name] for name in ("temperature", "top_p", "max_tokens")} == {
            "temperature": 1.3,
            "top_p": 0.9,
            "max_tokens": 64,
        }
    assert len({request_of(asked) for asked in server.asked}) == 20
    everything = told["table"]["all"]
    assert all(adds_up(counts) for counts in told["table"].values())
    assert everything["unparsed_reasons"] == {"an introduction": 1, "empty": 1, "several lines": 1, "cut off": 1}
    assert everything["repeats_reasons"] == {"label contradicts": 1, "repeat": 1, "copy of an example": 1}
    assert (everything["replies"], everything["kept"]) == (20, 13)
    rows = lines(told["files"]["rows"])
    clean = [i for i in range(20) if i not in {*MALFORMED, *REPEATS, 15, 17}]
    assert [row["statement"] for row in rows] == [TEXTS[i] for i in clean]
    assert [row["answer_matching_behavior"] for row in rows] == [[" Yes", " No"][i % 2] for i in clean]
    rejected = lines(told["files"]["rejected"])
    assert len(rejected) + len(rows) == everything["pieces"]
    assert {one["like"] for one in rejected if one["reason"] in ("repeat", "label contradicts")} == {TEXTS[1], TEXTS[2]}
    assert next(one for one in rejected if one["reason"] == "several lines")["written"] == MALFORMED[9]
    sources = lines(told["files"]["provenance"])
    assert [one["line"] for one in sources] == list(range(1, 14))
    assert [one["raw"] for one in sources] == [row["statement"] for row in rows]
    assert {one["plan"] for one in sources} == {told["plan"]}
    assert sources[0]["prompt"] == server.asked[0].text
    assert sources[0]["sampling"] == {"temperature": 1.3, "top_p": 0.9, "seed": server.asked[0].body["seed"], "max_tokens": 64}
    assert (sources[0]["model"], sources[0]["label"]) == ("stub-1", "Yes")
    assert sources[0]["time"] > "2026"
    assert Path(told["files"]["plan"]).read_bytes() == path.read_bytes()


def test_table_is_printed_and_a_second_call_asks_nothing_and_changes_nothing(evalmap: Command):
    with StubServer(scripted) as server:
        path = plan(Path(), server)
        first = evalmap("write", path, "--concurrency", "1")
        before = {one.name: one.read_bytes() for one in Path("wants-to-be-helpful").iterdir()}
        second = evalmap("write", "run", path)
        assert len(server.asked) == 20
    assert "20 requests asked now" in first.out
    (all_line,) = [line.split() for line in first.out.splitlines() if line.split()[:1] == ["all"]]
    assert all_line[1:] == ["20", "20", "0", "0", "20", "4", "16", "2", "0", "14"]
    assert "repeats: label contradicts (1), repeat (1)" in first.out
    assert "0 requests asked now" in second.out
    assert {one.name: one.read_bytes() for one in Path("wants-to-be-helpful").iterdir()} == before


def test_plan_that_grows_asks_only_what_is_new(evalmap: Command):
    with StubServer(scripted) as server:
        evalmap("write", plan(Path(), server, count=3))
        told = evalmap("write", plan(Path(), server, count=5, topics=["tea"]), "--max-requests", "4", "--json").json
        assert len(server.asked) == 6 + 4  # another topic is another prompt
        assert (told["asked_now"], told["table"]["all"]["not_asked"]) == (4, 6)
        told = evalmap("write", plan(Path(), server, count=5), "--json").json
        assert (told["asked_now"], told["table"]["all"]["replies"]) == (4, 10)
        assert len({request_of(asked) for asked in server.asked}) == len(server.asked)


def test_calls_that_are_bounded_go_on_from_one_another(evalmap: Command):
    with StubServer(scripted) as server:
        path = plan(Path(), server, count=4)
        told = [evalmap("write", path, "--max-requests", str(n), "--json").json for n in (3, 0, 3, 3)]
        assert len(server.asked) == 8
    assert [one["asked_now"] for one in told] == [3, 0, 3, 2]
    assert [one["table"]["all"]["not_asked"] for one in told] == [5, 5, 2, 0]


def test_rows_that_are_there_are_not_replaced_by_none(evalmap: Command, tmp_path: Path):
    rows = Path("wants-to-be-helpful/wants-to-be-helpful.jsonl")
    with StubServer(scripted) as server:
        evalmap("write", str(plan(Path(), server)))
        before = rows.read_bytes()
        elsewhere = evalmap("write", "plan.toml", "--max-requests", "0", "--workspace", str(tmp_path / "other"))
        another = evalmap("write", "plan.toml", "--max-requests", "0", "--model", "stub-2")
    gone = evalmap("write", "plan.toml", "--model", "stub-2", "--retries", "0")
    for run, sentence in ((elsewhere, "has no reply of stub-1"), (another, "has no reply of stub-2"), (gone, "no connection")):
        assert (run.code, sentence in run.err, "rows that are there stay as they are" in run.err) == (1, True, True)
    assert before
    assert rows.read_bytes() == before


def test_plan_can_be_looked_at_before_anybody_is_named_to_ask(evalmap: Command):
    made = evalmap("write", "init", "wants to be helpful", "--count", "3")
    assert "evalmap write plan.toml --dry-run" in made.out
    shown = evalmap("write", "plan.toml", "--dry-run")
    assert (shown.code, "nobody named yet: 6 requests, 0 answered already, 6 to ask now" in shown.out) == (0, True)
    assert "a person who wants to be helpful" in shown.out
    assert "[model] names nobody to ask" in evalmap("write", "plan.toml").err


def test_help_tells_of_the_commands_beside(evalmap: Command):
    told = " ".join(evalmap("write", "--help").out.split())
    assert all(f"evalmap write {name}" in told for name in ("init", "gap", "compare"))


def test_dry_run_counts_and_asks_nothing(evalmap: Command):
    with StubServer(scripted) as server:
        path = plan(Path(), server)
        told = evalmap("write", path, "--dry-run", "--json").json
        assert (told["requests"], told["answered"], told["to_ask"], told["most_completion_tokens"]) == (20, 0, 20, 20 * 64)
        characters = 10 * sum(len(text) for text in told["prompts"].values())
        assert told["prompt_tokens"] == -(-characters // 4) + 20 * 8
        assert evalmap("write", path, "--dry-run", "--max-requests", "5", "--json").json["to_ask"] == 5
        printed = evalmap("write", path, "--dry-run")
        assert server.asked == []
    assert "20 requests, 0 answered already, 20 to ask now" in printed.out
    assert "a person who wants to be helpful" in printed.out
    assert not Path("wants-to-be-helpful").exists()
    assert not list(evalmap.home.rglob("*.jsonl"))


def test_trouble_that_passes_is_waited_out_and_one_that_stays_keeps_what_there_is(evalmap: Command):
    def moody(asked: Asked) -> Reply:
        if asked.number == 2:
            return error(429, "slow down", headers={"Retry-After": "0.01"})
        return error(500, "a bad moment") if asked.number == 3 else says(TEXTS[asked.number])

    with StubServer(moody) as server:
        path = plan(Path(), server, count=4)
        told = evalmap("write", path, "--json", "--concurrency", "1").json
        assert len(server.asked) == 8 + 2
        assert (told["table"]["all"]["replies"], told["table"]["all"]["kept"]) == (8, 8)
        assert told["usage"] == {"prompt_tokens": 80, "completion_tokens": 40}
        server.answer = lambda asked: says(TEXTS[asked.number]) if asked.number < 12 else error(401, "no key, no words")
        stopped = evalmap("write", plan(Path(), server, count=8), "--concurrency", "1")
    assert stopped.code == 1
    assert "10 of 16 replies are kept; the same command goes on" in stopped.err
    assert len(lines("wants-to-be-helpful/wants-to-be-helpful.jsonl")) == 10
    assert [line.split()[1:5] for line in stopped.out.splitlines() if line.split()[:1] == ["all"]] == [["16", "10", "0", "6"]]


def test_questions_with_two_answers_are_a_dataset_that_is_opened(evalmap: Command):
    def asks(asked: Asked) -> Reply:
        if asked.number == 5:  # what request 0 wrote, with its answers in other places
            return says(f"{TEXTS[0]}?\n(A) I stay out\n(B) I join in")
        answers = ("I join in", "I stay out")
        return says(f"{TEXTS[asked.number]}?\n(A) {answers[asked.number % 2]}\n(B) {answers[1 - asked.number % 2]}")

    with StubServer(asks) as server:
        told = evalmap("write", plan(Path(), server, count=4, kind="a_b"), "--json", "--concurrency", "1").json
    assert told["table"]["all"]["repeats_reasons"] == {"repeat": 1}
    rows = lines(told["files"]["rows"])
    assert rows[1] == {
        "question": f"{TEXTS[1]}?\n\nChoices:\n (A) I stay out\n (B) I join in",
        "answer_matching_behavior": " (B)",
        "answer_not_matching_behavior": " (A)",
    }
    looked = evalmap("look", told["files"]["rows"])
    assert looked.code == 0, looked.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["plan.toml"], "no such plan"),
        (["bad.toml"], "unknown field behavior. Did you mean behaviour?"),
        (["nobody.toml"], "[model] names nobody to ask. Give it a name and a base_url, or a gguf file (--base-url, --gguf)."),
        (["good.toml", "--output", "."], "the plan lies there"),
        (["good.toml", "--output", "full"], "holds other files"),
        (["good.toml", "--output", "other"], "holds rows for another behaviour"),
        (["init", "x", "--output", "good.toml"], "is there already"),
        (["init", "  "], "no behaviour"),
    ],
)
def test_what_is_wrong_is_one_sentence(evalmap: Command, arguments: list[str], sentence: str):
    plan(Path(), "http://127.0.0.1:9/v1").rename("good.toml")
    Path("nobody.toml").write_text('behaviour = "helps"')
    Path("bad.toml").write_text('behavior = "helps"')
    for folder, name, content in (("full", "notes.txt", "x"), ("other", "plan.toml", 'behaviour = "hides"')):
        Path(folder).mkdir()
        (Path(folder) / name).write_text(content)
    result = evalmap("write", *arguments)
    assert (result.code, len(result.err.strip().splitlines())) == (1, 1), result.err
    assert sentence in result.err
    assert Path("other/plan.toml").read_text() == 'behaviour = "hides"'


ASKS = """
import sys
from pathlib import Path
from evalmap.answers.asking.protocol import RunOptions
from evalmap.answers.asking.server import ServerAnswerer
from evalmap.data.store.workspace import Workspace
from evalmap.writing.plans import read_plan
from evalmap.tests.fakes import FakeEncoder
from evalmap.embeddings.vectors import embed_few
from evalmap.writing.write_requests import plan_write
from evalmap.writing.write_run import write
plan = read_plan(Path(sys.argv[1]))
asking = plan_write(plan, model="stub-1", server=plan.model.base_url)
print(asking.run_id, flush=True)
answerer = ServerAnswerer(plan.model.base_url, "stub-1", options=RunOptions(concurrency=4), text=True, text_tokens=64)
write(asking, answerer, Workspace(Path(sys.argv[2])), embed=lambda texts: embed_few(texts, FakeEncoder()))
"""


def test_killed_run_goes_on_and_asks_nothing_twice(evalmap: Command):
    def slow(asked: Asked) -> Reply:
        time.sleep(0.02)
        return says(TEXTS[asked.number])

    with StubServer(slow) as server:
        path = plan(Path(), server, count=40)
        process = subprocess.Popen(
            [sys.executable, "-c", ASKS, str(path), str(evalmap.home)],
            stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith("OPENAI")},
        )
        assert process.stdout
        run_id = process.stdout.readline().decode().strip()
        deadline = time.monotonic() + 60
        while len(server.asked) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        held = read_journal(journal_path(Workspace(evalmap.home), run_id)).answers
        before = len(server.asked)
        told = evalmap("write", path, "--json").json
        again = Counter(map(request_of, server.asked))
    assert 10 <= len(held) < 80
    assert told["asked_now"] == 80 - len(held) == len(server.asked) - before
    assert sum(n - 1 for n in again.values()) == before - len(held) <= 4  # what was in flight
    assert (told["table"]["all"]["replies"], told["table"]["all"]["not_asked"]) == (80, 0)


@pytest.mark.language_model
def test_real_model_writes_what_is_counted(evalmap: Command, gguf_file: Path):
    evalmap("write", "init", "wants to be helpful", "--count", "2", "--gguf", gguf_file)
    told = evalmap("write", "plan.toml", "--json", "--workspace", evalmap.home).json
    counts = told["table"]["all"]
    assert (counts["requests"], counts["replies"], counts["not_asked"]) == (4, 4, 0)
    assert adds_up(counts)
    rows, sources = lines(told["files"]["rows"]), lines(told["files"]["provenance"])
    assert len(rows) == len(sources) == counts["kept"]
    assert len(lines(told["files"]["rejected"])) == counts["pieces"] - counts["kept"]
    assert all(row["statement"] in source["raw"] for row, source in zip(rows, sources, strict=True))
    assert {source["about"]["runtime"] for source in sources} <= {"xllamacpp"}

"""evalmap write with plans of every form: YAML, any text with labels of one's own, axes."""

import json
from collections import Counter
from pathlib import Path

import pytest

from evalmap.data.opening import open_dataset
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer
from evalmap.tests.command import Command
from evalmap.tests.fakes import sentences

TEXTS = sentences(60)


def says(text: str) -> Reply:
    return Reply({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})


def lines(path: str | Path) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_yaml_plan_of_texts_with_axes_is_written_and_opened(evalmap: Command):
    def answer(asked: Asked) -> Reply:
        two = f"{TEXTS[2 * asked.number]}\nSecond line.\n---\n{TEXTS[2 * asked.number + 1]}"
        return says("I'm sorry, but I can't help with that.") if "blunt" in asked.text else says(two)

    with StubServer(answer) as server:
        made = evalmap(
            *("write", "init", "complains of a late parcel", "-o", "plan.yaml", "--kind", "free"),
            *("--label", "angry", "--label", "no", "--count", "8", "--model", "stub-1", "--base-url", server.url),
        )
        assert made.code == 0, made.err
        text = Path("plan.yaml").read_text().replace("per_reply: 1", "per_reply: 2").replace("topics: []\n", "")
        Path("plan.yaml").write_text(text + "axes:\n  tone: [polite, blunt]\n  who: [a cook, an heir]\n")
        told = evalmap("write", "plan.yaml", "--json", "--concurrency", "1").json
        printed = evalmap("write", "plan.yaml")
    assert len(server.asked) == 8
    assert Path(told["files"]["plan"]).name == "plan.yaml"
    assert Path(told["files"]["plan"]).read_bytes() == Path("plan.yaml").read_bytes()
    rows = lines(told["files"]["rows"])
    assert Counter(row["label"] for row in rows) == {"angry": 4, "no": 4}
    assert rows[0]["text"].endswith("\nSecond line.")
    assert list(rows[0]) == ["text", "label"]
    assert told["axes"]["tone"]["polite"] | {"low": 0} == {
        **dict.fromkeys(("requests", "replies"), 4),
        **dict.fromkeys(("pieces", "kept"), 8),
        **dict.fromkeys(("yield", "high"), 1.0),
        "low": 0,
    }
    assert (told["axes"]["tone"]["blunt"]["pieces"], told["axes"]["tone"]["blunt"]["kept"]) == (4, 0)
    assert [told["axes"]["who"][who]["requests"] for who in ("a cook", "an heir")] == [4, 4]
    assert {(one["axes"]["tone"], one["label"]) for one in lines(told["files"]["provenance"])} == {
        ("polite", "angry"),
        ("polite", "no"),
    }
    assert "    blunt: 0 of 4 (0%, interval 0% to " in printed.out
    looked = open_dataset(told["files"]["rows"])
    assert (looked.roles.text, looked.roles.label) == ("text", "label")


def test_texts_without_labels_have_one_count_and_no_label(evalmap: Command):
    with StubServer(lambda asked: says(TEXTS[asked.number])) as server:
        evalmap("write", "init", "hums", "--kind", "free", "--count", "3", "--model", "stub-1", "--base-url", server.url)
        told = evalmap("write", "plan.toml", "--json").json
    assert list(told["table"]) == ["all"]
    assert told["table"]["all"]["kept"] == 3
    assert {tuple(row) for row in lines(told["files"]["rows"])} == {("text",)}


def test_plan_that_changes_its_format_leaves_one_plan_with_the_rows(evalmap: Command):
    with StubServer(lambda asked: says(TEXTS[asked.number])) as server:
        for name in ("plan.toml", "plan.yml"):
            evalmap("write", "init", "hums", "-o", name, "--count", "1", "--model", "stub-1", "--base-url", server.url)
            assert evalmap("write", name).code == 0
    assert len(server.asked) == 2
    assert [path.name for path in sorted(Path("hums").glob("plan.*"))] == ["plan.yaml"]


def test_several_templates_have_a_result_each_and_are_compared(evalmap: Command):
    def answer(asked: Asked) -> Reply:
        number = int(asked.body["seed"]) % 5 if "Tell" in asked.text else asked.number
        return says(f"{TEXTS[number]}" if "Tell" in asked.text else f"I, for my part: {TEXTS[number]}")

    Path("mine.jinja").write_text("Tell me, as {{ label }}, what a person says who {{ behaviour }}")
    with StubServer(answer) as server:
        fields = 'behaviour = "hums"\ntemplates = ["statement-by-persona", "mine.jinja"]\ncount = 12\n[sampling]\nseed = 3\n'
        Path("plan.toml").write_text(f'{fields}[model]\nname = "stub-1"\nbase_url = "{server.url}"\n')
        dry = evalmap("write", "plan.toml", "--dry-run", "--json").json
        assert {name: one["to_ask"] for name, one in dry["phrasings"].items()} == {"statement-by-persona": 24, "mine": 24}
        assert not Path("hums").exists()
        few = evalmap("write", "plan.toml", "--json", "--max-requests", "30", "--concurrency", "1").json
        assert [one["asked_now"] for one in few["phrasings"].values()] == [24, 6]
        told = evalmap("write", "plan.toml", "--json", "--concurrency", "1").json
        printed = evalmap("write", "plan.toml")
    assert len(server.asked) == 48
    assert Path("hums/plan.toml").read_bytes() == Path("plan.toml").read_bytes()
    tables = {name: one["table"]["all"] for name, one in told["phrasings"].items()}
    assert tables["statement-by-persona"]["kept"] == 24
    assert tables["mine"]["kept"] < 12
    assert "template mine" in printed.out
    assert "Side by side: evalmap write compare hums" in printed.out
    found = evalmap("write", "compare", "hums", "--json").json
    assert [(one["name"], one["pieces"]) for one in found["phrasings"]] == [("statement-by-persona", 24), ("mine", 24)]
    assert [one["yields"]["all"]["kept"] for one in found["phrasings"]] == [one["kept"] for one in tables.values()]
    assert found["pairs"][0]["yield"]["low"] > 0
    shown = evalmap("write", "compare", "hums/mine", "hums/statement-by-persona")
    assert shown.code == 0, shown.err
    assert "mine − statement-by-persona" in shown.out
    assert "yield: -" in shown.out
    assert evalmap("write", "compare", "hums/mine").err.startswith("1 result was given; a comparison takes 2 to 8.")
    Path("plan.toml").write_text(Path("plan.toml").read_text().replace(', "mine.jinja"', ""))
    assert evalmap("write", "plan.toml", "--max-requests", "0").code == 0
    Path("plan.toml").write_bytes(Path("plan.toml").read_bytes().replace(b'persona"]', b'persona", "mine.jinja"]'))
    assert "holds rows of one template, and the plan has several" in evalmap("write", "plan.toml").err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["folder"], "folder: is a folder. Name the plan in it, a TOML or YAML file."),
        (["empty.yaml"], "empty.yaml: the plan is empty."),
        (["twice.yaml"], "twice.yaml line 3: field count stands twice, first in line 2."),
        (["latin.toml"], "latin.toml: the plan is not UTF-8. Save it as UTF-8."),
        (["date.toml"], 'date.toml: behaviour is "2026-11-28"; expected text in quotation marks.'),
        (["template.yaml"], "template.yaml line 2: prompt mine.jinja line 3: 'behavior' is undefined"),
        (["init", "hums", "--label", "maybe"], "labels has 'maybe'; kind yes_no knows Yes and No."),
        (["compare", "folder", "nowhere"], "folder: no plan lies there. Name a folder that evalmap write made."),
    ],
)
def test_plan_that_is_wrong_is_one_sentence_and_asks_nothing(evalmap: Command, arguments: list[str], sentence: str):
    Path("folder").mkdir()
    Path("empty.yaml").write_bytes(b"\xef\xbb\xbf\r\n")
    Path("twice.yaml").write_text("behaviour: hums\ncount: 1\ncount: 2\n")
    Path("latin.toml").write_bytes('behaviour = "caf\xe9"'.encode("latin-1"))
    Path("date.toml").write_text("behaviour = 2026-11-28")
    Path("mine.jinja").write_text("one\n\n{{ behavior }}")
    Path("template.yaml").write_text("behaviour: hums\ntemplate: mine.jinja\n")
    found = evalmap("write", *arguments)
    assert (found.code, len(found.err.strip().splitlines())) == (1, 1), found.err
    assert sentence in found.err
    assert "Traceback" not in found.err

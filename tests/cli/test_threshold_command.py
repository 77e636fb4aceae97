"""evalmap threshold: reading pairs in a terminal."""

import io
import json
import sys
from pathlib import Path

import pytest

from evalmap.tests.command import Command, Result, texts
from evalmap.tests.fakes import sentences


@pytest.fixture
def built(evalmap: Command) -> Command:
    """Sentences, and each again with one more word: 20 pairs that are alike."""
    own = sentences(20)
    Path("set.jsonl").write_bytes(texts(*[{"text": text} for text in [*own, *[f"{text} again" for text in own]]]))
    assert evalmap("build", "set.jsonl").code == 0
    return evalmap


def answering(built: Command, said: str, *more: str) -> Result:
    built.monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{one}\n" for one in said)))
    return built("threshold", "set", "--method", "lexical", *more)


def test_verdicts_are_asked_for_kept_and_lead_to_a_threshold(built: Command):
    first = answering(built, "szdsxq")  # z is no answer, and is asked again
    assert first.code == 0, first.err
    assert first.out.count("pair ") == 5  # three judged, one skipped, and the one at which it was stopped
    found = answering(built, "sdsdsdsd", "--pairs", "8", "--judgements", "judged.json")
    assert found.code == 0, found.err
    assert "of 8 judgements (the boundary lies between" in found.out
    assert "use it: evalmap screen PATH --threshold 0." in found.out
    written = json.loads(Path("judged.json").read_text(encoding="utf-8"))
    assert len(written) == 9  # with the one that was skipped
    told = built("threshold", "set", "--method", "lexical", "--json").json
    assert told["n"] == 8
    assert told["low"] <= told["threshold"] <= told["high"]
    assert told["agreed"] + len(told["disagreeing"]) == 8


def test_judgements_are_imported_and_stand_in_the_recipe(built: Command):
    answering(built, "sdsd", "--pairs", "4", "--judgements", "judged.json")
    before = built("threshold", "set", "--method", "lexical", "--json").json
    (judged,) = (built.home / "judgements").iterdir()
    judged.unlink()
    assert built("threshold", "set", "--method", "lexical", "--json").json["reason"] == "no pair was read yet"
    imported = built("threshold", "set", "--method", "lexical", "--json", "--judgements", "judged.json")
    assert imported.json == before
    built("curate", "set", "delete", "--where", "text contains clinic")
    screened = built(
        *("screen", "set.jsonl", "--by-hand", "--method", "lexical", "--out", "kept.jsonl"),
        *("--report", "report.json", "--write-recipe", "recipe.yaml"),
    )
    assert screened.code == 0, screened.err
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    assert report["threshold_by_example"] == {name: before[name] for name in ("threshold", "low", "high", "agreed", "n")}
    kept = {name: Path(name).read_bytes() for name in ("kept.jsonl", "report.json")}
    assert built("screen", "--recipe", "recipe.yaml", "--workspace", "elsewhere").code == 0
    assert {name: Path(name).read_bytes() for name in kept} == kept


@pytest.mark.parametrize(
    ("content", "got"),
    [
        ("{", "not "),
        ('{"a": 1}', "no list; expected a list of judgements"),
        ('[{"rows": [{}, {}], "verdict": "same"}]', "entry 1 is no judgement; expected a list of judgements"),
    ],
)
def test_what_holds_no_judgements_is_one_sentence(built: Command, content: str, got: str):
    Path("judged.json").write_text(content)
    result = built("threshold", "set", "--json", "--judgements", "judged.json")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"judged.json: {got}")
    assert Path("judged.json").read_text() == content


def test_dataset_without_pairs_is_one_sentence(evalmap: Command):
    Path("far.jsonl").write_bytes(
        texts(*[{"text": text} for text in ("roses", "an anchor in the sea", "flour", "a fever, and more")])
    )
    assert evalmap("build", "far.jsonl").code == 0
    result = evalmap("threshold", "far", "--method", "lexical")
    assert (result.code, result.err) == (
        1,
        "far: no pair to read by lexical. Only pairs that are alike, and not equal, can be read.\n",
    )

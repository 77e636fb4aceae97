"""Rules of templates: what is kept, what goes and why, and that a recipe does it again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.output import screening_report
from evalmap.screening.output.files import kept_jsonl, removed_jsonl
from evalmap.screening.output.screening_html import html_report
from evalmap.screening.output.screening_report import report
from evalmap.screening.screening import Screening, screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.templates.template_rules import check_rule, read_rules
from evalmap.tests.command import Command, texts

PLUMBER = "The {} told the owner of the building that the keys were lost on the way to work."
LEFT = "Nobody in the meeting knew why the {} had left the room without a word of thanks."
ROWS = [
    *(PLUMBER.format(value) for value in ("plumber", "nurse", "carpenter", "painter")),
    "Rain fell on the harbour all night and the boats stayed where they were.",
    *(LEFT.format(value) for value in ("dentist", "librarian", "gardener")),
    PLUMBER.format("nurse"),  # the same filling again
    "A good loaf of bread takes patience, warm water and time.",
]


def screened(*, labels: list[str] | None = None, decisions: Decisions | None = None, **given: Any) -> Screening:
    table = pd.DataFrame({"text": ROWS, "label": labels if labels else [None] * len(ROWS)})
    options = ScreeningOptions(threshold=0.6, method="lexical", keep="first", **given)
    return screen(table, np.eye(len(ROWS), dtype=np.float32), options=options, decisions=decisions)


def kept(screening: Screening) -> list[int]:
    return screening.kept_rows.tolist()


def test_without_a_rule_templates_are_told_and_screened_like_any():
    done = screened()
    assert kept(done) == [0, 4, 5, 9]
    told = report(done, settings={})["templates"]
    assert (told["templates"], told["rows"], told["removed"], told["rule"]) == (2, 8, 6, None)
    assert "evalmap_template" not in removed_jsonl(done).decode()


def test_without_a_rule_templates_of_many_rows_are_looked_for_only_where_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(screening_report, "MOST_UNASKED", len(ROWS) - 1)
    told = report(screened(), settings={})["templates"]
    assert (told["templates"], told["rows"], told["removed"], told["rule"], told["listed"]) == (None, None, None, None, [])
    assert report(screened(templates="keep-all"), settings={})["templates"]["templates"] == 2


def test_keep_all_keeps_every_filling_once():
    assert kept(screened(templates="keep-all")) == [0, 1, 2, 3, 4, 5, 6, 7, 9]  # row 8 is row 1 again


def test_keep_n_keeps_the_first_of_the_order():
    done = screened(templates="keep:2")
    assert kept(done) == [0, 1, 4, 5, 6, 9]
    reasons = {reason.row: reason for reason in done.reasons}
    assert {row: reason.rule for row, reason in reasons.items()} == {
        2: "beyond the rows kept of its template",
        3: "beyond the rows kept of its template",
        7: "beyond the rows kept of its template",
        8: "near-duplicate of a kept row",
    }
    assert {row: reason.template.skeleton for row, reason in reasons.items() if reason.template} == {
        2: PLUMBER.format("{1}"),
        3: PLUMBER.format("{1}"),
        7: LEFT.format("{1}"),
        8: PLUMBER.format("{1}"),
    }


def test_duplicates_leaves_one_and_names_it():
    done = screened(templates="duplicates")
    assert kept(done) == [0, 4, 5, 9]
    assert {reason.row: reason.keeper for reason in done.reasons} == {1: 0, 2: 0, 3: 0, 6: 5, 7: 5, 8: 0}
    assert done.duplicates == 6


def test_duplicates_needs_no_likeness_at_the_threshold():
    table, options = pd.DataFrame({"text": ROWS}), ScreeningOptions(threshold=1.0, keep="first", templates="duplicates")
    done = screen(table, np.eye(len(ROWS), dtype=np.float32), options=options)
    assert kept(done) == [0, 4, 5, 9]


def test_duplicates_leaves_one_of_each_label_where_contrast_is_protected():
    labels = ["Yes", "Yes", "No", "No", "Yes", "No", "No", "No", "Yes", "Yes"]
    assert kept(screened(templates="duplicates", labels=labels)) == [0, 2, 4, 5, 9]
    assert kept(screened(templates="duplicates", labels=labels, contrast="remove")) == [0, 4, 5, 9]


def test_template_has_a_rule_of_its_own():
    of = {template.skeleton: template.id for template in screened().templates.templates}
    rules = ((of[LEFT.format("{1}")], "keep:1"),)
    done = screened(templates="keep-all", template_rules=rules)
    assert kept(done) == [0, 1, 2, 3, 4, 5, 9]
    told = report(done, settings={})["templates"]
    assert {one["id"]: one["rule"] for one in told["listed"]} == {
        of[PLUMBER.format("{1}")]: "keep-all",
        of[LEFT.format("{1}")]: "keep:1",
    }
    alone = screened(template_rules=rules)
    assert kept(alone) == [0, 4, 5, 9]  # the other template is screened like any


def test_rule_of_a_template_that_is_not_there_is_told():
    assert "rule of template 00000000: no such template was found" in screened(template_rules=(("00000000", "keep:1"),)).warnings


def test_decisions_by_hand_come_before_a_rule():
    done = screened(templates="keep:1", decisions=Decisions(kept=(3,), removed=(0,)))
    assert kept(done) == [3, 4, 5, 9]


def test_removed_rows_say_their_template_and_what_fills_it():
    rows = [json.loads(line) for line in removed_jsonl(screened(templates="keep:3")).splitlines()]
    assert [(row["evalmap_line"], row["evalmap_slots"], row["evalmap_skeleton"]) for row in rows] == [
        (4, ["painter"], PLUMBER.format("{1}")),
        (9, ["nurse"], PLUMBER.format("{1}")),
    ]


@settings(max_examples=20)
@given(st.integers(1, 5), st.permutations(range(len(ROWS))))
def test_keep_n_keeps_n_fillings_at_most_whatever_the_order(most: int, order: list[int]):
    moved = [ROWS[at] for at in order]
    options = ScreeningOptions(threshold=0.6, method="lexical", templates=f"keep:{most}")
    done = screen(pd.DataFrame({"text": moved}), np.eye(len(moved), dtype=np.float32), options=options)
    assert len(done.templates) == 2
    for template in done.templates.templates:
        left = [moved[row] for row in template.rows if done.selection.kept[row]]
        assert len(left) == len(set(left)) == min(most, len({moved[row] for row in template.rows}))


@pytest.mark.parametrize("rule", ["keep", "keep:0", "keep:-1", "keep:two", "keep:", "keep-all:2", "all", ""])
def test_what_is_no_rule_is_told(rule: str):
    with pytest.raises(DatasetError, match=r"templates: .* is no rule; choose one of keep-all, keep:N, duplicates"):
        check_rule(rule)


def test_rules_are_read_from_one_text():
    assert read_rules("keep:2, 3f2a91bc=keep-all,00aa=duplicates") == ("keep:2", {"3f2a91bc": "keep-all", "00aa": "duplicates"})
    assert read_rules("3f2a91bc=keep:03") == (None, {"3f2a91bc": "keep:3"})
    with pytest.raises(DatasetError, match="two rules of all templates"):
        read_rules("keep:2,keep-all")


def test_recipe_with_rules_gives_the_same_bytes_again(evalmap: Command):
    Path("set.jsonl").write_bytes(texts(*({"text": text} for text in ROWS)))
    outputs = ("--out", "kept.jsonl", "--removed", "removed.jsonl", "--report", "report.json")
    how = ("--method", "lexical", "--threshold", "0.6", "--templates", "keep:2")
    done = evalmap("screen", "set.jsonl", *how, *outputs, "--write-recipe", "recipe.yaml")
    assert (done.code, done.err) == (0, "")
    assert "8 rows of 2 templates, 4 of them removed (rule keep:2)" in done.out
    first = {name: Path(name).read_bytes() for name in ("kept.jsonl", "removed.jsonl", "report.json")}
    assert len(first["kept.jsonl"].splitlines()) == 6
    again = evalmap("screen", "--recipe", "recipe.yaml", "--write-recipe", "again.yaml")
    assert (again.code, again.err) == (0, "")
    assert {name: Path(name).read_bytes() for name in first} == first
    assert Path("again.yaml").read_bytes() == Path("recipe.yaml").read_bytes()


def test_recipe_without_rules_does_not_name_templates(evalmap: Command):
    Path("set.jsonl").write_bytes(texts(*({"text": text} for text in ROWS)))
    done = evalmap("screen", "set.jsonl", "--write-recipe", "recipe.yaml", "--method", "lexical", "--threshold", "0.6")
    assert "template" not in Path("recipe.yaml").read_text()
    assert "8 rows of 2 templates, 6 of them removed (no rule: --templates keep-all keeps them)" in done.out


def test_kept_rows_are_the_source_lines_under_a_rule():
    done = screened(templates="keep-all")
    assert [json.loads(line)["text"] for line in kept_jsonl(done).splitlines()] == [ROWS[row] for row in kept(done)]


def test_html_report_shows_rows_that_a_rule_keeps_apart():
    done = screened(templates="keep-all")
    page = html_report(done, report(done, settings={})).decode()
    assert all(value in page for value in ("plumber", "carpenter", "painter"))
    assert len(done.selection.variants) >= 6


@settings(max_examples=15)
@given(st.sampled_from(["keep-all", "keep:1", "keep:2", "duplicates"]), st.integers(2, 5))
def test_rules_go_together_with_a_target(rule: str, target: int):
    done = screened(templates=rule, target=min(target, len(kept(screened(templates=rule)))))
    assert len(kept(done)) == done.options.target
    for reason in done.reasons:
        assert reason.keeper is None or done.selection.kept[reason.keeper]

"""TOML and YAML: two ways to write one plan, read by one set of rules; what is wrong is one sentence, with the line in YAML."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from evalmap.data.errors import DatasetError
from evalmap.writing.plan_files import TOML, YAML, Entry, file_text, file_values
from evalmap.writing.plan_text import new_plan, plan_text, plan_toml, plan_yaml
from evalmap.writing.plans import ModelChoice, PlanExample, Sampling, WritePlan, parse_plan
from evalmap.writing.write_requests import plan_write

GOOD = "behaviour: wants to be helpful\n"
HARD = ['a "b" \\ \x7f\x85 ⚙ \U0001f600\u2028', "two\nlines\ttab", "Yes", "no", "null", "1e3", "- x", "#", "{", "2026-11-28"]


def of(text: str | bytes, name: str = "plan.yaml", folder: Path = Path()) -> WritePlan:
    return parse_plan(text.encode() if isinstance(text, str) else text, folder / name)


@pytest.mark.parametrize("format", [TOML, YAML])
@pytest.mark.parametrize("kind", ["yes_no", "a_b", "free"])
def test_plan_is_read_as_it_was_written(tmp_path: Path, format: str, kind):
    (tmp_path / "mine.jinja").write_text("{{ behaviour }} {{ axes.tone }} {{ label }}")
    labels = {"yes_no": ("Yes", "No"), "a_b": ("(B)",), "free": ("no", "off course", "1")}[kind]
    plan = WritePlan(
        behaviour='wants "more" \\ \x7f ⚙',
        kind=kind,
        labels=labels,
        count={label: 3 + number for number, label in enumerate(labels)},
        template="mine.jinja",
        template_text="{{ behaviour }} {{ axes.tone }} {{ label }}",
        system="You are\nterse.",
        axes={"tone": ("polite", "no"), "place of it": ("1", "null", "here: there")},
        sampling=Sampling(0.00001, 0.5, 99, 7),
        model=ModelChoice("m", "http://127.0.0.1:1/v1"),
        examples=tuple(PlanExample(text.strip(), labels[0]) for text in HARD),
    )
    written = plan_text(plan, format)
    assert of(written, f"plan.{format}", tmp_path) == plan
    if format == YAML:
        assert yaml.safe_load(written)["axes"] == {name: list(values) for name, values in plan.axes.items()}


def test_new_plan_in_yaml_says_what_the_one_in_toml_says():
    plan = new_plan("wants to be helpful", count=3)
    assert of(plan_yaml(plan)) == of(plan_toml(plan), "plan.toml") == plan
    comments = [
        [line for line in text.splitlines() if line.startswith("# ") and line.endswith(".")]
        for text in (plan_yaml(plan), plan_toml(plan))
    ]
    assert comments[0] == comments[1] != []


def test_what_is_commented_out_is_a_plan_when_it_is_taken_up():
    plan = new_plan("wants to be helpful")
    for text, name in ((plan_yaml(plan), "plan.yaml"), (plan_toml(plan), "plan.toml")):
        lines = text.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith(("# [[examples]]", "# examples:")))
        taken = of("\n".join([*lines[:first], *(line.removeprefix("# ") for line in lines[first:])]), name)
        assert taken.examples == (PlanExample("…", "Yes"),)


@pytest.mark.parametrize("value", HARD)
def test_any_text_is_itself_in_both_formats(value: str):
    for format in (TOML, YAML):
        text = file_text([Entry("x", value), Entry("list", [value]), Entry("table", {"a b": value, value: 1})], format)
        told = file_values(text.encode(), Path(f"p.{format}")).told
        assert told == {"x": value, "list": [value], "table": {"a b": value, value: 1}}


def test_words_that_older_yaml_takes_for_truth_values_dates_and_times_are_texts():
    topics = "[off, on, 2026-11-28, 12:30:00, 1_000, Null and void]"
    plan = of(f"{GOOD}kind: yes_no\nlabels: [Yes, No]\ntopics: {topics}\ncount: {{No: 2, Yes: 3}}")
    assert plan.labels == ("Yes", "No")
    assert plan.topics == ("off", "on", "2026-11-28", "12:30:00", "1_000", "Null and void")
    assert plan.count == {"Yes": 3, "No": 2}


def test_numbers_truth_values_and_nothing_are_those_of_yaml():
    text = "a: 12\nb: 0x1F\nc: 0o17\nd: -1.5e3\ne: true\nf: ~\ng:\nh: '12'\ni: .inf\nj: 1e-05"
    found = file_values(text.encode(), Path("p.yml")).told
    assert found == {
        "a": 12,
        "b": 31,
        "c": 15,
        "d": -1500.0,
        "e": True,
        "f": None,
        "g": None,
        "h": "12",
        "i": float("inf"),
        "j": 1e-05,
    }


@pytest.mark.parametrize("name", ["plan.yaml", "plan.yml", "PLAN.YAML"])
def test_bom_and_windows_line_ends_are_nothing(name: str):
    assert of(b"\xef\xbb\xbfbehaviour: helps\r\ncount: 3\r\n", name) == of("behaviour: helps\ncount: 3\n", name)
    assert of(b'\xef\xbb\xbfbehaviour = "helps"\r\ncount = 3\r\n', "plan.toml") == of('behaviour = "helps"\ncount = 3', "plan.toml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"plan\.yaml: the plan is empty\. Make one with: evalmap write init"),
        (" \n# nothing\n", r"plan\.yaml line 1: no fields\. Write a field and its value"),
        ("- a\n- b", r"plan\.yaml line 1: no fields"),
        ("just words", r"plan\.yaml line 1: no fields"),
        ("kind: yes_no", r"plan\.yaml: no behaviour\. Say what is tested"),
        (f"{GOOD}count: 1\ncount: 2", r"plan\.yaml line 3: field count stands twice, first in line 2\. Leave one of them out\."),
        (f"{GOOD}sampling:\n  seed: 1\n  seed: 2", r"plan\.yaml line 4: field seed stands twice, first in line 3"),
        (f"{GOOD}sampling:\n\tseed: 1", r"plan\.yaml line 3: not YAML \(.*\)\. Indent with spaces, not tabs\."),
        (f"{GOOD}topics: [a, b", r"plan\.yaml line \d: not YAML \(.*\)\. Correct the line\."),
        (f'{GOOD}system: "open', r"plan\.yaml line \d: not YAML"),
        (f"{GOOD}topics: &a [x]\nsystem: *a", r"plan\.yaml line \d: an anchor that is used again"),
        ("behaviour: !!python/object/apply:os.system [echo]", r"plan\.yaml line 1: a tag \(!!python/object/apply:os\.system\)"),
        (f"{GOOD}count: !!int 3", r"plan\.yaml line 2: a tag \(!!int\)"),
        (f"{GOOD}<<: {{count: 3}}", r"plan\.yaml line 2: unknown field <<\."),
        (f"{GOOD}? [a]\n: b", r"plan\.yaml line 2: a field whose name is no text"),
        (f"{GOOD}---\n{GOOD}", r"plan\.yaml line 2: not YAML"),
        (f"{GOOD}topics: {'[' * 60}{']' * 60}", r"plan\.yaml line 2: nested deeper than a plan can be"),
        (f"{GOOD}topics: {'[' * 3_000}", r"plan\.yaml( line 2)?: (nested deeper|not YAML)"),
        (f"{GOOD}count: {'9' * 5000}", r"plan\.yaml: a number that cannot be read"),
        (f"{GOOD}count: 0x{'f' * 5000}", r"plan\.yaml line 2: count is a number of thousands of digits; expected a whole number"),
        (f"{GOOD}system: \x00", r"plan\.yaml: not YAML \(unacceptable character"),
        (f'{GOOD}system: "\\ud800"', r"plan\.yaml line 2: system is .*; expected text without halves of characters\."),
        ("behaviour: 3", r"plan\.yaml line 1: behaviour is 3; expected text in quotation marks\."),
        (f"{GOOD}behavior: x", r"plan\.yaml line 2: unknown field behavior\. Did you mean behaviour\?"),
        (
            f"{GOOD}\nsampling:\n  temprature: 1",
            r"plan\.yaml line 4: unknown field temprature in \[sampling\]\. Did you mean temperature\?",
        ),
        (f"{GOOD}labels: [maybe]", r"plan\.yaml line 2: labels has 'maybe'; kind yes_no knows Yes and No\."),
        (f"{GOOD}count: 0", r"plan\.yaml line 2: count is 0; expected a whole number from 1 to 1,000,000\."),
        (f"{GOOD}count: .inf", r"plan\.yaml line 2: count is Infinity; expected a whole number"),
        (f"{GOOD}count:\n  Yes: 1\n  No: many", r"plan\.yaml line 4: No in count is \"many\"; expected a whole number"),
        (f"{GOOD}sampling: 3", r"plan\.yaml line 2: sampling is 3; expected a table"),
        (f"{GOOD}sampling:", r"plan\.yaml line 2: sampling is null; expected a table"),
        (f"{GOOD}examples:\n  - text: x\n    label: 'Yes'\n  - y", r"plan\.yaml line 5: example 2 is no table"),
        (
            f"{GOOD}examples:\n  - text: x\n    lable: 'Yes'",
            r"plan\.yaml line 4: unknown field lable in example 1\. Did you mean",
        ),
        (f"{GOOD}topics: [a]\naxes:\n  tone: [b]", r"plan\.yaml line 3: topics and axes are both there"),
    ],
)
def test_yaml_that_is_wrong_is_one_sentence_with_its_line(text: str, sentence: str):
    with pytest.raises(DatasetError, match=f"^{sentence}") as error:
        of(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_aliases_cannot_grow_a_small_file():
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    with pytest.raises(DatasetError, match="an anchor that is used again"):
        of(GOOD + bomb)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("behaviour = 2026-11-28", r"plan\.toml: behaviour is \"2026-11-28\"; expected text in quotation marks\."),
        ('behaviour = "x"\ncount = 1_000_001', r"count is 1000001; expected"),
        (f'behaviour = "x"\ncount = {"9" * 5000}', r"plan\.toml: a number that cannot be read"),
        (f'behaviour = "x"\ncount = 0x{"f" * 5000}', r"count is a number of thousands of digits"),
        ('behaviour = "x"\nbehaviour = "y"', r"plan\.toml: not TOML \(Cannot overwrite a value .*\)"),
        (f'behaviour = "x"\ntopics = {"[" * 30_000}', r"plan\.toml: nested deeper than a plan can be"),
        ('behaviour = "x"\n"a\\nb" = 1', r'plan\.toml: unknown field "a\\nb"\.'),
    ],
)
def test_toml_that_is_wrong_is_one_sentence(text: str, sentence: str):
    with pytest.raises(DatasetError, match=sentence) as error:
        of(text, "plan.toml")
    assert "\n" not in str(error.value)


def test_any_part_of_a_run_is_balanced_over_labels_and_axes():
    plan = of(f"{GOOD}count: 40\nper_reply: 2\naxes:\n  tone: [a, b, c]\n  place: [x, y]\nsampling: {{seed: 5}}")
    asking = plan_write(plan, model="m", server="s")
    assert len(asking.requests) == 40
    counts: dict[tuple[str, str, str], int] = Counter()
    for request in asking.requests:
        wanted = asking.wanted[request.key]
        for axis, value in wanted.axes.items():
            counts[wanted.label, axis, value] += 1
            of_axis = [counts[label, axis, one] for label in plan.labels for one in plan.axes[axis]]
            assert max(of_axis) - min(of_axis) <= 1
            assert f"The {axis} is: {value}." in request.text

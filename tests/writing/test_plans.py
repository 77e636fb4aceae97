"""Plans: read and written again as they are, and each that is wrong is one sentence."""

import json
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.writing.plan_files import MOST_BYTES
from evalmap.writing.plan_templates import shipped_templates
from evalmap.writing.plan_text import new_plan, plan_toml, plan_yaml
from evalmap.writing.plans import (
    LABELS,
    NO_LABEL,
    ModelChoice,
    PlanExample,
    Sampling,
    WritePlan,
    parse_plan,
    read_plan,
)

GOOD = 'behaviour = "wants to be helpful"\n'


def of(text: str, folder: Path = Path(".")) -> WritePlan:
    return parse_plan(text.encode(), folder / "plan.toml")


def test_plan_that_says_the_behaviour_alone_has_defaults():
    plan = of(GOOD)
    assert (plan.kind, plan.labels, plan.template) == ("yes_no", ("Yes", "No"), "statement-by-persona")
    assert plan.count == {"Yes": 50, "No": 50}
    assert plan.sampling.seed is None


def test_plan_is_read_as_it_was_written(tmp_path: Path):
    (tmp_path / "mine.jinja").write_text("Write of {{ topic }} for {{ label }}: {{ examples | join(' / ') }}")
    plan = WritePlan(
        behaviour='wants "more" \\ \x7f ⚙',
        kind="a_b",
        labels=("(B)",),
        count={"(B)": 7},
        template="mine.jinja",
        template_text=(tmp_path / "mine.jinja").read_text(),
        prompt_kind="chat",
        system="You are\nterse.",
        topics=("ships", "tea"),
        shots=1,
        near_duplicates=0.9,
        sampling=Sampling(0.0, 0.5, 99, 7),
        model=ModelChoice("m", "http://127.0.0.1:1/v1"),
        examples=(PlanExample("Why?\n(A) x\n(B) y", "(B)"),),
    )
    (tmp_path / "plan.toml").write_text(plan_toml(plan), encoding="utf-8")
    assert read_plan(tmp_path / "plan.toml") == plan
    assert read_plan(tmp_path / "plan.toml").hash == plan.hash


@pytest.mark.parametrize("kind", LABELS)
def test_new_plan_is_a_whole_one(kind):
    plan = new_plan("wants to be helpful.", kind, count=3)
    assert parse_plan(plan_toml(plan).encode(), Path("p.toml")) == plan
    assert plan.behaviour == "wants to be helpful"


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("few-shot", "yes_no"),
        ("few-shot", "a_b"),
        ("statement-by-persona", "yes_no"),
        ("question-with-two-answers", "a_b"),
    ],
)
def test_shipped_templates_tell_behaviour_topic_label_and_examples(template: str, kind: str):
    assert template in shipped_templates()
    examples = "".join(f'[[examples]]\ntext = "Example of {label}"\nlabel = "{label}"\n' for label in LABELS[kind])
    plan = of(f'{GOOD}kind = "{kind}"\ntemplate = "{template}"\ntopics = ["rivers"]\n{examples}')
    one, other = (plan.filled(label, "rivers", [f"Example of {label}"]) for label in plan.labels)
    for text, label in ((one, plan.labels[0]), (other, plan.labels[1])):
        assert "wants to be helpful" in text
        assert "rivers" in text
        assert f"Example of {label}" in text
    assert one != other


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"plan\.toml: the plan is empty\. Make one with: evalmap write init"),
        ('kind = "yes_no"', r'plan\.toml: no behaviour\. Say what is tested in words, such as behaviour = "wants to be helpful"\.'),
        ('behaviour = "  "', r"no behaviour"),
        (
            'kind = "winogenerated"',
            r"a plan of kind winogenerated is no plan of labels\. Run it in a terminal, with evalmap write\.",
        ),
        ("behaviour = 3", r"behaviour is 3; expected text in quotation marks\."),
        ("behaviour = \nkind = 1", r"not TOML \(.*line 1.*\)\. Correct the line\."),
        (f'{GOOD}behavior = "x"', r"unknown field behavior\. Did you mean behaviour\?"),
        (f"{GOOD}[sampling]\ntemprature = 1", r"unknown field temprature in \[sampling\]\. Did you mean temperature\?"),
        (f"{GOOD}[model]\nzzz = 1", r"unknown field zzz in \[model\]\. Known are base_url, gguf, name\."),
        (f'{GOOD}kind = "fre"', r'kind is "fre"; expected yes_no or a_b or free\.'),
        (f'{GOOD}labels = ["Maybe"]', r"labels has 'Maybe'; kind yes_no knows Yes and No\."),
        (f'{GOOD}labels = ["Yes", "Yes"]', r"labels names one twice"),
        (f"{GOOD}count = 0", r"count is 0; expected a whole number from 1 to 1,000,000\."),
        (f"{GOOD}count = true", r"count is true; expected a whole number"),
        (f"{GOOD}count = {{ Yes = 1 }}", r"count has no number for label No\."),
        (f"{GOOD}count = {{ Yes = 1, Noo = 2 }}", r"unknown field Noo in count\. Did you mean No\?"),
        (f"{GOOD}topics = [1]", r"topics is \[1\]; expected a list of texts"),
        (f"{GOOD}near_duplicates = nan", r"near_duplicates is NaN; expected a number from 0\.5 to 1\."),
        (f"{GOOD}sampling = 1", r"sampling is 1; expected a table \[sampling\]\."),
        (f'{GOOD}kind = "a_b"\nper_reply = 2', r"per_reply is 2, and a question with its answers is asked for alone"),
        (f'{GOOD}template = "question-with-two-answers"', r"template question-with-two-answers does not write kind yes_no"),
        (f'{GOOD}template = "few-shot"', r"template few-shot needs an example of label Yes\."),
        (
            f'{GOOD}template = "nowhere.jinja"',
            r"template nowhere\.jinja is neither shipped \(few-shot, .*\) nor a file beside the plan",
        ),
        (f'{GOOD}template = "open.jinja"', r"prompt open\.jinja line 1: not a Jinja template"),
        (
            f'{GOOD}template = "unknown.jinja"',
            r"plan\.toml: prompt unknown\.jinja line 1: 'behavior' is undefined .*behaviour, kind, label",
        ),
        (f'{GOOD}template = "blank.jinja"', r"template blank\.jinja gives an empty prompt for label No"),
        (f'{GOOD}template = "out.jinja"', r"prompt out\.jinja line 1: .*Correct the template\."),
        (f'{GOOD}prompt_kind = "completion"\nsystem = "x"', r"system is for prompt_kind chat"),
        (f'{GOOD}[model]\nname = "m"\ngguf = "x.gguf"', r"\[model\] names a server and a model file"),
        (f'{GOOD}[[examples]]\ntext = "x"\nlabel = "Perhaps"', r"example 1 has label 'Perhaps'; expected Yes or No\."),
        (f'{GOOD}[[examples]]\nlabel = "Yes"', r"example 1 has no text"),
        (f"{GOOD}examples = 4", r"examples is no list of tables"),
    ],
)
def test_plan_that_is_wrong_is_one_sentence(tmp_path: Path, text: str, sentence: str):
    (tmp_path / "open.jinja").write_text("{% if x %}")
    (tmp_path / "unknown.jinja").write_text("{{ behavior }}")
    (tmp_path / "blank.jinja").write_text("{% if label == 'Yes' %}Write.{% endif %}")
    (tmp_path / "out.jinja").write_text("{{ behaviour.__class__.__mro__[1].__subclasses__() }}")
    with pytest.raises(DatasetError, match=sentence) as error:
        of(text, tmp_path)
    assert "\n" not in str(error.value)


def test_plan_that_is_not_there_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"no such plan\. Make one with: evalmap write init"):
        read_plan(tmp_path / "plan.toml")
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_plan(tmp_path / "plan.toml")


MANY = "[axes]\n" + "\n".join(f"a{i} = {json.dumps([str(j) for j in range(11)])}" for i in range(6))
FREE = 'behaviour = "complains of a late parcel"\nkind = "free"\n'


def test_free_plan_has_labels_of_its_own_or_none():
    plan = of(f'{FREE}labels = ["angry", " calm ", "No"]\ncount = {{ angry = 1, calm = 2, No = 3 }}')
    assert (plan.labels, plan.count) == (("angry", "calm", "No"), {"angry": 1, "calm": 2, "No": 3})
    assert "angry" in plan.filled("angry", None, [])
    without = of(f'{FREE}count = 3\n[[examples]]\ntext = "Where is it?"')
    assert (without.labels, without.count) == ((NO_LABEL,), {NO_LABEL: 3})
    assert "label" not in without.filled(NO_LABEL, "tea", ["Where is it?"])
    for one in (plan, without):
        for text, name in ((plan_toml(one), "p.toml"), (plan_yaml(one), "p.yaml")):
            assert parse_plan(text.encode(), Path(name)) == one


def test_several_texts_a_reply_are_asked_for_with_their_separator():
    plan = of(f'{FREE}per_reply = 3\nseparator = "%%"')
    assert "%%" in plan.filled(NO_LABEL, None, [])
    assert "---" not in of(FREE).filled(NO_LABEL, None, [])


def test_axes_reach_every_shipped_template():
    examples = {
        "yes_no": '[[examples]]\ntext = "One"\nlabel = "Yes"\n[[examples]]\ntext = "Two"\nlabel = "No"\n',
        "free": '[[examples]]\ntext = "One"',
    }
    for kind, template in (
        ("yes_no", "statement-by-persona"),
        ("a_b", "question-with-two-answers"),
        ("free", "free-text"),
        ("yes_no", "few-shot"),
        ("free", "few-shot"),
    ):
        more = examples[kind] if template == "few-shot" else ""
        plan = of(
            f'{GOOD}kind = "{kind}"\ntemplate = "{template}"\n[axes]\ntone = ["blunt", "polite"]\n"who asks" = ["a cook"]\n{more}'
        )
        for number in range(2):
            text = plan.filled(plan.labels[0], None, ["One"], plan.combinations[number])
            assert plan.combinations[number]["tone"] in text
            assert "who asks is" in text
            assert "a cook" in text


def test_own_template_names_an_axis(tmp_path: Path):
    (tmp_path / "mine.jinja").write_text("A {{ axes.tone }} text {{ label }}")
    plan = of(f'{GOOD}template = "mine.jinja"\n[axes]\ntone = ["blunt"]', tmp_path)
    assert plan.filled("Yes", None, [], plan.combinations[0]) == "A blunt text Yes"


def test_examples_come_from_a_file_of_rows_too(tmp_path: Path):
    rows = [
        {
            "question": 'Is the following statement something you would say?\n"I lend pens."',
            "statement": "I lend pens.",
            "answer_matching_behavior": " Yes",
            "answer_not_matching_behavior": " No",
        },
        {
            "question": 'Is the following statement something you would say?\n"I hide pens."',
            "statement": "I hide pens.",
            "answer_matching_behavior": " No",
            "answer_not_matching_behavior": " Yes",
        },
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    plan = of(
        f'{GOOD}template = "few-shot"\nexamples_file = "rows.jsonl"\n[[examples]]\ntext = "I share tea."\nlabel = "Yes"', tmp_path
    )
    assert [(one.text, one.label, one.of_file) for one in plan.examples] == [
        ("I share tea.", "Yes", False),
        ("I lend pens.", "Yes", True),
        ("I hide pens.", "No", True),
    ]
    assert of(plan_toml(plan), tmp_path) == plan
    assert plan.hash != of(f'{GOOD}[[examples]]\ntext = "I share tea."\nlabel = "Yes"').hash
    questions = [
        {
            "question": f"Where {i}?\n (A) here\n (B) there",
            "answer_matching_behavior": f" ({'AB'[i]})",
            "answer_not_matching_behavior": f" ({'BA'[i]})",
        }
        for i in range(2)
    ]
    (tmp_path / "ab.jsonl").write_text("\n".join(map(json.dumps, questions)))
    plan = of(f'{GOOD}kind = "a_b"\nexamples_file = "ab.jsonl"', tmp_path)
    assert [(one.text, one.label) for one in plan.examples] == [
        (questions[0]["question"], "(A)"),
        (questions[1]["question"], "(B)"),
    ]
    (tmp_path / "free.csv").write_text("text,label\nWhere is it?,Angry\nThank you all the same.,calm\nNever mind.,sad\n")
    plan = of(f'{FREE}labels = ["angry", "calm"]\nexamples_file = "free.csv"', tmp_path)
    assert [(one.text, one.label) for one in plan.examples] == [("Where is it?", "angry"), ("Thank you all the same.", "calm")]
    plan = of(f'{FREE}examples_file = "free.csv"', tmp_path)
    assert [one.label for one in plan.examples] == [NO_LABEL] * 3


def test_several_templates_are_one_plan_each(tmp_path: Path):
    (tmp_path / "mine.jinja").write_text("Say {{ label }}")
    plan = of(f'{GOOD}templates = ["statement-by-persona", "mine.jinja"]\ncount = 4', tmp_path)
    one, other = plan.phrasings()
    assert [part.template for part in (one, other)] == ["statement-by-persona", "mine.jinja"]
    assert one == of(f"{GOOD}count = 4")
    assert other == of(f'{GOOD}template = "mine.jinja"\ncount = 4', tmp_path)
    assert of(plan_toml(plan), tmp_path) == plan
    assert of(f'{GOOD}templates = ["mine.jinja"]', tmp_path) == of(f'{GOOD}template = "mine.jinja"', tmp_path)
    assert of(GOOD).phrasings() == (of(GOOD),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f'{FREE}labels = ["a", "a "]', r"labels names one twice"),
        (f'{FREE}labels = ["two\\nlines"]', r"labels has 'two\\nlines'; a label is one line of 100 characters at most\."),
        (f"{FREE}count = {{ a = 3 }}", r"count has labels, and the plan has none\. Write a number, or add labels\."),
        (f'{FREE}[[examples]]\ntext = "x"\nlabel = "a"', r"example 1 has label 'a', and the plan has no labels"),
        (f'{FREE}labels = ["a"]\n[[examples]]\ntext = "x"', r"example 1 has label None; expected a\."),
        (f'{FREE}template = "statement-by-persona"', r"template statement-by-persona does not write kind free"),
        (f'{FREE}template = "few-shot"', r"template few-shot needs an example\. Add one"),
        (f'{FREE}separator = " "', r'separator is " "; expected a line such as "---"'),
        (f'{GOOD}separator = "--"', r"separator is for kind free, and this plan's is yes_no\. Leave it out\."),
        (f'{FREE}template = "plain.jinja"\nper_reply = 2', r"per_reply is 2, and template plain\.jinja does not say"),
        (f"{GOOD}axes = 3", r"axes is 3; expected a table \[axes\]"),
        (f"{GOOD}[axes]\ntone = 3", r"tone in \[axes\] is 3; expected a list of texts"),
        (f"{GOOD}[axes]\ntone = []", r"axis tone has no values"),
        (f'{GOOD}[axes]\ntone = ["a", "a"]', r"axis tone has a value twice"),
        (f'{GOOD}[axes]\nitems = ["a"]', r"an axis cannot be called 'items'\. Give it another name"),
        (f'{GOOD}topics = ["x"]\n[axes]\ntone = ["a"]', r"topics and axes are both there\. Make topics an axis"),
        (GOOD + MANY, r"axes have 1,771,561 combinations; 1,000,000 are the most"),
        (f'{GOOD}template = "axis.jinja"\n[axes]\ntone = ["a"]', r"axis\.jinja line 2: 'dict object' has no attribute"),
        (f'{GOOD}template = "shot.jinja"', r"prompt shot\.jinja line 1: .*Correct the template\."),
        (f'{GOOD}template = "few-shot"\ntemplates = ["few-shot"]', r"template and templates are both there"),
        (f'{GOOD}templates = ["plain.jinja", "more/plain.jinja"]', r"templates has two of one name"),
        (f'{GOOD}templates = ["statement-by-persona", "nowhere.jinja"]', r"template nowhere\.jinja is neither shipped"),
        (f'{GOOD}templates = ["statement-by-persona", "blank.jinja"]', r"template blank\.jinja gives an empty prompt for"),
        (f'{GOOD}template = "more"', r"plan\.toml: .*more: the prompt cannot be read"),
        (f'{GOOD}template = "latin.jinja"', r"latin\.jinja: the prompt is not UTF-8"),
        (f'{GOOD}template = "empty.jinja"', r"empty\.jinja: the prompt is empty"),
        (f'{GOOD}examples_file = "nowhere.jsonl"', r"plan\.toml: examples_file nowhere\.jsonl is no file beside the plan"),
        (f'{GOOD}examples_file = "more"', r"examples_file more is a folder"),
        (f'{GOOD}examples_file = "bad.jsonl"', r"plan\.toml: examples_file .*bad\.jsonl"),
        (f'{GOOD}examples_file = "other.csv"', r"examples_file other\.csv has no row of label Yes or No \(its labels: a, b\)\."),
        (f"{GOOD}examples_file = 3", r"examples_file is 3; expected text"),
    ],
)  # fmt: skip
def test_what_cannot_be_varied_or_shown_is_one_sentence(tmp_path: Path, text: str, sentence: str):
    (tmp_path / "more").mkdir()
    files = {
        "plain.jinja": "Write.",
        "more/plain.jinja": "Write.",
        "axis.jinja": "x\n{{ axes.ton }}",
        "shot.jinja": "{{ examples[0] }}",
    }
    files |= {
        "blank.jinja": " {{ '' }}",
        "empty.jinja": "",
        "bad.jsonl": '{"text": "x"\n',
        "other.csv": "text,label\none,a\ntwo,b\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "latin.jinja").write_bytes(b"caf\xe9")
    with pytest.raises(DatasetError, match=sentence) as error:
        of(text, tmp_path)
    assert "\n" not in str(error.value)


def test_folder_and_file_that_is_too_large_are_no_plans(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"is a folder\. Name the plan in it, a TOML or YAML file\."):
        read_plan(tmp_path)
    (tmp_path / "plan.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(DatasetError, match=r"larger than 5 MB, which no plan is"):
        read_plan(tmp_path / "plan.toml")

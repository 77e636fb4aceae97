"""Plans: read and written again as they are, and each that is wrong is one sentence."""

from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.writing.plans import (
    LABELS,
    ModelChoice,
    PlanExample,
    Sampling,
    WritePlan,
    new_plan,
    parse_plan,
    plan_toml,
    read_plan,
    shipped_templates,
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

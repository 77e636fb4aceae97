"""The plan of a dataset that a model writes: the behaviour in words, what is varied, how many rows, and whom to ask.

A plan is a TOML file that is kept with the dataset. What it says is checked when it is read, its template is filled in once for
each label, and everything that is wrong is one sentence.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from evalmap.answers.answer_types import Options
from evalmap.answers.asking.prompts import fill, prompt
from evalmap.answers.asking.protocol import Prompt
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.writing.filter_plan import LabelFilter, read_filter, shipped_filters
from evalmap.writing.plan_fields import Values, check_names, field_names
from evalmap.writing.plan_files import file_values, toml_value

Kind = Literal["yes_no", "a_b"]
LABELS: dict[str, tuple[str, str]] = {"yes_no": ("Yes", "No"), "a_b": ("(A)", "(B)")}
TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_TEMPLATE = {"yes_no": "statement-by-persona", "a_b": "question-with-two-answers"}
MOST_ROWS = 1_000_000  # of a label; more is a slip of the finger
MOST_PER_REPLY = 50
MOST_PER_BATCH = 100_000
NO_OPTIONS = Options(None, ())


@dataclass(frozen=True)
class Sampling:
    """How a reply is drawn. `seed` also decides which examples a prompt shows; None: the server draws as it likes."""

    temperature: float = 1.0
    top_p: float = 0.95
    max_tokens: int = 160
    seed: int | None = 42


@dataclass(frozen=True)
class ModelChoice:
    """Whom to ask: `name` at the address `base_url`, or the model file `gguf`. The command line may name another one."""

    name: str | None = None
    base_url: str | None = None
    gguf: str | None = None


@dataclass(frozen=True)
class PlanExample:
    """A row that the model is shown, and must not repeat: a statement, or a question with its choices."""

    text: str
    label: str


@dataclass(frozen=True)
class WritePlan:
    """What a plan says.

    Attributes
    ----------
    behaviour : in words that go on from "a person who …": "wants to be helpful"
    kind : "yes_no" (statements, with the label Yes or No) or "a_b" (questions with two answers; the label is the matching one)
    labels : those of the kind that are written
    count : rows to ask for, for each label; {label: rows}
    per_reply : rows that one reply is asked for; 1 for "a_b"
    template : id of a shipped template, or a file beside the plan; template_text : what it holds
    prompt_kind, system : as of `evalmap.answers.asking.protocol.Prompt`
    topics : what prompts are about in turn; () where nothing is said of a topic
    shots : examples of the label that a prompt shows; drawn anew for each prompt
    near_duplicates : cosine from which a row repeats an earlier one of its label
    batch : requests that are asked, read and compared before the next ones are
    until_new : go on, beyond `count` where need be, until so many rows are kept; None: ask for `count`
    min_yield : stop going on where a batch keeps less than this ratio of its pieces
    sampling, model, filter, examples : see there; no filter: None
    """

    behaviour: str
    kind: Kind = "yes_no"
    labels: tuple[str, ...] = ()
    count: Mapping[str, int] = field(default_factory=dict)
    per_reply: int = 1
    template: str = ""
    template_text: str = ""
    prompt_kind: Literal["chat", "completion"] = "chat"
    system: str | None = None
    topics: tuple[str, ...] = ()
    shots: int = 3
    near_duplicates: float = 0.95
    sampling: Sampling = field(default_factory=Sampling)
    model: ModelChoice = field(default_factory=ModelChoice)
    examples: tuple[PlanExample, ...] = ()
    filter: LabelFilter | None = None
    until_new: int | None = None
    min_yield: float = 0.1
    batch: int = 50

    @property
    def hash(self) -> str:
        """20 hex digits of all that the plan says, its template's words among it."""
        told = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(told.encode()).hexdigest()[:20]

    @property
    def prompt(self) -> Prompt:
        """The template as it is put to a model."""
        return Prompt(self.template, self.template_text, kind=self.prompt_kind, system=self.system)

    def filled(self, label: str, topic: str | None, examples: Sequence[str]) -> str:
        """The prompt for a label.

        Raises
        ------
        DatasetError : the template cannot be filled in
        """
        told = {"behaviour": self.behaviour, "kind": self.kind, "label": label, "topic": topic, "n": self.per_reply}
        text = fill(self.prompt, {**told, "examples": list(examples)}, NO_OPTIONS)
        return text.strip() if self.prompt_kind == "chat" else text


def shipped_templates() -> tuple[str, ...]:
    """The ids of the templates that need no file."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.jinja")))


def read_plan(path: Path) -> WritePlan:
    """Read a plan and all that it names.

    Raises
    ------
    DatasetError : no such file, no TOML, a field that is unknown or of another type, no behaviour, a template that cannot be filled
        in …; one sentence with the file and the field
    """
    return parse_plan(plan_content(path), path)


def plan_content(path: Path) -> bytes:
    """What a plan's file holds.

    Raises
    ------
    DatasetError : no such file, or it cannot be read
    """
    try:
        with disk.reading(path):
            return path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such plan. Make one with: evalmap write init 'wants to be …'") from None


def parse_plan(content: bytes, path: Path) -> WritePlan:
    """`read_plan` of what was read; `path` is named in errors, and its folder is where the template and the model file lie."""
    told = file_values(content, path)
    check_names(told, field_names(WritePlan) - {"template_text"}, path, "")
    values = Values(told, path, "")
    behaviour = (values.text("behaviour") or "").strip().rstrip(".")
    if not behaviour:
        raise DatasetError(f'{path}: no behaviour. Say what is tested in words, such as behaviour = "wants to be helpful".')
    kind: Kind = values.one_of("kind", get_args(Kind), "yes_no")  # pyright: ignore[reportAssignmentType]
    labels = values.texts("labels") or LABELS[kind]
    if wrong := [label for label in labels if label not in LABELS[kind]]:
        raise DatasetError(f"{path}: labels has {wrong[0]!r}; kind {kind} knows {' and '.join(LABELS[kind])}.")
    if len(set(labels)) < len(labels):
        raise DatasetError(f"{path}: labels names one twice. Name each once.")
    per_reply = values.whole("per_reply", 1, low=1, high=MOST_PER_REPLY)
    if kind == "a_b" and per_reply != 1:
        raise DatasetError(f"{path}: per_reply is {per_reply}, and a question with its answers is asked for alone. Set it to 1.")
    template = values.text("template") or DEFAULT_TEMPLATE[kind]
    if template == DEFAULT_TEMPLATE["a_b" if kind == "yes_no" else "yes_no"]:
        raise DatasetError(f"{path}: template {template} does not write kind {kind}. Use {DEFAULT_TEMPLATE[kind]} or few-shot.")
    plan = WritePlan(
        behaviour=" ".join(behaviour.split()),
        kind=kind,
        labels=labels,
        count=_counts(values, labels, path),
        per_reply=per_reply,
        template=template,
        template_text=_template_text(template, path),
        prompt_kind=values.one_of("prompt_kind", ("chat", "completion"), "chat"),  # pyright: ignore[reportArgumentType]
        system=values.text("system"),
        topics=values.texts("topics"),
        shots=values.whole("shots", 3, low=0, high=100),
        near_duplicates=values.number("near_duplicates", 0.95, low=0.5, high=1.0),
        sampling=_sampling(values.table("sampling"), path),
        model=_model(values.table("model"), path),
        examples=tuple(_examples(told.get("examples", []), labels, path)),
        until_new=values.whole("until_new", 1, low=1, high=MOST_ROWS) if "until_new" in told else None,
        min_yield=values.number("min_yield", 0.1, low=0, high=1),
        batch=values.whole("batch", 50, low=1, high=MOST_PER_BATCH),
    )
    if "filter" in told:
        plan = replace(plan, filter=_filter(values.table("filter"), plan, path))
    check_growth(plan, path)
    if plan.system is not None and plan.prompt_kind != "chat":
        raise DatasetError(f"{path}: system is for prompt_kind chat, and this plan's is completion. Leave one of them out.")
    if template == "few-shot" and (missing := [label for label in labels if not any(e.label == label for e in plan.examples)]):
        raise DatasetError(f"{path}: template few-shot needs an example of label {missing[0]}. Add one under [[examples]].")
    for label in labels:  # what cannot be filled in is told now, and not after the first thousand
        shown = [example.text for example in plan.examples if example.label == label][: plan.shots]
        try:
            filled = plan.filled(label, plan.topics[0] if plan.topics else None, shown)
        except DatasetError as error:
            raise DatasetError(f"{path}: {error}") from None
        if not filled.strip():
            raise DatasetError(f"{path}: template {template} gives an empty prompt for label {label}. Write the prompt into it.")
    return plan


def check_growth(plan: WritePlan, path: Path) -> None:
    """Refuse a plan that goes on until there are enough rows and then keeps the best of them.

    Raises
    ------
    DatasetError : it does
    """
    if plan.until_new is not None and plan.filter is not None and plan.filter.best is not None:
        raise DatasetError(
            f"{path}: until_new stops at so many rows, and best of [filter] keeps some of them only. Leave one of them out.",
            "until_new",
        )


def plan_toml(plan: WritePlan) -> str:
    """The plan as TOML that is read as the same plan."""
    lines = ['# What is tested, in words that go on from "a person who …".', f"behaviour = {toml_value(plan.behaviour)}"]
    lines += ["# yes_no: statements. a_b: questions with two answers.", f"kind = {toml_value(plan.kind)}"]
    lines += [f"labels = {toml_value(plan.labels)}"]
    counts = ", ".join(f"{toml_value(label)} = {n}" for label, n in plan.count.items())
    lines += ["# Rows to ask for, for each label; and how many of them one reply holds.", f"count = {{ {counts} }}"]
    lines += [f"per_reply = {plan.per_reply}"]
    lines += [
        f"# One of {', '.join(shipped_templates())}, or a Jinja file beside this plan.",
        f"template = {toml_value(plan.template)}",
    ]
    lines += [f"prompt_kind = {toml_value(plan.prompt_kind)}"]
    lines += [f"system = {toml_value(plan.system)}"] if plan.system is not None else []
    lines += ["# What the prompts are about, in turn.", f"topics = {toml_value(plan.topics)}"]
    lines += ["# Examples that a prompt shows; and the cosine from which a row repeats an earlier one of its label."]
    lines += [f"shots = {plan.shots}", f"near_duplicates = {plan.near_duplicates}"]
    lines += ["# Requests of a batch: it is read and compared before the next one is asked.", f"batch = {plan.batch}"]
    lines += ["# Go on until so many rows are kept, or a batch keeps less than min_yield of what it wrote."]
    lines += [f"{'# ' if plan.until_new is None else ''}until_new = {plan.until_new or 500}", f"min_yield = {plan.min_yield}"]
    lines += ["", "[sampling]", *(f"{n} = {toml_value(v)}" for n, v in asdict(plan.sampling).items() if v is not None)]
    lines += ["", "# name and base_url of a server, or gguf, a model file."]
    lines += ["[model]", *(f"{n} = {toml_value(v)}" for n, v in asdict(plan.model).items() if v is not None)]
    lines += _filter_toml(plan)
    for example in plan.examples:
        lines += ["", "[[examples]]", f"text = {toml_value(example.text)}", f"label = {toml_value(example.label)}"]
    if not plan.examples:
        lines += ["", "# Rows that the model is shown and must not repeat:", "# [[examples]]"]
        lines += ['# text = "…"', f"# label = {toml_value(LABELS[plan.kind][0])}"]
    return "\n".join(lines) + "\n"


def new_plan(behaviour: str, kind: Kind = "yes_no", *, count: int = 50, model: ModelChoice | None = None) -> WritePlan:
    """A plan to edit.

    Raises
    ------
    DatasetError : no behaviour, or a count out of range
    """
    labels = LABELS[kind]
    template = DEFAULT_TEMPLATE[kind]
    text = (TEMPLATES / f"{template}.jinja").read_text(encoding="utf-8")
    counts = dict.fromkeys(labels, count)
    plan = WritePlan(behaviour, kind, labels, counts, template=template, template_text=text, model=model or ModelChoice())
    return parse_plan(plan_toml(plan).encode(), Path("the plan"))


def _filter(table: Mapping[str, Any], plan: WritePlan, path: Path) -> LabelFilter:
    values = Values(table, path, " in [filter]")
    model = _model(values.table("model"), path, "[filter.model]")
    about = {"behaviour": plan.behaviour, "kind": plan.kind, "labels": plan.labels, "prompt_kind": plan.prompt_kind}
    return read_filter(table, path, model=model, **about)


def _filter_toml(plan: WritePlan) -> list[str]:
    told = plan.filter
    lines = [
        "",
        "# A model says how probable the label of each row is: rows below threshold go, or the best N of a label stay.",
    ]
    if told is None:
        return [*lines, "# [filter]", "# threshold = 0.5", "# balanced = true"]
    lines += ["[filter]", f"threshold = {told.threshold}" if told.best is None else f"best = {told.best}"]
    lines += [f"balanced = {toml_value(told.balanced)}"]
    lines += [
        f"# One of {', '.join(shipped_filters())}, or a Jinja file beside this plan.",
        f"template = {toml_value(told.template)}",
    ]
    lines += [f"prompt_kind = {toml_value(told.prompt_kind)}"]
    named = [f"{name} = {toml_value(value)}" for name, value in asdict(told.model).items() if value is not None]
    return [*lines, "", "[filter.model]", *named] if named else lines


def _counts(values: Values, labels: Sequence[str], path: Path) -> dict[str, int]:
    if not isinstance(values.told.get("count"), dict):
        return dict.fromkeys(labels, values.whole("count", 50, low=1, high=MOST_ROWS))
    counts = Values(values.told["count"], path, " in count")
    check_names(counts.told, set(labels), path, " in count")
    if missing := [label for label in labels if label not in counts.told]:
        raise DatasetError(f"{path}: count has no number for label {missing[0]}. Add it, or take the label out of labels.")
    return {label: counts.whole(label, 0, low=1, high=MOST_ROWS) for label in labels}


def _sampling(table: Mapping[str, Any], path: Path) -> Sampling:
    check_names(table, field_names(Sampling), path, " in [sampling]")
    values, usual = Values(table, path, " in [sampling]"), Sampling()
    return Sampling(
        temperature=values.number("temperature", usual.temperature, low=0, high=5),
        top_p=values.number("top_p", usual.top_p, low=0.001, high=1),
        max_tokens=values.whole("max_tokens", usual.max_tokens, low=1, high=100_000),
        seed=values.whole("seed", 0, low=0, high=2**31 - 1) if "seed" in table else None,
    )


def _model(table: Mapping[str, Any], path: Path, where: str = "[model]") -> ModelChoice:
    check_names(table, field_names(ModelChoice), path, f" in {where}")
    values = Values(table, path, f" in {where}")
    name, base_url, gguf = values.text("name"), values.text("base_url"), values.text("gguf")
    if gguf and (name or base_url):
        raise DatasetError(f"{path}: {where} names a server and a model file. Leave gguf out, or name and base_url.")
    return ModelChoice(name or None, base_url or None, gguf or None)


def _examples(told: object, labels: Sequence[str], path: Path) -> list[PlanExample]:
    if not isinstance(told, list):
        raise DatasetError(f"{path}: examples is no list of tables. Write each under [[examples]], with text and label.")
    found = []
    for number, one in enumerate(told, 1):
        where = f" in example {number}"
        if not isinstance(one, dict):
            raise DatasetError(f"{path}: example {number} is no table. Write each under [[examples]], with text and label.")
        check_names(one, field_names(PlanExample), path, where)
        values = Values(one, path, where)
        text, label = values.text("text"), values.text("label")
        if not text or not text.strip():
            raise DatasetError(f"{path}: example {number} has no text. Write its statement or question into text.")
        if label is None or label not in labels:
            raise DatasetError(f"{path}: example {number} has label {label!r}; expected {' or '.join(labels)}.")
        found.append(PlanExample(text.strip(), label))
    return found


def _template_text(template: str, path: Path) -> str:
    if template in shipped_templates():
        return (TEMPLATES / f"{template}.jinja").read_text(encoding="utf-8")
    beside = path.parent / Path(template).expanduser()
    if not beside.is_file():
        raise DatasetError(
            f"{path}: template {template} is neither shipped ({', '.join(shipped_templates())}) nor a file beside the plan. "
            f"Check the name."
        )
    try:
        return prompt(str(beside)).template
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None

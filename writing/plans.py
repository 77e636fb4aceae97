"""The plan of a dataset that a model writes: the behaviour in words, what is varied, how many rows, and whom to ask.

A plan is a TOML or YAML file that is kept with the dataset. What it says is checked when it is read, its templates are filled in
once for each label, and everything that is wrong is one sentence.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from evalmap.answers.answer_types import Options
from evalmap.answers.asking.prompts import fill
from evalmap.answers.asking.protocol import Prompt
from evalmap.data.errors import DatasetError
from evalmap.writing.axes import MOST_COMBINATIONS, Combinations
from evalmap.writing.extended_rows import Extends
from evalmap.writing.filter_plan import LabelFilter, read_filter
from evalmap.writing.model_choice import ModelChoice
from evalmap.writing.plan_examples import PlanExample, file_examples
from evalmap.writing.plan_fields import Values, field_names
from evalmap.writing.plan_files import file_values, plan_content
from evalmap.writing.plan_templates import FEW_SHOT, OF_KIND, PlanTemplate, find_template

Kind = Literal["yes_no", "a_b", "free"]
LABELS: dict[str, tuple[str, ...]] = {"yes_no": ("Yes", "No"), "a_b": ("(A)", "(B)"), "free": ()}
NO_LABEL = ""  # what the rows of a plan without labels are asked for under
MOST_ROWS = 1_000_000  # of a label; more is a slip of the finger
MOST_PER_REPLY = 50
MOST_PER_BATCH = 100_000  # requests
MOST_LABEL = 100  # characters
SEPARATOR = "---"  # the line between the texts of a reply
NO_OPTIONS = Options(None, ())


@dataclass(frozen=True)
class Sampling:
    """How a reply is drawn. `seed` also decides which examples a prompt shows; None: the server draws as it likes."""

    temperature: float = 1.0
    top_p: float = 0.95
    max_tokens: int = 160
    seed: int | None = 42


@dataclass(frozen=True)
class WritePlan:
    """What a plan says.

    Attributes
    ----------
    behaviour : in words that go on from "a person who …": "wants to be helpful"
    kind : "yes_no" (statements, with the label Yes or No), "a_b" (questions with two answers; the label is the matching one) or
        "free" (any text, with labels of the author's own, or with none)
    labels : those of the kind that are written; (NO_LABEL,) where rows have none
    count : rows to ask for, for each label; {label: rows}
    per_reply : rows that one reply is asked for; 1 for "a_b"
    separator : the line between the texts of a reply, for "free"
    template : id of a shipped template, or a file beside the plan; template_text : what it holds
    templates : the phrasings, where there are several; the first is `template`, and counts are asked of each
    prompt_kind, system : as of `evalmap.answers.asking.protocol.Prompt`
    topics : what prompts are about in turn; () where nothing is said of a topic
    axes : what else prompts vary, {name: values}, in all combinations; {} where the plan has topics, or nothing varies
    shots : examples of the label that a prompt shows; drawn anew for each prompt
    near_duplicates : cosine from which a row repeats an earlier one of its label
    extends : the dataset that the rows are for, and whose rows they must not repeat; None: none
    sampling, model : see there
    examples : those of the plan, then those of `examples_file`, a file of rows beside the plan
    filter : what another model says of the labels, and what follows from it; None: it is not asked
    batch : requests that are asked, read and compared before the next ones are
    until_new : go on, beyond `count` where need be, until so many rows are kept; None: ask for `count`
    min_yield : with `until_new`, stop where a batch keeps less than this ratio of its pieces
    """

    behaviour: str
    kind: Kind = "yes_no"
    labels: tuple[str, ...] = ()
    count: Mapping[str, int] = field(default_factory=dict)
    per_reply: int = 1
    separator: str = SEPARATOR
    template: str = ""
    template_text: str = ""
    templates: tuple[PlanTemplate, ...] = ()
    prompt_kind: Literal["chat", "completion"] = "chat"
    system: str | None = None
    topics: tuple[str, ...] = ()
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shots: int = 3
    near_duplicates: float = 0.95
    sampling: Sampling = field(default_factory=Sampling)
    model: ModelChoice = field(default_factory=ModelChoice)
    examples_file: str | None = None
    examples: tuple[PlanExample, ...] = ()
    extends: Extends | None = None
    filter: LabelFilter | None = None
    batch: int = 50
    until_new: int | None = None
    min_yield: float = 0.1

    @property
    def hash(self) -> str:
        """20 hex digits of all that the plan says, its templates' words and the file's examples among it."""
        told = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(told.encode()).hexdigest()[:20]

    @property
    def prompt(self) -> Prompt:
        """The template as it is put to a model."""
        return Prompt(self.template, self.template_text, kind=self.prompt_kind, system=self.system)

    @property
    def combinations(self) -> Combinations:
        """The combinations of the axes in the order of asking; the same for each label, so that labels differ in nothing else."""
        return Combinations(self.axes, self.sampling.seed or 0)

    def phrasings(self) -> tuple["WritePlan", ...]:
        """The plan once for each of its templates, with that one alone."""
        if not self.templates:
            return (self,)
        return tuple(replace(self, template=one.name, template_text=one.text, templates=()) for one in self.templates)

    def filled(self, label: str, topic: str | None, examples: Sequence[str], axes: Mapping[str, str] | None = None) -> str:
        """The prompt for a label.

        Raises
        ------
        DatasetError : the template cannot be filled in
        """
        told = {"behaviour": self.behaviour, "kind": self.kind, "label": label, "topic": topic, "n": self.per_reply}
        told |= {"axes": dict(axes or {}), "separator": self.separator, "examples": list(examples)}
        text = fill(self.prompt, told, NO_OPTIONS)
        return text.strip() if self.prompt_kind == "chat" else text


def read_plan(path: Path) -> WritePlan:
    """Read a plan and all that it names.

    Raises
    ------
    DatasetError : no such file, neither TOML nor YAML, a field that is unknown or of another type, no behaviour, a template that
        cannot be filled in …; one sentence with the file and the field
    """
    return parse_plan(plan_content(path), path)


def parse_plan(content: bytes, path: Path) -> WritePlan:
    """`read_plan` of what was read; `path` names the format and stands in errors, and in its folder lie the files that it names."""
    file = file_values(content, path)
    values = Values(file.told, path, lines=file.lines)
    if file.told.get("kind") == "winogenerated":
        raise values.error("a plan of kind winogenerated is no plan of labels. Run it in a terminal, with evalmap write.", "kind")
    values.check_names(field_names(WritePlan) - {"template_text"})
    behaviour = (values.text("behaviour") or "").strip().rstrip(".")
    if not behaviour:
        raise values.error('no behaviour. Say what is tested in words, such as behaviour = "wants to be helpful".', "behaviour")
    kind: Kind = values.one_of("kind", get_args(Kind), "yes_no")  # pyright: ignore[reportAssignmentType]
    labels = _labels(values, kind)
    per_reply = values.whole("per_reply", 1, low=1, high=MOST_PER_REPLY)
    if kind == "a_b" and per_reply != 1:
        raise values.error(
            f"per_reply is {per_reply}, and a question with its answers is asked for alone. Set it to 1.", "per_reply"
        )
    templates = _templates(values, kind)
    named, examples_file = _examples(values, labels), values.text("examples_file")
    plan = WritePlan(
        behaviour=" ".join(behaviour.split()),
        kind=kind,
        labels=labels,
        count=_counts(values, labels),
        per_reply=per_reply,
        separator=_separator(values, kind),
        template=templates[0].name,
        template_text=templates[0].text,
        templates=templates if len(templates) > 1 else (),
        prompt_kind=values.one_of("prompt_kind", ("chat", "completion"), "chat"),  # pyright: ignore[reportArgumentType]
        system=values.text("system"),
        topics=values.texts("topics"),
        axes=_axes(values),
        shots=values.whole("shots", 3, low=0, high=100),
        near_duplicates=values.number("near_duplicates", 0.95, low=0.5, high=1.0),
        sampling=read_sampling(values.table("sampling")),
        model=read_model(values.table("model")),
        examples_file=examples_file,
        examples=(*named, *(file_examples(examples_file, kind, labels, path) if examples_file else ())),
        extends=_extends(values),
        batch=values.whole("batch", 50, low=1, high=MOST_PER_BATCH),
        until_new=values.whole("until_new", 1, low=1, high=MOST_ROWS) if "until_new" in values.told else None,
        min_yield=values.number("min_yield", 0.1, low=0, high=1),
    )
    if "filter" in values.told:
        plan = replace(plan, filter=_filter(values.table("filter"), plan))
    if plan.system is not None and plan.prompt_kind != "chat":
        raise values.error("system is for prompt_kind chat, and this plan's is completion. Leave one of them out.", "system")
    check_growth(plan, path)
    for phrasing in plan.phrasings():
        _check_template(phrasing, values)
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


def _labels(values: Values, kind: Kind) -> tuple[str, ...]:
    labels, known = values.texts("labels"), LABELS[kind]
    if known and (wrong := [label for label in labels if label not in known]):
        raise values.error(f"labels has {wrong[0]!r}; kind {kind} knows {' and '.join(known)}.", "labels")
    labels = labels or known
    if not known:
        labels = tuple(label.strip() for label in labels) or (NO_LABEL,)
        if wrong := [label for label in labels if len(label) > MOST_LABEL or (label and not label.isprintable())]:
            raise values.error(f"labels has {wrong[0][:40]!r}; a label is one line of {MOST_LABEL} characters at most.", "labels")
    if len(set(labels)) < len(labels):
        raise values.error("labels names one twice. Name each once.", "labels")
    return labels


def _counts(values: Values, labels: Sequence[str]) -> dict[str, int]:
    if not isinstance(values.told.get("count"), dict):
        return dict.fromkeys(labels, values.whole("count", 50, low=1, high=MOST_ROWS))
    if labels == (NO_LABEL,):
        raise values.error("count has labels, and the plan has none. Write a number, or add labels.", "count")
    counts = values.table("count", " in count")
    counts.check_names(set(labels))
    if missing := [label for label in labels if label not in counts.told]:
        raise values.error(f"count has no number for label {missing[0]}. Add it, or take the label out of labels.", "count")
    return {label: counts.whole(label, 0, low=1, high=MOST_ROWS) for label in labels}


def _separator(values: Values, kind: Kind) -> str:
    separator = (values.text("separator") or SEPARATOR).strip()
    if kind != "free" and "separator" in values.told:
        raise values.error(f"separator is for kind free, and this plan's is {kind}. Leave it out.", "separator")
    if not separator or not separator.isprintable():
        raise values.wrong("separator", f'a line such as "{SEPARATOR}"')
    return separator


def _axes(values: Values) -> dict[str, tuple[str, ...]]:
    table = values.table("axes")
    if table.told and values.told.get("topics"):
        raise values.error("topics and axes are both there. Make topics an axis: topic = [ … ] under [axes].", "axes")
    axes = {}
    for name in table.told:
        if not name.strip() or not name.isprintable() or hasattr(dict, name):
            raise table.error(f"an axis cannot be called {name!r}. Give it another name, such as tone.", name)
        axes[name] = table.texts(name)
        if not axes[name]:
            raise table.error(f"axis {name} has no values. Give it some, or take it out.", name)
        if len(set(axes[name])) < len(axes[name]):
            raise table.error(f"axis {name} has a value twice. Name each once.", name)
    if (n := len(Combinations(axes))) > MOST_COMBINATIONS:
        raise values.error(f"axes have {n:,} combinations; {MOST_COMBINATIONS:,} are the most. Take values out.", "axes")
    return axes


def read_sampling(table: Values) -> Sampling:
    """What [sampling] says."""
    table.check_names(field_names(Sampling))
    usual = Sampling()
    return Sampling(
        temperature=table.number("temperature", usual.temperature, low=0, high=5),
        top_p=table.number("top_p", usual.top_p, low=0.001, high=1),
        max_tokens=table.whole("max_tokens", usual.max_tokens, low=1, high=100_000),
        seed=table.whole("seed", 0, low=0, high=2**31 - 1) if "seed" in table.told else None,
    )


def read_model(table: Values, name_of: str = "[model]") -> ModelChoice:
    """Whom a table names; `name_of` is what the table is called."""
    table.check_names(field_names(ModelChoice))
    name, base_url, gguf = table.text("name"), table.text("base_url"), table.text("gguf")
    if gguf and (name or base_url):
        raise table.error(f"{name_of} names a server and a model file. Leave gguf out, or name and base_url.")
    return ModelChoice(name or None, base_url or None, gguf or None)


def _filter(table: Values, plan: WritePlan) -> LabelFilter:
    if plan.labels == (NO_LABEL,):
        raise table.error("[filter] asks whether labels are right, and the plan has none. Take it out, or add labels.")
    model = read_model(table.table("model", " in [filter.model]"), "[filter.model]")
    how = {"behaviour": plan.behaviour, "kind": plan.kind, "labels": plan.labels, "prompt_kind": plan.prompt_kind}
    return read_filter(table, model=model, known=LABELS[plan.kind] or plan.labels, **how)


def _extends(values: Values) -> Extends | None:
    """`extends = "file"`, or a table [extends] with its path."""
    told = values.told.get("extends")
    if told is None:
        return None
    if isinstance(told, str):
        location, inside = values.text("extends"), Values({}, values.path)
    elif isinstance(told, dict):
        inside = values.table("extends")
        inside.check_names(field_names(Extends))
        location = inside.text("path")
    else:
        raise values.wrong("extends", "a file, or a table [extends] with its path")
    if not location or not location.strip():
        raise values.error("extends names no dataset. Write its file or folder into path.", "extends")
    return Extends(location, inside.text("sha256") or None, inside.text("map") or None)


def _examples(values: Values, labels: tuple[str, ...]) -> list[PlanExample]:
    found = []
    for number, one in enumerate(values.tables("examples", "example", "text and label"), 1):
        one.check_names(field_names(PlanExample) - {"of_file"})
        text, label = one.text("text"), one.text("label")
        if not text or not text.strip():
            raise one.error(f"example {number} has no text. Write its statement or question into text.")
        if labels == (NO_LABEL,):
            if label:
                raise one.error(f"example {number} has label {label!r}, and the plan has no labels. Take it out, or add labels.")
            label = NO_LABEL
        elif label is None or label not in labels:
            raise one.error(f"example {number} has label {label!r}; expected {' or '.join(labels)}.")
        found.append(PlanExample(text.strip(), label))
    return found


def _templates(values: Values, kind: Kind) -> tuple[PlanTemplate, ...]:
    if "template" in values.told and "templates" in values.told:
        raise values.error("template and templates are both there. Leave one of them out.", "templates")
    names = values.texts("templates") or (values.text("template") or OF_KIND[kind],)
    found = tuple(find_template(name, kind, values.path) for name in names)
    if len({one.id.casefold() for one in found}) < len(found):
        raise values.error("templates has two of one name. Give each file a name of its own.", "templates")
    return found


def _check_template(plan: WritePlan, values: Values) -> None:
    """Fill the template in for each label: what cannot be is told now, and not after the first thousand."""
    if plan.template == FEW_SHOT and (
        missing := [label for label in plan.labels if not any(one.label == label for one in plan.examples)]
    ):
        of = f" of label {missing[0]}" if missing[0] else ""
        raise values.error(f"template {FEW_SHOT} needs an example{of}. Add one under [[examples]].", "template")
    for label in plan.labels:
        shown = [example.text for example in plan.examples if example.label == label][: plan.shots]
        try:
            filled = plan.filled(label, plan.topics[0] if plan.topics else None, shown, plan.combinations[0])
        except DatasetError as error:
            raise values.error(str(error), "template") from None
        of = f" for label {label}" if label else ""
        if not filled.strip():
            raise values.error(f"template {plan.template} gives an empty prompt{of}. Write the prompt into it.", "template")
        if plan.kind == "free" and plan.per_reply > 1 and plan.separator not in filled + (plan.system or ""):
            raise values.error(
                f"per_reply is {plan.per_reply}, and template {plan.template} does not say the line between texts. "
                f"Write {{{{ separator }}}} into it, or set per_reply to 1.",
                "per_reply",
            )

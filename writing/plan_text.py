"""A plan as the file that says it, to be kept or edited."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from evalmap.writing.filter_plan import filter_values, shipped_filters
from evalmap.writing.model_choice import ModelChoice
from evalmap.writing.plan_examples import PlanExample
from evalmap.writing.plan_files import TOML, YAML, Entry, file_text
from evalmap.writing.plan_templates import OF_KIND, shipped_templates, shipped_text
from evalmap.writing.plans import LABELS, NO_LABEL, Kind, WritePlan, parse_plan


def plan_text(plan: WritePlan, format: str = TOML) -> str:
    """The plan as a TOML or YAML file that is read as the same plan, with comments."""
    comment = {"yes_no": "", "a_b": "", "free": " free: any text, with labels of your own or none."}
    labels = () if plan.labels == (NO_LABEL,) else plan.labels
    counts: int | Mapping[str, int] = plan.count[NO_LABEL] if not labels else plan.count
    where = f"of {', '.join(shipped_templates())}, or a Jinja file beside this plan"
    entries = [
        Entry("behaviour", plan.behaviour, 'What is tested, in words that go on from "a person who …".'),
        Entry("kind", plan.kind, f"yes_no: statements. a_b: questions with two answers.{comment[plan.kind]}"),
        Entry("labels", labels),
        Entry("count", counts, "Rows to ask for, for each label; and how many of them one reply holds.", inline=True),
        Entry("per_reply", plan.per_reply),
        *([Entry("separator", plan.separator, "The line between the texts of one reply.")] if plan.kind == "free" else []),
        *(
            [Entry("templates", [one.name for one in plan.templates], f"Phrasings, each asked for all rows: {where}.")]
            if plan.templates
            else [Entry("template", plan.template, f"One {where}.")]
        ),
        Entry("prompt_kind", plan.prompt_kind),
        *([Entry("system", plan.system)] if plan.system is not None else []),
        Entry("topics", plan.topics, "What the prompts are about, in turn."),
        Entry(
            "shots",
            plan.shots,
            "Examples that a prompt shows; and the cosine from which a row repeats one of its label.",
        ),
        Entry("near_duplicates", plan.near_duplicates),
        Entry("batch", plan.batch, "Requests of a batch, which is read and compared before the next one is asked."),
        Entry(
            "until_new",
            plan.until_new or 500,
            "Go on until so many rows are kept, or a batch keeps less than min_yield of what it wrote.",
            commented=plan.until_new is None,
        ),
        Entry("min_yield", plan.min_yield),
        *([Entry("examples_file", plan.examples_file, "Rows beside this plan.")] if plan.examples_file else []),
        Entry("sampling", {name: value for name, value in asdict(plan.sampling).items() if value is not None}),
        Entry(
            "model",
            {name: value for name, value in asdict(plan.model).items() if value is not None},
            "name and base_url of a server, or gguf, a model file.",
        ),
        Entry(
            "axes",
            dict(plan.axes) or {"tone": ["polite", "blunt"], "place": ["at work", "at home"]},
            "Instead of topics: what the prompts vary, in all combinations.",
            commented=not plan.axes,
        ),
    ]
    if labels:
        entries.append(
            Entry(
                "filter",
                filter_values(plan.filter) if plan.filter else {"threshold": 0.5, "balanced": True},
                "A model says how probable the label of each row is: rows below threshold go, or the best N of a label stay.\n"
                f"template: {', '.join(shipped_filters())}, or a Jinja file beside this plan. model: as above; none: the writer.",
                commented=plan.filter is None,
            )
        )
    if plan.extends is not None:
        told = {name: value for name, value in asdict(plan.extends).items() if value is not None}
        entries.append(Entry("extends", told, "The dataset that the rows are for; rows that repeat one of its own are set aside."))
    named = [one for one in plan.examples if not one.of_file]
    shown = named or [PlanExample("…", labels[0] if labels else NO_LABEL)]
    tables = [{"text": one.text, **({"label": one.label} if labels else {})} for one in shown]
    entries.append(Entry("examples", tables, "Rows that the model is shown and must not repeat.", commented=not named))
    return file_text(entries, format)


def plan_toml(plan: WritePlan) -> str:
    """The plan as TOML that is read as the same plan."""
    return plan_text(plan, TOML)


def plan_yaml(plan: WritePlan) -> str:
    """The plan as YAML that is read as the same plan."""
    return plan_text(plan, YAML)


def new_plan(
    behaviour: str,
    kind: Kind = "yes_no",
    *,
    count: int = 50,
    labels: Sequence[str] = (),
    model: ModelChoice | None = None,
) -> WritePlan:
    """A plan to edit; `labels` are the author's own, for kind "free".

    Raises
    ------
    DatasetError : no behaviour, a label that the kind does not know, or a count out of range
    """
    given = tuple(labels) or LABELS[kind] or (NO_LABEL,)
    template = OF_KIND[kind]
    plan = WritePlan(
        behaviour,
        kind,
        given,
        dict.fromkeys(given, count),
        template=template,
        template_text=shipped_text(template),
        model=model or ModelChoice(),
    )
    return parse_plan(plan_toml(plan).encode(), Path("the plan"))

"""The plan of a Winogender-like set: a list of occupations, the prompts of each stage, how many sentences, and who votes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from evalmap.answers.asking.prompts import fill, prompt
from evalmap.answers.asking.protocol import Prompt
from evalmap.data.errors import DatasetError
from evalmap.writing.model_choice import ModelChoice
from evalmap.writing.plan_fields import Values, field_names
from evalmap.writing.plan_files import TOML, Entry, file_text, file_values
from evalmap.writing.plans import NO_OPTIONS, Sampling, read_model, read_sampling
from evalmap.writing.schemas.grammar import PRONOUN_SETS
from evalmap.writing.schemas.occupation_list import OccupationList, read_occupations

PromptKind = Literal["chat", "completion"]
KIND = "winogenerated"
ROOM = Path(__file__).parent
SHIPPED_LIST = ROOM / "occupations.csv"
TEMPLATES = {
    "title": "occupation-title",
    "person": "other-person",
    "sentence": "sentence-with-blank",
    "vote": "referent-vote",
}
MOST_SENTENCES = 1000  # of an occupation; more is a slip of the finger
# In turn, as often as in the published sentences: 6 of ten subjects, 3 possessives, 1 object.
USUAL_PRONOUNS = (
    "he/she/they his/her/their he/she/they he/she/they his/her/their he/she/they him/her/them he/she/they his/her/their he/she/they"
).split()


@dataclass(frozen=True)
class Template:
    """A prompt of a stage: its name (shipped, or a file beside the plan) and what it holds."""

    name: str
    text: str


@dataclass(frozen=True)
class VotePlan:
    """Who votes on whom the blank stands for, and from which probability of the occupation on a sentence stays.

    model : None: the one that writes
    prompt_kind : "chat", or "completion" for a model that is no chat model
    """

    threshold: float = 0.8
    prompt_kind: PromptKind = "chat"
    template: Template = field(default_factory=lambda: _shipped("vote"))
    model: ModelChoice | None = None


@dataclass(frozen=True)
class SchemaPlan:
    """What a plan says.

    Attributes
    ----------
    occupations : what the list holds; list_name : its path as the plan has it
    per_occupation : sentences to keep of each, at most; ask_per_occupation : to ask for
    tries : how often a title, or another person, is asked for until one is good
    pronouns : the sets that sentences are asked for with, in turn
    title, person, sentence : the prompts
    prompt_kind : "chat", or "completion" for a model that goes on with a text: replies then end with their line
    system : a system message of all prompts but the vote's, for "chat" only
    near_duplicates : cosine from which a sentence repeats an earlier one of its occupation
    """

    occupations: OccupationList
    list_name: str = SHIPPED_LIST.name
    per_occupation: int = 10
    ask_per_occupation: int = 25
    tries: int = 3
    pronouns: tuple[tuple[str, str, str], ...] = ()
    title: Template = field(default_factory=lambda: _shipped("title"))
    person: Template = field(default_factory=lambda: _shipped("person"))
    sentence: Template = field(default_factory=lambda: _shipped("sentence"))
    prompt_kind: PromptKind = "chat"
    system: str | None = None
    near_duplicates: float = 0.95
    sampling: Sampling = field(default_factory=Sampling)
    model: ModelChoice = field(default_factory=ModelChoice)
    vote: VotePlan = field(default_factory=VotePlan)

    @property
    def hash(self) -> str:
        """20 hex digits of all that the plan says, its list and its templates' words among it."""
        told = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(told.encode()).hexdigest()[:20]

    @property
    def prompt(self) -> Prompt:
        """How stages put their text to the model that writes."""
        return Prompt(KIND, "", kind=self.prompt_kind, system=self.system)

    def filled(self, template: Template, fields: Mapping[str, Any]) -> str:
        """A stage's prompt.

        Raises
        ------
        DatasetError : the template cannot be filled in, or gives nothing
        """
        text = fill(Prompt(template.name, template.text), fields, NO_OPTIONS).strip()
        if not text:
            raise DatasetError(f"template {template.name} gives an empty prompt. Write the prompt into it.")
        return text


def is_schema_plan(told: Mapping[str, Any]) -> bool:
    """Whether what a plan's file says is a plan of this kind."""
    return told.get("kind") == KIND


def parse_schema_plan(content: bytes, path: Path) -> SchemaPlan:
    """Read what a plan says; its list and its templates lie beside `path`.

    Raises
    ------
    DatasetError : no TOML, a field that is unknown or of another type, a list or a template that is not there or cannot be used …;
        one sentence with the file and the field
    """
    file = file_values(content, path)
    values = Values(file.told, path, lines=file.lines)
    values.check_names({"kind", "templates", *(field_names(SchemaPlan) - {"list_name", "title", "person", "sentence"})})
    values.one_of("kind", (KIND,), "")
    list_name = values.text("occupations") or ""
    if not list_name.strip():
        raise values.error(
            f'no occupations. Name a list beside the plan, such as occupations = "{SHIPPED_LIST.name}".', "occupations"
        )
    templates = values.table("templates")
    templates.check_names({"title", "person", "sentence"})
    kind: PromptKind = values.one_of("prompt_kind", get_args(PromptKind), "chat")  # pyright: ignore[reportAssignmentType]
    plan = SchemaPlan(
        occupations=read_occupations(path.parent / Path(list_name).expanduser()),
        list_name=list_name,
        per_occupation=values.whole("per_occupation", 10, low=1, high=MOST_SENTENCES),
        ask_per_occupation=values.whole("ask_per_occupation", 25, low=1, high=MOST_SENTENCES),
        tries=values.whole("tries", 3, low=1, high=100),
        pronouns=_pronouns(values),
        title=_template(templates, "title"),
        person=_template(templates, "person"),
        sentence=_template(templates, "sentence"),
        prompt_kind=kind,
        system=values.text("system"),
        near_duplicates=values.number("near_duplicates", 0.95, low=0.5, high=1.0),
        sampling=read_sampling(values.table("sampling")),
        model=read_model(values.table("model")),
        vote=_vote(values.table("vote"), kind),
    )
    if plan.system is not None and plan.prompt_kind != "chat":
        raise values.error("system is for prompt_kind chat, and this plan's is completion. Leave one of them out.", "system")
    if plan.ask_per_occupation < plan.per_occupation:
        raise values.error(
            f"ask_per_occupation is {plan.ask_per_occupation}, fewer than per_occupation, {plan.per_occupation}. "
            "Ask for as many at least; two or three times as many leave something to choose.",
            "ask_per_occupation",
        )
    _check_templates(plan, values)
    return plan


def sentence_fields(occupation: str, other_person: str, pronouns: Sequence[str]) -> dict[str, Any]:
    """What the template of a sentence sees."""
    return {
        "occupation": occupation,
        "other_person": other_person,
        "pronouns": list(pronouns),
        "form": PRONOUN_SETS[tuple(pronouns)],  # pyright: ignore[reportArgumentType]
    }


def vote_fields(sentence: str, first: str, second: str) -> dict[str, Any]:
    """What the template of a vote sees; the sentence stands as a JSON string, and its blank as three underscores."""
    return {"sentence": json.dumps(sentence.replace("_", "___"), ensure_ascii=False), "first": first, "second": second}


def schema_plan_text(model: ModelChoice | None = None, format: str = TOML, *, list_name: str = SHIPPED_LIST.name) -> str:
    """A plan to edit, over a list of that name beside it, as a TOML or YAML file."""
    usual = ModelChoice() if model is None else model
    entries = [
        Entry("kind", KIND),
        Entry(
            "occupations",
            list_name,
            "A title a line (.txt), or a column title (.csv, .jsonl …). Other columns that are used: occupation (the title in the\n"
            "singular), other_person, percent_women.",
        ),
        Entry("per_occupation", 10, "Sentences to keep of each occupation, and to ask for."),
        Entry("ask_per_occupation", 25),
        Entry("tries", 3, "How often a title, or another person, is asked for until one is good."),
        Entry(
            "pronouns",
            USUAL_PRONOUNS,
            f"The sets that sentences are asked for with, in turn: {', '.join(map('/'.join, PRONOUN_SETS))}.",
        ),
        Entry("near_duplicates", 0.95, "Cosine from which a sentence repeats an earlier one of its occupation."),
        Entry("prompt_kind", "chat", "completion, for a model that goes on with a text and is no chat model."),
        Entry("sampling", asdict(Sampling())),
        Entry(
            "model",
            {name: value for name, value in asdict(usual).items() if value is not None},
            "name and base_url of a server, or gguf, a model file.",
        ),
        Entry(
            "vote",
            {"threshold": VotePlan().threshold},
            "From which probability of the occupation on a sentence stays, when a model is asked whom the blank stands for.\n"
            "model: another one than above, as a table inside this one.",
        ),
        Entry(
            "templates",
            {stage: f"my-{TEMPLATES[stage]}.jinja" for stage in ("title", "person", "sentence")},
            "Your own Jinja files beside this plan:",
            commented=True,
        ),
    ]
    return file_text(entries, format)


def _pronouns(values: Values) -> tuple[tuple[str, str, str], ...]:
    known = {"/".join(one): one for one in PRONOUN_SETS}
    written = values.texts("pronouns") or tuple(USUAL_PRONOUNS)
    if wrong := [one for one in written if one not in known]:
        raise values.error(f"pronouns has {wrong[0]!r}; known are {', '.join(known)}.", "pronouns")
    return tuple(known[one] for one in written)


def _shipped(stage: str) -> Template:
    name = TEMPLATES[stage]
    return Template(name, (ROOM / "templates" / f"{name}.jinja").read_text(encoding="utf-8"))


def _template(values: Values, stage: str, *, name: str | None = None) -> Template:
    field = name or stage
    written = values.text(field)
    if not written or written == TEMPLATES[stage]:
        return _shipped(stage)
    beside = values.path.parent / Path(written).expanduser()
    if not beside.is_file():
        raise values.error(
            f"{field}{values.where} is {written}, neither {TEMPLATES[stage]}, which is shipped, nor a file beside the plan. "
            "Check the name.",
            field,
        )
    try:
        return Template(written, prompt(str(beside)).template)
    except DatasetError as error:
        raise values.error(str(error), field) from None


def _vote(table: Values, kind: PromptKind) -> VotePlan:
    table.check_names(field_names(VotePlan))
    chosen = read_model(table.table("model", " in [vote.model]"), "[vote.model]")
    usual = kind if chosen == ModelChoice() else "chat"
    return VotePlan(
        threshold=table.number("threshold", 0.8, low=0.5, high=1.0),
        prompt_kind=table.one_of("prompt_kind", get_args(PromptKind), usual),  # pyright: ignore[reportArgumentType]
        template=_template(table, "vote", name="template"),
        model=None if chosen == ModelChoice() else chosen,
    )


def _check_templates(plan: SchemaPlan, values: Values) -> None:
    """What cannot be filled in is told now, and not after the first thousand."""
    told = sentence_fields("gardener", "neighbor", plan.pronouns[0])
    try:
        plan.filled(plan.title, {"title": "Gardeners"})
        plan.filled(plan.person, {"occupation": "gardener"})
        plan.filled(plan.sentence, told)
        plan.filled(plan.vote.template, vote_fields("The gardener told the neighbor that _ left.", "gardener", "neighbor"))
    except DatasetError as error:
        raise values.error(str(error)) from None

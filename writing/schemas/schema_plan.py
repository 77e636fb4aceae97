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
from evalmap.writing.plan_fields import Values, check_names, field_names
from evalmap.writing.plan_files import file_values, toml_value
from evalmap.writing.plans import NO_OPTIONS, ModelChoice, Sampling
from evalmap.writing.schemas.grammar import PRONOUNS
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
    told = file_values(content, path)
    names = {"kind", "templates", *(field_names(SchemaPlan) - {"list_name", "title", "person", "sentence"})}
    check_names(told, names, path, "")
    values = Values(told, path, "")
    values.one_of("kind", (KIND,), "")
    list_name = values.text("occupations") or ""
    if not list_name.strip():
        raise DatasetError(f'{path}: no occupations. Name a list beside the plan, such as occupations = "{SHIPPED_LIST.name}".')
    templates = Values(values.table("templates"), path, " in [templates]")
    check_names(templates.told, {"title", "person", "sentence"}, path, " in [templates]")
    kind: PromptKind = values.one_of("prompt_kind", get_args(PromptKind), "chat")  # pyright: ignore[reportAssignmentType]
    plan = SchemaPlan(
        occupations=read_occupations(path.parent / Path(list_name).expanduser()),
        list_name=list_name,
        per_occupation=values.whole("per_occupation", 10, low=1, high=MOST_SENTENCES),
        ask_per_occupation=values.whole("ask_per_occupation", 25, low=1, high=MOST_SENTENCES),
        tries=values.whole("tries", 3, low=1, high=100),
        pronouns=_pronouns(values.texts("pronouns") or tuple(USUAL_PRONOUNS), path),
        title=_template(templates, "title", path),
        person=_template(templates, "person", path),
        sentence=_template(templates, "sentence", path),
        prompt_kind=kind,
        system=values.text("system"),
        near_duplicates=values.number("near_duplicates", 0.95, low=0.5, high=1.0),
        sampling=_sampling(Values(values.table("sampling"), path, " in [sampling]")),
        model=_model(Values(values.table("model"), path, " in [model]")),
        vote=_vote(values.table("vote"), kind, path),
    )
    if plan.system is not None and plan.prompt_kind != "chat":
        raise DatasetError(f"{path}: system is for prompt_kind chat, and this plan's is completion. Leave one of them out.")
    if plan.ask_per_occupation < plan.per_occupation:
        raise DatasetError(
            f"{path}: ask_per_occupation is {plan.ask_per_occupation}, fewer than per_occupation, {plan.per_occupation}. "
            f"Ask for as many at least; two or three times as many leave something to choose."
        )
    _check_templates(plan, path)
    return plan


def sentence_fields(occupation: str, other_person: str, pronouns: Sequence[str]) -> dict[str, Any]:
    """What the template of a sentence sees."""
    return {
        "occupation": occupation,
        "other_person": other_person,
        "pronouns": list(pronouns),
        "place": PRONOUNS[tuple(pronouns)],  # pyright: ignore[reportArgumentType]
    }


def vote_fields(sentence: str, first: str, second: str) -> dict[str, Any]:
    """What the template of a vote sees; the sentence stands as a JSON string, and its blank as three underscores."""
    return {"sentence": json.dumps(sentence.replace("_", "___"), ensure_ascii=False), "first": first, "second": second}


def schema_plan_toml(model: ModelChoice | None = None, *, list_name: str = SHIPPED_LIST.name) -> str:
    """A plan to edit, over a list of that name beside it."""
    usual = ModelChoice() if model is None else model
    lines = [f"kind = {toml_value(KIND)}"]
    lines += [
        "# A title a line (.txt), or a column title (.csv, .jsonl …); beside it, as far as there are some: occupation (singular"
    ]
    lines += ["# already), other_person, percent_women."]
    lines += [f"occupations = {toml_value(list_name)}"]
    lines += ["# Sentences to keep of each occupation, and to ask for.", "per_occupation = 10", "ask_per_occupation = 25"]
    lines += ["# How often a title, or another person, is asked for until one is good.", "tries = 3"]
    lines += [f"# The sets that sentences are asked for with, in turn: {', '.join('/'.join(one) for one in PRONOUNS)}."]
    lines += [f"pronouns = {toml_value(USUAL_PRONOUNS)}"]
    lines += ["# Cosine from which a sentence repeats an earlier one of its occupation.", "near_duplicates = 0.95"]
    lines += ["# completion, for a model that goes on with a text and is no chat model.", 'prompt_kind = "chat"']
    lines += ["", "# Your own Jinja files beside this plan:", "# [templates]"]
    lines += [f'# {stage} = "my-{TEMPLATES[stage]}.jinja"' for stage in ("title", "person", "sentence")]
    lines += ["", "[sampling]", *(f"{n} = {toml_value(v)}" for n, v in asdict(Sampling()).items())]
    lines += ["", "# name and base_url of a server, or gguf, a model file."]
    lines += ["[model]", *(f"{n} = {toml_value(v)}" for n, v in asdict(usual).items() if v is not None)]
    lines += ["", "# Who is asked whom the blank stands for, and from which probability of the occupation on a sentence stays."]
    lines += ["[vote]", f"threshold = {VotePlan().threshold}"]
    lines += ["# Another model than the one that writes:", "# [vote.model]", '# name = "…"', '# base_url = "…"']
    return "\n".join(lines) + "\n"


def _pronouns(written: Sequence[str], path: Path) -> tuple[tuple[str, str, str], ...]:
    known = {"/".join(one): one for one in PRONOUNS}
    if wrong := [one for one in written if one not in known]:
        raise DatasetError(f"{path}: pronouns has {wrong[0]!r}; known are {', '.join(known)}.")
    return tuple(known[one] for one in written)


def _shipped(stage: str) -> Template:
    name = TEMPLATES[stage]
    return Template(name, (ROOM / "templates" / f"{name}.jinja").read_text(encoding="utf-8"))


def _template(values: Values, stage: str, path: Path, *, name: str | None = None) -> Template:
    written = values.text(name or stage)
    if not written or written == TEMPLATES[stage]:
        return _shipped(stage)
    beside = path.parent / Path(written).expanduser()
    if not beside.is_file():
        raise DatasetError(
            f"{path}: {name or stage}{values.where} is {written}, neither {TEMPLATES[stage]}, which is shipped, nor a file beside "
            f"the plan. Check the name."
        )
    try:
        return Template(written, prompt(str(beside)).template)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None


def _sampling(values: Values) -> Sampling:
    check_names(values.told, field_names(Sampling), values.path, values.where)
    usual = Sampling()
    return Sampling(
        temperature=values.number("temperature", usual.temperature, low=0, high=5),
        top_p=values.number("top_p", usual.top_p, low=0.001, high=1),
        max_tokens=values.whole("max_tokens", usual.max_tokens, low=1, high=100_000),
        seed=values.whole("seed", 0, low=0, high=2**31 - 1) if "seed" in values.told else None,
    )


def _model(values: Values) -> ModelChoice:
    check_names(values.told, field_names(ModelChoice), values.path, values.where)
    name, base_url, gguf = values.text("name"), values.text("base_url"), values.text("gguf")
    if gguf and (name or base_url):
        where = values.where.removeprefix(" in ")
        raise DatasetError(f"{values.path}: {where} names a server and a model file. Leave gguf out, or name and base_url.")
    return ModelChoice(name or None, base_url or None, gguf or None)


def _vote(table: Mapping[str, Any], kind: PromptKind, path: Path) -> VotePlan:
    check_names(table, field_names(VotePlan), path, " in [vote]")
    values = Values(table, path, " in [vote]")
    chosen = _model(Values(values.table("model"), path, " in [vote.model]"))
    usual = kind if chosen == ModelChoice() else "chat"
    return VotePlan(
        threshold=values.number("threshold", 0.8, low=0.5, high=1.0),
        prompt_kind=values.one_of("prompt_kind", get_args(PromptKind), usual),  # pyright: ignore[reportArgumentType]
        template=_template(values, "vote", path, name="template"),
        model=None if chosen == ModelChoice() else chosen,
    )


def _check_templates(plan: SchemaPlan, path: Path) -> None:
    """What cannot be filled in is told now, and not after the first thousand."""
    told = sentence_fields("gardener", "neighbor", plan.pronouns[0])
    try:
        plan.filled(plan.title, {"title": "Gardeners"})
        plan.filled(plan.person, {"occupation": "gardener"})
        plan.filled(plan.sentence, told)
        plan.filled(plan.vote.template, vote_fields("The gardener told the neighbor that _ left.", "gardener", "neighbor"))
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None

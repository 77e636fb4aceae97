"""The [filter] of a plan: another model says how probable the intended label of each row is, and what follows from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from evalmap.answers.answer_types import Options
from evalmap.answers.asking.prompts import fill, prompt
from evalmap.answers.asking.protocol import Prompt
from evalmap.data.errors import DatasetError
from evalmap.writing.model_choice import ModelChoice
from evalmap.writing.plan_fields import Values, field_names

FILTERS = Path(__file__).parent / "templates" / "filters"
DEFAULT_FILTER = {"yes_no": "would-say-so", "a_b": "would-choose"}
ANY_LABEL = "label-fits"  # for labels of the author's own
FITS = Options("Yes", ("No",))
MOST_BEST = 1_000_000


@dataclass(frozen=True)
class LabelFilter:
    """How rows are filtered by the probability of their label.

    Attributes
    ----------
    threshold : rows below it go, 0 to 1; None where `best` is told
    best : rows of each label that stay, the most probable; None where `threshold` is told
    balanced : as many rows of each label as of the rarest, the most probable
    template : id of a shipped template, or a file beside the plan; template_text : what it holds
    prompt_kind : as of `evalmap.answers.asking.protocol.Prompt`
    asks_fit : the template names the label, and asks whether it is right (Yes or No); else it asks for the label itself
    labels : those that are chosen among then
    model : whom to ask; the writer where nobody is named
    """

    model: ModelChoice
    threshold: float | None = 0.5
    best: int | None = None
    balanced: bool = False
    template: str = ANY_LABEL
    template_text: str = ""
    prompt_kind: Literal["chat", "completion"] = "chat"
    asks_fit: bool = True
    labels: tuple[str, ...] = ()

    @property
    def prompt(self) -> Prompt:
        """The template as it is put to a model."""
        lead = " " if self.prompt_kind == "completion" else ""
        return Prompt(self.template, self.template_text, kind=self.prompt_kind, lead=lead)

    def options(self, label: str) -> Options:
        """The answers that the question offers; the matching one says that the label is right."""
        return FITS if self.asks_fit else Options(label, tuple(other for other in self.labels if other != label))

    def filled(self, text: str, label: str, *, behaviour: str, kind: str) -> str:
        """The question about a row.

        Raises
        ------
        DatasetError : the template cannot be filled in
        """
        told: dict[str, Any] = {"behaviour": behaviour, "kind": kind, "text": text, "labels": list(self.labels)}
        told |= {"prompt_kind": self.prompt_kind} | ({"label": label} if self.asks_fit else {})
        filled = fill(self.prompt, told, self.options(label))
        return filled.strip() if self.prompt_kind == "chat" else filled.rstrip()


def shipped_filters() -> tuple[str, ...]:
    """The ids of the filter templates that need no file."""
    return tuple(sorted(path.stem for path in FILTERS.glob("*.jinja")))


def filter_values(told: LabelFilter) -> dict[str, Any]:
    """The fields of a [filter] that is read as the same."""
    model = {name: value for name, value in asdict(told.model).items() if value is not None}
    return {
        **({"threshold": told.threshold} if told.best is None else {"best": told.best}),
        "balanced": told.balanced,
        "template": told.template,
        "prompt_kind": told.prompt_kind,
        **({"model": model} if model else {}),
    }


def read_filter(
    table: Values,
    *,
    model: ModelChoice,
    behaviour: str,
    kind: str,
    labels: Sequence[str],
    known: Sequence[str],
    prompt_kind: Literal["chat", "completion"],
) -> LabelFilter:
    """The [filter] of a plan, its template filled in once for each label.

    Parameters
    ----------
    table : the fields; the template lies in the folder of its file
    model : what [filter.model] says
    labels : of the plan; known : those that a discriminator chooses among
    prompt_kind : of the plan, which the filter has too where nobody else is asked and nothing else is said

    Raises
    ------
    DatasetError : a field that is unknown or of another type, a threshold and best, a template that cannot be filled in
    """
    table.check_names(field_names(LabelFilter) - {"template_text", "asks_fit", "labels"})
    best = table.whole("best", 0, low=1, high=MOST_BEST) if "best" in table.told else None
    if best is not None and "threshold" in table.told:
        raise table.error("[filter] has a threshold and best. Leave one of them out.")
    if not isinstance(balanced := table.told.get("balanced", False), bool):
        raise table.wrong("balanced", "true or false")
    template = table.text("template") or DEFAULT_FILTER.get(kind, ANY_LABEL)
    text = _template_text(template, table)
    another = bool(model.name or model.gguf or model.base_url)
    asked_as = table.one_of("prompt_kind", ("chat", "completion"), "chat" if another else prompt_kind)
    found = LabelFilter(
        model=model,
        threshold=table.number("threshold", 0.5, low=0, high=1) if best is None else None,
        best=best,
        balanced=balanced,
        template=template,
        template_text=text,
        prompt_kind="completion" if asked_as == "completion" else "chat",
        asks_fit="label" in _names(text),
        labels=tuple(known),
    )
    if not found.asks_fit and len(known) < 2:
        raise table.error(f"template {template} asks for the label, and there is one only. Use {ANY_LABEL}.", "template")
    for label in labels:
        try:
            filled = found.filled("…", label, behaviour=behaviour, kind=kind)
        except DatasetError as error:
            raise table.error(f"filter {error}", "template") from None
        if "…" not in filled:
            raise table.error(f"filter template {template} does not show the row. Write {{{{ text }}}} into it.", "template")
    return found


def _names(template: str) -> set[str]:
    from jinja2 import Environment, meta

    return meta.find_undeclared_variables(Environment().parse(template))


def _template_text(template: str, table: Values) -> str:
    if template in shipped_filters():
        return (FILTERS / f"{template}.jinja").read_text(encoding="utf-8")
    beside = table.path.parent / Path(template).expanduser()
    if not beside.is_file():
        known = ", ".join(shipped_filters())
        raise table.error(
            f"filter template {template} is neither shipped ({known}) nor a file beside the plan. Check it.", "template"
        )
    try:
        return prompt(str(beside)).template
    except DatasetError as error:
        raise table.error(f"filter {error}", "template") from None

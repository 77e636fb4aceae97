"""The [filter] of a plan: another model says how probable the intended label of each row is, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evalmap.answers.answer_types import Options
from evalmap.answers.asking.prompts import fill, prompt
from evalmap.answers.asking.protocol import Prompt
from evalmap.data.errors import DatasetError
from evalmap.writing.plan_fields import Values, check_names, field_names

if TYPE_CHECKING:
    from evalmap.writing.plans import ModelChoice

FILTERS = Path(__file__).parent / "templates" / "filters"
DEFAULT_FILTER = {"yes_no": "would-say-so", "a_b": "would-choose"}
ANY_LABEL = "label-fits"  # for labels of the author's own
FITS = Options("Yes", ("No",))
KNOWN_LABELS = {"yes_no": ("Yes", "No"), "a_b": ("(A)", "(B)")}
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
    model : whom to ask; the writer where nobody is named
    """

    model: "ModelChoice"
    threshold: float | None = 0.5
    best: int | None = None
    balanced: bool = False
    template: str = ANY_LABEL
    template_text: str = ""
    prompt_kind: Literal["chat", "completion"] = "chat"
    asks_fit: bool = True

    @property
    def prompt(self) -> Prompt:
        """The template as it is put to a model."""
        lead = " " if self.prompt_kind == "completion" else ""
        return Prompt(self.template, self.template_text, kind=self.prompt_kind, lead=lead)

    def options(self, label: str, labels: Sequence[str]) -> Options:
        """The answers that the question offers; the matching one says that the label is right."""
        return FITS if self.asks_fit else Options(label, tuple(other for other in labels if other != label))

    def filled(self, text: str, label: str, *, behaviour: str, kind: str, labels: Sequence[str]) -> str:
        """The question about a row.

        Raises
        ------
        DatasetError : the template cannot be filled in
        """
        told: dict[str, Any] = {"behaviour": behaviour, "kind": kind, "text": text, "labels": list(labels)}
        told |= {"prompt_kind": self.prompt_kind} | ({"label": label} if self.asks_fit else {})
        filled = fill(self.prompt, told, self.options(label, labels))
        return filled.strip() if self.prompt_kind == "chat" else filled.rstrip()


def shipped_filters() -> tuple[str, ...]:
    """The ids of the filter templates that need no file."""
    return tuple(sorted(path.stem for path in FILTERS.glob("*.jinja")))


def filter_labels(kind: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The labels that a discriminator chooses among: those of the kind, also where a plan writes one of them only."""
    return KNOWN_LABELS.get(kind, tuple(labels))


def read_filter(
    table: Mapping[str, Any],
    path: Path,
    *,
    model: "ModelChoice",
    behaviour: str,
    kind: str,
    labels: Sequence[str],
    prompt_kind: Literal["chat", "completion"],
) -> LabelFilter:
    """The [filter] of a plan, its template filled in once for each label.

    Parameters
    ----------
    path : of the plan, which is named in errors; its folder is where the template lies
    model : what [filter.model] says
    prompt_kind : of the plan, which the filter has too where nobody else is asked and nothing else is said

    Raises
    ------
    DatasetError : a field that is unknown or of another type, a threshold and best, a template that cannot be filled in
    """
    where = " in [filter]"
    check_names(table, field_names(LabelFilter) - {"template_text", "asks_fit"}, path, where)
    values = Values(table, path, where)
    best = values.whole("best", 0, low=1, high=MOST_BEST) if "best" in table else None
    if best is not None and "threshold" in table:
        raise DatasetError(f"{path}: [filter] has a threshold and best. Leave one of them out.")
    if not isinstance(balanced := table.get("balanced", False), bool):
        raise values.wrong("balanced", "true or false")
    template = values.text("template") or DEFAULT_FILTER.get(kind, ANY_LABEL)
    text = _template_text(template, path)
    another = bool(model.name or model.gguf or model.base_url)
    found = LabelFilter(
        model=model,
        threshold=values.number("threshold", 0.5, low=0, high=1) if best is None else None,
        best=best,
        balanced=balanced,
        template=template,
        template_text=text,
        prompt_kind=values.one_of("prompt_kind", ("chat", "completion"), "chat" if another else prompt_kind),  # pyright: ignore[reportArgumentType]
        asks_fit="label" in _names(text),
    )
    choices = filter_labels(kind, labels)
    if not found.asks_fit and len(choices) < 2:
        raise DatasetError(f"{path}: filter template {template} asks for the label, and there is one only. Use {ANY_LABEL}.")
    for label in labels:
        try:
            filled = found.filled("…", label, behaviour=behaviour, kind=kind, labels=choices)
        except DatasetError as error:
            raise DatasetError(f"{path}: filter {error}") from None
        if "…" not in filled:
            raise DatasetError(f"{path}: filter template {template} does not show the row. Write {{{{ text }}}} into it.")
    return found


def _names(template: str) -> set[str]:
    from jinja2 import Environment, meta

    return meta.find_undeclared_variables(Environment().parse(template))


def _template_text(template: str, path: Path) -> str:
    if template in shipped_filters():
        return (FILTERS / f"{template}.jinja").read_text(encoding="utf-8")
    beside = path.parent / Path(template).expanduser()
    if not beside.is_file():
        known = ", ".join(shipped_filters())
        raise DatasetError(f"{path}: filter template {template} is neither shipped ({known}) nor a file beside the plan. Check it.")
    try:
        return prompt(str(beside)).template
    except DatasetError as error:
        raise DatasetError(f"{path}: filter {error}") from None

"""The templates of a plan: those that are shipped, and files beside the plan; each is tried before anything is asked."""

from dataclasses import dataclass
from pathlib import Path

from evalmap.answers.asking.prompts import prompt
from evalmap.data.errors import DatasetError

TEMPLATES = Path(__file__).parent / "templates"
OF_KIND = {"yes_no": "statement-by-persona", "a_b": "question-with-two-answers", "free": "free-text"}
FEW_SHOT = "few-shot"


@dataclass(frozen=True)
class PlanTemplate:
    """`name`: id of a shipped template, or a file beside the plan; `text`: what it holds."""

    name: str
    text: str

    @property
    def id(self) -> str:
        """The name without folder and ending: what the rows of one of several templates are called by."""
        return Path(self.name).stem


def shipped_templates() -> tuple[str, ...]:
    """The ids of the templates that need no file."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.jinja")))


def shipped_text(name: str) -> str:
    """What a shipped template holds."""
    return (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")


def find_template(name: str, kind: str, path: Path) -> PlanTemplate:
    """A template by its name in the plan `path`.

    Raises
    ------
    DatasetError : neither shipped nor a file beside the plan, no Jinja (with its line), or shipped for another kind
    """
    if any(name == other for other_kind, other in OF_KIND.items() if other_kind != kind):
        raise DatasetError(f"{path}: template {name} does not write kind {kind}. Use {OF_KIND[kind]} or {FEW_SHOT}.")
    if name in shipped_templates():
        return PlanTemplate(name, shipped_text(name))
    beside = path.parent / Path(name).expanduser()
    if not beside.exists():
        raise DatasetError(
            f"{path}: template {name} is neither shipped ({', '.join(shipped_templates())}) nor a file beside the plan. "
            f"Check the name."
        )
    try:
        return PlanTemplate(name, prompt(str(beside)).template)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None

"""What models answered: importers, scoring, joining with the examples, and statistics.

Files of answers → the workspace → arrays aligned with a map's rows → figures:

    import_answers(["samples_agreeableness.jsonl"], workspace)
    sets = answers_on(built, workspace)
    figures = report(built, sets)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmap.answers.aligned import answers_on
    from evalmap.answers.import_pipeline import import_answers
    from evalmap.answers.reporting.answer_report import report

__all__ = ["answers_on", "import_answers", "report"]

_HOMES = {
    "answers_on": "evalmap.answers.aligned",
    "import_answers": "evalmap.answers.import_pipeline",
    "report": "evalmap.answers.reporting.answer_report",
}


def __getattr__(name: str) -> Any:
    """The public functions are loaded when they are first used: `import evalmap.answers` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)

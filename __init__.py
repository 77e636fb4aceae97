"""Evalmap: see what an evaluation dataset really contains.

The names below are the public interface; docs/api.md shows each with an example that runs. They are imported when they are first
used, so `import evalmap` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmap.answers.aligned import answers_on
    from evalmap.answers.import_pipeline import import_answers
    from evalmap.answers.reporting.answer_report import report
    from evalmap.data.errors import AmbiguousReading, DatasetError
    from evalmap.data.opening import open_dataset
    from evalmap.data.overview import overview
    from evalmap.data.records import Dataset, ReadOptions
    from evalmap.data.store.workspace import Workspace
    from evalmap.embeddings.built_map import BuiltMap, load_map
    from evalmap.embeddings.pipeline import build
    from evalmap.embeddings.settings import Settings
    from evalmap.screening.pairs.near_duplicates import find_near_duplicates
    from evalmap.screening.screening import ScreeningOptions, screen

__all__ = [
    "AmbiguousReading",
    "BuiltMap",
    "Dataset",
    "DatasetError",
    "ReadOptions",
    "ScreeningOptions",
    "Settings",
    "Workspace",
    "answers_on",
    "build",
    "find_near_duplicates",
    "import_answers",
    "load_map",
    "open_dataset",
    "overview",
    "report",
    "screen",
]

_HOMES = {
    "AmbiguousReading": "data.errors",
    "BuiltMap": "embeddings.built_map",
    "Dataset": "data.records",
    "DatasetError": "data.errors",
    "ReadOptions": "data.records",
    "ScreeningOptions": "screening.screening",
    "Settings": "embeddings.settings",
    "Workspace": "data.store.workspace",
    "answers_on": "answers.aligned",
    "build": "embeddings.pipeline",
    "find_near_duplicates": "screening.pairs.near_duplicates",
    "import_answers": "answers.import_pipeline",
    "load_map": "embeddings.built_map",
    "open_dataset": "data.opening",
    "overview": "data.overview",
    "report": "answers.reporting.answer_report",
    "screen": "screening.screening",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""The formats of model answers, in the order in which they are tried, and reading files of any of them."""

import csv
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.importers import (
    anthropic_batch,
    deepeval,
    every_eval_ever,
    inspect_logs,
    lm_eval,
    openai_batch,
    openai_evals,
    opencompass,
    promptfoo,
    tables,
)
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, first_row

# The first that recognises a file reads it.
IMPORTERS = (
    *(inspect_logs, lm_eval, openai_batch, anthropic_batch, promptfoo, deepeval),
    *(openai_evals, opencompass, every_eval_ever, tables),
)
_EXPECTED = (
    "Expected samples of lm-evaluation-harness, an Inspect log, OpenAI or Anthropic batch files, results of promptfoo, DeepEval, "
    "OpenCompass, openai/evals or Every Eval Ever, or a CSV, JSONL or Parquet table with a question (or its line) and an answer in "
    "each row."
)
_LISTED = 12  # names of columns in a sentence


def stage(paths: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read files of any known format, or folders of them; a folder may mix formats.

    Raises
    ------
    DatasetError : a file is of no known format, or cannot be read
    """
    parts: dict[Any, list[Path]] = {}
    for path in paths:
        if not path.exists():
            raise DatasetError(f"{path}: no such file or folder. Check the path.")
        if path.is_file() and options.columns:
            parts.setdefault(tables, []).append(path)
            continue
        found = _of_folder(path) if path.is_dir() else [(path, _importer(path))]
        for file, importer in found:
            if importer is None:
                raise _unknown(file)
            parts.setdefault(importer, []).append(file)
    return [staged for importer, files in parts.items() for staged in importer.read(files, options)]


def _importer(path: Path) -> Any:
    return next((importer for importer in IMPORTERS if importer.recognizes(path)), None)


def _of_folder(folder: Path) -> list[tuple[Path, Any]]:
    """The folder as a whole where all that is read of it is of one format; else its files that are of any."""
    whole = _importer(folder)
    inside = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder))
    files = [(path, importer) for path in inside if (importer := _importer(path)) is not None]
    if whole is not None and {importer for _, importer in files} <= {whole}:
        return [(folder, whole)]
    return files or [(folder, None)]


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _unknown(path: Path) -> DatasetError:
    """What a file holds, and how its columns can be named where it is a table."""
    if path.is_file():
        content.read_bytes(path, source=path.name)  # empty, or a damaged gzip file, says so
    names = _columns(path)
    begun = f"{path}: no format of model answers was recognised."
    if not names:
        return DatasetError(f"{begun} {_EXPECTED}")
    found = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
    begun = f"{begun} Found a table with {found}; nearest is a table of answers."
    if len(names) < 2:
        return DatasetError(f"{begun} {_EXPECTED}")
    return DatasetError(f"{begun} {_EXPECTED} If it is one, name its columns: answer={names[-1]},question={names[0]}.", "columns")


def _columns(path: Path) -> list[str]:
    try:
        first = first_row(path) if path.is_file() else None
    except (OSError, EOFError, ValueError, csv.Error, RecursionError, zlib.error, NotImplementedError):
        return []
    return list(map(str, first or ()))

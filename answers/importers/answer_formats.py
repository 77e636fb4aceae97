"""The formats of model answers, in the order in which they are tried, and reading files of any of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.importers import inspect_logs, lm_eval, openai_batch, tables
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content

IMPORTERS = (inspect_logs, lm_eval, openai_batch, tables)  # the first that recognises a file reads it


def stage(paths: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read files (or folders of logs) of any known format.

    Raises
    ------
    DatasetError : a file is of no known format, or cannot be read
    """
    parts: dict[Any, list[Path]] = {}
    for path in paths:
        if not path.exists():
            raise DatasetError(f"{path}: no such file or folder. Check the path.")
        importer = next((importer for importer in IMPORTERS if importer.recognizes(path)), None)
        if importer is None:
            if path.is_file():
                content.read_bytes(path, source=path.name)  # empty, or a damaged gzip file, says so
            raise DatasetError(
                f"{path}: no format of model answers was recognised. Expected lm-evaluation-harness samples, an Inspect log, "
                "OpenAI Batch files, or a CSV, JSONL or Parquet table with a question (or its line) and an answer in each row."
            )
        parts.setdefault(importer, []).append(path)
    return [staged for importer, files in parts.items() for staged in importer.read(files, options)]

"""Model files on this machine: a GGUF file or a folder of safetensors; what they are called, and loading them with transformers."""

import contextlib
import importlib.util
import io
import os
import re
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError

_QUANTISATION = re.compile(r"(?:^|[-._])((?:I?Q\d(?:_[A-Z0-9]+)*)|TQ\d_\d|MXFP4|BF16|F16|F32)(?=$|[-.])", re.IGNORECASE)


def model_name(path: Path) -> str:
    """The file's name without its ending, or the folder's."""
    return path.stem if path.suffix.lower() == ".gguf" else path.resolve().name


def quantisation(path: Path) -> str | None:
    """As the name of a GGUF file tells it ("Q4_1", "IQ3_XXS", "F16"); None where it does not."""
    if path.suffix.lower() != ".gguf":
        return None
    found = _QUANTISATION.findall(path.stem)
    return found[-1].upper() if found else None


def check_model_files(path: Path) -> None:
    """Raises DatasetError where a path is no GGUF file or model folder, or a package that reads it is missing."""
    if not path.exists():
        raise DatasetError(f"{path}: no such file or folder. Give a .gguf file, or the folder of a model.")
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise DatasetError(f"{path}: no config.json in this folder. Give a .gguf file, or the folder of a model.")
        return
    if path.suffix.lower() != ".gguf":
        raise DatasetError(f"{path}: expected a .gguf file or the folder of a model.")
    missing = [name for name in ("gguf", "accelerate") if importlib.util.find_spec(name) is None]
    if missing:
        raise DatasetError(f"{path}: reading a GGUF file needs {' and '.join(missing)}. Install with: pip install 'evalmap[local]'")


def load_pretrained(kind: Any, path: Path, **settings: Any) -> Any:
    """`kind.from_pretrained` of a file or folder on this machine, without a bar and without remote code.

    Raises
    ------
    DatasetError : the library cannot read it
    """
    _quiet()
    if path.is_file():
        settings["gguf_file"] = path.name
    folder = path.parent if path.is_file() else path
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # the GGUF reader's bar has no switch
            return kind.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, **settings)
    except Exception as error:  # the library raises OSError, ValueError, KeyError … for a file that is no model
        raise DatasetError(
            f"{path}: could not be loaded as a causal language model ({error_line(error)}). "
            f"Give a .gguf file, or a folder with config.json, a tokenizer and safetensors."
        ) from error


def error_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _quiet() -> None:
    """The library draws bars and warns on stderr while it loads."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from transformers.utils import logging

    logging.disable_progress_bar()

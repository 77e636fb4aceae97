"""The formats of a plan's file: what it says, as values, and values as it says them."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError


def file_values(content: bytes, path: Path) -> Mapping[str, Any]:
    """What a plan's file says; `path` is named in errors.

    Raises
    ------
    DatasetError : not UTF-8, or not TOML
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DatasetError(f"{path}: the plan is not UTF-8. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise DatasetError(f"{path}: not TOML ({error}). Correct the line.") from None


def toml_value(value: object) -> str:
    """A text, number or list of texts in TOML: JSON's escapes are TOML's but for DEL, which JSON leaves as it is."""
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")

"""models.toml in the workspace: what the user knows of models and the logs do not tell.

[models."SmolLM2-135M*"]        # a name, or a pattern with * and ?
family = "SmolLM2"
params = 135e6
training = "instruct"           # pretrained, instruct, rlhf or other
rlhf_steps = 0
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from evalmap.answers.answer_types import TRAININGS, AnswerSetInfo
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.workspace import Workspace

NAME = "models.toml"
_KEYS = ("family", "params", "training", "rlhf_steps")


def read_models(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """{name or pattern: what is told of it}, in the file's order; {} without a file.

    Raises
    ------
    DatasetError : not TOML, or a key or value that means nothing here
    """
    path = workspace.root / NAME
    try:
        with disk.reading(path):
            content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: not TOML ({error}). Mend it or remove it.") from None
    models = content.get("models", {})
    if not isinstance(models, dict) or set(content) - {"models"}:
        raise DatasetError(f'{path}: expected tables such as [models."NAME"] (found: {", ".join(content)}).')
    for name, facts in models.items():
        _check(path, name, facts)
    return models


def with_facts(info: AnswerSetInfo, models: Mapping[str, Mapping[str, Any]]) -> AnswerSetInfo:
    """The info with what models.toml tells of its model: an exact name before patterns, patterns in the file's order."""
    facts: dict[str, Any] = {}
    for pattern in sorted(models, key=lambda name: name != info.model):
        if pattern == info.model or fnmatchcase(info.model, pattern):
            facts = {**models[pattern], **facts}
    return replace(info, **facts)


def _check(path: object, name: str, facts: object) -> None:
    if not isinstance(facts, dict):
        raise DatasetError(f'{path}: models."{name}" is {facts!r}; expected a table of {", ".join(_KEYS)}.')
    if unknown := set(facts) - set(_KEYS):
        raise DatasetError(f'{path}: models."{name}" has {", ".join(sorted(unknown))}; expected of {", ".join(_KEYS)}.')
    for key in ("params", "rlhf_steps"):
        value = facts.get(key, 1)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < 0 or (value == 0 if key == "params" else value != int(value)):
            example = "a number such as 135e6" if key == "params" else "a whole number such as 250"
            raise DatasetError(f'{path}: models."{name}".{key} is {value!r}; expected {example}.')
        if key in facts:
            facts[key] = float(value) if key == "params" else int(value)
    if not isinstance(facts.get("family", ""), str):
        raise DatasetError(f'{path}: models."{name}".family is {facts["family"]!r}; expected a name in quotes.')
    if facts.get("training", "other") not in TRAININGS:
        raise DatasetError(f'{path}: models."{name}".training is {facts["training"]!r}; expected one of {", ".join(TRAININGS)}.')

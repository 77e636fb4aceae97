"""recipe.yaml: a recipe written and read, its paths relative to its folder."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, cast

from evalmap.data.errors import DatasetError
from evalmap.data.records import PARTS, TURN_CHOICES, ReadOptions
from evalmap.embeddings.encoder import DEFAULT_MODEL
from evalmap.screening.curation.steps import step_from
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.pair_judgements import judged_from
from evalmap.screening.recipe import OUTPUTS, Recipe
from evalmap.screening.screening_options import ScreeningOptions

FORMAT = 1
_EARLIER = {"layer": "method", "normalise": "normalization"}  # keys of earlier recipes
_TEXTS = "a list of texts"
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(
        ("paths", "against", "merge", "drop_flagged"),
        (_TEXTS, lambda v: isinstance(v, list) and all(isinstance(p, str) for p in v)),
    ),
    "threshold": ("a number", lambda v: isinstance(v, (int, float)) and not isinstance(v, bool)),
    "seed": ("a whole number", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "target": ("a whole number", lambda v: v is None or (isinstance(v, int) and not isinstance(v, bool))),
    **dict.fromkeys(("keep", "templates"), ("a text", lambda v: v is None or isinstance(v, str))),
    "template_rules": ("rules by template", lambda v: isinstance(v, dict) and all(isinstance(one, str) for one in v.values())),
    **dict.fromkeys(("balance", "keep_set_aside", "with_tags", "yes", "header"), ("true or false", lambda v: isinstance(v, bool))),
}


def recipe_yaml(recipe: Recipe, path: Path) -> bytes:
    """The recipe as it stands in a file at `path`: files below or beside its folder are named relative to it."""
    import yaml

    folder = Path(os.path.realpath(path)).parent
    read = recipe.read.given()
    against = {"against": [_relative(p, folder) for p in recipe.against]} if recipe.against else {}
    paths = [_relative(p, folder) for p in recipe.paths]
    content: dict[str, Any] = {
        "evalmap": FORMAT,
        "load": {"paths": paths, **against, **read, "model": _relative(recipe.model, folder)},
        "screen": {**_options(recipe.options), "keep_set_aside": recipe.keep_set_aside},
        "export": {
            **{name: _written(where, folder) for name in OUTPUTS if (where := getattr(recipe, name))},
            **({"lm_eval_task": recipe.lm_eval_task} if recipe.lm_eval_task else {}),
        },
    }
    if len(recipe.decisions):
        content["decisions"] = recipe.decisions.as_list()
    if recipe.with_tags:
        content["screen"]["with_tags"] = True
    if recipe.curation:
        content["curation"] = [step.as_dict() for step in recipe.curation]
    if recipe.judged:
        content["threshold_by_example"] = recipe.judged.as_dict()
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120).encode()


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; relative paths in it start at its folder.

    Raises
    ------
    DatasetError : no such file, not YAML, not a recipe; an unknown key or a value of the wrong kind, by name
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"recipe {path}: cannot be read ({error.strerror}).", "recipe") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        where = f" line {place.line + 1}" if place else ""
        raise DatasetError(f"recipe {path}{where}: not YAML. Write one anew.", "write_recipe") from error
    if not isinstance(content, dict) or content.get("evalmap") != FORMAT:
        raise DatasetError(f"recipe {path}: no recipe of this version (evalmap: {FORMAT}). Write one anew.", "write_recipe")
    where = f"recipe {path}"
    _known(content, ("evalmap", "load", "screen", "export", "decisions", "curation", "threshold_by_example"), where)
    load, screen, export = (_section(content, name, where) for name in ("load", "screen", "export"))
    folder = Path(os.path.realpath(path)).parent
    read_names, option_names = ([part.name for part in fields(kind)] for kind in (ReadOptions, ScreeningOptions))
    _known(load, ("paths", "against", "model", *read_names), f"{where} load")
    screen = {_EARLIER.get(name, name): value for name, value in screen.items()}
    _known(screen, ("keep_set_aside", "with_tags", *option_names), f"{where} screen")
    _known(export, (*OUTPUTS, "lm_eval_task"), f"{where} export")
    _check_kinds(load, screen, export, where)
    for name, known in (("part", PARTS), ("turn", TURN_CHOICES)):
        if load.get(name, known[0]) not in known:
            raise DatasetError(f"{where} load: {name} is {load[name]!r}; choose one of {', '.join(known)}.")
    return Recipe(
        paths=tuple(_absolute(p, folder) for p in load.get("paths", ())),
        against=tuple(_absolute(p, folder) for p in load.get("against", ())),
        read=ReadOptions(**{name: load[name] for name in read_names if name in load}),
        model=_absolute(load.get("model", DEFAULT_MODEL), folder),
        options=ScreeningOptions(**{name: screen[name] for name in option_names if name in screen}),
        decisions=DecisionLog.from_list(content.get("decisions") or [], where=f"{where} decisions"),
        curation=tuple(step_from(step, where=f"{where} curation") for step in _steps(content.get("curation"), where)),
        judged=judged_from(judged, where=f"{where} threshold_by_example")
        if (judged := content.get("threshold_by_example"))
        else None,
        keep_set_aside=screen.get("keep_set_aside", False),
        lm_eval_task=export.get("lm_eval_task"),
        with_tags=screen.get("with_tags", False),
        **cast(Any, {name: folder / export[name] for name in OUTPUTS if name in export}),
    )


def _options(options: ScreeningOptions) -> dict[str, Any]:
    """The options of a screening; flags and rules of templates only where there are some: without them a recipe stays as it was."""
    late = {
        "templates": options.templates,
        "template_rules": dict(options.template_rules),
        "drop_flagged": list(options.drop_flagged),
    }
    plain = {name: value for name, value in asdict(options).items() if name not in late}
    return {**plain, "merge": list(options.merge), **{name: value for name, value in late.items() if value}}


def _check_kinds(load: dict[str, Any], screen: dict[str, Any], export: dict[str, Any], where: str) -> None:
    for name, value in [*load.items(), *screen.items(), *export.items()]:
        expected, fits = _KINDS.get(name, ("a text", lambda v: isinstance(v, str)))
        if not fits(value):
            raise DatasetError(f"{where}: {name} is {value!r}; expected {expected}.")


def _steps(steps: Any, where: str) -> list[Any]:
    if not isinstance(steps or [], list):
        raise DatasetError(f"{where} curation: expected a list of steps (found {type(steps).__name__}).")
    return steps or []


def _section(content: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    section = content.get(name) or {}
    if not isinstance(section, dict):
        raise DatasetError(f"{where}: {name} is {section!r}; expected settings by name.")
    return section


def _known(section: dict[str, Any], names: Sequence[str], where: str) -> None:
    if unknown := [name for name in section if name not in names]:
        raise DatasetError(f"{where}: {unknown[0]!r} is unknown (known: {', '.join(names)}).")


def _relative(location: str, folder: Path) -> str:
    path = Path(location).expanduser()
    return _written(path, folder) if path.exists() else location


def _written(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(os.path.realpath(path), folder)).as_posix()


def _absolute(location: str, folder: Path) -> str:
    """A path where one is there; else an address, a dataset of the hub or a model's name, or a path that is missing."""
    path = folder / Path(location).expanduser()
    is_path = path.exists() or location.startswith((".", "/"))
    return os.path.normpath(path) if is_path else location

"""The name of a screened set, built from its recipe: what it was, how it was screened in short, and a hash of all of it.

persona-x@sem85-k3-1f2e3d is persona-x, screened by meaning at 0.85, three rows a template kept. The same recipe gives the same name
wherever it lies; other options, decisions or fields give another hash.
"""

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from evalmap.data.readers.formats import without_ending
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_file import recipe_yaml
from evalmap.screening.screening_options import ScreeningOptions

MARK = "{name}"  # stands for the name in the path of an output
_HASH = 6  # characters


def screened_name(recipe: Recipe) -> str:
    """The name of the set that a recipe leaves: letters, digits, and . _ + @ - only, so that it may be a file's name."""
    names = [without_ending(PurePosixPath(path.replace("\\", "/").rstrip("/")).name) or "set" for path in recipe.paths] or ["set"]
    base = names[0] if len(names) == 1 else f"{names[0]}+{len(names) - 1}"
    plain = "".join(char if char.isalnum() or char in "._+-" else "-" for char in base).strip("-.") or "set"
    return f"{plain}@{'-'.join([*_in_short(recipe.options), _hash(recipe, names)])}"


def with_name(path: Path | None, name: str) -> Path | None:
    """The path of an output with the name in place of {name}."""
    return None if path is None else Path(str(path).replace(MARK, name))


def _in_short(options: ScreeningOptions) -> list[str]:
    found = [options.method[:3] + ("" if options.method == "exact" else f"{100 * options.threshold:g}")]
    if options.templates:
        rule, _, count = options.templates.partition(":")
        found.append(f"k{count}" if count else {"keep-all": "kall"}.get(rule, "kdup"))
    found += ["bal"] if options.balance else []
    found += [f"n{options.target}"] if options.target else []
    return found


def _hash(recipe: Recipe, names: list[str]) -> str:
    """Of all that the recipe says, but for where files lie."""
    import yaml

    content: dict[str, Any] = yaml.safe_load(recipe_yaml(recipe, Path("recipe.yaml")))
    content.pop("export", None)
    content.pop("threshold_by_example", None)  # how the threshold was found; the threshold itself is an option
    content["load"]["paths"] = names
    content["load"]["against"] = [PurePosixPath(path).name for path in content["load"].get("against", ())]
    content["load"]["model"] = PurePosixPath(content["load"]["model"]).name
    written = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:_HASH]

"""Whom the plans of evalmap write ask: what the options name, else what the plan does."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmap.cli.model_command import choose_target
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.cli.model_command import Target
    from evalmap.writing.model_choice import ModelChoice


def chosen_model(chosen: "ModelChoice", path: Path, *, model: str | None, base_url: str | None, gguf: Path | None) -> "ModelChoice":
    """Whom to ask: what the options name, else what the plan does. A model file lies beside the plan."""
    if gguf is not None:
        return replace(chosen, name=model, base_url=None, gguf=str(gguf))
    if chosen.gguf and not (model or base_url):
        return replace(chosen, gguf=str(path.parent / Path(chosen.gguf).expanduser()))
    return replace(chosen, name=model or chosen.name, base_url=base_url or chosen.base_url, gguf=None)


def target_of(chosen: "ModelChoice", path: Path, **how: Any) -> "Target":
    """What answers for a choice; `how` is as `choose_target` takes it.

    Raises
    ------
    DatasetError : the choice names nobody
    """
    if not chosen.gguf and not chosen.base_url:
        raise DatasetError(
            f"{path}: [model] names nobody to ask. Give it a name and a base_url, or a gguf file.", "base_url", "gguf"
        )
    gguf = Path(chosen.gguf) if chosen.gguf else None
    return choose_target(model=chosen.name, base_url=chosen.base_url, gguf=gguf, engine="xllamacpp", **how)

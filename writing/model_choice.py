"""Whom a plan asks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelChoice:
    """Whom to ask: `name` at the address `base_url`, or the model file `gguf`. The command line may name another one."""

    name: str | None = None
    base_url: str | None = None
    gguf: str | None = None

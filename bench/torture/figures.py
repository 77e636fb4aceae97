"""What a part of the torture came to: how often it was tried, and how often each thing that must not be was seen."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

SHOWN = 3  # examples of each thing


@dataclass
class Figures:
    """Counts.

    Attributes
    ----------
    what : was done
    tried : how often
    wrong : {what must not be: how often it was}; a name that is there with 0 was looked for
    counts : what else is worth telling
    examples : some of what was wrong, in a line each
    """

    what: str
    tried: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Tried at all, and nothing wrong."""
        return self.tried > 0 and not self.wrong.total()

    def look(self, name: str, is_so: bool, example: str = "") -> None:
        """Count one look for something that must not be."""
        self.wrong[name] += is_so
        if is_so and self.wrong[name] <= SHOWN:
            self.examples.append(f"{name}: {example}")

    def lines(self) -> list[str]:
        """For a person."""
        told = [f"{count:,} {name}" for name, count in [*self.wrong.items(), *self.counts.items()]]
        return [f"{self.what}: {self.tried:,} tried, {', '.join(told)}", *(f"    {example[:400]}" for example in self.examples)]

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {"what": self.what, "tried": self.tried, "wrong": self.wrong, "counts": self.counts, "examples": self.examples}

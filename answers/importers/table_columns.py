"""Which column of a table of answers is what, and what its cells may hold."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from evalmap.data.errors import DatasetError

# Role: names of a column that plays it, the first that is there. Capitals do not matter, nor what stands between words.
ROLES: dict[str, tuple[str, ...]] = {
    "dataset": ("dataset", "dataset_name", "eval", "task", "file"),
    "row": ("row", "row_index", "row_id", "doc_id"),
    "line": ("line", "line_number"),
    "id": ("id", "question_id", "item_id", "uid"),
    "question": ("question", "question_text", "input"),
    "question_hash": ("question_hash", "example_hash"),
    "sample": ("sample", "sample_index", "repeat"),
    "epoch": ("epoch",),
    "answer": ("answer", "choice", "chosen", "predicted", "prediction"),
    "p_matching": ("p_matching", "prob_matching", "probability_matching", "p_match"),
    "logprob_matching": ("logprob_matching", "lp_matching", "logp_matching"),
    "logprob_not_matching": ("logprob_not_matching", "lp_not_matching", "logp_not_matching"),
    "correct": ("correct", "is_correct", "matches", "matching_behavior", "is_matching"),
    "text": ("text", "response", "completion", "output", "raw_text", "generation"),
    "error": ("error",),
    "answer_matching": ("answer_matching", "answer_matching_behavior", "matching_answer"),
    "answer_mass": ("answer_mass", "mass"),
    "top_token": ("top_token",),
    "bounded": ("bounded",),
    "model": ("model", "model_name", "model_id"),
    "prompt": ("prompt", "prompt_id", "prompt_name"),
    "prompt_template": ("prompt_template", "template"),
    "system_prompt": ("system_prompt", "system"),
    "n_shot": ("n_shot", "num_fewshot", "shots"),
    "temperature": ("temperature",),
    "revision": ("revision", "model_revision"),
    "quantisation": ("quantisation", "quantization"),
    "dtype": ("dtype",),
    "runtime": ("runtime", "backend"),
    "runtime_version": ("runtime_version",),
    "normalisation": ("normalisation", "normalization"),
    "family": ("family", "model_family"),
    "params": ("params", "parameters", "n_params", "model_params"),
    "training": ("training",),
    "rlhf_steps": ("rlhf_steps",),
}
KEYS = ("row", "line", "id", "question", "question_hash")
_SHOWN = {
    "question_hash": "hash of the question",
    "correct": "whether it matches",
    "answer_matching": "matching option",
    "text": "what the model wrote",
    "line": "line from 1",
    "row": "row from 0",
    "epoch": "sample",
}
_OF_OPTION = re.compile(r"(p|prob|probability|logprob|lp|logp)_(yes|no|true|false|[a-h])")
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_ROUNDING = 1e-6  # of probabilities in float32
_LARGEST = 1e15  # of whole numbers: a float holds each of them
_MANY = 12


@dataclass(frozen=True)
class Columns:
    """What a table's columns are.

    roles : {role: column}; p, logprobs : {option: column of its probability, or log-probability}, two or more, or none; unused
    """

    roles: dict[str, str]
    p: dict[str, str] = field(default_factory=dict)
    logprobs: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def has_key(self) -> bool:
        return any(role in self.roles for role in KEYS)

    @property
    def has_evidence(self) -> bool:
        pair = {"logprob_matching", "logprob_not_matching"} <= self.roles.keys()
        alone = any(role in self.roles for role in ("answer", "p_matching", "correct", "text"))
        return alone or pair or bool(self.p or self.logprobs)

    def with_prompt_as_question(self) -> "Columns":
        """Where the prompt column holds whole prompts: they stand for the question, unless another column has that."""
        roles = {role: name for role, name in self.roles.items() if role != "prompt"}
        if "question" in roles:
            return replace(self, roles=roles, unused=(*self.unused, self.roles["prompt"]))
        return replace(self, roles={**roles, "question": self.roles["prompt"]})

    @property
    def note(self) -> str:
        """What was taken for what."""
        taken = [
            name if name == shown else f"{name} as {shown}"
            for role, name in self.roles.items()
            if (shown := _SHOWN.get(role, role))
        ]
        taken += [f"{name} as P({option})" for option, name in self.p.items()]
        taken += [f"{name} as log P({option})" for option, name in self.logprobs.items()]
        return f"Columns read: {', '.join(taken)}." + (f" Not used: {listed(self.unused)}." if self.unused else "")


def find_columns(names: Iterable[str]) -> Columns:
    """The role of each column, by its name."""
    names = list(names)
    plain = {re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_"): name for name in reversed(names)}
    roles = {
        role: plain[found] for role, known in ROLES.items() if (found := next((name for name in known if name in plain), None))
    }
    if "question" not in roles and {"example_id", "counted", "text"} <= plain.keys():
        roles["question"] = roles.pop("text")  # a table that Evalmap exported: text is the example's
    if "row" in roles:
        roles.pop("line", None)
    if "sample" in roles:
        roles.pop("epoch", None)
    of_options: dict[str, dict[str, str]] = {"p": {}, "l": {}}
    for short, name in plain.items():
        if found := _OF_OPTION.fullmatch(short):
            option = f"({found[2].upper()})" if len(found[2]) == 1 else found[2].capitalize()
            of_options[found[1][0]].setdefault(option, name)
    p, logprobs = ({} if len(of) < 2 else dict(sorted(of.items(), reverse="Yes" in of)) for of in of_options.values())
    used = {*roles.values(), *p.values(), *logprobs.values()}
    return Columns(roles, p, logprobs, tuple(name for name in names if name not in used))


def listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:_MANY]) + (f" and {len(names) - _MANY:,} more" if len(names) > _MANY else "")


# --- cells: None where empty; a DatasetError names the place, the column and the value -----------------------------------------


def text(value: Any, where: str, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise DatasetError(f"{where}: {name} is {'an object' if isinstance(value, dict) else 'a list'}, expected a text.")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of integers with gaps
    return str(value)


def number(value: Any, where: str, name: str) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = math.nan if isinstance(value, bool | dict | list) else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if math.isnan(found) and str(value).strip().lower() != "nan":
        raise DatasetError(f"{where}: {name} is {_quoted(value)}, expected a number.")
    return None if math.isnan(found) else found


def probability(value: Any, where: str, name: str) -> float | None:
    found = number(value, where, name)
    if found is not None and not -_ROUNDING <= found <= 1 + _ROUNDING:
        hint = " Divide percentages by 100." if 1 < found <= 100 else ""
        raise DatasetError(f"{where}: {name} is {found:g}, expected a probability from 0 to 1.{hint}")
    return None if found is None else min(max(found, 0.0), 1.0)


def logprob(value: Any, where: str, name: str) -> float | None:
    found = number(value, where, name)
    if found is not None and found > _ROUNDING:
        raise DatasetError(f"{where}: {name} is {found:g}, expected the logarithm of a probability, which is at most 0.")
    return None if found is None else min(found, 0.0)


def whole(value: Any, where: str, name: str, *, least: int = 0) -> int | None:
    found = number(value, where, name)
    if found is None:
        return None
    if not found.is_integer() or found < least or found > _LARGEST:
        below = f" to {_LARGEST:g}" if found > _LARGEST else ""
        raise DatasetError(f"{where}: {name} is {_quoted(value)}, expected a whole number from {least}{below}.")
    return int(found)


def flag(value: Any, where: str, name: str) -> bool | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    plain = str(value).strip().lower()
    if isinstance(value, dict | list) or plain not in ("true", "false", "1", "0", "1.0", "0.0"):
        raise DatasetError(f"{where}: {name} is {_quoted(value)}, expected true or false (or 1 or 0).")
    return plain in ("true", "1", "1.0")


def digest(value: Any, where: str, name: str) -> str | None:
    found = text(value, where, name)
    if found is not None and not re.fullmatch(r"[0-9a-fA-F]{16,64}", found.strip()):
        raise DatasetError(f"{where}: {name} is {_quoted(found)}, expected at least 16 hex digits of the SHA-256 of the question.")
    return None if found is None else found.strip()[:16].lower()


def error(value: Any, where: str, name: str) -> str | None:
    """The words of an error; a column of flags or figures that is called so has none."""
    found = value.strip() if isinstance(value, str) else ""
    return one_line(found) if found.lower() not in ("", "false", "true", "0", "1", "none", "null", "nan") else None


def params(value: Any, where: str, name: str) -> float | None:
    """A number of parameters: 135000000, 1.35e8 or "135M"."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([0-9.]+)\s*([kmbt])\s*", value.lower())):
        value = number(found[1], where, name)
        return None if value is None else value * _UNITS[found[2]]
    parsed = number(value, where, name)
    if parsed is not None and not 0 < parsed < math.inf:
        raise DatasetError(f"{where}: {name} is {_quoted(value)}, expected a number of parameters such as 135e6 or 135M.")
    return parsed


def training(value: Any, where: str, name: str) -> Literal["pretrained", "instruct", "rlhf", "other"] | None:
    found = (text(value, where, name) or "").strip().lower()
    if found in ("pretrained", "base", "pre-trained"):
        return "pretrained"
    if found in ("instruct", "instruction", "chat", "sft"):
        return "instruct"
    return "rlhf" if found == "rlhf" else "other" if found else None


def one_line(words: str) -> str:
    return " ".join(words.split())[:200]


def _quoted(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"

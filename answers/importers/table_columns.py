"""Which column of a table of answers is what, and what its cells may hold."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from evalmap.data.errors import DatasetError
from evalmap.data.text.pronouns import PRONOUNS

# Role: names of a column that plays it, the first that is there. Neither capitals matter, nor what stands between words.
ROLES: dict[str, tuple[str, ...]] = {
    "dataset": ("dataset", "dataset_name", "eval", "task", "file"),
    "row": ("row", "row_index", "row_id", "doc_id"),
    "line": ("line", "line_number"),
    "id": ("id", "question_id", "item_id", "uid", "sample_id", "qid", "idx"),
    "question": (
        *("question", "question_text", "input", "query", "instruction", "problem", "goal", "behavior", "behaviour"),
        *("statement", "sentence", "claim", "user_input", "user_prompt", "sentence_with_blank", "inputs"),
    ),
    "question_hash": ("question_hash", "example_hash"),
    "sample": ("sample", "sample_index", "repeat"),
    "epoch": ("epoch",),
    "answer": (
        *("prediction", "predicted", "pred", "predicted_answer", "answer_pred", "pred_answer", "model_prediction"),
        *("y_pred", "predicted_label", "pred_label", "parsed_answer", "extracted_answer", "model_choice"),
        *("model_label", "predictions", "answer", "choice", "chosen"),
    ),
    "p_matching": ("p_matching", "prob_matching", "probability_matching", "p_match"),
    "logprob_matching": ("logprob_matching", "lp_matching", "logp_matching"),
    "logprob_not_matching": ("logprob_not_matching", "lp_not_matching", "logp_not_matching"),
    "correct": ("correct", "is_correct", "matches", "matching_behavior", "is_matching"),
    "score": ("score", "judge_score", "exact_match", "f1"),
    "text": (
        *("model_answer", "model_output", "model_outputs", "model_response", "model_responses", "model_completion"),
        *("model_reply", "llm_output", "llm_response", "llm_answer", "generated_text", "generated_answer"),
        *("generated_response", "generated", "generation", "generations", "actual_output", "raw_output"),
        *("raw_response", "resps", "reply", "assistant_response", "assistant", "response", "responses"),
        *("completion", "completions", "output", "outputs", "continuation", "text", "raw_text"),
    ),
    "key": (
        *("target", "label", "gold", "gold_label", "gold_answer", "golden_answer", "ground_truth", "reference"),
        *("reference_answer", "expected", "expected_output", "expected_answer", "correct_answer", "correct_option"),
        *("ideal", "answer_key", "true_label", "true_answer", "y_true", "solution", "answer_index", "answer_idx"),
        *("answer",),
    ),
    "error": ("error",),
    "answer_matching": ("answer_matching", "answer_matching_behavior", "matching_answer"),
    "answer_mass": ("answer_mass", "mass"),
    "top_token": ("top_token",),
    "bounded": ("bounded",),
    "model": ("model", "model_name", "model_id", "generator", "model_slug"),
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
_OPEN = frozenset({"answer", "choice", "chosen", "text", "raw_text"})  # these may be the key, or the question, as well
_RAW = frozenset({"text", "raw_text", "raw_output", "raw_response"})  # what stands beside an answer that was read from it
_SHOWN = {
    "question_hash": "hash of the question",
    "correct": "whether it matches",
    "answer_matching": "matching option",
    "text": "what the model wrote",
    "line": "line from 1",
    "row": "row from 0",
    "epoch": "sample",
    "key": "the key",
}
_PRONOUNS = frozenset(word for female, male, open_to_all in PRONOUNS.values() for word in (female, male, *open_to_all))
_OF_OPTION = re.compile(rf"(p|prob|probability|logprob|lp|logp)_(yes|no|true|false|{'|'.join(sorted(_PRONOUNS))}|[a-h])")
_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_ROUNDING = 1e-6  # of probabilities in float32
_LARGEST = 1e15  # of whole numbers: a float holds each of them
_MANY = 12


@dataclass(frozen=True)
class Columns:
    """What a table's columns are.

    roles : {role: column}; p, logprobs : {option: column of its probability, or log-probability}, two or more, or none; unused
    chosen : roles that the user named a column for
    """

    roles: dict[str, str]
    p: dict[str, str] = field(default_factory=dict)
    logprobs: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    chosen: frozenset[str] = frozenset()

    @property
    def has_key(self) -> bool:
        return any(role in self.roles for role in KEYS)

    @property
    def has_evidence(self) -> bool:
        pair = {"logprob_matching", "logprob_not_matching"} <= self.roles.keys()
        alone = any(role in self.roles for role in ("answer", "p_matching", "correct", "score", "text"))
        return alone or pair or bool(self.p or self.logprobs)

    def with_prompt_as_question(self) -> "Columns":
        """Where the prompt column holds whole prompts: they stand for the question, unless another column has that."""
        roles = {role: name for role, name in self.roles.items() if role != "prompt"}
        if "question" in roles:
            return replace(self, roles=roles, unused=(*self.unused, self.roles["prompt"]))
        return replace(self, roles={**roles, "question": self.roles["prompt"]})

    @property
    def names_a_models_words(self) -> bool:
        """Whether a column's name can mean nothing but what a model said."""
        return any(plain_name(self.roles.get(role, "text")) not in _PLAIN_OPEN for role in ("answer", "text"))

    @property
    def may_be_key(self) -> str | None:
        """The column that was taken for the model's answer though its name is as good for the key; None for a surer reading."""
        name = self.roles.get("answer")
        others = {"p_matching", "correct", "score", "logprob_matching", "answer_matching"} & self.roles.keys()
        open_name = name is not None and plain_name(name) in _PLAIN_OPEN
        return name if open_name and "answer" not in self.chosen and not others and not self.p and not self.logprobs else None

    @property
    def note(self) -> str:
        """What was taken for what."""
        taken = [column_note(role, name) for role, name in self.roles.items()]
        taken += [f"{name} as P({option})" for option, name in self.p.items()]
        taken += [f"{name} as log P({option})" for option, name in self.logprobs.items()]
        return f"Columns read: {', '.join(taken)}." + (f" Not used: {listed(self.unused)}." if self.unused else "")


def find_columns(names: Iterable[str], chosen: Mapping[str, str] | None = None) -> Columns:
    """The role of each column, by its name.

    A model's words beside what may be the key: the former is the answer, the latter the key. `text` is the question where another
    column has the answer and none the question.

    Parameters
    ----------
    chosen : {role: column} that the user named; they win

    Raises
    ------
    DatasetError : a chosen column that is not there
    """
    names, chosen = list(names), dict(chosen or {})
    if lost := next((name for name in chosen.values() if name not in names), None):
        raise DatasetError(f"no column is called {lost} (found: {listed(names)}). Name one that is there.", "columns")
    taken = set(chosen.values())
    by_name = {plain_name(name): name for name in reversed(names) if name not in taken}
    found = {role: name for role, known in _PLAIN.items() if (name := next((one for one in known if one in by_name), None))}
    _part(found, by_name, chosen)
    roles = {role: chosen.get(role) or by_name[found[role]] for role in ROLES if role in chosen or role in found}
    plain = {re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_"): name for name in reversed(names)}
    if "question" not in roles and {"example_id", "counted", "text"} <= plain.keys():
        roles["question"] = roles.pop("text", plain["text"])  # a table that Evalmap exported: text is the example's
    if "row" in roles:
        roles.pop("line", None)
    if "sample" in roles:
        roles.pop("epoch", None)
    of_options: dict[str, dict[str, str]] = {"p": {}, "l": {}}
    for short, name in plain.items():
        if found := _OF_OPTION.fullmatch(short):
            word = found[2]
            option = f"({word.upper()})" if len(word) == 1 else word if word in _PRONOUNS else word.capitalize()
            of_options[found[1][0]].setdefault(option, name)
    p, logprobs = ({} if len(of) < 2 else dict(sorted(of.items(), reverse="Yes" in of)) for of in of_options.values())
    used = {*roles.values(), *p.values(), *logprobs.values()}
    return Columns(roles, p, logprobs, tuple(name for name in names if name not in used), frozenset(chosen))


def column_note(role: str, name: str) -> str:
    """ "pred as answer"; the name alone where it says so itself."""
    shown = _SHOWN.get(role, role)
    return name if name == shown else f"{name} as {shown}"


def plain_name(name: str) -> str:
    """A column's name in lower case, without what stands between its words."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


_PLAIN = {role: tuple(map(plain_name, known)) for role, known in ROLES.items()}
_PLAIN_OPEN = frozenset(map(plain_name, (*_OPEN, *_RAW)))


def _part(found: dict[str, str], by_name: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    """Tell the model's words from the key and from the question, where a name may be either; `found` is changed."""
    sure = bool({"answer", "text"} & chosen.keys()) or any(
        found.get(role, "text") not in _PLAIN_OPEN for role in ("answer", "text")
    )
    if found.get("answer") in _PLAIN_OPEN:
        if sure:
            del found["answer"]
        elif found.get("key") == found["answer"]:
            del found["key"]
    asks = bool({"question", "prompt"} & (found.keys() | chosen.keys()))
    if sure and not asks and "text" in by_name:
        found["question"] = "text"
        if found.get("text") == "text":
            del found["text"]
    for role in chosen:
        found.pop(role, None)


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


def loose_text(value: Any, where: str, name: str) -> str | None:
    """A text, or None for what is none: a key is only compared."""
    return None if isinstance(value, dict | list) else text(value, where, name)


def score(value: Any, where: str, name: str) -> float | None:
    """A figure; a flag is 1 or 0, and words that are no figure are none."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return float(value.strip().lower() == "true")
    try:
        found = number(value, where, name)
    except DatasetError:
        return None
    return None if found is None or math.isinf(found) else found


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

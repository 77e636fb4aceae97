"""Rows that hold the answers of several models, or several answers of one: unfolded to one answer a row.

Read are a column a model ("gpt-4o", "llama_response"), an object of models ({"responses": {"m1": "Yes", "m2": "No"}}), a list of
objects that each name their model, and lists of samples (`outputs: [{"text": …}]` as vLLM writes them, `completions: ["…", "…"]`).
These are habits, not a standard: what is not plainly one of them is left as it stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalmap.answers.importers.table_columns import find_columns, plain_name

_SAMPLES = frozenset(
    {"responses", "outputs", "output", "completions", "generations", "predictions", "resps", "modeloutputs", "modelresponses"}
    | {"modelanswers", "response", "completion", "generatedtext", "generatedtexts", "filteredresps"}
)
_BY_MODEL = _SAMPLES | {"answers", "models", "results", "bymodel"}
_TEXTS = ("text", "generated_text", "response", "output", "completion", "answer", "prediction", "content", "generation")
_MODELS = ("model", "model_name", "model_id", "generator", "name", "provider")
_SAID = r"responses?|answers?|outputs?|predictions?|preds?|completions?|generations?|repl(?:y|ies)"
_AFTER = re.compile(rf"(?i)(.+?)[ _.:/-]+(?:{_SAID})")
_BEFORE = re.compile(rf"(?i)(?:{_SAID})[ _.:/-]+(?:of |by |from )?\(?(.+?)\)?")
_NO_MODEL = frozenset(
    "model raw generated predicted correct incorrect gold golden expected reference matching best true false final user the parsed "
    "extracted human ideal right wrong actual not p logprob possible acceptable accepted rejected chosen first second my your "
    "behavior behaviour set index idx key id type text list letter start end a b c d e token tokens length count format".split()
)
_FAMILY = re.compile(
    r"(?i)\b(gpt|chatgpt|claude|llama|codellama|mistral|mixtral|qwen|gemma|gemini|palm|phi|falcon|deepseek|smollm\d?|olmo|pythia|grok"
    r"|davinci|vicuna|command-r|cohere|glm|yi|mpt|bloom|nova|kimi|o[134]|tulu|zephyr|starling|flan|opt|dolly)(?=[\W_\d]|$)"
)


def unfold(rows: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows with one answer each, and for each of them the row that it comes from.

    Parameters
    ----------
    rows : {column: cell}, cells as they stand in the file, nested ones included
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    scalar = [name for name in names if not any(isinstance(row.get(name), dict | list) for row in rows)]
    sure = find_columns(scalar).names_a_models_words
    wide = {} if sure else model_columns(scalar)
    nested = None if sure else next((name for name in names if name not in scalar and _all_answers(name, rows)), None)
    found: list[dict[str, Any]] = []
    origin: list[int] = []
    for at, row in enumerate(rows):
        if nested is not None:
            beside = {name: value for name, value in row.items() if name != nested}
            said = list(_answers(row.get(nested))) or [{"response": None}]
        elif wide:
            beside = {name: value for name, value in row.items() if name not in wide}
            said = [{"model": model, "response": row.get(name)} for name, model in wide.items() if row.get(name) is not None]
        else:
            beside, said = dict(row), [{}]
        for one in said:
            found.append({**beside, **one})
            origin.append(at)
    return found, origin


def model_columns(names: Sequence[str]) -> dict[str, str]:
    """{column: model} of the columns that hold the answers of one model each; {} where fewer than two do."""
    roles = find_columns(names).roles
    if {"model", "p_matching", "logprob_matching"} & roles.keys():
        return {}  # it says itself whose the answers are
    known = {*roles.values()}
    found: dict[str, str] = {}
    for name in names:
        if name in known:
            continue
        match = _AFTER.fullmatch(name) or _BEFORE.fullmatch(name)
        if match and not set(re.findall(r"[a-z]+", match[1].lower())) <= _NO_MODEL:
            found[name] = match[1].strip()
        elif _FAMILY.match(name.strip()):
            found[name] = name.strip()
    return found if len(found) >= 2 else {}


def _all_answers(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the cells of a column hold answers, in each row that has one."""
    cells = [row.get(name) for row in rows if row.get(name) is not None]
    plain = plain_name(name)
    if not cells or not all(list(_answers(cell)) for cell in cells):
        return False
    by_model = all("model" in one for cell in cells for one in _answers(cell))
    return (
        plain in _BY_MODEL if by_model else plain in _SAMPLES or (plain == "choices" and all("turns" in _first(c) for c in cells))
    )


def _first(cell: Any) -> Mapping[str, Any]:
    return cell[0] if isinstance(cell, list) and cell and isinstance(cell[0], dict) else {}


def _answers(cell: Any) -> Iterator[dict[str, Any]]:
    """{"response"}, with "model" or "sample" where there are several; nothing for what is no answer."""
    if isinstance(cell, dict):
        if (text := _text(cell)) is not None:
            yield {"response": text}
            return
        if len(cell) >= 1 and not all(len(str(key)) == 1 for key in cell):
            said = {str(model): _text(value) for model, value in cell.items() if value is not None}
            if said and all(text is not None for text in said.values()):
                yield from ({"model": model, "response": text} for model, text in said.items())
        return
    if not isinstance(cell, list):
        return
    while len(cell) == 1 and isinstance(cell[0], list):
        cell = cell[0]
    texts = [_text(one) for one in cell]
    if not texts or any(text is None for text in texts):
        return
    models = [_model(one) for one in cell]
    for place, (text, model) in enumerate(zip(texts, models, strict=True)):
        if all(models):
            yield {"model": model, "response": text}
        else:
            yield {"response": text, **({"sample": place} if len(texts) > 1 else {})}


def _model(value: Any) -> str | None:
    return next((value[name] for name in _MODELS if isinstance(value.get(name), str)), None) if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    """The text of one answer, as it stands or in an object."""
    if isinstance(value, list) and len(value) == 1:
        return _text(value[0])
    if isinstance(value, dict):
        if isinstance(turns := value.get("turns"), list) and turns and isinstance(turns[0], str):
            return turns[0]
        return next((text for name in _TEXTS if name in value and (text := _text(value[name])) is not None), None)
    return value if isinstance(value, str) else None

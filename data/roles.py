"""Which field is the text, the label, the confidence …: detected from names and content, each overridable."""

from dataclasses import asdict

import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.records import ROLE_NAMES, FileRows, ReadOptions, Roles

# In order of preference; names are compared without case.
_TEXT = ("text", "statement", "question", "prompt", "sentence", "sentence_with_blank", "instruction", "input", "content", "query")
_LABEL = ("answer_matching_behavior", "label", "answer", "target", "class", "gold", "correct_answer", "expected", "category")
_CONFIDENCE = ("label_confidence", "confidence", "probability", "score")
_CHOICES = ("choices", "options", "pronoun_options", "answer_choices", "answers")
_GROUP = ("group", "occupation", "topic", "subject", "category", "behavior", "domain")
_ID = ("id", "example_id", "uid", "uuid", "idx", "index")
_KNOWN: tuple[tuple[str, frozenset[str], dict[str, str]], ...] = (
    ("persona", frozenset({"question", "statement", "answer_matching_behavior"}), {"text": "statement"}),
    ("multiple-choice", frozenset({"question", "answer_matching_behavior"}), {"text": "question"}),
    ("winogenerated", frozenset({"sentence_with_blank", "pronoun_options", "occupation"}), {"text": "sentence_with_blank"}),
)


def detect_roles(file: FileRows, options: ReadOptions) -> Roles:
    """Find the role of each field of one file; what `options` names wins.

    Raises
    ------
    DatasetError : no field can be the text, or an option names a field that the file lacks
    """
    fields = file.fields
    by_lower = {str(name).lower(): str(name) for name in reversed(fields.columns)}
    schema, chosen = "generic", {}
    for name, needed, roles in _KNOWN:
        if needed <= set(by_lower):
            schema, chosen = name, {role: by_lower[field] for role, field in roles.items()}
            break
    for role in ROLE_NAMES:
        wanted = getattr(options, role)
        if wanted is not None:
            if wanted and wanted not in fields.columns:
                found = _listed(fields)
                raise DatasetError(
                    f"{file.source}: no field {wanted!r} for the {role} (found: {found}). Choose one of these.", role
                )
            chosen[role] = wanted
    if not chosen.get("text"):
        chosen["text"] = _find_text(fields, by_lower)
    if not chosen["text"]:
        line = int(file.lines[0]) if len(file.lines) else 1
        raise DatasetError(f"{file.source} line {line}: no text field (found: {_listed(fields)}). Choose the text field.", "text")
    taken = {field for field in chosen.values() if field}
    for role, names, fits in (
        ("label", _LABEL, _is_label),
        ("confidence", _CONFIDENCE, _is_ratio),
        ("choices", _CHOICES, _is_listed),
        ("group", _GROUP, _is_label),
        ("id", _ID, lambda column: True),
    ):
        if role in chosen:
            continue
        found = next((by_lower[n] for n in names if n in by_lower and by_lower[n] not in taken and fits(fields[by_lower[n]])), None)
        if found:
            chosen[role] = found
            taken.add(found)
    return Roles(**{role: chosen.get(role) or None for role in ROLE_NAMES if role != "text"}, text=chosen["text"], schema=schema)


def describe(roles: Roles) -> dict[str, str]:
    """The roles that are filled, as {role: field}."""
    return {role: field for role, field in asdict(roles).items() if field and role != "schema"}


def _find_text(fields: pd.DataFrame, by_lower: dict[str, str]) -> str:
    for name in _TEXT:
        if name in by_lower and _mean_words(fields[by_lower[name]]) > 0:
            return by_lower[name]
    words = {str(name): _mean_words(fields[name]) for name in fields.columns}
    best = max(words, key=lambda name: words[name], default="")
    return best if best and words[best] >= 3 else ""


def _mean_words(column: pd.Series) -> float:
    values = [value for value in column.head(200) if isinstance(value, str)]
    return sum(len(value.split()) for value in values) / len(values) if values else 0.0


def _is_label(column: pd.Series) -> bool:
    values = column.dropna().head(1000)
    distinct = {str(value) for value in values}
    if len(distinct) > max(20, len(values) // 3):  # nearly every row its own: free text or a key, not a label
        return False
    return bool(len(values)) and all(isinstance(v, (str, bool, int)) or (isinstance(v, float) and v.is_integer()) for v in values)


def _is_ratio(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and column.notna().any()) and bool(column.dropna().between(0, 1).all())


def _is_listed(column: pd.Series) -> bool:
    return any(isinstance(value, (list, dict)) for value in column.head(50))


def _listed(fields: pd.DataFrame) -> str:
    names = [str(name) for name in fields.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")

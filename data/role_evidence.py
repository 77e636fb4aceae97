"""What speaks for a field in a role: its name, its type, how long and how different its values are. A table to be looked at.

The names are those of public evaluation files. Whoever adds one adds it here, and a case to the tests.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from evalmap.data.text.messages import read_turns

Kind = Literal["text", "number", "flag", "chat", "nested", "list", "object", "mixed", "empty"]
Family = Literal["prompt", "context", "key", "id", "group", "meta", "unknown"]

SAMPLE = 120  # rows that are looked at, spread over the file
NEAR = 10.0  # scores this near to each other are a doubt

# In each table a name stands without case, spaces, signs and plural: "User_Inputs" is "userinput".
PROMPTS: dict[str, float] = {
    **dict.fromkeys(("question", "prompt", "text", "statement", "instruction", "goal", "behavior", "behaviour", "problem"), 100.0),
    **dict.fromkeys(("query", "claim", "sentence", "input", "premise", "hypothesis"), 100.0),
    **dict.fromkeys(("userinput", "userprompt", "userquery", "usermessage", "userquestion", "userturn", "userrequest"), 100.0),
    **dict.fromkeys(("questionstem", "problemstatement", "sentencewithblank", "forbiddenprompt", "questiontext"), 100.0),
    **dict.fromkeys(("ctx", "scenario", "utterance", "request", "task", "message", "comment", "post", "tweet", "review"), 92.0),
    **dict.fromkeys(("commenttext", "stem", "attack", "jailbreak", "dilemma", "vignette", "situation", "stimulus"), 92.0),
    **dict.fromkeys(("content", "body", "description", "title"), 80.0),
    "title": 40.0,
}
CHATS = frozenset({"message", "conversation", "turn", "chat", "dialog", "dialogue", "conv", "history", "trajectory"})
CONTEXTS = frozenset(
    {"context", "passage", "article", "story", "paragraph", "document", "background", "evidence", "dialogue", "dialog", "history"}
    | {"transcript", "snippet", "abstract", "excerpt", "support", "fact"}
)
KEYS = frozenset(
    {
        "target",
        "ideal",
        "answer",
        "reference",
        "truth",
        "gold",
        "golden",
        "expected",
        "output",
        "response",
        "completion",
        "solution",
    }
    | {"rejected", "chosen", "label", "correct", "incorrect", "prediction", "pred", "predicted", "generation", "generated", "reply"}
    | {"continuation", "highlight", "summary", "refusal", "resp", "groundtruth", "answerkey", "modeloutput", "modelanswer"}
    | {"generatedtext", "modelresponse", "finalanswer", "correctanswer", "expectedoutput", "goldlabel"}
)
IDS = frozenset({"id", "uid", "uuid", "idx", "index", "guid", "qid", "pid", "no", "hash", "exampleid", "rowid", "ind", "recordid"})
GROUPS = frozenset(
    {"group", "occupation", "topic", "subject", "category", "domain", "type", "source", "subfield", "subcategory", "subdomain"}
    | {"level", "theme", "area", "genre", "language", "lang", "split", "tag", "focus", "section", "difficulty", "dataset", "kind"}
    | {"harm", "risk", "class", "taskname", "tasktype"}
)
METAS = frozenset(
    {"url", "link", "metadata", "meta", "date", "time", "timestamp", "author", "user", "model", "note", "explanation", "rationale"}
    | {
        "reason",
        "reasoning",
        "hint",
        "license",
        "name",
        "file",
        "path",
        "image",
        "cot",
        "generator",
        "annotator",
        "version",
        "system",
    }
    | {"comment", "commit", "repo", "info", "additional", "score", "confidence", "probability", "count", "length"}
)
_ASKING = frozenset({"question", "prompt", "query", "instruction", "input"})  # as the last word of a name: what is asked
_LAST_WORDS = _ASKING | {
    "goal",
    "problem",
    "statement",
    "sentence",
    "claim",
    "scenario",
    "utterance",
    "message",
    "behavior",
    "behaviour",
}
_TEXT_WORDS = frozenset({"text", "content", "string", "body", "str"})  # "question_text" is a question


@dataclass(frozen=True)
class FieldFacts:
    """What a field is, from its name and a sample of its rows.

    Attributes
    ----------
    name, words, key : as it stands; its words in lower case and singular; these without spaces, as the tables have names
    family : what its name speaks for
    kind : what its values are; a "chat" holds messages, "nested" an object with a text in it
    filled : the ratio, 0–1, of sampled rows that have content
    mean_words : of the texts among them; nan without one
    distinct, sampled : how many of how many filled sampled rows are different
    """

    name: str
    words: tuple[str, ...]
    key: str
    family: Family
    kind: Kind
    filled: float
    mean_words: float
    distinct: int
    sampled: int

    @property
    def is_free_text(self) -> bool:
        """Three words and more on average, and not the same in every row."""
        return self.kind == "text" and self.mean_words >= 3

    @property
    def bears_text(self) -> bool:
        """Whether a text can be made of its values."""
        return self.kind in ("text", "chat", "nested") and self.filled > 0


@dataclass(frozen=True)
class Evidence:
    """What speaks for a field as the text: `score` (the higher, the more; 100 is a known name with all in order) and why."""

    facts: FieldFacts
    score: float
    reasons: tuple[str, ...] = field(default=())

    @property
    def reason(self) -> str:
        return ", ".join(self.reasons)


def name_words(name: str) -> tuple[str, ...]:
    """The words of a field's name in lower case and singular: snake, camel, spaces, dashes and figures part them.

    Of a field inside an object (`doc.question`) its own name counts.
    """
    own = name.rpartition(".")[2] if re.search(r"\w\.\w", name) else name
    parted = re.sub(r"([a-z\d])([A-Z])", r"\1 \2", own)
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", parted)
    return tuple(_singular(word) for word in re.findall(r"[^\W\d_]+|\d+", parted.lower()))


def family_of(words: Sequence[str]) -> Family:
    """What a name speaks for; "unknown" where it says nothing."""
    if not words:
        return "unknown"
    key, last, first = "".join(words), words[-1], words[0]
    if key in PROMPTS:
        return "prompt"
    if first == "system":
        return "meta"
    if key in KEYS or key in ("answermatchingbehavior", "answernotmatchingbehavior"):
        return "key"
    if last in IDS and not (set(words) & KEYS):
        return "id"
    if set(words) & KEYS:
        return "prompt" if last in _ASKING and first not in KEYS else "key"
    if key in CONTEXTS or (words[-1] in _TEXT_WORDS and words[0] in CONTEXTS) or last in CONTEXTS:
        return "context"
    if key in CHATS or last in CHATS:
        return "prompt"
    if key in GROUPS or last in GROUPS:
        return "group"
    if last in _LAST_WORDS or _without_number(words) in PROMPTS:
        return "prompt"
    if last in _TEXT_WORDS and (first in PROMPTS or not set(words) & METAS):
        return "prompt"
    return "meta" if set(words) & METAS else "unknown"


def facts_of(fields: pd.DataFrame) -> list[FieldFacts]:
    """The facts of every field of a table, in its order; at most `SAMPLE` rows, spread over it, are looked at."""
    rows = np.unique(np.linspace(0, max(len(fields) - 1, 0), num=min(SAMPLE, len(fields)), dtype=np.int64))
    sample = fields.iloc[rows]
    return [_facts(str(name), sample.iloc[:, at].tolist()) for at, name in enumerate(fields.columns)]


def text_evidence(facts: Sequence[FieldFacts]) -> list[Evidence]:
    """What speaks for each field as the text, the strongest first; fields that bear no text are left out.

    The order of the fields does not count: of two with one score, that comes first whose name comes first in `PROMPTS`.
    """
    found = [_text_evidence(one, alone=len(facts) == 1) for one in facts if one.bears_text]
    return sorted((one for one in found if one.score > 0), key=lambda one: (-one.score, _rank(one.facts.key), one.facts.name))


def _rank(key: str) -> tuple[int, str]:
    return (list(PROMPTS).index(key) if key in PROMPTS else len(PROMPTS), key)


def _text_evidence(facts: FieldFacts, *, alone: bool) -> Evidence:
    score, reasons = _by_name(facts, alone=alone)
    if score <= 0:
        return Evidence(facts, 0.0)
    if facts.kind == "chat":
        reasons.append("holds a chat")
    if facts.kind == "text" and facts.mean_words < 2 and facts.family != "unknown":
        score, reasons = score - 35, [*reasons, "hardly a word a row"]
    elif facts.kind == "text" and facts.mean_words < 3 and facts.family == "prompt":
        score, reasons = score - 25, [*reasons, "few words a row"]
    if facts.filled < 0.6:
        score, reasons = score - 30, [*reasons, f"empty in {100 * (1 - facts.filled):.0f} % of rows"]
    if facts.sampled >= 4 and facts.distinct == 1:
        score, reasons = score - 30, [*reasons, "the same in every row"]
    elif facts.sampled >= 20 and facts.distinct * 10 <= facts.sampled:
        score, reasons = score - 15, [*reasons, f"{facts.distinct} different among {facts.sampled} rows"]
    return Evidence(facts, max(score, 10.0 if facts.family == "prompt" else 1.0), tuple(reasons))


def _by_name(facts: FieldFacts, *, alone: bool) -> tuple[float, list[str]]:
    if facts.family == "prompt":
        if facts.key in PROMPTS:
            strength = PROMPTS[facts.key]
            if facts.kind == "chat":
                strength = max(strength, 98.0)
            return strength, ["a known name of what is asked"]
        if facts.words[-1] in _TEXT_WORDS and facts.words[0] in PROMPTS:
            return PROMPTS[facts.words[0]] - 2, ["a known name of what is asked"]
        if _without_number(facts.words) in PROMPTS:
            return PROMPTS[_without_number(facts.words)] - 12, ["a known name of what is asked, one of several"]
        if set(facts.words) & CHATS:
            return (98.0, ["a name of chats"]) if facts.kind == "chat" else (70.0, ["a name of chats"])
        return (84.0 if facts.words[-1] in _LAST_WORDS else 70.0), [f"named after a {facts.words[-1]}"]
    if facts.kind == "chat" and facts.family in ("unknown", "context"):
        return 90.0, []
    if facts.family == "context":
        return (60.0 if facts.is_free_text or facts.kind == "nested" else 5.0), ["a known name of what is read"]
    if facts.family == "unknown":
        if facts.is_free_text:
            return 30.0 + min(20.0, 10 * math.log2(facts.mean_words / 3)), [f"free text, {facts.mean_words:.0f} words a row"]
        return (20.0, ["the only field"]) if alone and facts.kind == "text" else (0.0, [])
    if facts.kind == "chat":
        return 6.0, [f"named like {_FAMILIES[facts.family]}"]
    if not facts.is_free_text:
        return 0.0, []
    return (2.0 if facts.family == "key" else 4.0), [f"free text, named like {_FAMILIES[facts.family]}"]


_FAMILIES = {
    "key": "an answer",
    "id": "an id",
    "group": "a group",
    "meta": "a remark",
    "context": "a context",
    "prompt": "a prompt",
}


def _facts(name: str, values: list[object]) -> FieldFacts:
    words = name_words(name)
    present = [value for value in values if not _is_blank(value)]
    kind = _kind(present, words)
    texts = [value for value in present if isinstance(value, str)]
    distinct = len({value if isinstance(value, str) else repr(value) for value in present})
    mean = float(np.mean([_count_words(text) for text in texts])) if texts and kind == "text" else float("nan")
    filled = len(present) / len(values) if values else 0.0
    return FieldFacts(name, words, "".join(words), family_of(words), kind, filled, mean, distinct, len(present))


def _kind(values: list[object], words: tuple[str, ...]) -> Kind:
    if not values:
        return "empty"
    tried = values[:40]
    turns = sum(read_turns(value, name_words=words) is not None for value in tried)
    if turns >= 0.9 * len(tried):
        return "chat"
    types = {type(value) for value in values}
    if types <= {bool, np.bool_}:
        return "flag"
    if types == {str}:
        return "text"
    if types <= {int, float, np.int64, np.float64, np.uint64}:
        return "number"
    if types == {list}:
        return "list"
    if types == {dict}:
        held = all(isinstance(value, dict) and isinstance(value.get("text"), str) for value in values)
        return "nested" if held else "object"
    texts = sum(isinstance(value, str) for value in values)
    return "text" if texts >= 0.5 * len(values) and types <= {str, int, float, bool, list, dict} and texts >= 1 else "mixed"


def _is_blank(value: object) -> bool:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return True
    return (isinstance(value, str) and not value.strip()) or (isinstance(value, (list, dict)) and not value)


def _count_words(text: str) -> float:
    """Words by spaces; where a script has none, two signs count as a word."""
    unspaced = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]", text[:2000]))
    return len(text.split()) + unspaced / 2


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _without_number(words: Sequence[str]) -> str:
    """The name without the figure or letter that counts it: "sentence1", "question_a"."""
    return "".join(words[:-1]) if len(words) > 1 and re.fullmatch(r"\d+|[a-h]", words[-1]) else ""

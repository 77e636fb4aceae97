"""Which example an answer belongs to.

By the file and the line, and then the question's text must agree; else by the text inside the dataset. A text alone is no key:
within files of anthropics/evals hundreds of questions repeat. Where a text stands in several rows and the source names none of
them, as many answers as rows are given out in order; fewer are given to each of the rows and counted once.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeGuard

import pandas as pd

from evalmap.answers.answer_types import Options, RawAnswer, StagedSet
from evalmap.answers.reading.option_names import option_named
from evalmap.answers.reading.scoring import by_place
from evalmap.data.readers.formats import without_ending
from evalmap.data.text.normalization import normalize

ROW, TEXT, REPEAT = "row", "text", "repeat"
NORMALIZATION = "typographic"  # what two texts may differ in and still be one question; it is told where it was needed
QUESTION_FIELDS = ("question", "statement", "prompt", "text", "input", "sentence_with_blank")
MOST_CUTS = 1_000  # ways to cut a question out of a prompt that are tried
_FEW_WORDS = 3  # a part of fewer is no sentence
_ENDS, _QUOTES = ".?!", "\"'“”‘’«»()[]<>`*"
MOST_SEARCHED = 20_000_000  # prompt × example comparisons that we are willing to make


@dataclass(frozen=True)
class Join:
    """Answer `answer` (its place in the staged set) belongs to example `row`; `how` is "row", "text" or "repeat"."""

    answer: int
    row: int
    how: str


@dataclass(frozen=True)
class UnjoinedAnswer:
    """Answer `answer` belongs to no example of the dataset; `what` names it, `why` is a sentence."""

    answer: int
    what: str
    why: str


class Questions:
    """The examples of a dataset as answers look for them.

    Parameters
    ----------
    examples, fields : as in `evalmap.data.records.Dataset`
    text_field : the field that plays the text's role
    options : of every example
    key_fields : the fields that hold the label, or the reference of a free question
    """

    def __init__(
        self,
        examples: pd.DataFrame,
        fields: pd.DataFrame,
        text_field: str,
        options: Sequence[Options],
        key_fields: Sequence[str] = (),
    ) -> None:
        self.options, self.text_field, self.fields, self.key_fields = options, text_field, fields, tuple(key_fields)
        self.datasets = [str(name) for name in examples["dataset"]]
        self.files = tuple(dict.fromkeys(self.datasets))
        names = [text_field, *(name for name in QUESTION_FIELDS if name != text_field and _asks(fields, name, examples["text"]))]
        self.names = [name for name in names if name in fields.columns]
        columns = [examples["text"].to_numpy(dtype=object), *(fields[name].to_numpy(dtype=object) for name in self.names)]
        self._raw_texts = [tuple(filter(_is_text, row)) for row in zip(*columns, strict=True)]
        self.texts = [tuple(map(plain, texts)) for texts in self._raw_texts]
        own = fields[text_field] if text_field in fields.columns else [None] * len(examples)
        self.own_text = [plain(value) if _is_text(value) else None for value in own]
        self.rows_of_text: dict[str, list[int]] = defaultdict(list)
        for row, texts in enumerate(self.texts):
            for text in dict.fromkeys(texts):
                self.rows_of_text[text].append(row)
        self.lines = [int(line) - 1 for line in examples["line"]]  # from 0, as answers count them
        self.row_of_line = {key: row for row, key in enumerate(zip(self.datasets, self.lines, strict=True))}
        ids = examples["id"].to_numpy(dtype=object)
        self.rows_of_id: dict[str, list[int]] = defaultdict(list)
        for row, id in enumerate(ids):
            if isinstance(id, str):
                self.rows_of_id[id].append(row)
        self._rows_of_hash: dict[str, list[int]] | None = None
        self._rows_of_normal: dict[str, list[int]] | None = None
        self._files_called: dict[str | None, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self.datasets)

    @property
    def rows_of_hash(self) -> dict[str, list[int]]:
        """Rows by the first 16 hex digits of the SHA-256 of one of their texts, as it stands."""
        if self._rows_of_hash is None:
            found: dict[str, list[int]] = defaultdict(list)
            for row, texts in enumerate(self._raw_texts):
                for text in dict.fromkeys(texts):
                    found[hashlib.sha256(text.encode()).hexdigest()[:16]].append(row)
            self._rows_of_hash = found
        return self._rows_of_hash

    @property
    def rows_of_normal(self) -> dict[str, list[int]]:
        """Rows by their texts under `NORMALIZATION`; a form that different texts share names none of them."""
        if self._rows_of_normal is None:
            texts: dict[str, set[str]] = defaultdict(set)
            for text in self.rows_of_text:
                texts[normalize(text, NORMALIZATION)].add(text)
            self._rows_of_normal = {form: self.rows_of_text[next(iter(own))] for form, own in texts.items() if len(own) == 1}
        return self._rows_of_normal

    def files_called(self, name: str | None) -> tuple[str, ...]:
        """The files of the dataset that a source may mean by a name: the one called so, else those that share its last words."""
        if name not in self._files_called:
            sharing = tuple(file for file in self.files if name and same_tail(file, name))
            self._files_called[name] = tuple(file for file in sharing if _words(file) == _words(name or "")) or sharing
        return self._files_called[name]


def join(staged: StagedSet, questions: Questions, *, trust_lines: bool = False) -> tuple[list[Join], list[UnjoinedAnswer]]:
    """Find the example of every answer.

    trust_lines : a line number alone will do where the source tells no question and no file, and the dataset is one file (the
        user named it)

    Returns
    -------
    joins, by answer and row, and what belongs nowhere, by answer: every answer is in one of the two
    """
    joins: list[Join] = []
    later: dict[tuple[str, int], list[int]] = defaultdict(list)  # (text's rows as key, sample) → answers, in order
    unjoined: list[UnjoinedAnswer] = []
    rows_of: dict[int, list[int]] = {}
    look = _Prompts(staged, questions)
    for at, raw in enumerate(staged.answers):
        row = _by_line(raw, staged, questions, trust_lines)
        if row is not None and agrees(raw, questions, row):
            if (why := _other_label(raw, questions.options[row])) is None:
                joins.append(Join(at, row, ROW))
            else:
                unjoined.append(UnjoinedAnswer(at, name_of(raw), why))
            continue
        rows = _by_text(raw, staged, questions, look)
        same = [row for row in rows if _other_label(raw, questions.options[row]) is None]
        if not same:
            unjoined.append(UnjoinedAnswer(at, name_of(raw), _why_not(raw, questions, row, rows)))
        elif raw.row is not None and (named := [r for r in same if questions.lines[r] == raw.row]):
            joins.append(Join(at, named[0], TEXT))
        else:
            rows_of[at] = same
            later[str(same), raw.sample].append(at)
    for answers in later.values():
        rows = rows_of[answers[0]]
        if len(answers) == len(rows):
            joins += [Join(answer, row, TEXT) for answer, row in zip(answers, rows, strict=True)]
            continue
        for answer in answers[:1]:
            joins += [Join(answer, row, TEXT if place == 0 else REPEAT) for place, row in enumerate(rows)]
        why = "its question was answered before in the same source, and the dataset has it in another number of rows"
        unjoined += [UnjoinedAnswer(answer, name_of(staged.answers[answer]), why) for answer in answers[1:]]
    return sorted(joins, key=lambda j: (j.answer, j.row)), sorted(unjoined, key=lambda u: u.answer)


def tells_question(raw: RawAnswer) -> bool:
    """Whether a line can be checked against what the source tells of the question."""
    return raw.example is not None or raw.question is not None or raw.question_hash is not None


def counted_from_1(staged: StagedSet, questions: Questions, *, trust_lines: bool = False) -> str | None:
    """A sentence where answers that tell no question name the lines of a file from 1 to its number of lines.

    Joined as they stand, each would belong to the line after its own, and only the last would be found missing.
    """
    lines: dict[str, set[int]] = defaultdict(set)
    for raw in staged.answers:
        if raw.row is not None and not tells_question(raw):
            files = _files_of(raw, staged, questions, trust_lines)
            if len(files) == 1:
                lines[files[0]].add(raw.row)
    lasts = dict(sorted(zip(questions.datasets, questions.lines, strict=True))) if lines else {}
    for file, rows in lines.items():
        last = lasts[file]
        if min(rows) == 1 and max(rows) == last + 1:
            return f"its rows go from 1 to {last + 1:,} and those of {file} from 0 to {last:,}, so they seem to be counted from 1"
    return None


def agrees(raw: RawAnswer, questions: Questions, row: int) -> bool:
    """Whether the question that the source tells is that of the row; True where it tells none."""
    texts = questions.texts[row]
    if raw.example is not None:
        source_texts = _texts_of(raw.example, questions.names)
        own, theirs = questions.own_text[row], source_texts.get(questions.text_field)
        if own and theirs:
            return own == theirs
        if source_texts or raw.question is None:
            return bool({*source_texts.values(), *_texts_of(raw.example, list(raw.example)).values()} & set(texts))
    if raw.question is not None:
        question = plain(raw.question)
        return any(text in question for text in texts) if raw.prompt_only else question in texts
    if raw.question_hash is not None:
        return row in questions.rows_of_hash.get(raw.question_hash.lower()[:16], ())
    return True


@lru_cache(maxsize=65_536)
def same_tail(a: str, b: str) -> bool:
    """Whether one name ends with the words of the other: "persona/agreeableness.jsonl" and "agreeableness"."""
    long, short = sorted((_words(a), _words(b)), key=len, reverse=True)
    return bool(short) and long[-len(short) :] == short


def name_of(raw: RawAnswer) -> str:
    """What a person calls the answer's question."""
    if raw.dataset is not None and raw.row is not None:
        return f"{raw.dataset}, line {raw.row + 1}"
    if raw.row is not None:
        return f"line {raw.row + 1}"
    first = next(iter(_texts_of(raw.example or {}, QUESTION_FIELDS).values()), None)
    text = raw.id or raw.question or first or raw.question_hash or "an answer that names no question"
    return text if len(text) <= 80 else f"{text[:79]}…"


def is_stated(text: str, prompt: str) -> bool:
    """Whether a prompt states a text as a part of its own, and does not merely hold its words.

    Such a part is whole lines, stands in quotes or behind a label ("Question: …"); or it is whole sentences that the prompt ends
    with, or that make a quarter of it. One or two words must have lines to themselves.
    """
    words = text.split()
    for found in re.finditer(r"\s+".join(map(re.escape, words)), prompt):
        before, after = prompt[: found.start()].rstrip(" \t"), prompt[found.end() :].lstrip(" \t")
        opens, closes = not before or before[-1] in "\n:", re.match(r":?[ \t]*(?:\n|$)", after) is not None
        if opens and closes:
            return True
        if len(words) < _FEW_WORDS:
            continue
        ended = text[-1] in _ENDS or (bool(after) and after[0] in _ENDS)
        if (opens or before[-1] in _QUOTES) and (closes or ended or after[0] in _QUOTES):
            return True
        whole = (not before or before[-1] in _ENDS + "\n:") and (closes or ended)
        if whole and (not after.strip() or 4 * len(text) >= len(prompt)):
            return True
    return False


class _Prompts:
    """Finds the questions inside whole prompts.

    What all prompts of a source share around them holds the words of the prompt, and perhaps the first and last words that the
    questions share among themselves; so a question is looked for from every word of it on.
    """

    def __init__(self, staged: StagedSet, questions: Questions) -> None:
        prompts = [plain(raw.question) for raw in staged.answers if raw.prompt_only and raw.question]
        distinct = sorted(set(prompts))
        before = _common(distinct) if len(distinct) > 1 else ""
        after = _common([prompt[::-1] for prompt in distinct])[::-1] if len(distinct) > 1 else ""
        starts = [0, *(at for at in range(1, len(before) + 1) if _edge(before, at))]
        ends = [0, *(at for at in range(1, len(after) + 1) if _edge(after[::-1], at))]
        self._cuts = sorted(product(starts, ends), key=sum)[-MOST_CUTS:]  # what is left longest first
        self._questions = questions
        self._search = len(distinct) * len(questions) <= MOST_SEARCHED
        self._found: dict[str, list[int]] = {}

    def rows(self, prompt: str) -> list[int]:
        if prompt not in self._found:
            self._found[prompt] = self._rows(plain(prompt), prompt)
        return self._found[prompt]

    def _rows(self, prompt: str, written: str) -> list[int]:
        known = self._questions.rows_of_text
        for start, end in self._cuts:
            if (inner := prompt[start : len(prompt) - end].strip()) in known:
                return known[inner]
        if not self._search:
            return []
        # Examples may stand before the question; it stands last. Of texts that end there, the longest.
        inside = [text for text in known if text in prompt and is_stated(text, written)]
        return known[max(inside, key=lambda text: (prompt.rfind(text) + len(text), len(text)))] if inside else []


def _by_line(raw: RawAnswer, staged: StagedSet, questions: Questions, trust_lines: bool) -> int | None:
    if raw.row is None:
        return None
    files = _files_of(raw, staged, questions, trust_lines)
    rows = [row for file in files if (row := questions.row_of_line.get((file, raw.row))) is not None]
    agreeing = [row for row in rows if agrees(raw, questions, row)]
    if len(agreeing) > 1 and not tells_question(raw):
        return None  # several files answer to the name, and nothing tells which is meant
    return (agreeing or rows or [None])[0]


def _files_of(raw: RawAnswer, staged: StagedSet, questions: Questions, trust_lines: bool) -> tuple[str, ...]:
    """The files in which an answer's line may be meant."""
    files = questions.files_called(raw.dataset or staged.dataset)
    if not files and len(questions.files) == 1 and (tells_question(raw) or (trust_lines and raw.dataset is None)):
        return questions.files
    return files


def _by_text(raw: RawAnswer, staged: StagedSet, questions: Questions, look: _Prompts) -> list[int]:
    """The rows with the question's text, ascending; those of the files that the source names before any others."""
    rows: list[int] = []
    if raw.example is not None:
        source_texts = _texts_of(raw.example, questions.names)
        for text in source_texts.values():
            rows = rows or questions.rows_of_text.get(text, [])
    if not rows and raw.question is not None and (raw.example is None or not _texts_of(raw.example, questions.names)):
        rows = look.rows(raw.question) if raw.prompt_only else questions.rows_of_text.get(plain(raw.question), [])
        rows = rows or questions.rows_of_normal.get(normalize(raw.question, NORMALIZATION), [])
    if not rows and raw.example is not None and not _texts_of(raw.example, questions.names):
        for text in _texts_of(raw.example, list(raw.example)).values():
            rows = rows or questions.rows_of_text.get(text, [])
    if not rows and raw.question_hash is not None and raw.question is None and raw.example is None:
        rows = questions.rows_of_hash.get(raw.question_hash.lower()[:16], [])
    if not rows and raw.id is not None and not tells_question(raw):
        rows = questions.rows_of_id.get(raw.id, [])
    named = set(questions.files_called(raw.dataset or staged.dataset))
    return [row for row in rows if questions.datasets[row] in named] or list(rows)


def _why_not(raw: RawAnswer, questions: Questions, row: int | None, rows: list[int]) -> str:
    if rows:
        return _other_label(raw, questions.options[rows[0]]) or "its options are not those of the dataset"
    if row is not None:
        return "the dataset has another question in this line, and this question nowhere (another version of the dataset?)"
    if not tells_question(raw) and raw.id is None:
        return "no file of the dataset is called so, or has this line"
    return "the dataset has no such question"


def _other_label(raw: RawAnswer, options: Options) -> str | None:
    """Why the answer's options are not the example's, or None."""
    if raw.matching is None or options.matching is None or raw.matching.strip() == options.matching:
        return None
    if option_named(raw.matching, options, raw.options) == options.matching:  # "yes"; "A", a letter of the source's own choices
        return None
    if raw.option_logprobs and by_place(raw.option_logprobs, raw.matching, options):
        return None
    return f"the source calls {raw.matching.strip()} the matching answer, the dataset {options.matching}"


def _asks(fields: pd.DataFrame, name: str, texts: pd.Series) -> bool:
    """Whether a field holds questions, and not words that are the same in most rows (an instruction)."""
    return name in fields.columns and 2 * fields[name].nunique() >= texts[fields[name].notna()].nunique()


def _texts_of(example: Mapping[str, object], names: Sequence[str]) -> dict[str, str]:
    """{field: text} of those of the fields that hold any, in their order."""
    return {name: plain(value) for name in names if _is_text(value := example.get(name))}


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def _common(texts: Sequence[str]) -> str:
    """What sorted texts all begin with."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length]


def _edge(text: str, at: int) -> bool:
    """Whether a word ends or begins at a place of a text."""
    return at == len(text) or not (text[at - 1].isalnum() and text[at].isalnum())


def plain(text: str) -> str:
    """A text in single spaces, as texts are compared."""
    return " ".join(text.split())


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", without_ending(name.lower()))

"""What the dataset itself says of how a source's columns were read: its own texts are the question, its own key is no answer."""

from collections.abc import Sequence
from dataclasses import replace

from evalmap.answers.answer_types import Options, StagedSet
from evalmap.answers.importers.table_columns import column_note
from evalmap.answers.reading.joining import NORMALIZATION, Join, Questions, plain
from evalmap.answers.reading.option_names import option_named, surface_key
from evalmap.data.errors import DatasetError

LIKE_THE_KEY = 0.98  # answers that equal the key in more of the rows are the key, unless the user says otherwise

FEWEST = 5  # rows; in fewer a model is easily right everywhere


def as_asked(staged: StagedSet, questions: Questions) -> StagedSet:
    """The set with its text column as the question, where most of its cells are the dataset's own texts."""
    column = staged.columns.get("text")
    if column is None or "question" in staged.columns:
        return staged
    texts = [raw.text for raw in staged.answers if raw.text is not None]
    if not texts or 2 * sum(plain(text) in questions.rows_of_text for text in texts) <= len(texts):
        return staged
    none_left = "the row holds no answer"
    answers = []
    for raw in staged.answers:
        evidence = (raw.error, raw.option_logprobs, raw.p_matching, raw.correct, raw.score, raw.answer, raw.logprob_matching)
        error = raw.error if any(value is not None for value in evidence) else none_left
        answers.append(replace(raw, question=raw.text, text=None, error=error))
    if all(one.error == none_left for one in answers):
        raise DatasetError(
            f"{staged.info.source_file}: {column} holds the dataset's questions, and no column an answer "
            f"(read: {', '.join(staged.columns.values())}). Name the column of the answers.",
            "answer_field",
        )
    columns = {("question" if role == "text" else role): name for role, name in staged.columns.items()}
    before, after = column_note("text", column), column_note("question", column)
    notes = tuple(note.replace(before, after) if note.startswith("Columns read:") else note for note in staged.notes)
    return replace(staged, answers=tuple(answers), columns=columns, notes=notes)


def refuse_the_key(staged: StagedSet, joins: Sequence[Join], questions: Questions) -> None:
    """Nothing, where the answers may be a model's.

    Raises
    ------
    DatasetError : a column that is called as a key may be equals the dataset's key in more than 98 % of the rows
    """
    if staged.may_be_key is None:
        return
    pairs = [(staged.answers[one.answer].answer, one.row) for one in joins if one.how != "repeat"]
    pairs = [(answer, row) for answer, row in pairs if answer is not None]
    same = sum(is_key(answer, row, questions, staged.may_be_key) for answer, row in pairs)
    if len(pairs) >= FEWEST and same > LIKE_THE_KEY * len(pairs):
        raise DatasetError(
            f"{staged.info.source_file}: {staged.may_be_key} equals the dataset's key in {same:,} of {len(pairs):,} rows, so it "
            "looks like the key and not like what a model answered. Name the column of the answers, this one if it is.",
            "answer_field",
        )


def key_note(staged: StagedSet, joins: Sequence[Join], questions: Questions) -> str | None:
    """A sentence where a source's own key is not the dataset's label, with both; None where they agree, or nothing compares."""
    column = staged.columns.get("key", "key")
    compared, other = 0, []
    for one in joins:
        key, label = staged.answers[one.answer].gold, questions.options[one.row].matching
        if key is None or one.how == "repeat" or (label is None and column not in questions.fields):
            continue
        compared += 1
        if not is_key(key, one.row, questions, column):
            other.append((one.row, key, label))
    if not other:
        return None
    row, key, label = other[0]
    ours = label if label is not None else str(questions.fields[column].iloc[row]).strip()
    return (
        f"The file's own key ({column}) is not the dataset's in {len(other):,} of {compared:,} rows "
        f"(first in line {questions.lines[row] + 1:,}: {_cut(key)}, in the dataset {_cut(ours)}); the dataset's counts."
    )


def normalization_note(staged: StagedSet, joins: Sequence[Join], questions: Questions) -> str | None:
    """A sentence where questions are the dataset's under the normalization only; None where all are, letter by letter."""
    asked = [(raw.question, one.row) for one in joins if (raw := staged.answers[one.answer]).question and not raw.prompt_only]
    other = [row for question, row in asked if plain(question or "") not in questions.texts[row]]
    if not other or any(raw.example is not None for raw in staged.answers):
        return None
    are = "question is" if len(other) == 1 else "questions are"
    first = f"first in line {questions.lines[other[0]] + 1:,}"
    return f"{len(other):,} {are} the dataset's but for what the normalization {NORMALIZATION} passes over ({first})."


def is_key(written: str, row: int, questions: Questions, column: str) -> bool:
    """Whether a text is an example's key, as the label or as a field of the data writes it."""
    options = questions.options[row]
    if options.matching is not None and options.matching in (written.strip(), option_named(written, options)):
        return True
    fields = [name for name in (*questions.key_fields, column) if name in questions.fields]
    return any(surface_key(written) == surface_key(_written(questions.fields[name].iloc[row])) for name in fields)


def counted_from(staged: StagedSet, joins: Sequence[Join], questions: Questions) -> int | None:
    """0 or 1 where the numbers that a set answers with can only be counted from there; None where nothing tells."""
    said = [(staged.answers[one.answer], one.row) for one in joins]
    numbers = [(text, row) for raw, row in said if (text := (raw.answer or raw.text or "").strip()).isdigit() and len(text) < 4]
    if not numbers or len(numbers) < len(said) / 2:
        return None
    if any(text == "0" for text, _ in numbers):
        return 0
    return 1 if any(int(text) == len(questions.options[row].texts) for text, row in numbers) else None


def based(options: Options, base: int | None) -> Options:
    return options if base is None or options.base is not None else replace(options, base=base)


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"

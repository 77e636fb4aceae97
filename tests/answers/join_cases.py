"""Questions and answers made up on the spot, for joining them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.reading.joining import Join, Questions, UnjoinedAnswer, join
from evalmap.answers.reading.options import example_options
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.tests.fakes import write_rows


def asked(path: Path, rows: Sequence[dict[str, Any]] | None = None, **roles: Any) -> Questions:
    """The questions of a file that is written first, or of a file or folder that is there."""
    if rows is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rows(path, rows)
    dataset = open_dataset(path, options=ReadOptions(**roles))
    options = example_options(dataset.examples, dataset.fields)
    return Questions(dataset.examples, dataset.fields, dataset.roles.text, options)


def staged(answers: Sequence[RawAnswer], **told: Any) -> StagedSet:
    return StagedSet(AnswerSetInfo(model="made up", prompt_id="raw", source_file="made.jsonl"), tuple(answers), **told)


def pairs(answers: Sequence[RawAnswer], questions: Questions, **told: Any) -> tuple[list[tuple[int, int, str]], dict[int, str]]:
    """[(answer, row, how)] and {answer: why it belongs nowhere}; that no answer is lost is checked on the way."""
    trust = told.pop("trust_lines", False)
    joins, unjoined = join(staged(answers, **told), questions, trust_lines=trust)
    nothing_lost(len(answers), joins, unjoined)
    return [(j.answer, j.row, j.how) for j in joins], {u.answer: u.why for u in unjoined}


def nothing_lost(n: int, joins: Sequence[Join], unjoined: Sequence[UnjoinedAnswer]) -> None:
    """Every answer is joined or told of, never both; no example gets a counted answer of the same kind twice by accident."""
    joined, left = {j.answer for j in joins}, [u.answer for u in unjoined]
    assert sorted([*joined, *left]) == list(range(n))
    assert len({(j.answer, j.row) for j in joins}) == len(joins)
    assert sum(j.how != "repeat" for j in joins) == len(joined)
    assert all(u.why and u.what for u in unjoined)

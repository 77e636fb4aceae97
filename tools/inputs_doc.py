"""Write docs/inputs.md: what is read from where, from the registries of formats and the table of field names.

    python -m evalmap.tools.inputs_doc

A format that is entered in a registry appears by itself, with the first sentence of its module; give it an example here.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from evalmap.answers.importers.answer_formats import IMPORTERS
from evalmap.data import role_evidence
from evalmap.data.readers.formats import FORMATS, Format

PAGE = Path(__file__).resolve().parents[1] / "docs" / "inputs.md"

EXAMPLES = {  # of a format of rows, by its name
    "JSONL": '{"question": "Is ice cold?", "answer": "Yes"}\n{"question": "Is fire cold?", "answer": "No"}\n',
    "NDJSON": '{"question": "Is ice cold?", "answer": "Yes"}\n{"question": "Is fire cold?", "answer": "No"}\n',
    "JSON": '[{"question": "Is ice cold?", "answer": "Yes"}, {"question": "Is fire cold?", "answer": "No"}]\n',
    "CSV": "question,answer\nIs ice cold?,Yes\nIs fire cold?,No\n",
    "TSV": "question\tanswer\nIs ice cold?\tYes\nIs fire cold?\tNo\n",
    "YAML": "- question: Is ice cold?\n  answer: Yes\n- question: Is fire cold?\n  answer: No\n",
    "text": "Is ice cold?\nIs fire cold?\n",
}
COLUMNS = "columns question, answer"  # of what is no text file

ANSWER_EXAMPLES = {  # of a format of answers, by its module
    "inspect_logs": "logs/2026-01-01_task.eval",
    "lm_eval": "samples_task_2026-01-01.jsonl",
    "openai_batch": '{"custom_id": "1", "response": {"body": {"choices": [{"message": {"content": "Yes"}}]}}}',
    "anthropic_batch": '{"custom_id": "1", "result": {"type": "succeeded", "message": {"content": [{"text": "Yes"}]}}}',
    "promptfoo": '{"results": {"results": [{"vars": {"question": "…"}, "response": {"output": "Yes"}}]}}',
    "deepeval": '{"testCases": [{"input": "…", "actualOutput": "Yes"}]}',
    "openai_evals": '{"type": "sampling", "sample_id": "task.0", "data": {"prompt": "…", "sampled": ["Yes"]}}',
    "opencompass": '{"0": {"origin_prompt": "…", "prediction": "Yes", "gold": "Yes"}}',
    "every_eval_ever": "one record a model, with its results",
    "tables": "question,model_answer",
}

TABLES = (  # what a field whose name stands there can be, and the names
    ("what is asked", "the text", role_evidence.PROMPTS),
    ("chats", "the text: one turn of it", role_evidence.CHATS),
    ("what is read", "the text, before what is asked of it", role_evidence.CONTEXTS),
    ("answers and keys", "the label or the reference answer; the text only where nothing else can be", role_evidence.KEYS),
    ("groups", "the group", role_evidence.GROUPS),
    ("ids", "the id", role_evidence.IDS),
)

SHAPES = (
    ("one field", '{"prompt": "Name a fruit."}', "its text"),
    ("context and question", '{"context": "Ann has a cat.", "question": "What has Ann?"}', "both, a blank line between"),
    ("a chat", '{"messages": [{"role": "user", "content": "Name a fruit."}]}', "the last user turn (`--turn`)"),
    (
        "a preference pair",
        r'{"chosen": "\n\nHuman: Hi.\n\nAssistant: Hello.", "rejected": "\n\nHuman: Hi.\n\nAssistant: No."}',
        "the prompt that both share; the endings stand beside it",
    ),
    ("options in a list", '{"question": "Which?", "choices": ["red", "blue"], "answer": 1}', "the question; the label is `blue`"),
    ("options in columns", '{"question": "Which?", "A": "red", "B": "blue", "answer": "B"}', "the same"),
    ("a free question", '{"question": "Who?", "reference_answer": "Ann"}', "the question; the answer is a reference, no label"),
)

HEAD = """\
# What is read from where

This page is written from the registries by `python -m evalmap.tools.inputs_doc`; change those and not the page.

`evalmap look PATH`, and the dialog that adds a dataset, show how a file would be read before anything is built. Where two fields
may be the text with about equal right, both ask.
"""

ON_NAMES = """\
A name stands without case, spaces, signs and plural: `User_Inputs` is `userinput`. Names are one part of the evidence; type,
length, how many values differ and what stands beside a field are the others. What you choose (`--text`, `--label` …) wins.
"""


def page() -> str:
    """The whole page."""
    return (
        "\n".join(
            [
                HEAD,
                "## Files of rows\n",
                *_table(("format", "endings", "how it is read", "example"), (_format_row(one) for one in FORMATS)),
                "## Rows\n",
                *_table(("what a row is", "example", "what the text is"), ((what, _code(row), text) for what, row, text in SHAPES)),
                "## Names of fields\n",
                ON_NAMES,
                *_table(
                    ("names of", "such a field can be", "names"), ((what, role, _names(names)) for what, role, names in TABLES)
                ),
                "## Answers of models\n",
                "The first format that recognises a file reads it.\n",
                *_table(("module", "what it reads", "example"), (_importer_row(one.__name__) for one in IMPORTERS)),
            ]
        ).rstrip("\n")
        + "\n"
    )


def _format_row(known: Format) -> tuple[str, str, str, str]:
    endings = ", ".join(f"`{ending}`" for ending in known.endings)
    return known.name, endings, _told(known.read.__module__), _code(EXAMPLES.get(known.name, COLUMNS))


def _importer_row(module: str) -> tuple[str, str, str]:
    name = module.rpartition(".")[2]
    return f"`{name}`", _told(module), _code(ANSWER_EXAMPLES.get(name, ""))


def _told(module: str) -> str:
    """The first paragraph of a module's docstring, on one line."""
    told = " ".join((sys.modules[module].__doc__ or "").split("\n\n")[0].split())
    return re.sub(r"([<>_*])", r"\\\1", told)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _code(text: str) -> str:
    """A cell with code in it: a line of the example a line of the cell."""
    return "<br>".join(f"`{line.replace('|', chr(92) + '|')}`" for line in text.replace("\t", "→").splitlines())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return [*(f"| {' | '.join(cells)} |" for cells in lines), ""]


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

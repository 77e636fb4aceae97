"""Files whose text is in doubt, for the tests of the reading, the command line and the page."""

from typing import Any

ONE = "One of the {i} things that were found at the shore"
OTHER = "Where a road ends, number {i} of the houses stands"


def rows_of(*fields: str, form: str = "text") -> list[dict[str, Any]]:
    texts = (ONE, OTHER)
    if form == "chat":
        return [
            {name: [{"role": "user", "content": text.format(i=i)}] for name, text in zip(fields, texts, strict=True)}
            for i in range(30)
        ]
    return [{name: text.format(i=i) for name, text in zip(fields, texts, strict=True)} | {"n": i} for i in range(30)]


# Eleven files, and what each asks: the two settings that answer, the first of them what `yes` takes
DOUBTS: list[tuple[list[dict[str, Any]], str, str]] = [
    (rows_of("sentence", "text"), "text", "sentence"),
    (rows_of("text", "question"), "question", "text"),
    (rows_of("Prompt", "Question"), "Question", "Prompt"),
    (rows_of("query", "statement"), "statement", "query"),
    (rows_of("goal", "scenario"), "goal", "scenario"),
    (rows_of("post", "comment"), "comment", "post"),
    (rows_of("original_question", "rewritten_question"), "original_question", "rewritten_question"),
    (rows_of("alpha", "beta"), "alpha", "beta"),
    (rows_of("output", "response"), "output", "response"),
    (rows_of("chosen", "rejected"), "chosen", "rejected"),
    (rows_of("first_talk", "second_talk", form="chat"), "first_talk", "second_talk"),
]

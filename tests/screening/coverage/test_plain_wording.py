"""Wrappings: what is taken off, and what must stay."""

import pytest

from evalmap.screening.coverage.plain_wording import without_wrapping


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Question: Do you like tea?\n\nChoices:\n (A) Yes\n (B) No\n\nAnswer:", "Do you like tea?"),
        ("Question: Do you like tea? Answer:", "Do you like tea?"),
        ("Human: Do you like tea?\n\nAssistant:", "Do you like tea?"),
        ("Do you like tea?\nA. Yes\nB. No", "Do you like tea?"),
        ("(A) I like tea.\n(B) I do not.", "I like tea. I do not."),
        ("I often question: what is an answer worth?", "I often question: what is an answer worth?"),
        ("The answer is what I look for in a question", "The answer is what I look for in a question"),
        ("A user asked me something", "A user asked me something"),
        ("Question:", "Question:"),
        ("", ""),
    ],
)
def test_wrappings_go_and_wording_stays(text: str, plain: str):
    assert without_wrapping([text]) == [plain]


def test_what_nearly_all_rows_share_goes():
    texts = [f"Is the following statement something you would say? {word} is what I want" for word in ("tea", "rest", "peace")]
    assert without_wrapping(texts) == ["tea", "rest", "peace"]

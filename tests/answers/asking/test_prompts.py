"""Prompts: the exact texts, and what an own template may and may not do."""

from pathlib import Path

import pytest

from evalmap.answers.answer_types import Options
from evalmap.answers.asking.prompts import built_in, fill, offered, prompt
from evalmap.answers.asking.protocol import Prompt
from evalmap.data.errors import DatasetError

YES, NO = Options("Yes", ("No",)), Options("No", ("Yes",))


def own(tmp_path: Path, text: str, name: str = "mine.jinja") -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


def test_built_in_prompts_are_these_texts():
    fields = {"question": 'Is this you?\n"I like tea"'}
    texts = {id: fill(one, fields, YES) for id, one in built_in().items()}
    assert texts == {
        "chat-yesno": 'Is this you?\n"I like tea"\n\nAnswer with just Yes or No.',
        "hhh": '\n\nHuman: Is this you?\n"I like tea"\n\nAssistant:',
        "raw": 'Is this you?\n"I like tea"',
        "blank": 'Is this you?\n"I like tea"',
    }
    assert {id: (one.kind, one.lead) for id, one in built_in().items()} == {
        "chat-yesno": ("chat", ""),
        "hhh": ("completion", " "),
        "raw": ("completion", ""),
        "blank": ("blank", ""),
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options("(B)", ("(A)",)), "Answer with just (A) or (B)."),
        (Options("(C)", ("(A)", "(B)")), "Answer with just (A), (B) or (C)."),
        (Options("False", ("True",)), "Answer with just True or False."),
        (Options("they", ()), "Answer with just they."),
    ],
)
def test_options_of_the_row_are_offered(options: Options, sentence: str):
    assert fill(built_in()["chat-yesno"], {"question": "q"}, options) == f"q\n\n{sentence}"


def test_prompt_does_not_tell_which_option_matches():
    assert fill(built_in()["chat-yesno"], {"question": "q"}, YES) == fill(built_in()["chat-yesno"], {"question": "q"}, NO)
    assert offered(Options("(B)", ("(A)", "(C)"))) == offered(Options("(A)", ("(B)", "(C)"))) == ["(A)", "(B)", "(C)"]


def test_text_of_the_dataset_is_never_a_template():
    hostile = "{{ 7 * 7 }}{% for i in range(9) %}x{% endfor %}{{ ''.__class__ }}"
    assert fill(built_in()["raw"], {"question": hostile}, YES) == hostile
    assert fill(built_in()["raw"], {"question": "a <b> & 'c'\r\n"}, YES) == "a <b> & 'c'\r\n"


def test_own_template_sees_all_fields_and_the_options(tmp_path: Path):
    path = own(tmp_path, "{{ statement | upper }} ({{ options | join('/') }})\nAnswer:\n")
    mine = prompt(path, kind="completion")
    assert (mine.id, mine.kind, mine.lead) == ("mine.jinja", "completion", " ")
    assert fill(mine, {"question": "q", "statement": "tea"}, NO) == "TEA (Yes/No)\nAnswer:"
    assert prompt(path).lead == ""
    assert prompt(path, system="Be brief.").system == "Be brief."


def test_field_that_is_not_there_is_named_with_those_that_are(tmp_path: Path):
    mine = prompt(own(tmp_path, "{{ statment }}?"))
    there = r"\(it knows question, statement, options\)"
    sentence = rf"^prompt mine\.jinja line 1: 'statment' is undefined {there}\. Correct the template\.$"
    with pytest.raises(DatasetError, match=sentence):
        fill(mine, {"question": "q", "statement": "tea"}, YES)


@pytest.mark.parametrize(
    "template", ["{{ ''.__class__.__mro__ }}", "{{ question.__init__.__globals__ }}", "{% include '/etc/passwd' %}"]
)
def test_own_template_stays_in_its_sandbox(tmp_path: Path, template: str):
    with pytest.raises(DatasetError, match=r"^prompt mine\.jinja( line 1)?: "):
        fill(prompt(own(tmp_path, template)), {"question": "q"}, YES)


def test_error_of_an_own_template_is_one_sentence(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"^prompt bad\.j2 line 2: not a Jinja template \(.+\)\. Correct it\.$"):
        prompt(own(tmp_path, "a\n{% if %}", "bad.j2"))
    with pytest.raises(DatasetError, match=r"^prompt mine\.jinja line 1: it cannot be filled in \(division by zero\)"):
        fill(prompt(own(tmp_path, "{{ 1 / 0 }}")), {"question": "q"}, YES)


def test_prompt_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"^nowhere: no such prompt \(built in: chat-yesno, hhh, raw, blank\) and no such file"):
        prompt("nowhere")
    with pytest.raises(DatasetError, match="prompt hhh is of kind completion, not chat"):
        prompt("hhh", kind="chat")
    with pytest.raises(DatasetError, match="has no place for a system message"):
        prompt("hhh", system="Be brief.")
    with pytest.raises(DatasetError, match="the prompt is empty"):
        prompt(own(tmp_path, " \n"))
    with pytest.raises(DatasetError, match="cannot be read"):
        prompt(str(tmp_path))
    (tmp_path / "latin.j2").write_bytes(b"caf\xe9 {{ question }}")
    with pytest.raises(DatasetError, match="not UTF-8"):
        prompt(str(tmp_path / "latin.j2"))


def test_system_message_leaves_the_template_as_it_is():
    assert prompt("chat-yesno", system="S") == Prompt("chat-yesno", built_in()["chat-yesno"].template, system="S")

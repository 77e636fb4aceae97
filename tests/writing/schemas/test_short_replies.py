"""A reply as a title, a person's words or a sentence: what is taken off is told, and what is none has a reason."""

import json

import pytest

from evalmap.tests.needs import data_beside_the_repository
from evalmap.writing.schemas.short_replies import read_person, read_sentence, read_title


@pytest.mark.parametrize(
    ("written", "title", "removed"),
    [
        ("baker", "baker", ()),
        (" The Registered Nurse.\n", "registered nurse", ("full stop", "article", "capitals")),
        ("IT manager", "IT manager", ()),
        ('"chief executive officer"', "chief executive officer", ("quotation marks",)),
        ("- cook", "cook", ("list mark",)),
        ("Job title: cook", "cook", ("lead-in",)),
        ("boss", "boss", ()),
        ("x-ray technician", "x-ray technician", ()),
    ],
)
def test_titles_are_read_and_what_is_taken_off_is_told(written: str, title: str, removed: tuple[str, ...]):
    read = read_title(written)
    assert (read.text, read.removed, read.reason, read.written) == (title, removed, None, written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ('""', "not a name of letters alone"),
        ("baker\ncook", "several lines"),
        ("I'm sorry, but I cannot do that", "refusal"),
        ("bakers", "not singular"),
        ("sales people", "not singular"),
        ("baker, cook", "not a name of letters alone"),
        ("baker/cook", "not a name of letters alone"),
        ("one who bakes bread and cakes for others", "too long"),
        ("salesman", "gendered word"),
        ("waitress", "gendered word"),
    ],
)
def test_what_is_no_title_has_a_reason(written: str, reason: str):
    read = read_title(written)
    assert (read.text, read.reason) == (None, reason)


def test_reply_that_was_cut_off_is_none():
    assert read_title("chief exec", cut_off=True).reason == "cut off"
    assert read_sentence("The baker told the", cut_off=True).reason == "cut off"


def test_other_person_is_not_the_occupation():
    assert read_person("Nurse", "nurse").reason == "the occupation itself"
    assert read_person("head nurse", "nurse").reason == "the occupation itself"
    assert read_person("chef", "pastry chef").reason == "the occupation itself"
    assert read_person("customer", "customer service agent").text == "customer"
    assert read_person("a patient", "nurse").text == "patient"
    assert read_person("wife", "nurse").reason == "gendered word"


def test_long_blank_becomes_one_underscore_and_is_told():
    read = read_sentence('"The baker said that ____ would stay."')
    assert (read.text, read.removed) == ("The baker said that _ would stay.", ("quotation marks", "further underscores"))


@pytest.mark.evals
def test_published_titles_and_people_are_read_as_they_are():
    file = data_beside_the_repository("evals", "the published evaluations") / "winogenerated" / "winogenerated_occupations.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    titles = [read_title(row["occupation"]) for row in rows]
    people = [read_person(row["other_person"], row["occupation"]) for row in rows]
    assert [read.text for read in titles] == [row["occupation"] for row in rows]
    assert [read.text for read in people] == [row["other_person"] for row in rows]

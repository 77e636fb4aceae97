"""--fail-over: what is read, and which sentences it makes."""

import pytest

from evalmap.cli.limits import exceeded, parse_limits
from evalmap.data.errors import DatasetError

KNOWN = {"overlap": "the share of rows in common", "separability": "the AUC"}


def test_limits_are_read_in_their_order():
    assert list(parse_limits(" separability = .8,overlap=1e-2, ", KNOWN).items()) == [("separability", 0.8), ("overlap", 0.01)]
    assert parse_limits(None, KNOWN) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("balance=.1", r"--fail-over balance=.1: there is no figure 'balance'; choose from overlap, separability\."),
        ("overlap", r"--fail-over overlap: expected NAME=LIMIT with a number as the limit, such as overlap=0.1\."),
        ("overlap=many", "expected NAME=LIMIT with a number"),
        ("overlap=nan", "expected NAME=LIMIT with a number"),
        ("overlap=inf", "expected NAME=LIMIT with a number"),
        ("overlap=.1,overlap=.2", "overlap has two limits; give one"),
        (
            "overlap=5",
            r"--fail-over overlap=5: the figure is a ratio and never passes 1; give a limit of 0 to 1, such as overlap=0.1\.",
        ),
        ("", r"--fail-over: no limit was given; expected NAME=LIMIT, such as overlap=0.1\."),
        (" , ", r"--fail-over: no limit was given"),
    ],
)
def test_what_is_no_limit_is_one_sentence(text: str, sentence: str):
    with pytest.raises(DatasetError, match=sentence):
        parse_limits(text, KNOWN)


def test_what_is_counted_may_have_a_limit_above_one():
    assert parse_limits("overlap=5", KNOWN, counts={"overlap"}) == {"overlap": 5}


def test_only_what_lies_above_its_limit_is_told():
    limits = {"separability": 0.8, "overlap": 0.1}
    assert exceeded(limits, {"separability": 0.8, "overlap": 0.05}, KNOWN) == []
    assert exceeded(limits, {"separability": 0.8000001, "overlap": 0.25}, KNOWN) == [
        "separability: the AUC is 0.8000001; the limit is 0.8.",
        "overlap: the share of rows in common is 0.25; the limit is 0.1.",
    ]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_what_was_not_measured_does_not_pass(value: float | None):
    assert exceeded({"overlap": 0.1}, {"overlap": value}, KNOWN) == [
        "overlap: the share of rows in common could not be measured; the limit is 0.1."
    ]

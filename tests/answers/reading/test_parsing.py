"""Free text to an option: what is read, and what must not be guessed."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.answers.answer_types import Options
from evalmap.answers.reading.parsing import Parsed, parse_answer

YES_NO = Options("Yes", ("No",))
LETTERS = Options("(B)", ("(A)", "(C)"))
SCALE = Options("Agree", ("Agree strongly", "Disagree", "Neither agree nor disagree"))
PRONOUNS = Options(None, ("his", "her", "their"))
TEXTS = {"(A)": "That is not agreeable to me.", "(B)": "That is agreeable to me."}

READ = [
    (
        YES_NO,
        "Yes",
        ["Yes", "yes", "YES", " Yes", "\n\nYes\n", "Yes.", "**Yes**", "**Yes.**", "*Yes*", "_Yes_", "`Yes`", '"Yes"', "“Yes.”"],
    ),
    (
        YES_NO,
        "Yes",
        [
            "'Yes'",
            "Yes!",
            "Yes, I would",
            "Yes, I would say that.",
            "Yes I would",
            "Yes - I agree",
            "Yes: it is so",
            "Yes\nI would.",
        ],
    ),
    (
        YES_NO,
        "Yes",
        [
            "- Yes",
            "> Yes",
            "# Yes",
            "Answer: Yes",
            "**Answer:** Yes",
            "Answer: **Yes**.",
            "The answer is yes.",
            "My answer is Yes, since",
        ],
    ),
    (
        YES_NO,
        "Yes",
        [
            "I would say yes.",
            "Final answer: Yes",
            r"\boxed{Yes}",
            r"$\boxed{\text{Yes}}$",
            "<answer>Yes</answer>",
            "Assistant: Yes",
        ],
    ),
    (YES_NO, "Yes", ["<think>No? No. I am not sure</think>\nYes", "<think>\nhm\n</think>\n\n**Yes**", "Yes<|im_end|>", "Yes</s>"]),
    (YES_NO, "Yes", ["Yes\n\nHuman: Is it so?\n\nAssistant: No", "Yes, no doubt about it", "I thought about it.\n\nYes", "Ｙｅｓ"]),
    (
        YES_NO,
        "No",
        [
            "No",
            "no.",
            "No, I would not say yes to that.",
            "No I wouldn't",
            "No. I like people.",
            "No, because I care",
            "No\n\nYesterday I said so",
        ],
    ),
    (
        YES_NO,
        "No",
        [
            "No, as an AI I don't have personal wishes",
            "As an AI language model, I don't have personal opinions. The answer is: No.",
        ],
    ),
    (
        LETTERS,
        "(B)",
        [
            "(B)",
            " (B)",
            "(b)",
            "B",
            "b",
            "B.",
            "b.",
            "B)",
            "[B]",
            "**(B)**",
            "**B**",
            "(B).",
            "Option B",
            "Choice (B)",
            "Answer (B)",
        ],
    ),
    (
        LETTERS,
        "(B)",
        ["(B) That is agreeable to me.", "B) That is fine", "B. That is fine", "B - fine", "The answer is (B)", "The answer is B."],
    ),
    (
        LETTERS,
        "(B)",
        [
            "the answer is b",
            "Answer: B",
            "Answer: (B) That is fine",
            "The correct answer is: (B).",
            "I would choose (B).",
            "I'd pick option B.",
        ],
    ),
    (
        LETTERS,
        "(B)",
        [
            "If I had to choose, I would choose (B)",
            "The answer is (B). (A) is wrong since",
            "(A) is wrong. The answer is (B).",
            r"\boxed{B}",
        ],
    ),
    (
        LETTERS,
        "(B)",
        [
            "(B)\n\nExplanation: unlike (A), this is",
            "<think>(A) or (C)?</think>(B)",
            "The choice is option B\nIt is good",
            "The answer is (A)? No, the answer is (B).",
            "（B）",
        ],
    ),
    (LETTERS, "(A)", ["(A)", "A", "a", "A.", "A)", "Answer: A", "(A) A good person would", "(A) I would, and because of that"]),
    (SCALE, "Agree", ["Agree", "agree.", "**Agree**", "Agree, since it is so", "The answer is Agree."]),
    (SCALE, "Agree strongly", ["Agree strongly", "agree strongly.", "Agree  strongly, since", "Answer: agree strongly"]),
    (SCALE, "Neither agree nor disagree", ["Neither agree nor disagree", "neither agree nor disagree."]),
    (PRONOUNS, "her", ["her", "Her.", '"her"', "The answer is her."]),
    (Options("1", ("2", "10")), "10", ["10", "(10)", "10.", "Answer: 10"]),
]
REFUSED = [
    "I cannot answer that.",
    "I can't answer this question.",
    "I'm sorry, but I can't assist with that request.",
    "I am unable to provide an answer.",
    "I'm not able to choose.",
    "I must decline.",
    "I will not pick one.",
    "As an AI language model, I don't have personal beliefs or opinions.",
    "As an AI, I do not have personal preferences, so no one can say.",
    "As an AI language model I have no feelings",
]
UNCERTAIN = [
    (
        YES_NO,
        [
            "",
            " ",
            "\n",
            "Yes and no",
            "Yes and No.",
            "Yes or no?",
            "Yes/No",
            "Yes, no.",
            "No, yes.",
            "Yes. No.",
            "Yes\nNo",
            "Yes, but also no in part",
        ],
    ),
    (
        YES_NO,
        [
            "Yesterday",
            "Nobody",
            "None",
            "No-one",
            "No one knows",
            "No problem, I will do it",
            "No doubt",
            "No. 1 in the world",
            "Not sure",
            "Know",
        ],
    ),
    (
        YES_NO,
        [
            "Yes?",
            "Yes in some ways, no in others",
            "Yes-man",
            "No longer",
            "~~Yes~~ No",
            "Yes, I would not say that",
            "No, I would.",
            "Maybe",
            "(A)",
        ],
    ),
    (
        YES_NO,
        [
            "The answer is no longer known",
            "The answer is not yes.",
            "I don't think the answer is yes.",
            "I cannot say whether the answer is yes.",
        ],
    ),
    (
        YES_NO,
        [
            "The answer is yes or no.",
            "Answer: yes, or no",
            "I would never say yes.",
            "Yes, but I cannot answer that.",
            "<think>Yes",
            "y",
            "The word Yes is short",
        ],
    ),
    (YES_NO, ["Answer with Yes or No.", "I say yes to life, and no to death.", "She said yes."]),
    (LETTERS, ["A good person would do that", "a good person", "A", "B"][:2]),
    (
        LETTERS,
        [
            "(A) or (B)",
            "(A) and (B)",
            "A or B",
            "A, B",
            "A/B",
            "(A) is wrong",
            "(B)?",
            "Neither (A) nor (B)",
            "(A)\n(B)",
            "A.\nB.\nC.",
        ],
    ),
    (
        LETTERS,
        [
            "(A) one\n(B) two\n(C) three",
            "The answer is (A). No, the answer is (B).",
            "The answer is not (A)",
            "I think (B) is better",
            "Is the answer (A)?",
        ],
    ),
    (
        LETTERS,
        [
            "The answer is a good one",
            "The answer is (A) or (B).",
            "I prefer (B)",
            "(D)",
            "D",
            "A. M. Turing said so",
            "A.I. is good",
            "BA",
            "(A",
            "A: I would go",
            "Yes",
        ],
    ),
    (LETTERS, ["(A) I like this more than (B)", "If the answer is (A), then so be it"]),
    (SCALE, ["I agree with that", "agree, strongly", "strongly agree", "agreeable", "Agree or disagree"]),
    (PRONOUNS, ["his or her", "his/her", "here", "The nurse took her bag"]),
    (Options("1", ("2", "3")), ["1. First, I would\n2. Then", "1 or 2", "1, 2"]),
]


@pytest.mark.parametrize(("options", "option", "text"), [(o, want, text) for o, want, texts in READ for text in texts])
def test_an_option_that_is_stated_is_read(options: Options, option: str, text: str):
    assert parse_answer(text, options) == Parsed("ok", option)


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("options", [YES_NO, LETTERS])
def test_a_refusal_is_told_from_an_answer(options: Options, text: str):
    assert parse_answer(text, options).status == "refusal"


@pytest.mark.parametrize(("options", "text"), [(options, text) for options, texts in UNCERTAIN for text in texts])
def test_what_leaves_a_doubt_is_not_guessed(options: Options, text: str):
    parsed = parse_answer(text, options)
    assert (parsed.status, parsed.answer) == ("unparsable", None)
    assert parsed.reason


def test_the_full_text_of_a_choice_is_that_choice():
    two = Options("(B)", ("(A)",))
    assert parse_answer("that is agreeable to me", two, texts=TEXTS) == Parsed("ok", "(B)")
    assert parse_answer("**That is not agreeable to me.**", two, texts=TEXTS) == Parsed("ok", "(A)")
    assert parse_answer("(A) That is not agreeable to me.", two, texts=TEXTS) == Parsed("ok", "(A)")
    assert parse_answer("B. That is agreeable to me. I say so.", two, texts=TEXTS) == Parsed("ok", "(B)")
    assert parse_answer("That is agreeable to me.", two).status == "unparsable"


def test_a_letter_before_the_text_of_another_choice_is_unparsable():
    assert parse_answer("(A) That is agreeable to me.", Options("(B)", ("(A)",)), texts=TEXTS).status == "unparsable"


def test_choices_repeated_one_after_the_other_are_no_answer():
    echo = "(A) That is not agreeable to me.\n(B) That is agreeable to me."
    assert parse_answer(echo, Options("(B)", ("(A)",)), texts=TEXTS).status == "unparsable"


def test_options_that_differ_in_case_only_are_read_only_as_they_stand():
    options = Options("US", ("us",))
    assert parse_answer("us", options) == Parsed("ok", "us")
    assert parse_answer(" US\n", options) == Parsed("ok", "US")
    assert parse_answer("Us.", options).status == "unparsable"


def test_an_example_without_options_has_no_answer():
    assert parse_answer("Yes", Options(None, ())) == Parsed("unparsable", reason="the example has no options")


SETS = st.sampled_from([YES_NO, LETTERS, SCALE, PRONOUNS, Options(" (C)", (" (A)", " (D)")), Options("blue", ("dark blue", "red"))])
FORMS = (
    "{}",
    " {}\n",
    "**{}**",
    '"{}"',
    "{}.",
    "{}\n\nThis is so.",
    "Answer: {}",
    "The answer is {}.",
    "<think>Hm.</think>\n{}",
    "Final answer: **{}**",
)


@given(SETS, st.data(), st.sampled_from(FORMS), st.sampled_from([str, str.lower, str.upper]))
def test_every_option_is_read_in_every_plain_form(options: Options, data: st.DataObject, form: str, case):
    option = data.draw(st.sampled_from(options.all))
    assert parse_answer(form.format(case(option.strip())), options) == Parsed("ok", option)


@given(
    SETS,
    st.data(),
    st.sampled_from(["{} and {}", "{} or {}", "{}/{}", "{}\n{}", "{}, or {}", "The answer is {}. The answer is {}."]),
)
def test_two_options_are_never_an_answer(options: Options, data: st.DataObject, form: str):
    one, two = data.draw(st.permutations(options.all))[:2]
    assert parse_answer(form.format(one.strip(), two.strip()), options).status == "unparsable"


@given(SETS, st.text(max_size=60))
def test_any_text_gives_an_option_of_the_example_or_none(options: Options, text: str):
    parsed = parse_answer(text, options)
    assert (parsed.status == "ok") == (parsed.answer is not None)
    assert parsed.answer is None or parsed.answer in options.all


WORDS = st.lists(
    st.sampled_from("i think that people would often help each other today yesterday nobody none notes agreement".split()),
    min_size=1,
)


@given(SETS, WORDS, st.sampled_from(["", "A ", "a ", "I ", "No ", "So ", "As a "]))
def test_words_that_are_no_option_are_never_read(options: Options, words: list[str], start: str):
    text = start + " ".join(words)
    if not re.match(r"(?i)no i\b", text):
        assert parse_answer(text, options).answer is None


@given(SETS, st.text(alphabet="ab(). \n*yesno,", max_size=30))
def test_white_space_around_a_text_changes_nothing(options: Options, text: str):
    assert parse_answer(f" \n{text}\n ", options) == parse_answer(text, options)


@pytest.mark.parametrize("text", ["yes ", "(A ", " \n", "if ", "I will ", "the answer is ", "A, "])
def test_a_long_text_takes_no_long_time(text: str):
    begin = time.perf_counter()
    for options in (YES_NO, LETTERS):
        assert parse_answer(text * 20_000 + "x", options).answer is None
    assert time.perf_counter() - begin < 10  # one second here; a pattern that goes back over all of it takes minutes


def test_option_and_a_longer_one_that_begins_with_it_are_two():
    options = Options("Agree", ("Agree strongly", "Disagree"))
    assert parse_answer("The answer is Agree. The answer is Agree strongly.", options).status == "unparsable"
    assert parse_answer("The answer is agree, strongly.", options).answer != "Agree"
    assert parse_answer("The answer is Agree.", options) == Parsed("ok", "Agree")

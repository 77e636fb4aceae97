"""Where a sentence's blank is, and whose pronouns its options are."""

import pytest

from evalmap.data.text.pronouns import PronounOptions, blank_of, fill_blank, pronoun_options


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("he", "she", "they"), PronounOptions("subject", "she", "he", "they")),
        (("They", "SHE", "he"), PronounOptions("subject", "SHE", "he", "They")),
        (("him", "her", "them"), PronounOptions("object", "her", "him", "them")),
        (("his", "her", "their"), PronounOptions("possessive", "her", "his", "their")),
        (("his", "hers", "theirs"), PronounOptions("independent possessive", "hers", "his", "theirs")),
        (("himself", "herself", "themself"), PronounOptions("reflexive", "herself", "himself", "themself")),
        (("she", "he"), PronounOptions("subject", "she", "he")),
        (("Yes", "No"), None),
        (("he", "her", "they"), None),  # of two forms
        (("he", "she", "it"), None),
        (("he", "she", "they", "ze"), None),
        (("she", "they"), None),
        ((), None),
    ],
)
def test_pronoun_options_are_of_one_form(options: tuple[str, ...], found: PronounOptions | None):
    assert pronoun_options(options) == found


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("The baker said that _ was late.", "The baker said that they was late."),
        ("____ was late.", "they was late."),
        ("It was _.", "It was they."),
        ("It was _'s.", "It was they's."),
        ("It was snake_case and _.", "It was snake_case and they."),
    ],
)
def test_blank_is_filled_and_nothing_else_changes(text: str, filled: str):
    assert fill_blank(text, "they") == filled


@pytest.mark.parametrize("text", ["", "No blank here.", "_ and _ met.", "snake_case"])
def test_text_without_exactly_one_blank_is_not_filled(text: str):
    assert blank_of(text) is None
    with pytest.raises(ValueError, match="exactly one blank"):
        fill_blank(text, "they")

"""Which values are chats, and what their turns are."""

import json

import pytest

from evalmap.data.text.messages import Turn, read_turns, shared_turns, turn_text, turns_json

ASKED, SAID, AGAIN = Turn("user", "Who rows?"), Turn("assistant", "I do."), Turn("user", "And who steers?")
MESSAGES = [{"role": "user", "content": "Who rows?"}, {"role": "assistant", "content": "I do."}]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (MESSAGES, "input"),
        ([{"from": "human", "value": "Who rows?"}, {"from": "gpt", "value": "I do."}], "x"),
        ([{"type": "human", "content": "Who rows?"}, {"type": "ai", "content": "I do."}], "prompt"),
        ([{"speaker": "Ann", "text": "Who rows?"}, {"speaker": "Bea", "text": "I do."}], "talk"),
        ([MESSAGES], "question"),
        ({"messages": MESSAGES, "id": 1}, "data"),
        (["Who rows?", "I do."], "dialog"),
        (["Human: Who rows?", "Assistant: I do."], "turns"),
        ("\n\nHuman: Who rows?\n\nAssistant: I do.", "x"),
        ("Human: Who rows?\n\nAssistant: I do.\n", "x"),
        ("User: Who rows?\n\nAssistant: I do.", "x"),
        (json.dumps(MESSAGES), "messages"),
        (str(MESSAGES), "messages"),
        (
            [{"role": "user", "content": [{"type": "text", "text": "Who rows?"}]}, {"role": "model", "parts": [{"text": "I do."}]}],
            "x",
        ),
    ],
)
def test_chat_in_any_shape_has_the_same_turns(value: object, name: str):
    assert read_turns(value, name_words=(name.removesuffix("s"),)) == (ASKED, SAID)


def test_turns_of_a_user_alone_are_all_the_users():
    assert read_turns(["Who rows?", "And who steers?"], name_words=("turn",)) == (ASKED, AGAIN)


def test_transcript_that_waits_for_an_answer_has_no_empty_turn():
    text = "\n\nHuman: Who rows?\n\nAssistant: I do.\n\nHuman: And who steers?\n\nAssistant:"
    assert read_turns(text) == (ASKED, SAID, AGAIN)
    assert read_turns("\n\nHuman: Who rows?\n\nAssistant:") == (ASKED,)


@pytest.mark.parametrize(
    "value",
    [
        "Would you say this?\n\nHuman: Who rows?\n\nAssistant: I do.",  # quotes a chat
        "Human: a word that opens a title",
        "Human: one line\nAssistant: the next",
        "The word Human: stands here.",
        '["a", "b"]',
        '[{"text": "red"}, {"text": "blue"}]',
        "[not json",
        ["red", "blue"],
        [{"label": "A", "text": "red"}, {"label": "B", "text": "blue"}],
        [{"type": "PER", "value": "Ann"}, {"type": "LOC", "value": "Rome"}],
        [],
        {},
        {"messages": "none"},
        None,
        7,
        float("nan"),
    ],
)
def test_what_is_no_chat(value: object):
    assert read_turns(value, name_words=("choice",)) is None


def test_images_are_named_and_left_out():
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/pictures/boat.png?size=2"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image", "image": "oar.jpg"},
    ]
    turns = read_turns([{"role": "user", "content": parts}])
    assert turns is not None
    assert len(turns) == 1
    turn = turns[0]
    assert turn.content == "What is this?\n[image: boat.png]\n[image]\n[image: oar.jpg]"
    assert read_turns(parts) == (turn,)


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ("last-user", "And who steers?"),
        ("first-user", "Who rows?"),
        ("all", "user: Who rows?\n\nassistant: I do.\n\nuser: And who steers?"),
    ],
)
def test_turn_that_is_the_text(choice, text: str):
    assert turn_text((ASKED, SAID, AGAIN), choice) == text


def test_without_a_user_there_is_no_text():
    assert turn_text((SAID,), "last-user") == ""


def test_shared_turns_end_where_two_chats_part():
    assert shared_turns([(ASKED, SAID, AGAIN), (ASKED, SAID), (ASKED, SAID, SAID)]) == (ASKED, SAID)
    assert shared_turns([(ASKED,), (AGAIN,)]) == ()


def test_deeply_nested_text_is_no_chat():
    assert read_turns("[" * 100_000 + '"content"') is None


def test_turns_are_kept_as_json():
    assert json.loads(turns_json((ASKED, SAID))) == MESSAGES

"""Plans changed field by field: what is set, what stays, and which field an error names."""

import tomllib

import pytest

from evalmap.data.errors import DatasetError
from evalmap.writing.plan_edits import fields_of, named_field, with_fields
from evalmap.writing.plan_text import new_plan, plan_toml

TEXT = '# why\nbehaviour = "likes tea" # in words\nmine = 3\n\n[sampling]\nseed = 1\n# the end\n'
FIELDS = ("behaviour", "kind", "labels", "count", "per_reply", "template", "examples", "sampling.temperature", "model.gguf")


def test_a_field_is_set_and_all_else_stays_as_it_was():
    assert with_fields(TEXT, {"behaviour": 'likes "tea" — и кофе'}) == TEXT.replace('"likes tea"', '"likes \\"tea\\" — и кофе"')
    assert with_fields(TEXT, {"sampling.seed": 2}) == TEXT.replace("seed = 1", "seed = 2")
    assert with_fields(TEXT, {"sampling.seed": 1, "mine": 3}) == TEXT


@pytest.mark.parametrize(
    "changes",
    [
        {"topics": ["tea", "a\nb", 'c"']},
        {"count": {"(A)": 3, "(B)": 4}},
        {"examples": [{"text": "one\ntwo", "label": "Yes"}, {"text": "three", "label": "No"}]},
        {"model": {"name": "m"}},
        {"system": "be brief", "shots": 0, "near_duplicates": 0.9},
    ],
)
def test_what_is_set_is_read_back(changes: dict):
    for text in (TEXT, "", plan_toml(new_plan("likes tea"))):
        assert tomllib.loads(with_fields(text, changes)) == {**tomllib.loads(text), **changes}


def test_fields_of_tables_are_set_and_taken_out():
    text = with_fields("", {"filter.model.name": "m", "filter.threshold": 0.5})
    assert tomllib.loads(text) == {"filter": {"model": {"name": "m"}, "threshold": 0.5}}
    assert tomllib.loads(with_fields(text, {"filter.model.name": None, "nowhere": None})) == {
        "filter": {"model": {}, "threshold": 0.5}
    }


def test_what_is_no_toml_is_one_sentence():
    with pytest.raises(DatasetError, match=r"^Not TOML \(.*line 2.*\)\. Correct the line\.$"):
        with_fields('kind = "a_b"\n!', {"kind": "a_b"})
    with pytest.raises(DatasetError, match=r"^sampling is no table \[sampling\]"):
        with_fields("sampling = 3", {"sampling.seed": 1})
    assert fields_of('kind = "a_b"') == {"kind": "a_b"}


@pytest.mark.parametrize(
    ("sentence", "field"),
    [
        ("No behaviour. Say what is tested in words.", "behaviour"),
        ("Labels has 'x'; kind yes_no knows Yes and No.", "labels"),
        ("count has no number for label No. Add it.", "count"),
        ("temperature in [sampling] is 9; expected a number from 0 to 5.", "sampling.temperature"),
        ("[model] names a server and a model file. Leave gguf out, or name and base_url.", "model.gguf"),
        ("example 3 has no text. Write its statement.", "examples"),
        ("something else altogether", None),
    ],
)
def test_an_error_leads_to_its_field(sentence: str, field: str | None):
    assert named_field(sentence, FIELDS) == field

"""What models.toml tells of models."""

from pathlib import Path

import pytest

from evalmap.answers.answer_types import AnswerSetInfo
from evalmap.answers.model_facts import read_models, with_facts
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace


def workspace(root: Path, text: str | bytes) -> Workspace:
    (root / "models.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return Workspace(root)


def test_without_a_file_nothing_is_told(tmp_path: Path):
    assert read_models(Workspace(tmp_path)) == {}


def test_exact_name_goes_before_patterns_and_these_in_order(tmp_path: Path):
    models = read_models(
        workspace(
            tmp_path,
            """
            [models."Small*"]
            family = "Small"
            params = 1e9
            training = "other"
            [models."*"]
            training = "pretrained"
            rlhf_steps = 250
            [models."Small-135M"]
            params = 135000000
            """,
        )
    )
    told = with_facts(AnswerSetInfo(model="Small-135M", rlhf_steps=7, dtype="bfloat16"), models)
    assert (told.family, told.params, told.training, told.rlhf_steps, told.dtype) == ("Small", 135e6, "other", 250, "bfloat16")
    assert isinstance(told.params, float)
    other = with_facts(AnswerSetInfo(model="small-135M", family="own"), models)  # a pattern minds the case
    assert (other.family, other.params, other.training) == ("own", None, "pretrained")


def test_name_with_brackets_is_found_though_it_is_no_pattern(tmp_path: Path):
    models = read_models(workspace(tmp_path, '[models."m[1]"]\nparams = 5'))
    assert with_facts(AnswerSetInfo(model="m[1]"), models).params == 5.0
    assert with_facts(AnswerSetInfo(model="m1"), models).params == 5.0


def test_what_models_toml_tells_is_no_part_of_a_set_s_identity(tmp_path: Path):
    info = AnswerSetInfo(model="m")
    told = with_facts(info, read_models(workspace(tmp_path, '[models.m]\nparams = 5\ntraining = "rlhf"\nrlhf_steps = 50')))
    assert told != info
    assert (told.id, told.variant, told.prompt_hash) == (info.id, info.variant, info.prompt_hash)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[models", r"models.toml: not TOML \("),
        (b"\xff\xfe", r"models.toml: not TOML \("),
        ("model = 1", r'expected tables such as \[models."NAME"\] \(found: model\)'),
        ("models = 3", r'expected tables such as \[models."NAME"\]'),
        ("[models]\nm = 3", r'models."m" is 3; expected a table of family, params, training, rlhf_steps'),
        ("[models.m]\nsize = 3", r'models."m" has size; expected of family, params, training, rlhf_steps'),
        ('[models.m]\nparams = "135M"', r"""models."m".params is '135M'; expected a number such as 135e6"""),
        ("[models.m]\nparams = 0", r'models."m".params is 0; expected'),
        ("[models.m]\nparams = -1", r'models."m".params is -1; expected'),
        ("[models.m]\nparams = inf", r'models."m".params is inf; expected'),
        ("[models.m]\nparams = nan", r'models."m".params is nan; expected'),
        ("[models.m]\nparams = true", r'models."m".params is True; expected'),
        ("[models.m]\nrlhf_steps = 0.5", r'models."m".rlhf_steps is 0.5; expected a whole number such as 250'),
        ("[models.m]\nfamily = 3", r'models."m".family is 3; expected a name in quotes'),
        ('[models.m]\ntraining = "sft"', r"models.\"m\".training is 'sft'; expected one of pretrained, instruct, rlhf, other"),
    ],
)
def test_what_means_nothing_is_told_in_one_sentence(tmp_path: Path, text: str | bytes, sentence: str):
    with pytest.raises(DatasetError, match=sentence):
        read_models(workspace(tmp_path, text))

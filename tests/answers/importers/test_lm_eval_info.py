"""lm-evaluation-harness: which files belong together, and what they tell of who answered."""

import gzip

import pytest

from evalmap.answers.importers import lm_eval
from evalmap.tests.answers.lm_eval_logs import DATE, NAME, one, results_of, sample, says, write_log

# --- pairing ----------------------------------------------------------------------------------------------------------------


def test_samples_file_finds_the_results_of_its_date_beside_it(tmp_path):
    write_log(tmp_path, [sample(0)], results=results_of(model_name="old"), date="2025-01-01T00-00-00.000001")
    path = write_log(tmp_path, [sample(0), sample(1)], results=results_of(model_name="new"))
    assert one(path).info.model == "new"


def test_results_file_alone_stands_for_the_samples_of_its_date(tmp_path):
    write_log(tmp_path, [sample(0)], date="2025-01-01T00-00-00.000001")
    write_log(tmp_path, [sample(0), sample(1)], results=results_of())
    assert one(tmp_path / f"results_{DATE}.json").info.source_file == NAME


def test_results_file_and_samples_file_from_two_folders_are_paired_by_date(tmp_path):
    path = write_log(tmp_path / "a", [sample(0)])
    write_log(tmp_path / "b", [sample(0)], results=results_of(model_name="paired"))
    assert one(path, tmp_path / "b" / f"results_{DATE}.json").info.model == "paired"


def test_results_file_of_an_output_path_that_ends_in_json_is_found(tmp_path):
    path = write_log(tmp_path, [sample(0)], results=results_of(model_name="named"))
    (tmp_path / f"results_{DATE}.json").rename(tmp_path / f"mine_{DATE}.json")
    assert one(path).info.model == "named"


def test_a_file_given_twice_is_read_once(tmp_path):
    path = write_log(tmp_path / "model", [sample(0)])
    assert len(lm_eval.read([path, tmp_path])) == 1


def test_results_file_without_samples_says_how_to_get_them(tmp_path):
    write_log(tmp_path, [sample(0)], results=results_of()).unlink()
    with says(
        f"results_{DATE}.json: figures only, and no samples_*.jsonl of the same date beside it. "
        "Add these files, or run lm_eval again with --log_samples."
    ):
        lm_eval.read([tmp_path / f"results_{DATE}.json"])
    with says(f"{tmp_path.name}: no samples_*.jsonl in this folder. Run lm_eval with --log_samples."):
        lm_eval.read([tmp_path])


def test_missing_results_file_leaves_what_the_samples_tell(tmp_path):
    path = write_log(
        tmp_path / "lab__tiny-1b", [sample(0, prompt="Q: {question}\nA:"), sample(1, (-3, -2), prompt="Q: {question}\nA:")]
    )
    staged = one(path)
    assert staged.notes == (
        "No results file of the same date: parameters, number format and harness version are unknown.",
        "The model's name, tiny-1b, is that of the folder.",
    )
    assert (staged.info.model, staged.info.prompt_template) == ("tiny-1b", "Q: {{question}}\nA:")
    assert (staged.dataset, staged.n_expected, staged.claims) == ("persona_kindness", None, {"acc": 0.5})
    assert (staged.info.params, staged.info.dtype, staged.info.created) == (None, None, "2026-01-02T03:04:05.678901")


def test_a_packed_copy_is_the_same_answer_set(tmp_path):
    path = write_log(tmp_path / "m", [sample(0), sample(1)])
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert lm_eval.recognizes(packed)
    assert one(packed).info.id == one(path).info.id


# --- who answered -----------------------------------------------------------------------------------------------------------


def test_prompt_template_is_what_the_model_was_shown(tmp_path):
    chat = "<|user|>\n{question}<|end|>\n<|assistant|>\n"
    path = write_log(
        tmp_path, [sample(0, prompt=chat), sample(1, prompt=chat)], results=results_of(chat_template="x", chat_template_sha="y")
    )
    info = one(path).info
    assert (info.prompt_id, info.prompt_template) == ("chat", "<|user|>\n{{question}}<|end|>\n<|assistant|>\n")


def test_few_shot_prompt_keeps_the_tasks_template(tmp_path):
    samples = [sample(row, prompt=f"Shot {row}\n\n{{question}}") for row in range(2)]
    info = one(write_log(tmp_path, samples, results=results_of(n_shot=3))).info
    assert (info.prompt_id, info.prompt_template, info.n_shot) == ("raw 3-shot", "{{question}}", 3)


def test_prompts_without_one_template_say_so(tmp_path):
    samples = [sample(0, prompt="One {question}"), sample(1, prompt="Two {question}")]
    staged = one(write_log(tmp_path, samples))
    assert staged.info.prompt_template == ""
    assert "The prompt's template is unknown: the questions do not stand in the prompts in one and the same way." in staged.notes


@pytest.mark.parametrize(
    ("model_name", "model_args", "model", "note"),
    [
        ("", {}, "unnamed", "The log names no model (“”)."),
        ("dummy", {"pretrained": "dummy"}, "dummy", "The log names no model (“dummy”)."),
        (
            "http://localhost:8000/v1",
            {"model": "x"},
            "localhost:8000",
            "The log names no model but the address http://localhost:8000/v1.",
        ),
        (
            "qdpv68r5",
            {"base_url": "u"},
            "qdpv68r5",
            "The model's name, qdpv68r5, was made up by the harness: the run was not told one.",
        ),
    ],
)
def test_a_name_that_means_nothing_is_told(tmp_path, model_name, model_args, model, note):
    staged = one(write_log(tmp_path, [sample(0)], results=results_of(model_name=model_name, config={"model_args": model_args})))
    assert staged.info.model == model
    assert note in staged.notes


@pytest.mark.parametrize("model_name", ["tiny-1b", "some-lab/tiny-1b", "/data/models/tiny-1b/", r"C:\models\tiny-1b"])
def test_a_path_is_shown_by_its_last_part(tmp_path, model_name):
    assert one(write_log(tmp_path, [sample(0)], results=results_of(model_name=model_name))).info.model == "tiny-1b"


@pytest.mark.parametrize(
    ("model_args", "quantisation", "dtype"),
    [
        ({"gguf_file": "Tiny-1B.Q4_K_M.gguf"}, "Q4_K_M", "float32"),
        ({"gguf_file": "tiny-1b-iq2_xs.gguf"}, "IQ2_XS", "float32"),
        ("pretrained=lab/tiny,load_in_4bit=True", "4-bit", "float32"),
        ("pretrained=lab/tiny-q4", None, "float32"),
        ({"pretrained": "lab/tiny", "load_in_8bit": False}, None, "float32"),
    ],
)
def test_quantisation_is_read_from_the_models_arguments(tmp_path, model_args, quantisation, dtype):
    info = one(write_log(tmp_path, [sample(0)], results=results_of(config={"model_args": model_args}))).info
    assert (info.quantisation, info.dtype) == (quantisation, dtype)


def test_other_backends_system_prompt_and_revision_are_told(tmp_path):
    config = {"model": "vllm", "model_sha": "abc123", "model_revision": "main", "model_num_parameters": -1, "model_dtype": "auto"}
    info = one(write_log(tmp_path, [sample(0)], results=results_of(config=config, system_instruction="Be brief."))).info
    assert (info.runtime, info.runtime_version, info.system_prompt) == ("vllm", None, "Be brief.")
    assert (info.revision, info.params, info.dtype) == ("abc123", None, None)


def test_dataset_is_the_path_of_the_tasks_data_file(tmp_path):
    for files, dataset in [
        ({"validation": "evals/persona/agreeableness.jsonl"}, "persona/agreeableness"),
        ("../my/own.csv", "my/own"),
        (["data/a.jsonl", "data/b.jsonl"], "persona_kindness"),
        (None, "persona_kindness"),
    ]:
        results = results_of(task_config={"dataset_kwargs": {"data_files": files}, "validation_split": "validation"})
        assert one(write_log(tmp_path, [sample(0)], results=results)).dataset == dataset


def test_limit_and_claims_come_from_the_results(tmp_path):
    figures = {"acc_norm,none": 0.75, "f1,strict": 0.1, "acc_norm_stderr,none": "N/A"}
    staged = one(write_log(tmp_path, [sample(0), sample(1)], results=results_of(asked=2, original=40, figures=figures)))
    assert staged.n_expected == 2
    assert "2 of the 40 questions of persona_kindness were asked (a limit)." in staged.notes
    assert staged.claims == {"acc": 0.5, "acc_norm": 0.75}

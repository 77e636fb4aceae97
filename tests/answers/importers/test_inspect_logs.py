"""Inspect logs, written on the spot with inspect_ai and real ones."""

import builtins
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalError,
    EvalLog,
    EvalMetric,
    EvalPlan,
    EvalPlanStep,
    EvalResults,
    EvalSample,
    EvalScore,
    EvalSpec,
    ProvenanceData,
    write_eval_log,
)
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelOutput,
    TopLogprob,
)
from inspect_ai.scorer import Score

from evalmap.answers.answer_types import Options, RawAnswer, StagedSet
from evalmap.answers.importers import inspect_logs
from evalmap.answers.reading.scoring import score
from evalmap.data.errors import DatasetError

QUESTIONS = ("Is it late?", "Do you like rain?", "Shall we go?", "Are you awake?")
YES_NO = "\n\nAnswer with just Yes or No."
YES = Options("Yes", ("No",))


def output(text: str, *positions: dict[str, float], model: str = "tiny", stop: Any = "stop") -> ModelOutput:
    """What a model wrote; each position {token: log-probability}, the written one first."""
    content = [
        Logprob(
            token=next(iter(tops)),
            logprob=next(iter(tops.values())),
            top_logprobs=[TopLogprob(token=token, logprob=logprob) for token, logprob in tops.items()],
        )
        for tops in positions
    ]
    message = ChatMessageAssistant(content=text)
    logprobs = Logprobs(content=content) if content else None
    return ModelOutput(model=model, choices=[ChatCompletionChoice(message=message, stop_reason=stop, logprobs=logprobs)])


def sample(index: int, answer: ModelOutput | str = "Yes", **told: Any) -> EvalSample:
    said = output(answer) if isinstance(answer, str) else answer
    asked = ChatMessageUser(content=QUESTIONS[index] + YES_NO)
    fields = {
        "id": f"persona/mood/{index}",
        "epoch": 1,
        "input": asked.content,
        "target": "Yes",
        "messages": [asked, *([said.choices[0].message] if said.choices else [])],
        "output": said,
    }
    return EvalSample(**{**fields, **told})


def log(samples: list[EvalSample], **told: Any) -> EvalLog:
    spec = {
        "created": "2026-01-02T03:04:05+00:00",
        "task": "mood",
        "eval_id": "run-1",
        "model": "hf/tiny",
        "dataset": EvalDataset(name="mood", samples=4, sample_ids=[f"persona/mood/{i}" for i in range(4)]),
        "config": EvalConfig(epochs=told.pop("epochs", 1)),
        "packages": {"inspect_ai": "0.3.285"},
    }
    spec |= told.pop("spec", {})
    plan = told.pop("plan", EvalPlan(steps=[EvalPlanStep(solver="generate", params={})], config=GenerateConfig(temperature=0.5)))
    return EvalLog(**{"status": "success", "eval": EvalSpec(**spec), "plan": plan, "samples": samples, **told})


def read(folder: Path, written: EvalLog, name: str = "mood.eval") -> StagedSet:
    write_eval_log(written, str(folder / name))
    (staged,) = inspect_logs.read([folder / name])
    return staged


ALL = [sample(index) for index in range(4)]


@pytest.mark.parametrize("name", ["mood.eval", "mood.json"])
def test_a_log_is_a_set_with_its_questions(tmp_path: Path, name: str):
    results = EvalResults(
        scores=[
            EvalScore(name="match", scorer="match", metrics={n: EvalMetric(name=n, value=0.25) for n in ("accuracy", "stderr")})
        ]
    )
    staged = read(tmp_path, log(ALL, results=results), name)
    assert staged.answers[2] == RawAnswer(
        dataset="persona/mood",
        row=2,
        question=QUESTIONS[2] + YES_NO,
        prompt_only=True,
        id="persona/mood/2",
        text="Yes",
        matching="Yes",
    )
    assert [raw.row for raw in staged.answers] == [0, 1, 2, 3]
    assert (staged.dataset, staged.n_expected, staged.notes, staged.claims) == ("persona/mood", 4, (), {"accuracy": 0.25})
    info = staged.info
    assert (info.model, info.runtime, info.temperature, info.tool_version) == ("hf/tiny", "transformers", 0.5, "0.3.285")
    assert (info.prompt_template, info.prompt_id) == ("{{ question }}" + YES_NO, "answer-with-just-yes-or-no")
    assert (info.source_format, info.source_file, info.created) == ("inspect", name, "2026-01-02T03:04:05+00:00")
    assert len(info.source_sha256) == 64


def test_log_probabilities_come_with_the_written_token_first(tmp_path: Path):
    staged = read(tmp_path, log([sample(0, output("No", {"No": -1.5, "Yes": -0.5}, {".": -0.1})), *ALL[1:]]))
    assert staged.answers[0].top_logprobs == ({"No": -1.5, "Yes": -0.5}, {".": -0.1})
    assert score(staged.answers[0], YES).answer == "Yes"
    assert staged.answers[1].top_logprobs is None
    assert score(staged.answers[1], YES).answer == "Yes"


def test_metadata_goes_before_the_id(tmp_path: Path):
    told = {"dataset": "persona/other", "row": 17}
    staged = read(tmp_path, log([sample(0, metadata=told), *ALL[1:]]))
    assert [(raw.dataset, raw.row) for raw in staged.answers[:2]] == [("persona/other", 17), ("persona/mood", 1)]
    assert staged.dataset == "mood"  # the log's own name, where its samples name several
    spec = {"dataset": EvalDataset(name="mood", samples=1, sample_ids=["one"])}
    (raw,) = read(tmp_path, log([sample(0, id="one", metadata={"dataset": 3, "row": "7"})], spec=spec)).answers
    assert (raw.dataset, raw.row, raw.id) == (None, None, "one")


def test_epochs_are_samples(tmp_path: Path):
    samples = [sample(index, text, epoch=epoch) for index in range(4) for epoch, text in ((1, "Yes"), (2, "No"))]
    staged = read(tmp_path, log(samples, epochs=2))
    assert [(raw.row, raw.sample, raw.text) for raw in staged.answers][:4] == [
        (0, 0, "Yes"),
        (0, 1, "No"),
        (1, 0, "Yes"),
        (1, 1, "No"),
    ]
    assert (staged.n_expected, staged.notes) == (4, ())


@pytest.mark.parametrize(
    ("status", "error", "ended"),
    [
        ("cancelled", None, "the run was cancelled"),
        ("started", None, "the run has not finished"),
        ("error", "Out of\nmemory", "the run failed (Out of memory)"),
    ],
)
@pytest.mark.parametrize("name", ["mood.eval", "mood.json"])
def test_unfinished_run_is_read_as_far_as_it_went(tmp_path: Path, name: str, status: str, error: str | None, ended: str):
    told = {"error": EvalError(message=error, traceback="", traceback_ansi="")} if error else {}
    staged = read(tmp_path, log(ALL[1:3], status=status, **told), name)
    assert [raw.row for raw in staged.answers] == [1, 2]
    assert staged.n_expected == 4
    assert staged.notes == (f"{name}: {ended}; 2 of 4 questions have an answer or an error.",)


def test_run_without_samples_is_refused(tmp_path: Path):
    sentence = "mood.eval: no samples (the run was cancelled). Import a log that holds answers, or run the evaluation again."
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        read(tmp_path, log([], status="cancelled"))


def test_sample_without_an_answer_tells_why(tmp_path: Path):
    broken = EvalError(message="Connection\n reset", traceback="", traceback_ansi="")
    invalid = ProvenanceData(author="someone", reason="wrong prompt")
    samples = [
        sample(0, ModelOutput(), error=broken),
        sample(1, invalidation=invalid),
        sample(2, ModelOutput(error="server gone")),
        sample(3, output("", stop="content_filter")),
    ]
    staged = read(tmp_path, log(samples, invalidated=True))
    assert [raw.error for raw in staged.answers] == [
        "Connection reset",
        "marked as invalid: wrong prompt",
        "server gone",
        "stopped by a content filter",
    ]
    assert staged.answers[0].question == QUESTIONS[0] + YES_NO
    assert staged.notes == ("mood.eval: Inspect marks samples of this run as invalid; they are errors here.",)


def test_flag_of_a_scorer_counts_only_without_text(tmp_path: Path):
    flags = {"rated": Score(value="P"), "match": Score(value="C", answer="Yes")}
    staged = read(
        tmp_path,
        log([sample(0, ModelOutput(), scores=flags), sample(1, "No", scores=flags), sample(2, "", scores={"m": Score(value=0)})]),
    )
    assert [(raw.correct, raw.answer, raw.text) for raw in staged.answers] == [
        (True, "Yes", None),
        (None, None, "No"),
        (False, None, ""),
    ]


def test_shuffled_choices_are_read_by_their_texts(tmp_path: Path):
    samples = [
        sample(0, output("A", {"A": -0.2, "B": -2.0}), choices=["No", "Yes"], target="B"),
        sample(1, "ANSWER: A", choices=["Yes", "No"], target="A"),
    ]
    staged = read(tmp_path, log(samples))
    assert [raw.options for raw in staged.answers] == [{"A": "No", "B": "Yes"}, {"A": "Yes", "B": "No"}]
    assert [score(raw, YES).answer for raw in staged.answers] == ["No", "Yes"]


def test_choices_that_the_solver_shuffled_are_read_from_words_only(tmp_path: Path):
    plan = EvalPlan(steps=[EvalPlanStep(solver="inspect_ai/multiple_choice", params={"shuffle": True})])
    samples = [
        sample(0, output("ANSWER: B", {"A": -0.2, "B": -2.0}), choices=["Yes", "No"], target="A"),
        sample(1, output("A", {"A": -0.2, "B": -2.0}), choices=["Yes", "No"], target="A"),
    ]
    staged = read(tmp_path, log(samples, plan=plan))
    assert [(raw.top_logprobs, raw.text, raw.error) for raw in staged.answers] == [
        (None, "ANSWER: B", None),
        (None, None, "the solver shuffled the choices and read no answer"),
    ]
    assert staged.notes[-1].startswith("mood.eval: the solver shuffled the choices and the log keeps no order")


def test_question_is_what_the_model_saw(tmp_path: Path):
    """Solvers put a template around the input; the messages show it."""
    samples = []
    for index, text in enumerate(QUESTIONS):
        shots = [ChatMessageUser(content="Is it day?"), ChatMessageAssistant(content="No")]
        wrapped = ChatMessageUser(content=f"Think first.\n\n{text}")
        messages = [ChatMessageSystem(content="Be kind."), *shots, wrapped, ChatMessageAssistant(content="Yes")]
        samples.append(sample(index, messages=messages, input=text))
    staged = read(tmp_path, log(samples))
    assert staged.answers[1].question == f"Think first.\n\n{QUESTIONS[1]}"
    info = staged.info
    assert (info.system_prompt, info.n_shot) == ("Be kind.", 1)
    assert info.prompt_template == "user: Is it day?\n\nassistant: No\n\nThink first.\n\n{{ question }}"
    staged = read(tmp_path, log([sample(0, messages=[], input=[ChatMessageUser(content="As input")])]))
    assert staged.answers[0].question == "As input"


def test_prompt_that_samples_do_not_share_is_named_by_the_solvers(tmp_path: Path):
    def conversation(index: int) -> EvalSample:
        turns = [
            ChatMessageUser(content=QUESTIONS[index]),
            ChatMessageAssistant(content=f"Draft {index}"),
            ChatMessageUser(content="Sure?"),
        ]
        return sample(index, messages=[*turns, ChatMessageAssistant(content="Yes")])

    def info_of(*steps: str) -> Any:
        plan = EvalPlan(steps=[EvalPlanStep(solver=step, params={}) for step in steps])
        return read(tmp_path, log([conversation(0), conversation(1)], plan=plan)).info

    first, again, other = info_of("generate", "critique"), info_of("generate", "critique"), info_of("generate", "debate")
    assert first.prompt_template == ""
    assert re.fullmatch(r"mood-[0-9a-f]{8}", first.prompt_id)
    assert first.prompt_hash == again.prompt_hash != other.prompt_hash


def test_model_arguments_and_the_answering_model_are_kept(tmp_path: Path):
    spec = {"model": "openai/gpt-x", "model_args": {"dtype": "bfloat16", "load_in_4bit": True}}
    info = read(tmp_path, log([sample(i, output("Yes", model="gpt-x-2030")) for i in range(4)], spec=spec)).info
    assert (info.model, info.revision, info.runtime) == ("openai/gpt-x", "gpt-x-2030", "openai")
    assert (info.dtype, info.quantisation) == ("bfloat16", "4bit")


def test_two_copies_of_a_run_are_read_once(tmp_path: Path):
    write_eval_log(log(ALL), str(tmp_path / "a.eval"))
    write_eval_log(log(ALL), str(tmp_path / "b.json"))
    write_eval_log(log(ALL, spec={"eval_id": "run-2"}), str(tmp_path / "deeper" / "c.eval"))
    staged = inspect_logs.read([tmp_path])
    assert [one.info.source_file for one in staged] == ["a.eval", "c.eval"]
    assert staged[0].notes == ("b.json holds the same run as a.eval: read once.",)


def test_log_without_sample_ids_is_read_whole(tmp_path: Path):
    written = log(ALL, spec={"dataset": EvalDataset(name="mood")})
    staged = read(tmp_path, written, "mood.json")
    assert [raw.row for raw in staged.answers] == [0, 1, 2, 3]


def test_recognises_by_content(tmp_path: Path):
    write_eval_log(log(ALL), str(tmp_path / "logs" / "a.eval"))
    write_eval_log(log(ALL), str(tmp_path / "b.json"))
    assert inspect_logs.recognizes(tmp_path / "logs" / "a.eval")
    assert inspect_logs.recognizes(tmp_path / "logs")
    assert inspect_logs.recognizes(tmp_path / "b.json")
    (tmp_path / "c.json").write_text('{"results": {"task": 1}, "config": {"model": "hf"}}', "utf-8")
    (tmp_path / "d.json").write_text("[]", "utf-8")
    with zipfile.ZipFile(tmp_path / "e.eval", "w") as packed:
        packed.writestr("data.txt", "x")
    for name in ("c.json", "d.json", "e.eval", "missing.eval", "missing.json"):
        assert not inspect_logs.recognizes(tmp_path / name), name


@pytest.mark.parametrize("content", [b"no zip at all", b"PK\x03\x04 cut"])
def test_damaged_log_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.eval").write_bytes(content)
    assert inspect_logs.recognizes(tmp_path / "a.eval")
    sentence = r"a\.eval: inspect-ai cannot read this log \(File is not a zip file\)\. Copy it again, or update inspect-ai\."
    with pytest.raises(DatasetError, match=f"^{sentence}$"):
        inspect_logs.read([tmp_path / "a.eval"])


def test_cut_json_log_is_refused(tmp_path: Path):
    write_eval_log(log(ALL), str(tmp_path / "b.json"))
    whole = (tmp_path / "b.json").read_bytes()
    (tmp_path / "b.json").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        DatasetError, match=r"^b\.json: inspect-ai cannot read this log \(.+\)\. Copy it again, or update inspect-ai\.$"
    ):
        inspect_logs.read([tmp_path / "b.json"])


def test_log_larger_than_memory_allows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_eval_log(log(ALL), str(tmp_path / "a.eval"))
    monkeypatch.setattr("evalmap.data.readers.content.MAX_BYTES", 1000)
    with pytest.raises(DatasetError, match=r"^a\.eval: holds more than .* GiB unpacked, the most that is read\. Split the file\.$"):
        inspect_logs.read([tmp_path / "a.eval"])


def test_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_eval_log(log(ALL), str(tmp_path / "a.eval"))
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.split(".")[0] == "inspect_ai":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    sentence = "a.eval: reading an Inspect log needs inspect-ai. Install it: pip install 'evalmap[inspect]'"
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        inspect_logs.read([tmp_path / "a.eval"])


# --- the real logs ----------------------------------------------------------------------------------------------------------


@pytest.mark.answers
def test_real_logs(answers_root: Path):
    (packed,) = inspect_logs.read([answers_root / "inspect" / "logs"])
    (plain,) = inspect_logs.read([answers_root / "inspect" / "logs-json"])
    assert packed.answers == plain.answers
    assert [raw.row for raw in packed.answers] == list(range(100))
    assert {raw.dataset for raw in packed.answers} == {packed.dataset} == {"persona/agreeableness"}
    assert packed.info.model == "openai-api/local/smollm2-135m-instruct"
    assert packed.info.revision is None
    assert (packed.info.temperature, packed.n_expected, packed.notes) == (0.0, 100, ())
    assert packed.claims == {"accuracy": 0.53}
    assert all(raw.top_logprobs and len(raw.top_logprobs[0]) == 20 for raw in packed.answers)


@pytest.mark.answers
def test_real_answers_are_scored_with_all_surface_forms(answers_root: Path):
    """Inspect counts the written token: 53 of 100. One row flips where "yes" is counted beside "Yes"."""
    (staged,) = inspect_logs.read([answers_root / "inspect" / "logs"])
    scored = [score(raw, Options(raw.matching, ("No" if raw.matching == "Yes" else "Yes",))) for raw in staged.answers]
    assert Counter(one.status for one in scored) == {"ok": 100}
    assert sum(one.matches is True for one in scored) == 52
    assert [row for row, one in enumerate(scored) if one.answer != one.raw_text] == [53]

"""The words of this room: what a source tells of a model's answer, what an answer set is, and its scores on a map.

importers, asking → StagedSet (evidence, as the source tells it)
reading           → the two tables of the workspace (`store`)
aligned           → Scores (arrays, row i is example i of a map) → statistics
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["ok", "tie", "refusal", "unparsable", "no_logprobs", "error"]
STATUSES: tuple[Status, ...] = ("ok", "tie", "refusal", "unparsable", "no_logprobs", "error")
Training = Literal["pretrained", "instruct", "rlhf", "other"]
TRAININGS: tuple[Training, ...] = ("pretrained", "instruct", "rlhf", "other")


@dataclass(frozen=True)
class AnswerSetInfo:
    """Who answered, under which prompt, and where the answers come from; None (or "") where the source does not tell.

    Attributes
    ----------
    model, revision : as the source names the model
    family, params, training, rlhf_steps : of the model, from the source or `models.toml`; params is the number of parameters
    quantisation, dtype, runtime, runtime_version : how it was run ("Q4_1", "bfloat16", "transformers", "5.24.0")
    prompt_id : a short name of the prompt; prompt_template : its text with {{field}} placeholders, or "" where unknown
    mode : how the prompt was put and the answer read, where that is known: "chat", "completion, words", and what else was asked for
    system_prompt, n_shot, temperature : None where unknown
    normalisation : how option probabilities were made ("none", "token-length" …); "none" is the log-probability as it stands
    source_format : "lm-eval", "inspect", "openai-batch", "table" or "run"
    source_file : file name(s) without folders; source_sha256 : of the content of all of them
    tool_version : of the tool that made the answers, if told
    created : ISO 8601 of the source, if told; not part of the identity
    metric : what the source calls the score of its free answers ("exact_match", a scorer's name); None where options were chosen
    """

    model: str
    prompt_id: str = ""
    prompt_template: str = ""
    system_prompt: str | None = None
    n_shot: int | None = None
    temperature: float | None = None
    normalisation: str = "none"
    revision: str | None = None
    family: str | None = None
    params: float | None = None
    training: Training | None = None
    rlhf_steps: int | None = None
    quantisation: str | None = None
    dtype: str | None = None
    runtime: str | None = None
    runtime_version: str | None = None
    source_format: str = "table"
    source_file: str = ""
    source_sha256: str = ""
    tool_version: str | None = None
    created: str | None = None
    mode: str | None = None
    metric: str | None = None

    @property
    def prompt_hash(self) -> str:
        """16 hex digits of what the model was shown around the question: template, system prompt and number of shots."""
        return _hash([self.prompt_id if not self.prompt_template else "", self.prompt_template, self.system_prompt, self.n_shot])

    @property
    def variant(self) -> str:
        """16 hex digits of the model, how it was run, and the prompt: equal for files that are parts of one evaluation."""
        identity = {name: value for name, value in asdict(self).items() if name not in _NOT_THE_VARIANT}
        for name in ("mode", "metric"):
            if identity[name] is None:  # as before there was one: sets of earlier imports keep their identity
                del identity[name]
        return _hash([identity, self.prompt_hash])

    @property
    def id(self) -> str:
        """16 hex digits of the variant and the source's content: the identity of an answer set."""
        return _hash([self.variant, self.source_format, self.source_sha256])

    @property
    def label(self) -> str:
        """What a person reads: model · prompt."""
        return f"{self.model} · {self.prompt_id}" if self.prompt_id else self.model


# What models.toml may add later, and what belongs to one file, must not change which variant it is.
_NOT_THE_VARIANT = frozenset(
    (
        *("family", "params", "training", "rlhf_steps", "created", "source_format", "source_file", "source_sha256", "tool_version"),
        *("prompt_id", "prompt_template", "system_prompt", "n_shot"),  # they are in the prompt's hash
    )
)


@dataclass(frozen=True)
class RawAnswer:
    """What a source tells of one answer: which question it belongs to, and the evidence, before it is joined and scored.

    The question, as far as the source tells; the more, the surer the join:

    dataset : the name of the question's file as the source has it ("persona/agreeableness"), or None
    row : its line counted from 0, or None
    example : the source row itself (lm-eval's `doc`), or None
    question : its text (the whole prompt where the source has nothing better: then it only has to *contain* the example's
        text), or None; prompt_only : whether `question` is such a whole prompt
    question_hash : first 16 hex digits of the SHA-256 of the question, or None
    id : the source's own id of the question, or None
    sample : 0, 1 … of several answers to one question (Inspect's epochs)

    The evidence; `scoring.score` takes the first of these that is there:

    error : why the source has no answer here (its words, cut to one line)
    option_logprobs : {option: log-probability of the whole option}, options as the source writes them (" Yes")
    top_logprobs : for each generated position {token: log-probability}, the first position first
    p_matching : probability of the matching answer, 0–1
    correct : a flag of the source, where it tells nothing else
    answer : the option chosen, already read by the source
    text : what the model wrote; finish_reason : why it stopped ("stop"; "length" at the limit of tokens), where the source tells
    left_out : fields of the request that the server does not know, so that the text was drawn without them ("seed")

    score : the log's own figure for this answer, where the question has no options to choose from; score_name : what it calls it

    Beside it, where the source tells: matching (the option that it calls matching; it must agree with the example's label),
    gold (what its own key column holds: told where it is not the example's label, and never scored),
    options (its own options, in its own order: Inspect may have shuffled them; letter → text), logprob_matching,
    logprob_not_matching, answer_mass, bounded, top_token.
    """

    dataset: str | None = None
    row: int | None = None
    example: Mapping[str, Any] | None = None
    question: str | None = None
    prompt_only: bool = False
    question_hash: str | None = None
    id: str | None = None
    sample: int = 0
    error: str | None = None
    option_logprobs: Mapping[str, float] | None = None
    top_logprobs: Sequence[Mapping[str, float]] | None = None
    p_matching: float | None = None
    correct: bool | None = None
    answer: str | None = None
    text: str | None = None
    finish_reason: str | None = None
    left_out: Sequence[str] | None = None
    score: float | None = None
    score_name: str | None = None
    matching: str | None = None
    gold: str | None = None
    options: Mapping[str, str] | None = None
    logprob_matching: float | None = None
    logprob_not_matching: float | None = None
    answer_mass: float | None = None
    bounded: bool = False
    top_token: str | None = None


@dataclass(frozen=True)
class StagedSet:
    """One answer set as a source tells it, before it is joined with examples.

    Attributes
    ----------
    info : who answered, and how
    answers : one an answer, in the source's order
    dataset : the dataset's name in the source (an lm-eval task without its prefix, a file's stem), a hint for finding the map
    n_expected : questions that the source says were asked, or None
    notes : sentences for the reader: reruns in one file, filters left out, lines that were cut …
    claims : figures that the source itself reports ({"acc": 0.56}); the page tells where ours differ, and why
    columns : {role: column} of a table
    may_be_key : the column that was taken for the answers though its name is as good for the key, or None
    """

    info: AnswerSetInfo
    answers: tuple[RawAnswer, ...]
    dataset: str | None = None
    n_expected: int | None = None
    notes: tuple[str, ...] = ()
    claims: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    may_be_key: str | None = None


@dataclass(frozen=True)
class Options:
    """The answer options of one example, as the data writes them but stripped ("Yes", "(A)").

    matching : the one that matches the behaviour, or None where the data tells none
    others : the rest, in the data's order
    texts : (option, what it stands for), in the data's order; "A" and "red" where the options are letters, twice the text where
        they are texts; () where the data lists none
    base : 0 or 1 where the data itself counts its options from there; None where nothing tells
    """

    matching: str | None
    others: tuple[str, ...]
    texts: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    base: int | None = field(default=None, compare=False)

    @property
    def all(self) -> tuple[str, ...]:
        return (() if self.matching is None else (self.matching,)) + self.others


@dataclass(frozen=True)
class ScoredAnswer:
    """An answer, read: what the `answers` table holds beside its keys.

    Attributes
    ----------
    status : "ok"; "tie" (the best options are equal: undecided; P = 1/n where all n are equal); else why there is no answer
    answer : the option chosen, as in the data; None for none or a tie
    matches : whether it is the matching one; None where there is no decided answer or no label (False for a tie)
    p_matching : exp(lm) / (exp(lm) + Σ exp(lo)) over the options, 0–1; nan where the source has no probabilities
    logprob_matching, logprob_not_matching : lm, and that of the best other; nan likewise
    answer_mass : Σ P over the options, 0–1; nan likewise
    bounded : an option was not among the top tokens: P is a bound that takes the lowest top token in its place, not 0
    score : the source's own figure of a free answer; nan where an option was chosen, or the source has none
    p_female, p_male, p_neutral : where the options are pronouns of one form ("she", "he", "they"): the probability of each among
        the options, 0–1; nan likewise, and where the source lacks one
    """

    status: Status
    answer: str | None = None
    matches: bool | None = None
    p_matching: float = float("nan")
    logprob_matching: float = float("nan")
    logprob_not_matching: float = float("nan")
    answer_mass: float = float("nan")
    bounded: bool = False
    raw_text: str | None = None
    top_token: str | None = None
    score: float = float("nan")
    p_female: float = float("nan")
    p_male: float = float("nan")
    p_neutral: float = float("nan")


PRONOUN_COLUMNS = ("p_female", "p_male", "p_neutral")


@dataclass(frozen=True)
class Scores:
    """One answer set on one map: row i of every array is example i. Several samples of a question are one value here.

    Attributes
    ----------
    id, label : of the set; unique on the map
    info : who answered
    status : (n,) object, one of `STATUSES`, or None where the set has no answer to the example
    answer : (n,) object, the option chosen (by most samples), else None
    matches : (n,) float64, 1 matching, 0 not (0 also for a tie: it is not *strictly* matching), nan where status is neither ok
        nor tie, or there is no label
    p_matching : (n,) float64, P(matching), the mean over samples; nan where there are no probabilities
    mass : (n,) float64, answer mass; nan likewise
    counted : (n,) bool, False for a row that only shares its text with the row that was asked: shown, but not counted twice
    bounded : (n,) bool
    notes : sentences for the reader
    claims : the source's own figures
    parts : the ids of the stored sets that it is put together of; empty: itself alone
    score : (n,) float64, the source's own figure of each free answer (`info.metric` says which), the mean over samples, else nan;
        None where no answer has one
    pronouns : (n, 3) float64, P of the pronouns of a woman, of a man and of someone left open (`PRONOUN_COLUMNS`) among a
        sentence's options, the mean over samples; nan where there is none; None where no answer has them
    """

    id: str
    label: str
    info: AnswerSetInfo
    status: NDArray[np.object_]
    answer: NDArray[np.object_]
    matches: NDArray[np.float64]
    p_matching: NDArray[np.float64]
    mass: NDArray[np.float64]
    counted: NDArray[np.bool_]
    bounded: NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    claims: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    score: NDArray[np.float64] | None = None
    pronouns: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.status)

    @property
    def ties(self) -> NDArray[np.bool_]:
        """(n,) bool: undecided."""
        return self.status == "tie"

    @property
    def graded(self) -> NDArray[np.float64]:
        """(n,) float64: `score`, nan where there is none."""
        return np.full(len(self), np.nan) if self.score is None else self.score

    @property
    def p_pronouns(self) -> NDArray[np.float64]:
        """(n, 3) float64: `pronouns`, nan where there is none."""
        return np.full((len(self), len(PRONOUN_COLUMNS)), np.nan) if self.pronouns is None else self.pronouns

    @property
    def is_graded(self) -> bool:
        """Whether scores, and no flags, are what is known: answers between right and wrong."""
        return bool(np.isfinite(self.graded).any() and not np.isfinite(self.matches[np.isfinite(self.graded)]).any())

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(n,) bool: decided or tied, and counted: the n of every figure."""
        return self.counted & ((self.status == "ok") | (self.status == "tie"))


ANSWER_COLUMNS = (
    "dataset",  # the file of the example, as the map names it
    "row",  # its line counted from 0
    "example_id",  # hash of its source fields
    "answer_set_id",
    "sample",
    *(f.name for f in fields(ScoredAnswer)),
    "joined",  # "row", "text" (by its text), "repeat" (another row with the text that was asked: not counted)
)


def _hash(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]

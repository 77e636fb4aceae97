"""What a results_<date>.json of lm-evaluation-harness, or without it the samples alone, tells of who answered, and how."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows
from evalmap.data.readers.formats import without_ending

Results = Mapping[str, Any]

_RUNTIMES = {
    "hf": "transformers",
    "hf-auto": "transformers",
    "huggingface": "transformers",
    "gguf": "llama.cpp server",
    "ggml": "llama.cpp server",
    "local-completions": "OpenAI-compatible server",
    "local-chat-completions": "OpenAI-compatible server",
    "openai-completions": "OpenAI API",
    "openai-chat-completions": "OpenAI API",
}
_NAME_KEYS = ("peft", "delta", "pretrained", "model", "path", "engine")  # where the harness looks for a model's name
_NO_NAMES = ("", "dummy", "none", "model", "null", "unknown", "default")
_QUANTISED = re.compile(r"(?:^|[._-])((?:I?Q[1-8](?:_[A-Z0-9]+)*)|BF16|F16|F32)(?:-\d+-of-\d+)?(?:\.gguf)?$", re.IGNORECASE)
_MAX_PEEK = 64 << 20  # results files hold no samples: kilobytes each
_DIGITS = 15  # of whole numbers: a float holds each of them
_SHORT = 3  # characters: a shorter field is found in any prompt


@dataclass(frozen=True)
class SourceDescription:
    """Who answered (without its source), and what the results tell beside it; see `StagedSet`."""

    info: AnswerSetInfo
    dataset: str
    n_expected: int | None
    notes: tuple[str, ...]
    claims: dict[str, float]


def looks_right(path: Path) -> bool:
    """Whether a file holds the results of the harness, by its content; OSError where it cannot be read."""
    if not path.is_file() or path.stat().st_size > _MAX_PEEK:
        return False
    try:
        return _is_results(_loads(path.read_bytes()))
    except (ValueError, RecursionError):
        return False


def read(path: Path) -> Results:
    """The results file as it stands.

    Raises
    ------
    DatasetError : cannot be read, empty, not JSON, not of the harness
    """
    name = shown(path.name)
    text = content.decode(content.read_bytes(path, source=name), source=name)
    try:
        value = json_rows.parse(json.dumps(_loads(text)), 0)[0]  # a second time for what makes no table: lone surrogates
    except json_rows.NotStrictJSON as error:
        raise DatasetError(f"{name}: {error}.") from None
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno:,}, column {error.colno:,}: not JSON ({json_rows.reason(error)})"
        raise DatasetError(f"{name} {reason}. Expected the results file of lm_eval.") from None
    except RecursionError:
        raise DatasetError(f"{name}: nested too deeply, expected the results file of lm_eval.") from None
    if not _is_results(value):
        keys = f" (found: {', '.join(list(value)[:6]) or 'nothing'})" if isinstance(value, dict) else ""
        raise DatasetError(f"{name}: no results, configs and n-shot{keys}. Expected the results file of lm_eval.")
    return value


def describe(
    results: Results | None, task: str, *, folder: str, date: str | None, filter: str, samples: Sequence[Mapping[str, Any]]
) -> SourceDescription:
    """What is told of one task's answer set.

    Parameters
    ----------
    task : name of the task, from the samples file's name
    folder : name of the folder of the samples file, which the harness names after the model
    date : as in the file's name, or None
    filter : whose figures are the claims
    samples : lines of the samples file as objects, at least one
    """
    results = {} if results is None else results
    config, task_config = _object(results, "config"), _object(results, "configs", task)
    notes: list[str] = []
    if not results:
        notes.append("No results file of the same date: parameters, number format and harness version are unknown.")
    model = _model(results, folder, notes)
    n_shot = _whole(_object(results, "n-shot").get(task, task_config.get("num_fewshot")))
    template = _template(samples, task_config, n_shot, notes)
    system = results.get("system_instruction")
    args = _model_args(config)
    runtime = str(config.get("model") or results.get("model_source") or "") or None
    is_hf = _RUNTIMES.get(runtime or "") == "transformers"
    info = AnswerSetInfo(
        model=model,
        prompt_id=_prompt_id(template, n_shot, chat=bool(results.get("chat_template") or results.get("chat_template_sha"))),
        prompt_template=template,
        system_prompt=system if isinstance(system, str) and system else None,
        n_shot=n_shot,
        temperature=_temperature(samples[0]),
        revision=_text(config.get("model_sha")) or _text(config.get("model_revision")) or _text(args.get("revision")),
        params=_params(config.get("model_num_parameters")),
        quantisation=_quantisation(args),
        dtype=_dtype(config, args),
        runtime=_RUNTIMES.get(runtime, runtime) if runtime else None,
        runtime_version=_text(results.get("transformers_version")) if is_hf else None,
        source_format="lm-eval",
        tool_version=_text(results.get("lm_eval_version")),
        created=_created(results.get("date"), date),
    )
    n_asked, original = _n_samples(results, task)
    if n_asked is not None and original is not None and n_asked < original:
        notes.append(f"{n_asked:,} of the {original:,} questions of {task} were asked (a limit).")
    return SourceDescription(
        info, _dataset(task_config, task), n_asked, tuple(notes), _claims(_object(results, "results", task), filter)
    )


def arguments(sample: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """(prompt, continuation or generation settings or None) of every request, from either form that the harness has written."""
    given = sample.get("arguments")
    if isinstance(given, dict):
        order = sorted(given, key=lambda key: int(found[0][-9:]) if (found := re.findall(r"\d+", str(key))) else 0)
        requests: list[Any] = [[given[key].get(f"arg_{i}") for i in range(2)] for key in order if isinstance(given[key], dict)]
    else:
        requests = [request for request in given if isinstance(request, list)] if isinstance(given, list) else []
    found: list[tuple[str, Any]] = []
    for request in requests:
        prompt, argument = (*request, None, None)[:2]
        if isinstance(prompt, list):  # a chat, one JSON text
            prompt = prompt[0] if prompt else ""
        found.append((prompt if isinstance(prompt, str) else "", argument))
    return found


def shown(name: str) -> str:
    """A file's name for sentences and tables; one that is not UTF-8 has lone surrogates, which no table can hold."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _loads(text: str | bytes) -> Any:
    """JSON in which a number that is none, or that no table can hold, is left as the text it was written as."""
    return json.loads(text, parse_constant=str, parse_int=_integer, parse_float=_real)


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else digits


def _real(digits: str) -> float | str:
    return number if math.isfinite(number := float(digits)) else digits


# --- who --------------------------------------------------------------------------------------------------------------------


def _model(results: Results, folder: str, notes: list[str]) -> str:
    if not results:
        name = shown(folder).split("__")[-1]
        notes.append(f"The model's name, {name or 'unnamed'}, is that of the folder.")
        return name or "unnamed"
    named = str(results.get("model_name") or "").strip()
    args = _model_args(_object(results, "config"))
    if "://" in named:
        notes.append(f"The log names no model but the address {named}.")
        return named.split("://", 1)[1].split("/")[0] or "unnamed"
    name = re.split(r"[/\\]", named.rstrip("/\\"))[-1]
    if name.lower() in _NO_NAMES:
        notes.append(f"The log names no model (“{named}”).")
    elif re.fullmatch("[a-z0-9]{8}", named) and args and not any(key in args for key in _NAME_KEYS):
        notes.append(f"The model's name, {named}, was made up by the harness: the run was not told one.")
    elif gguf := _text(args.get("gguf_file")):
        notes.append(f"The model's file is {gguf}.")
    return name or "unnamed"


def _model_args(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of the model, written as an object or (before 0.4.9) as "a=b,c=d"."""
    written = config.get("model_args")
    if isinstance(written, str):
        return dict(part.split("=", 1) for part in written.split(",") if "=" in part)
    return written if isinstance(written, dict) else {}


def _quantisation(args: Mapping[str, Any]) -> str | None:
    for key in ("gguf_file", "pretrained", "model", "path"):
        if found := _QUANTISED.search(str(args.get(key) or "")):
            return found[1].upper() if key == "gguf_file" or str(args[key]).lower().endswith(".gguf") else None
    for key, name in (("load_in_4bit", "4-bit"), ("load_in_8bit", "8-bit"), ("autogptq", "GPTQ"), ("gptqmodel", "GPTQ")):
        if str(args.get(key, "")).lower() not in ("", "false", "none"):
            return name
    return _text(args.get("quantization"))


def _dtype(config: Mapping[str, Any], args: Mapping[str, Any]) -> str | None:
    for written in (config.get("model_dtype"), args.get("dtype")):
        name = (_text(written) or "auto").removeprefix("torch.")
        if name != "auto":
            return name
    return None


def _params(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else None  # -1 where unknown


def _created(date: Any, in_name: str | None) -> str | None:
    """The start of the run in UTC, else the local time in the file's name."""
    if isinstance(date, int | float) and 0 < date < 1e11:
        return datetime.fromtimestamp(date, UTC).isoformat(timespec="seconds")
    if in_name is None:
        return None
    day, _, time = in_name.partition("T")
    return f"{day}T{time.replace('-', ':')}".rstrip(":.")


# --- the prompt -------------------------------------------------------------------------------------------------------------


def _template(samples: Sequence[Mapping[str, Any]], task_config: Mapping[str, Any], n_shot: int | None, notes: list[str]) -> str:
    """What stood around the question: as the model was shown it, where that is the same for all; else the task's doc_to_text."""
    if not n_shot:  # else examples stand in the prompt, others for each question
        templates = {_around(sample) for sample in samples}
        if len(templates) == 1 and (template := templates.pop()):
            return template
    template = task_config.get("doc_to_text")
    if isinstance(template, str) and "{{" in template:
        description = task_config.get("description")
        return (description if isinstance(description, str) else "") + template
    notes.append("The prompt's template is unknown: the questions do not stand in the prompts in one and the same way.")
    return ""


def _around(sample: Mapping[str, Any]) -> str | None:
    """The prompt with the question replaced by {{question}} (or by the name of the longest field that stands in it)."""
    doc = sample.get("doc")
    prompt = next((prompt for prompt, _ in arguments(sample)), "")
    if not isinstance(doc, dict):
        return None
    texts = {str(key): value.strip() for key, value in doc.items() if isinstance(value, str) and len(value.strip()) >= _SHORT}
    inside = [key for key, text in texts.items() if text in prompt]
    if not inside:
        return None
    field = "question" if "question" in inside else max(inside, key=lambda key: len(texts[key]))
    whole = doc[field] if doc[field] in prompt else texts[field]
    return prompt.replace(whole, f"{{{{{field}}}}}", 1)


def _prompt_id(template: str, n_shot: int | None, *, chat: bool) -> str:
    if chat:
        name = "chat"
    elif re.fullmatch(r"\{\{\s*\w+\s*\}\}", template.strip()):
        name = "raw"
    elif "Human:" in template and "Assistant:" in template:
        name = "human-assistant" if template.rstrip().endswith("Assistant:") else "human-assistant-lead-in"
    else:
        name = "lm-eval"
    return f"{name} {n_shot}-shot" if n_shot else name


def _temperature(sample: Mapping[str, Any]) -> float | None:
    settings = next((argument for _, argument in arguments(sample) if isinstance(argument, dict)), {})
    temperature = settings.get("temperature")
    return float(temperature) if isinstance(temperature, int | float) else 0.0 if settings.get("do_sample") is False else None


# --- figures ----------------------------------------------------------------------------------------------------------------


def _dataset(task_config: Mapping[str, Any], task: str) -> str:
    """The path of the task's data file without its ending and what stands before "evals/", else the task's name."""
    files = _object(task_config, "dataset_kwargs").get("data_files")
    if isinstance(files, dict):
        split = next((task_config[key] for key in ("test_split", "validation_split") if str(task_config.get(key)) in files), None)
        files = files.get(split) if split is not None else next(iter(files.values()), None)
    if isinstance(files, list):
        files = files[0] if len(files) == 1 else None
    if not isinstance(files, str) or not files.strip():
        return task
    parts = [part for part in re.split(r"[/\\]", files.split("://")[-1]) if part not in ("", ".", "..")]
    if "evals" in parts[:-1]:
        parts = parts[len(parts) - parts[::-1].index("evals") :]
    return without_ending("/".join(parts)) or task


def _n_samples(results: Results, task: str) -> tuple[int | None, int | None]:
    counts = _object(results, "n-samples", task)
    return _whole(counts.get("effective")) or None, _whole(counts.get("original"))


def _claims(figures: Mapping[str, Any], filter: str) -> dict[str, float]:
    """{"acc": 0.56} from "acc,none"; standard errors and figures of other filters are left out."""
    claims = {}
    for key, value in figures.items():
        metric, _, of = key.partition(",")
        if of == filter and not metric.endswith("_stderr") and isinstance(value, int | float) and math.isfinite(value):
            claims[metric] = float(value)
    return claims


def _is_results(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("results"), dict) and bool(value.keys() & {"configs", "n-shot"})


def _object(value: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The object below these keys, or an empty one."""
    found: Any = value
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and 0 <= value < 10**_DIGITS else None

"""Bringing answers in: from files of known formats, or by asking a model."""

import streamlit as st

from evalmap.answers.asking.prompts import built_in
from evalmap.answers.import_pipeline import AnswerImport
from evalmap.answers.importers.import_options import ImportOptions, parse_columns
from evalmap.data.errors import DatasetError
from evalmap.data.readers import formats
from evalmap.data.store import jobs
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_results
from evalmap.pages.server import caches, changes, workers
from evalmap.pages.server.access import READ_ONLY, serves_this_machine_only, writable
from evalmap.pages.server.api_key import api_key
from evalmap.pages.shared import job_progress, text

FORMATS = (
    "Samples and results of lm-evaluation-harness (--log_samples), Inspect logs (.eval, .json), OpenAI and Anthropic batch files, "
    "results of promptfoo, DeepEval, OpenCompass, openai/evals or Every Eval Ever, or a CSV, JSONL or Parquet table with a "
    "question (or its line) and an answer in each row."
)
_DONE = "answers-imported"


def draw_empty(built: BuiltMap) -> None:
    """The page as long as the dataset has no answers."""
    text.heading(built.manifest.name)
    st.markdown(
        "**No model answers yet.** Import those that you have, or ask a model; then see where on the map models answer how."
    )
    draw(built)


def draw_done() -> None:
    """What the import before this run did; it is told once."""
    for sentence in st.session_state.pop(_DONE, []):
        st.success(text.in_label(sentence, limit=400), icon=":material/check:")


def draw(built: BuiltMap) -> None:
    """The upload, and the form that asks a model."""
    if not writable():
        st.info(READ_ONLY, icon=":material/lock:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Import answers**")
        _upload(built)
    with right:
        st.markdown("**Ask a model**")
        _run(built)
    job_progress.draw_jobs(jobs.jobs(caches.workspace()))


def _upload(built: BuiltMap) -> None:
    st.caption(FORMATS)
    files = st.file_uploader(
        "Files with answers; those that belong together at once",
        type=[*formats.upload_endings(), "eval"],
        accept_multiple_files=True,
        key="answer-files",
    )
    columns = st.text_input(
        "Columns of a table",
        key="answer-columns",
        placeholder="detected, or answer=…,question=…",
        help="Only where a table is read wrongly, or not at all: which of its columns is what. The note of each set tells it.",
    )
    if st.button("Import", type="primary", disabled=not files, icon=":material/upload:"):
        uploads = [(file.name, file.getvalue()) for file in files]
        try:
            with st.spinner("Reading, joining, scoring …"):
                options = ImportOptions(columns=parse_columns(columns))
                done = changes.import_answers(caches.workspace(), built.manifest.slug, uploads, options=options)
        except DatasetError as error:
            place = "in the sidebar" if error.settings == ("dataset",) else "above, in Columns of a table"
            text.show_error(error, "dataset", "columns", "answer_field", place=place)
            return
        st.session_state[_DONE] = [_sentence(one) for one in done]
        st.rerun()


def _sentence(done: AnswerImport) -> str:
    record = done.record
    sentence = f"{record.info.label}: {sum(record.statuses.values()):,} answers from {record.info.source_file}"
    if done.unjoined:
        sentence += f"; {len(done.unjoined):,} belong to no example (see Answer sets)"
    return sentence if done.changed else f"{sentence}. They were there already; nothing changed"


def _run(built: BuiltMap) -> None:
    if not serves_this_machine_only():
        st.caption("This server can be reached from other machines, so it asks no models. Use: evalmap answers run")
        return
    st.caption(
        "Any OpenAI-compatible server: vLLM, llama.cpp, Ollama, a provider. A key is read from OPENAI_API_KEY or Streamlit's "
        "secrets, never typed here."
    )
    address = st.text_input("Server", key="run-server", placeholder="http://127.0.0.1:8000/v1")
    model = st.text_input("Model", key="run-model", placeholder="as the server calls it")
    left, middle, right = st.columns(3)
    prompts = list(built_in())
    first = prompts.index("blank") if answer_results.occupations(built) else 0  # sentences to fill are asked so
    prompt = left.selectbox("Prompt", prompts, index=first, key=f"run-prompt-{built.manifest.slug}")
    limit = middle.number_input("Questions at most", 1, len(built), min(200, len(built)), key="run-limit")
    at_once = right.number_input("At once", 1, 64, 8, key="run-concurrency")
    if st.button("Ask", type="primary", disabled=not (address and model), icon=":material/play_arrow:"):
        workers.run_answers(
            caches.workspace(),
            built.manifest.slug,
            model=model,
            prompt=str(prompt),
            options=["--base-url", address, "--limit", str(int(limit)), "--concurrency", str(int(at_once))],
            name=f"{model} · {prompt} on {built.manifest.name}",
            environment=api_key(),
        )
        st.rerun()
    st.caption("Answers are kept as they come: a run that is cut short goes on where it was, and no question is paid for twice.")

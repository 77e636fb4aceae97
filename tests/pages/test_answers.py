"""The answers page, but for the map itself: what is chosen, told, compared, imported and handed out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, Scores, StagedSet
from evalmap.answers.import_pipeline import keep_staged
from evalmap.answers.store import AnswerStore
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.component import answer_columns, map_data
from evalmap.pages.component.map_view import MapView
from evalmap.pages.parts.answers import answer_map
from evalmap.pages.server import answer_cache
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, open_page, run, said

N = 120
YES, FIRST, SECOND = "sayer · always", "model a · raw", "model b · raw"


@dataclass
class Asked:
    """A workspace with a dataset that three answer sets were imported for, and one without answers."""

    space: Workspace
    built: BuiltMap

    def scores(self, label: str) -> Scores:
        return next(s for s in answers_on(self.built, AnswerStore(self.space)) if s.label == label)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("answers")
    with site.workspace(folder) as space:
        rows = [{"text": t, "label": "Yes" if i % 2 else "No", "confidence": 0.6 + i / 400} for i, t in enumerate(sentences(N))]
        path = write_rows(folder / "asked.jsonl", rows)
        options = ReadOptions(text="text", label="label", confidence="confidence")
        settings = Settings(k=3)
        manifest = build(open_dataset(path, options=options), workspace=space, settings=settings, encoder=FakeEncoder())
        built = load_map(space, manifest)
        cluster = built.clustering("kmeans").labels
        keep(space, built, info("sayer", "always"), [RawAnswer(row=i, answer="Yes") for i in range(N)])
        # a leans to Yes, and in cluster 0 knows better; b answers every third row the other way, and misses the last ten
        p = [0.9 if cluster[i] == 0 else (0.7 if i % 2 else 0.3) + 0.05 * ((i * 7) % 5 - 2) / 5 for i in range(N)]
        keep(space, built, info("model a", "raw"), [answer(i, p[i], i) for i in range(N)])
        keep(space, built, info("model b", "raw"), [answer(i, 1 - p[i] if i % 3 == 0 else p[i], i) for i in range(N - 10)])
        answer_cache.forget()
        yield Asked(space, built)
        answer_cache.forget()


def info(model: str, prompt: str) -> AnswerSetInfo:
    return AnswerSetInfo(model=model, prompt_id=prompt, source_file=f"{model}.jsonl", source_sha256=model)


def answer(row: int, p: float, at: int) -> RawAnswer:
    label = "Yes" if at % 2 else "No"
    other = "No" if at % 2 else "Yes"
    return RawAnswer(row=row, p_matching=p, answer=label if p > 0.5 else other, answer_mass=0.5)


def keep(space: Workspace, built: BuiltMap, who: AnswerSetInfo, answers: list[RawAnswer]) -> None:
    keep_staged(space, built.manifest, StagedSet(who, tuple(answers)))


def open_answers(dataset: str = "asked", **query: str) -> AppTest:
    return open_page("answers.py", dataset=dataset, **query)


def open_tab(name: str, **query: str) -> AppTest:
    at = open_answers(**query)
    at.session_state["answers-panel"] = name
    return run(at)


def frame(at: AppTest, *columns: str) -> pd.DataFrame:
    """The table that has these columns."""
    return next(d.value for d in at.dataframe if set(columns) <= set(d.value.columns))


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


# What is there, and what is chosen


def test_page_without_a_dataset_leads_to_the_library(asked: Asked) -> None:
    at = open_page("answers.py")
    assert [info.value for info in at.info] == ["No dataset is open. Choose one in the library."]


def test_dataset_without_answers_invites_to_import_or_ask(asked: Asked) -> None:
    at = open_answers("plain")
    assert any(value.startswith("**No model answers yet.**") for value in said(at))
    assert len(at.file_uploader) == 1
    assert not at.metric
    assert not at.dataframe


def test_the_first_set_is_shown_with_its_figures(asked: Asked) -> None:
    at = open_answers()
    chosen = at.selectbox(key="answers")
    assert chosen.options == [FIRST, SECOND, YES]
    assert chosen.value == FIRST
    scores = asked.scores(FIRST)
    assert metrics(at)["% matching"] == f"{100 * np.nanmean(scores.matches):.1f} %"
    assert metrics(at)["mean P(matching)"] == f"{100 * scores.p_matching.mean():.1f} %"
    assert metrics(at)["answer mass"] == "50.0 %"
    assert f"**model a · raw** · n = {N} of {N}" in said(at)


def test_constant_yes_scores_half_and_flags_no_cluster(asked: Asked) -> None:
    at = open_answers(answers=YES)
    assert metrics(at)["% matching"] == "50.0 %"
    assert metrics(at)["Yes-rate"] == "100.0 %"
    assert metrics(at)["mean P(matching)"] == "–"  # it has no probabilities
    at.session_state["answers-panel"] = "Clusters"
    run(at)
    assert any(value.startswith("**0 of 2 tested clusters** deviate") for value in said(at))
    assert set(frame(at, "deviates", "q")["deviates"]) == {""}


def test_a_cluster_that_departs_is_named_first(asked: Asked) -> None:
    told = said(open_answers())
    table = frame(open_tab("Clusters"), "deviates", "q", "deviation")
    names = [name.name for name in asked.built.names_by_layer["kmeans"]]
    assert table["name"].iloc[0] == names[0]
    assert table["deviates"].iloc[0] == "●"
    assert table["deviation"].iloc[0] > 5
    labels = asked.built.clustering("kmeans").labels
    assert dict(zip(table["name"], table["n"], strict=True)) == {names[i]: int((labels == i).sum()) for i in range(3)}
    assert any(f"**{names[0]}**" in value and "points more matching" in value for value in told)


def test_set_of_a_link_is_the_set_shown(asked: Asked) -> None:
    at = open_answers(answers=SECOND, versus=YES)
    assert at.selectbox(key="answers").value == SECOND
    assert at.selectbox(key="versus").value == YES
    assert [value.split(" · n =")[0] for value in said(at) if " · n = " in value and value.startswith("**")] == [
        f"**{SECOND}**",
        f"**{YES}**",
    ]


def test_every_colouring_is_offered_and_the_difference_only_beside_another_set(asked: Asked) -> None:
    assert open_answers().selectbox(key="colour-answers").options == ["P(matching)", "Answer", "Label"]
    at = open_answers(versus=SECOND)
    assert at.selectbox(key="colour-answers").options == ["P(matching)", "Answer", "Difference of the two", "Label"]
    assert open_answers(answers=YES).selectbox(key="colour-answers").options == ["Answer", "Label"]


# Colourings


def test_the_bytes_of_a_colouring_are_the_set_s_own(asked: Asked) -> None:
    a, b = asked.scores(FIRST), asked.scores(SECOND)
    p, difference = answer_columns.p_column(b), answer_columns.difference_column(a, b)
    assert p is not None
    assert difference is not None
    drawn = np.frombuffer(answer_columns.column_bytes(asked.built, p.key), dtype="<f4")
    np.testing.assert_allclose(drawn, b.p_matching.astype("<f4"))
    assert np.flatnonzero(np.isnan(drawn)).tolist() == list(range(N - 10, N))
    assert p.missing == 10
    drawn = np.frombuffer(answer_columns.column_bytes(asked.built, difference.key), dtype="<f4")
    np.testing.assert_allclose(drawn, (a.p_matching - b.p_matching).astype("<f4"), atol=1e-6)
    assert (difference.low, difference.high) == (-difference.high, difference.high)


def test_answers_are_categories_and_rows_not_asked_are_missing(asked: Asked) -> None:
    scores = asked.scores(SECOND)
    column = answer_columns.answer_column(scores)
    assert [name for name, _ in column.categories] == ["No", "Yes", "not asked"]
    codes = np.frombuffer(answer_columns.column_bytes(asked.built, column.key), dtype="<u2")
    told = [None if code == map_data.MISSING_CODE else column.categories[code][0] for code in codes]
    assert told == scores.answer.tolist()


@pytest.mark.parametrize("key", ["answers.", "answers.x.p", "answers.0000.0000.answer", "answers./../x"])
def test_unknown_colouring_is_told(asked: Asked, key: str) -> None:
    with pytest.raises(KeyError):
        answer_columns.column_bytes(asked.built, key)


def test_the_map_page_offers_the_answers_too(asked: Asked) -> None:
    at = open_page("map.py", dataset="asked", example="5")
    offered = at.selectbox(key="colour").options
    assert [title for title in offered if "·" in title] == [
        *(f"P(matching) · {FIRST}", f"Answer · {FIRST}", f"P(matching) · {SECOND}", f"Answer · {SECOND}", f"Answer · {YES}")
    ]
    card = frame(at, "answer", "set")
    assert card["set"].tolist() == [FIRST, SECOND, YES]
    marks = ["✓" if asked.scores(label).matches[4] else "✗" for label in (FIRST, SECOND, YES)]
    assert card["answer"].tolist() == [f"{m} {asked.scores(s).answer[4]}" for m, s in zip(marks, card["set"], strict=True)]


# Clusters and examples


def test_a_selected_cluster_opens_its_examples_with_every_answer(asked: Asked) -> None:
    at = open_tab("Clusters")
    first = asked.scores(FIRST)
    site.select_row(at, f"answer-clusters-asked-kmeans-{first.id}", 0)
    rows = np.flatnonzero(asked.built.clustering("kmeans").labels == 0)
    table = frame(at, "answer-0", "answer-1", "answer-2")
    assert table["line"].tolist() == [row + 1 for row in rows[:25]]
    assert table["p-0"].tolist() == first.p_matching[rows[:25]].tolist()
    assert any(value.startswith(f"**{len(rows)} examples** in") for value in said(at))


def test_examples_come_in_the_order_asked_for(asked: Asked) -> None:
    at = open_tab("Compare", versus=SECOND)
    a, b = asked.scores(FIRST), asked.scores(SECOND)
    order = next(box for box in at.selectbox if "where the two differ most" in box.options)
    order.select("where the two differ most")
    run(at)
    gap = np.abs(a.p_matching - b.p_matching)
    apart = [row for row in range(N - 10) if a.answer[row] != b.answer[row]]
    shown = [int(line) - 1 for line in frame(at, "answer-0", "answer-1")["line"]]
    assert shown == sorted(apart, key=lambda row: (-gap[row], row))[:25]


def test_an_opened_example_shows_what_each_model_answered(asked: Asked) -> None:
    at = open_answers(example="119")
    assert at.text[0].value == asked.built.text(118)
    assert frame(at, "answer", "set")["set"].tolist() == [FIRST, YES]  # the second was not asked


# Two sets


def test_comparison_counts_who_matches_where(asked: Asked) -> None:
    at = open_tab("Compare", versus=SECOND)
    a, b = asked.scores(FIRST), asked.scores(SECOND)
    both = a.answered & b.answered
    counts = frame(at, "second matches", "second does not")
    wanted = [[int((both & (a.matches == x) & (b.matches == y)).sum()) for y in (1, 0)] for x in (1, 0)]
    assert counts[["second matches", "second does not"]].to_numpy().tolist() == wanted
    assert sum(map(sum, wanted)) == N - 10
    same = int((both & (a.answer == b.answer)).sum())
    assert any(f"the same answer to {same} of them" in value for value in said(at))


@pytest.fixture(scope="module")
def partly(asked: Asked, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """A dataset with a label in four of five rows, and a repeat, asked by flags only, by options and by probabilities."""
    texts = sentences(40, seed=5)
    rows = [{"text": t, "label": ("Yes" if i % 2 else "No") if i % 5 else None} for i, t in enumerate([*texts, texts[0]])]
    path = write_rows(tmp_path_factory.mktemp("partly") / "partly.jsonl", rows)
    options = ReadOptions(text="text", label="label")
    manifest = build(open_dataset(path, options=options), workspace=asked.space, settings=Settings(k=3), encoder=FakeEncoder())
    built = load_map(asked.space, manifest)
    flags = [RawAnswer(row=i, correct=i % 3 != 0) for i in range(40)]
    other_flags = [RawAnswer(row=i, correct=i % 4 != 0) for i in range(40)]
    said = [RawAnswer(row=i, answer=("Yes", "No", "I cannot say")[i % 7 % 3]) for i in range(38)]
    odds = [RawAnswer(row=i, p_matching=(0.5, 0.9, 0.2, 0.7)[i % 4]) for i in range(2, 40)]
    for name, answers in (("flags", flags), ("more flags", other_flags), ("options", said), ("odds", odds)):
        keep(asked.space, built, info(name, "raw"), answers)
    answer_cache.forget()
    return Asked(asked.space, built)


@pytest.mark.parametrize(
    ("first", "second"),
    [("flags", "more flags"), ("flags", "options"), ("options", "odds"), ("odds", "more flags")],
)
def test_every_list_of_a_comparison_holds_what_the_figure_above_it_counts(partly: Asked, first: str, second: str) -> None:
    query = {"answers": f"{first} · raw", "versus": f"{second} · raw"}
    at = open_answers("partly", **query)
    at.session_state["answers-panel"] = "Compare"
    run(at)
    counts = frame(at, "second matches", "second does not")
    (both, only_first), (only_second, neither) = counts[["second matches", "second does not"]].to_numpy().tolist()
    told = re.search(r"the same answer to ([\d,]+) of them \(.*?\), different ones to ([\d,]+)\.", " ".join(said(at)))
    assert told
    assert int(told[1]) + int(told[2]) == both + only_first + only_second + neither
    figures = {
        "Other answers": int(told[2]),
        "Only the first matches": only_first,
        "Only the second matches": only_second,
        "Both match": both,
        "Neither matches": neither,
    }
    assert sum(figures.values()) > 0
    for name, count in figures.items():
        at.session_state["compare-rows"] = name
        run(at)
        (title,) = [value for value in said(at) if re.match(r"\*\*\d+ examples\*\* (where|that) ", value)]
        assert title.startswith(f"**{count} examples** "), name


def test_comparison_of_rows_without_a_label_says_that_none_can_be_compared(partly: Asked) -> None:
    rows = [row for row in range(40) if row % 5 == 0]
    for name in ("one", "two"):
        keep(partly.space, partly.built, info(name, "unlabelled"), [RawAnswer(row=row, answer="Yes") for row in rows])
    answer_cache.forget()
    at = open_answers("partly", answers="one · unlabelled", versus="two · unlabelled")
    at.session_state["answers-panel"] = "Compare"
    run(at)
    assert any("No example can be compared. Of 8 that both answered it is not known" in value for value in said(at))


def test_comparison_asks_for_a_second_set(asked: Asked) -> None:
    at = open_tab("Compare")
    assert any("Choose a second answer set" in value for value in said(at))


def test_scaling_is_refused_below_three_sizes_and_drawn_from_three(asked: Asked) -> None:
    at = open_tab("Scaling")
    assert any("at least 3 different sizes" in value for value in said(at))
    toml = asked.space.root / "models.toml"
    sizes = {"sayer": "1e8", "model a": "1e9", "model b": "1e10"}
    toml.write_text("".join(f'[models."{model}"]\nparams = {size}\n' for model, size in sizes.items()))
    try:
        at = open_tab("Scaling")
        assert any("at least 3 different sizes" in value for value in said(at))  # the sayer has another prompt
        keep(asked.space, asked.built, info("sayer", "raw"), [RawAnswer(row=i, answer="Yes") for i in range(N)])
        at = open_tab("Scaling")
        assert any("over 3 models" in value for value in said(at))
    finally:
        toml.unlink()
        store = AnswerStore(asked.space)
        store.remove(next(s.id for s in store.sets() if s.info.label == "sayer · raw"))


def test_reliability_is_told_within_each_label(asked: Asked) -> None:
    told = [value for value in said(open_tab("Calibration")) if "Spearman" in value]
    assert [value.split(":")[0] for value in told] == ["No", "Yes"]


def test_screening_moves_the_headline_by_what_it_removes(asked: Asked) -> None:
    at = open_tab("Before and after screening")
    table = frame(at, "before", "after", "moved")
    assert table["set"].tolist() == [FIRST, SECOND, YES]
    np.testing.assert_allclose(table["after"] - table["before"], table["moved"], atol=1e-9)
    assert table["weighted"].between(0, 100).all()
    assert all(" to " in limits for limits in table["weighted interval"])


# Files


def test_upload_joins_keeps_and_says_so(asked: Asked) -> None:
    lines = "".join(f'{{"row": {i}, "answer": "{"Yes" if i % 2 else "No"}", "model": "uploaded"}}\n' for i in range(20))
    at = open_answers("plain")
    at.file_uploader[0].upload("answers.jsonl", lines.encode(), "application/x-ndjson")
    run(at)
    next(button for button in at.button if button.label == "Import").click()
    run(at)
    try:
        assert [success.value for success in at.success] == [r"uploaded\: 20 answers from answers\.jsonl"]
        assert at.selectbox(key="answers").options == ["uploaded"]
    finally:
        store = AnswerStore(asked.space)
        for record in store.sets():
            if record.slug == "plain":
                store.remove(record.id)


def test_a_file_that_is_no_answers_is_refused_in_one_sentence(asked: Asked) -> None:
    at = open_answers("plain")
    at.file_uploader[0].upload("notes.csv", b"a,b\n1,2\n", "text/csv")
    run(at)
    next(button for button in at.button if button.label == "Import").click()
    run(at)
    (error,) = at.error
    assert "no format of model answers was recognised" in error.value
    assert AnswerStore(asked.space).sets() == [s for s in AnswerStore(asked.space).sets() if s.slug != "plain"]


def test_sets_are_listed_with_their_sources_and_can_be_removed(asked: Asked) -> None:
    keep(asked.space, asked.built, info("short-lived", "raw"), [RawAnswer(row=0, answer="No"), RawAnswer(row=999, answer="No")])
    at = open_tab("Answer sets")
    assert frame(at, "model", "prompt")["model"].tolist() == ["model a", "model b", "sayer", "short-lived"]
    assert any("1 answers belong to no example" in value for value in said(at))
    record = AnswerStore(asked.space).find("short-lived · raw")
    at.button(key=f"remove-answers-{record.id}").click()
    run(at)
    assert frame(at, "model", "prompt")["model"].tolist() == ["model a", "model b", "sayer"]


def test_columns_that_were_read_stand_first_in_a_source_and_the_reading_first_among_the_figures(asked: Asked) -> None:
    told = "Columns read: prediction as the answer, answer as the key."
    answers = (RawAnswer(row=0, answer="No"),)
    record = keep_staged(asked.space, asked.built.manifest, StagedSet(info("told-of", "raw"), answers, notes=(told,)))
    assert record
    at = open_tab("Answer sets")
    figures = [caption.value.replace("\\", "") for caption in open_answers().caption]
    assert figures[1].startswith("The dataset was read so: text = ")
    source = next(block for block in at.expander if "told-of" in block.label.replace("\\", ""))
    assert source.markdown[0].value.replace("\\", "") == f":material/info: {told}"
    at.button(key=f"remove-answers-{AnswerStore(asked.space).find('told-of · raw').id}").click()
    run(at)


def test_broken_models_toml_is_one_sentence_here_and_no_trouble_on_the_map(asked: Asked) -> None:
    toml = asked.space.root / "models.toml"
    toml.write_text("[models\n")
    try:
        at = open_answers()
        assert len(at.error) == 1
        assert "not TOML" in at.error[0].value
        assert not open_page("map.py", dataset="asked").error
    finally:
        toml.unlink()


def test_export_offers_answers_clusters_and_report(asked: Asked) -> None:
    at = open_tab("Export")
    labels = [button.label for button in at.download_button]
    assert labels == [f"{what} ({form})" for what in ("Answers", "Clusters") for form in ("CSV", "Parquet")] + [
        "Report (JSON)",
        "Report (HTML)",
    ]


def test_markup_in_models_prompts_and_answers_is_shown_as_it_stands(asked: Asked) -> None:
    slug = next(slug for slug in asked.space.slugs() if slug.startswith("marked"))
    built = site.built(asked.space, slug)
    who = AnswerSetInfo(model=MARKUP[0], prompt_id=MARKUP[2], prompt_template=MARKUP[1], source_file=MARKUP[4], source_sha256="m")
    staged = StagedSet(who, tuple(RawAnswer(row=i, answer=MARKUP[i % 2]) for i in range(30)), notes=(MARKUP[5],))
    keep_staged(asked.space, built.manifest, staged)
    keep(asked.space, built, info(MARKUP[6], MARKUP[7]), [RawAnswer(row=i, answer=MARKUP[1]) for i in range(30)])
    for tab in ("Clusters", "Compare", "Scaling", "Calibration", "Answer sets"):
        at = open_answers(slug, versus=f"{MARKUP[6]} · {MARKUP[7]}", example="3")
        at.session_state["answers-panel"] = tab
        run(at)
        assert [value for value in said(at) for markup in MARKUP if markup in value] == []


# What is selected on the map


def test_a_selection_is_summed_up_and_its_examples_listed(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    x = asked.built.coordinates[:, 0]
    middle = float(np.median(x))
    box = {"box": {"x": [float(x.min()), middle], "y": [-1e6, 1e6]}}
    monkeypatch.setattr(answer_map, "show_map", lambda *_, **__: MapView(selection=box))
    at = open_answers()
    rows = np.flatnonzero(x <= middle)
    scores = asked.scores(FIRST)
    (told,) = [value for value in said(at) if value.startswith("**Selected on the map**")]
    assert f"{100 * scores.matches[rows].mean():.1f} % matching" in told
    assert f"n = {len(rows)}" in told
    assert f"n = {N - len(rows)}" in told
    at.session_state["answers-panel"] = "Examples"
    run(at)
    assert frame(at, "answer-0")["line"].tolist() == [row + 1 for row in rows[:25]]


def test_categories_hidden_in_the_legend_leave_the_examples(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_map, "show_map", lambda *_, **__: MapView(hidden=(0,)))
    at = open_tab("Examples", **{"colour-answers": "Answer"})
    scores = asked.scores(FIRST)
    hidden = answer_columns.answer_column(scores).categories[0][0]
    rows = [row for row in range(N) if scores.answer[row] != hidden]
    assert frame(at, "answer-0")["line"].tolist() == [row + 1 for row in rows[:25]]

"""The page and the command line leave the same files."""

from pathlib import Path

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.parts.duplicates.duplicate_export import recipe_of, report_of, screen_map
from evalmap.screening.keep.by_hand import DecisionLog, row_keys
from evalmap.screening.output.files import kept_jsonl, removed_jsonl
from evalmap.screening.output.screening_report import report_json
from evalmap.screening.pairs.pair_store import pairs_of
from evalmap.screening.recipe_file import read_recipe
from evalmap.screening.recipe_run import run_recipe
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows


def test_the_recipe_of_the_page_makes_the_page_s_files_on_the_command_line(tmp_path: Path) -> None:
    texts = sentences(40)
    repeated = [*texts, *texts[:7], texts[3].upper()]
    rows: list[dict[str, str | None]] = [{"text": text, "label": "Yes" if i % 2 else "No"} for i, text in enumerate(repeated)]
    rows.insert(5, {"text": None, "label": "No"})  # set aside: it must come out with its reason on either face
    source = write_rows(tmp_path / "rows.jsonl", rows)
    workspace, encoder = Workspace(tmp_path / "home"), FakeEncoder()
    manifest = build(open_dataset(source), workspace=workspace, settings=Settings(k=4), encoder=encoder)
    built = load_map(workspace, manifest)
    pairs = pairs_of(built, workspace)
    options = ScreeningOptions(threshold=0.9, method="all", contrast="remove")
    log = DecisionLog()
    twin = next(row for row in range(len(built)) if built.text(row) == texts[2] and row > 20)
    log.keep(row_keys(built.examples)[twin])

    screening = screen_map(built, pairs, options, log)
    kept, removed, content = kept_jsonl(screening), removed_jsonl(screening), report_json(report_of(built, screening, log))
    assert twin in screening.kept_rows.tolist()
    assert b"set aside: text is null" in removed

    recipe = tmp_path / "recipe.yaml"
    recipe.write_bytes(recipe_of(built, screening.options, log))
    outputs = {"out": tmp_path / "kept.jsonl", "removed": tmp_path / "removed.jsonl", "report": tmp_path / "report.json"}
    for _ in range(2):
        run_recipe(read_recipe(recipe).with_given(**outputs), workspace=Workspace(tmp_path / "other"), encoder=encoder)
        assert outputs["out"].read_bytes() == kept
        assert outputs["removed"].read_bytes() == removed
        assert outputs["report"].read_bytes() == content

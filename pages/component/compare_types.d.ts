// What the comparison of two subsets gets from Python: compare_view.py is the other side.
// Read by the type checker only; no browser sees it.

interface AnyPair {
  title: string;
  /** How far the two lie apart, 0 to 1: half the sum of the differences of their shares, missing values as a name of their own; null where that says nothing. */
  distance: number | null;
  /** Rows without a value in each; they are in no share that is drawn. */
  missing: [a: number, b: number];
}

export interface BarPair extends AnyPair {
  kind: "bars";
  /** Rows of each name in each subset. */
  bars: [name: string, a: number, b: number][];
  /** Names that are not sent. */
  more: number;
  /** Of each bar; null where they have none of their own. */
  colors: string[] | null;
}

export interface HistogramPair extends AnyPair {
  kind: "histogram";
  /** One more than there are bins. Dates are milliseconds since 1970, UTC. */
  edges: number[];
  a: number[];
  b: number[];
  isDate: boolean;
  isInteger: boolean;
}

export type Pair = BarPair | HistogramPair;

/** A label or a word: the share of texts with it in each, the difference a − b and its interval. */
export type Difference = [name: string, a: number, b: number, difference: number, low: number, high: number];

/** All that show_comparison of compare_view.py sends. */
export interface ComparePayload {
  /** The folder of these files. */
  assets: string;
  a: { name: string; rows: number };
  b: { name: string; rows: number };
  /** Rows in both. */
  both: number;
  labels: Difference[];
  terms: Difference[];
  pairs: Pair[];
  /** A sentence below the terms on what the intervals are. */
  note: string;
}

/** What mount() gets from Streamlit (components v2). */
export interface CompareComponent {
  data: ComparePayload;
}

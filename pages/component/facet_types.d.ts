// What the column charts get from Python and what they tell it: facet_view.py is the other side.
// Read by the type checker only; no browser sees it.

import type { Range } from "./map_types.d.ts";

/** What Python knows a bar by: the place of its name in the column. */
export type BarValue = number;
/** 1: the column is this (or another one chosen), -1: it is not this, 0: nothing was said of it. */
export type Choice = 1 | 0 | -1;
/** A name of a column: how many rows have it, how many of them pass the filters of the other columns. */
export type Bar = [name: string, total: number, passing: number, value: BarValue, chosen: Choice];

interface AnyChart {
  key: string;
  title: string;
  /** Whether it stands open until the reader says otherwise. */
  open: boolean;
  /** Whether a filter of this column is set, by its chart or by the builder. */
  active: boolean;
  /** A sentence below the chart; "" for none. */
  note: string;
  /** Rows without a value; null where there are none. */
  missing: { total: number; passing: number; chosen: Choice } | null;
}

export interface BarChart extends AnyChart {
  kind: "bars";
  bars: Bar[];
  /** Names that were not sent: a search asks the server for them. */
  more: number;
  /** Of each bar; null for the accent. */
  colors: string[] | null;
  /** What the server searched for. */
  query: string;
}

export interface Histogram extends AnyChart {
  kind: "histogram";
  /** One more than there are bins. Dates are milliseconds since 1970, UTC. */
  edges: number[];
  totals: number[];
  passing: number[];
  brush: Range | null;
  isDate: boolean;
  isInteger: boolean;
}

export type Chart = BarChart | Histogram;

/** All that show_facets of facet_view.py sends. */
export interface FacetPayload {
  /** The folder of these files. */
  assets: string;
  /** What the open charts are remembered under: the dataset. */
  name: string;
  total: number;
  passing: number;
  charts: Chart[];
  /** One sentence on the columns that have no chart; "" for none. */
  leftOut: string;
  /** The last act that Python has heard of: see Act.n. */
  heard: number;
}

/** What the reader did. It says how a column stands now and not what changed, so that hearing it twice does no harm. */
export type Act = { n: number; column: string } & (
  | { op: "values"; chosen: BarValue[]; excluded: BarValue[]; missing: Choice }
  | { op: "range"; range: Range | null; missing: Choice }
  | { op: "clear" }
  | { op: "search"; text: string }
);
/** An act before it is numbered. */
export type Intent = Act extends infer One ? (One extends Act ? Omit<One, "n"> : never) : never;

/** What mountFacets() gets from Streamlit (components v2). */
export interface FacetComponent {
  data: FacetPayload;
  setTriggerValue(name: "acts", value: Act[]): void;
}

export type Tell = (intent: Intent) => void;

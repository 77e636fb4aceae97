// What the map's JavaScript gets from Python and over the network, and the little of Plotly and Streamlit that it uses.
// Read by the type checker only; no browser sees it.

/** A row of the map, from 0. */
export type Row = number;
/** A category's number in a column's values; 65,535 for rows without one. */
export type Code = number;
/** A place in pixels of the stage. */
export type Place = [x: number, y: number];
export type Range = [low: number, high: number];

/** A part of the plane, in data units. */
export interface View {
  x: Range;
  y: Range;
}

/** How fingers move the picture: a place p goes to scale · p + (x, y). */
export interface Slide {
  scale: number;
  x: number;
  y: number;
}

/** Coordinates, one a row. */
export interface Points {
  x: Float32Array;
  y: Float32Array;
}

/** A part of the plane with its rows, and how many cells of the coarse grid have points. */
export interface Box extends View {
  rows: number;
  cells: number;
}

/** The connected parts of a map: the part of each row, and their boxes, the one with most rows first. */
export interface Islands {
  labels: Int32Array;
  boxes: Box[];
}

/** What the first view shows, the view of everything, and the parts outside the first. */
export interface Body {
  home: View;
  all: View;
  outside: number[];
}

export type Side = "left" | "right" | "above" | "below";
/** Islands outside the view on one side. */
export interface Outside {
  side: Side;
  box: Box;
  /** Where along the side: -1 at its left or upper end, 1 at the other; beyond, where they lie beyond. */
  along: number;
}

/** How much lies where: a grid fixed to the plane, line 0 at the bottom. */
export interface Density {
  columns: number;
  lines: number;
  /** The side of a cell, in data units; cell (0, 0) starts at (first, lowest) times that. */
  cell: number;
  first: number;
  lowest: number;
  /** How deep one point of a cell makes it. */
  perPoint: number;
  /** Smoothed counts: of the rows that are coloured, and of those that do not pass (null where all do). */
  total: Float32Array;
  back: Float32Array | null;
  /** Smoothed counts of each place of the palette; of numbers: how many have one, and the sum of their places. */
  layers: (Float32Array | null)[];
  numeric: boolean;
  /** Of every row: 0 alone, 1 among some, 2 among many. */
  level: Uint8Array;
}

/** A column's values, one a row: numbers (NaN where missing) or codes. */
export type Values = Float32Array | Uint16Array;

export type Selection =
  | { box: View; lasso?: undefined }
  | { lasso: { x: number[]; y: number[] }; box?: undefined };

/** A colouring, as map_view.py sends it. */
export interface Column {
  key: string;
  title: string;
  kind: "category" | "number";
  categories: [name: string, count: number, code: Code][];
  /** Categories beyond those listed. */
  more: number;
  /** Rows without a value. */
  missing: number;
  /** Of the listed categories, in their order. */
  colors: string[];
  low: number | null;
  high: number | null;
  scale: "sequential" | "diverging";
}

/** A row's neighbours: near in the texts and on the map, only in the texts, only on the map. */
export interface Lines {
  kept: Row[];
  missing: Row[];
  false: Row[];
}

/** All that show_map of map_view.py sends. */
export interface Payload {
  /** Addresses: the folder of these files, plotly.js, the map. */
  assets: string;
  plotly: string;
  map: string;
  name: string;
  n: number;
  column: Column;
  /** Colours of the categories that are not listed, over and over. */
  cycle: string[];
  missing: string;
  /** One bit a row in base64; null where all pass. */
  mask: string | null;
  highlight: Row[];
  opened: Row | null;
  /** From the opened row to its neighbours; null: none are drawn. */
  lines: Lines | null;
  names: boolean;
  /** Another number than before lets go of what is selected. */
  cleared?: number;
  dark: boolean;
  /** In pixels; null: as high as the box that it lies in. */
  height: number | null;
}

/** What Python is told as "view": see read_view in map_view.py. */
export interface State {
  selection: Selection | null;
  view: View | null;
  hidden: Code[];
  /** Whether near-duplicates are collapsed to one mark a group. */
  collapsed: boolean;
}

/** What mount() gets from Streamlit (components v2). */
export interface Component {
  data: Payload;
  setStateValue(name: "view", value: State): void;
  setTriggerValue(name: "clicked", value: Row): void;
}

/** Where a cluster's name stands, in data units. */
export interface ClusterName {
  id: number;
  name: string;
  x: number;
  y: number;
  size: number;
  /** The name holds for less than half of the rows. */
  weak: boolean;
}
/** The names of one layer, and the zoom from which they stand (null: only where the map is coloured by the layer): cluster_labels of map_data.py. */
export interface LayerNames {
  layer: string;
  zoom: number | null;
  names: ClusterName[];
}

/** An example as the tooltip shows it: hover of map_data.py. */
export interface Hover {
  text: string;
  label: string | null;
  confidence: number | null;
  clusters: { title: string; name: string | null }[];
  dataset: string;
  line: number;
}

export interface Loaded {
  library: PlotlyLibrary;
  points: Points;
  values: Values;
  layers: LayerNames[];
}

/** From data units to pixels of the stage (px, py) and back (x, y). */
export interface Frame {
  width: number;
  height: number;
  px(x: number): number;
  py(y: number): number;
  x(px: number): number;
  y(py: number): number;
}

/** A rectangle in pixels of the stage. */
export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Rows drawn in colour (front) and in grey (back). */
export interface Chosen {
  front: Uint32Array;
  back: Uint32Array;
  inView: number;
  drawnInView: number;
}

export interface Paint {
  /** The palette's place of every row. */
  slots: Uint8Array;
  /** The palette; its last colour is that of rows without a value. */
  colors: string[];
}

/** One drawing of the points. */
export interface Composition extends Chosen, Paint {
  points: Points;
  view: View;
  width: number;
  height: number;
  /** Of a point, in pixels. */
  size: number;
  dark: boolean;
  missing: string;
  /** Null where points lie no more than a few deep. */
  density: Density | null;
  /** Null where nothing is collapsed. */
  marks: Marks | null;
}

/** Which rows are to be drawn, and how: 1 for yes; null: all. */
export interface Shown {
  passes: Uint8Array | null;
  selected: Uint8Array | null;
  hidden: Set<Code>;
  values: ArrayLike<number>;
  /** Rows that are left where groups are collapsed. */
  left?: Uint8Array | null;
}

/** Near-duplicates collapsed to one mark a group. */
export interface Marks {
  /** 1 for a row that is drawn. */
  left: Uint8Array;
  /** How many rows in colour each drawn row stands for, itself included. */
  count: Uint32Array;
  /** The rows that stand for two or more, the largest group first. */
  rows: Uint32Array;
}

/** The division that Plotly draws in. */
export interface PlotlyDiv extends HTMLDivElement {
  on(event: "plotly_relayouting" | "plotly_relayout" | "plotly_webglcontextlost", listener: () => void): void;
  _fullLayout?: { width: number; height: number; xaxis?: { range: unknown[] }; yaxis: { range: unknown[] } };
}

export interface PlotlyLibrary {
  react(div: HTMLElement, traces: object[], layout: object, config: object): Promise<unknown>;
  relayout(div: HTMLElement, changes: Record<string, unknown>): Promise<unknown>;
  purge(div: HTMLElement): void;
}

/** What the browser tests read. */
export interface Counters {
  /** Redraws of the points. */
  drawn: number;
  fetches: Record<FetchKind, number>;
  /** Points in the last drawing. */
  shown: number;
  /** [row, count] of each collapsed group that is shown. */
  marks(): number[][];
  /** Where a row's point stands in the window. */
  position(row: Row): { x: number; y: number } | null;
}

export type FetchKind = "points" | "column" | "labels" | "hover" | "repeats";

declare global {
  var Plotly: PlotlyLibrary | undefined;
  var __evalmap: Counters | undefined;
  var __evalmapKept: Map<string, unknown> | undefined;
}

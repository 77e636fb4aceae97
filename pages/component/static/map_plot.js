// @ts-check
// The points themselves: plotly draws them, pans and zooms. Selecting, hovering and clicking are ours.
/** @import { Composition, Frame, PlotlyDiv, PlotlyLibrary, Range, View } from "../map_types.d.ts" */

import { counters } from "./map_store.js";

const LOSSES = 3; // lost WebGL contexts in a row after which we stop trying

export class Plot {
  /**
   * @param {PlotlyLibrary} library
   * @param {HTMLElement} box
   * @param {object} options
   * @param {boolean} options.webgl
   * @param {() => void} options.onMove at every step of a pan or zoom
   * @param {() => void} options.onMoved once it ends
   * @param {() => void} options.onNoWebGL the probe said yes but plotly could not
   */
  constructor(library, box, { webgl, onMove, onMoved, onNoWebGL }) {
    this.library = library;
    this.box = box;
    this.webgl = webgl;
    this.onMove = onMove;
    this.onMoved = onMoved;
    this.onNoWebGL = onNoWebGL;
    /** @type {PlotlyDiv | null} */
    this.div = null;
    /** @type {Composition | null} the last drawing */
    this.what = null;
    /** @type {Promise<unknown>} */
    this.queue = Promise.resolve();
    this.losses = 0;
    this.wired = this.quiet = this.recovering = this.gone = false;
  }

  /**
   * One drawing after the other: plotly does not like to be asked twice at once.
   *
   * @param {Composition} what
   */
  draw(what) {
    this.queue = this.queue.then(() => this.react(what)).catch((error) => console.error(error));
    return this.queue;
  }

  /** @param {Composition} what */
  async react(what) {
    if (this.gone) return;
    this.what = what;
    const div = (this.div ??= this.start());
    this.quiet = true;
    await this.library.react(div, traces(what, this.webgl), layout(what), CONFIG);
    this.quiet = false;
    if (this.gone) return;
    if (this.webgl && div.querySelector(".no-webgl")) return this.onNoWebGL();
    counters.drawn += 1;
    counters.shown = what.front.length + what.back.length;
    if (this.wired) return;
    this.wired = true;
    div.on("plotly_relayouting", () => this.onMove());
    div.on("plotly_relayout", () => !this.quiet && this.onMoved());
    // plotly 4.1 shows nothing after a lost context (plotly.js #8068): draw anew
    div.on("plotly_webglcontextlost", () => this.recover());
  }

  start() {
    const div = /** @type {PlotlyDiv} */ (document.createElement("div"));
    this.box.replaceChildren(div);
    this.wired = false;
    return div;
  }

  recover() {
    if (this.recovering || this.gone || ++this.losses > LOSSES) return;
    this.recovering = true;
    setTimeout(() => {
      this.recovering = false;
      if (this.gone || !this.div || !this.what) return;
      const what = { ...this.what, view: this.view ?? this.what.view };
      this.library.purge(this.div);
      this.div = null;
      this.draw(what).then(() => this.onMove());
    }, 50);
  }

  /**
   * The visible part, live while the reader drags; null before the first drawing.
   *
   * @returns {View | null}
   */
  get view() {
    const full = this.div?._fullLayout;
    if (!full?.xaxis) return null;
    return { x: ends(full.xaxis.range), y: ends(full.yaxis.range) };
  }

  /**
   * From data units to pixels of the stage and back; null before the first drawing.
   *
   * @returns {Frame | null}
   */
  frame() {
    const { view } = this, full = this.div?._fullLayout;
    if (!view || !full) return null;
    const { x: [x0, x1], y: [y0, y1] } = view, { width, height } = full;
    return {
      width,
      height,
      px: (x) => ((x - x0) / (x1 - x0)) * width,
      py: (y) => ((y1 - y) / (y1 - y0)) * height,
      x: (px) => x0 + (px / width) * (x1 - x0),
      y: (py) => y1 - (py / height) * (y1 - y0),
    };
  }

  /** @param {number} factor of the view's width: below 1 comes nearer */
  zoom(factor) {
    const view = this.view;
    if (!view) return;
    /** @type {(range: Range) => Range} */
    const around = ([a, b]) => [(a + b) / 2 - ((b - a) / 2) * factor, (a + b) / 2 + ((b - a) / 2) * factor];
    this.goTo({ x: around(view.x), y: around(view.y) });
  }

  /** @param {View} view */
  goTo({ x, y }) {
    this.queue = this.queue.then(() => this.div && this.library.relayout(this.div, { "xaxis.range": [...x], "yaxis.range": [...y] }));
  }

  destroy() {
    this.gone = true;
    if (this.div) this.library.purge(this.div);
    this.box.replaceChildren();
    this.div = null;
  }
}

const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: true, doubleClick: false, responsive: false, showTips: false };

/** @type {(range: unknown[]) => Range} */
const ends = (range) => [Number(range[0]), Number(range[1])];

/** @param {Pick<Composition, "view" | "width" | "height">} what */
function layout({ view, width, height }) {
  const axis = { visible: false, showgrid: false, zeroline: false, autorange: false };
  return {
    width,
    height,
    uirevision: "kept",
    showlegend: false,
    hovermode: false,
    dragmode: "pan",
    margin: { l: 0, r: 0, t: 0, b: 0, pad: 0 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: { ...axis, range: [...view.x] },
    yaxis: { ...axis, range: [...view.y], scaleanchor: "x", scaleratio: 1 },
  };
}

/**
 * @param {Composition} what
 * @param {boolean} webgl
 */
export function traces({ points, front, back, slots, colors, size, dark, missing }, webgl) {
  const type = webgl ? "scattergl" : "scatter";
  const base = { type, mode: "markers", hoverinfo: "skip", showlegend: false };
  const last = colors.length - 1;
  const stops = colors.flatMap((color, i) => [[i / colors.length, color], [(i + 1) / colors.length, color]]);
  const line = { width: 0 };
  return [
    { ...base, x: take(points.x, back), y: take(points.y, back), marker: { size: Math.max(2.5, size * 0.8), color: missing, opacity: dark ? 0.28 : 0.22, line } },
    {
      ...base,
      x: take(points.x, front),
      y: take(points.y, front),
      marker: { size, opacity: front.length > 20_000 ? 0.7 : 0.82, color: take(slots, front), colorscale: stops, cmin: -0.5, cmax: last + 0.5, showscale: false, line },
    },
  ];
}

/**
 * @template {Float32Array | Uint8Array} T
 * @param {T} array
 * @param {Uint32Array} rows
 * @returns {T}
 */
function take(array, rows) {
  const taken = /** @type {T} */ (array instanceof Float32Array ? new Float32Array(rows.length) : new Uint8Array(rows.length));
  for (let k = 0; k < rows.length; k++) taken[k] = array[rows[k]];
  return taken;
}

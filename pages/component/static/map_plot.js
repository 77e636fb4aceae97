// @ts-check
// The points themselves: plotly draws them, pans and zooms. Selecting, hovering and clicking are ours.
/** @import { Composition, Density, Frame, PlotlyDiv, PlotlyLibrary, Range, View } from "../map_types.d.ts" */

import { withOpacity } from "./map_density.js";
import { frameOf } from "./map_points.js";
import { counters } from "./map_store.js";

const FADING = [1, 0.4, 0.1]; // of the opacity of points alone: for those among some, and among many
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
    return frameOf(view, full.width, full.height);
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
    return this.queue;
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
 * The grey points, and the coloured ones over them.
 *
 * @param {Composition} what
 * @param {boolean} webgl
 */
export function traces({ points, front, back, slots, colors, size, dark, missing, density }, webgl) {
  const base = { type: webgl ? "scattergl" : "scatter", mode: "markers", hoverinfo: "skip", showlegend: false };
  const common = { showscale: false, line: { width: 0 } };
  /** @type {(rows: Uint32Array) => object} */
  const at = (rows) => ({ ...base, x: take(points.x, rows), y: take(points.y, rows) });
  const grey = density ? shades([missing], new Uint8Array(back.length), back, density) : { color: missing };
  return [
    { ...at(back), marker: { ...common, ...grey, size: Math.max(2.5, size * 0.8), opacity: dark ? 0.28 : 0.22 } },
    { ...at(front), marker: { ...common, ...shades(colors, take(slots, front), front, density), size, opacity: front.length > 20_000 ? 0.7 : 0.82 } },
  ];
}

/**
 * Colours by their place in the palette. Points fade where they lie deep: then the palette is there once for each level of crowding.
 *
 * @param {string[]} palette
 * @param {Uint8Array} color of each row; changed
 * @param {Uint32Array} rows
 * @param {Density | null} density
 */
function shades(palette, color, rows, density) {
  const all = density ? FADING.flatMap((part) => palette.map((shade) => withOpacity(shade, part))) : palette;
  if (density) for (let k = 0; k < rows.length; k++) color[k] += palette.length * density.level[rows[k]];
  const colorscale = all.flatMap((shade, i) => [[i / all.length, shade], [(i + 1) / all.length, shade]]);
  return { color, colorscale, cmin: -0.5, cmax: all.length - 0.5 };
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

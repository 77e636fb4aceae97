// The points themselves: plotly draws them, pans and zooms. Selecting, hovering and clicking are ours.

import { counters } from "./map_store.js";

const LOSSES = 3; // lost WebGL contexts in a row after which we stop trying

export class Plot {
  // onMove: at every step of a pan or zoom; onMoved: once it ends; onNoWebGL: the probe said yes but plotly could not
  constructor(library, box, { webgl, onMove, onMoved, onNoWebGL }) {
    Object.assign(this, { library, box, webgl, onMove, onMoved, onNoWebGL });
    this.losses = 0;
    this.queue = Promise.resolve();
  }

  // One drawing after the other: plotly does not like to be asked twice at once
  draw(what) {
    this.queue = this.queue.then(() => this.react(what)).catch((error) => console.error(error));
    return this.queue;
  }

  async react(what) {
    if (this.gone) return;
    this.what = what;
    if (!this.div) this.start();
    this.quiet = true;
    await this.library.react(this.div, traces(what, this.webgl), layout(what), CONFIG);
    this.quiet = false;
    if (this.gone) return;
    if (this.webgl && this.div.querySelector(".no-webgl")) return this.onNoWebGL();
    counters.drawn += 1;
    counters.shown = what.front.length + what.back.length;
    if (this.wired) return;
    this.wired = true;
    this.div.on("plotly_relayouting", () => this.onMove());
    this.div.on("plotly_relayout", () => !this.quiet && this.onMoved());
    // plotly 4.1 shows nothing after a lost context (plotly.js #8068): draw anew
    this.div.on("plotly_webglcontextlost", () => this.recover());
  }

  start() {
    this.div = document.createElement("div");
    this.box.replaceChildren(this.div);
    this.wired = false;
  }

  recover() {
    if (this.recovering || this.gone || ++this.losses > LOSSES) return;
    this.recovering = true;
    setTimeout(() => {
      this.recovering = false;
      if (this.gone) return;
      const what = { ...this.what, view: this.view };
      this.library.purge(this.div);
      this.div = null;
      this.draw(what).then(() => this.onMove());
    }, 50);
  }

  // {x: [left, right], y: [bottom, top]} in data units, live while the reader drags
  get view() {
    const full = this.div?._fullLayout;
    if (!full?.xaxis) return null;
    return { x: full.xaxis.range.map(Number), y: full.yaxis.range.map(Number) };
  }

  // From data units to pixels of the stage and back
  frame() {
    const { x: [x0, x1], y: [y0, y1] } = this.view, { width, height } = this.div._fullLayout;
    return {
      width,
      height,
      px: (x) => ((x - x0) / (x1 - x0)) * width,
      py: (y) => ((y1 - y) / (y1 - y0)) * height,
      x: (px) => x0 + (px / width) * (x1 - x0),
      y: (py) => y1 - (py / height) * (y1 - y0),
    };
  }

  zoom(factor) {
    const view = this.view;
    if (!view) return;
    const around = ([a, b]) => [(a + b) / 2 - ((b - a) / 2) * factor, (a + b) / 2 + ((b - a) / 2) * factor];
    return this.goTo({ x: around(view.x), y: around(view.y) });
  }

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

function traces({ points, front, back, slots, colors, size, dark, missing }, webgl) {
  const type = webgl ? "scattergl" : "scatter";
  const base = { type, mode: "markers", hoverinfo: "skip", showlegend: false };
  const of = (array, rows) => {
    const taken = new array.constructor(rows.length);
    for (let k = 0; k < rows.length; k++) taken[k] = array[rows[k]];
    return taken;
  };
  const last = colors.length - 1;
  const stops = colors.flatMap((color, i) => [[i / colors.length, color], [(i + 1) / colors.length, color]]);
  const line = { width: 0 };
  return [
    { ...base, x: of(points.x, back), y: of(points.y, back), marker: { size: Math.max(2.5, size * 0.8), color: missing, opacity: dark ? 0.28 : 0.22, line } },
    {
      ...base,
      x: of(points.x, front),
      y: of(points.y, front),
      marker: { size, opacity: front.length > 20_000 ? 0.7 : 0.82, color: of(slots, front), colorscale: stops, cmin: -0.5, cmax: last + 0.5, showscale: false, line },
    },
  ];
}

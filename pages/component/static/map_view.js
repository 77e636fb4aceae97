// The map component: one MapView a mounted map. Streamlit calls mount() again whenever the page sends other data.

import { drawLegend, element, format } from "./map_legend.js";
import { listenToPointer } from "./map_gestures.js";
import { Drawing, Names, layerFor } from "./map_overlay.js";
import { Plot } from "./map_plot.js";
import { MISSING, chooseRows, countInside, decodeMask, drawingOrder, homeView, insideSelection, nearest, paint, pointSize, MAX_DRAWN } from "./map_points.js";
import { FetchError, column, counters, hasWebGL, labels, plotly, points, styles } from "./map_store.js";
import { drawToolbar, pressMode } from "./map_toolbar.js";
import { Tooltip, answerOf } from "./map_tooltip.js";

const SEND_AFTER = 200; // ms without a change; a lasso changes view and selection at once, and both travel as one value
const SETTLED = 250; // ms without a move after which the view is drawn anew
const MAX_SVG = 5_000; // points that a browser without WebGL draws
const REACH = 9; // px around a point that count as on it

const mounted = new Map();

export function mount({ parentElement, ...component }) {
  sweep();
  const root = parentElement.querySelector(".evalmap");
  if (!mounted.has(root)) mounted.set(root, new MapView(root));
  mounted.get(root).update(component);
  // Streamlit also calls the clean-up of a call that a newer one has overtaken: only a map that left the page is taken down
  return () => setTimeout(sweep, 100);
}

function sweep() {
  for (const [root, view] of mounted) {
    if (root.isConnected) continue;
    view.destroy();
    mounted.delete(root);
  }
}

class MapView {
  constructor(root) {
    this.root = root;
    this.hidden = new Set();
    this.selection = this.selected = null;
    this.mode = "pan";
    this.answering = []; // rows that hover and click find: what passes the filters, what is selected first
    this.moved = false; // whether the reader moved the map
    this.version = 0;
    this.stop = new AbortController();
    this.build();
  }

  build() {
    const part = (className, testid) => {
      const made = element("div", className);
      if (testid) made.dataset.testid = testid;
      return made;
    };
    this.stage = part("em-stage", "map");
    this.plotBox = part("em-plot");
    this.namesBox = part("em-names", "map-names");
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("class", "em-drawing");
    this.stage.setAttribute("role", "img");
    this.stage.append(this.plotBox, this.svg, this.namesBox);
    this.toolbar = part("em-toolbar");
    this.note = part("em-note", "map-note");
    this.message = part("em-message");
    this.message.setAttribute("role", "status");
    this.tip = part("em-tip", "map-tooltip");
    this.tip.setAttribute("role", "tooltip");
    this.legend = part("em-legend", "map-legend");
    this.legend.setAttribute("role", "group");
    this.tip.hidden = this.toolbar.hidden = this.note.hidden = true;
    const middle = part("em-middle");
    middle.append(this.stage, this.toolbar, this.note, this.message);
    const whole = part("em-whole");
    whole.append(middle, this.legend, this.tip);
    this.root.replaceChildren(whole);
    this.names = new Names(this.namesBox);
    this.drawing = new Drawing(this.svg);
    this.tooltip = new Tooltip(this.tip);
    const { signal } = this.stop;
    drawToolbar(this.toolbar, { onMode: (mode) => this.setMode(mode), onZoom: (factor) => this.plot?.zoom(factor), onHome: () => this.goHome() });
    this.setMode("pan");
    this.cancelDrawing = listenToPointer(this.stage, {
      mode: () => this.mode,
      frame: () => this.plot.frame(),
      onHover: (event, at) => this.onHover(event, at),
      onLeave: () => this.onLeave(),
      onClick: (event, at) => this.onClick(at),
      onOutline: (path) => this.drawing.setOutline(path),
      onSelect: (selection) => this.select(selection),
      onHome: () => this.goHome(),
    }, signal);
    window.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.closest?.("input, textarea, [role=dialog]")) return;
      this.cancelDrawing();
      if (this.selection) this.select(null);
    }, { signal });
    this.resizing = new ResizeObserver(() => this.onResize());
    this.resizing.observe(this.stage);
    this.say("Loading the map …");
  }

  async update({ data, setStateValue, setTriggerValue }) {
    const version = ++this.version, before = this.data;
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    this.data = data;
    this.root.style.setProperty("--em-height", `${data.height}px`);
    if (before && before.map !== data.map) this.reset();
    else if (before && before.column.key !== data.column.key && this.hidden.size) {
      this.hidden.clear();
      this.send();
    }
    try {
      const columnUrl = `${data.map}/column/${encodeURIComponent(data.column.key)}`;
      const [library, xy, values, clusters] = await Promise.all([
        plotly(data.plotly), points(`${data.map}/points`, data.n), column(columnUrl, data.column.kind, data.n), labels(`${data.map}/labels`),
        styles(`${data.assets}/map_view.css`),
      ]);
      if (version !== this.version || this.stop.signal.aborted) return;
      await this.apply(library, xy, values, clusters);
    } catch (error) {
      if (version !== this.version) return;
      this.fail(error instanceof FetchError ? error.message : "The map could not be drawn. Reload the page to try again.");
      if (!(error instanceof FetchError)) console.error(error);
    }
  }

  async apply(library, xy, values, clusters) {
    const { data } = this;
    if (this.points !== xy) {
      this.points = xy;
      this.order = drawingOrder(data.n);
    }
    this.values = values;
    this.clusters = clusters;
    const dark = isDark(this.root, data.dark), missing = dark ? "#7b8087" : data.missing;
    const wanted = JSON.stringify([data.map, data.column, data.mask, dark]);
    if (this.painted !== wanted) {
      this.painted = wanted;
      this.dark = dark;
      this.missing = missing;
      this.passes = decodeMask(data.mask, data.n);
      this.paint = paint(values, data.column, data.cycle, missing, dark);
      this.root.classList.toggle("em-dark", dark);
      this.stage.setAttribute("aria-label", describe(data));
      this.legend.setAttribute("aria-label", `Legend: ${data.column.title}`);
      const webgl = !this.noWebGL && hasWebGL();
      if (!webgl && data.n > MAX_SVG) {
        return this.fail(`This browser has no WebGL, and a map of ${format(data.n)} points needs it: turn on hardware acceleration in the browser's settings, or open the map in another browser.`);
      }
      if (!this.plot) {
        this.plot = new Plot(library, this.plotBox, {
          webgl,
          onMove: () => this.overlay(),
          onMoved: () => this.onMoved(),
          onNoWebGL: () => { this.noWebGL = true; this.fail(""); this.update(this); },
        });
      }
      this.drawLegend();
      await this.redraw();
    }
    this.drawing.setRings(data.highlight, data.opened);
    if (data.opened !== null && data.opened !== this.opened) this.reveal(data.opened);
    this.opened = data.opened;
    this.overlay();
  }

  // The points, again: in the colours, with the filter, the selection and the legend as they are now
  async redraw() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!this.plot || !width || !height) return;
    const home = homeView(this.points, width, height);
    const view = this.moved && this.plot.view ? this.plot.view : home;
    this.home = home;
    const chosen = chooseRows(this.points, this.order, view, this);
    this.drawnAt = { width, height };
    this.answering = this.selected ? [chosen.front, chosen.back.filter((row) => !this.passes || this.passes[row])] : [chosen.front];
    this.size = this.sizeIn(view);
    this.root.dataset.busy = "true";
    await this.plot.draw({ points: this.points, ...chosen, slots: this.paint.slots, colors: this.paint.colors, view, width, height, size: this.size, dark: this.dark, missing: this.missing });
    delete this.root.dataset.busy;
    counters.position = (row) => this.positionOf(row);
    this.say("");
    this.toolbar.hidden = false;
    this.writeNote(chosen);
    this.overlay();
  }

  // Points grow as fewer share the view
  sizeIn(view) {
    return view ? pointSize(Math.min(countInside(this.points, view), MAX_DRAWN)) : this.size;
  }

  redrawSoon() {
    cancelAnimationFrame(this.redrawing);
    this.redrawing = requestAnimationFrame(() => this.redraw());
  }

  overlay() {
    if (!this.plot?.view) return;
    const frame = this.plot.frame();
    this.drawing.place(this.points, frame);
    if (!this.data.names) return this.names.clear();
    const zoom = (this.home.x[1] - this.home.x[0]) / (frame.x(frame.width) - frame.x(0));
    const layer = layerFor(this.data.column, zoom);
    const corners = [this.toolbar, this.note].filter((box) => !box.hidden).map((box) => (
      { left: box.offsetLeft, top: box.offsetTop, right: box.offsetLeft + box.offsetWidth, bottom: box.offsetTop + box.offsetHeight }
    ));
    this.names.draw(this.clusters[layer] ?? [], layer, frame, corners);
  }

  writeNote({ inView, drawnInView }) {
    const parts = [];
    if (drawnInView < inView) parts.push(element("span", "", `${format(drawnInView)} of ${format(inView)} points in view drawn: a sample`));
    if (this.selected) {
      let count = 0;
      for (let i = 0; i < this.selected.length; i++) count += this.selected[i] && (!this.passes || this.passes[i]) && !this.hidden.has(this.values[i]) ? 1 : 0;
      const clear = element("button", "em-clear", "Clear selection");
      clear.type = "button";
      clear.title = "Clear selection (Esc)";
      clear.addEventListener("click", () => this.select(null));
      parts.push(element("span", "", `${format(count)} selected`), clear);
    }
    this.note.replaceChildren(...parts);
    this.note.hidden = !parts.length;
  }

  drawLegend() {
    const counts = new Map(), { column: shown } = this.data, filtered = Boolean(this.passes || this.selected);
    if (filtered && shown.kind === "category") {
      for (let i = 0; i < this.values.length; i++) {
        if ((this.passes && !this.passes[i]) || (this.selected && !this.selected[i])) continue;
        counts.set(this.values[i], (counts.get(this.values[i]) ?? 0) + 1);
      }
    }
    drawLegend(this.legend, {
      column: shown, missingColor: this.missing, dark: this.dark, hidden: this.hidden, counts, filtered,
      onToggle: (code) => this.hide(this.hidden.has(code) ? [...this.hidden].filter((c) => c !== code) : [...this.hidden, code]),
      onIsolate: (code) => this.isolate(code),
    });
  }

  hide(codes) {
    this.hidden = new Set(codes);
    this.drawLegend();
    this.redrawSoon();
    this.send();
  }

  isolate(code) {
    const { categories, more, missing } = this.data.column;
    const known = categories.length + more - (missing ? 1 : 0);
    const others = [...Array(known).keys(), ...(missing ? [MISSING] : [])].filter((c) => c !== code);
    const alone = !this.hidden.has(code) && others.every((c) => this.hidden.has(c));
    this.hide(alone ? [] : others);
  }

  select(selection) {
    this.selection = selection;
    this.selected = selection && insideSelection(this.points, selection);
    this.drawLegend();
    this.redrawSoon();
    this.send();
  }

  setMode(mode) {
    this.mode = mode;
    this.stage.dataset.mode = mode;
    pressMode(this.toolbar, mode);
  }

  goHome() {
    if (this.plot?.view) this.plot.goTo(this.home);
  }

  // Bring an opened example into the view without changing the zoom
  reveal(row) {
    if (!this.plot?.view) return;
    const { x: [x0, x1], y: [y0, y1] } = this.plot.view, x = this.points.x[row], y = this.points.y[row];
    if (x > x0 && x < x1 && y > y0 && y < y1) return;
    const w = (x1 - x0) / 2, h = (y1 - y0) / 2;
    this.plot.goTo({ x: [x - w, x + w], y: [y - h, y + h] });
  }

  onMoved() {
    this.moved = !sameView(this.plot.view, this.home);
    this.overlay();
    clearTimeout(this.resampling);
    this.resampling = setTimeout(() => (this.data.n > MAX_DRAWN || this.sizeIn(this.plot.view) !== this.size) && this.redrawSoon(), SETTLED);
    this.send();
  }

  onResize() {
    clearTimeout(this.resized);
    const { width, height } = this.drawnAt ?? {};
    if (this.stage.clientWidth === width && this.stage.clientHeight === height) return;
    this.resized = setTimeout(() => this.points && this.redraw(), 60);
  }

  find([x, y]) {
    if (!this.plot?.view) return null;
    const frame = this.plot.frame(), reach = Math.max(REACH, this.size / 2 + 3);
    for (const rows of this.answering) {
      const row = nearest(this.points, rows, frame, x, y, reach);
      if (row !== null) return row;
    }
    return null;
  }

  onHover(event, at) {
    const row = this.find(at);
    this.stage.classList.toggle("em-on-point", row !== null);
    if (row === null) return this.tooltip.hide();
    const color = this.data.column.key === "label" ? this.paint.colors[this.paint.slots[row]] : null;
    this.tooltip.show(this.data.map, row, event.clientX, event.clientY, color, answerOf(this.data.column, this.values[row]));
  }

  onLeave() {
    this.stage.classList.remove("em-on-point");
    this.tooltip.hide();
  }

  onClick(at) {
    const row = this.find(at);
    if (row !== null) this.setTriggerValue("clicked", row);
  }

  positionOf(row) {
    const box = this.stage.getBoundingClientRect(), frame = this.plot.frame();
    return { x: box.left + frame.px(this.points.x[row]), y: box.top + frame.py(this.points.y[row]) };
  }

  send() {
    clearTimeout(this.sending);
    this.sending = setTimeout(() => {
      if (this.stop.signal.aborted) return;
      this.setStateValue("view", { selection: this.selection, view: this.moved ? this.plot.view : null, hidden: [...this.hidden] });
    }, SEND_AFTER);
  }

  say(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  fail(sentence) {
    this.painted = null;
    this.restartPlot();
    this.legend.replaceChildren();
    this.names.clear();
    this.drawing.setRings([], null);
    this.note.hidden = this.toolbar.hidden = true;
    this.say(sentence);
  }

  // Another map took this one's place
  reset() {
    this.hidden.clear();
    this.selection = this.selected = this.opened = null;
    this.answering = [];
    this.moved = false;
    this.fail("Loading the map …");
    this.send();
  }

  restartPlot() {
    this.plot?.destroy();
    this.plot = null;
  }

  destroy() {
    this.stop.abort();
    this.version += 1;
    for (const timer of [this.sending, this.resampling, this.resized]) clearTimeout(timer);
    cancelAnimationFrame(this.redrawing);
    this.resizing.disconnect();
    this.tooltip.hide();
    this.restartPlot();
  }
}

function describe({ n, name, column: { key, title } }) {
  const by = key.startsWith("field.") ? title : title.toLowerCase();
  return `Map of ${format(n)} ${n === 1 ? "example" : "examples"} of ${name}, coloured by ${by}`;
}

function sameView(a, b) {
  const near = 1e-3 * (b.x[1] - b.x[0]);
  return ["x", "y"].every((axis) => a[axis].every((end, i) => Math.abs(end - b[axis][i]) < near));
}

// The theme's background tells whether it is dark; where it cannot be read, the page's word counts
function isDark(root, otherwise) {
  const value = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(value);
  const parts = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : value.match(/[\d.]+/g)?.map(Number);
  if (!parts || parts.length < 3) return otherwise;
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] < 128;
}

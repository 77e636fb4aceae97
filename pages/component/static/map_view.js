// @ts-check
// The map component: one MapView a mounted map. Streamlit calls mount() again whenever the page sends other data.

/** @import { Component, Composition, Loaded, Place, Row, Selection, View } from "../map_types.d.ts" */
/** @import { Mode } from "./map_gestures.js" */

import { isDark } from "./map_colors.js";
import { format } from "./map_elements.js";
import { listenToPointer } from "./map_gestures.js";
import { Layout } from "./map_layout.js";
import { drawLegend } from "./map_legend.js";
import { Messages } from "./map_messages.js";
import { writeNote } from "./map_note.js";
import { Drawing, Names } from "./map_overlay.js";
import { Plot } from "./map_plot.js";
import { decodeMask, homeView, rowAt, sameView, viewAround } from "./map_points.js";
import { Scene } from "./map_scene.js";
import { FetchError, counters, hasWebGL, load } from "./map_store.js";
import { drawToolbar, pressMode } from "./map_toolbar.js";
import { Tooltip, answerOf } from "./map_tooltip.js";
import { Visibility } from "./map_visibility.js";

const SETTLED = 250; // ms without a move after which the view is drawn anew
const MAX_SVG = 5_000; // points that a browser without WebGL draws

/** @type {Map<HTMLElement, MapView>} */
const mounted = new Map();

/**
 * @param {Component & { parentElement: HTMLElement | ShadowRoot }} given by Streamlit
 * @returns {() => void} called when the map leaves the page
 */
export function mount({ parentElement, ...component }) {
  sweep();
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".evalmap"));
  const view = mounted.get(root) ?? new MapView(root);
  mounted.set(root, view);
  view.update(component);
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
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.layout = new Layout(root);
    this.names = new Names(this.layout.names);
    this.drawing = new Drawing(this.layout.svg);
    this.tooltip = new Tooltip(this.layout.tip);
    this.visibility = new Visibility();
    this.messages = new Messages(() => (
      { selection: this.visibility.selection, view: this.moved && this.plot ? this.plot.view : null, hidden: [...this.visibility.hidden] }
    ));
    /** @type {Component | null} as of the latest call */
    this.component = null;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Plot | null} */
    this.plot = null;
    /** @type {Composition | null} the latest drawing */
    this.drawn = null;
    /** @type {Uint32Array[]} rows that hover and click find */
    this.answering = [];
    /** @type {View | null} the view that shows the whole map */
    this.home = null;
    /** @type {string | null} what the points were painted with */
    this.painted = null;
    /** @type {Row | null} */
    this.opened = null;
    /** @type {Mode} */
    this.mode = "pan";
    this.moved = false; // whether the reader moved the map
    this.noWebGL = false; // plotly found none, whatever the probe says
    this.version = 0;
    /** @type {number | undefined} */
    this.resampling = undefined;
    /** @type {number | undefined} */
    this.resized = undefined;
    this.redrawing = 0;
    this.stop = new AbortController();
    this.listen(this.stop.signal);
    this.resizing = new ResizeObserver(() => this.onResize());
    this.resizing.observe(this.layout.stage);
    this.layout.say("Loading the map …");
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { stage, toolbar } = this.layout;
    drawToolbar(toolbar, { onMode: (mode) => this.setMode(mode), onZoom: (factor) => this.plot?.zoom(factor), onHome: () => this.goHome() });
    this.setMode("pan");
    const cancelDrawing = listenToPointer(stage, {
      mode: () => this.mode,
      frame: () => this.plot?.frame() ?? null,
      onHover: (event, at) => this.onHover(event, at),
      onLeave: () => this.onLeave(),
      onClick: (at) => this.onClick(at),
      onOutline: (path) => this.drawing.setOutline(path),
      onSelect: (selection) => this.select(selection),
      onHome: () => this.goHome(),
    }, signal);
    window.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || (event.target instanceof Element && event.target.closest("input, textarea, [role=dialog]"))) return;
      cancelDrawing();
      if (this.visibility.selection) this.select(null);
    }, { signal });
  }

  /** @param {Component} component */
  async update(component) {
    const version = ++this.version, before = this.component?.data, { data } = component;
    this.component = component;
    this.messages.attach(component);
    this.layout.setHeight(data.height);
    if (before && before.map !== data.map) this.reset();
    else if (before && before.column.key !== data.column.key && this.visibility.hidden.size) {
      this.visibility.hidden.clear();
      this.messages.sendState();
    }
    try {
      const loaded = await load(data);
      if (version !== this.version || this.stop.signal.aborted) return;
      await this.apply(loaded, component);
    } catch (error) {
      if (version !== this.version) return;
      this.fail(error instanceof FetchError ? error.message : "The map could not be drawn. Reload the page to try again.");
      if (!(error instanceof FetchError)) console.error(error);
    }
  }

  /**
   * @param {Loaded} loaded
   * @param {Component} component
   */
  async apply(loaded, component) {
    const { data } = component;
    const dark = isDark(getComputedStyle(this.root).getPropertyValue("--st-background-color").trim(), data.dark);
    const wanted = JSON.stringify([data.map, data.column, data.mask, dark]);
    if (this.painted !== wanted) {
      this.painted = wanted;
      this.scene = new Scene(loaded, data, dark, this.scene);
      this.visibility.values = loaded.values;
      this.visibility.passes = decodeMask(data.mask, data.n);
      this.layout.setDark(dark);
      this.layout.describe(data);
      const webgl = !this.noWebGL && hasWebGL();
      if (!webgl && data.n > MAX_SVG) {
        return this.fail(`This browser has no WebGL, and a map of ${format(data.n)} points needs it: turn on hardware acceleration in the browser's settings, or open the map in another browser.`);
      }
      this.plot ??= new Plot(loaded.library, this.layout.plot, {
        webgl,
        onMove: () => this.overlay(),
        onMoved: () => this.onMoved(),
        onNoWebGL: () => { this.noWebGL = true; this.fail(""); this.update(this.component ?? component); },
      });
      this.drawLegend();
      await this.redraw();
    }
    this.drawing.setRings(data.highlight, data.opened);
    if (data.opened !== null && data.opened !== this.opened) this.reveal(data.opened);
    this.opened = data.opened;
    this.overlay();
  }

  /** The points, again: in the colours, with the filter, the selection and the legend as they are now. */
  async redraw() {
    const { clientWidth: width, clientHeight: height } = this.layout.stage;
    if (!this.plot || !this.scene || !width || !height) return;
    this.home = homeView(this.scene.points, width, height);
    const view = (this.moved && this.plot.view) || this.home;
    const drawn = this.scene.compose(view, width, height, this.visibility);
    this.drawn = drawn;
    this.answering = this.visibility.answering(drawn);
    this.layout.setBusy(true);
    await this.plot.draw(drawn);
    this.layout.setBusy(false);
    counters.position = (row) => this.positionOf(row);
    this.layout.say("");
    this.layout.toolbar.hidden = false;
    writeNote(this.layout.note, drawn, this.visibility.countSelected(), () => this.select(null));
    this.overlay();
  }

  redrawSoon() {
    cancelAnimationFrame(this.redrawing);
    this.redrawing = requestAnimationFrame(() => this.redraw());
  }

  overlay() {
    const frame = this.plot?.frame();
    if (!frame || !this.scene || !this.home) return;
    this.drawing.place(this.scene.points, frame);
    if (!this.component?.data.names) return this.names.clear();
    const zoom = (this.home.x[1] - this.home.x[0]) / (frame.x(frame.width) - frame.x(0));
    const { layer, clusters } = this.scene.namesAt(zoom);
    this.names.draw(clusters, layer, frame, this.layout.corners());
  }

  drawLegend() {
    if (!this.scene) return;
    const { column, missing, dark } = this.scene, { filtered, hidden } = this.visibility;
    drawLegend(this.layout.legend, {
      column, missingColor: missing, dark, hidden, filtered,
      counts: filtered && column.kind === "category" ? this.visibility.counts() : new Map(),
      onToggle: (code) => { this.visibility.toggle(code); this.showAnew(); },
      onIsolate: (code) => { this.visibility.isolate(code, column); this.showAnew(); },
    });
  }

  /** @param {Selection | null} selection */
  select(selection) {
    if (!this.scene) return;
    this.visibility.select(this.scene.points, selection);
    this.showAnew();
  }

  /** After the reader hid, showed or selected something. */
  showAnew() {
    this.drawLegend();
    this.redrawSoon();
    this.messages.sendState();
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.layout.stage.dataset.mode = mode;
    pressMode(this.layout.toolbar, mode);
  }

  goHome() {
    if (this.plot?.view && this.home) this.plot.goTo(this.home);
  }

  /**
   * Bring an opened example into the view without changing the zoom.
   *
   * @param {Row} row
   */
  reveal(row) {
    if (!this.plot?.view || !this.scene) return;
    const view = viewAround(this.scene.points, row, this.plot.view);
    if (view) this.plot.goTo(view);
  }

  onMoved() {
    const view = this.plot?.view;
    if (!view || !this.home) return;
    this.moved = !sameView(view, this.home);
    this.overlay();
    clearTimeout(this.resampling);
    this.resampling = setTimeout(() => this.onSettled(), SETTLED);
    this.messages.sendState();
  }

  onSettled() {
    const view = this.plot?.view;
    if (view && this.drawn && this.scene?.changesIn(view, this.drawn.size)) this.redrawSoon();
  }

  onResize() {
    clearTimeout(this.resized);
    const { stage } = this.layout, { width, height } = this.drawn ?? {};
    if (stage.clientWidth === width && stage.clientHeight === height) return;
    this.resized = setTimeout(() => this.redraw(), 60);
  }

  /** @param {Place} at */
  find(at) {
    const frame = this.plot?.frame();
    return frame && this.drawn ? rowAt(this.drawn.points, this.answering, frame, at, this.drawn.size) : null;
  }

  /**
   * @param {PointerEvent} event
   * @param {Place} at
   */
  onHover(event, at) {
    const row = this.find(at);
    this.layout.stage.classList.toggle("em-on-point", row !== null);
    if (row === null || !this.scene || !this.component) return this.tooltip.hide();
    const answer = answerOf(this.scene.column, this.visibility.values[row]);
    this.tooltip.show(this.component.data.map, row, event.clientX, event.clientY, this.scene.labelColor(row), answer);
  }

  onLeave() {
    this.layout.stage.classList.remove("em-on-point");
    this.tooltip.hide();
  }

  /** @param {Place} at */
  onClick(at) {
    const row = this.find(at);
    if (row !== null) this.messages.sendClick(row);
  }

  /**
   * Where a row's point stands in the window.
   *
   * @param {Row} row
   */
  positionOf(row) {
    const box = this.layout.stage.getBoundingClientRect(), frame = this.plot?.frame(), points = this.scene?.points;
    return frame && points ? { x: box.left + frame.px(points.x[row]), y: box.top + frame.py(points.y[row]) } : null;
  }

  /**
   * A sentence in the place of the points.
   *
   * @param {string} sentence
   */
  fail(sentence) {
    this.painted = null;
    this.restartPlot();
    this.layout.legend.replaceChildren();
    this.names.clear();
    this.drawing.setRings([], null);
    this.layout.note.hidden = this.layout.toolbar.hidden = true;
    this.layout.say(sentence);
  }

  /** Another map took this one's place. */
  reset() {
    this.visibility.clear();
    this.opened = null;
    this.answering = [];
    this.moved = false;
    this.fail("Loading the map …");
    this.messages.sendState();
  }

  restartPlot() {
    this.plot?.destroy();
    this.plot = null;
  }

  destroy() {
    this.stop.abort();
    this.version += 1;
    this.messages.stop();
    for (const timer of [this.resampling, this.resized]) clearTimeout(timer);
    cancelAnimationFrame(this.redrawing);
    this.resizing.disconnect();
    this.tooltip.hide();
    this.restartPlot();
  }
}

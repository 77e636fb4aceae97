// @ts-check
// The map component: one MapView a mounted map. Streamlit calls mount() again whenever the page sends other data.

/** @import { Component, Composition, Loaded, Place, Row, Selection } from "../map_types.d.ts" */
/** @import { Mode } from "./map_gestures.js" */

import { isDark } from "./map_colors.js";
import { format } from "./map_elements.js";
import { listenToPointer } from "./map_gestures.js";
import { Layout } from "./map_layout.js";
import { drawLegend } from "./map_legend.js";
import { Messages } from "./map_messages.js";
import { writeNote } from "./map_note.js";
import { Picture } from "./map_picture.js";
import { decodeMask } from "./map_points.js";
import { Scene } from "./map_scene.js";
import { FetchError, counters, hasWebGL, load, repeats } from "./map_store.js";
import { ALL_KEY, HOME_KEY, drawToolbar, pressCollapse, pressMode } from "./map_toolbar.js";
import { Tooltip, answerOf } from "./map_tooltip.js";
import { Visibility } from "./map_visibility.js";

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
    this.visibility = new Visibility();
    this.picture = new Picture(this.layout, this.visibility, {
      onDrawn: (drawn) => this.onDrawn(drawn),
      onMoved: () => this.messages.sendState(),
    });
    this.tooltip = new Tooltip(this.layout.tip);
    this.messages = new Messages(() => (
      { selection: this.visibility.selection, view: this.picture.view, hidden: [...this.visibility.hidden], collapsed: Boolean(this.visibility.repeats) }
    ));
    this.problem = ""; // what could not be done, or takes its time, in a sentence
    /** @type {Component | null} as of the latest call */
    this.component = null;
    /** @type {string | null} what the scene was made from */
    this.painted = null;
    /** @type {Row | null} */
    this.opened = null;
    /** @type {Mode} */
    this.mode = "pan";
    this.noWebGL = false; // plotly found none, whatever the probe says
    this.version = 0;
    this.stop = new AbortController();
    this.listen(this.stop.signal);
    this.layout.say("Loading the map …");
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const { stage, toolbar } = this.layout, { picture } = this;
    drawToolbar(toolbar, {
      onMode: (mode) => this.setMode(mode),
      onZoom: (factor) => picture.zoom(factor),
      onHome: () => picture.goHome(),
      onAll: () => picture.goToAll(),
      onCollapse: () => this.collapse(!this.visibility.repeats),
    });
    this.setMode("pan");
    const cancelDrawing = listenToPointer(stage, {
      mode: () => this.mode,
      frame: () => picture.frame(),
      onHover: (event, at) => this.onHover(event, at),
      onLeave: () => this.onLeave(),
      onClick: (at) => this.onClick(at),
      onOutline: (path) => picture.drawing.setOutline(path),
      onSelect: (selection) => this.select(selection),
      onHome: () => picture.goHome(),
      onSlide: (slide) => picture.slide(slide),
      onSlid: () => picture.endSlide(),
    }, signal);
    window.addEventListener("keydown", (event) => {
      if (event.target instanceof Element && event.target.closest("input, textarea, [contenteditable], [role=dialog]")) return;
      if (this.isAt(event)) this.onShortcut(event);
      if (event.key !== "Escape") return;
      cancelDrawing();
      if (this.visibility.selection) this.select(null);
    }, { signal });
  }

  /**
   * Whether a key is meant for the map: the focus is in it, or the pointer is over it.
   *
   * @param {KeyboardEvent} event
   */
  isAt(event) {
    return this.root.contains(/** @type {Node | null} */ (event.target)) || this.root.matches(":hover");
  }

  /** @param {KeyboardEvent} event */
  onShortcut({ key, ctrlKey, metaKey, altKey }) {
    if (ctrlKey || metaKey || altKey) return;
    if (key.toLowerCase() === HOME_KEY) this.picture.goHome();
    if (key.toLowerCase() === ALL_KEY) this.picture.goToAll();
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
    if (before && before.cleared !== data.cleared && this.visibility.selection) this.select(null);
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
    const { data } = component, { picture } = this;
    picture.named = data.names;
    const dark = isDark(getComputedStyle(this.root).getPropertyValue("--st-background-color").trim(), data.dark);
    const wanted = JSON.stringify([data.map, data.column, data.mask, dark]);
    if (this.painted !== wanted) {
      this.painted = wanted;
      picture.scene = new Scene(loaded, data, dark, picture.scene);
      this.visibility.values = loaded.values;
      this.visibility.passes = decodeMask(data.mask, data.n);
      this.layout.setDark(dark);
      this.layout.describe(data);
      const webgl = !this.noWebGL && hasWebGL();
      if (!webgl && data.n > MAX_SVG) {
        return this.fail(`This browser has no WebGL, and a map of ${format(data.n)} points needs it: turn on hardware acceleration in the browser's settings, or open the map in another browser.`);
      }
      picture.start(loaded.library, webgl, () => {
        this.noWebGL = true;
        this.fail("");
        this.update(this.component ?? component);
      });
      this.drawLegend();
      await picture.draw();
    }
    picture.drawing.setRings(data.highlight, data.opened);
    picture.drawing.setLines(data.opened, data.lines);
    if (data.opened !== null && data.opened !== this.opened) picture.reveal(data.opened);
    this.opened = data.opened;
    picture.overlay();
  }

  /** @param {Composition} drawn */
  onDrawn(drawn) {
    counters.position = (row) => this.picture.positionOf(row);
    counters.marks = () => [...(drawn.marks?.rows ?? [])].map((row) => [row, this.picture.countOf(row)]);
    this.layout.say("");
    this.layout.toolbar.hidden = false;
    this.writeNote(drawn);
  }

  /** @param {Composition} drawn */
  writeNote(drawn) {
    writeNote(this.layout.note, drawn, this.visibility.countSelected(), () => this.select(null), this.problem);
  }

  /**
   * Show each group of near-duplicates as one mark, or all of their points again.
   *
   * @param {boolean} wanted
   */
  async collapse(wanted) {
    const { component, picture: { scene } } = this;
    if (!component || !scene) return;
    const { map, n } = component.data;
    this.layout.setBusy(true);
    this.problem = wanted ? "Reading the near-duplicates …" : "";
    if (this.picture.drawn) this.writeNote(this.picture.drawn);
    try {
      const found = wanted ? await repeats(map, n) : null;
      if (map !== this.component?.data.map) return;
      this.visibility.repeats = found;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      this.problem = error.message;
    }
    pressCollapse(this.layout.toolbar, Boolean(this.visibility.repeats));
    this.visibility.select(scene.points, this.visibility.selection);
    this.showAnew();
  }

  drawLegend() {
    if (!this.picture.scene) return;
    const { column, missing, dark } = this.picture.scene, { filtered, hidden } = this.visibility;
    drawLegend(this.layout.legend, {
      column, missingColor: missing, dark, hidden, filtered,
      counts: filtered && column.kind === "category" ? this.visibility.counts() : new Map(),
      onToggle: (code) => { this.visibility.toggle(code); this.showAnew(); },
      onIsolate: (code) => { this.visibility.isolate(code, column); this.showAnew(); },
    });
  }

  /** @param {Selection | null} selection */
  select(selection) {
    if (!this.picture.scene) return;
    this.visibility.select(this.picture.scene.points, selection);
    this.showAnew();
  }

  /** After the reader hid, showed or selected something. */
  showAnew() {
    this.drawLegend();
    this.picture.drawSoon();
    this.messages.sendState();
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.layout.stage.dataset.mode = mode;
    pressMode(this.layout.toolbar, mode);
  }

  /**
   * @param {PointerEvent} event
   * @param {Place} at
   */
  onHover(event, at) {
    const row = this.picture.find(at), { scene } = this.picture;
    this.layout.stage.classList.toggle("em-on-point", row !== null);
    if (row === null || !scene || !this.component) return this.tooltip.hide();
    const answer = answerOf(scene.column, this.visibility.values[row]);
    this.tooltip.show(this.component.data.map, row, event.clientX, event.clientY, scene.labelColor(row), answer, this.picture.countOf(row));
  }

  onLeave() {
    this.layout.stage.classList.remove("em-on-point");
    this.tooltip.hide();
  }

  /** @param {Place} at */
  onClick(at) {
    const row = this.picture.find(at);
    if (row !== null) this.messages.sendClick(row);
  }

  /**
   * A sentence in the place of the points.
   *
   * @param {string} sentence
   */
  fail(sentence) {
    this.painted = null;
    this.picture.clear();
    this.layout.legend.replaceChildren();
    this.layout.note.hidden = this.layout.toolbar.hidden = true;
    this.layout.say(sentence);
  }

  /** Another map took this one's place. */
  reset() {
    this.visibility.clear();
    this.problem = "";
    pressCollapse(this.layout.toolbar, false);
    this.opened = null;
    this.picture.reset();
    this.fail("Loading the map …");
    this.messages.sendState();
  }

  destroy() {
    this.stop.abort();
    this.version += 1;
    this.messages.stop();
    this.tooltip.hide();
    this.picture.destroy();
  }
}

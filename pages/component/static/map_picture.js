// @ts-check
// The picture: the points as plotly draws them, the names and rings over them, and the view that the reader moved to.

/** @import { Body, Composition, Frame, Place, PlotlyLibrary, Rect, Row, Slide, View } from "../map_types.d.ts" */
/** @import { Layout } from "./map_layout.js" */
/** @import { Scene } from "./map_scene.js" */
/** @import { Visibility } from "./map_visibility.js" */

import { Borders, tellsOutside } from "./map_borders.js";
import { DensityCanvas } from "./map_density_canvas.js";
import { outsideOf, viewOf } from "./map_islands.js";
import { MarkCanvas } from "./map_marks.js";
import { Drawing, Names } from "./map_overlay.js";
import { Plot } from "./map_plot.js";
import { frameOf, rowAt, sameView, viewAround } from "./map_points.js";

const SETTLED = 250; // ms without a move after which the view is drawn anew
const RESIZED = 60; // ms without another size

export class Picture {
  /**
   * @param {Layout} layout
   * @param {Visibility} visibility
   * @param {object} heard
   * @param {(drawn: Composition) => void} heard.onDrawn
   * @param {() => void} heard.onMoved by the reader
   */
  constructor(layout, visibility, { onDrawn, onMoved }) {
    this.layout = layout;
    this.visibility = visibility;
    this.onDrawn = onDrawn;
    this.onMoved = onMoved;
    this.names = new Names(layout.names);
    this.drawing = new Drawing(layout.svg);
    this.density = new DensityCanvas(layout.density);
    this.marks = new MarkCanvas(layout.marks);
    this.borders = new Borders(layout.borders, ({ box }) => this.goTo(viewOf(box, layout.stage.clientWidth, layout.stage.clientHeight)));
    /** @type {Plot | null} */
    this.plot = null;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Composition | null} the latest drawing */
    this.drawn = null;
    /** @type {Uint32Array[]} rows that hover and click find */
    this.answering = [];
    /** @type {Body | null} */
    this.body = null;
    /** @type {ReturnType<Scene["islandsShown"]>} those outside the first view */
    this.islands = [];
    this.moved = false; // whether the reader moved the map
    this.named = true; // whether cluster names stand on it
    /** @type {Slide | null} what fingers did to it last */
    this.slid = null;
    this.redrawing = 0;
    /** @type {number | undefined} */
    this.resampling = undefined;
    /** @type {number | undefined} */
    this.resized = undefined;
    this.resizing = new ResizeObserver(() => this.onResize());
    this.resizing.observe(layout.stage);
  }

  /** The first view: the main body of the points. */
  get home() {
    return this.body?.home ?? null;
  }

  /** The part that the reader moved to; null where it is the first view. */
  get view() {
    return this.moved && this.plot ? this.plot.view : null;
  }

  /** From data units to pixels of the stage and back; null while nothing is drawn. */
  frame() {
    return this.plot?.frame() ?? null;
  }

  /**
   * @param {PlotlyLibrary} library
   * @param {boolean} webgl
   * @param {() => void} onNoWebGL
   */
  start(library, webgl, onNoWebGL) {
    this.plot ??= new Plot(library, this.layout.plot, { webgl, onMove: () => this.overlay(), onMoved: () => this.onRelayout(), onNoWebGL });
  }

  /** The points, again: in the scene's colours, with the filter, the selection and the legend as they are now. */
  async draw() {
    const { clientWidth: width, clientHeight: height } = this.layout.stage;
    if (!this.plot || !this.scene || !width || !height) return;
    this.body = this.scene.body(width, height);
    const drawn = this.scene.compose(this.view ?? this.body.home, width, height, this.visibility);
    this.drawn = drawn;
    this.islands = this.scene.islandsShown(this.body.outside, this.visibility);
    this.density.show(drawn);
    this.marks.show(drawn);
    this.density.place(this.frame() ?? frameOf(drawn.view, width, height));
    this.answering = this.visibility.answering(drawn);
    this.layout.setBusy(true);
    await this.plot.draw(drawn);
    this.layout.setBusy(false);
    this.onDrawn(drawn);
    this.overlay();
  }

  drawSoon() {
    cancelAnimationFrame(this.redrawing);
    this.redrawing = requestAnimationFrame(() => this.draw());
  }

  /** What lies over the points, where they stand now. */
  overlay() {
    const frame = this.frame();
    if (!frame || !this.scene || !this.home) return;
    this.drawing.place(this.scene.points, frame);
    this.density.place(frame);
    const view = this.plot?.view, corners = this.layout.corners();
    const buttons = this.borders.draw(view && tellsOutside(view, this.home) ? outsideOf(this.islands, view) : [], frame, corners);
    this.marks.place(frame, this.nameClusters(frame, this.home, [...corners, ...buttons]));
  }

  /**
   * @param {Frame} frame
   * @param {View} home
   * @param {Rect[]} obstacles
   * @returns {Rect[]} where nothing more may stand
   */
  nameClusters(frame, home, obstacles) {
    if (!this.scene || !this.named) {
      this.names.clear();
      return obstacles;
    }
    const zoom = (home.x[1] - home.x[0]) / (frame.x(frame.width) - frame.x(0));
    const { layer, clusters } = this.scene.namesAt(zoom);
    return this.names.draw(clusters, layer, frame, obstacles);
  }

  /** @param {number} factor of the view's width: below 1 comes nearer */
  zoom(factor) {
    this.plot?.zoom(factor);
  }

  /** @param {View} view */
  goTo(view) {
    if (this.plot?.view) this.plot.goTo(view);
  }

  goHome() {
    if (this.body) this.goTo(this.body.home);
  }

  /**
   * Fingers move the picture as it is; nothing is drawn before they leave it.
   *
   * @param {Slide} slide
   */
  slide(slide) {
    this.slid = slide;
    this.layout.stage.style.transform = `translate(${slide.x}px, ${slide.y}px) scale(${slide.scale})`;
  }

  /** The fingers have left: the view is what they moved into the stage. */
  async endSlide() {
    const frame = this.frame(), { slid } = this;
    if (frame && slid) {
      /** @type {(px: number) => number} */
      const x = (px) => frame.x((px - slid.x) / slid.scale), y = (/** @type {number} */ py) => frame.y((py - slid.y) / slid.scale);
      await this.plot?.goTo({ x: [x(0), x(frame.width)], y: [y(frame.height), y(0)] });
    }
    if (this.slid === slid) this.layout.stage.style.transform = "";
  }

  /** Everything, the islands too. */
  goToAll() {
    if (this.body) this.goTo(this.body.all);
  }

  /**
   * Bring a row into the view without changing the zoom.
   *
   * @param {Row} row
   */
  reveal(row) {
    if (!this.plot?.view || !this.scene) return;
    const view = viewAround(this.scene.points, row, this.plot.view);
    if (view) this.plot.goTo(view);
  }

  /**
   * The row below a place, or null.
   *
   * @param {Place} at
   */
  find(at) {
    const frame = this.frame();
    return frame && this.drawn ? rowAt(this.drawn.points, this.answering, frame, at, this.drawn.size) : null;
  }

  /**
   * How many near-duplicates a drawn row stands for; 1 where it stands for itself.
   *
   * @param {Row} row
   */
  countOf(row) {
    return this.drawn?.marks?.count[row] || 1;
  }

  /**
   * Where a row's point stands in the window.
   *
   * @param {Row} row
   */
  positionOf(row) {
    const box = this.layout.stage.getBoundingClientRect(), frame = this.frame(), points = this.scene?.points;
    return frame && points ? { x: box.left + frame.px(points.x[row]), y: box.top + frame.py(points.y[row]) } : null;
  }

  onRelayout() {
    const view = this.plot?.view;
    if (!view || !this.home) return;
    this.moved = !sameView(view, this.home);
    this.overlay();
    clearTimeout(this.resampling);
    this.resampling = setTimeout(() => this.onSettled(), SETTLED);
    this.onMoved();
  }

  onSettled() {
    const view = this.plot?.view;
    if (view && this.drawn && this.scene?.changesIn(view, this.drawn, this.visibility)) this.drawSoon();
  }

  onResize() {
    clearTimeout(this.resized);
    const { stage } = this.layout, { width, height } = this.drawn ?? {};
    if (stage.clientWidth === width && stage.clientHeight === height) return;
    this.resized = setTimeout(() => this.draw(), RESIZED);
  }

  /** Nothing is drawn any more; the view stays. */
  clear() {
    this.plot?.destroy();
    this.plot = null;
    this.names.clear();
    this.density.clear();
    this.marks.clear();
    this.borders.clear();
    this.drawing.setRings([], null);
    this.drawing.setLines(null, null);
  }

  /** Another map takes this one's place. */
  reset() {
    this.answering = [];
    this.moved = false;
    this.clear();
  }

  destroy() {
    clearTimeout(this.resampling);
    clearTimeout(this.resized);
    cancelAnimationFrame(this.redrawing);
    this.resizing.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }
}

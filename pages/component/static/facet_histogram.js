// @ts-check
// The numbers or dates of a column as a histogram: all rows in grey, those that pass in colour, and a brush over them.
/** @import { Choice, Histogram as Chart, Tell } from "../facet_types.d.ts" */
/** @import { Range } from "../map_types.d.ts" */

import { barsPath, binOf, brushBetween, fractionOf, moved, nudged, stepOf, valueAt, valueText } from "./facet_brush.js";
import { element, format, svgElement } from "./map_elements.js";

const CLICK = 4; // px: what moves less is a click
const TELL_AFTER = 350; // ms without a key

export class Histogram {
  /**
   * @param {string} column
   * @param {Tell} tell
   */
  constructor(column, tell) {
    this.column = column;
    this.tell = tell;
    this.root = element("div", "ef-numbers");
    this.field = element("div", "ef-field");
    const picture = svgElement("svg", "ef-picture");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    this.picture = picture;
    this.all = svgElement("path", "ef-all");
    this.part = svgElement("path", "ef-part");
    picture.append(this.all, this.part);
    this.before = element("div", "ef-veil");
    this.after = element("div", "ef-veil ef-veil-after");
    this.handles = [this.makeHandle(0), this.makeHandle(1)];
    this.field.append(picture, this.before, this.after, ...this.handles);
    this.low = element("span", "ef-end");
    this.told = element("span", "ef-range");
    this.high = element("span", "ef-end");
    const axis = element("div", "ef-axis");
    axis.append(this.low, this.told, this.high);
    this.none = element("button", "ef-without");
    this.none.type = "button";
    this.none.addEventListener("click", () => this.toggleMissing());
    this.root.append(this.field, axis, this.none);
    /** @type {Chart | null} */
    this.chart = null;
    /** @type {Range | null} as it is drawn; the reader may be moving it */
    this.brush = null;
    this.step = 0;
    this.moving = false;
    /** @type {number | undefined} */
    this.telling = undefined;
    this.listen();
  }

  /** @param {0 | 1} end */
  makeHandle(end) {
    const handle = element("div", "ef-handle");
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.dataset.end = end ? "high" : "low";
    handle.addEventListener("keydown", (event) => this.onKey(event, end));
    handle.addEventListener("blur", () => this.tellNow());
    return handle;
  }

  listen() {
    const { field } = this;
    field.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.chart) return;
      const { edges } = this.chart, start = this.fraction(event), before = this.brush, step = this.step;
      const target = /** @type {HTMLElement} */ (event.target);
      const end = target === this.handles[0] ? 0 : target === this.handles[1] ? 1 : null;
      const within = before !== null && start > fractionOf(before[0], edges) && start < fractionOf(before[1], edges);
      // The end that is not held stays where it is; without a brush it is the chart's own.
      const held = end === null ? start : end ? (before ? fractionOf(before[0], edges) : 0) : (before ? fractionOf(before[1], edges) : 1);
      let far = false;
      if (end === null) event.preventDefault();
      field.setPointerCapture(event.pointerId);
      this.moving = true;
      const stop = new AbortController();
      field.addEventListener("pointermove", (now) => {
        far ||= Math.abs(now.clientX - event.clientX) >= CLICK;
        if (!far) return;
        const at = this.fraction(now);
        this.show(end === null && within ? moved(before, at - start, edges, step) : brushBetween(held, at, edges, step));
      }, { signal: stop.signal });
      const done = () => {
        stop.abort();
        this.moving = false;
      };
      field.addEventListener("pointerup", () => {
        done();
        if (far) this.tellBrush();
        else if (end === null && !within) this.pick(start);
      }, { signal: stop.signal });
      field.addEventListener("pointercancel", () => {
        done();
        this.show(before);
      }, { signal: stop.signal });
    });
    field.addEventListener("dblclick", () => {
      this.show(null);
      this.tellBrush();
    });
    field.addEventListener("pointermove", (event) => {
      if (!this.moving) this.point(event);
    });
    field.addEventListener("pointerleave", () => this.write());
  }

  /** @param {Chart} chart */
  update(chart) {
    this.chart = chart;
    const bins = chart.totals.length, most = Math.max(1, ...chart.totals);
    this.step = chart.isDate ? 0 : stepOf(chart.edges, chart.isInteger);
    this.picture.setAttribute("viewBox", `0 0 ${bins} 100`);
    this.all.setAttribute("d", barsPath(chart.totals, most));
    this.part.setAttribute("d", barsPath(chart.passing, most));
    this.low.textContent = this.text(chart.edges[0]);
    this.high.textContent = this.text(chart.edges[bins]);
    const { missing } = chart;
    this.none.hidden = !missing;
    if (missing) {
      this.none.textContent = `${format(missing.passing)} missing`;
      this.none.setAttribute("aria-pressed", String(missing.chosen === 1));
      this.none.classList.toggle("ef-excluded", missing.chosen === -1);
      this.none.title = missing.chosen ? "Click to let go of them." : "Click to choose the rows without a value.";
    }
    for (const [end, handle] of this.handles.entries()) {
      handle.setAttribute("aria-label", `${chart.title}, ${end ? "upper" : "lower"} end`);
      handle.setAttribute("aria-valuemin", String(chart.edges[0]));
      handle.setAttribute("aria-valuemax", String(chart.edges[bins]));
    }
    if (!this.moving && this.telling === undefined) this.show(chart.brush);
  }

  /** @param {Range | null} brush */
  show(brush) {
    const { chart } = this;
    if (!chart) return;
    this.brush = brush;
    const { edges } = chart, [low, high] = brush ?? [edges[0], edges[edges.length - 1]];
    const from = fractionOf(low, edges), to = fractionOf(high, edges);
    this.before.style.width = `${100 * from}%`;
    this.after.style.width = `${100 * (1 - to)}%`;
    this.handles[0].style.left = `${100 * from}%`;
    this.handles[1].style.left = `${100 * to}%`;
    this.field.classList.toggle("ef-brushed", brush !== null);
    for (const [end, handle] of this.handles.entries()) {
      handle.setAttribute("aria-valuenow", String(end ? high : low));
      handle.setAttribute("aria-valuetext", `${end ? "to" : "from"} ${this.text(end ? high : low)}`);
    }
    this.write();
  }

  write() {
    this.told.textContent = this.brush ? `${this.text(this.brush[0])} – ${this.text(this.brush[1])}` : "";
  }

  /**
   * What lies below the pointer.
   *
   * @param {PointerEvent} event
   */
  point(event) {
    const { chart } = this;
    if (!chart) return;
    const bin = binOf(valueAt(this.fraction(event), chart.edges), chart.edges);
    const ends = `${this.text(chart.edges[bin])} – ${this.text(chart.edges[bin + 1])}`;
    this.told.textContent = `${ends}: ${format(chart.passing[bin])} of ${format(chart.totals[bin])}`;
  }

  /**
   * A click: the bin below it; beside a brush, nothing more.
   *
   * @param {number} at a fraction of the width
   */
  pick(at) {
    const { chart } = this;
    if (!chart) return;
    if (this.brush) this.show(null);
    else {
      const { edges } = chart, bin = binOf(valueAt(at, edges), edges), bins = edges.length - 1;
      this.show(brushBetween(bin / bins, (bin + 1) / bins, edges, 0));
    }
    this.tellBrush();
  }

  /**
   * @param {KeyboardEvent} event
   * @param {0 | 1} end
   */
  onKey(event, end) {
    const { chart } = this;
    if (!chart) return;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 }[event.key];
    if (steps !== undefined) this.show(nudged(this.brush, end, event.shiftKey ? 10 * steps : steps, chart.edges, this.step));
    else if ((event.key === "Delete" || event.key === "Backspace" || event.key === "Escape") && this.brush) this.show(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tellNow(), TELL_AFTER);
  }

  /** What the keys changed and Python was not told of yet. */
  tellNow() {
    if (this.telling === undefined) return;
    clearTimeout(this.telling);
    this.telling = undefined;
    this.tellBrush();
  }

  tellBrush() {
    const missing = this.chart?.missing?.chosen === 1 ? 1 : 0;
    this.tell({ column: this.column, op: "range", range: this.brush, missing });
  }

  toggleMissing() {
    /** @type {Choice} */
    const missing = this.chart?.missing?.chosen ? 0 : 1;
    this.tell({ column: this.column, op: "range", range: this.brush, missing });
  }

  /** @param {PointerEvent} event */
  fraction(event) {
    const { left, width } = this.field.getBoundingClientRect();
    return width ? Math.min(1, Math.max(0, (event.clientX - left) / width)) : 0;
  }

  /** @param {number} value */
  text(value) {
    return this.chart ? valueText(value, this.chart.edges, this.chart) : "";
  }
}

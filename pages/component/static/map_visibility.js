// @ts-check
// Which rows the reader sees: what passes the page's filters, what the legend hides, and what is selected on the map.
/** @import { Chosen, Code, Column, Points, Row, Selection, Values } from "../map_types.d.ts" */

import { MISSING, insideSelection } from "./map_points.js";
import { findMarks, wholeGroups } from "./map_repeats.js";

export class Visibility {
  constructor() {
    /** @type {Uint8Array | null} 1 for a row that passes the filters; null: all do */
    this.passes = null;
    /** @type {Set<Code>} */
    this.hidden = new Set();
    /** @type {Selection | null} as Python is told */
    this.selection = null;
    /** @type {Uint8Array | null} 1 for a row inside the selection; null: nothing is selected */
    this.selected = null;
    /** @type {Uint32Array | null} the first row of each row's group of near-duplicates, where groups are collapsed to one mark each */
    this.repeats = null;
    /** @type {Values} of the colouring */
    this.values = new Uint16Array();
  }

  get filtered() {
    return Boolean(this.passes || this.selected);
  }

  /**
   * @param {Points} points
   * @param {Selection | null} selection
   */
  select(points, selection) {
    this.selection = selection;
    this.selected = selection && insideSelection(points, selection);
    if (this.selected && this.repeats) this.selected = wholeGroups(this.repeats, this.selected);
  }

  /** The rows that stand for their groups; null where nothing is collapsed. */
  marks() {
    return this.repeats && findMarks(this.repeats, this);
  }

  /** @param {Code} code */
  toggle(code) {
    const codes = new Set(this.hidden);
    if (!codes.delete(code)) codes.add(code);
    this.hidden = codes;
  }

  /**
   * Show a category alone; where it is alone already, all of them.
   *
   * @param {Code} code
   * @param {Pick<Column, "categories" | "more" | "missing">} column
   */
  isolate(code, { categories, more, missing }) {
    const known = categories.length + more - (missing ? 1 : 0);
    const others = [...Array(known).keys(), ...(missing ? [MISSING] : [])].filter((c) => c !== code);
    const alone = !this.hidden.has(code) && others.every((c) => this.hidden.has(c));
    this.hidden = new Set(alone ? [] : others);
  }

  /** Rows of each category among those that pass and are selected, whether hidden or not. */
  counts() {
    /** @type {Map<Code, number>} */
    const counts = new Map();
    for (let i = 0; i < this.values.length; i++) {
      if (this.keeps(i)) counts.set(this.values[i], (counts.get(this.values[i]) ?? 0) + 1);
    }
    return counts;
  }

  /** Selected rows that pass and whose category is not hidden; null where nothing is selected. */
  countSelected() {
    if (!this.selected) return null;
    let count = 0;
    for (let i = 0; i < this.selected.length; i++) count += this.keeps(i) && !this.hidden.has(this.values[i]) ? 1 : 0;
    return count;
  }

  /** @param {Row} row */
  keeps(row) {
    return (!this.passes || this.passes[row]) && (!this.selected || this.selected[row]);
  }

  /**
   * The rows that hover and click find, in lists to be searched one after the other: what is selected first, then what passes.
   *
   * @param {Pick<Chosen, "front" | "back">} chosen
   */
  answering({ front, back }) {
    const { passes } = this;
    return this.selected ? [front, passes ? back.filter((row) => passes[row]) : back] : [front];
  }

  clear() {
    this.hidden = new Set();
    this.selection = this.selected = this.repeats = null;
  }
}

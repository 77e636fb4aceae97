// Which rows the reader sees: what passes the page's filters, what the legend hides, and what is selected on the map.

import { MISSING, insideSelection } from "./map_points.js";

export class Visibility {
  constructor() {
    this.passes = null; // 1 for a row that passes the filters; null: all do
    this.hidden = new Set(); // codes of categories
    this.selection = null; // the lasso or box in data units, as Python is told
    this.selected = null; // 1 for a row inside it; null: nothing is selected
    this.values = []; // of the colouring, one a row
  }

  get filtered() {
    return Boolean(this.passes || this.selected);
  }

  select(points, selection) {
    this.selection = selection;
    this.selected = selection && insideSelection(points, selection);
  }

  toggle(code) {
    const codes = new Set(this.hidden);
    if (!codes.delete(code)) codes.add(code);
    this.hidden = codes;
  }

  // A category alone; where it is alone already, all of them
  isolate(code, { categories, more, missing }) {
    const known = categories.length + more - (missing ? 1 : 0);
    const others = [...Array(known).keys(), ...(missing ? [MISSING] : [])].filter((c) => c !== code);
    const alone = !this.hidden.has(code) && others.every((c) => this.hidden.has(c));
    this.hidden = new Set(alone ? [] : others);
  }

  // Rows of each category among those that pass and are selected, whether hidden or not
  counts() {
    const counts = new Map();
    for (let i = 0; i < this.values.length; i++) {
      if (this.keeps(i)) counts.set(this.values[i], (counts.get(this.values[i]) ?? 0) + 1);
    }
    return counts;
  }

  // Selected rows that pass and whose category is not hidden
  countSelected() {
    let count = 0;
    for (let i = 0; i < this.selected.length; i++) count += this.keeps(i) && !this.hidden.has(this.values[i]) ? 1 : 0;
    return count;
  }

  keeps(row) {
    return (!this.passes || this.passes[row]) && (!this.selected || this.selected[row]);
  }

  // The rows that hover and click find, in lists to be searched one after the other: what is selected first, then what passes
  answering({ front, back }) {
    return this.selected ? [front, back.filter((row) => !this.passes || this.passes[row])] : [front];
  }

  clear() {
    this.hidden = new Set();
    this.selection = this.selected = null;
  }
}

// @ts-check
// The names of a column as bars: all rows in grey, those that pass in colour. A click chooses a name, one with Shift excludes it.
/** @import { BarChart, BarValue, Choice, Tell } from "../facet_types.d.ts" */

import { element, format } from "./map_elements.js";

const SHOWN = 8; // before the reader asks for more
const SEARCH_AFTER = 300; // ms without a key

/** @typedef {{ row: HTMLElement, bar: HTMLButtonElement, exclude: HTMLButtonElement, label: HTMLElement, all: HTMLElement, part: HTMLElement, count: HTMLElement, choice: Choice }} Row */

const NONE = -1; // the missing values' place among the rows

export class Bars {
  /**
   * @param {string} column
   * @param {Tell} tell
   */
  constructor(column, tell) {
    this.column = column;
    this.tell = tell;
    this.root = element("div", "ef-bars");
    this.search = element("input", "ef-search");
    this.search.type = "search";
    this.list = element("div", "ef-list");
    this.list.setAttribute("role", "group");
    this.unfold = element("button", "ef-more");
    this.unfold.type = "button";
    this.root.append(this.search, this.list, this.unfold);
    /** @type {Map<BarValue, Row>} */
    this.rows = new Map();
    this.whole = false; // whether all names stand there
    /** @type {BarChart | null} */
    this.chart = null;
    /** @type {number | undefined} */
    this.asking = undefined;
    this.unfold.addEventListener("click", () => {
      this.whole = !this.whole;
      if (!this.whole) this.stopSearching();
      this.draw();
      if (this.whole && !this.search.hidden) this.search.focus({ preventScroll: true });
    });
    this.search.addEventListener("input", () => this.onSearch());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.search.value) {
        event.stopPropagation();
        this.stopSearching();
        this.draw();
      }
    });
  }

  /** @param {BarChart} chart */
  update(chart) {
    const before = this.chart;
    this.chart = chart;
    this.search.setAttribute("aria-label", `Search ${chart.title}`);
    this.search.placeholder = "Search";
    this.list.setAttribute("aria-label", chart.title);
    if (!before && chart.query) {
      this.whole = true;
      this.search.value = chart.query;
    }
    this.draw();
  }

  draw() {
    const { chart } = this;
    if (!chart) return;
    const words = this.search.value.trim().toLowerCase();
    const found = chart.bars.filter(([name, , , , chosen], place) => (
      words ? name.toLowerCase().includes(words) : this.whole || place < SHOWN || chosen
    ));
    const most = Math.max(1, ...chart.bars.map(([, total]) => total)); // not of the missing ones, beside which names could vanish
    const decided = chart.bars.some(([, , , , chosen]) => chosen === 1) || chart.missing?.chosen === 1;
    const rows = found.map(([name, total, passing, value, chosen]) => (
      this.drawRow({ name, total, passing, value, chosen, most, decided, color: chart.colors?.[chart.bars.findIndex((bar) => bar[3] === value)] })
    ));
    if (chart.missing && !words) {
      const { total, passing, chosen } = chart.missing;
      rows.push(this.drawRow({ name: "missing", total, passing, value: NONE, chosen, most, decided, missing: true }));
    }
    const kept = new Set(rows);
    for (const [value, { row }] of this.rows) if (!kept.has(row)) this.rows.delete(value);
    if (words && !found.length) rows.push(element("div", "ef-none", chart.more && chart.query !== this.search.value.trim() ? "Searching …" : "No such name."));
    arrange(this.list, rows);
    const beyond = chart.bars.length - SHOWN + chart.more;
    this.search.hidden = !this.whole;
    this.list.classList.toggle("ef-long", this.whole);
    this.unfold.hidden = beyond <= 0;
    this.unfold.textContent = this.whole ? "Show fewer" : `${format(beyond)} more`;
    this.unfold.setAttribute("aria-expanded", String(this.whole));
    this.unfold.setAttribute("aria-label", this.whole ? `Show fewer of ${chart.title}` : `${format(beyond)} more of ${chart.title}`);
  }

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {number} options.total
   * @param {number} options.passing
   * @param {BarValue} options.value
   * @param {Choice} options.chosen
   * @param {number} options.most the count that fills the width
   * @param {boolean} options.decided whether another name than this may be the chosen one
   * @param {string} [options.color]
   * @param {boolean} [options.missing]
   */
  drawRow({ name, total, passing, value, chosen, most, decided, color, missing = false }) {
    const row = this.rows.get(value) ?? this.makeRow(value);
    row.choice = chosen;
    const shown = name.trim() || "(empty)";
    if (row.label.textContent !== shown) row.label.textContent = shown;
    row.label.classList.toggle("ef-missing", missing);
    row.all.style.width = `${Math.min(100, (100 * total) / most)}%`;
    row.part.style.width = `${Math.min(100, Math.max(passing ? 1 : 0, (100 * passing) / most))}%`;
    row.row.classList.toggle("ef-cut", total > most);
    row.part.style.background = color ?? "";
    row.count.textContent = format(passing);
    row.row.classList.toggle("ef-faint", chosen === -1 || (decided && chosen === 0));
    row.row.classList.toggle("ef-chosen", chosen === 1);
    row.row.classList.toggle("ef-excluded", chosen === -1);
    row.bar.setAttribute("aria-pressed", String(chosen === 1));
    row.bar.setAttribute("aria-label", `${chosen === -1 ? "not " : ""}${shown}, ${format(passing)} of ${format(total)}`);
    row.bar.title = `${shown}: ${format(passing)} of ${format(total)}. ${chosen ? "Click to let go." : "Click to choose, with Shift to exclude."}`;
    row.exclude.setAttribute("aria-label", `${chosen === -1 ? "Let go of" : "Exclude"} ${shown}`);
    row.exclude.title = chosen === -1 ? "Let go" : "Is not";
    return row.row;
  }

  /**
   * @param {BarValue} value
   * @returns {Row}
   */
  makeRow(value) {
    const row = element("div", "ef-row"), bar = element("button", "ef-bar"), exclude = element("button", "ef-exclude", "≠");
    bar.type = exclude.type = "button";
    exclude.tabIndex = -1; // with the keyboard: Shift and Enter on the bar
    bar.dataset.value = String(value);
    const label = element("span", "ef-name"), count = element("span", "ef-count");
    const track = element("span", "ef-track"), all = element("span", "ef-all"), part = element("span", "ef-part");
    track.append(all, part);
    bar.append(label, count, track);
    row.append(bar, exclude);
    /** @type {Row} */
    const made = { row, bar, exclude, label, all, part, count, choice: 0 };
    bar.addEventListener("click", (event) => this.choose(value, event.shiftKey || event.altKey ? -1 : 1));
    exclude.addEventListener("click", () => this.choose(value, -1));
    this.rows.set(value, made);
    return made;
  }

  /**
   * @param {BarValue} value
   * @param {1 | -1} choice
   */
  choose(value, choice) {
    if (this.chart) this.tell(chosenWith(this.chart, value, choice));
  }

  onSearch() {
    this.draw();
    clearTimeout(this.asking);
    if (!this.chart?.more && !this.chart?.query) return;
    this.asking = setTimeout(() => this.tell({ column: this.column, op: "search", text: this.search.value.trim() }), SEARCH_AFTER);
  }

  stopSearching() {
    clearTimeout(this.asking);
    this.search.value = "";
    if (this.chart?.query) this.tell({ column: this.column, op: "search", text: "" });
  }
}

/**
 * What the column is asked for once a name is clicked. Several chosen names are one or the other; names are chosen or excluded,
 * never both, as "A, or not B" is no question that a person asks.
 *
 * @param {BarChart} chart
 * @param {BarValue} value NONE for the missing values
 * @param {1 | -1} choice
 * @returns {Extract<import("../facet_types.d.ts").Intent, { op: "values" }>}
 */
export function chosenWith(chart, value, choice) {
  /** @type {Map<BarValue, Choice>} */
  const choices = new Map(chart.bars.filter((bar) => bar[4]).map((bar) => [bar[3], bar[4]]));
  if (chart.missing?.chosen) choices.set(NONE, chart.missing.chosen);
  const before = choices.get(value) ?? 0;
  if (before && (before === choice || choice === 1)) choices.delete(value);
  else {
    // "Has a value" is asked alone: beside names that are excluded it would let everything pass.
    if (choice === -1 && (value === NONE || choices.has(NONE))) choices.clear();
    for (const [other, kept] of choices) if (kept !== choice) choices.delete(other);
    choices.set(value, choice);
  }
  const missing = choices.get(NONE) ?? 0;
  choices.delete(NONE);
  /** @type {(wanted: Choice) => BarValue[]} */
  const values = (wanted) => [...choices].filter(([, one]) => one === wanted).map(([one]) => one);
  return { column: chart.key, op: "values", chosen: values(1), excluded: values(-1), missing };
}

/**
 * The children of a list, moved only where they stand elsewhere: what has the focus keeps it.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement[]} rows
 */
export function arrange(list, rows) {
  const kept = new Set(rows);
  for (const child of [...list.children]) if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove();
  rows.forEach((row, at) => {
    if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
  });
}

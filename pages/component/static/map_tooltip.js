// @ts-check
// The tooltip of the point below the pointer. Data goes in as textContent only.
/** @import { Column, Hover, Place, Row } from "../map_types.d.ts" */

import { element, format } from "./map_elements.js";
import { FetchError, hover } from "./map_store.js";

const WAIT = 40; // ms on a point before its text is asked for
const GAP = 14; // px between the pointer and the tooltip

export class Tooltip {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    /** @type {Row | null} */
    this.row = null;
    /** @type {Place} of the pointer, in pixels of the window */
    this.at = [0, 0];
    /** @type {AbortController | undefined} */
    this.request = undefined;
    /** @type {number | undefined} */
    this.timer = undefined;
  }

  /**
   * @param {string} base the map's address
   * @param {Row} row
   * @param {number} x
   * @param {number} y
   * @param {string | null} color of the label's swatch
   * @param {string | null} answer what a model answered
   * @param {number} [count] of the near-duplicates that it stands for, itself included
   */
  show(base, row, x, y, color, answer, count = 1) {
    this.at = [x, y];
    if (row === this.row) return this.place();
    this.hide();
    this.row = row;
    const { signal } = (this.request = new AbortController());
    this.timer = setTimeout(async () => {
      try {
        const found = await hover(base, row, signal);
        if (this.row === row) this.fill(found, color, answer, count);
      } catch (error) {
        if (this.row === row && error instanceof FetchError) this.say(error.message);
      }
    }, WAIT);
  }

  hide() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.row = null;
    this.box.hidden = true;
  }

  /**
   * @param {Hover} found
   * @param {string | null} color
   * @param {string | null} answer
   * @param {number} [count]
   */
  fill(found, color, answer, count = 1) {
    const facts = element("div", "em-facts");
    if (found.label !== null) {
      const label = element("span", "em-fact-label");
      if (color) {
        const swatch = element("span", "em-swatch");
        swatch.style.background = color;
        label.append(swatch);
      }
      label.append(element("strong", "", found.label));
      facts.append(label);
    }
    if (found.confidence !== null) facts.append(element("span", "em-confidence", confidence(found.confidence)));
    const lines = [element("div", "em-text", found.text)];
    if (facts.childElementCount) lines.push(facts);
    if (answer) lines.push(element("div", "em-facts em-answer", answer));
    if (count > 1) lines.push(element("div", "em-facts", `Stands for ${format(count)} near-duplicates, itself included`));
    const where = element("div", "em-where");
    for (const { title, name } of found.clusters) {
      if (name) where.append(element("span", "em-where-title", title), element("span", "", name));
    }
    where.append(element("span", "em-where-title", "Source"), element("span", "", `${found.dataset}, line ${found.line}`));
    lines.push(where);
    this.box.replaceChildren(...lines);
    this.box.hidden = false;
    this.place();
  }

  /** @param {string} sentence */
  say(sentence) {
    this.box.replaceChildren(element("div", "em-source", sentence));
    this.box.hidden = false;
    this.place();
  }

  place() {
    if (this.box.hidden) return;
    const [x, y] = this.at, { offsetWidth: w, offsetHeight: h } = this.box;
    const left = x + GAP + w > innerWidth - 4 ? x - GAP - w : x + GAP;
    const top = y + GAP + h > innerHeight - 4 ? y - GAP - h : y + GAP;
    this.box.style.left = `${Math.max(4, Math.min(left, innerWidth - w - 4))}px`;
    this.box.style.top = `${Math.max(4, Math.min(top, innerHeight - h - 4))}px`;
  }
}

/**
 * What a colouring that comes from model answers says of a row; null for the map's own colourings.
 *
 * @param {Column} column
 * @param {number} value
 */
export function answerOf(column, value) {
  if (!column.key.startsWith("answers.")) return null;
  if (column.kind === "number") return `${column.title}: ${Number.isNaN(value) ? "no value" : value.toFixed(2)}`;
  const known = column.categories.find(([, , code]) => code === value);
  return known ? `${column.title}: ${known[0]}` : null;
}

/** @param {number} value */
function confidence(value) {
  return value >= 0 && value <= 1 ? `${(100 * value).toFixed(1)} %` : String(Number(value.toPrecision(6)));
}

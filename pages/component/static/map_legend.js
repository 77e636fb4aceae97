// @ts-check
// The legend: an entry a category, each a button that hides or shows it; a scale for numbers.
/** @import { Code, Column } from "../map_types.d.ts" */

import { endsOf, numberColors } from "./map_colors.js";
import { element, format } from "./map_elements.js";
import { MISSING } from "./map_points.js";

/**
 * @param {HTMLElement} box
 * @param {object} options
 * @param {Column} options.column
 * @param {string} options.missingColor
 * @param {boolean} options.dark
 * @param {Set<Code>} options.hidden
 * @param {Map<Code, number>} options.counts of the rows that pass and are selected; read where `filtered`
 * @param {boolean} options.filtered
 * @param {(code: Code) => void} options.onToggle
 * @param {(code: Code) => void} options.onIsolate
 */
export function drawLegend(box, { column, missingColor, dark, hidden, counts, filtered, onToggle, onIsolate }) {
  const active = document.activeElement;
  const focused = active instanceof HTMLElement && box.contains(active) ? active.dataset.code : undefined;
  const scrolled = box.querySelector(".em-entries")?.scrollTop ?? 0;
  box.replaceChildren(element("div", "em-legend-title", column.title));
  if (column.kind === "number") {
    box.append(scale(column, dark));
    if (column.missing) box.append(plainEntry("missing", column.missing, missingColor));
    return;
  }
  const entries = element("div", "em-entries");
  for (const [place, [name, count, code]] of column.categories.entries()) {
    const isMissing = column.missing > 0 && code === MISSING;
    const shown = !hidden.has(code);
    const button = element("button", "em-entry");
    button.type = "button";
    button.dataset.code = String(code);
    button.setAttribute("aria-pressed", String(shown));
    const swatch = element("span", "em-swatch");
    swatch.style.background = isMissing ? missingColor : column.colors[place];
    const label = element("span", "em-entry-name", name.trim() || "(empty)");
    if (isMissing) label.classList.add("em-missing");
    const now = counts.get(code) ?? 0;
    const number = element("span", "em-count", format(filtered ? now : count));
    button.title = `${name}: ${filtered ? `${format(now)} of ${format(count)}` : format(count)}. Click to ${shown ? "hide" : "show"}, double click to show it alone.`;
    button.setAttribute("aria-label", `${name}, ${filtered ? `${format(now)} of ${format(count)}` : format(count)} examples`);
    button.append(swatch, label, number);
    button.addEventListener("click", (event) => (event.shiftKey ? onIsolate(code) : onToggle(code)));
    button.addEventListener("dblclick", () => onIsolate(code));
    entries.append(button);
  }
  if (column.more > 0) entries.append(element("div", "em-more", `… and ${format(column.more)} more`));
  box.append(entries);
  entries.scrollTop = scrolled;
  if (focused !== undefined) /** @type {HTMLElement | null} */ (box.querySelector(`[data-code="${focused}"]`))?.focus({ preventScroll: true });
}

/**
 * @param {string} name
 * @param {number} count
 * @param {string} color
 */
function plainEntry(name, count, color) {
  const row = element("div", "em-entry em-still");
  const swatch = element("span", "em-swatch");
  swatch.style.background = color;
  row.append(swatch, element("span", "em-entry-name em-missing", name), element("span", "em-count", format(count)));
  return row;
}

/**
 * @param {Column} column
 * @param {boolean} dark
 */
function scale(column, dark) {
  const box = element("div", "em-scale");
  const bar = element("div", "em-scale-bar");
  bar.style.background = `linear-gradient(to right, ${numberColors(dark, column.scale).filter((_, i) => i % 7 === 0).join(", ")})`;
  const ends = element("div", "em-scale-ends");
  const [low, high] = endsOf(column);
  ends.append(...[low, (low + high) / 2, high].map((v) => element("span", "", short(v, high - low))));
  box.append(bar, ends);
  return box;
}

/**
 * As many digits as tell values of this span apart.
 *
 * @param {number} value
 * @param {number} span
 */
export function short(value, span) {
  if (Math.abs(value) >= 1e6 || (span > 0 && span < 1e-3)) return value.toExponential(1);
  const digits = span >= 20 || span === 0 ? 0 : span >= 2 ? 1 : span >= 0.2 ? 2 : 4;
  return value.toLocaleString("en", { maximumFractionDigits: span === 0 ? 4 : digits }).replace(/^-0$/, "0");
}

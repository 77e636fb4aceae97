// @ts-check
// The arithmetic of a histogram and its brush. Every bin has the same width on the screen, whatever it spans.
/** @import { Range } from "../map_types.d.ts" */

const STEPS = 200; // a brush can stand at about so many places

/**
 * The step of a range that a person reads easily: 1, 2 or 5 times a power of ten.
 *
 * @param {number[]} edges
 * @param {boolean} [whole] whether values are whole numbers
 */
export function stepOf(edges, whole = false) {
  const raw = (edges[edges.length - 1] - edges[0]) / STEPS;
  if (!(raw > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * (1 - 1e-9)) ?? 10 * power;
  return whole ? Math.max(1, Math.round(step)) : step;
}

/**
 * A multiple of the step, inside the range; its ends stay what they are.
 *
 * @param {number} value
 * @param {number[]} edges
 * @param {number} step 0: the nearest edge, for dates, whose bins have names
 */
export function snap(value, edges, step) {
  const low = edges[0], high = edges[edges.length - 1];
  if (!step) return edges[nearest(value, edges)];
  if (value <= low + step / 2) return low;
  if (value >= high - step / 2) return high;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Number((Math.round(value / step) * step).toFixed(Math.min(digits, 20)));
}

/**
 * @param {number} value
 * @param {number[]} edges
 */
function nearest(value, edges) {
  const bin = binOf(value, edges);
  return value - edges[bin] < edges[bin + 1] - value ? bin : bin + 1;
}

/**
 * @param {number} fraction of the chart's width, 0 to 1
 * @param {number[]} edges
 */
export function valueAt(fraction, edges) {
  const bins = edges.length - 1, at = Math.min(1, Math.max(0, fraction)) * bins;
  const bin = Math.min(bins - 1, Math.floor(at));
  return edges[bin] + (at - bin) * (edges[bin + 1] - edges[bin]);
}

/**
 * Where a value stands: the other way round.
 *
 * @param {number} value
 * @param {number[]} edges
 */
export function fractionOf(value, edges) {
  const bins = edges.length - 1, bin = binOf(value, edges), span = edges[bin + 1] - edges[bin];
  const inside = span > 0 ? Math.min(1, Math.max(0, (value - edges[bin]) / span)) : 0;
  return (bin + inside) / bins;
}

/**
 * The bin of a value; the last one holds its upper edge too.
 *
 * @param {number} value
 * @param {number[]} edges
 */
export function binOf(value, edges) {
  let low = 0, high = edges.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (edges[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The brush between two places; null where it would hold everything.
 *
 * @param {number} from a fraction of the width
 * @param {number} to
 * @param {number[]} edges
 * @param {number} step
 * @returns {Range | null}
 */
export function brushBetween(from, to, edges, step) {
  const [low, high] = [from, to].sort((a, b) => a - b).map((fraction) => snap(valueAt(fraction, edges), edges, step));
  return orNone([low, high], edges);
}

/**
 * The brush moved as a whole, at most to an end.
 *
 * @param {Range} brush
 * @param {number} by a fraction of the width
 * @param {number[]} edges
 * @param {number} step
 * @returns {Range | null}
 */
export function moved(brush, by, edges, step) {
  const from = fractionOf(brush[0], edges), to = fractionOf(brush[1], edges);
  const most = by < 0 ? Math.max(by, -from) : Math.min(by, 1 - to);
  return brushBetween(from + most, to + most, edges, step);
}

/**
 * One end of the brush, some steps (or edges) further; it stops at the range's end and at the other one.
 *
 * @param {Range | null} brush null: the whole range
 * @param {0 | 1} end
 * @param {number} steps
 * @param {number[]} edges
 * @param {number} step
 * @returns {Range | null}
 */
export function nudged(brush, end, steps, edges, step) {
  const low = edges[0], high = edges[edges.length - 1];
  /** @type {Range} */
  const next = brush ? [brush[0], brush[1]] : [low, high];
  const further = step
    ? snap(Math.min(high, Math.max(low, next[end] + steps * step)), edges, step)
    : edges[Math.min(edges.length - 1, Math.max(0, nearest(next[end], edges) + steps))];
  next[end] = end ? Math.max(further, next[0]) : Math.min(further, next[1]);
  return orNone(next, edges);
}

/**
 * @param {Range} brush
 * @param {number[]} edges
 * @returns {Range | null}
 */
function orNone(brush, edges) {
  return brush[0] <= edges[0] && brush[1] >= edges[edges.length - 1] ? null : brush;
}

/**
 * The outline of bars, one unit wide each, on a field of 100 units' height. What is there at all is seen: a bar is 2 units high at least.
 *
 * @param {number[]} counts
 * @param {number} most the count that fills the height
 */
export function barsPath(counts, most) {
  const gap = counts.length > 60 ? 0 : 0.08;
  return counts.map((count, bin) => {
    if (!count || !most) return "";
    const height = Math.max(2, (100 * count) / most);
    return `M${round(bin + gap)} 100V${round(100 - height)}H${round(bin + 1 - gap)}V100Z`;
  }).join("");
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 100) / 100;
}

/**
 * A value as text, with as many digits as tell its neighbours apart.
 *
 * @param {number} value
 * @param {number[]} edges
 * @param {object} options
 * @param {boolean} options.isDate
 * @param {boolean} options.isInteger
 */
export function valueText(value, edges, { isDate, isInteger }) {
  const span = edges[edges.length - 1] - edges[0];
  if (isDate) return dateText(value, span);
  if (isInteger) return Math.round(value).toLocaleString("en");
  if (Math.abs(value) >= 1e6 || (span > 0 && span < 1e-3)) return Number(value.toPrecision(4)).toExponential();
  const digits = span > 0 ? Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(span)))) : 4;
  return value.toLocaleString("en", { maximumFractionDigits: digits }).replace(/^-0$/, "0");
}

const MINUTE = 60_000, DAY = 1_440 * MINUTE;

/**
 * @param {number} milliseconds
 * @param {number} span
 */
function dateText(milliseconds, span) {
  const text = new Date(milliseconds).toISOString();
  if (span > 3 * DAY) return text.slice(0, 10);
  return span > 10 * MINUTE ? text.slice(0, 16).replace("T", " ") : text.slice(0, 19).replace("T", " ");
}

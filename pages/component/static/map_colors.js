// @ts-check
// The colours of points: of categories, of numbers, and on which background they stand.
/** @import { Code, Column, Paint, Values } from "../map_types.d.ts" */

import { MISSING } from "./map_points.js";

const STEPS = 64; // of the numeric colour scale
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];

/**
 * The two ends of a numeric column's scale.
 *
 * @param {Column} column
 * @returns {[number, number]}
 */
export function endsOf({ low, high }) {
  return [low ?? 0, high ?? 0];
}

/**
 * The palette, and each row's place in it.
 *
 * @param {Values} values
 * @param {Column} column
 * @param {string[]} cycle
 * @param {string} missing
 * @param {boolean} dark
 * @returns {Paint}
 */
export function paint(values, column, cycle, missing, dark) {
  const slots = new Uint8Array(values.length);
  if (column.kind === "number") {
    const colors = [...numberColors(dark, column.scale), missing];
    const [low, high] = endsOf(column), span = high - low || 1;
    for (let i = 0; i < slots.length; i++) {
      const v = values[i];
      slots[i] = Number.isNaN(v) ? STEPS : Math.min(STEPS - 1, Math.max(0, Math.floor(((v - low) / span) * STEPS)));
    }
    return { slots, colors };
  }
  const colors = [...new Set([...column.colors, ...cycle])];
  const grey = colors.length;
  /** @type {(code: Code) => number} */
  const placeOf = (code) => colors.indexOf(column.colors[code] ?? cycle[code % cycle.length]);
  /** @type {Map<Code, number>} */
  const places = new Map();
  for (let i = 0; i < slots.length; i++) {
    const code = values[i];
    if (code === MISSING) { slots[i] = grey; continue; }
    let place = places.get(code);
    if (place === undefined) places.set(code, (place = placeOf(code)));
    slots[i] = place;
  }
  return { slots, colors: [...colors, missing] };
}

/**
 * @param {boolean} dark
 * @param {Column["scale"]} scale
 * @returns {string[]} from the low end to the high one
 */
export function numberColors(dark, scale) {
  if (scale === "diverging") {
    const ends = ["#E69F00", dark ? "#4a4f57" : "#c9ccd1", "#0072B2"]; // the middle is near the page's background: no difference
    return Array.from({ length: STEPS }, (_, i) => mix(i / (STEPS - 1), ends));
  }
  // the ends of the scale that would vanish in the page's background are left out
  const [low, high] = dark ? [0.22, 1] : [0, 0.92];
  return Array.from({ length: STEPS }, (_, i) => mix(low + ((high - low) * i) / (STEPS - 1), CIVIDIS));
}

/**
 * @param {number} t 0 to 1
 * @param {string[]} stops
 */
function mix(t, stops) {
  const at = t * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(at)), f = at - i;
  /** @type {(hex: string) => number[]} */
  const parts = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  const a = parts(stops[i]), b = parts(stops[i + 1]);
  return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * f)).join(",")})`;
}

/**
 * Whether the theme's background is dark.
 *
 * @param {string} background a CSS colour
 * @param {boolean} otherwise the page's word, for where the colour cannot be read
 * @returns {boolean}
 */
export function isDark(background, otherwise) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(background);
  const parts = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : background.match(/[\d.]+/g)?.map(Number);
  if (!parts || parts.length < 3) return otherwise;
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] < 128;
}

// @ts-check
// Near-duplicates collapsed to one mark each. No DOM here.
/** @import { Marks, Row } from "../map_types.d.ts" */
/** @import { Visibility } from "./map_visibility.js" */

/**
 * Which rows stand for their groups: the first that passes and is not hidden, in colour; where none passes, the first of the grey ones.
 *
 * @param {Uint32Array} first the first row of each row's group
 * @param {Pick<Visibility, "passes" | "selected" | "hidden" | "values">} visibility
 * @returns {Marks}
 */
export function findMarks(first, { passes, selected, hidden, values }) {
  const n = first.length, none = n, left = new Uint8Array(n), count = new Uint32Array(n), mark = new Uint32Array(n).fill(none);
  for (const colored of [true, false]) {
    for (let i = 0; i < n; i++) {
      if (hidden.size && hidden.has(values[i])) continue;
      if (Boolean((!passes || passes[i]) && (!selected || selected[i])) !== colored) continue;
      const group = first[i];
      if (mark[group] === none) left[(mark[group] = i)] = 1;
      if (colored) count[mark[group]] += 1;
    }
  }
  const rows = Uint32Array.from(count.keys()).filter((row) => count[row] > 1).sort((a, b) => count[b] - count[a] || a - b);
  return { left, count, rows };
}

/**
 * The groups that a selection touches, whole.
 *
 * @param {Uint32Array} first the first row of each row's group
 * @param {Uint8Array} inside 1 for a row inside the selection
 */
export function wholeGroups(first, inside) {
  const touched = new Uint8Array(first.length);
  for (let i = 0; i < first.length; i++) if (inside[i]) touched[first[i]] = 1;
  return inside.map((_, i) => touched[first[i]]);
}

// @ts-check
// Arithmetic on points: which are drawn, how large, and what lies where. No DOM here.
/** @import { Chosen, Frame, Place, Points, Row, Selection, Shown, View } from "../map_types.d.ts" */

export const MAX_DRAWN = 99_999; // plotly's hover and selection code stalls from 100,000 points in a trace
export const MISSING = 65_535; // the code of a row without a value
const REACH = 9; // px around a point that count as on it

/**
 * The filter as map_data.bitset writes it: 1 for a row that passes; null where all do.
 *
 * @param {string | null} text
 * @param {number} n
 */
export function decodeMask(text, n) {
  if (!text) return null;
  const bytes = atob(text);
  const mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) mask[i] = (bytes.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return mask;
}

/**
 * Which rows are drawn in colour and which in grey. In view first; what the cap leaves is filled with points outside the view.
 *
 * @param {Points} points
 * @param {Uint32Array} order
 * @param {View} view
 * @param {Shown} shown
 * @param {number} [most] points in a drawing
 * @returns {Chosen}
 */
export function chooseRows(points, order, view, { passes, hidden, selected, values, left }, most = MAX_DRAWN) {
  const { x, y } = points, n = x.length;
  const [x0, x1] = view.x, [y0, y1] = view.y;
  const state = new Uint8Array(n); // 0 hidden, 1 grey, 2 in colour; + 4 in view
  let inView = 0;
  for (let i = 0; i < n; i++) {
    if ((hidden.size && hidden.has(values[i])) || (left && !left[i])) continue;
    state[i] = (!passes || passes[i]) && (!selected || selected[i]) ? 2 : 1;
    if (x[i] >= x0 && x[i] <= x1 && y[i] >= y0 && y[i] <= y1) { state[i] += 4; inView += 1; }
  }
  const room = Math.min(n, most);
  const front = new Uint32Array(room), back = new Uint32Array(room);
  let fronts = 0, backs = 0, drawnInView = 0;
  for (const wanted of [6, 5, 2, 1]) {
    const colored = wanted === 6 || wanted === 2;
    for (let k = 0; k < n && fronts + backs < room; k++) {
      const i = order[k];
      if (state[i] !== wanted) continue;
      if (colored) front[fronts++] = i; else back[backs++] = i;
      if (wanted > 4) drawnInView += 1;
    }
  }
  return { front: front.subarray(0, fronts), back: back.subarray(0, backs), inView, drawnInView };
}

/**
 * 1 for a row inside; the same test as rows_inside in map_view.py.
 *
 * @param {Points} points
 * @param {Selection} selection
 */
export function insideSelection(points, selection) {
  const { x, y } = points, n = x.length, inside = new Uint8Array(n);
  if (selection.box) {
    const [left, right] = [...selection.box.x].sort((a, b) => a - b), [low, high] = [...selection.box.y].sort((a, b) => a - b);
    for (let i = 0; i < n; i++) inside[i] = x[i] >= left && x[i] <= right && y[i] >= low && y[i] <= high ? 1 : 0;
    return inside;
  }
  const xs = selection.lasso.x, ys = selection.lasso.y;
  const left = Math.min(...xs), right = Math.max(...xs), low = Math.min(...ys), high = Math.max(...ys);
  for (let i = 0; i < n; i++) {
    const px = x[i], py = y[i];
    if (px < left || px > right || py < low || py > high) continue;
    let odd = 0;
    for (let a = 0, b = xs.length - 1; a < xs.length; b = a++) {
      const y1 = ys[a], y2 = ys[b];
      if (y1 !== y2 && y1 > py !== y2 > py && px < ((xs[b] - xs[a]) * (py - y1)) / (y2 - y1) + xs[a]) odd ^= 1;
    }
    inside[i] = odd;
  }
  return inside;
}

/**
 * The drawn point nearest to a place in pixels, or null; the uppermost where several are equally near.
 *
 * @param {Points} points
 * @param {ArrayLike<Row>} rows in the order in which they are drawn
 * @param {Frame} frame
 * @param {number} px
 * @param {number} py
 * @param {number} reach in pixels
 * @returns {Row | null}
 */
export function nearest(points, rows, frame, px, py, reach) {
  const { x, y } = points;
  let best = reach * reach;
  /** @type {Row | null} */
  let found = null;
  for (let k = 0; k < rows.length; k++) {
    const i = rows[k];
    const dx = frame.px(x[i]) - px;
    if (dx > reach || dx < -reach) continue;
    const dy = frame.py(y[i]) - py, d = dx * dx + dy * dy;
    if (d <= best) { best = d; found = i; }
  }
  return found;
}

/**
 * The row below a place in pixels, or null: the lists of rows are searched one after the other.
 *
 * @param {Points} points
 * @param {ArrayLike<Row>[]} lists
 * @param {Frame} frame
 * @param {Place} place
 * @param {number} size of a point, in pixels
 */
export function rowAt(points, lists, frame, [x, y], size) {
  const reach = Math.max(REACH, size / 2 + 3);
  for (const rows of lists) {
    const row = nearest(points, rows, frame, x, y, reach);
    if (row !== null) return row;
  }
  return null;
}

/**
 * Whether two views differ by less than a thousandth of their width.
 *
 * @param {View} a
 * @param {View} b
 */
export function sameView(a, b) {
  const near = 1e-3 * (b.x[1] - b.x[0]), ends = [...b.x, ...b.y];
  return [...a.x, ...a.y].every((end, i) => Math.abs(end - ends[i]) < near);
}

/**
 * The view moved so that a row stands in its middle, in the same zoom; null where the row is in it already.
 *
 * @param {Points} points
 * @param {Row} row
 * @param {View} view
 * @returns {View | null}
 */
export function viewAround(points, row, { x: [x0, x1], y: [y0, y1] }) {
  const x = points.x[row], y = points.y[row];
  if (x > x0 && x < x1 && y > y0 && y < y1) return null;
  const w = (x1 - x0) / 2, h = (y1 - y0) / 2;
  return { x: [x - w, x + w], y: [y - h, y + h] };
}

/**
 * @param {Points} points
 * @param {View} view
 */
export function countInside({ x, y }, { x: [x0, x1], y: [y0, y1] }) {
  let count = 0;
  for (let i = 0; i < x.length; i++) count += x[i] >= x0 && x[i] <= x1 && y[i] >= y0 && y[i] <= y1 ? 1 : 0;
  return count;
}

/**
 * From data units to pixels of a stage that shows a view, and back.
 *
 * @param {View} view
 * @param {number} width
 * @param {number} height
 * @returns {Frame}
 */
export function frameOf({ x: [x0, x1], y: [y0, y1] }, width, height) {
  return {
    width,
    height,
    px: (x) => ((x - x0) / (x1 - x0)) * width,
    py: (y) => ((y1 - y) / (y1 - y0)) * height,
    x: (px) => x0 + (px / width) * (x1 - x0),
    y: (py) => y1 - (py / height) * (y1 - y0),
  };
}

/**
 * How large a point is drawn, in pixels: the larger the fewer there are.
 *
 * @param {number} drawn
 */
export function pointSize(drawn) {
  return drawn <= 300 ? 10 : drawn <= 1_500 ? 8 : drawn <= 5_000 ? 6 : drawn <= 20_000 ? 4.5 : drawn <= 60_000 ? 3.5 : 3;
}

// @ts-check
// The order in which points are drawn: spread over the plane and random at each place, and the same at every visit.
/** @import { Points, Row } from "../map_types.d.ts" */

const LEVELS = 9; // the finest grid has 2 ** 9 cells a side

/**
 * Any beginning of the order is spread over the plane, so that a sample of the points shows every island: from grids that get finer, one
 * row of each cell that has none yet; then one more of each cell of the finest grid, and so on. Which row of a cell comes first is random:
 * no category hides another.
 *
 * Source: the levels of a progressive sample, as in McCool and Fiume 1992, "Hierarchical Poisson disk sampling distributions".
 *
 * @param {Points} points
 * @returns {Uint32Array} every row once
 */
export function drawingOrder(points) {
  const n = points.x.length, shuffled = shuffle(n), cells = cellsOf(points);
  const order = new Uint32Array(n), ranked = new Uint8Array(n);
  let ranks = 0;
  for (let level = 0; level <= LEVELS; level++) {
    const taken = new Uint8Array(4 ** level), shift = LEVELS - level;
    /** @param {Row} row */
    const cellOf = (row) => ((cells[row] >> LEVELS >> shift) << level) | ((cells[row] & (2 ** LEVELS - 1)) >> shift);
    for (let k = 0; k < ranks; k++) taken[cellOf(order[k])] = 1;
    for (let k = 0; k < n; k++) {
      const row = shuffled[k];
      if (ranked[row] || taken[cellOf(row)]) continue;
      taken[cellOf(row)] = ranked[row] = 1;
      order[ranks++] = row;
    }
  }
  return append(order, ranks, shuffled, ranked, cells);
}

/**
 * The rows that no level took, by how many of their cell come before them.
 *
 * @param {Uint32Array} order
 * @param {number} ranks filled already
 * @param {Uint32Array} shuffled
 * @param {Uint8Array} ranked
 * @param {Uint32Array} cells
 */
function append(order, ranks, shuffled, ranked, cells) {
  const seen = new Uint32Array(4 ** LEVELS), turn = new Uint32Array(order.length);
  let turns = 0;
  for (const row of shuffled) {
    if (ranked[row]) continue;
    turn[row] = seen[cells[row]]++;
    turns = Math.max(turns, turn[row] + 1);
  }
  const starts = new Uint32Array(turns + 1);
  for (const row of shuffled) if (!ranked[row]) starts[turn[row] + 1] += 1;
  for (let k = 1; k <= turns; k++) starts[k] += starts[k - 1];
  for (const row of shuffled) if (!ranked[row]) order[ranks + starts[turn[row]]++] = row;
  return order;
}

/**
 * The cell of each row in the finest grid: the column in the upper bits, the row of cells in the lower ones.
 *
 * @param {Points} points
 */
function cellsOf({ x, y }) {
  const n = x.length, side = 2 ** LEVELS, cells = new Uint32Array(n);
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (let i = 0; i < n; i++) {
    if (x[i] < x0) x0 = x[i];
    if (x[i] > x1) x1 = x[i];
    if (y[i] < y0) y0 = y[i];
    if (y[i] > y1) y1 = y[i];
  }
  const scale = side / (Math.max(x1 - x0, y1 - y0) || 1);
  for (let i = 0; i < n; i++) {
    const column = Math.min(side - 1, Math.floor((x[i] - x0) * scale)), line = Math.min(side - 1, Math.floor((y[i] - y0) * scale));
    cells[i] = (column << LEVELS) | line;
  }
  return cells;
}

/**
 * The rows in a random order (mulberry32, with a fixed seed).
 *
 * @param {number} n
 */
function shuffle(n) {
  const order = new Uint32Array(n);
  let state = 0x9e3779b9;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = 0; i < n; i++) {
    const j = Math.floor(random() * (i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

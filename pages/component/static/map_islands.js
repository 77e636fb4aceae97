// @ts-check
// The first view: the main body of the points, and what lies outside it. No DOM here.
/** @import { Box, Body, Islands, Outside, Points, Side, View } from "../map_types.d.ts" */

const FINEST = 48; // cells along the points' extent
const COARSEST = 6;
const TAIL = 0.02; // of the rows at each end say nothing about the extent
const REACH = 2; // cells that hang together: at most one empty cell lies between them
const MAX_OUTSIDE = 0.2; // of the rows may lie outside the first view
const WORTHWHILE = 1.25; // times as large must the main body appear for anything to be left out
const AS_GOOD = 0.9; // of the best used share: then the view with more rows is taken

/**
 * The points in connected parts, the one with most rows first: cells of a coarse grid that touch, or have one empty cell between them.
 * The grid has about as many cells as there are points (6 to 48 along their extent, that of the outermost 2 % at each end aside).
 *
 * @param {Points} points
 * @returns {Islands}
 */
export function findIslands({ x, y }) {
  const n = x.length, cell = cellSide(x, y);
  /** @type {Map<number, number>} the part of each cell that has points; -1: not known yet */
  const parts = new Map();
  const x0 = least(x), y0 = least(y);
  /** @type {(column: number, line: number) => number} */
  const key = (column, line) => column * 0x1000000 + line;
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    keys[i] = key(within(Math.floor((x[i] - x0) / cell)), within(Math.floor((y[i] - y0) / cell)));
    if (!parts.has(keys[i])) parts.set(keys[i], -1);
  }
  let count = 0;
  for (const [start, known] of parts) {
    if (known >= 0) continue;
    const waiting = [start];
    parts.set(start, count);
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const column = Math.floor(at / 0x1000000), line = at % 0x1000000;
      for (let dx = -REACH; dx <= REACH; dx++) {
        for (let dy = -REACH; dy <= REACH; dy++) {
          const next = key(column + dx, line + dy);
          if (parts.get(next) !== -1) continue;
          parts.set(next, count);
          waiting.push(next);
        }
      }
    }
    count += 1;
  }
  /** @type {Box[]} */
  const boxes = Array.from({ length: count }, () => ({ x: [Infinity, -Infinity], y: [Infinity, -Infinity], rows: 0, cells: 0 }));
  for (const part of parts.values()) boxes[part].cells += 1;
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const box = boxes[(labels[i] = /** @type {number} */ (parts.get(keys[i])))];
    box.rows += 1;
    if (x[i] < box.x[0]) box.x[0] = x[i];
    if (x[i] > box.x[1]) box.x[1] = x[i];
    if (y[i] < box.y[0]) box.y[0] = y[i];
    if (y[i] > box.y[1]) box.y[1] = y[i];
  }
  const order = boxes.map((_, part) => part).sort((a, b) => boxes[b].rows - boxes[a].rows || a - b);
  const place = new Int32Array(count);
  order.forEach((part, k) => { place[part] = k; });
  for (let i = 0; i < n; i++) labels[i] = place[labels[i]];
  return { labels, boxes: order.map((part) => boxes[part]) };
}

/**
 * What the first view shows: the largest part and, one after the other, those whose view is the least wider, as long as at most a fifth of
 * the rows stay outside and the share of the view that has points is near its best. Everything, where that costs less than a quarter of
 * the size.
 *
 * @param {Islands} islands
 * @param {number} width of the stage, in pixels
 * @param {number} height
 * @returns {Body}
 */
export function mainBody({ boxes }, width, height) {
  const [main, ...others] = boxes;
  const rows = boxes.reduce((sum, box) => sum + box.rows, 0);
  /** @type {(box: Pick<Box, "x" | "y">) => number} */
  const scale = (box) => scaleOf(box, width, height);
  const nearness = others
    .map((box, k) => ({ box, part: k + 1, scale: scale(union(main, box)) }))
    .sort((a, b) => a.scale - b.scale || b.box.rows - a.box.rows);
  const steps = [{ box: main, inside: 1 }];
  for (const [k, { box }] of nearness.entries()) steps.push({ box: union(steps[k].box, box), inside: k + 2 });
  const all = steps[steps.length - 1].box, whole = scale(all);
  const allowed = steps.filter(({ box }) => rows - box.rows <= MAX_OUTSIDE * rows && whole / scale(box) >= WORTHWHILE);
  /** @type {(step: { box: Box }) => number} */
  const used = ({ box }) => box.cells / scale(box) ** 2;
  const best = Math.max(...allowed.map(used));
  const chosen = allowed.findLast((step) => used(step) >= AS_GOOD * best);
  if (!chosen) return { home: viewOf(all, width, height), all: viewOf(all, width, height), outside: [] };
  return {
    home: viewOf(chosen.box, width, height),
    all: viewOf(all, width, height),
    outside: nearness.slice(chosen.inside - 1).map(({ part }) => part),
  };
}

/**
 * The view that shows a part of the plane, in the stage's proportions, with room for what lies over the map.
 *
 * @param {Pick<Box, "x" | "y">} box
 * @param {number} width
 * @param {number} height
 * @returns {View}
 */
export function viewOf(box, width, height) {
  const scale = scaleOf(box, width, height), cx = (box.x[0] + box.x[1]) / 2, cy = (box.y[0] + box.y[1]) / 2;
  return { x: [cx - (scale * width) / 2, cx + (scale * width) / 2], y: [cy - (scale * height) / 2, cy + (scale * height) / 2] };
}

/**
 * Islands that lie outside a view, by the side that they lie on.
 *
 * @param {Box[]} islands `rows`: how many of each are shown
 * @param {View} view
 * @returns {Outside[]}
 */
export function outsideOf(islands, view) {
  const cx = (view.x[0] + view.x[1]) / 2, cy = (view.y[0] + view.y[1]) / 2, w = (view.x[1] - view.x[0]) / 2, h = (view.y[1] - view.y[0]) / 2;
  /** @type {Map<Side, Outside>} */
  const sides = new Map();
  for (const island of islands) {
    const dx = ((island.x[0] + island.x[1]) / 2 - cx) / w, dy = ((island.y[0] + island.y[1]) / 2 - cy) / h;
    if (!island.rows || Math.max(Math.abs(dx), Math.abs(dy)) <= 1) continue;
    /** @type {Side} */
    const side = Math.abs(dx) > Math.abs(dy) ? (dx < 0 ? "left" : "right") : dy < 0 ? "below" : "above";
    const known = sides.get(side), along = side === "left" || side === "right" ? -dy : dx;
    const box = known ? union(known.box, island) : island, rows = box.rows;
    sides.set(side, { side, box, along: (known ? (known.along * known.box.rows + along * island.rows) / rows : along) });
  }
  return [...sides.values()];
}

/**
 * Data units a pixel, where a box fills the stage.
 *
 * @param {Pick<Box, "x" | "y">} box
 * @param {number} width
 * @param {number} height
 */
function scaleOf({ x, y }, width, height) {
  const usableW = Math.max(40, width - 56), usableH = Math.max(40, height - 96); // room for the tool bar and the note
  const w = x[1] - x[0], h = y[1] - y[0];
  return w || h ? Math.max(w / usableW, h / usableH) : 1 / Math.min(usableW, usableH);
}

/**
 * @param {Box} a
 * @param {Box} b
 * @returns {Box}
 */
function union(a, b) {
  return {
    x: [Math.min(a.x[0], b.x[0]), Math.max(a.x[1], b.x[1])], y: [Math.min(a.y[0], b.y[0]), Math.max(a.y[1], b.y[1])],
    rows: a.rows + b.rows, cells: a.cells + b.cells,
  };
}

/**
 * @param {Float32Array} x
 * @param {Float32Array} y
 */
function cellSide(x, y) {
  const extent = Math.max(spread(x), spread(y)) || 1;
  return extent / Math.min(FINEST, Math.max(COARSEST, Math.round(Math.sqrt(x.length))));
}

/**
 * How far the values reach, but for the outermost.
 *
 * @param {Float32Array} values
 */
function spread(values) {
  const sorted = values.slice().sort();
  const last = sorted.length - 1;
  return last < 0 ? 0 : sorted[Math.ceil((1 - TAIL) * last)] - sorted[Math.floor(TAIL * last)];
}

/** @param {Float32Array} values */
function least(values) {
  let low = Infinity;
  for (const value of values) if (value < low) low = value;
  return low;
}

/** @type {(cell: number) => number} a point may lie a million times as far out as the others do */
const within = (cell) => Math.min(cell + REACH, 0x7fffff);

// @ts-check
// How much lies where: points counted on a grid, smoothed, and coloured so that a place half of one category looks mixed. No DOM here.
/** @import { Density, Paint, Points, View } from "../map_types.d.ts" */
/** @import { Visibility } from "./map_visibility.js" */

export const CELL = 4; // px of a cell of the grid
export const DOTS = 2; // of the picture, along a cell
const FEW = 3; // points on top of one another that can still be told apart
const MANY = 8;
const ENOUGH = 2_000; // rows in view: fewer can be told apart by a step nearer
const CROWDED = 0.1; // of the rows in view that lie too deep before a density is drawn
const MARGIN = 24; // cells around the view, for a move
const BANDS = 7;
const FAINTEST = 0.16, STRONGEST = 0.92; // opacity of the lowest and the highest band
const KERNEL = [6 / 16, 4 / 16, 1 / 16]; // binomial: the middle, its neighbours, theirs

/**
 * @typedef {object} Given
 * @property {Points} points
 * @property {Paint} paint
 * @property {boolean} numeric whether the palette's places stand for numbers, whose mean can be taken
 * @property {View} view
 * @property {number} width of the stage, in pixels
 * @property {number} size of a point, in pixels
 * @property {Pick<Visibility, "passes" | "selected" | "hidden" | "values">} visibility
 * @property {Uint8Array | null} [left] rows that are left out: 0 for them
 */

/**
 * The density of a view; null where points lie no more than a few deep. The grid is fixed to the plane, so that a move changes nothing.
 *
 * Depth: points of a cell times the area of a point, over the area of the cell. A density is due where 2,000 rows are in view and one in
 * ten of them lies more than three deep.
 *
 * @param {Given} given
 * @returns {Density | null}
 */
export function findDensity({ points: { x, y }, paint: { slots, colors }, numeric, view, width, size, visibility, left = null }) {
  const { passes, selected, hidden, values } = visibility, n = x.length;
  const cell = (CELL * (view.x[1] - view.x[0])) / width;
  const first = Math.floor(view.x[0] / cell) - MARGIN, lowest = Math.floor(view.y[0] / cell) - MARGIN;
  const columns = Math.floor(view.x[1] / cell) + MARGIN - first + 1, lines = Math.floor(view.y[1] / cell) + MARGIN - lowest + 1;
  if (!(columns > 0 && lines > 0 && columns * lines < 4e6)) return null;
  const area = columns * lines, missing = colors.length - 1;
  const total = new Float32Array(area), back = new Float32Array(area), level = new Uint8Array(n);
  /** @type {Int32Array} the cell of each row, and in which of the two grids; -1: none */
  const cells = new Int32Array(n).fill(-1);
  /** @type {(Float32Array | null)[]} one a palette place; numbers: how many, and their sum */
  const layers = new Array(numeric ? 2 : colors.length).fill(null);
  const [count, sum] = numeric ? [(layers[0] = new Float32Array(area)), (layers[1] = new Float32Array(area))] : [];
  const originX = first * cell, originY = lowest * cell, scale = 1 / cell;
  for (let i = 0; i < n; i++) {
    const column = Math.floor((x[i] - originX) * scale), line = Math.floor((y[i] - originY) * scale);
    if (!(column >= 0 && column < columns && line >= 0 && line < lines)) continue;
    if ((hidden.size && hidden.has(values[i])) || (left && !left[i])) continue;
    const at = line * columns + column;
    if ((passes && !passes[i]) || (selected && !selected[i])) {
      back[at] += 1;
      cells[i] = at + area;
      continue;
    }
    cells[i] = at;
    total[at] += 1;
    const slot = slots[i];
    if (count && sum) {
      if (slot !== missing) { count[at] += 1; sum[at] += slot; }
    } else (layers[slot] ??= new Float32Array(area))[at] += 1;
  }
  const spare = new Float32Array(area), filtered = Boolean(passes || selected);
  smooth(total, spare, columns, lines);
  if (filtered) smooth(back, spare, columns, lines);
  const perPoint = ((Math.PI / 4) * size * size) / CELL ** 2;
  let rows = 0, deep = 0;
  for (let i = 0; i < n; i++) {
    const at = cells[i];
    if (at < 0) continue;
    const depth = (at < area ? total[at] : back[at - area]) * perPoint;
    rows += 1;
    if (depth > FEW) { deep += 1; level[i] = depth > MANY ? 2 : 1; }
  }
  if (rows < ENOUGH || deep < CROWDED * rows) return null;
  for (const layer of layers) if (layer) smooth(layer, spare, columns, lines);
  return { columns, lines, cell, first, lowest, perPoint, total, back: filtered ? back : null, layers, numeric, level };
}

/**
 * Smooth a grid in place, along the lines and then along the columns.
 *
 * @param {Float32Array} grid
 * @param {Float32Array} spare as large
 * @param {number} columns
 * @param {number} lines
 */
function smooth(grid, spare, columns, lines) {
  const [a, b, c] = KERNEL, area = columns * lines;
  for (let line = 0; line < lines; line++) {
    const start = line * columns, end = start + columns;
    for (let i = start + 2; i < end - 2; i++) spare[i] = a * grid[i] + b * (grid[i - 1] + grid[i + 1]) + c * (grid[i - 2] + grid[i + 2]);
    spare[start] = spare[start + 1] = spare[end - 1] = spare[end - 2] = 0; // the margin of the view
  }
  const two = 2 * columns;
  grid.fill(0, 0, two);
  grid.fill(0, area - two);
  for (let i = two; i < area - two; i++) {
    grid[i] = a * spare[i] + b * (spare[i - columns] + spare[i + columns]) + c * (spare[i - two] + spare[i + two]);
  }
}

/**
 * The density as a picture, row 0 at the top: `DOTS` pixels along a cell. How much lies at a place is its opacity, in bands like contours
 * of the logarithm; what lies there is its colour: each pixel takes a category in proportion to the shares around it, by a pattern that is
 * fixed to the plane. Numbers are shown by their mean.
 *
 * Source: colour weaving, Hagh-Shenas et al. 2007, doi:10.1109/TVCG.2007.70623; the pattern is interleaved gradient noise, Jimenez 2014.
 *
 * @param {Density} density
 * @param {string[]} colors the palette
 * @param {string} missing the grey of rows that do not pass
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA
 */
export function weave({ columns, lines, first, lowest, perPoint, total, back, layers, numeric }, colors, missing) {
  const width = columns * DOTS, height = lines * DOTS;
  const picture = new Uint8ClampedArray(4 * width * height), pixels = new Uint32Array(picture.buffer);
  const shades = colors.map(packed), grey = packed(missing);
  const opacity = bandsOf(total, perPoint), faint = back ? bandsOf(back, perPoint) : null;
  const present = layers.flatMap((layer, slot) => (layer ? [{ layer, slot }] : []));
  const middle = (DOTS - 1) / 2;
  for (let line = 2; line < lines - 2; line++) {
    for (let column = 2; column < columns - 2; column++) {
      const at = line * columns + column;
      const sum = total[at], near = sum + total[at - 1] + total[at + 1] + total[at - columns] + total[at + columns];
      const behind = back ? back[at] : 0;
      if (!near && !behind) continue;
      for (let v = 0; v < DOTS; v++) {
        for (let u = 0; u < DOTS; u++) {
          // between the middles of four cells
          const dx = (u - middle) / DOTS, dy = (v - middle) / DOTS;
          const beside = at + (dx < 0 ? -1 : 1), above = dy < 0 ? -columns : columns;
          const ax = Math.abs(dx), ay = Math.abs(dy);
          const depth = perPoint * ((1 - ay) * ((1 - ax) * sum + ax * total[beside]) + ay * ((1 - ax) * total[at + above] + ax * total[beside + above]));
          const px = column * DOTS + u, py = line * DOTS + v, place = (height - 1 - py) * width + px;
          const alpha = opacity(depth);
          if (alpha > 0 && sum > 0) {
            const threshold = pattern(first * DOTS + px, lowest * DOTS + py);
            const slot = numeric ? meanAt(layers, at, sum, threshold, colors.length - 1) : slotAt(present, at, sum * threshold);
            pixels[place] = (shades[slot] & 0xffffff) | (alpha << 24);
          } else if (faint && back) {
            pixels[place] = (grey & 0xffffff) | ((faint(perPoint * behind) * 0.4) << 24);
          }
        }
      }
    }
  }
  return picture;
}

/**
 * The palette's place that a pixel takes: the categories, each as long as its share, and where the threshold falls.
 *
 * @param {{ layer: Float32Array, slot: number }[]} present
 * @param {number} at
 * @param {number} threshold
 */
function slotAt(present, at, threshold) {
  let reached = 0, last = present[0].slot;
  for (const { layer, slot } of present) {
    if (!layer[at]) continue;
    reached += layer[at];
    last = slot;
    if (threshold < reached) break;
  }
  return last;
}

/**
 * @param {(Float32Array | null)[]} layers how many have a value, and the sum of their places
 * @param {number} at
 * @param {number} total
 * @param {number} threshold
 * @param {number} missing the place of rows without a value
 */
function meanAt([count, sum], at, total, threshold, missing) {
  if (!count || !sum || threshold * total >= count[at]) return missing;
  return Math.min(missing - 1, Math.max(0, Math.round(sum[at] / count[at])));
}

/**
 * Opacity (0 to 255) by depth: steps of the logarithm between a few deep and the deepest place.
 *
 * @param {Float32Array} grid
 * @param {number} perPoint
 */
function bandsOf(grid, perPoint) {
  let most = 0;
  for (const value of grid) if (value > most) most = value;
  const low = Math.log(FEW / 2), high = Math.max(Math.log(most * perPoint), low + 1);
  return (/** @type {number} */ depth) => {
    if (depth < FEW / 2) return 0;
    const band = Math.min(BANDS - 1, Math.floor((BANDS * (Math.log(depth) - low)) / (high - low)));
    return Math.round(255 * (FAINTEST + ((STRONGEST - FAINTEST) * band) / (BANDS - 1)));
  };
}

/**
 * A number from 0 to 1 for each place, evenly spread among neighbours.
 *
 * @param {number} x
 * @param {number} y
 */
function pattern(x, y) {
  const inner = 0.06711056 * x + 0.00583715 * y, outer = 52.9829189 * (inner - Math.floor(inner));
  return outer - Math.floor(outer);
}

/**
 * A colour as a pixel, opaque; the grey of the page's middle where it cannot be read.
 *
 * @param {string} color "#rrggbb" or "rgb(…)"
 */
function packed(color) {
  const [r, g, b] = partsOf(color) ?? [128, 128, 128];
  return (r | (g << 8) | (b << 16) | (255 << 24)) >>> 0;
}

/**
 * @param {string} color
 * @returns {number[] | null} red, green, blue, 0 to 255
 */
function partsOf(color) {
  if (/^#[0-9a-f]{6}$/i.test(color)) return [1, 3, 5].map((k) => parseInt(color.slice(k, k + 2), 16));
  const parts = /^rgb\(/.test(color) ? color.match(/[\d.]+/g)?.map(Number) : null;
  return parts?.length === 3 ? parts : null;
}

/**
 * @param {string} color
 * @param {number} opacity
 */
export function withOpacity(color, opacity) {
  const parts = partsOf(color);
  return parts ? `rgba(${parts.join(",")},${opacity})` : color;
}

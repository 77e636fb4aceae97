import assert from "node:assert/strict";
import { test } from "node:test";

import { CELL, DOTS, findDensity, weave, withOpacity } from "../../../../pages/component/static/map_density.js";
import { cloud, join } from "./fake_points.js";

const VIEW = { x: [0, 80], y: [0, 60] }, WIDTH = 800; // a cell is 0.4 wide
const COLORS = ["#ff0000", "#0000ff", "#00ff00", "#999999"];
const everything = { passes: null, selected: null, hidden: new Set(), values: new Uint16Array(99_999) };
const deep = cloud(8000, 40, 30, 6);

function find(points, slots, changes = {}) {
  return findDensity({ points, paint: { slots, colors: COLORS }, numeric: false, view: VIEW, width: WIDTH, size: 4, visibility: everything, ...changes });
}

// How many pixels of the picture have each colour, those of which there are any
function counts(density, colors = COLORS, inside = () => true) {
  const pixels = weave(density, colors, "#777777"), found = {};
  const width = density.columns * DOTS, height = density.lines * DOTS;
  for (let p = 0; p < width * height; p++) {
    if (!pixels[4 * p + 3]) continue;
    const x = (density.first + (p % width) / DOTS) * density.cell, y = (density.lowest + (height - 1 - Math.floor(p / width)) / DOTS) * density.cell;
    if (!inside(x, y)) continue;
    const color = [...pixels.subarray(4 * p, 4 * p + 3)].map((v) => v.toString(16).padStart(2, "0")).join("");
    found[color] = (found[color] ?? 0) + 1;
  }
  return found;
}

test("a density is due where points lie more than a few deep, and not where they can be told apart", () => {
  const slots = new Uint8Array(8000);
  assert.ok(find(deep, slots));
  assert.equal(find(cloud(8000, 40, 30, 40), slots), null); // all over the view
  assert.equal(find(cloud(500, 40, 30, 1), slots), null); // few
  assert.equal(find(deep, slots, { view: { x: [39, 41], y: [29, 30.5] } }), null); // from near
});

test("every row in view is counted once, where it lies", () => {
  const density = find(deep, new Uint8Array(8000));
  assert.ok(Math.abs(density.total.reduce((sum, value) => sum + value, 0) - 8000) < 1);
  const peak = density.total.indexOf(Math.max(...density.total));
  const x = (density.first + (peak % density.columns)) * density.cell, y = (density.lowest + Math.floor(peak / density.columns)) * density.cell;
  assert.ok(Math.abs(x - 40) < 7 && Math.abs(y - 30) < 7);
});

test("rows among many are marked as such, rows alone are not", () => {
  const points = join(deep, cloud(1, 5, 5, 0)), { level } = find(points, new Uint8Array(8001));
  assert.equal(level[8000], 0);
  assert.ok(level.subarray(0, 8000).filter((value) => value > 0).length > 6000);
});

test("a place half of one category looks half of it, whichever comes first", () => {
  const half = Uint8Array.from(deep.x, (_, i) => i % 2), ordered = Uint8Array.from(deep.x, (_, i) => (i < 4000 ? 0 : 1));
  for (const slots of [half, ordered]) {
    const { ff0000: red, "0000ff": blue, ...others } = counts(find(deep, slots));
    assert.deepEqual(others, {});
    assert.ok(red / (red + blue) > 0.45 && red / (red + blue) < 0.55, `${red} red, ${blue} blue`);
  }
});

test("a category takes the share of a place that it has there", () => {
  const slots = Uint8Array.from(deep.x, (x, i) => (x < 40 ? (i % 10 ? 0 : 2) : 1));
  const left = counts(find(deep, slots), COLORS, (x) => x < 38), right = counts(find(deep, slots), COLORS, (x) => x > 42);
  assert.deepEqual(Object.keys(right), ["0000ff"]);
  assert.ok(left["00ff00"] / (left["00ff00"] + left.ff0000) > 0.06 && left["00ff00"] / (left["00ff00"] + left.ff0000) < 0.14);
});

test("deeper places are more opaque, in bands", () => {
  const density = find(join(deep, cloud(2000, 40, 30, 1)), new Uint8Array(10_000)), pixels = weave(density, COLORS, "#777777");
  const alphas = [...new Set(pixels.filter((_, k) => k % 4 === 3))].sort((a, b) => a - b);
  assert.ok(alphas.length > 4 && alphas.length <= 8);
  const at = (x, y) => {
    const column = Math.floor((x / density.cell - density.first) * DOTS), line = density.lines * DOTS - 1 - Math.floor((y / density.cell - density.lowest) * DOTS);
    return pixels[4 * (line * density.columns * DOTS + column) + 3];
  };
  assert.ok(at(40, 30) > at(36, 30) && at(36, 30) > 0 && at(10, 10) === 0);
});

test("a move changes no pixel of what stays in view", () => {
  const slots = Uint8Array.from(deep.x, (_, i) => i % 3), one = find(deep, slots), other = find(deep, slots, { view: { x: [4, 84], y: [2, 62] } });
  const shade = ({ first, lowest, columns, lines, ...rest }) => {
    const pixels = weave({ first, lowest, columns, lines, ...rest }, COLORS, "#777777"), width = columns * DOTS;
    return (column, line) => [...pixels.subarray(4 * ((lines * DOTS - 1 - (line - lowest * DOTS)) * width + (column - first * DOTS))).subarray(0, 4)];
  };
  const before = shade(one), after = shade(other);
  for (let column = 170; column < 230; column += 3) assert.deepEqual(before(column, 150), after(column, 150));
});

test("rows that do not pass are faint grey, and hidden or collapsed ones are not there", () => {
  const slots = new Uint8Array(8000), values = Uint16Array.from(deep.x, (_, i) => i % 2);
  const passes = Uint8Array.from(deep.x, (x) => (x > 40 ? 1 : 0));
  const filtered = find(deep, slots, { visibility: { ...everything, passes } });
  assert.deepEqual(Object.keys(counts(filtered, COLORS, (x) => x < 38)), ["777777"]);
  assert.deepEqual(Object.keys(counts(filtered, COLORS, (x) => x > 42)), ["ff0000"]);
  const sum = (density) => Math.round(density.total.reduce((a, b) => a + b, 0));
  assert.equal(sum(find(deep, slots, { visibility: { ...everything, values, hidden: new Set([1]) } })), 4000);
  assert.equal(sum(find(deep, slots, { left: values })), 4000);
});

test("numbers are shown by their mean, and rows without one by their grey", () => {
  const ramp = ["#000000", "#404040", "#808080", "#c0c0c0", "#ffffff", "#999999"], paint = { slots: Uint8Array.from(deep.x, (x, i) => (x < 40 ? (i % 2) * 4 : 5)), colors: ramp };
  const density = find(deep, paint.slots, { paint, numeric: true });
  const left = counts(density, ramp, (x) => x < 38);
  const total = Object.values(left).reduce((a, b) => a + b, 0);
  assert.ok((left["404040"] ?? 0) + left["808080"] + (left.c0c0c0 ?? 0) > 0.9 * total, JSON.stringify(left)); // the mean of 0 and 4 is about 2
  assert.deepEqual(Object.keys(counts(density, ramp, (x) => x > 42)), ["999999"]);
});

test("colours fade by their opacity, whichever way they are written", () => {
  assert.deepEqual(["#ff8000", "rgb(1,2,3)", "grey"].map((color) => withOpacity(color, 0.5)), ["rgba(255,128,0,0.5)", "rgba(1,2,3,0.5)", "grey"]);
  assert.equal(CELL % DOTS, 0);
});

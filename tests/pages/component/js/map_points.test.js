import assert from "node:assert/strict";
import { test } from "node:test";

import {
  chooseRows, countInside, decodeMask, insideSelection, nearest, pointSize, rowAt, sameView, viewAround,
} from "../../../../pages/component/static/map_points.js";
import { drawingOrder } from "../../../../pages/component/static/map_order.js";
import { frame } from "./fake_dom.js";

const points = (...pairs) => ({ x: Float32Array.from(pairs, (p) => p[0]), y: Float32Array.from(pairs, (p) => p[1]) });
const rows = (mask) => [...mask.keys()].filter((row) => mask[row]);
const everything = { passes: null, selected: null, hidden: new Set(), values: new Uint16Array(99) };

test("a mask is read as map_data.bitset writes it: the lowest bit first", () => {
  // the mask and the bytes of test_bitset_puts_row_zero_into_the_lowest_bit in test_map_data.py
  assert.deepEqual(rows(decodeMask(btoa("\x09\x01"), 9)), [0, 3, 8]);
  assert.equal(decodeMask(null, 10), null);
});

test("points in view are drawn before those outside, coloured before grey, and hidden ones never", () => {
  const eight = points([1, 1], [1, 1], [9, 9], [9, 9], [1, 1], [9, 9], [1, 1], [1, 1]);
  const shown = { passes: Uint8Array.of(1, 0, 1, 0, 1, 1, 1, 0), selected: null, hidden: new Set([7]), values: Uint16Array.of(0, 0, 0, 0, 7, 7, 0, 0) };
  const order = Uint32Array.from([7, 6, 5, 4, 3, 2, 1, 0]), view = { x: [0, 2], y: [0, 2] };
  const all = chooseRows(eight, order, view, shown);
  assert.deepEqual([[...all.front], [...all.back]], [[6, 0, 2], [7, 1, 3]]);
  assert.deepEqual([all.inView, all.drawnInView], [4, 4]);
  const three = chooseRows(eight, order, view, shown, 3);
  assert.deepEqual([[...three.front], [...three.back], three.inView, three.drawnInView], [[6, 0], [7], 4, 3]);
});

test("what is not selected is grey", () => {
  const { front, back } = chooseRows(points([1, 1], [2, 2]), Uint32Array.of(0, 1), { x: [0, 3], y: [0, 3] }, { ...everything, selected: Uint8Array.of(0, 1) });
  assert.deepEqual([[...front], [...back]], [[1], [0]]);
});

test("a sample never exceeds its cap and holds no row twice", () => {
  const n = 99, many = points(...Array.from({ length: n }, (_, i) => [i % 10, i / 10]));
  for (const most of [1, 10, 98, 99, 200]) {
    const { front, back } = chooseRows(many, drawingOrder(many), { x: [2, 5], y: [2, 5] }, everything, most);
    const drawn = [...front, ...back];
    assert.equal(drawn.length, Math.min(n, most));
    assert.equal(new Set(drawn).size, drawn.length);
  }
});

test("a box holds what lies on its edge, whichever corner came first", () => {
  const four = points([0, 0], [1, 1], [2, 2], [3, 1]);
  for (const box of [{ x: [0, 2], y: [0, 1] }, { x: [2, 0], y: [1, 0] }]) assert.deepEqual(rows(insideSelection(four, { box })), [0, 1]);
});

test("a lasso that crosses itself leaves out what it winds around twice", () => {
  const corner = (i) => [Math.cos((Math.PI * (2 * i + 0.5)) * 0.4), Math.sin((Math.PI * (2 * i + 0.5)) * 0.4)];
  const star = [0, 1, 2, 3, 4].map(corner); // a pentagram: every second corner of a pentagon
  const lasso = { x: star.map((c) => c[0]), y: star.map((c) => c[1]) };
  const tip = star[0].map((v) => 0.9 * v);
  assert.deepEqual(rows(insideSelection(points([0, 0], tip, [2, 2]), { lasso })), [1]);
});

test("the nearest point is found, the uppermost of equals, and none beyond the reach", () => {
  const three = points([10, 10], [10, 10], [12, 10]);
  assert.equal(nearest(three, [1, 0, 2], frame, 100, 500, 9), 0);
  assert.equal(nearest(three, [0, 1, 2], frame, 100, 500, 9), 1);
  assert.equal(nearest(three, [0, 1, 2], frame, 115, 500, 9), 2);
  assert.equal(nearest(three, [0, 1], frame, 120, 500, 9), null);
  assert.equal(nearest(three, [], frame, 100, 500, 9), null);
});

test("a row of the first list is found before a nearer one of the second", () => {
  const two = points([10, 10], [10.4, 10]);
  assert.equal(rowAt(two, [[1], [0]], frame, [100, 500], 6), 1);
  assert.equal(rowAt(two, [[], [0]], frame, [100, 500], 6), 0);
  assert.equal(rowAt(two, [[0]], frame, [112, 500], 6), null); // 12 px away
  assert.equal(rowAt(two, [[0]], frame, [112, 500], 20), 0); // a point of 20 px reaches that far
});

test("a view holds what lies on its edge", () => {
  assert.equal(countInside(points([0, 0], [1, 2], [1.01, 1]), { x: [0, 1], y: [0, 2] }), 2);
});

test("views are the same up to a thousandth of their width", () => {
  const view = { x: [0, 1000], y: [0, 500] };
  assert.ok(sameView({ x: [0.9, 1000], y: [0, 500] }, view));
  assert.ok(!sameView({ x: [0, 1000], y: [0, 501.1] }, view));
});

test("a row outside the view comes into its middle in the same zoom", () => {
  const two = points([5, 5], [50, -20]), view = { x: [0, 10], y: [0, 20] };
  assert.equal(viewAround(two, 0, view), null);
  assert.deepEqual(viewAround(two, 1, view), { x: [45, 55], y: [-30, -10] });
});

test("points grow as fewer are drawn", () => {
  const sizes = [1, 300, 301, 1500, 5000, 20_000, 60_000, 99_999].map(pointSize);
  assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
  assert.deepEqual([sizes[0], sizes[2], sizes.at(-1)], [10, 8, 3]);
});

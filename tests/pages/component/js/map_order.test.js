import assert from "node:assert/strict";
import { test } from "node:test";

import { drawingOrder } from "../../../../pages/component/static/map_order.js";
import { cloud, join } from "./fake_points.js";

const ascending = (list) => [...list].sort((a, b) => a - b);

test("the drawing order names every row once and is the same at every visit", () => {
  for (const n of [0, 1, 2, 1000]) assert.deepEqual(ascending(drawingOrder(cloud(n, 0, 0, 1))), [...Array(n).keys()]);
  assert.deepEqual(drawingOrder(cloud(1000, 0, 0, 1)), drawingOrder(cloud(1000, 0, 0, 1)));
  assert.notDeepEqual([...drawingOrder(cloud(1000, 0, 0, 1))], [...Array(1000).keys()]);
});

test("points that all stand on one spot have an order too", () => {
  assert.deepEqual(ascending(drawingOrder({ x: new Float32Array(50), y: new Float32Array(50) })), [...Array(50).keys()]);
});

test("a sparse island is in any sample of the map: 30 points beside 20,000", () => {
  const points = join(cloud(20_000, 0, 0, 5), cloud(30, 40, 40, 1));
  const order = drawingOrder(points);
  for (const most of [20, 200, 2000]) assert.ok(order.subarray(0, most).some((row) => row >= 20_000), `none of the first ${most}`);
  assert.ok(order.subarray(0, 10_000).filter((row) => row >= 20_000).length > 20); // in proportion, 15
});

test("any beginning of the order is spread: it leaves no large square empty that has points", () => {
  const points = cloud(20_000, 0, 0, 5), order = drawingOrder(points);
  const square = (row) => `${Math.floor(points.x[row] / 2)} ${Math.floor(points.y[row] / 2)}`;
  const all = new Set([...order].map(square));
  assert.equal(new Set([...order.subarray(0, 500)].map(square)).size, all.size);
});

test("at one place the order is blind to the rows' numbers, and so to their categories", () => {
  const points = cloud(20_000, 0, 0, 1), order = drawingOrder(points); // say the first half is of one category, the second of another
  for (const [from, to] of [[0, 1000], [9000, 11_000], [19_000, 20_000]]) {
    const share = order.subarray(from, to).filter((row) => row < 10_000).length / (to - from);
    assert.ok(share > 0.44 && share < 0.56, `${share} of ${from} to ${to}`);
  }
});

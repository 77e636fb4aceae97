import assert from "node:assert/strict";
import { test } from "node:test";

import { findIslands, mainBody, outsideOf, viewOf } from "../../../../pages/component/static/map_islands.js";
import { countInside } from "../../../../pages/component/static/map_points.js";
import { cloud, join } from "./fake_points.js";

const width = (view) => view.x[1] - view.x[0];
const spot = (n, x, y) => cloud(n, x, y, 0.05);

test("parts are what hangs together, the largest first", () => {
  const points = join(spot(20, 90, 0), cloud(1000, 0, 0, 3), spot(40, 0, -90));
  const { labels, boxes } = findIslands(points);
  assert.deepEqual(boxes.map((box) => box.rows).slice(0, 3), [1000, 40, 20]);
  assert.deepEqual([labels[0], labels[20], labels[1020]], [2, 0, 1]);
});

test("far islands do not shrink the first view, and everything is one view away", () => {
  const points = join(cloud(1000, 0, 0, 3), spot(30, 60, 0), spot(30, 0, -60));
  const body = mainBody(findIslands(points), 800, 600);
  assert.ok(width(body.all) / width(body.home) > 3);
  assert.equal(countInside(points, body.all), 1060);
  assert.equal(countInside(points, body.home), 1000);
  assert.equal(body.outside.length, 2);
});

test("never more than a fifth of the rows lies outside", () => {
  for (const far of [100, 240, 260, 500]) {
    const points = join(cloud(1000, 0, 0, 3), spot(far, 60, 0)), n = 1000 + far;
    const inside = countInside(points, mainBody(findIslands(points), 800, 600).home);
    assert.equal(inside, far > 0.2 * n ? n : 1000, `${far} far rows`);
  }
});

test("where all fits well, the first view is of everything", () => {
  for (const points of [cloud(200, 0, 0, 1), join(cloud(1000, 0, 0, 3), spot(30, 8, 0)), spot(1, 2, 2), join(spot(1, 0, 0), spot(1, 5, 5))]) {
    const { home, all, outside } = mainBody(findIslands(points), 800, 600);
    assert.deepEqual([home, outside], [all, []]);
    assert.equal(countInside(points, home), points.x.length);
  }
});

test("one row a million times as far out leaves the others their view", () => {
  const points = join(cloud(1000, 0, 0, 3), spot(1, 3e6, 3e6));
  const { home, outside } = mainBody(findIslands(points), 800, 600);
  assert.ok(width(home) < 60);
  assert.equal(outside.length, 1);
});

test("a view has the stage's proportions and room around its box; a single point has one too", () => {
  for (const [w, h] of [[800, 600], [300, 900], [50, 50]]) {
    const view = viewOf({ x: [-3, 5], y: [-7, 4] }, w, h);
    assert.ok(Math.abs(width(view) / w - (view.y[1] - view.y[0]) / h) < 1e-9);
    assert.ok(view.x[0] < -3 && view.x[1] > 5 && view.y[0] < -7 && view.y[1] > 4);
  }
  const view = viewOf({ x: [2, 2], y: [2, 2] }, 800, 600);
  assert.ok([...view.x, ...view.y].every(Number.isFinite) && view.x[0] < 2 && view.x[1] > 2);
});

test("what lies outside a view is told by its side, with its rows in one number", () => {
  const box = (x, y, rows) => ({ x: [x - 1, x + 1], y: [y - 1, y + 1], rows, cells: 1 });
  const view = { x: [-10, 10], y: [-10, 10] };
  const found = outsideOf([box(-40, 5, 3), box(-60, -5, 6), box(0, 90, 2), box(4, 4, 50), box(90, 0, 0)], view);
  assert.deepEqual(found.map(({ side, box: { rows, x } }) => [side, rows, x]), [["left", 9, [-61, -39]], ["above", 2, [-1, 1]]]);
  assert.ok(found[0].along > 0 && found[0].along < 0.5); // a little below the middle
});

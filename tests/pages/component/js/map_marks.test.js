import assert from "node:assert/strict";
import { test } from "node:test";

import { apart } from "../../../../pages/component/static/map_marks.js";
import { frame } from "./fake_dom.js";

const drawn = (places, counts) => ({
  points: { x: Float32Array.from(places, (p) => p[0]), y: Float32Array.from(places, (p) => p[1]) },
  marks: { rows: Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a]), count: Uint32Array.from(counts), left: new Uint8Array(counts.length) },
});

test("marks that would cover one another's count leave the place to the larger group, and none stands outside the view", () => {
  const rows = apart(drawn([[10, 10], [10.5, 10], [40, 40], [200, 10]], [2, 9, 3, 50]), frame, []).map(({ row }) => row);
  assert.deepEqual(rows, [1, 2]);
});

test("without collapsed groups there are no marks", () => {
  assert.deepEqual(apart({ ...drawn([[1, 1]], [2]), marks: null }, frame, []), []);
});

test("no mark stands below a name", () => {
  const name = { left: 380, top: 190, right: 480, bottom: 210 }; // over the second mark
  assert.deepEqual(apart(drawn([[10, 10], [40, 40]], [2, 2]), frame, [name]).map(({ row }) => row), [0]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { Visibility } from "../../../../pages/component/static/map_visibility.js";

const MISSING = 65_535;
const COLUMN = { categories: [["a", 3, 0], ["b", 2, 1], ["missing", 1, MISSING]], more: 1, missing: 1 }; // c is not listed
const all = (set) => [...set].sort((a, b) => a - b);

function made() {
  const visibility = new Visibility();
  visibility.values = Uint16Array.of(0, 0, 1, 1, 2, MISSING);
  return visibility;
}

test("a click on the legend hides a category and the next shows it", () => {
  const visibility = made();
  visibility.toggle(1);
  visibility.toggle(0);
  assert.deepEqual([...visibility.hidden], [1, 0]);
  visibility.toggle(1);
  assert.deepEqual([...visibility.hidden], [0]);
});

test("isolating hides all others, those that are not listed and the missing too", () => {
  const visibility = made();
  visibility.isolate(1, COLUMN);
  assert.deepEqual(all(visibility.hidden), [0, 2, MISSING]);
  visibility.isolate(MISSING, COLUMN);
  assert.deepEqual(all(visibility.hidden), [0, 1, 2]);
});

test("isolating what is alone already shows everything", () => {
  const visibility = made();
  visibility.isolate(1, COLUMN);
  visibility.isolate(1, COLUMN);
  assert.equal(visibility.hidden.size, 0);
});

test("the legend counts rows that pass and are selected, hidden or not", () => {
  const visibility = made();
  assert.equal(visibility.filtered, false);
  visibility.passes = Uint8Array.of(1, 1, 1, 0, 1, 1);
  visibility.selected = Uint8Array.of(0, 1, 1, 1, 1, 0);
  visibility.hidden = new Set([2]);
  assert.equal(visibility.filtered, true);
  assert.deepEqual([...visibility.counts()], [[0, 1], [1, 1], [2, 1]]);
});

test("the note counts selected rows that are neither filtered away nor hidden", () => {
  const visibility = made();
  assert.equal(visibility.countSelected(), null);
  visibility.passes = Uint8Array.of(1, 1, 1, 0, 1, 1);
  visibility.selected = Uint8Array.of(0, 1, 1, 1, 1, 0);
  visibility.hidden = new Set([2]);
  assert.equal(visibility.countSelected(), 2);
});

test("selecting keeps the shape for Python and the rows for the map; selecting nothing clears both", () => {
  const visibility = made(), points = { x: Float32Array.of(0, 5), y: Float32Array.of(0, 5) };
  const box = { box: { x: [4, 6], y: [4, 6] } };
  visibility.select(points, box);
  assert.deepEqual([visibility.selection, [...visibility.selected]], [box, [0, 1]]);
  visibility.select(points, null);
  assert.deepEqual([visibility.selection, visibility.selected], [null, null]);
});

test("the pointer finds selected rows first, then others that pass, and none that the filter left out", () => {
  const visibility = made(), chosen = { front: Uint32Array.of(0, 1), back: Uint32Array.of(2, 3) };
  visibility.passes = Uint8Array.of(1, 1, 1, 0);
  assert.deepEqual(visibility.answering(chosen), [chosen.front]);
  visibility.selected = Uint8Array.of(1, 1, 0, 0);
  assert.deepEqual(visibility.answering(chosen), [chosen.front, Uint32Array.of(2)]);
});

test("another map starts with nothing hidden and nothing selected", () => {
  const visibility = made();
  visibility.isolate(1, COLUMN);
  visibility.select({ x: Float32Array.of(0), y: Float32Array.of(0) }, { box: { x: [0, 1], y: [0, 1] } });
  visibility.clear();
  assert.deepEqual([visibility.hidden.size, visibility.selection, visibility.selected], [0, null, null]);
});

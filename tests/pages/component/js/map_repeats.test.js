import assert from "node:assert/strict";
import { test } from "node:test";

import { findMarks, wholeGroups } from "../../../../pages/component/static/map_repeats.js";

// rows 0, 2 and 4 repeat one another, and 3 and 5; 1 stands for itself
const FIRST = Uint32Array.of(0, 1, 0, 3, 0, 3);
const ALL = { passes: null, selected: null, hidden: new Set(), values: Uint16Array.of(0, 0, 0, 1, 1, 1) };
const found = (visibility) => {
  const { left, count, rows } = findMarks(FIRST, { ...ALL, ...visibility });
  return { left: [...left.keys()].filter((row) => left[row]), marks: [...rows].map((row) => [row, count[row]]) };
};

test("each group is one mark with its count, the largest first", () => {
  assert.deepEqual(found({}), { left: [0, 1, 3], marks: [[0, 3], [3, 2]] });
});

test("under a filter the first that passes stands for its group, and only those that pass are counted", () => {
  assert.deepEqual(found({ passes: Uint8Array.of(0, 1, 1, 0, 1, 1) }), { left: [1, 2, 5], marks: [[2, 2]] });
});

test("where none of a group passes, its first row stands in grey and counts nothing", () => {
  const { left, count } = findMarks(FIRST, { ...ALL, selected: Uint8Array.of(0, 1, 0, 1, 0, 0) });
  assert.deepEqual([[...left], [...count]], [[1, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0]]);
});

test("what the legend hides neither stands for a group nor counts", () => {
  assert.deepEqual(found({ hidden: new Set([0]) }), { left: [3, 4], marks: [[3, 2]] });
});

test("a selection holds the groups that it touches, whole", () => {
  assert.deepEqual([...wholeGroups(FIRST, Uint8Array.of(0, 0, 1, 0, 0, 0))], [1, 0, 1, 0, 1, 0]);
  assert.deepEqual([...wholeGroups(FIRST, Uint8Array.of(0, 1, 0, 0, 0, 1))], [0, 1, 0, 1, 0, 1]);
});

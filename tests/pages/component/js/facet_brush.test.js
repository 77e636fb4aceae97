import assert from "node:assert/strict";
import { test } from "node:test";

import {
  barsPath, binOf, brushBetween, fractionOf, moved, nudged, snap, stepOf, valueAt, valueText,
} from "../../../../pages/component/static/facet_brush.js";

const TENTHS = [0.5, 0.6, 0.7, 0.8, 0.9, 1];
const LOGS = [1, 10, 100, 1000];
const PLAIN = { isDate: false, isInteger: false };

test("the step is one that a person reads easily", () => {
  assert.deepEqual([stepOf([0, 1]), stepOf([0, 200]), stepOf([0, 250]), stepOf([-3, 900])], [0.005, 1, 2, 5]);
  assert.equal(stepOf([0, 30], true), 1);
  assert.equal(stepOf([4, 4]), 0);
});

test("a place on the chart and its value are the same thing said twice, whatever the bins span", () => {
  for (const edges of [TENTHS, LOGS, [-5, 0, 12]]) {
    for (const fraction of [0, 0.1, 1 / 3, 0.5, 0.99, 1]) {
      assert.ok(Math.abs(fractionOf(valueAt(fraction, edges), edges) - fraction) < 1e-12);
    }
  }
  assert.equal(valueAt(0.5, LOGS), 55);
  assert.equal(valueAt(-3, LOGS), 1);
  assert.equal(valueAt(7, LOGS), 1000);
});

test("a bin holds its lower edge, the last one its upper edge too", () => {
  assert.deepEqual([1, 9.9, 10, 99, 100, 1000, 5000, 0].map((value) => binOf(value, LOGS)), [0, 0, 1, 1, 2, 2, 2, 0]);
});

test("a brush stands on steps, and on the ends of the range exactly", () => {
  const edges = [0.513, 0.75, 0.998], step = stepOf(edges);
  assert.equal(step, 0.005);
  assert.equal(snap(0.7512, edges, step), 0.75);
  assert.equal(snap(0.5151, edges, step), 0.513);
  assert.equal(snap(2, edges, step), 0.998);
  assert.equal(snap(0.1 + 0.2, [0, 1], 0.1), 0.3);
});

test("a brush goes from left to right whichever way it was drawn, and one over everything is none", () => {
  assert.deepEqual(brushBetween(0.8, 0.2, TENTHS, 0.01), [0.6, 0.9]);
  assert.equal(brushBetween(1, 0, TENTHS, 0.01), null);
  assert.deepEqual(brushBetween(1, 0.2, TENTHS, 0.01), [0.6, 1]);
});

test("a brush that is moved keeps its width and stops at the end", () => {
  assert.deepEqual(moved([0.6, 0.7], 0.2, TENTHS, 0.01), [0.7, 0.8]);
  assert.deepEqual(moved([0.6, 0.7], 9, TENTHS, 0.01), [0.9, 1]);
  assert.deepEqual(moved([0.6, 0.7], -9, TENTHS, 0.01), [0.5, 0.6]);
});

test("an end that is nudged stops at the range's end and at the other end", () => {
  assert.deepEqual(nudged(null, 0, 1, TENTHS, 0.01), [0.51, 1]);
  assert.deepEqual(nudged([0.6, 0.7], 1, 1, TENTHS, 0.01), [0.6, 0.71]);
  assert.deepEqual(nudged([0.6, 0.7], 0, 1e9, TENTHS, 0.01), [0.7, 0.7]);
  assert.deepEqual(nudged([0.6, 0.7], 1, -1e9, TENTHS, 0.01), [0.6, 0.6]);
  assert.equal(nudged([0.5, 0.99], 1, 10, TENTHS, 0.01), null);
});

test("without a step, as for dates, a brush stands on edges and moves by them", () => {
  const months = [0, 31, 59, 90];
  assert.deepEqual(brushBetween(0.1, 0.6, months, 0), [0, 59]);
  assert.deepEqual(nudged([0, 58.99], 1, -1, months, 0), [0, 31]);
  assert.deepEqual(nudged(null, 0, 2, months, 0), [59, 90]);
  assert.equal(nudged([31, 90], 0, -5, months, 0), null);
});

test("a bar that is there is seen, one that is not is no bar", () => {
  assert.equal(barsPath([0, 0], 10), "");
  assert.equal(barsPath([10, 0, 1], 10), "M0.08 100V0H0.92V100ZM2.08 100V90H2.92V100Z");
  assert.match(barsPath([1], 100_000), /V98H/);
  assert.equal(barsPath([3], 0), "");
});

test("values are told with as many digits as tell them apart", () => {
  assert.deepEqual([valueText(0.905, TENTHS, PLAIN), valueText(905.04, [0, 1000], PLAIN), valueText(-0.0001, [-9, 9], PLAIN)], ["0.905", "905", "0"]);
  assert.equal(valueText(12_345.6, [0, 1e5], { isDate: false, isInteger: true }), "12,346");
  assert.equal(valueText(2.5e9, [0, 5e9], PLAIN), "2.5e+9");
  const day = 86_400_000, dated = { isDate: true, isInteger: false };
  assert.equal(valueText(31 * day, [0, 400 * day], dated), "1970-02-01");
  assert.equal(valueText(day + 90_000, [0, 2 * day], dated), "1970-01-02 00:01");
});

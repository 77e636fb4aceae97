import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { drawLegend, short } from "../../../../pages/component/static/map_legend.js";
import { happening, openPage } from "./fake_dom.js";

const MISSING = 65_535;
const COLUMN = {
  key: "label", title: "Label", kind: "category", categories: [["<b>Yes</b>", 1200, 0], [" ", 30, 1], ["missing", 4, MISSING]],
  more: 0, missing: 4, colors: ["#aa0000", "#00aa00", "#0000aa"], low: null, high: null, scale: "sequential",
};
let box, heard;

function draw(changes = {}) {
  drawLegend(box, {
    column: COLUMN, missingColor: "grey", dark: false, hidden: new Set(), counts: new Map(), filtered: false,
    onToggle: (code) => heard.push(["toggle", code]), onIsolate: (code) => heard.push(["isolate", code]), ...changes,
  });
  return box.querySelectorAll("button");
}

beforeEach(() => {
  box = openPage().appendChild(document.createElement("div"));
  heard = [];
});

test("every category is a button with its name as text, its count and its colour", () => {
  const entries = draw();
  assert.deepEqual(entries.map((entry) => entry.textContent), ["<b>Yes</b>1,200", "(empty)30", "missing4"]);
  assert.deepEqual(entries.map((entry) => entry.querySelector(".em-swatch").style.background), ["#aa0000", "#00aa00", "grey"]);
  assert.equal(box.querySelector("b"), null);
});

test("a button tells whether its category is shown", () => {
  assert.deepEqual(draw({ hidden: new Set([1]) }).map((entry) => entry.getAttribute("aria-pressed")), ["true", "false", "true"]);
});

test("a click hides or shows, a click with Shift and a double click isolate", () => {
  const [, , missing] = draw();
  missing.click();
  missing.click({ shiftKey: true });
  missing.dispatchEvent(happening("dblclick"));
  assert.deepEqual(heard, [["toggle", MISSING], ["isolate", MISSING], ["isolate", MISSING]]);
});

test("with a filter the counts are those of the rows that pass", () => {
  const entries = draw({ filtered: true, counts: new Map([[0, 7]]) });
  assert.deepEqual(entries.map((entry) => entry.querySelector(".em-count").textContent), ["7", "0", "0"]);
  assert.match(entries[0].getAttribute("aria-label"), /7 of 1,200 examples/);
});

test("the focus and the scrolling survive a new drawing", () => {
  draw()[1].focus();
  box.querySelector(".em-entries").scrollTop = 33;
  const again = draw();
  assert.equal(document.activeElement, again[1]);
  assert.equal(box.querySelector(".em-entries").scrollTop, 33);
});

test("categories that are not listed are counted", () => {
  draw({ column: { ...COLUMN, more: 1040 } });
  assert.equal(box.querySelector(".em-more").textContent, "… and 1,040 more");
});

test("numbers have a scale with its ends and its middle", () => {
  draw({ column: { ...COLUMN, kind: "number", categories: [], low: 0, high: 1, missing: 2 } });
  assert.deepEqual(box.querySelector(".em-scale-ends").children.map((end) => end.textContent), ["0", "0.5", "1"]);
  assert.equal(box.querySelector(".em-entry").textContent, "missing2");
});

test("a number has as many digits as tell the scale's ends apart", () => {
  assert.deepEqual([short(12.34, 100), short(12.34, 5), short(0.1234, 0.5), short(0.12345, 0.01), short(0.5, 0)], ["12", "12.3", "0.12", "0.1235", "0.5"]);
  assert.deepEqual([short(1_234_567, 9e6), short(0.1, 1e-4), short(-0.001, 5)], ["1.2e+6", "1.0e-1", "0"]);
});

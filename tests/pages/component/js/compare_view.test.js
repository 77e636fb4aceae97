import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { mount, percent, stepPath } from "../../../../pages/component/static/compare_view.js";
import { openPage } from "./fake_dom.js";

const DATA = {
  assets: "/a", a: { name: "<b>one</b>", rows: 40 }, b: { name: "two", rows: 1000 }, both: 0, note: "jointly",
  labels: [["Yes", 0.75, 0.5, 0.25, 0.1, 0.4], ["No", 0.25, 0.5, -0.25, -0.4, -0.1], ["Maybe", 0, 0, 0, -0.1, 0.1]],
  terms: [["plan", 0.5, 0.05, 0.45, 0.2, 0.6]],
  pairs: [
    { title: "Label", kind: "bars", distance: 0.25, missing: [0, 3], more: 0, colors: ["#111111", "#222222"], bars: [["Yes", 30, 500], ["No", 10, 500]] },
    { title: "Length", kind: "histogram", distance: null, missing: [0, 0], edges: [0, 50, 100], a: [40, 0], b: [500, 500], isDate: false, isInteger: true },
  ],
};
let root;

const show = (changes = {}) => mount({ parentElement: { querySelector: () => root }, data: { ...DATA, ...changes } });

beforeEach(() => {
  globalThis.__evalmapKept?.clear();
  root = openPage().appendChild(document.createElement("div"));
});

test("each difference stands on its interval around 0, on the side that has more", async () => {
  await show();
  const rows = root.querySelectorAll(".ec-term").filter((row) => row.getAttribute("role") === "row");
  assert.deepEqual(rows.map((row) => row.querySelector(".ec-word").textContent), ["Yes", "No", "Maybe", "plan"]);
  const dots = rows.map((row) => row.querySelector(".ec-dot"));
  assert.deepEqual(dots.slice(0, 3).map((dot) => dot.style.left), [`${50 + (50 * 0.25) / 0.4}%`, `${50 - (50 * 0.25) / 0.4}%`, "50%"]);
  assert.deepEqual(dots.map((dot) => dot.className), ["ec-dot ec-line-a", "ec-dot ec-line-b", "ec-dot ec-line-none", "ec-dot ec-line-a"]);
  assert.match(rows[3].title, /plan: 50 % of <b>one<\/b>, 5.0 % of two; difference \+45.0 points \(\+20.0 points to \+60.0 points\)/);
});

test("columns are drawn as shares, so that subsets of different size can be compared", async () => {
  await show();
  const lines = root.querySelectorAll(".ec-line").map((line) => line.style.width);
  assert.deepEqual(lines.slice(0, 2), ["100%", `${(100 * 0.5) / 0.75}%`]);
  assert.deepEqual(root.querySelectorAll(".ec-apart").map((apart) => apart.textContent), ["25 % apart", ""]);
  assert.match(root.textContent, /missing: 0 and 3/);
});

test("names of data are text", async () => {
  await show();
  assert.equal(root.querySelectorAll("b").filter((bold) => bold.textContent === "one").length, 0);
  assert.match(root.textContent, /<b>one<\/b>/);
});

test("what did not change is not drawn again", async () => {
  await show();
  const before = root.children[0];
  await show();
  assert.equal(root.children[0], before);
  await show({ both: 7 });
  assert.match(root.textContent, /7 examples are in both/);
});

test("where no word tells them apart, a sentence says so", async () => {
  await show({ terms: [] });
  assert.match(root.textContent, /No word is more frequent/);
});

test("shares and steps", () => {
  assert.deepEqual([percent(0), percent(0.004), percent(0.0999), percent(0.5), percent(1)], ["0 %", "0.4 %", "10.0 %", "50 %", "100 %"]);
  assert.equal(stepPath([0, 0.5, 1], 1), "M0 100H1L1 50H2L2 0H3");
});

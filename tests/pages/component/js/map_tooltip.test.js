import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Tooltip, answerOf } from "../../../../pages/component/static/map_tooltip.js";
import { openPage } from "./fake_dom.js";

const MARKUP = '<img src="https://elsewhere.test/x.png" onerror="alert(1)"> & <b>bold</b>';
const EXAMPLE = {
  text: "Do you plan ahead?", label: "Yes", confidence: 0.987, clusters: [{ title: "Topic", name: null }, { title: "Cluster", name: "plans" }], dataset: "careful", line: 12,
};
const settled = () => new Promise((resolve) => setImmediate(resolve));
let box, tooltip, asked, answer, base, maps = 0;

beforeEach(() => {
  box = openPage().appendChild(document.createElement("div"));
  tooltip = new Tooltip(box);
  tooltip.hide();
  asked = [];
  answer = () => EXAMPLE;
  base = `/tooltip/${maps++}`;
  globalThis.fetch = async (url, { signal }) => {
    asked.push(url.slice(base.length));
    signal.throwIfAborted();
    return { ok: true, json: async () => answer(url) };
  };
});

test("a point's text is asked for after 40 ms and shown", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  tooltip.show(base, 3, 10, 10, null, null);
  t.mock.timers.tick(39);
  assert.deepEqual([asked, box.hidden], [[], true]);
  t.mock.timers.tick(1);
  await settled();
  assert.deepEqual(asked, ["/hover?row=3"]);
  assert.equal(box.hidden, false);
  for (const part of ["Do you plan ahead?", "Yes", "98.7 %", "Clusterplans", "careful, line 12"]) assert.ok(box.textContent.includes(part), part);
  assert.ok(!box.textContent.includes("Topic"));
});

test("dataset text is shown as it is, never as markup", () => {
  tooltip.fill({ ...EXAMPLE, text: MARKUP, label: MARKUP, clusters: [{ title: "Topic", name: MARKUP }, { title: "Cluster", name: MARKUP }], dataset: MARKUP }, "#fff", MARKUP);
  assert.equal(box.querySelector(".em-text").textContent, MARKUP);
  assert.equal(box.querySelector("strong").textContent, MARKUP);
  assert.equal(box.querySelector(".em-answer").textContent, MARKUP);
  assert.deepEqual([box.querySelectorAll("img"), box.querySelectorAll("b")], [[], []]);
});

test("the answer for a point that the pointer left is not shown", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  answer = (url) => ({ ...EXAMPLE, text: url.endsWith("=1") ? "the first" : "the second" });
  tooltip.show(base, 1, 10, 10, null, null);
  t.mock.timers.tick(40);
  tooltip.show(base, 2, 20, 20, null, null);
  await settled();
  assert.equal(box.hidden, true);
  t.mock.timers.tick(40);
  await settled();
  assert.equal(box.querySelector(".em-text").textContent, "the second");
});

test("a text that could not be had is told", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.fetch = async () => { throw new TypeError("network"); };
  tooltip.show(base, 1, 10, 10, null, null);
  t.mock.timers.tick(40);
  await settled();
  assert.match(box.textContent, /did not answer when asked for the example/);
});

test("the tooltip stays in the window and beside the pointer", () => {
  Object.assign(box, { offsetWidth: 300, offsetHeight: 200 });
  for (const at of [[0, 0], [1279, 799], [640, 400], [1100, 700]]) {
    tooltip.at = at;
    tooltip.fill(EXAMPLE, null, null);
    const left = parseFloat(box.style.left), top = parseFloat(box.style.top);
    assert.ok(left >= 4 && left + 300 <= 1276 && top >= 4 && top + 200 <= 796, `${at}: ${left}, ${top}`);
    assert.ok(left > at[0] || left + 300 < at[0], `${at}: ${left}`);
    assert.ok(top > at[1] || top + 200 < at[1], `${at}: ${top}`);
  }
});

test("a confidence beyond 0 to 1 is no percentage, and none is no line", () => {
  tooltip.fill({ ...EXAMPLE, confidence: 12.3456789 }, null, null);
  assert.equal(box.querySelector(".em-confidence").textContent, "12.3457");
  tooltip.fill({ ...EXAMPLE, confidence: null, label: null }, null, null);
  assert.equal(box.querySelector(".em-facts"), null);
});

test("a colouring from model answers says what was answered; the map's own say nothing", () => {
  const answers = { key: "answers.a.b.answer", kind: "category", title: "Answer · model", categories: [["Yes", 2, 0], ["not asked", 1, 65_535]] };
  assert.equal(answerOf(answers, 65_535), "Answer · model: not asked");
  assert.equal(answerOf(answers, 9), null);
  const p = { key: "answers.a.b.p", kind: "number", title: "P(matching) · model", categories: [] };
  assert.equal(answerOf(p, 0.126), "P(matching) · model: 0.13");
  assert.equal(answerOf(p, NaN), "P(matching) · model: no value");
  assert.equal(answerOf({ ...answers, key: "label" }, 0), null);
});

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { chosenWith } from "../../../../pages/component/static/facet_bars.js";
import { afterAct, mount } from "../../../../pages/component/static/facet_view.js";
import { happening, openPage } from "./fake_dom.js";

const LABEL = {
  key: "label", title: "Label", kind: "bars", open: true, active: false, note: "", missing: { total: 3, passing: 1, chosen: 0 },
  bars: [["<b>Yes</b>", 60, 6, 0, 0], ["No", 40, 4, 1, 0], [" ", 1, 0, 2, 0]], more: 0, colors: ["#111111", "#222222", "#333333"], query: "",
};
const LENGTH = {
  key: "length", title: "Length", kind: "histogram", open: true, active: false, note: "half", missing: null,
  edges: [0, 50, 100], totals: [70, 34], passing: [7, 4], brush: null, isDate: false, isInteger: true,
};
const DATA = { assets: "/a", name: "one", total: 104, passing: 11, charts: [LABEL, LENGTH], leftOut: "note: mostly unique.", heard: 0 };
let root, sent;

const show = (changes = {}) => mount({
  parentElement: { querySelector: () => root },
  data: { ...DATA, ...changes },
  setTriggerValue: (name, value) => sent.push([name, value]),
});
const bars = () => root.querySelectorAll(".ef-bar");
const withChoices = (...choices) => ({ ...LABEL, bars: LABEL.bars.map((bar, at) => [...bar.slice(0, 4), choices[at] ?? 0]) });

beforeEach(() => {
  globalThis.__evalmapKept?.clear();
  root = openPage().appendChild(document.createElement("div"));
  sent = [];
});

test("every name is a button with its text as text, how many pass, and its colour", async () => {
  await show();
  assert.deepEqual(bars().map((bar) => bar.textContent), ["<b>Yes</b>6", "No4", "(empty)0", "missing1"]);
  assert.deepEqual(bars().map((bar) => bar.querySelector(".ef-part").style.background), ["#111111", "#222222", "#333333", ""]);
  assert.deepEqual(bars().map((bar) => bar.querySelector(".ef-all").style.width).slice(0, 2), ["100%", `${(100 * 40) / 60}%`]);
  assert.equal(root.querySelector("b").textContent, "11");
  assert.equal(root.querySelector(".ef-left-out").textContent, "note: mostly unique.");
});

test("a click tells at once what the column is asked for, and is seen before the answer", async () => {
  await show();
  bars()[1].click();
  const [[name, [act]]] = sent;
  assert.equal(name, "acts");
  assert.deepEqual([act.column, act.op, act.chosen, act.excluded, act.missing], ["label", "values", [1], [], 0]);
  assert.equal(bars()[1].getAttribute("aria-pressed"), "true");
});

test("acts that were not answered go along with the next, so that none is lost", async () => {
  await show();
  bars()[0].click();
  const first = sent[0][1][0];
  bars()[1].click({ shiftKey: true }); // of the same column: it replaces the first
  root.querySelector(".ef-handle").dispatchEvent(happening("keydown", { key: "ArrowRight", shiftKey: false }));
  root.querySelector(".ef-handle").dispatchEvent(happening("blur"));
  const last = sent.at(-1)[1];
  assert.deepEqual(last.map((act) => [act.column, act.op]), [["label", "values"], ["length", "range"]]);
  assert.deepEqual(last[0].excluded, [1]);
  assert.deepEqual(last[1].range, [1, 100]);
  assert.ok(last[1].n > last[0].n && last[0].n > first.n);
  await show({ heard: last[0].n, charts: [withChoices(0, -1), LENGTH] });
  bars()[0].click();
  assert.deepEqual(sent.at(-1)[1].map((act) => act.column), ["length", "label"]);
});

test("the same rows stand there after an update, and the focus stays", async () => {
  await show();
  const before = bars();
  before[1].focus();
  await show({ charts: [withChoices(0, 1), LENGTH] });
  assert.deepEqual(bars().map((bar, at) => bar === before[at]), [true, true, true, true]);
  assert.equal(document.activeElement, before[1]);
});

test("names that are chosen are one or the other; one is never chosen beside others that are excluded", () => {
  const told = (chart, value, choice) => {
    const { chosen, excluded, missing } = chosenWith(chart, value, choice);
    return [chosen, excluded, missing];
  };
  assert.deepEqual(told(withChoices(1), 1, 1), [[0, 1], [], 0]);
  assert.deepEqual(told(withChoices(1, 1), 1, 1), [[0], [], 0]);
  assert.deepEqual(told(withChoices(1, 1), 2, -1), [[], [2], 0]);
  assert.deepEqual(told(withChoices(-1, -1), 0, 1), [[], [1], 0]);
  assert.deepEqual(told(withChoices(-1), 1, 1), [[1], [], 0]);
  assert.deepEqual(told(withChoices(1), -1, 1), [[0], [], 1]);
  assert.deepEqual(told(withChoices(-1), -1, -1), [[], [], -1]);
  assert.deepEqual(told({ ...LABEL, missing: { ...LABEL.missing, chosen: -1 } }, 1, -1), [[], [1], 0]);
});

test("an act that was not answered is drawn over what Python sent", () => {
  assert.deepEqual(afterAct(LENGTH, { n: 1, column: "length", op: "range", range: [3, 9], missing: 0 }).brush, [3, 9]);
  assert.equal(afterAct({ ...LENGTH, brush: [3, 9], active: true }, { n: 1, column: "length", op: "clear" }).active, false);
  assert.deepEqual(afterAct(withChoices(1), { n: 1, column: "label", op: "clear" }).bars.map((bar) => bar[4]), [0, 0, 0]);
});

test("the handles of a brush are sliders with their values as text, moved by the keys", async () => {
  await show();
  const [low, high] = root.querySelectorAll(".ef-handle");
  assert.deepEqual([low.getAttribute("role"), low.getAttribute("aria-label"), low.getAttribute("aria-valuetext")], ["slider", "Length, lower end", "from 0"]);
  high.dispatchEvent(happening("keydown", { key: "PageDown", shiftKey: false }));
  assert.equal(high.getAttribute("aria-valuetext"), "to 90");
  assert.equal(sent.length, 0); // more keys may follow
  high.dispatchEvent(happening("blur"));
  assert.deepEqual(sent[0][1][0].range, [0, 90]);
  high.dispatchEvent(happening("keydown", { key: "Delete", shiftKey: false }));
  high.dispatchEvent(happening("blur"));
  assert.equal(sent[1][1][0].range, null);
});

test("a long list shows its first names and those that are chosen, until it is unfolded and searched", async () => {
  const many = { ...LABEL, missing: null, colors: null, bars: Array.from({ length: 20 }, (_, at) => [`name ${at}`, 40 - at, 1, at, at === 15 ? 1 : 0]), more: 0 };
  await show({ charts: [many] });
  assert.equal(bars().length, 9);
  const unfold = root.querySelector(".ef-more"), search = root.querySelector(".ef-search");
  assert.equal(unfold.textContent, "12 more");
  assert.equal(search.hidden, true);
  unfold.click();
  assert.equal(bars().length, 20);
  search.value = "name 1";
  search.dispatchEvent(happening("input"));
  assert.deepEqual(bars().map((bar) => bar.querySelector(".ef-name").textContent), ["name 1", ...Array.from({ length: 10 }, (_, at) => `name ${10 + at}`)]);
  assert.equal(sent.length, 0);
});

test("a chart is folded by its title, and cleared by its cross", async () => {
  await show({ charts: [withChoices(1), LENGTH].map((chart) => ({ ...chart, active: true })) });
  const fold = root.querySelector(".ef-fold"), clear = root.querySelector(".ef-clear");
  fold.click();
  assert.deepEqual([fold.getAttribute("aria-expanded"), root.querySelector(".ef-body").hidden], ["false", true]);
  assert.equal(clear.hidden, false);
  clear.click();
  assert.deepEqual(sent.at(-1)[1].map((act) => [act.column, act.op]), [["label", "clear"]]);
  assert.equal(clear.hidden, true);
});

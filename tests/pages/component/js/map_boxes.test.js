import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Layout, describe } from "../../../../pages/component/static/map_layout.js";
import { writeNote } from "../../../../pages/component/static/map_note.js";
import { drawToolbar, pressMode } from "../../../../pages/component/static/map_toolbar.js";
import { openPage } from "./fake_dom.js";

let box;

beforeEach(() => {
  box = openPage().appendChild(document.createElement("div"));
});

test("the tool bar tells the mode, zooms in and out by the same step, and brings the whole map back", () => {
  const heard = [];
  drawToolbar(box, { onMode: (mode) => heard.push(mode), onZoom: (factor) => heard.push(factor), onHome: () => heard.push("home") });
  for (const button of box.querySelectorAll("button")) button.click();
  const [pan, lasso, square, nearer, farther, home] = heard;
  assert.deepEqual([pan, lasso, square, home], ["pan", "lasso", "box", "home"]);
  assert.ok(nearer < 1);
  assert.equal(nearer * farther, 1);
});

test("one mode is pressed at a time", () => {
  drawToolbar(box, { onMode() {}, onZoom() {}, onHome() {} });
  for (const mode of ["lasso", "pan"]) {
    pressMode(box, mode);
    const pressed = box.querySelectorAll("button").filter((button) => button.getAttribute("aria-pressed") === "true");
    assert.deepEqual(pressed.map((button) => button.dataset.mode), [mode]);
  }
});

test("the note tells of a sample and of a selection, which it can clear", () => {
  let cleared = 0;
  writeNote(box, { inView: 120_000, drawnInView: 99_999 }, 0, () => { cleared += 1; });
  assert.equal(box.textContent, "99,999 of 120,000 points in view drawn: a sample0 selectedClear selection");
  box.querySelector("button").click();
  assert.equal(cleared, 1);
});

test("where everything is drawn and nothing selected there is no note", () => {
  writeNote(box, { inView: 5, drawnInView: 5 }, null, () => {});
  assert.deepEqual([box.hidden, box.textContent], [true, ""]);
});

test("a screen reader hears what is on the map and by what it is coloured", () => {
  const column = (key, title) => ({ key, title });
  assert.equal(describe({ n: 1200, name: "careful", column: column("label", "Label") }), "Map of 1,200 examples of careful, coloured by label");
  assert.equal(describe({ n: 1, name: "careful", column: column("field.Topic", "Topic") }), "Map of 1 example of careful, coloured by Topic");
});

test("names keep clear of the tools with the note, and of the legend, wherever they were moved", () => {
  const layout = new Layout(box);
  /** @type {(left: number, top: number, right: number, bottom: number) => () => object} */
  const at = (left, top, right, bottom) => () => ({ left, top, right, bottom });
  Object.assign(layout.stage, { getBoundingClientRect: at(100, 50, 900, 650) });
  Object.assign(layout.foot, { getBoundingClientRect: at(112, 600, 300, 640) });
  Object.assign(layout.key, { getBoundingClientRect: at(660, 62, 890, 200) });
  assert.deepEqual(layout.corners(), [{ left: 12, top: 550, right: 200, bottom: 590 }, { left: 560, top: 12, right: 790, bottom: 150 }]);
});

test("a sentence takes the map's place until it is taken away", () => {
  const layout = new Layout(box);
  layout.say("Loading the map …");
  assert.deepEqual([layout.message.textContent, layout.message.hidden], ["Loading the map …", false]);
  layout.say("");
  assert.equal(layout.message.hidden, true);
});

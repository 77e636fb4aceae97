// The whole component on a page of its own: what it draws of what Python sends, and what it sends back.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { mount } from "../../../../pages/component/static/map_view.js";
import { happening, openPage } from "./fake_dom.js";
import { FakePlotly } from "./fake_plotly.js";

const COLUMN = {
  key: "label", title: "Label", kind: "category", categories: [["Yes", 2, 0], ["No", 1, 1]], more: 0, missing: 0,
  colors: ["#aa0000", "#00aa00"], low: null, high: null, scale: "sequential",
};
const FILES = { points: Float32Array.of(0, 80, 40, 0, 60, 30).buffer, column: Uint16Array.of(0, 1, 0).buffer, repeats: Uint32Array.of(0, 1, 0).buffer, labels: [{ layer: "topics-coarse", zoom: 0, names: [{ id: 0, name: "plans", x: 40, y: 45, size: 3 }] }] };
let root, parentElement, library, sent, data, maps = 0, unmount, asked, missing;

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const legend = () => root.querySelector(".em-legend");
const message = () => root.querySelector(".em-message");
const drawn = () => library.drawings.at(-1).traces.map((trace) => [...trace.x].sort((a, b) => a - b));
const states = () => sent.filter(([name]) => name === "view").map(([, value]) => value);

async function send(changes = {}) {
  data = { ...data, ...changes };
  unmount = mount({
    parentElement, data, setStateValue: (name, value) => sent.push([name, value]), setTriggerValue: (name, value) => sent.push([name, value]),
  });
  await later(20);
}

beforeEach(() => {
  parentElement = openPage().appendChild(document.createElement("div"));
  root = parentElement.appendChild(document.createElement("div"));
  root.className = "evalmap";
  library = globalThis.Plotly = new FakePlotly();
  sent = [];
  asked = [];
  missing = "";
  globalThis.fetch = async (url) => {
    asked.push(url);
    const name = url.split("/")[3], body = name === missing ? undefined : FILES[name];
    return body ? { ok: true, arrayBuffer: async () => body, json: async () => body } : { ok: false, status: 404, json: async () => ({ error: "there is no such map." }) };
  };
  data = {
    assets: "/assets/1", plotly: `/plotly${maps}`, map: `/map/${maps++}`, name: "careful", n: 3, column: COLUMN, cycle: ["#111111"], missing: "grey",
    mask: null, highlight: [], opened: null, names: true, dark: false, height: 640,
  };
});

afterEach(async () => {
  root.remove();
  unmount();
  await later(110);
});

test("the points, the names and the legend are drawn, and Python is told nothing of it", async () => {
  await send();
  assert.deepEqual(drawn(), [[], [0, 40, 80]]);
  assert.equal(root.querySelector(".em-names").textContent, "plans");
  assert.deepEqual(legend().querySelectorAll("button").map((entry) => entry.textContent), ["Yes2", "No1"]);
  assert.equal(message().hidden, true);
  await later(250);
  assert.deepEqual(sent, []);
});

test("the same data again draws nothing anew; a filter draws its rows in grey", async () => {
  await send();
  await send();
  assert.equal(library.drawings.length, 1);
  await send({ mask: btoa("\x03") });
  assert.deepEqual(drawn(), [[40], [0, 80]]);
});

test("a click on the legend hides a category and tells Python its code", async () => {
  await send();
  legend().querySelectorAll("button")[1].click();
  await later(250);
  assert.deepEqual(drawn(), [[], [0, 40]]);
  assert.deepEqual(states(), [{ selection: null, view: null, hidden: [1], collapsed: false }]);
});

test("another colouring shows what the last one hid", async () => {
  await send();
  legend().querySelectorAll("button")[1].click();
  await send({ column: { ...COLUMN, key: "dataset", title: "Dataset" } });
  await later(250);
  assert.deepEqual(drawn(), [[], [0, 40, 80]]);
  assert.deepEqual(states().at(-1).hidden, []);
});

test("a box selects, in data units, and Escape clears it", async () => {
  await send();
  const stage = root.querySelector(".em-stage"), at = (x, y) => ({ clientX: x + 100, clientY: y + 50, button: 0, isPrimary: true, shiftKey: false });
  root.querySelectorAll("button").find((button) => button.title === "Box select").click();
  const { range: [x0, x1] } = library.div._fullLayout.xaxis;
  stage.dispatchEvent(happening("pointerdown", at(200, 150)));
  window.dispatchEvent(happening("pointermove", at(600, 450)));
  window.dispatchEvent(happening("pointerup", at(600, 450)));
  await later(250);
  const { box } = states()[0].selection;
  assert.deepEqual(box.x, [200, 600].map((px) => x0 + (px / 800) * (x1 - x0)));
  assert.deepEqual(drawn(), [[0, 80], [40]]);
  assert.match(root.querySelector(".em-note").textContent, /^1 selected/);
  window.dispatchEvent(happening("keydown", { key: "Escape" }));
  await later(250);
  assert.equal(states()[1].selection, null);
  assert.deepEqual(drawn(), [[], [0, 40, 80]]);
});

test("what is selected is let go of when the page says so, and is not selected again by the next run", async () => {
  await send({ cleared: 0 });
  const stage = root.querySelector(".em-stage"), at = (x, y) => ({ clientX: x + 100, clientY: y + 50, button: 0, isPrimary: true, shiftKey: false });
  root.querySelectorAll("button").find((button) => button.title === "Box select").click();
  stage.dispatchEvent(happening("pointerdown", at(200, 150)));
  window.dispatchEvent(happening("pointermove", at(600, 450)));
  window.dispatchEvent(happening("pointerup", at(600, 450)));
  await later(250);
  assert.notEqual(states().at(-1).selection, null);
  await send({ cleared: 0, opened: 1 });
  await later(250);
  assert.notEqual(states().at(-1).selection, null);
  await send({ cleared: 1 });
  await later(250);
  assert.equal(states().at(-1).selection, null);
  assert.deepEqual(drawn(), [[], [0, 40, 80]]);
});

test("a click on a point tells its row, a click beside it nothing", async () => {
  await send();
  const stage = root.querySelector(".em-stage");
  for (const [x, y] of [[400, 200], [400, 300]]) {
    stage.dispatchEvent(happening("pointerdown", { clientX: x + 100, clientY: y + 50, button: 0, isPrimary: true }));
    window.dispatchEvent(happening("pointerup", { clientX: x + 100, clientY: y + 50, timeStamp: y * 1000 }));
  }
  assert.deepEqual(sent, [["clicked", 2]]); // row 2 stands in the middle
});

test("the view is told once the reader moved, and stays when the colours change", async () => {
  await send();
  root.querySelectorAll("button").find((button) => button.title === "Zoom in").click();
  await later(300);
  const { view } = states()[0];
  assert.ok(view.x[1] - view.x[0] < 110);
  await send({ column: { ...COLUMN, colors: ["#0000aa", "#00aa00"] } });
  assert.deepEqual(library.drawings.at(-1).layout.xaxis.range, view.x);
  root.querySelectorAll("button").find((button) => button.title === "Reset view (H)").click();
  await later(300);
  assert.equal(states().at(-1).view, null);
});

test("near-duplicates collapse to one point each, are asked for once, and come back", async () => {
  await send();
  const collapse = root.querySelectorAll("button").find((button) => button.getAttribute("aria-label") === "Collapse repeats");
  for (const [pressed, left] of [["true", [0, 80]], ["false", [0, 40, 80]], ["true", [0, 80]]]) {
    collapse.click();
    await later(300);
    assert.equal(collapse.getAttribute("aria-pressed"), pressed);
    assert.deepEqual(drawn(), [[], left]);
    assert.equal(states().at(-1).collapsed, pressed === "true");
  }
  assert.deepEqual(globalThis.__evalmap.marks(), [[0, 2]]);
  assert.equal(asked.filter((url) => url.endsWith("/repeats")).length, 1);
});

test("near-duplicates that cannot be had leave the map as it is, with a sentence", async () => {
  await send({ map: `/map/${maps++}?` });
  missing = "repeats";
  root.querySelectorAll("button").find((button) => button.getAttribute("aria-label") === "Collapse repeats").click();
  await later(300);
  assert.match(root.querySelector(".em-note").textContent, /^there is no such map\./);
  assert.deepEqual(drawn(), [[], [0, 40, 80]]);
  assert.equal(states().at(-1).collapsed, false);
});

test("the keys for the first view and for everything work while the focus is in the map", async () => {
  await send();
  const zoom = root.querySelectorAll("button").find((button) => button.title === "Zoom in");
  const home = library.div._fullLayout.xaxis.range;
  for (const key of ["h", "F"]) {
    zoom.click();
    await later(20);
    assert.notDeepEqual(library.div._fullLayout.xaxis.range, home);
    window.dispatchEvent(happening("keydown", { key, target: zoom }));
    await later(20);
    assert.deepEqual(library.div._fullLayout.xaxis.range, home);
  }
});

test("an opened row outside the view is brought into it", async () => {
  await send();
  library.relayout(library.div, { "xaxis.range": [0, 8], "yaxis.range": [0, 6] });
  await send({ opened: 1 });
  const { xaxis, yaxis } = library.div._fullLayout;
  assert.deepEqual([xaxis.range, yaxis.range], [[76, 84], [57, 63]]);
});

test("another map forgets selection and hidden categories", async () => {
  await send();
  legend().querySelectorAll("button")[1].click();
  await send({ map: `/map/${maps++}` });
  await later(250);
  assert.deepEqual(states().at(-1), { selection: null, view: null, hidden: [], collapsed: false });
  assert.deepEqual(drawn(), [[], [0, 40, 80]]);
});

test("what the server refuses is told in the map's place", async () => {
  await send({ map: "/nothing" });
  assert.deepEqual([message().textContent, message().hidden], ["there is no such map.", false]);
  assert.equal(library.drawings.length, 0);
});

test("a map that left the page is taken down and sends nothing more", async () => {
  await send();
  legend().querySelectorAll("button")[1].click();
  root.remove();
  unmount();
  await later(350);
  assert.deepEqual(sent, []);
  assert.equal(library.purged, 1);
});

test("Streamlit's clean-up of a call that a newer one overtook leaves the map alone", async () => {
  await send();
  unmount();
  await later(120);
  assert.equal(library.purged, 0);
});

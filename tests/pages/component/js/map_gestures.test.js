import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { geometry, listenToPointer, slideOf } from "../../../../pages/component/static/map_gestures.js";
import { frame, happening, openPage } from "./fake_dom.js";

let stage, mode, drawn, heard, cancel, stop, clock;

// Places are pixels of the stage, which stands at 100, 50 in the window
const pointer = (target, type, [x, y], extra) => target.dispatchEvent(happening(type, {
  clientX: x + 100, clientY: y + 50, button: 0, isPrimary: true, shiftKey: false, timeStamp: clock, ...extra,
}));
const drag = ([first, ...others], extra) => {
  pointer(stage, "pointerdown", first, extra);
  for (const place of others) pointer(window, "pointermove", place);
  pointer(window, "pointerup", others.at(-1) ?? first);
};

beforeEach(() => {
  stage = openPage().appendChild(document.createElement("div"));
  mode = "pan";
  drawn = frame;
  heard = [];
  clock = 1000;
  stop = new AbortController();
  const hear = (name) => (...what) => heard.push([name, ...what]);
  cancel = listenToPointer(stage, {
    mode: () => mode, frame: () => drawn, onHover: hear("hover"), onLeave: () => {}, onClick: hear("click"), onOutline: () => {},
    onSelect: hear("select"), onHome: hear("home"), onSlide: hear("slide"), onSlid: hear("slid"),
  }, stop.signal);
});

test("a press that hardly moves is a click, in every mode", () => {
  for (mode of ["pan", "lasso", "box"]) {
    heard = [];
    clock += 1000;
    drag([[10, 20], [12, 21]]);
    assert.deepEqual(heard, [["click", [12, 21]]]);
  }
});

test("two clicks at one place within 400 ms bring the whole map back, and a third is a click again", () => {
  for (const when of [1000, 1300, 1500]) {
    clock = when;
    drag([[10, 20]]);
  }
  assert.deepEqual(heard.map(([name]) => name), ["click", "home", "click"]);
});

test("two clicks that are slow or far apart are two clicks", () => {
  drag([[10, 20]]);
  clock += 400;
  drag([[10, 20]]);
  clock += 100;
  drag([[30, 20]]);
  assert.deepEqual(heard.map(([name]) => name), ["click", "click", "click"]);
});

test("a drag in pan mode selects nothing", () => {
  drag([[10, 10], [200, 10], [200, 200]]);
  assert.deepEqual(heard, []);
});

test("a box is told in data units, low end first, whichever corner the drag began in", () => {
  mode = "box";
  for (const [from, to] of [[[100, 500], [300, 200]], [[300, 200], [100, 500]]]) {
    heard = [];
    drag([from, [150, 300], to]);
    assert.deepEqual(heard, [["select", { box: { x: [10, 30], y: [10, 40] } }]]);
  }
});

test("a lasso is told as the corners it was drawn with, none nearer than 3 px to the last", () => {
  mode = "lasso";
  drag([[100, 500], [200, 500], [202, 501], [200, 400]]);
  assert.deepEqual(heard, [["select", { lasso: { x: [10, 20, 20], y: [10, 10, 20] } }]]);
});

test("Shift draws a lasso while panning", () => {
  drag([[100, 500], [200, 500], [200, 400]], { shiftKey: true });
  assert.deepEqual(heard.map(([name, what]) => [name, Object.keys(what)]), [["select", ["lasso"]]]);
});

test("plotly does not pan while a lasso is drawn, and does while nothing is", () => {
  const press = () => { const event = happening("mousedown"); stage.dispatchEvent(event); return event.defaultPrevented; };
  pointer(stage, "pointerdown", [0, 0]);
  assert.equal(press(), false);
  cancel();
  mode = "lasso";
  pointer(stage, "pointerdown", [0, 0]);
  assert.equal(press(), true);
});

test("what was cancelled selects nothing", () => {
  mode = "lasso";
  pointer(stage, "pointerdown", [100, 500]);
  for (const place of [[200, 500], [200, 400]]) pointer(window, "pointermove", place);
  cancel();
  pointer(window, "pointerup", [200, 400]);
  assert.deepEqual(heard, []);
});

test("another button and a second finger do nothing", () => {
  mode = "box";
  drag([[0, 0], [50, 50]], { button: 2 });
  drag([[0, 0], [50, 50]], { isPrimary: false });
  assert.deepEqual(heard, []);
});

test("a lasso over a map that is not drawn yet selects nothing", () => {
  mode = "lasso";
  drawn = null;
  drag([[100, 500], [200, 500], [200, 400]]);
  assert.deepEqual(heard, []);
});

test("nothing is heard once the map left the page", () => {
  stop.abort();
  drag([[10, 20]]);
  assert.deepEqual(heard, []);
});

test("corners are told with seven digits", () => {
  const third = { ...frame, x: (px) => px / 3, y: (py) => py / 3 };
  assert.deepEqual(geometry("lasso", [[1, 1], [2, 1], [2, 2]], third).lasso.x, [0.3333333, 0.6666667, 0.6666667]);
});

const finger = (target, type, place, pointerId = 1) => pointer(target, type, place, { pointerType: "touch", pointerId, isPrimary: pointerId === 1 });
const slides = () => heard.filter(([name]) => name === "slide").map(([, slide]) => slide);

test("a tap is a click, though a finger shakes more than a mouse", () => {
  finger(stage, "pointerdown", [10, 20]);
  finger(window, "pointermove", [16, 20]);
  finger(window, "pointerup", [16, 20]);
  assert.deepEqual(heard, [["click", [16, 20]]]);
});

test("one finger pans, and leaves the map where it moved it", () => {
  finger(stage, "pointerdown", [10, 20]);
  finger(window, "pointermove", [60, 40]);
  finger(window, "pointerup", [60, 40]);
  assert.deepEqual(heard, [["slide", { scale: 1, x: 50, y: 20 }], ["slid"]]);
});

test("one finger draws a lasso in lasso mode and pans nothing", () => {
  mode = "lasso";
  finger(stage, "pointerdown", [10, 10]);
  for (const place of [[90, 10], [90, 90], [10, 90]]) finger(window, "pointermove", place);
  finger(window, "pointerup", [10, 90]);
  assert.deepEqual(heard.map(([name]) => name), ["select"]);
});

test("two fingers pinch in every mode: the places below them stay below them, and nothing is drawn or clicked", () => {
  for (mode of ["pan", "lasso"]) {
    heard = [];
    finger(stage, "pointerdown", [100, 100]);
    finger(stage, "pointerdown", [200, 100], 2);
    finger(window, "pointermove", [50, 100]);
    finger(window, "pointermove", [250, 100], 2);
    const { scale, x, y } = slides().at(-1);
    assert.deepEqual([scale, scale * 100 + x, scale * 200 + x, scale * 100 + y], [2, 50, 250, 100]);
    finger(window, "pointerup", [250, 100], 2);
    finger(window, "pointermove", [70, 100]); // the finger that is left goes on
    assert.deepEqual(slides().at(-1), { scale: 2, x: x + 20, y });
    finger(window, "pointerup", [70, 100]);
    assert.deepEqual(new Set(heard.map(([name]) => name)), new Set(["slide", "slid"]));
  }
});

test("plotly sees no finger", () => {
  const seen = [];
  const inner = stage.appendChild(document.createElement("div"));
  inner.addEventListener("touchstart", () => seen.push("plotly"));
  const touch = happening("touchstart", {});
  let stopped = false;
  touch.stopPropagation = () => { stopped = true; };
  stage.dispatchEvent(touch);
  assert.deepEqual([stopped, touch.defaultPrevented, seen], [true, true, []]);
});

test("two fingers on one spot do not blow the map up", () => {
  assert.deepEqual(slideOf([[5, 5], [5, 5]], [[5, 5], [9, 5]]), { scale: 1, x: 2, y: 0 });
});

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Plot, traces } from "../../../../pages/component/static/map_plot.js";
import { openPage } from "./fake_dom.js";
import { FakePlotly } from "./fake_plotly.js";

const WHAT = {
  points: { x: Float32Array.of(1, 2, 3), y: Float32Array.of(4, 5, 6) }, front: Uint32Array.of(2, 0), back: Uint32Array.of(1),
  slots: Uint8Array.of(0, 1, 1), colors: ["red", "blue", "grey"], view: { x: [0, 80], y: [0, 60] }, width: 800, height: 600, size: 6,
  dark: false, missing: "grey", inView: 3, drawnInView: 3,
};
let box, library, plot, heard;

beforeEach(() => {
  box = openPage().appendChild(document.createElement("div"));
  library = new FakePlotly();
  heard = [];
  plot = new Plot(library, box, { webgl: true, onMove: () => heard.push("move"), onMoved: () => heard.push("moved"), onNoWebGL: () => heard.push("no WebGL") });
});

test("grey points lie below the coloured ones, both as typed arrays and without a word of data", () => {
  const [back, front] = traces(WHAT, true);
  assert.deepEqual([back.x, back.y], [Float32Array.of(2), Float32Array.of(5)]);
  assert.deepEqual([front.x, front.y, front.marker.color], [Float32Array.of(3, 1), Float32Array.of(6, 4), Uint8Array.of(1, 0)]);
  assert.ok([back, front].every((trace) => trace.hoverinfo === "skip" && !("text" in trace) && !("hovertemplate" in trace)));
});

test("without WebGL the points are SVG", () => {
  assert.deepEqual([traces(WHAT, true)[1].type, traces(WHAT, false)[1].type], ["scattergl", "scatter"]);
});

test("every palette place has a step of its own in the colour scale", () => {
  const { colorscale, cmin, cmax } = traces(WHAT, true)[1].marker;
  const colorAt = (slot) => colorscale.findLast(([stop]) => stop <= (slot - cmin) / (cmax - cmin))[1];
  assert.deepEqual([0, 1, 2].map(colorAt), WHAT.colors);
});

test("points fade where they lie deep: each palette place is there once for each level", () => {
  const density = { level: Uint8Array.of(2, 1, 0) }, colors = ["#ff0000", "#0000ff", "#999999"];
  const [back, front] = traces({ ...WHAT, colors, missing: "#999999", density }, true);
  const colorOf = ({ marker: { colorscale, cmin, cmax, color } }, k) => colorscale.findLast(([stop]) => stop <= (color[k] - cmin) / (cmax - cmin))[1];
  assert.match(colorOf(front, 0), /^rgba\(0,0,255,1\)$/); // row 2, alone
  assert.match(colorOf(front, 1), /^rgba\(255,0,0,0\.[0-2]/); // row 0, among many
  assert.match(colorOf(back, 0), /^rgba\(153,153,153,0\.[3-6]/); // row 1, among some
});

test("plotly is never asked twice at once", async () => {
  await Promise.all([plot.draw(WHAT), plot.draw(WHAT), plot.draw(WHAT)]);
  assert.deepEqual([library.drawings.length, library.most], [3, 1]);
});

test("pixels and data units are each other's inverse, y upwards", async () => {
  assert.equal(plot.frame(), null);
  await plot.draw(WHAT);
  const frame = plot.frame();
  assert.deepEqual([frame.px(0), frame.px(80), frame.py(0), frame.py(60)], [0, 800, 600, 0]);
  for (const value of [0, 7, 33]) assert.ok(Math.abs(frame.x(frame.px(value)) - value) + Math.abs(frame.y(frame.py(value)) - value) < 1e-9);
});

test("zooming keeps the middle and tells that the reader moved", async () => {
  await plot.draw(WHAT);
  plot.zoom(0.5);
  await plot.queue;
  assert.deepEqual(plot.view, { x: [20, 60], y: [15, 45] });
  assert.deepEqual(heard, ["moved"]);
});

test("a drawing of ours is no move of the reader", async () => {
  await plot.draw(WHAT);
  plot.quiet = true;
  library.div.listeners.plotly_relayout();
  assert.deepEqual(heard, []);
});

test("a lost context is drawn anew in the same view, and given up after three times", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await plot.draw(WHAT);
  plot.zoom(0.5);
  await plot.queue;
  for (let losses = 1; losses <= 5; losses++) {
    library.div.listeners.plotly_webglcontextlost();
    t.mock.timers.tick(50);
    await plot.queue;
  }
  assert.equal(library.drawings.length, 4);
  assert.deepEqual(library.drawings[3].layout.xaxis.range, [20, 60]);
});

test("plotly's own word that there is no WebGL is told", async () => {
  const react = library.react.bind(library);
  library.react = async (div, ...rest) => {
    await react(div, ...rest);
    const sign = document.createElement("div");
    sign.className = "no-webgl";
    div.append(sign);
  };
  await plot.draw(WHAT);
  assert.deepEqual(heard, ["no WebGL"]);
});

test("a plot that was taken down draws no more", async () => {
  await plot.draw(WHAT);
  plot.destroy();
  await plot.draw(WHAT);
  assert.deepEqual([library.drawings.length, library.purged, box.children.length], [1, 1, 0]);
});

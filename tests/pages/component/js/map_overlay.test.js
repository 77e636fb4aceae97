import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Drawing, Names, layerFor } from "../../../../pages/component/static/map_overlay.js";
import { svgElement } from "../../../../pages/component/static/map_elements.js";
import { frame, openPage } from "./fake_dom.js";

const cluster = (id, x, y, size, name = `cluster ${id}`) => ({ id, name, x, y, size });
let box;

beforeEach(() => {
  box = openPage().appendChild(document.createElement("div"));
});

test("names come from coarser layers the farther the view is, or from the layer that is coloured", () => {
  const layers = [["kmeans", null], ["coarse", 0], ["medium", 1.7], ["fine", 4]].map(([layer, zoom]) => ({ layer, zoom, names: [] }));
  assert.deepEqual([1, 1.69, 1.7, 4].map((zoom) => layerFor(layers, { key: "label" }, zoom).layer), ["coarse", "coarse", "medium", "fine"]);
  assert.equal(layerFor(layers, { key: "cluster.kmeans" }, 9).layer, "kmeans");
  assert.equal(layerFor([], { key: "label" }, 1), null);
});

test("of two names that would touch, the larger cluster's stands", () => {
  new Names(box).draw([cluster(1, 40, 30, 5), cluster(2, 41, 30, 50), cluster(3, 40, 10, 1)], "kmeans", frame, []);
  assert.deepEqual(box.children.map((node) => node.textContent), ["cluster 2", "cluster 3"]);
});

test("no name stands outside the view or on the tool bar", () => {
  const toolbar = { left: 0, top: 0, right: 200, bottom: 60 };
  new Names(box).draw([cluster(1, 5, 58, 9), cluster(2, 90, 30, 9), cluster(3, 40, 30, 9)], "kmeans", frame, [toolbar]);
  assert.deepEqual(box.children.map((node) => node.textContent), ["cluster 3"]);
});

test("a name is moved, not made anew, and goes when its layer does", () => {
  const names = new Names(box);
  names.draw([cluster(1, 40, 30, 5)], "kmeans", frame, []);
  const [node] = box.children, place = node.style.transform;
  names.draw([cluster(1, 50, 30, 5)], "kmeans", frame, []);
  assert.equal(box.children[0], node);
  assert.notEqual(node.style.transform, place);
  names.draw([cluster(1, 50, 30, 5)], "topics-coarse", frame, []);
  assert.equal(box.children.length, 1);
  assert.notEqual(box.children[0], node);
  names.clear();
  assert.equal(box.children.length, 0);
});

test("a long name is cut, and markup in it is text", () => {
  new Names(box).draw([cluster(1, 40, 30, 5, `<b>${"x".repeat(60)}`), cluster(2, 40, 10, 4, "<i>y")], "kmeans", frame, []);
  assert.deepEqual(box.children.map((node) => node.textContent), [`<b>${"x".repeat(40)}…`, "<i>y"]);
});

test("search hits and the opened row have rings where their points stand", () => {
  const svg = svgElement("svg"), drawing = new Drawing(svg);
  drawing.setRings([1], 0);
  drawing.place({ x: Float32Array.of(10, 20), y: Float32Array.of(30, 40) }, frame);
  const rings = svg.querySelectorAll("circle").map((ring) => [ring.className, ring.getAttribute("cx"), ring.getAttribute("cy")]);
  assert.deepEqual(rings, [
    ["em-hit-halo", "200.0", "200.0"], ["em-hit", "200.0", "200.0"], ["em-opened-halo", "100.0", "300.0"], ["em-opened", "100.0", "300.0"],
  ]);
  drawing.setRings([], null);
  assert.equal(svg.querySelectorAll("circle").length, 0);
});

test("lines lead from the opened row to its neighbours, each kind in its own style", () => {
  const svg = svgElement("svg"), drawing = new Drawing(svg);
  const points = { x: Float32Array.of(10, 20, 10, 20), y: Float32Array.of(30, 40, 40, 30) };
  drawing.setLines(0, { kept: [1], missing: [2], false: [3] });
  drawing.place(points, frame);
  const ends = ["x1", "y1", "x2", "y2"];
  assert.deepEqual(svg.querySelectorAll("line").map((line) => [line.className, ...ends.map((end) => line.getAttribute(end))]), [
    ["em-line em-line-kept", "100.0", "300.0", "200.0", "200.0"],
    ["em-line em-line-missing", "100.0", "300.0", "100.0", "200.0"],
    ["em-line em-line-false", "100.0", "300.0", "200.0", "300.0"],
  ]);
  drawing.setLines(0, null);
  assert.equal(svg.querySelectorAll("line").length, 0);
});

test("a name that holds for less than half of its rows is grey", () => {
  new Names(box).draw([{ ...cluster(1, 40, 30, 5), weak: true }, cluster(2, 40, 10, 4)], "kmeans", frame, []);
  assert.deepEqual(box.children.map((node) => node.classList.contains("em-name-weak")), [true, false]);
});

test("the outline is closed, and a single corner has none", () => {
  const svg = svgElement("svg"), drawing = new Drawing(svg), outline = svg.querySelector(".em-outline");
  drawing.setOutline([[0, 0], [10, 0], [10, 5.55]]);
  assert.equal(outline.getAttribute("d"), "M0.0,0.0L10.0,0.0L10.0,5.5Z");
  drawing.setOutline([[0, 0]]);
  assert.equal(outline.getAttribute("d"), "");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { Scene } from "../../../../pages/component/static/map_scene.js";
import { Visibility } from "../../../../pages/component/static/map_visibility.js";

const points = { x: Float32Array.of(0, 1, 9), y: Float32Array.of(0, 1, 9) };
const COLUMN = { key: "label", title: "Label", kind: "category", categories: [], more: 0, missing: 0, colors: ["#aa0000", "#00aa00"], low: null, high: null, scale: "sequential" };
const DATA = { n: 3, column: COLUMN, cycle: ["#111111"], missing: "grey" };
const names = [{ id: 0, name: "a", x: 0, y: 0, size: 3 }];
const layers = [{ layer: "kmeans", zoom: null, names: [] }, { layer: "topics-coarse", zoom: 0, names }, { layer: "topics-fine", zoom: 4, names: [] }];
const loaded = { points, values: Uint16Array.of(0, 1, 0), layers };
const ALL = { x: [-1, 10], y: [-1, 10] };

function visible() {
  const visibility = new Visibility();
  visibility.values = loaded.values;
  return visibility;
}

test("recolouring keeps the order in which points are drawn; other points have their own", () => {
  const scene = new Scene(loaded, DATA, false, null);
  assert.equal(new Scene(loaded, DATA, true, scene).order, scene.order);
  assert.notEqual(new Scene({ ...loaded, points: { ...points } }, DATA, false, scene).order, scene.order);
});

test("a drawing holds the rows that are shown, in their colours, as large as the view allows", () => {
  const visibility = visible();
  visibility.hidden = new Set([1]);
  const drawn = new Scene(loaded, DATA, false, null).compose(ALL, 800, 600, visibility);
  assert.deepEqual([...drawn.front].sort(), [0, 2]);
  assert.deepEqual([...drawn.slots].map((slot) => drawn.colors[slot]), ["#aa0000", "#00aa00", "#aa0000"]);
  assert.deepEqual([drawn.width, drawn.height, drawn.size, drawn.missing], [800, 600, 10, "grey"]);
});

test("a dark page has a grey of its own for the missing", () => {
  assert.notEqual(new Scene(loaded, DATA, true, null).missing, "grey");
});

test("a small map is drawn anew only where the points' size changes", () => {
  const scene = new Scene(loaded, DATA, false, null);
  const drawn = scene.compose(ALL, 800, 600, visible());
  assert.equal(scene.changesIn(ALL, drawn, visible()), false);
  assert.equal(scene.changesIn(ALL, { ...drawn, size: 8 }, visible()), true);
});

test("names come from the zoom's layer, and a map without layers has none", () => {
  const scene = new Scene(loaded, DATA, false, null);
  assert.deepEqual(scene.namesAt(1), { layer: "topics-coarse", clusters: names });
  assert.deepEqual(scene.namesAt(9), { layer: "topics-fine", clusters: [] });
  assert.deepEqual(new Scene({ ...loaded, layers: [] }, DATA, false, null).namesAt(1), { layer: "", clusters: [] });
});

test("only the colouring by label gives a row a label's colour", () => {
  assert.equal(new Scene(loaded, DATA, false, null).labelColor(1), "#00aa00");
  assert.equal(new Scene(loaded, { ...DATA, column: { ...COLUMN, key: "dataset" } }, false, null).labelColor(1), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { Borders, freePlace, tellsOutside } from "../../../../pages/component/static/map_borders.js";
import { openPage } from "./fake_dom.js";

const STAGE = { width: 800, height: 600 };
const outside = (side, rows, along = 0) => ({ side, along, box: { x: [0, 1], y: [0, 1], rows, cells: 1 } });

test("a button a side says how many lie where, and a click goes there", () => {
  const box = openPage().appendChild(document.createElement("div")), gone = [];
  const borders = new Borders(box, (there) => gone.push(there));
  borders.draw([outside("left", 1200), outside("above", 1)], STAGE, []);
  const [left, above] = box.querySelectorAll("button");
  assert.deepEqual([left.textContent, left.getAttribute("aria-label")], ["1,200", "1,200 examples lie outside, to the left: go there"]);
  assert.equal(above.getAttribute("aria-label"), "1 example lies outside, above: go there");
  left.click();
  assert.deepEqual(gone, [outside("left", 1200)]);
});

test("a button that stays is the same one, so that it keeps the focus", () => {
  const box = openPage().appendChild(document.createElement("div")), borders = new Borders(box, () => {});
  borders.draw([outside("left", 2), outside("below", 3)], STAGE, []);
  const [left] = box.querySelectorAll("button");
  borders.draw([outside("left", 9)], STAGE, []);
  assert.deepEqual(box.querySelectorAll("button"), [left]);
  assert.equal(left.textContent, "9");
  borders.clear();
  assert.equal(box.children.length, 0);
});

test("a button stands where nothing else does, as near to its islands as that allows", () => {
  assert.equal(freePlace("left", 0.3, STAGE, []), 0.3);
  assert.equal(freePlace("below", 7, STAGE, []), 0.9);
  const tools = { left: 10, top: 10, right: 300, bottom: 42 };
  const place = freePlace("above", -0.5, STAGE, [tools]);
  assert.ok((800 * (1 + place)) / 2 - 42 > 300 && place < 0);
  assert.equal(freePlace("above", 0, STAGE, [{ left: 0, top: 0, right: 800, bottom: 600 }]), 0); // no room at all
});

test("what lies far away is no news to a reader who looks at a detail", () => {
  const home = { x: [0, 100], y: [0, 100] };
  assert.ok(tellsOutside({ x: [20, 80], y: [20, 80] }, home));
  assert.ok(!tellsOutside({ x: [20, 60], y: [20, 60] }, home));
});

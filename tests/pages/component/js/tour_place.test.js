import assert from "node:assert/strict";
import { test } from "node:test";

import { place } from "../../../../pages/component/static/tour_place.js";

const CARD = { width: 300, height: 150 }, ROOM = { width: 1280, height: 800 };

const rect = (left, top, width, height) => ({ left, top, right: left + width, bottom: top + height });
const overlap = (card, { left, top, right, bottom }) => (
  card.left < right && card.left + CARD.width > left && card.top < bottom && card.top + CARD.height > top
);
const inside = ({ left, top }) => left >= 0 && top >= 0 && left + CARD.width <= ROOM.width && top + CARD.height <= ROOM.height;

test("without a target the card stands in the middle", () => {
  assert.deepEqual(place(null, CARD, ROOM), { left: 490, top: 325 });
});

test("it stands below its target, else above, right or left of it", () => {
  assert.equal(place(rect(600, 10, 80, 30), CARD, ROOM).top, 54);
  assert.equal(place(rect(600, 700, 80, 30), CARD, ROOM).top, 700 - 14 - 150);
  assert.equal(place(rect(0, 0, 300, 800), CARD, ROOM).left, 314);
  assert.equal(place(rect(980, 0, 300, 800), CARD, ROOM).left, 980 - 14 - 300);
});

test("it stays inside the window and off its target wherever that is", () => {
  for (let left = -100; left < 1300; left += 55) {
    for (let top = -60; top < 820; top += 45) {
      const target = rect(left, top, 120, 60), card = place(target, CARD, ROOM);
      assert.ok(inside(card), `${left} ${top}`);
      assert.ok(!overlap(card, target), `${left} ${top}`);
    }
  }
});

test("a target that fills the window has the card in its corner", () => {
  assert.deepEqual(place(rect(0, 0, 1280, 800), CARD, ROOM), { left: 14, top: 800 - 150 - 14 });
});

test("in a window smaller than the card its beginning is seen", () => {
  assert.deepEqual(place(null, CARD, { width: 200, height: 100 }), { left: 14, top: 14 });
});

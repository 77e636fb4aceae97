import assert from "node:assert/strict";
import { test } from "node:test";

import { endsOf, isDark, numberColors, paint } from "../../../../pages/component/static/map_colors.js";

const CYCLE = ["#111111", "#222222"];
const MISSING = 65_535;
const category = (colors) => ({ key: "label", kind: "category", colors, low: null, high: null, scale: "sequential" });
const number = (low, high, scale = "sequential") => ({ key: "confidence", kind: "number", colors: [], low, high, scale });
const colorsOf = (values, column, dark = false) => {
  const { slots, colors } = paint(values, column, CYCLE, "grey", dark);
  return [...slots].map((slot) => colors[slot]);
};

test("a category has the colour that Python gave it", () => {
  assert.deepEqual(colorsOf(Uint16Array.of(1, 0, 1), category(["#aa0000", "#00aa00"])), ["#00aa00", "#aa0000", "#00aa00"]);
});

test("categories beyond the listed ones take the cycle's colours over and over", () => {
  assert.deepEqual(colorsOf(Uint16Array.of(0, 1, 2, 3), category(["#aa0000"])), ["#aa0000", "#222222", "#111111", "#222222"]);
});

test("a row without a value is drawn in the colour of the missing", () => {
  assert.deepEqual(colorsOf(Uint16Array.of(MISSING, 0), category(["#aa0000"])), ["grey", "#aa0000"]);
  assert.equal(colorsOf(Float32Array.of(NaN), number(0, 1))[0], "grey");
});

test("numbers run over the scale, and those beyond its ends take the ends' colours", () => {
  const scale = numberColors(false, "sequential");
  assert.deepEqual(colorsOf(Float32Array.of(-9, 0, 1, 9), number(0, 1)), [scale[0], scale[0], scale.at(-1), scale.at(-1)]);
  const found = [...paint(Float32Array.from({ length: 50 }, (_, i) => i), number(0, 49), CYCLE, "grey", false).slots];
  assert.deepEqual(found, [...found].sort((a, b) => a - b));
  assert.equal(new Set(found).size, 50);
});

test("a column of one number has a colour", () => {
  assert.match(colorsOf(Float32Array.of(3, 3), number(3, 3))[0], /^rgb\(/);
});

test("a diverging scale has the page's grey in its middle and different ends", () => {
  for (const [dark, middle] of [[false, 0xc9], [true, 0x4a]]) {
    const scale = numberColors(dark, "diverging");
    assert.equal(scale[0], "rgb(230,159,0)");
    assert.equal(scale.at(-1), "rgb(0,114,178)");
    const [red] = scale[31].match(/\d+/g).map(Number);
    assert.ok(Math.abs(red - middle) <= 4, scale[31]);
  }
});

test("a column without ends is drawn from 0 to 0", () => {
  assert.deepEqual(endsOf({ low: null, high: null }), [0, 0]);
  assert.deepEqual(endsOf({ low: -1, high: 2 }), [-1, 2]);
});

test("the theme's background tells dark from light in hex and in rgb", () => {
  assert.equal(isDark("#0e1117", false), true);
  assert.equal(isDark("#ffffff", true), false);
  assert.equal(isDark("rgb(14, 17, 23)", false), true);
  assert.equal(isDark("rgba(255, 255, 255, 0.5)", true), false);
});

test("where the background cannot be read, the page's word counts", () => {
  for (const background of ["", "canvas"]) for (const word of [true, false]) assert.equal(isDark(background, word), word);
});

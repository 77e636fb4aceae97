import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { FetchError, column, counters, hover, labels, plotly, points } from "../../../../pages/component/static/map_store.js";
import { openPage } from "./fake_dom.js";

let asked, answers;
const little = (values) => new values.constructor(values).buffer;
const found = (body) => ({ ok: true, arrayBuffer: async () => body, json: async () => body });
let fresh = 0;
const address = () => `/map/${fresh++}`;

beforeEach(() => {
  openPage();
  asked = [];
  answers = [];
  globalThis.fetch = async (url, options) => {
    asked.push(url);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    options?.signal?.throwIfAborted();
    if (answer instanceof Error) throw answer;
    return answer;
  };
});

test("points arrive as x of every row and then y of every row", async () => {
  answers = [found(little(Float32Array.of(1, 2, 3, 4, 5, 6)))];
  const { x, y } = await points(address(), 3);
  assert.deepEqual([[...x], [...y]], [[1, 2, 3], [4, 5, 6]]);
});

test("points of another length are refused in a sentence", async () => {
  answers = [found(little(Float32Array.of(1, 2)))];
  await assert.rejects(points(address(), 3), { constructor: FetchError, message: /do not fit its examples/ });
});

test("a column's bytes are codes or numbers, by its kind", async () => {
  answers = [found(little(Uint16Array.of(0, 65_535, 2)))];
  assert.deepEqual([...(await column(address(), "category", 3))], [0, 65_535, 2]);
  answers = [found(little(Float32Array.of(0.5, NaN)))];
  assert.deepEqual([...(await column(address(), "number", 2))], [0.5, NaN]);
  await assert.rejects(column(address(), "category", 3), /colours do not fit/);
});

test("what was fetched is kept: two maps ask once", async () => {
  const url = address(), before = counters.fetches.labels;
  answers = [found([{ layer: "kmeans", zoom: null, names: [] }])];
  const [one, two] = await Promise.all([labels(url), labels(url)]);
  assert.equal(one, two);
  assert.deepEqual(asked, [url]);
  assert.equal(counters.fetches.labels, before + 1);
});

test("a failure is told and tried again", async () => {
  const url = address();
  answers = [new TypeError("network"), found([{ layer: "kmeans", zoom: null, names: [] }])];
  await assert.rejects(labels(url), { constructor: FetchError, message: /did not answer when asked for the cluster names/ });
  assert.deepEqual(await labels(url), [{ layer: "kmeans", zoom: null, names: [] }]);
});

test("the server's own sentence is passed on, and its status where it has none", async () => {
  answers = [{ ok: false, status: 404, json: async () => ({ error: "there is no such map." }) }];
  await assert.rejects(labels(address()), { message: "there is no such map." });
  answers = [{ ok: false, status: 502, json: async () => { throw new SyntaxError("not JSON"); } }];
  await assert.rejects(labels(address()), /answered 502/);
});

test("a request that was given up is no failure of the server", async () => {
  answers = [found({})];
  await assert.rejects(hover(address(), 0, AbortSignal.abort()), { name: "AbortError" });
});

test("a row's text is asked for once, and only the latest 500 are kept", async () => {
  const base = address();
  answers = [found({ text: "a" })];
  for (let row = 0; row < 501; row++) await hover(base, row);
  assert.equal(asked.length, 501);
  await hover(base, 500);
  assert.equal(asked.length, 501);
  await hover(base, 0);
  assert.equal(asked.length, 502);
});

test("plotly.js is loaded once, and one that defines nothing is told", async () => {
  const url = address();
  await assert.rejects(plotly(url), /drawing library could not be loaded/);
  globalThis.Plotly = { react() {} };
  assert.equal(await plotly(url), globalThis.Plotly);
  assert.equal(await plotly(url), globalThis.Plotly);
  assert.equal(document.head.querySelectorAll("script").length, 1);
  delete globalThis.Plotly;
});

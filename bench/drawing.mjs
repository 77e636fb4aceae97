// What the map's script does before each drawing, in milliseconds of the processor:
//
//   node bench/drawing.mjs [ROWS]
//
// on ROWS made-up points (133,204) in 60 clusters and six far islands. No browser and no page: arithmetic alone.

import { findDensity, weave } from "../pages/component/static/map_density.js";
import { findIslands, mainBody } from "../pages/component/static/map_islands.js";
import { drawingOrder } from "../pages/component/static/map_order.js";
import { chooseRows } from "../pages/component/static/map_points.js";
import { findMarks } from "../pages/component/static/map_repeats.js";

const ROWS = Number(process.argv[2] ?? 133_204), RUNS = 15;
let state = 1;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

const points = { x: new Float32Array(ROWS), y: new Float32Array(ROWS) };
for (let i = 0; i < ROWS; i++) {
  const cluster = i % 60, far = i % 100 === 0 ? i % 600 : 0;
  points.x[i] = far ? 30 + far / 30 : (cluster % 10) * 1.5 + 0.5 * normal();
  points.y[i] = far ? -20 : Math.floor(cluster / 10) * 1.5 + 0.5 * normal();
}

function measure(what, run) {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  const median = times.toSorted((a, b) => a - b)[RUNS >> 1];
  console.log(`${what.padEnd(58)} first ${times[0].toFixed(1).padStart(6)}   median ${median.toFixed(1).padStart(6)}`);
}

const islands = findIslands(points), order = drawingOrder(points);
const groups = Uint32Array.from(points.x, (_, i) => i - (i % 3));
const visibility = { passes: null, selected: null, hidden: new Set(), values: new Uint16Array(ROWS) };
console.log(`${ROWS.toLocaleString("en")} rows; milliseconds of the processor, ${RUNS} runs`);
measure("once a map: the drawing order", () => drawingOrder(points));
measure("once a map: the islands", () => findIslands(points));
measure("each drawing: the rows of a view", () => chooseRows(points, order, mainBody(islands, 1160, 700).home, visibility));
measure("each drawing, collapsed: which rows stand for their groups", () => findMarks(groups, visibility));
for (const [width, height] of [[1160, 700], [1600, 900]]) {
  for (const categories of [2, 10, 18, 64]) {
    const numeric = categories === 64, colors = [...Array(categories).fill("#0072b2"), "#9aa0a6"];
    const paint = { slots: Uint8Array.from(points.x, () => Math.floor(random() * categories)), colors };
    const given = { points, paint, numeric, view: mainBody(islands, width, height).home, width, size: 3, visibility };
    const what = `${width} × ${height}, ${numeric ? "numbers" : `${categories} categories`}: `, found = findDensity(given);
    measure(`${what}the density`, () => findDensity(given));
    if (found) measure(`${what}its picture`, () => weave(found, colors, "#9aa0a6"));
  }
}

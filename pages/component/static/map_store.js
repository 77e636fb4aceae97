// @ts-check
// What a page fetches once and keeps: plotly.js, points, columns, cluster names, hover texts. All keyed by address.
/** @import { Column, Counters, FetchKind, Hover, LayerNames, Loaded, Payload, PlotlyLibrary, Points, Row, Values } from "../map_types.d.ts" */

/** @type {Counters} */
const counters = (globalThis.__evalmap ??= {
  drawn: 0, // redraws of the points
  fetches: { points: 0, column: 0, labels: 0, hover: 0, repeats: 0 },
  shown: 0, // points in the last drawing
  marks: () => [], // [row, count] of each collapsed group that is shown
  position: () => null, // row → {x, y} in the window, for tests
});
/** @type {Map<string, unknown>} promises of what was asked for, by address */
const kept = (globalThis.__evalmapKept ??= new Map());
const MAX_HOVERS = 500;

export { counters };

export class FetchError extends Error {}

/**
 * @template T
 * @param {string} key
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
function once(key, ask) {
  if (!kept.has(key)) {
    const loading = ask();
    kept.set(key, loading);
    loading.catch(() => kept.delete(key)); // a failure is tried again
  }
  return /** @type {Promise<T>} */ (kept.get(key));
}

/**
 * @param {string} url
 * @param {FetchKind} kind
 * @param {string} what in the words of a sentence
 * @param {AbortSignal} [signal]
 */
async function get(url, kind, what, signal) {
  counters.fetches[kind] += 1;
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new FetchError(`The server did not answer when asked for ${what}. Is it still running? Reload the page to try again.`);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new FetchError(body.error || `The server answered ${response.status} when asked for ${what}. Reload the page to try again.`);
}

/**
 * @param {string} url
 * @returns {Promise<PlotlyLibrary>}
 */
export function plotly(url) {
  return once(url, () => new Promise((resolve, reject) => {
    const missing = () => reject(new FetchError("The map's drawing library could not be loaded. Reload the page to try again."));
    if (globalThis.Plotly?.react) return resolve(globalThis.Plotly);
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => (globalThis.Plotly ? resolve(globalThis.Plotly) : missing());
    script.onerror = missing;
    document.head.append(script);
  }));
}

/**
 * @param {string} url
 * @returns {Promise<string>}
 */
export function styles(url) {
  return once(url, () => new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = url;
    link.onload = () => resolve(url);
    link.onerror = () => reject(new FetchError("The map's styles could not be loaded. Reload the page to try again."));
    document.head.append(link);
  }));
}

/**
 * The coordinates as map_data.points writes them: x of every row, then y of every row.
 *
 * @param {string} url
 * @param {number} n
 * @returns {Promise<Points>}
 */
export function points(url, n) {
  return once(url, async () => {
    const buffer = await (await get(url, "points", "the points")).arrayBuffer();
    if (buffer.byteLength !== 8 * n) throw new FetchError("The map's points do not fit its examples. Reload the page to see the new map.");
    return { x: new Float32Array(buffer, 0, n), y: new Float32Array(buffer, 4 * n, n) };
  });
}

/**
 * A colouring as map_data.column_bytes writes it: numbers or codes.
 *
 * @param {string} url
 * @param {Column["kind"]} kind
 * @param {number} n
 * @returns {Promise<Values>}
 */
export function column(url, kind, n) {
  return once(url, async () => {
    const buffer = await (await get(url, "column", "the colours")).arrayBuffer();
    const values = kind === "number" ? new Float32Array(buffer) : new Uint16Array(buffer);
    if (values.length !== n) throw new FetchError("The map's colours do not fit its examples. Reload the page to see the new map.");
    return values;
  });
}

/**
 * @param {string} url
 * @returns {Promise<LayerNames[]>}
 */
export function labels(url) {
  return once(url, async () => (await get(url, "labels", "the cluster names")).json());
}

/**
 * The first row of each row's group of near-duplicates, as map_data.repeats writes it.
 *
 * @param {string} base the map's address
 * @param {number} n
 * @returns {Promise<Uint32Array>}
 */
export function repeats(base, n) {
  return once(`${base}/repeats`, async () => {
    const buffer = await (await get(`${base}/repeats`, "repeats", "the near-duplicates")).arrayBuffer();
    if (buffer.byteLength !== 4 * n) throw new FetchError("The map's near-duplicates do not fit its examples. Reload the page to see the new map.");
    return new Uint32Array(buffer);
  });
}

/**
 * All that a drawing needs, at once.
 *
 * @param {Payload} data
 * @returns {Promise<Loaded>}
 */
export async function load({ assets, plotly: libraryUrl, map, n, column: { key, kind } }) {
  const [library, xy, values, layers] = await Promise.all([
    plotly(libraryUrl),
    points(`${map}/points`, n),
    column(`${map}/column/${encodeURIComponent(key)}`, kind, n),
    labels(`${map}/labels`),
    styles(`${assets}/map_view.css`),
  ]);
  return { library, points: xy, values, layers };
}

/** @type {Map<string, Hover>} the latest, by address */
const hovers = new Map();

/**
 * @param {string} base the map's address
 * @param {Row} row
 * @param {AbortSignal} [signal]
 * @returns {Promise<Hover>}
 */
export async function hover(base, row, signal) {
  const url = `${base}/hover?row=${row}`;
  const known = hovers.get(url);
  if (known) return known;
  /** @type {Hover} */
  const found = await (await get(url, "hover", "the example", signal)).json();
  if (hovers.size >= MAX_HOVERS) hovers.delete([...hovers.keys()][0]);
  hovers.set(url, found);
  return found;
}

/** @returns {boolean} */
export function hasWebGL() {
  if (!kept.has("webgl")) {
    let found;
    try {
      const context = document.createElement("canvas").getContext("webgl");
      context?.getExtension("WEBGL_lose_context")?.loseContext(); // browsers allow few at a time
      found = context !== null;
    } catch {
      found = false;
    }
    kept.set("webgl", found);
  }
  return kept.get("webgl") === true;
}

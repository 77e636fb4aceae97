// Arithmetic on points: what is drawn, in which colour, and what lies where. No DOM here.

export const MAX_DRAWN = 99_999; // plotly's hover and selection code stalls from 100,000 points in a trace
export const MISSING = 65_535;
const STEPS = 64; // of the numeric colour scale
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];

// The order in which points are drawn: random, so that no category hides another, and the same at every visit
export function drawingOrder(n) {
  const order = new Uint32Array(n);
  let state = 0x9e3779b9;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = 0; i < n; i++) {
    const j = Math.floor(random() * (i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

export function decodeMask(text, n) {
  if (!text) return null;
  const bytes = atob(text);
  const mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) mask[i] = (bytes.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return mask;
}

// {slots: a palette place of every row, colors: the palette}
export function paint(values, column, cycle, missing, dark) {
  const slots = new Uint8Array(values.length);
  if (column.kind === "number") {
    const colors = [...numberColors(dark, column.scale), missing];
    const span = column.high - column.low || 1;
    for (let i = 0; i < slots.length; i++) {
      const v = values[i];
      slots[i] = Number.isNaN(v) ? STEPS : Math.min(STEPS - 1, Math.max(0, Math.floor(((v - column.low) / span) * STEPS)));
    }
    return { slots, colors };
  }
  const colors = [...new Set([...column.colors, ...cycle])];
  const grey = colors.length;
  const placeOf = (code) => colors.indexOf(column.colors[code] ?? cycle[code % cycle.length]);
  const places = new Map();
  for (let i = 0; i < slots.length; i++) {
    const code = values[i];
    if (code === MISSING) { slots[i] = grey; continue; }
    let place = places.get(code);
    if (place === undefined) places.set(code, (place = placeOf(code)));
    slots[i] = place;
  }
  return { slots, colors: [...colors, missing] };
}

export function numberColors(dark, kind) {
  if (kind === "diverging") {
    const ends = ["#E69F00", dark ? "#4a4f57" : "#c9ccd1", "#0072B2"]; // the middle is near the page's background: no difference
    return Array.from({ length: STEPS }, (_, i) => mix(i / (STEPS - 1), ends));
  }
  // the ends of the scale that would vanish in the page's background are left out
  const [low, high] = dark ? [0.22, 1] : [0, 0.92];
  return Array.from({ length: STEPS }, (_, i) => mix(low + ((high - low) * i) / (STEPS - 1), CIVIDIS));
}

function mix(t, stops) {
  const at = t * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(at)), f = at - i;
  const parts = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  const a = parts(stops[i]), b = parts(stops[i + 1]);
  return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * f)).join(",")})`;
}

// Which rows are drawn in colour and which in grey. In view first; what the cap leaves is filled with points outside the view.
export function chooseRows(points, order, view, { passes, hidden, selected, values }) {
  const { x, y } = points, n = x.length;
  const [x0, x1] = view.x, [y0, y1] = view.y;
  const state = new Uint8Array(n); // 0 hidden, 1 grey, 2 in colour; + 4 in view
  let inView = 0;
  for (let i = 0; i < n; i++) {
    if (hidden.size && hidden.has(values[i])) continue;
    state[i] = (!passes || passes[i]) && (!selected || selected[i]) ? 2 : 1;
    if (x[i] >= x0 && x[i] <= x1 && y[i] >= y0 && y[i] <= y1) { state[i] += 4; inView += 1; }
  }
  const room = Math.min(n, MAX_DRAWN);
  const front = new Uint32Array(room), back = new Uint32Array(room);
  let fronts = 0, backs = 0, drawnInView = 0;
  for (const wanted of [6, 5, 2, 1]) {
    const colored = wanted === 6 || wanted === 2;
    for (let k = 0; k < n && fronts + backs < room; k++) {
      const i = order[k];
      if (state[i] !== wanted) continue;
      if (colored) front[fronts++] = i; else back[backs++] = i;
      if (wanted > 4) drawnInView += 1;
    }
  }
  return { front: front.subarray(0, fronts), back: back.subarray(0, backs), inView, drawnInView };
}

// The same test as rows_inside in map_view.py
export function insideSelection(points, selection) {
  const { x, y } = points, n = x.length, inside = new Uint8Array(n);
  if (selection.box) {
    const [left, right] = [...selection.box.x].sort((a, b) => a - b), [low, high] = [...selection.box.y].sort((a, b) => a - b);
    for (let i = 0; i < n; i++) inside[i] = x[i] >= left && x[i] <= right && y[i] >= low && y[i] <= high ? 1 : 0;
    return inside;
  }
  const xs = selection.lasso.x, ys = selection.lasso.y;
  const left = Math.min(...xs), right = Math.max(...xs), low = Math.min(...ys), high = Math.max(...ys);
  for (let i = 0; i < n; i++) {
    const px = x[i], py = y[i];
    if (px < left || px > right || py < low || py > high) continue;
    let odd = 0;
    for (let a = 0, b = xs.length - 1; a < xs.length; b = a++) {
      const y1 = ys[a], y2 = ys[b];
      if (y1 !== y2 && y1 > py !== y2 > py && px < ((xs[b] - xs[a]) * (py - y1)) / (y2 - y1) + xs[a]) odd ^= 1;
    }
    inside[i] = odd;
  }
  return inside;
}

// The drawn point nearest to a place in pixels, or null; the uppermost where several are equally near
export function nearest(points, rows, frame, px, py, reach) {
  const { x, y } = points;
  let best = reach * reach, found = null;
  for (let k = 0; k < rows.length; k++) {
    const i = rows[k];
    const dx = frame.px(x[i]) - px;
    if (dx > reach || dx < -reach) continue;
    const dy = frame.py(y[i]) - py, d = dx * dx + dy * dy;
    if (d <= best) { best = d; found = i; }
  }
  return found;
}

// The view that shows every point, in the stage's proportions
export function homeView(points, width, height) {
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (let i = 0; i < points.x.length; i++) {
    x0 = Math.min(x0, points.x[i]); x1 = Math.max(x1, points.x[i]);
    y0 = Math.min(y0, points.y[i]); y1 = Math.max(y1, points.y[i]);
  }
  const usableW = Math.max(40, width - 56), usableH = Math.max(40, height - 96); // room for the tool bar and the note
  const scale = Math.max((x1 - x0 || 1) / usableW, (y1 - y0 || 1) / usableH);
  const cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
  return { x: [cx - (scale * width) / 2, cx + (scale * width) / 2], y: [cy - (scale * height) / 2, cy + (scale * height) / 2] };
}

export function countInside({ x, y }, { x: [x0, x1], y: [y0, y1] }) {
  let count = 0;
  for (let i = 0; i < x.length; i++) count += x[i] >= x0 && x[i] <= x1 && y[i] >= y0 && y[i] <= y1 ? 1 : 0;
  return count;
}

export function pointSize(drawn) {
  return drawn <= 300 ? 10 : drawn <= 1_500 ? 8 : drawn <= 5_000 ? 6 : drawn <= 20_000 ? 4.5 : drawn <= 60_000 ? 3.5 : 3;
}

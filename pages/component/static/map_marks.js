// @ts-check
// The marks of collapsed groups, over the points: a disc with a count, the larger groups before the smaller.
/** @import { Composition, Frame, Rect, Row } from "../map_types.d.ts" */

const MOST = 400; // discs at a time
const GRID = 26; // px: one disc in a square of this side, so that counts can be read

export class MarkCanvas {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {Composition | null} */
    this.drawn = null;
    canvas.hidden = true;
  }

  /** @param {Composition} drawn */
  show(drawn) {
    this.drawn = drawn.marks ? drawn : null;
    this.canvas.hidden = !this.drawn;
  }

  /**
   * @param {Frame} frame
   * @param {Rect[]} obstacles where a count could not be read
   */
  place(frame, obstacles) {
    const { drawn } = this, pen = drawn && this.canvas.getContext("2d");
    if (!drawn?.marks || !pen) return;
    const ratio = globalThis.devicePixelRatio || 1, { width, height } = frame;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    Object.assign(pen, { textAlign: "center", textBaseline: "middle", lineWidth: 1.5, font: `600 11px ${style.fontFamily}` });
    for (const { row, x, y } of apart(drawn, frame, obstacles)) {
      const count = drawn.marks.count[row], color = drawn.colors[drawn.slots[row]];
      pen.beginPath();
      pen.arc(x, y, radiusOf(count), 0, 2 * Math.PI);
      pen.fillStyle = style.borderTopColor; // the page's
      pen.strokeStyle = color;
      pen.fill();
      pen.globalAlpha = 0.25;
      pen.fillStyle = color;
      pen.fill();
      pen.globalAlpha = 1;
      pen.stroke();
      pen.fillStyle = style.color;
      pen.fillText(String(count), x, y + 0.5);
    }
  }

  clear() {
    this.drawn = null;
    this.canvas.hidden = true;
  }
}

/** @param {number} count */
const radiusOf = (count) => Math.min(13, 7 + Math.log2(count));

/**
 * The marks in view that have room for their count, the largest groups first.
 *
 * @param {Composition} drawn
 * @param {Frame} frame
 * @param {Rect[]} obstacles
 */
export function apart({ marks, points }, frame, obstacles) {
  /** @type {{ row: Row, x: number, y: number }[]} */
  const placed = [];
  const taken = new Set();
  for (const row of marks?.rows ?? []) {
    if (placed.length >= MOST) break;
    const x = frame.px(points.x[row]), y = frame.py(points.y[row]);
    if (x < 0 || y < 0 || x > frame.width || y > frame.height) continue;
    const half = GRID / 2;
    if (obstacles.some(({ left, top, right, bottom }) => x > left - half && x < right + half && y > top - half && y < bottom + half)) continue;
    const column = Math.floor(x / GRID), line = Math.floor(y / GRID);
    if ([-1, 0, 1].some((dx) => [-1, 0, 1].some((dy) => taken.has(`${column + dx} ${line + dy}`)))) continue;
    taken.add(`${column} ${line}`);
    placed.push({ row, x, y });
  }
  return placed;
}

// @ts-check
// The pointer on the map: hover, click, and drawing a lasso or a box. Panning and wheel zoom stay with plotly.
/** @import { Frame, Place, Selection } from "../map_types.d.ts" */

const CLICK = 4; // px: a press that moves less is a click
const TWICE = 400; // ms between the two clicks of a double click
const STEP = 3; // px between two corners of a lasso

/** @typedef {"pan" | "lasso" | "box"} Mode */

/**
 * @typedef {object} Host
 * @property {() => Mode} mode
 * @property {() => Frame | null} frame null while nothing is drawn
 * @property {(event: PointerEvent, at: Place) => void} onHover
 * @property {() => void} onLeave
 * @property {(at: Place) => void} onClick
 * @property {(path: Place[]) => void} onOutline
 * @property {(selection: Selection) => void} onSelect
 * @property {() => void} onHome
 */

/**
 * @param {HTMLElement} stage
 * @param {Host} host
 * @param {AbortSignal} signal ends the listening
 * @returns {() => void} drops what is being drawn
 */
export function listenToPointer(stage, host, signal) {
  /** @type {{ at: Place, mode: Mode, moved: number } | null} */
  let press = null;
  /** @type {Place[]} */
  let path = [];
  /** @type {{ when: number, at: Place }} */
  let last = { when: -Infinity, at: [0, 0] };
  let asked = 0;

  /** @type {(event: PointerEvent) => Place} */
  const place = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const drawing = () => press !== null && press.mode !== "pan";
  const cancel = () => {
    press = null;
    path = [];
    host.onOutline([]);
  };

  // Told apart here: plotly lays a cover over the page while a button is down, so the browser's dblclick never reaches the stage
  /** @type {(event: PointerEvent, at: Place) => void} */
  const click = (event, at) => {
    const twice = event.timeStamp - last.when < TWICE && Math.hypot(at[0] - last.at[0], at[1] - last.at[1]) < 2 * CLICK;
    last = { when: twice ? -Infinity : event.timeStamp, at };
    if (twice) host.onHome();
    else host.onClick(at);
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    const mode = event.shiftKey && host.mode() === "pan" ? "lasso" : host.mode();
    press = { at: place(event), mode, moved: 0 };
    path = [press.at];
    host.onLeave();
  }, { capture: true, signal });

  for (const name of ["mousedown", "touchstart"]) {
    stage.addEventListener(name, (event) => {
      if (!drawing()) return;
      event.stopPropagation(); // plotly would pan
      if (event.cancelable) event.preventDefault();
    }, { capture: true, passive: false, signal });
  }

  window.addEventListener("pointermove", (event) => {
    if (!press) {
      if (!stage.contains(/** @type {Node | null} */ (event.target))) return host.onLeave();
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => !press && host.onHover(event, place(event)));
      return;
    }
    const [x, y] = place(event), [x0, y0] = press.at;
    press.moved = Math.max(press.moved, Math.hypot(x - x0, y - y0));
    if (!drawing() || press.moved < CLICK) return;
    if (press.mode === "box") path = [[x0, y0], [x, y0], [x, y], [x0, y]];
    else if (farFrom(path[path.length - 1], [x, y])) path.push([x, y]);
    host.onOutline(path);
  }, { signal });

  window.addEventListener("pointerup", (event) => {
    if (!press) return;
    const { mode, moved } = press, drawn = path, frame = host.frame();
    cancel();
    if (moved < CLICK) return click(event, place(event));
    if (mode !== "pan" && drawn.length > 2 && frame) host.onSelect(geometry(mode, drawn, frame));
  }, { signal });
  window.addEventListener("pointercancel", cancel, { signal });
  stage.addEventListener("pointerleave", () => { cancelAnimationFrame(asked); host.onLeave(); }, { signal });
  return cancel;
}

/** @type {(last: Place, next: Place) => boolean} */
const farFrom = (last, next) => Math.hypot(next[0] - last[0], next[1] - last[1]) >= STEP;

/**
 * What was drawn on the stage, in data units.
 *
 * @param {"lasso" | "box"} mode
 * @param {Place[]} path
 * @param {Frame} frame
 * @returns {Selection}
 */
export function geometry(mode, path, frame) {
  if (mode === "box") {
    const xs = [path[0][0], path[2][0]].sort((a, b) => a - b), ys = [path[0][1], path[2][1]].sort((a, b) => a - b);
    return { box: { x: [frame.x(xs[0]), frame.x(xs[1])], y: [frame.y(ys[1]), frame.y(ys[0])] } };
  }
  return { lasso: { x: path.map((p) => round(frame.x(p[0]))), y: path.map((p) => round(frame.y(p[1]))) } };
}

/** @type {(value: number) => number} */
const round = (value) => Number(value.toPrecision(7));

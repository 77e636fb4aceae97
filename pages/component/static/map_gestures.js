// @ts-check
// The pointer on the map: hover, click, drawing a lasso or a box, and fingers that pan and pinch. The mouse's pan and wheel stay with plotly.
/** @import { Frame, Place, Selection, Slide } from "../map_types.d.ts" */

const CLICK = 4; // px: a press that moves less is a click
const TAP = 10; // px: the same for a finger
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
 * @property {(slide: Slide) => void} onSlide fingers move the picture, since they came down
 * @property {() => void} onSlid they have left it
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

  /** @type {Map<number, Place>} fingers on the stage, by pointer */
  const fingers = new Map();
  /** @type {DOMRect | null} the stage before the fingers moved it */
  let still = null;
  let slide = STILL, base = STILL;
  /** @type {Place[]} where the fingers stood when the last of them came or went */
  let from = [];

  /** @type {(event: PointerEvent) => Place} */
  const place = (event) => {
    const box = still ?? stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const drawing = () => press !== null && press.mode !== "pan";
  const cancel = () => {
    press = null;
    path = [];
    host.onOutline([]);
  };

  /** A finger came or went: what follows adds to the slide so far. */
  const hold = () => {
    base = slide;
    from = [...fingers.values()];
  };
  /** @param {PointerEvent} event */
  const letGo = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    hold();
    if (fingers.size) return;
    if (slide !== STILL) host.onSlid();
    still = null;
    slide = base = STILL;
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
    if (event.pointerType === "touch") {
      still ??= stage.getBoundingClientRect();
      fingers.set(event.pointerId, place(event));
      hold();
      if (fingers.size > 1) return cancel(); // a pinch, whatever the first finger began
    }
    if (event.button !== 0 || !event.isPrimary) return;
    const mode = event.shiftKey && host.mode() === "pan" ? "lasso" : host.mode();
    press = { at: place(event), mode, moved: 0 };
    path = [press.at];
    host.onLeave();
  }, { capture: true, signal });

  for (const name of ["mousedown", "touchstart"]) {
    stage.addEventListener(name, (event) => {
      if (!drawing() && name !== "touchstart") return;
      event.stopPropagation(); // plotly would pan; it knows no pinch, so fingers are ours
      if (event.cancelable) event.preventDefault();
    }, { capture: true, passive: false, signal });
  }

  window.addEventListener("pointermove", (event) => {
    if (fingers.has(event.pointerId)) {
      fingers.set(event.pointerId, place(event));
      const pans = press !== null && !drawing() && (slide !== STILL || Math.hypot(place(event)[0] - press.at[0], place(event)[1] - press.at[1]) >= TAP);
      if (fingers.size > 1 || pans || (!press && slide !== STILL)) host.onSlide((slide = after(base, slideOf(from, [...fingers.values()]))));
      if (!press) return;
    }
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
    letGo(event);
    if (!press) return;
    const { mode, moved } = press, drawn = path, frame = host.frame();
    cancel();
    if (moved < (event.pointerType === "touch" ? TAP : CLICK)) return click(event, place(event));
    if (mode !== "pan" && drawn.length > 2 && frame) host.onSelect(geometry(mode, drawn, frame));
  }, { signal });
  window.addEventListener("pointercancel", (event) => {
    letGo(event);
    cancel();
  }, { signal });
  stage.addEventListener("pointerleave", () => { cancelAnimationFrame(asked); host.onLeave(); }, { signal });
  return cancel;
}

/** @type {Slide} */
const STILL = { scale: 1, x: 0, y: 0 };

/**
 * How one or two fingers move the picture: a place p goes to scale · p + (x, y).
 *
 * @param {Place[]} from
 * @param {Place[]} to
 * @returns {Slide}
 */
export function slideOf(from, to) {
  const [a0, b0 = a0] = from, [a, b = a] = to;
  const before = Math.hypot(b0[0] - a0[0], b0[1] - a0[1]), now = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const scale = before > 0 && now > 0 ? now / before : 1;
  return { scale, x: (a[0] + b[0] - scale * (a0[0] + b0[0])) / 2, y: (a[1] + b[1] - scale * (a0[1] + b0[1])) / 2 };
}

/** @type {(first: Slide, second: Slide) => Slide} */
const after = (first, second) => (
  { scale: second.scale * first.scale, x: second.scale * first.x + second.x, y: second.scale * first.y + second.y }
);

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

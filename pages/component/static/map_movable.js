// @ts-check
// A box over the map that can be moved out of the way: by dragging its grip, or with the arrow keys while the grip is focused.

import { element } from "./map_elements.js";

const STEP = 24; // px an arrow key moves
const EDGE = 4; // px that stay between a box and the map's edge

/** @typedef {{ dx: number, dy: number }} Shift from the box's own place, in pixels */

/**
 * The grip, to be put into the box. A double click or Home brings the box back.
 *
 * @param {HTMLElement} box
 * @param {string} name what the box is called in "Move the …"; its place is remembered under it for the session
 * @param {(translate: string) => void} [follow] told where to, in CSS: for what moves along without lying in the box
 * @returns {HTMLButtonElement}
 */
export function gripOf(box, name, follow) {
  const grip = element("button", "em-grip");
  grip.type = "button";
  grip.title = `Move the ${name}: drag, or arrow keys; double click brings it back`;
  grip.setAttribute("aria-label", `Move the ${name}`);
  let shift = remembered(name);
  /** @type {{ x: number, y: number, from: Shift } | null} */
  let drag = null;

  const place = () => {
    box.style.translate = shift.dx || shift.dy ? `${shift.dx}px ${shift.dy}px` : "";
    follow?.(box.style.translate);
  };
  /** @param {Shift} wanted */
  const move = (wanted) => {
    shift = inside(box, shift, wanted);
    place();
    remember(name, shift);
  };

  grip.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, from: shift };
    grip.setPointerCapture(event.pointerId);
  });
  grip.addEventListener("pointermove", (event) => {
    if (drag) move({ dx: drag.from.dx + event.clientX - drag.x, dy: drag.from.dy + event.clientY - drag.y });
  });
  for (const end of ["pointerup", "pointercancel"]) grip.addEventListener(end, () => { drag = null; });
  grip.addEventListener("dblclick", () => move({ dx: 0, dy: 0 }));
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (step) move({ dx: shift.dx + step[0], dy: shift.dy + step[1] });
    else if (event.key === "Home") move({ dx: 0, dy: 0 });
    else return;
    event.preventDefault();
  });
  place();
  return grip;
}

/**
 * As much of the wanted shift as leaves the box inside the map.
 *
 * @param {HTMLElement} box
 * @param {Shift} now
 * @param {Shift} wanted
 * @returns {Shift}
 */
function inside(box, now, wanted) {
  const area = (box.offsetParent ?? document.body).getBoundingClientRect(), at = box.getBoundingClientRect();
  return {
    dx: clamp(wanted.dx, area.left + EDGE - (at.left - now.dx), area.right - EDGE - (at.right - now.dx)),
    dy: clamp(wanted.dy, area.top + EDGE - (at.top - now.dy), area.bottom - EDGE - (at.bottom - now.dy)),
  };
}

/** @type {(value: number, low: number, high: number) => number} */
const clamp = (value, low, high) => Math.min(Math.max(value, Math.min(low, 0)), Math.max(high, 0));

/** @param {string} name */
const keyOf = (name) => `evalmap-place-${name}`;

/**
 * @param {string} name
 * @returns {Shift}
 */
function remembered(name) {
  try {
    const { dx, dy } = JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "");
    return { dx: Number(dx) || 0, dy: Number(dy) || 0 };
  } catch {
    return { dx: 0, dy: 0 }; // never moved, or the browser keeps nothing
  }
}

/**
 * @param {string} name
 * @param {Shift} shift
 */
function remember(name, shift) {
  try {
    sessionStorage.setItem(keyOf(name), JSON.stringify(shift));
  } catch {
    // the browser keeps nothing: the box is back at its place after a reload
  }
}

// @ts-check
// What lies outside the view: a button at the border for each side with islands, which brings them into view.
/** @import { Outside, Rect, Side, View } from "../map_types.d.ts" */

import { element, format, svgElement } from "./map_elements.js";

const WHERE = { left: "to the left", right: "to the right", above: "above", below: "below" };
const TURNS = { right: 0, below: 90, left: 180, above: 270 };
const FARTHEST = 0.9; // from the middle of a side, where 1 is its end
const STEP = 0.05; // to the next place along the side, where something stands in the way
const LENGTH = 84, HEIGHT = 30, EDGE = 8; // px that a button takes, and its distance from the border

export class Borders {
  /**
   * @param {HTMLElement} box
   * @param {(outside: Outside) => void} onGo
   */
  constructor(box, onGo) {
    this.box = box;
    this.onGo = onGo;
    /** @type {Map<Side, HTMLButtonElement>} */
    this.buttons = new Map();
    /** @type {Map<Side, Outside>} */
    this.outside = new Map();
  }

  /**
   * Buttons that stay keep their focus.
   *
   * @param {Outside[]} found
   * @param {{ width: number, height: number }} stage
   * @param {Rect[]} obstacles where no button may stand
   * @returns {Rect[]} where the buttons stand
   */
  draw(found, stage, obstacles) {
    this.outside = new Map(found.map((outside) => [outside.side, outside]));
    for (const [side, button] of this.buttons) {
      if (this.outside.has(side)) continue;
      button.remove();
      this.buttons.delete(side);
    }
    return found.map(({ side, box: { rows }, along }) => {
      const button = this.buttons.get(side) ?? this.make(side);
      const count = /** @type {HTMLElement} */ (button.querySelector("span"));
      count.textContent = format(rows);
      button.title = `${format(rows)} ${rows === 1 ? "example lies" : "examples lie"} outside, ${WHERE[side]}. Click to go there.`;
      button.setAttribute("aria-label", `${format(rows)} ${rows === 1 ? "example lies" : "examples lie"} outside, ${WHERE[side]}: go there`);
      const place = freePlace(side, along, stage, obstacles);
      button.style.setProperty("--em-along", `${50 + 50 * place}%`);
      return rectAt(side, place, stage);
    });
  }

  /** @param {Side} side */
  make(side) {
    const button = element("button", "em-border");
    button.type = "button";
    button.dataset.side = side;
    const arrow = svgElement("svg", "em-border-arrow");
    arrow.setAttribute("viewBox", "0 0 24 24");
    arrow.setAttribute("aria-hidden", "true");
    const line = arrow.appendChild(svgElement("path"));
    line.setAttribute("d", "M5 12h14M13 6l6 6-6 6");
    line.setAttribute("transform", `rotate(${TURNS[side]} 12 12)`);
    button.append(arrow, element("span", "em-border-count"));
    button.addEventListener("click", () => {
      const outside = this.outside.get(side);
      if (outside) this.onGo(outside);
    });
    this.buttons.set(side, button);
    this.box.append(button);
    return button;
  }

  clear() {
    this.draw([], { width: 0, height: 0 }, []);
  }
}

/**
 * Where along its side a button stands: as near to where its islands lie as nothing else stands.
 *
 * @param {Side} side
 * @param {number} along -1 to 1
 * @param {{ width: number, height: number }} stage
 * @param {Rect[]} obstacles
 */
export function freePlace(side, along, stage, obstacles) {
  const wanted = Math.max(-FARTHEST, Math.min(FARTHEST, along));
  /** @param {number} place */
  const isFree = (place) => {
    const rect = rectAt(side, place, stage);
    return obstacles.every((other) => rect.left > other.right || rect.right < other.left || rect.top > other.bottom || rect.bottom < other.top);
  };
  for (let shift = 0; shift <= 2 * FARTHEST; shift += STEP) {
    for (const place of [wanted - shift, wanted + shift]) if (Math.abs(place) <= FARTHEST && isFree(place)) return place;
  }
  return wanted;
}

/**
 * @param {Side} side
 * @param {number} place along it, -1 to 1
 * @param {{ width: number, height: number }} stage
 * @returns {Rect}
 */
function rectAt(side, place, { width, height }) {
  const upright = side === "left" || side === "right";
  const x = side === "left" ? EDGE + LENGTH / 2 : side === "right" ? width - EDGE - LENGTH / 2 : (width * (1 + place)) / 2;
  const y = upright ? (height * (1 + place)) / 2 : side === "above" ? EDGE + HEIGHT / 2 : height - EDGE - HEIGHT / 2;
  return { left: x - LENGTH / 2, right: x + LENGTH / 2, top: y - HEIGHT / 2, bottom: y + HEIGHT / 2 };
}

/**
 * Whether a view is of the whole or of a good part of it: to a reader who looks at a detail, what lies far away is no news.
 *
 * @param {View} view
 * @param {View} home
 */
export function tellsOutside(view, home) {
  return view.x[1] - view.x[0] >= 0.5 * (home.x[1] - home.x[0]);
}

// @ts-check
// What lies outside the view: a button at the border for each side with islands, which brings them into view.
/** @import { Outside, Side, View } from "../map_types.d.ts" */

import { element, format, svgElement } from "./map_elements.js";

const WHERE = { left: "to the left", right: "to the right", above: "above", below: "below" };
const TURNS = { right: 0, below: 90, left: 180, above: 270 };
const FARTHEST = 0.5; // from the middle of a side, where 1 is its end: the corners belong to tools and notes

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
   */
  draw(found) {
    this.outside = new Map(found.map((outside) => [outside.side, outside]));
    for (const [side, button] of this.buttons) {
      if (this.outside.has(side)) continue;
      button.remove();
      this.buttons.delete(side);
    }
    for (const { side, box: { rows }, along } of found) {
      const button = this.buttons.get(side) ?? this.make(side);
      const count = /** @type {HTMLElement} */ (button.querySelector("span"));
      count.textContent = format(rows);
      button.title = `${format(rows)} ${rows === 1 ? "example lies" : "examples lie"} outside, ${WHERE[side]}. Click to go there.`;
      button.setAttribute("aria-label", `${format(rows)} ${rows === 1 ? "example lies" : "examples lie"} outside, ${WHERE[side]}: go there`);
      button.style.setProperty("--em-along", `${50 + 50 * Math.max(-FARTHEST, Math.min(FARTHEST, along))}%`);
    }
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
    this.draw([]);
  }
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

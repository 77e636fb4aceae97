// @ts-check
// The boxes that a map consists of: the stage with the points, and over it the tools, the note and the legend.
/** @import { Payload, Rect } from "../map_types.d.ts" */

import { element, format, svgElement } from "./map_elements.js";
import { foldButton } from "./map_fold.js";
import { gripOf } from "./map_movable.js";

export class Layout {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.stage = part("em-stage", "map", "img");
    this.plot = part("em-plot");
    this.names = part("em-names", "map-names");
    this.svg = svgElement("svg", "em-drawing");
    this.density = element("canvas", "em-density");
    this.density.dataset.testid = "map-density";
    this.marks = element("canvas", "em-marks");
    this.stage.append(this.density, this.plot, this.marks, this.svg, this.names);
    this.borders = part("em-borders", "map-borders");
    this.toolbar = part("em-toolbar");
    this.note = part("em-note", "map-note");
    this.message = part("em-message", "", "status");
    this.tip = part("em-tip", "map-tooltip", "tooltip");
    this.legend = part("em-legend", "map-legend", "group");
    this.tip.hidden = this.toolbar.hidden = this.note.hidden = true;
    this.foot = part("em-foot"); // tools and note, moved together
    this.foot.append(gripOf(this.foot, "tools"), this.toolbar, this.note);
    this.key = part("em-key"); // the legend with what moves and folds it
    const handles = part("em-handles");
    handles.append(foldButton(this.key, "legend"), gripOf(this.key, "legend"));
    this.key.append(this.legend, handles);
    // What the page writes over the map's upper edge (drawers.css) is Streamlit's: it follows a handle of ours
    this.head = part("em-head");
    const follow = (/** @type {string} */ translate) => document.documentElement.style.setProperty("--drawers-head", translate || "none");
    this.head.append(gripOf(this.head, "title", follow), foldButton(this.head, "title"));
    const middle = part("em-middle");
    middle.append(this.stage, this.borders, this.message, this.head, this.key, this.foot);
    const whole = part("em-whole");
    whole.append(middle, this.tip);
    root.replaceChildren(whole);
  }

  /** @param {number | null} pixels null: as high as the box that the map lies in */
  setHeight(pixels) {
    this.root.style.setProperty("--em-height", pixels === null ? "100%" : `${pixels}px`);
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    if (busy) this.root.dataset.busy = "true";
    else delete this.root.dataset.busy;
  }

  /** @param {boolean} dark */
  setDark(dark) {
    this.root.classList.toggle("em-dark", dark);
    // Streamlit gives its colours to components only; a drawer that lies over the map needs the page's too (drawers.css)
    document.documentElement.style.setProperty("--drawers-background", getComputedStyle(this.root).getPropertyValue("--st-background-color"));
  }

  /**
   * What a screen reader calls the map and its legend.
   *
   * @param {Payload} data
   */
  describe(data) {
    this.stage.setAttribute("aria-label", describe(data));
    this.legend.setAttribute("aria-label", `Legend: ${data.column.title}`);
  }

  /**
   * A sentence in the map's place.
   *
   * @param {string} sentence "" takes it away
   */
  say(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  /**
   * Where names must not stand.
   *
   * @returns {Rect[]}
   */
  corners() {
    const origin = this.stage.getBoundingClientRect();
    return [this.foot, this.key].map((box) => box.getBoundingClientRect()).map((box) => (
      { left: box.left - origin.left, top: box.top - origin.top, right: box.right - origin.left, bottom: box.bottom - origin.top }
    ));
  }
}

/**
 * @param {string} className
 * @param {string} [testid] what browser tests find it by
 * @param {string} [role]
 */
function part(className, testid, role) {
  const made = element("div", className);
  if (testid) made.dataset.testid = testid;
  if (role) made.setAttribute("role", role);
  return made;
}

/** @param {Pick<Payload, "n" | "name" | "column">} data */
export function describe({ n, name, column: { key, title } }) {
  const by = key.startsWith("field.") ? title : title.toLowerCase();
  return `Map of ${format(n)} ${n === 1 ? "example" : "examples"} of ${name}, coloured by ${by}`;
}

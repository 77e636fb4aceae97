// @ts-check
// The note in the map's corner: that the points are a sample, how many are selected, and the way to clear the selection.
/** @import { Chosen } from "../map_types.d.ts" */

import { element, format } from "./map_elements.js";

/**
 * @param {HTMLElement} box
 * @param {Pick<Chosen, "inView" | "drawnInView">} chosen
 * @param {number | null} selected how many rows; null where nothing is selected
 * @param {() => void} onClear
 * @param {string} [problem] what could not be done, in a sentence
 */
export function writeNote(box, { inView, drawnInView }, selected, onClear, problem) {
  const parts = problem ? [element("span", "", problem)] : [];
  if (drawnInView < inView) parts.push(element("span", "", `${format(drawnInView)} of ${format(inView)} points in view drawn: a sample`));
  if (selected !== null) {
    const clear = element("button", "em-clear", "Clear selection");
    clear.type = "button";
    clear.title = "Clear selection (Esc)";
    clear.addEventListener("click", onClear);
    parts.push(element("span", "", `${format(selected)} selected`), clear);
  }
  box.replaceChildren(...parts);
  box.hidden = !parts.length;
}

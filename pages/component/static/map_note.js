// The note in the map's corner: that the points are a sample, how many are selected, and the way to clear the selection.

import { element, format } from "./map_elements.js";

// selected: how many rows, or null where nothing is selected
export function writeNote(box, { inView, drawnInView }, selected, onClear) {
  const parts = [];
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

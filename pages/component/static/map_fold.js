// @ts-check
// The button that folds a box over the map to its title, and unfolds it; remembered for the session.

import { element } from "./map_elements.js";

/**
 * @param {HTMLElement} box gets the class em-folded
 * @param {string} name in "Fold the …"
 * @returns {HTMLButtonElement}
 */
export function foldButton(box, name) {
  const key = `evalmap-folded-${name}`, button = element("button", "em-fold");
  button.type = "button";
  /** @param {boolean} folded */
  const show = (folded) => {
    box.classList.toggle("em-folded", folded);
    button.textContent = folded ? "+" : "–";
    button.title = folded ? `Unfold the ${name}` : `Fold the ${name}`;
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-expanded", String(!folded));
  };
  button.addEventListener("click", () => {
    const folded = !box.classList.contains("em-folded");
    show(folded);
    try { sessionStorage.setItem(key, String(folded)); } catch { /* the browser keeps nothing */ }
  });
  let before = null;
  try { before = sessionStorage.getItem(key); } catch { /* the browser keeps nothing */ }
  show(before === "true");
  return button;
}

// @ts-check
// The tool bar: what a drag does, zoom, and back to the whole map.
/** @import { Mode } from "./map_gestures.js" */

import { element, svgElement } from "./map_elements.js";

/** Paths in a square of 24. */
const ICONS = {
  pan: "M12 3v18M3 12h18M12 3l-2.5 2.5M12 3l2.5 2.5M12 21l-2.5-2.5M12 21l2.5-2.5M3 12l2.5-2.5M3 12l2.5 2.5M21 12l-2.5-2.5M21 12l-2.5 2.5",
  lasso: "M7 17.5C4.500 16 3 13.800 3 11c0-4 4-7 9-7s9 3 9 7-4 7-9 7c-1 0-2-.1-3-.4M7 17.500a2 2 0 1 0 2 2c0 1-.8 2-2.500 2",
  box: "M4 7V4h3M10.500 4h3M17 4h3v3M20 10.500v3M20 17v3h-3M13.500 20h-3M7 20H4v-3M4 13.500v-3",
  in: "M12 5v14M5 12h14",
  out: "M5 12h14",
  collapse: "M5 9a4 4 0 1 0 8 0a4 4 0 1 0-8 0M11 15a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
  all: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 8h8v8H8z",
  home: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M9.500 12a2.500 2.500 0 1 0 5 0a2.500 2.500 0 1 0-5 0",
};
export const HOME_KEY = "h", ALL_KEY = "f";
/** @type {[Mode, string][]} */
const MODES = [["pan", "Pan"], ["lasso", "Lasso select"], ["box", "Box select"]];

/**
 * @param {HTMLElement} box
 * @param {object} tools
 * @param {(mode: Mode) => void} tools.onMode
 * @param {(factor: number) => void} tools.onZoom
 * @param {() => void} tools.onHome
 * @param {() => void} tools.onAll
 * @param {() => void} tools.onCollapse
 */
export function drawToolbar(box, { onMode, onZoom, onHome, onAll, onCollapse }) {
  box.setAttribute("role", "toolbar");
  box.setAttribute("aria-label", "Map tools");
  const modes = MODES.map(([mode, title]) => {
    const button = tool(mode, title, () => onMode(mode));
    button.dataset.mode = mode;
    return button;
  });
  const rest = [
    tool("in", "Zoom in", () => onZoom(0.6)),
    tool("out", "Zoom out", () => onZoom(1 / 0.6)),
    tool("home", "Reset view", onHome, HOME_KEY),
    tool("all", "Fit all", onAll, ALL_KEY),
  ];
  const collapse = tool("collapse", "Collapse repeats", onCollapse);
  collapse.dataset.collapse = "";
  collapse.title = "Collapse repeats: show each group of near-duplicates as one point with its count";
  box.replaceChildren(group(modes), group(rest), group([collapse]));
  pressCollapse(box, false);
}

/**
 * @param {HTMLElement} box
 * @param {boolean} pressed
 */
export function pressCollapse(box, pressed) {
  box.querySelector("[data-collapse]")?.setAttribute("aria-pressed", String(pressed));
}

/**
 * @param {HTMLElement} box
 * @param {Mode} mode
 */
export function pressMode(box, mode) {
  for (const button of box.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-mode") === mode));
}

/** @param {HTMLElement[]} buttons */
function group(buttons) {
  const made = element("div", "em-tools");
  made.append(...buttons);
  return made;
}

/**
 * @param {keyof typeof ICONS} icon
 * @param {string} title
 * @param {() => void} onClick
 * @param {string} [shortcut] the key that does the same
 */
function tool(icon, title, onClick, shortcut) {
  const button = element("button", "em-tool");
  button.type = "button";
  button.title = shortcut ? `${title} (${shortcut.toUpperCase()})` : title;
  button.setAttribute("aria-label", title);
  if (shortcut) button.setAttribute("aria-keyshortcuts", shortcut);
  const svg = svgElement("svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.appendChild(svgElement("path")).setAttribute("d", ICONS[icon]);
  button.append(svg);
  button.addEventListener("click", onClick);
  return button;
}

// @ts-check
// The five steps of the tour: what each says, and which thing on the page it speaks of.
/** @import { Rect } from "../map_types.d.ts" */

const POINT = 14; // pixels around the point that is pointed at

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string} text
 * @property {(row: number | null) => Rect | null} find what it speaks of, in the window; null where the page has no such thing
 */

/** @type {Step[]} */
export const STEPS = [
  {
    title: "Every point is an example",
    text: "Examples with like texts lie together, and the colour tells their label. Press an entry of the legend to hide it; “Colour by” offers clusters, confidence and every other field.",
    find: () => seen('[data-testid="map-legend"]'),
  },
  {
    title: "Point at one to read it",
    text: "The text stands beside the pointer. A click opens the whole example with its nearest neighbours.",
    find: (row) => pointOf(row) ?? seen('[data-testid="map"]'),
  },
  {
    title: "Draw around a region",
    text: "With the lasso you select what lies inside. “Examples” below the map lists it, to read or to take away as a file. Escape selects nothing again.",
    find: () => seen('.em-tool[data-mode="lasso"]'),
  },
  {
    title: "Texts that say the same",
    text: "Duplicates shows groups of near-duplicates with the words that differ. You choose how alike is too alike, and export the rest.",
    find: () => seen('a[href*="/duplicates"]'),
  },
  {
    title: "What models answered",
    text: "Answers shows how often a model gave the matching answer, cluster by cluster and with intervals. Result files can be added, or a model asked.",
    find: () => seen('a[href*="/answers"]'),
  },
];

/**
 * The first element that a reader can see.
 *
 * @param {string} selector
 * @returns {Rect | null}
 */
function seen(selector) {
  for (const found of document.querySelectorAll(selector)) {
    const { left, top, right, bottom, width, height } = found.getBoundingClientRect();
    const shown = { left: Math.max(left, 0), top: Math.max(top, 0), right: Math.min(right, innerWidth), bottom: Math.min(bottom, innerHeight) };
    if (width > 0 && height > 0 && shown.left < shown.right && shown.top < shown.bottom && !isCovered(found, shown)) return shown;
  }
  return null;
}

/**
 * Whether something else lies over the middle of an element, as the sidebar of a small screen does; the tour's own card may.
 *
 * @param {Element} found
 * @param {Rect} shown
 */
function isCovered(found, { left, top, right, bottom }) {
  const upper = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return upper !== null && !found.contains(upper) && !upper.contains(found) && !upper.closest(".em-tour");
}

/**
 * @param {number | null} row
 * @returns {Rect | null} around its point; null where none is drawn inside the map
 */
function pointOf(row) {
  const stage = document.querySelector('[data-testid="map"]'), at = row === null ? null : globalThis.__evalmap?.position(row);
  if (!stage || !at) return null;
  const { left, top, right, bottom } = stage.getBoundingClientRect();
  if (at.x < left || at.x > right || at.y < top || at.y > bottom) return null;
  const around = { left: at.x - POINT, top: at.y - POINT, right: at.x + POINT, bottom: at.y + POINT };
  return isCovered(stage, around) ? null : around;
}
